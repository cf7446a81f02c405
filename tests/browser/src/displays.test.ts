import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { displayAddress } from "./acts.ts";
import { Complaints, Device } from "./chromium.ts";
import { accessible, looks, MAKES_PICTURES, overflows, picture, SCREENS, strict } from "./looks.ts";
import { CommandLine, PASSWORD, SAVED_FILE } from "./machine.ts";
import { Stage } from "./stage.ts";
import { Steps } from "./steps.ts";
import { eventually } from "./tab.ts";

const stage = new Stage();
const { relay } = stage;

/** What each scene of the invented meet must show on the overlay: who, what, the verdict. */
const SCENES: readonly (readonly [name: string, what: string, verdict: string])[] = [
  ["", "", ""],
  ["Ada Example", "Squat attempt 1100 kg", ""],
  ["Ada Example", "Squat attempt 1100 kg", "Good lift"],
  ["Noor van der Voorbeeld-Hypothetisch", "Squat attempt 1105 kg", "No lift"],
  ["Noor van der Voorbeeld-Hypothetisch", "Squat attempt 1105 kg", "Good lift"],
  ["Sample O’Sample", "Squat attempt 3411.3 kg", ""],
  ["Sample O’Sample", "Squat attempt 3411.3 kg", "No lift"],
  ["Sample O’Sample", "Deadlift attempt 3200 kg", ""],
  ["Sample O’Sample", "Deadlift attempt 3200 kg", "Good lift"],
  ["Ada Example", "Deadlift attempt 4142.5 kg", "Good lift"],
  ["Ada Example", "Squat attempt 1220 lb", ""],
  ["", "", ""],
];

test("the pages come with a policy against inline script and style, and have none", async () => {
  for (const page of ["", "weigh-in", "scoring", "scoreboard", "overlay"]) {
    await strict(`http://127.0.0.1:${relay.port}/${page}`);
  }
});

/** How much a display loads by docs/overlay.md. */
const SAID_KB = (
  /each is (\d+) to (\d+) KB/.exec(
    readFileSync(resolve(import.meta.dirname, "../../../docs/overlay.md"), "utf8"),
  ) ?? assert.fail("docs/overlay.md does not say how much a display loads")
)
  .slice(1)
  .map(Number) as [number, number];

test("scoreboard and overlay load no replica, and the few kilobytes that are said", async () => {
  for (const display of ["scoreboard", "overlay"]) {
    const device = await Device.in(stage.browser, new Complaints());
    const { page } = await device.tab(display);
    const loaded: Promise<[string, number]>[] = [];
    page.on("requestfinished", (request) => {
      loaded.push(request.sizes().then(({ responseBodySize }) => [request.url(), responseBodySize]));
    });
    await page.goto(`http://127.0.0.1:${relay.port}/${display}`, { waitUntil: "networkidle" });
    const sizes = await Promise.all(loaded);
    const bytes = sizes.reduce((sum, [, size]) => sum + size, 0);
    assert.ok(sizes.length >= 3 && sizes.every(([address]) => !address.includes("wasm")), sizes.join("\n"));
    const [least, most] = SAID_KB;
    const fits = bytes > least * 1_000 - 500 && bytes < most * 1_000 + 500;
    assert.ok(fits, `${display}: ${bytes} bytes, and docs/overlay.md says ${least} to ${most} KB`);
    await device.context.close();
  }
});

test("the overlay shows every scene of its test, transparent around it", async (context) => {
  const steps = new Steps(context, "overlay");
  const complaints = new Complaints();
  const device = await Device.in(stage.browser, complaints, { viewport: SCREENS.wall });
  const tab = await device.tab("overlay");
  steps.watch(tab);
  steps.check(() => complaints.take());
  for (const [at, [name, what, verdict]] of SCENES.entries()) {
    await steps.step(`scene ${at + 1}`, async () => {
      await tab.goto(`http://127.0.0.1:${relay.port}/overlay?test=${at + 1}`);
      if (name !== "") await tab.until("somebody is on it", `!!document.querySelector(".card .name")`);
      assert.equal(await tab.text(".card .name"), name);
      assert.equal(await tab.text(".card .what"), what);
      assert.equal(await tab.text(".light"), verdict);
      assert.equal(
        await tab.driver.evaluate("return getComputedStyle(document.body).backgroundColor"),
        "rgba(0, 0, 0, 0)",
      );
      await accessible(tab.page, `overlay, scene ${at + 1}`);
      assert.equal(await tab.text(".operator"), "");
    });
  }
  await steps.step("plates are drawn in their colours, on the bar of the attempt", async () => {
    await tab.goto(`http://127.0.0.1:${relay.port}/overlay?test=2`);
    await tab.until("a bar is drawn", `!!document.querySelector(".plates")`);
    const colours = `return [...document.querySelectorAll(".plate rect")].map((plate) => plate.getAttribute("fill")).join()`;
    assert.equal(await tab.driver.evaluate(colours), "#FF0000,#2AB003,#000000");
  });
  await steps.step("a look, for the documents", async () => {
    if (!MAKES_PICTURES) return;
    await tab.page.setViewportSize({ width: 1280, height: 720 });
    for (const [name, search] of [
      ["overlay-lifting", "test=2"],
      ["overlay-verdict", "test=4&show=team,attempts,plates,lights,next"],
      ["overlay-light", "test=8&theme=light&align=bottom"],
      ["overlay-plain", "test=2&theme=plain&align=top-right"],
    ] as const) {
      await tab.goto(`http://127.0.0.1:${relay.port}/overlay?${search}`);
      await tab.until("somebody is on it", `!!document.querySelector(".card .name")`);
      await picture(tab.page, name, { transparent: true });
    }
  });
});

test("the overlay plays all scenes in turn by itself, and its options are seen", async (context) => {
  const steps = new Steps(context, "overlay-options");
  const complaints = new Complaints();
  const device = await Device.in(stage.browser, complaints);
  const tab = await device.tab("overlay");
  steps.watch(tab);
  steps.check(() => complaints.take());
  await steps.step("all scenes", async () => {
    await tab.page.clock.install();
    await tab.goto(`http://127.0.0.1:${relay.port}/overlay?test`);
    const seen = new Set<string>();
    await eventually("ten scenes are seen", async () => {
      await tab.page.clock.runFor(4_000);
      seen.add(await tab.text(".card"));
      return seen.size >= 10;
    });
  });
  await steps.step("what is to be shown, and how", async () => {
    const search =
      "test=2&show=attempts,next&next=4&units=both&theme=light&align=top&scale=0.5&operator&colour=red";
    await tab.goto(`http://127.0.0.1:${relay.port}/overlay?${search}`);
    await tab.until("somebody is on it", `!!document.querySelector(".card .name")`);
    assert.equal(await tab.driver.evaluate(`return document.querySelectorAll(".plates, .team").length`), 0);
    assert.equal(await tab.driver.evaluate(`return document.querySelectorAll(".next-lifter").length`), 4);
    assert.equal(
      await tab.driver.evaluate(`return document.querySelectorAll(".attempts .attempt").length`),
      3,
    );
    assert.equal(await tab.text(".card .weight"), "100 kg · 220.46 lb");
    assert.equal(
      await tab.driver.evaluate("return document.documentElement.className"),
      "theme-light align-top",
    );
    assert.equal(
      await tab.driver.evaluate("return getComputedStyle(document.documentElement).fontSize"),
      "10px",
    );
    assert.match(await tab.text(".operator"), /Live .*there is no option "colour"/);
  });
});

test("the scoreboard is read on a wall, a tablet and a phone, in light and dark", async (context) => {
  const steps = new Steps(context, "scoreboard");
  const complaints = new Complaints();
  const device = await Device.in(stage.browser, complaints);
  const tab = await device.tab("scoreboard");
  steps.watch(tab);
  steps.check(() => complaints.take());
  await steps.step("the flight, with verdicts, totals and places", async () => {
    await tab.goto(`http://127.0.0.1:${relay.port}/scoreboard?test=8`);
    await tab.until("the flight is there", `document.querySelectorAll(".board tbody tr").length === 6`);
    assert.equal(await tab.text(".board .current .name"), "Sample O’Sample");
    assert.equal(await tab.text(".present .weight"), "200 kg");
    assert.equal(await tab.text(".board .current .total"), "447.5");
    const standings = `return [...document.querySelectorAll(".board tbody tr")].map((row) => ["total", "place"].map((one) => row.querySelector("." + one).textContent).join(" | ")).filter((text) => text.includes("Open"))`;
    assert.deepEqual(await tab.driver.evaluate(standings), ["375 | 1 Open, SBD"]);
    const counts = `return ["good", "bad", "open"].map((state) => document.querySelectorAll(".board .attempt." + state).length).join()`;
    assert.equal(await tab.driver.evaluate(counts), "41,12,1");
    await looks(tab.page, "scoreboard", ["wall", "tablet", "phone"]);
  });
  await steps.step("the corner tells of the link to whoever points there, and not to the room", async () => {
    const shown = `return getComputedStyle(document.querySelector(".corner")).opacity`;
    assert.equal(await tab.driver.evaluate(shown), "0");
    await tab.page.hover(".corner", { force: true });
    assert.equal(await tab.driver.evaluate(shown), "1");
  });
  await steps.step("a revoked key, and an address without key or meet, are said in words", async () => {
    await tab.goto(`http://127.0.0.1:${relay.port}/scoreboard?test=12`);
    await tab.untilText(".words", /has been revoked/);
    await tab.goto(`http://127.0.0.1:${relay.port}/scoreboard`);
    await tab.untilText(".words", /names no meet/);
    await tab.goto(`http://127.0.0.1:${relay.port}/scoreboard?meet=123-456-789`);
    await tab.untilText(".words", /no key/);
    await accessible(tab.page, "scoreboard, asking for the password");
  });
});

test("displays with a wrong key say so to the operator, and the overlay says nothing to the audience", async (context) => {
  const steps = new Steps(context, "wrong-key");
  const complaints = new Complaints();
  const device = await Device.in(stage.browser, complaints);
  const tab = await device.tab("display");
  steps.watch(tab);
  // The browser itself reports refused requests on the console.
  complaints.relayDown(true);
  const wrong = "?meet=123456789&day=1&platform=1#key=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  const said: string[] = [];
  tab.page.on("console", (message) => said.push(message.text()));
  await steps.step("scoreboard", async () => {
    await tab.goto(`http://127.0.0.1:${relay.port}/scoreboard${wrong}`);
    await tab.untilText(".words", /does not accept this/);
  });
  await steps.step("overlay", async () => {
    await tab.goto(`http://127.0.0.1:${relay.port}/overlay${wrong}`);
    await eventually("the console says why", async () =>
      said.some((text) => /^Overlay: .*does not accept this/.test(text)),
    );
    assert.equal(await tab.driver.evaluate("return document.body.innerText.trim()"), "");
  });
});

/** Nothing to break a line at. */
const LONG = "Wolfeschlegelsteinhausenbergerdorff";
/** A name that would turn around whatever follows it on its line. */
const TURNING = "\u202eChidi Okafor";
const ALL_COLUMNS = "show=team,lot,class,bodyweight,rack,total,place";

/** The meet of the tests in pounds, at its last deadlifts, with names that try what shows them. */
function tryingMeet(): string {
  const saved = JSON.parse(readFileSync(SAVED_FILE, "utf8"));
  saved.meet.inKg = false;
  saved.lifting.lift = "D";
  for (const entry of saved.registration.entries) {
    for (const lift of ["squat", "bench", "deadlift"]) {
      const done = lift === "deadlift" ? 2 : 3;
      entry[`${lift}Kg`] = [212.5, 222.5, 227.5, 0, 0];
      entry[`${lift}Status`] = [1, -1, 1, 0, 0].map((status, at) => (at < done ? status : 0));
    }
    if (entry.name === "Aino Kettunen") Object.assign(entry, { name: LONG, team: LONG });
    if (entry.name === "Chidi Okafor") Object.assign(entry, { name: TURNING, team: "Invented Barbell" });
  }
  return JSON.stringify(saved);
}

test("a meet with trying names: by password, in two units, on every screen, until the key is revoked", async (context) => {
  const steps = new Steps(context, "trying");
  const complaints = new Complaints();
  const device = await Device.in(stage.browser, complaints);
  const tab = await device.tab("scoreboard");
  steps.watch(tab);
  steps.check(() => complaints.take());
  const { place, base } = stage;
  const desk = new CommandLine(place.path, "desk");
  const last = `document.querySelectorAll(".board tbody tr").length === 6`;

  const { meet, id, key } = await steps.step("the meet goes live, and makes a key", async () => {
    writeFileSync(join(place.path, "trying.openlifter"), tryingMeet());
    writeFileSync(join(place.path, "password"), PASSWORD);
    await desk.run("import", "trying.openlifter");
    const live = ["golive", "--relay", relay.address, "--location", "Desk=10"];
    const meet = (await desk.run(...live, "--password-file", "password")).trim().replaceAll("-", "");
    const [id, key] = (await desk.run("display-key", "add", "Screens")).trim().split(/\s+/);
    assert.ok(id !== undefined && key !== undefined);
    return { meet, id, key };
  });

  await steps.step("a mistyped password is refused in words, tried no more, and typed again", async () => {
    complaints.relayDown(true);
    const asked: string[] = [];
    tab.page.on("request", (request) => asked.push(request.url()));
    await tab.page.clock.install();
    await tab.goto(`${base}/live/${meet}`);
    await tab.fill("Password of the meet", "lift hvy things");
    await tab.press("Enter");
    await tab.untilText(".words", /does not accept this.*Type the password again/);
    await accessible(tab.page, "scoreboard, asking for the password again");
    const before = asked.length;
    await tab.page.clock.runFor(600_000);
    assert.equal(await tab.driver.evaluate("return document.activeElement.type"), "password");
    assert.deepEqual(asked.slice(before), []);
    complaints.relayDown(false);
    await tab.fill("Password of the meet", PASSWORD);
    await tab.press("Enter");
    await tab.until("the flight is there", last);
    await tab.until("nobody is asked any more", `document.querySelector("form") === null`);
    await tab.untilText(".words", /^$/);
  });

  await steps.step("names without a place to break leave every column on every screen", async () => {
    for (const [screen, search] of [
      [SCREENS.wall, ALL_COLUMNS],
      [SCREENS.wall, ""],
      [SCREENS.desktop, ALL_COLUMNS],
      [{ width: 360, height: 640 }, ALL_COLUMNS],
      [{ width: 360, height: 640 }, ""],
    ] as const) {
      await tab.page.setViewportSize(screen);
      await tab.goto(displayAddress("scoreboard", base, meet, 1, key).replace("#", `&${search}#`));
      await tab.until("the flight is there", last);
      const where = `${search} at ${screen.width} pixels`;
      assert.ok(!(await overflows(tab.page)), where);
      assert.ok(!(await overflows(tab.page, ".board-frame")), `columns are cut with ${where}`);
    }
    await tab.page.setViewportSize(SCREENS.desktop);
  });

  await steps.step("a name that is written the other way turns nothing beside it around", async () => {
    await tab.goto(displayAddress("scoreboard", base, meet, 1, key));
    await tab.until("the flight is there", last);
    const places = await tab.driver.evaluate(
      `const team = [...document.querySelectorAll(".board .team")].find((one) => one.textContent.includes("Invented"));
       return [..."Invented"].map((_, at) => {
         const letter = document.createRange();
         const text = team.firstChild;
         const first = text.data.indexOf("Invented") + at;
         letter.setStart(text, first);
         letter.setEnd(text, first + 1);
         return letter.getBoundingClientRect().left;
       });`,
    );
    assert.ok(Array.isArray(places) && places.length === 8);
    const lefts = places.map(Number);
    assert.deepEqual(
      lefts,
      [...lefts].sort((one, other) => one - other),
    );
  });

  await steps.step("a class keeps the meet's pounds, and says so beside weights in kilograms", async () => {
    const rows = `return [...document.querySelectorAll(".board tbody tr")].map((row) => ["class", "bodyweight"].map((one) => row.querySelector("." + one).textContent).join(" "))`;
    for (const [units, shown] of [
      ["meet", "231 229.94"],
      ["kg", "231 lb 104.3"],
    ] as const) {
      const search = `&show=class,bodyweight&units=${units}#`;
      await tab.goto(displayAddress("scoreboard", base, meet, 1, key).replace("#", search));
      await tab.until("the flight is there", last);
      assert.ok(((await tab.driver.evaluate(rows)) as string[]).includes(shown), units);
    }
  });

  const displays = await steps.step(
    "displays under both rules, and one that is asked for nonsense",
    async () => {
      const opened = [];
      for (const kind of ["scoreboard", "overlay"] as const) {
        for (const search of ["rule=overlap", "rule=check&show=nonsense&operator"]) {
          const display = await device.tab(`${kind}?${search}`);
          steps.watch(display);
          opened.push(display);
          await display.goto(displayAddress(kind, base, meet, 1, key).replace("#", `&${search}#`));
          await display.until("somebody is on it", `!!document.querySelector(".present .name, .card .name")`);
        }
      }
      const [, board, , overlay] = opened;
      assert.ok(board && overlay);
      await board.until(
        "columns are as if nothing were asked for",
        `!!document.querySelector("td.class, td.total")`,
      );
      await overlay.until("parts are as if nothing were asked for", `!!document.querySelector(".plates")`);
      for (const display of [board, overlay]) await display.untilSays('show="nonsense" is not any of');
      return opened;
    },
  );

  await steps.step("an overlay stays within the picture, whoever lifts", async () => {
    const overlay = displays[2];
    assert.ok(overlay);
    for (const screen of [SCREENS.wall, SCREENS.desktop]) {
      await overlay.page.setViewportSize(screen);
      for (const part of [".stage", ".card", ".who", ".next", ".next-lifter"])
        assert.ok(!(await overflows(overlay.page, part)), `${part} at ${screen.width} pixels`);
    }
  });

  await steps.step("a key that is revoked takes the picture away under both rules", async () => {
    complaints.relayDown(true);
    await desk.run("display-key", "revoke", id);
    for (const display of displays) {
      await display.until("no picture is shown", `document.querySelector(".stage").childElementCount === 0`);
    }
    for (const display of displays.slice(0, 2)) await display.untilText(".words", /has been revoked/);
  });
});
