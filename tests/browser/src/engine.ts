/** The main story, for an engine that a WebDriver drives. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import {
  asShown,
  beginMeet,
  callNext,
  current,
  displayAddress,
  displayKey,
  exported,
  isSubsequence,
  type Judged,
  joinMeet,
  judge,
  kept,
  live,
  openTable,
  outOfSync,
  record,
  recorded,
  shownVerdict,
  tableIsThere,
  verdict,
} from "./acts.ts";
import { CommandLine, folder, Network, Relay } from "./machine.ts";
import { Steps } from "./steps.ts";
import { eventually, Silence } from "./tab.ts";
import { type Engine, Engines, lacks } from "./webdriver.ts";

/**
 * Two tables and an overlay, a relay that is killed, a reload without it, a conflict that is restored, equal exports.
 *
 * A driver that falls silent tells nothing about the pages: the story is told once more then, from its beginning with
 * new browsers, and the report says so. A page that hangs, and not its driver, hangs again.
 */
export async function mainStory(context: TestContext, engine: Engine): Promise<void> {
  const missing = lacks(engine);
  assert.equal(missing, null, missing ?? "");
  try {
    await tell(context, engine);
  } catch (error) {
    if (!(error instanceof Error && error.cause instanceof Silence)) throw error;
    context.diagnostic(`${error.message}\nThe story is told once more.`);
    await tell(context, engine);
  }
}

async function tell(context: TestContext, engine: Engine): Promise<void> {
  const place = folder();
  const relay = new Relay(place.path);
  const engines = new Engines(engine);
  const networks: Network[] = [];
  try {
    await relay.start();
    await story(context, place.path, relay, engines, networks);
  } finally {
    await engines.end();
    for (const network of networks) await network.end();
    await relay.kill();
    place.remove();
  }
}

/** Adds to `networks` what is to be ended after the story. */
async function story(
  context: TestContext,
  place: string,
  relay: Relay,
  engines: Engines,
  networks: Network[],
): Promise<void> {
  const steps = new Steps(context, engines.name);

  async function device(name: string) {
    const network = await Network.to(relay);
    networks.push(network);
    return {
      base: `http://127.0.0.1:${network.port}`,
      network,
      tab: steps.watch(await engines.device(name)),
    };
  }

  const [desk, table, stream] = await steps.step("three browsers start", () =>
    Promise.all([device("platform 1"), device("platform 2"), device("overlay")]),
  );
  const jury = new CommandLine(place, "jury");
  const truth: Judged[] = [];

  const meet = await steps.step(
    "a file of OpenLifter goes live; a second table and a command line join",
    async () => {
      const number = await beginMeet(desk.tab, desk.base);
      await joinMeet(table.tab, table.base, number, "Platform 1");
      await jury.join(relay, number, "Jury");
      return number;
    },
  );

  await steps.step("an overlay opens with a key, and follows the table", async () => {
    const key = await displayKey(desk.tab, "Stream");
    await stream.tab.goto(displayAddress("overlay", stream.base, meet, 1, key));
    await stream.tab.untilText(".card .name", /^Aino Kettunen$/);
    await record(stream.tab);
    await openTable(table.tab, table.base, 1);
    const first = await judge(table.tab, true);
    await shownVerdict(stream.tab, "Good lift");
    await callNext(table.tab, first, "110");
    truth.push(first, await judge(table.tab, false));
    await openTable(desk.tab, desk.base, 2);
    await judge(desk.tab, true);
  });

  await steps.step("the relay is killed; a table is reloaded, goes on, and says so", async () => {
    await kept(table.tab);
    await relay.kill();
    await outOfSync(table.tab);
    await table.tab.reload();
    await tableIsThere(table.tab);
    truth.push(await judge(table.tab, true));
    await table.tab.untilSays("1 edit not sent yet");
  });

  await steps.step("the relay is back, and so is everybody", async () => {
    await relay.start();
    await Promise.all([live(table.tab), live(desk.tab)]);
    const now = await current(table.tab);
    assert.ok(now);
    await stream.tab.until(
      "the overlay is there",
      `document.querySelector(".card .name")?.textContent === ${JSON.stringify(now.name)}`,
    );
  });

  await steps.step("a lift is overruled while its table is offline, shown, and restored", async () => {
    table.network.cut();
    await outOfSync(table.tab);
    const disputed = await judge(table.tab, true);
    truth.push(disputed);
    const path = `entries.${disputed.slot.split(".")[0]}.squat.1`;
    const kg = /attempt \d([\d.]+) kg$/.exec(disputed.shown)?.[1];
    await jury.run("set", path, `${kg} no`);
    await jury.run("sync");
    table.network.mend();
    await live(table.tab);
    await verdict(table.tab, disputed.slot, "no lift");
    await table.tab.untilText("[data-notice=changed]", /Disputed:.*by Jury stands/);
    await table.tab.click("Look");
    const restore = await table.tab.until(
      "it can be restored",
      `[...document.querySelectorAll("dialog[open] button")].find((one) => one.textContent.startsWith("Restore"))?.textContent`,
    );
    await table.tab.click(String(restore).trim());
    await table.tab.until("it is settled", `!document.querySelector("dialog[open] [data-conflict]")`);
    await table.tab.click("Close");
    await verdict(table.tab, disputed.slot, "good lift");
  });

  await steps.step("the overlay showed only what was true", async () => {
    const now = await current(table.tab);
    assert.ok(now);
    await eventually(
      "the overlay shows the present",
      async () => (await recorded(stream.tab)).at(-1) === asShown(now),
    );
    isSubsequence(await recorded(stream.tab), [...truth, now].map(asShown));
  });

  await steps.step("both browsers and the command line export the same meet", async () => {
    await live(table.tab);
    await jury.run("sync");
    await jury.run("export", "jury.openlifter");
    const theirs: unknown = JSON.parse(readFileSync(join(place, "jury.openlifter"), "utf8"));
    for (const { tab, base } of [desk, table]) assert.deepEqual(await exported(tab, base), theirs, tab.name);
  });
}
