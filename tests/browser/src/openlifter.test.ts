import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Page } from "playwright-core";
import { flatten, Rule } from "../../../client/openlifter/test/rule.ts";
import type { GlobalState } from "../../../client/openlifter/test/stand-in/state.ts";
import { accessible } from "./looks.ts";
import { CommandLine, PASSWORD, SAVED_FILE } from "./machine.ts";
import { openLifterFiles, Site } from "./openlifter-site.ts";
import { Stage } from "./stage.ts";
import type { Tab } from "./tab.ts";

const site = await Site.of(await openLifterFiles(), "/lift/");
after(() => site.end());
const stage = new Stage(() => [site.origin]);
const { place, relay } = stage;

type PageTab = Tab & { readonly page: Page };

const DESK = { name: "Registration", priority: 10 };
const TABLE = { name: "Platform 1", priority: 20 };
const JURY = { name: "Jury", priority: 35 };
/** A further tab of the desk's browser: another writer, at the same location. */
const SECOND = { name: "Registration, second tab", priority: 10 };
const AUTHORS = [DESK, TABLE, JURY, SECOND];
type Author = (typeof AUTHORS)[number];

/** What people have written, and what the rule says of it. */
class Said {
  readonly rule: Rule;
  readonly paths = new Set<string>();
  /** Each is one change. */
  edits = 0;
  readonly #away = new Set<Author>();

  constructor(begun: GlobalState) {
    this.rule = new Rule(AUTHORS, begun);
  }

  /** Somebody writes; whoever is connected learns of it. */
  write(by: Author, path: string, value: unknown): void {
    this.rule.write(by, [[path, value]]);
    this.#written(by, path);
  }

  /** Somebody keeps what stands in a conflict. */
  keep(by: Author, path: string): void {
    this.rule.keep(by, path);
    this.#written(by, path);
  }

  #written(by: Author, path: string): void {
    this.paths.add(path);
    this.edits += 1;
    if (!this.#away.has(by)) this.#meet();
  }

  cut(...authors: readonly Author[]): void {
    for (const author of authors) this.#away.add(author);
  }

  mend(): void {
    this.#away.clear();
    this.#meet();
  }

  #meet(): void {
    this.rule.meet(AUTHORS.filter((one) => !this.#away.has(one)).map(({ name }) => name));
  }
}

/** Presses the keys of a text one after another, and waits each time until the box shows what has been typed. */
async function keys(tab: PageTab, label: string, text: string): Promise<void> {
  for (const key of text) {
    const typed = (await tab.read(label)) + key;
    await tab.press(key);
    await shows(tab, label, typed);
  }
}

/** Goes into a box and takes all of its text, so that the next key replaces it. */
async function into(tab: PageTab, label: string): Promise<void> {
  await tab.page.getByLabel(label, { exact: true }).click();
  await tab.press("Control+A");
}

/** Replaces what is in a box, key by key, and stays there. */
async function begin(tab: PageTab, label: string, text: string): Promise<void> {
  await into(tab, label);
  await tab.press("Delete");
  await keys(tab, label, text);
}

/** Replaces what is in a box, key by key, and leaves it, which ends the edit. */
async function write(tab: PageTab, label: string, text: string): Promise<void> {
  await begin(tab, label, text);
  await tab.press("Tab");
}

async function shows(tab: Tab, label: string, text: string): Promise<void> {
  const found = `document.querySelector(${JSON.stringify(`[aria-label="${label}"]`)})?.value`;
  await tab.until(`“${label}” shows ${text}`, `${found} === ${JSON.stringify(text)}`);
}

/** Waits until a value has come to a tab's store, whether or not a box shows it. */
async function arrives(tab: Tab, path: string, value: unknown): Promise<void> {
  const text = JSON.stringify(value);
  const held = `JSON.stringify(window.openlifter.replica().get(${JSON.stringify(path)})?.value)`;
  await tab.until(`${path} is ${text}`, `${held} === ${JSON.stringify(text)}`);
}

async function live(tab: Tab): Promise<void> {
  await tab.untilText(".spotter-state", /^Live$/);
  await tab.untilText(".spotter-editsNotSent", /^0$/);
  await tab.until("nothing is out of sync", `!document.body.innerText.includes("Out of sync.")`);
}

async function notConnected(tab: Tab): Promise<void> {
  await tab.untilText(".spotter-state", /^Not connected/);
  await tab.untilText(".spotter-notice", /Out of sync\. .*Go on working\./);
}

/** Asks a page's replica or store, as the function's body says. */
async function ask(tab: Tab, body: string, ...values: readonly unknown[]): Promise<unknown> {
  return await tab.driver.evaluate(`const { state, replica } = window.openlifter; ${body}`, ...values);
}

/** The meet as the page saves it to a file. */
async function saved(tab: PageTab): Promise<GlobalState> {
  const [download] = await Promise.all([tab.page.waitForEvent("download"), tab.click("Save to file")]);
  return JSON.parse(readFileSync(await download.path(), "utf8")) as GlobalState;
}

/** What a file has of the shared meet. Each store has numbers of its own for lifters that it adds. */
function shared({ meet, registration }: GlobalState): unknown {
  const { nextEntryId, ...rest } = registration;
  return { meet, registration: rest };
}

function sorted(values: Iterable<[string, unknown]>): [string, unknown][] {
  return [...values].sort(([one], [other]) => (one < other ? -1 : 1));
}

interface Written {
  readonly path: string;
}

interface Item {
  readonly location: string;
  readonly value: unknown;
}

test("two OpenLifters and a third tab type into the same boxes through every trouble, and all end as the rule says", async (context) => {
  const { steps, complaints, device: networked } = stage.story(context, "openlifter");

  /** A device with a way of its own to the relay, and OpenLifter from where it is deployed. */
  async function device(name: string) {
    const made = await networked(name);
    // What is typed ends when the box is left. A pause that a slow machine makes between two keys ends nothing.
    const address = `${site.address}?pause=3600000&relay=ws://127.0.0.1:${made.network.port}`;
    return { ...made, address };
  }

  const desk = await device("registration");
  const table = await device("platform 1");
  const jury = new CommandLine(place.path, "jury");
  let second: PageTab | undefined;

  await steps.step("registration loads a file, and looks at the tab", async () => {
    const { tab } = desk;
    await tab.goto(desk.address);
    await tab.give("Load from file", "lakeside.openlifter", readFileSync(SAVED_FILE, "utf8"));
    await shows(tab, "Name of 5000", "Aino Kettunen");
    await accessible(tab.page, "the Live tab before the meet is live");
  });

  const meet = await steps.step("it adds a third location with a priority, and goes live", async () => {
    const { tab } = desk;
    await tab.fill("Password", PASSWORD);
    await tab.click("Add a location");
    await tab.page.getByLabel("Location", { exact: true }).nth(2).fill("Jury");
    await tab.page.getByLabel("Priority", { exact: true }).nth(2).fill("35");
    await tab.click("Go live");
    const number = await tab.untilText(".spotter-meetId", /^\d{3}-\d{3}-\d{3}$/);
    await tab.untilText(".spotter-locations", /^Registration 10, Platform 1 20, Jury 35$/);
    await tab.untilText(".spotter-location", /^Registration 10$/);
    await live(tab);
    return number;
  });

  await steps.step("platform 1 joins from its tab, and the jury on a command line", async () => {
    const { tab } = table;
    await tab.goto(table.address);
    const form = tab.page.locator(".spotter-join");
    await form.getByLabel("Meet ID").fill(meet);
    await form.getByLabel("Location").fill("Platform 1");
    await form.getByLabel("Password").fill(PASSWORD);
    await tab.click("Join a live meet");
    await shows(tab, "Name of 5000", "Aino Kettunen");
    await live(tab);
    await jury.join(relay, meet, "Jury");
    await jury.run("sync");
    await desk.tab.untilText(".spotter-others", /Platform 1/);
    await tab.untilText(".spotter-others", /Registration/);
  });

  const base = await ask(desk.tab, "return replica().status().changes");
  assert.equal(await ask(table.tab, "return replica().status().changes"), base);
  const said = new Said((await ask(desk.tab, "return state()")) as GlobalState);

  /** The jury's edit of a squat, which every page that is open then shows in its box. */
  async function juryCalls(kg: string): Promise<void> {
    await jury.run("set", "entries.5000.squat.1", kg);
    await jury.run("sync");
    said.write(JURY, "entries.5000.squat.1", [Number(kg), 0]);
    for (const { tab } of [desk, table]) await shows(tab, "Squat 1 of 5000", kg);
  }

  await steps.step(
    "both type into one name, key by key: what arrives meanwhile disturbs neither, and who has not seen it is asked",
    async () => {
      const box = "Name of 5000";
      await into(desk.tab, box);
      await into(table.tab, box);
      for (const [mine, theirs, kg] of [
        ["A", "B", "107.5"],
        ["An", "Be", "110"],
        ["Ann", "Bea", "112.5"],
      ] as const) {
        await desk.tab.press(mine.slice(-1));
        await table.tab.press(theirs.slice(-1));
        await juryCalls(kg);
        assert.deepEqual([await desk.tab.read(box), await table.tab.read(box)], [mine, theirs]);
      }
      await table.tab.press("Tab");
      said.write(TABLE, "entries.5000.name", "Bea");
      await arrives(desk.tab, "entries.5000.name", "Bea");
      assert.equal(await desk.tab.read(box), "Ann", "the hand at the desk goes on");
      await keys(desk.tab, box, "e");
      await desk.tab.press("Tab");
      await shows(desk.tab, box, "Bea");
      await desk.tab.untilText(
        ".spotter-notice",
        /Bea: name Bea \(Platform 1\) was written elsewhere while you typed Anne ?Keep Bea Write Anne/,
      );
      await accessible(desk.tab.page, "the notice with a question");
      await desk.tab.reload();
      await live(desk.tab);
      await desk.tab.click("Write Anne");
      said.write(DESK, "entries.5000.name", "Anne");
      for (const { tab } of [desk, table]) await shows(tab, box, "Anne");
      await desk.tab.until("nothing is asked", `document.querySelector(".spotter-notice") === null`);
    },
  );

  await steps.step(
    "a box of the guide's takes in what arrives, and nothing of what was half typed into it",
    async () => {
      const box = "Squat 1 of 5001";
      await begin(desk.tab, box, "12");
      await begin(table.tab, box, "13");
      await keys(table.tab, box, "0");
      assert.equal(await desk.tab.read(box), "12");
      await table.tab.press("Tab");
      said.write(TABLE, "entries.5001.squat.1", [130, 0]);
      await shows(desk.tab, box, "130");
      await write(desk.tab, box, "127.5");
      said.write(DESK, "entries.5001.squat.1", [127.5, 0]);
      for (const { tab } of [desk, table]) await shows(tab, box, "127.5");
    },
  );

  await steps.step(
    "a box that shows an old value does not write it back when the focus passes through",
    async () => {
      await write(table.tab, "Body weight of 5002", "83.1");
      said.write(TABLE, "entries.5002.bodyweightKg", 83.1);
      await write(table.tab, "Bench 1 of 5002", "140");
      said.write(TABLE, "entries.5002.bench.1", [140, 0]);
      await arrives(desk.tab, "entries.5002.bodyweightKg", 83.1);
      await arrives(desk.tab, "entries.5002.bench.1", [140, 0]);
      const { tab } = desk;
      await tab.page.getByLabel("Name of 5002", { exact: true }).click();
      for (const box of ["Body weight", "Squat 1", "Bench 1"]) {
        await tab.press("Tab");
        await tab.until(
          `the focus is in “${box}”`,
          `document.activeElement.getAttribute("aria-label") === "${box} of 5002"`,
        );
      }
      await tab.press("Tab");
      assert.deepEqual(
        [await tab.read("Body weight of 5002"), await tab.read("Bench 1 of 5002")],
        ["82.65", "137.5"],
        "both are old",
      );
      await tab.until(
        "both writes were dropped, and the tab says so",
        `[...document.querySelectorAll(".spotter-problems li")]
           .filter(({ textContent }) => textContent === "a box showed an old value; it was not written back").length === 2`,
      );
      await arrives(tab, "entries.5002.bodyweightKg", 83.1);
      await arrives(tab, "entries.5002.bench.1", [140, 0]);
    },
  );

  await steps.step("who types the old value means it", async () => {
    await write(desk.tab, "Bench 1 of 5002", "137.5");
    said.write(DESK, "entries.5002.bench.1", [137.5, 0]);
    await arrives(table.tab, "entries.5002.bench.1", [137.5, 0]);
  });

  await steps.step(
    "cut off, both type into the same boxes; mended, the higher priority's stand and the others are conflicts",
    async () => {
      complaints.relayDown(true);
      table.network.cut();
      said.cut(TABLE);
      await notConnected(table.tab);
      for (const [seat, by, name, kg] of [
        [desk, DESK, "Dagmar", "95"],
        [table, TABLE, "Dagny", "97.5"],
      ] as const) {
        await write(seat.tab, "Name of 5003", name);
        said.write(by, "entries.5003.name", name);
        await write(seat.tab, "Squat 1 of 5003", kg);
        said.write(by, "entries.5003.squat.1", [Number(kg), 0]);
        await write(seat.tab, "Body weight of 5003", "56.4");
        said.write(by, "entries.5003.bodyweightKg", 56.4);
      }
      await write(desk.tab, "Bench 1 of 5004", "152.5");
      said.write(DESK, "entries.5004.bench.1", [152.5, 0]);
      await table.tab.untilText(".spotter-editsNotSent", /^3$/);
      assert.equal(await table.tab.read("Name of 5003"), "Dagny");
      await live(desk.tab);
      table.network.mend();
      said.mend();
      for (const { tab } of [desk, table]) {
        await live(tab);
        await shows(tab, "Name of 5003", "Dagny");
        await shows(tab, "Squat 1 of 5003", "97.5");
      }
      complaints.relayDown(false);
    },
  );

  await steps.step("both tabs list the conflicts, and whoever lost is told", async () => {
    for (const { tab } of [desk, table]) {
      await tab.untilText(
        ".spotter-conflicts",
        /Dagny: name Dagny \(Platform 1\) stands Keep Dagny ?Dagmar \(Registration\) overruled Restore Dagmar/,
      );
      await tab.untilText(
        ".spotter-conflicts",
        /Dagny: squat 1 97\.5 \(Platform 1\) stands Keep 97\.5 ?95 \(Registration\) overruled Restore 95/,
      );
      await tab.untilText(".spotter-notice", /Conflicts to look at in the tab Live \(Advanced\): 2/);
    }
    await desk.tab.untilText(".spotter-problems", /Dagmar/);
    await accessible(desk.tab.page, "the Live tab with conflicts");
  });

  await steps.step("the desk restores one of them, and it is settled for everybody", async () => {
    const conflict = desk.tab.page.locator(".spotter-conflicts li", { hasText: "Dagny: name" });
    await conflict.getByRole("button", { name: "Restore" }).click();
    said.write(DESK, "entries.5003.name", "Dagmar");
    for (const { tab } of [desk, table]) {
      await shows(tab, "Name of 5003", "Dagmar");
      await tab.until("one is left", `document.querySelectorAll(".spotter-conflicts li").length === 1`);
    }
  });

  await steps.step(
    "platform 1 keeps what stands in the other, and no page speaks of it any more",
    async () => {
      await table.tab.click("Keep 97.5");
      said.keep(TABLE, "entries.5003.squat.1");
      for (const { tab } of [desk, table]) {
        await tab.untilText(".spotter-conflicts", /None\./);
        await tab.until("the notice is gone", `document.querySelector(".spotter-notice") === null`);
      }
    },
  );

  const further = await steps.step(
    "a further tab of the desk's browser finds the meet by itself",
    async () => {
      second = await desk.device.tab("registration, second tab");
      steps.watch(second);
      await second.goto(desk.address);
      await shows(second, "Name of 5003", "Dagmar");
      await second.untilText(".spotter-location", /^Registration 10$/);
      await live(second);
      return second;
    },
  );

  await steps.step(
    "without a network two tabs of one browser type into one box, and hear each other at once",
    async () => {
      complaints.relayDown(true);
      desk.network.cut();
      said.cut(TABLE, JURY);
      for (const tab of [desk.tab, further]) await notConnected(tab);
      const box = "Name of 5005";
      await into(desk.tab, box);
      await into(further, box);
      for (const [mine, theirs] of ["FG", "ai", "yn"].map((pair) => [...pair] as [string, string])) {
        await desk.tab.press(mine);
        await further.press(theirs);
      }
      assert.deepEqual([await desk.tab.read(box), await further.read(box)], ["Fay", "Gin"]);
      await further.press("Tab");
      said.write(SECOND, "entries.5005.name", "Gin");
      await arrives(desk.tab, "entries.5005.name", "Gin");
      await keys(desk.tab, box, "e");
      await desk.tab.press("Tab");
      await desk.tab.click("Write Faye");
      said.write(DESK, "entries.5005.name", "Faye");
      await shows(further, box, "Faye");
      for (const [tab, by, kg] of [
        [further, SECOND, "235"],
        [table.tab, TABLE, "230"],
      ] as const) {
        await write(tab, "Squat 1 of 5006", kg);
        said.write(by, "entries.5006.squat.1", [Number(kg), 0]);
      }
      await desk.tab.untilText(".spotter-editsNotSent", /^[1-9]/);
      await shows(desk.tab, "Squat 1 of 5006", "235");
      desk.network.mend();
      said.mend();
      for (const tab of [desk.tab, further, table.tab]) {
        await live(tab);
        await shows(tab, box, "Faye");
        await shows(tab, "Squat 1 of 5006", "230");
      }
      complaints.relayDown(false);
    },
  );

  await steps.step(
    "the relay is killed: every tab says so, goes on, opens anew, and catches up by itself",
    async () => {
      complaints.relayDown(true);
      await relay.kill();
      said.cut(DESK, TABLE, JURY, SECOND);
      for (const tab of [desk.tab, further, table.tab]) await notConnected(tab);
      await write(desk.tab, "Squat 1 of 5008", "167.5");
      said.write(DESK, "entries.5008.squat.1", [167.5, 0]);
      await desk.tab.untilText(".spotter-editsNotSent", /^1$/);
      await write(table.tab, "Name of 5009", "Jun");
      said.write(TABLE, "entries.5009.name", "Jun");
      await table.tab.untilText(".spotter-editsNotSent", /^1$/);
      await table.tab.reload();
      await notConnected(table.tab);
      await shows(table.tab, "Name of 5009", "Jun");
      await write(table.tab, "Name of 5010", "Kay");
      said.write(TABLE, "entries.5010.name", "Kay");
      await relay.start();
      said.mend();
      for (const tab of [desk.tab, further, table.tab]) {
        await live(tab);
        await shows(tab, "Squat 1 of 5008", "167.5");
        await shows(tab, "Name of 5009", "Jun");
        await shows(tab, "Name of 5010", "Kay");
      }
      complaints.relayDown(false);
    },
  );

  await steps.step("the tab opens an overlay, which shows what the table types", async () => {
    await desk.tab.fill("Day", "1");
    await desk.tab.fill("Platform", "1");
    const [page] = await Promise.all([desk.device.context.waitForEvent("page"), desk.tab.click("Open")]);
    const overlay = desk.device.tabOf(page, "overlay");
    steps.watch(overlay);
    await overlay.untilText(".card .name", /^Anne$/);
    const { origin, pathname, searchParams, hash } = new URL(page.url());
    assert.deepEqual(
      [origin, pathname, searchParams.get("meet"), searchParams.get("platform")],
      [`http://127.0.0.1:${desk.network.port}`, "/overlay", meet, "1"],
    );
    assert.match(hash, /^#key=[\w-]{43}$/);
    await write(table.tab, "Squat 1 of 5000", "115");
    said.write(TABLE, "entries.5000.squat.1", [115, 0]);
    await overlay.untilText(".card .what", /115 kg$/);
    steps.forget(overlay);
    await overlay.close();
  });

  await steps.step("opened again it has the same key, which the tab lists and revokes", async () => {
    const { tab } = desk;
    const address = async () => {
      const [page] = await Promise.all([desk.device.context.waitForEvent("page"), tab.click("Open")]);
      await page.waitForURL(/#key=/);
      const url = page.url();
      await page.close();
      return url;
    };
    const again = await address();
    assert.equal(await address(), again);
    await tab.untilText(".spotter-keys", /^Overlay 1\.1 \(Registration\) Revoke$/);
    await tab.click("Revoke");
    await tab.untilText(".spotter-overlay", /There is none yet\./);
    assert.notEqual(await address(), again);
  });

  await steps.step("platform 1 leaves, and returns to what others did meanwhile", async () => {
    const { tab } = table;
    const box = "Squat 1 of 5011";
    await tab.click("Leave the live meet");
    await tab.untilSays("Return to the live meet that was left");
    said.cut(TABLE);
    await write(desk.tab, box, "227.5");
    said.write(DESK, "entries.5011.squat.1", [227.5, 0]);
    await live(desk.tab);
    assert.equal(await tab.read(box), "225");
    await tab.click("Return to the live meet that was left");
    said.mend();
    await live(tab);
    await shows(tab, box, "227.5");
  });

  await steps.step(
    "stores, boxes, conflicts and histories are what the rule says, and nobody wrote what nobody typed",
    async () => {
      const { rule } = said;
      const changes = Number(base) + said.edits;
      for (const [tab, { name }] of [
        [desk.tab, DESK],
        [table.tab, TABLE],
        [further, SECOND],
      ] as const) {
        await tab.until(
          `there are ${changes} changes`,
          `window.openlifter.replica().status().changes >= ${changes}`,
        );
        await live(tab);
        assert.deepEqual(sorted(flatten(await saved(tab))), sorted(rule.all(name)), tab.name);
        for (const path of said.paths) {
          const [, id, field] = path.split(".");
          if (field === "name") await shows(tab, `Name of ${id}`, String(rule.shown(name, path)));
          if (field === "squat")
            await shows(tab, `Squat 1 of ${id}`, String((rule.shown(name, path) as number[])[0]));
        }
        const listed = (await ask(tab, "return replica().conflicts()")) as Written[];
        assert.deepEqual(listed.map(({ path }) => path).sort(), rule.conflicts(name), tab.name);
        for (const path of said.paths) {
          const items = (await ask(tab, "return replica().history(arguments[0])", path)) as Item[];
          assert.deepEqual(items.map(itemOf), rule.history(name, path).map(placed), `${tab.name}: ${path}`);
        }
        assert.equal(await ask(tab, "return replica().status().changes"), changes, tab.name);
      }
    },
  );

  await steps.step("a replica on the command line holds the very same", async () => {
    await jury.run("sync");
    await jury.run("export", "jury.openlifter");
    const theirs = JSON.parse(readFileSync(join(place.path, "jury.openlifter"), "utf8")) as GlobalState;
    for (const tab of [desk.tab, table.tab, further])
      assert.deepEqual(shared(await saved(tab)), shared(theirs), tab.name);
    const { rule } = said;
    const { changes } = JSON.parse(await jury.run("status", "--json")) as { changes: number };
    assert.equal(changes, Number(base) + said.edits);
    const listed = JSON.parse(await jury.run("conflicts", "--json")) as Written[];
    assert.deepEqual(listed.map(({ path }) => path).sort(), rule.conflicts(JURY.name));
    for (const path of said.paths) {
      const items = JSON.parse(await jury.run("history", path, "--json")) as Item[];
      assert.deepEqual(items.map(itemOf), rule.history(JURY.name, path).map(placed), path);
    }
  });
});

function itemOf({ location, value }: Item): Item {
  return { location, value };
}

/** A write with the location that its author sits at. */
function placed({ site, value }: { site: string; value: unknown }): Item {
  return { location: site === SECOND.name ? DESK.name : site, value };
}
