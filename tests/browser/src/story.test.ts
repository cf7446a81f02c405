import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
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
  pressVerdict,
  record,
  recorded,
  shownVerdict,
  tableIsThere,
  verdict,
} from "./acts.ts";
import { looks } from "./looks.ts";
import { CommandLine } from "./machine.ts";
import { Stage } from "./stage.ts";
import { eventually } from "./tab.ts";

const stage = new Stage();
const { place, relay } = stage;

test("a meet at two scoring tables and a weigh-in goes on through every trouble, and all end equal", async (context) => {
  const { steps, complaints, device: networked } = stage.story(context, "story");

  /** A device with a way of its own to the relay. */
  async function device(name: string) {
    const made = await networked(name);
    return { ...made, base: `http://127.0.0.1:${made.network.port}` };
  }

  const desk = await device("registration");
  const weigh = await device("weigh-in");
  const one = await device("platform 1");
  const two = await device("platform 2");
  const stream = await device("overlay 1");
  const jury = new CommandLine(place.path, "jury");
  /** Whose turn it was on each platform, one after another. */
  const truth: [Judged[], Judged[]] = [[], []];

  async function judged(platform: 1 | 2, good: boolean): Promise<Judged> {
    const tab = platform === 1 ? one.tab : two.tab;
    const done = await judge(tab, good);
    truth[platform - 1]?.push(done);
    return done;
  }

  const meet = await steps.step("registration opens a file of OpenLifter and goes live", async () => {
    await desk.tab.goto(`${desk.base}/`);
    await desk.tab.untilSays("Start a meet");
    await looks(desk.tab.page, "live-start");
    return await beginMeet(desk.tab, desk.base);
  });

  await steps.step("weigh-in, two tables and a replica on the command line join", async () => {
    await Promise.all([
      joinMeet(weigh.tab, weigh.base, meet, "Weigh-in"),
      joinMeet(one.tab, one.base, meet, "Platform 1"),
      joinMeet(two.tab, two.base, meet, "Platform 2"),
      jury.join(relay, meet, "Jury"),
    ]);
    await openTable(one.tab, one.base, 1);
    await openTable(two.tab, two.base, 2);
    assert.equal((await current(one.tab))?.name, "Aino Kettunen");
    assert.equal((await current(two.tab))?.name, "Dagný Árnadóttir");
  });

  const key = await steps.step(
    "registration makes a key, and overlays and a scoreboard open with it",
    async () => {
      const made = await displayKey(desk.tab, "Stream");
      await stream.tab.goto(displayAddress("overlay", stream.base, meet, 1, made));
      await stream.tab.untilText(".card .name", /^Aino Kettunen$/);
      await record(stream.tab);
      return made;
    },
  );
  const second = await stream.device.tab("overlay 2");
  steps.watch(second);
  const board = await stream.device.tab("scoreboard");
  steps.watch(board);
  const other = await stream.device.tab("scoreboard by version check");
  steps.watch(other);
  await steps.step("each platform has an overlay of its own", async () => {
    await second.goto(displayAddress("overlay", stream.base, meet, 2, key));
    await second.untilText(".card .name", /^Dagný Árnadóttir$/);
    await record(second);
    await board.goto(displayAddress("scoreboard", stream.base, meet, 1, key));
    await other.goto(displayAddress("scoreboard", stream.base, meet, 1, key).replace("#", "&rule=check#"));
    for (const tab of [board, other]) await tab.untilText(".board .current .name", /^Aino Kettunen$/);
  });

  await steps.step("weigh-in weighs a lifter, and the tables see it", async () => {
    await weigh.tab.goto(`${weigh.base}/weigh-in`);
    await weigh.tab.click("Chidi Okafor");
    await weigh.tab.fill("Body weight (kg)", "82.9");
    await weigh.tab.press("Enter");
    await one.tab.until(
      "the body weight has arrived",
      `document.querySelector("table.flight").innerText.includes("82.9")`,
    );
    await looks(weigh.tab.page, "weigh-in");
    await weigh.tab.press("Escape");
  });

  await steps.step("both platforms lift, and the overlays follow", async () => {
    const first = await judged(1, true);
    await shownVerdict(stream.tab, "Good lift");
    await judged(2, false);
    await shownVerdict(second, "No lift");
    await callNext(one.tab, first, "110");
    await stream.tab.untilText(".card .name", /^Kaisa Lumi$/);
    for (const tab of [board, other]) await tab.untilText(".board .current .name", /^Kaisa Lumi$/);
    await judged(1, true);
    await looks(one.tab.page, "scoring");
  });

  await steps.step("a lift that was marked by mistake is taken back by its key", async () => {
    const wrong = await judge(one.tab, false);
    await one.tab.press("u");
    await verdict(one.tab, wrong.slot, "not lifted");
    assert.equal((await current(one.tab))?.slot, wrong.slot);
    truth[0].push(wrong);
  });

  await steps.step("a table sees that somebody else has it open", async () => {
    await openTable(desk.tab, desk.base, 1);
    await one.tab.untilText("[data-notice=presence]", /^Registration has this platform’s table open, too\./);
    await desk.tab.goto(`${desk.base}/weigh-in`);
    await one.tab.until("nobody else is there", `!document.querySelector("[data-notice=presence]")`);
  });

  await steps.step("who types over a value that arrived meanwhile is asked", async () => {
    for (const tab of [desk.tab, weigh.tab]) {
      await tab.click("Eero Väisänen");
      await tab.until(
        "the lifter is open",
        `document.activeElement.dataset.path === "entries.5004.bodyweightKg"`,
      );
    }
    await desk.tab.untilText("[data-notice=presence]", /^Weigh-in has this lifter open, too/);
    await desk.tab.fill("Body weight (kg)", "104.9");
    await weigh.tab.fill("Body weight (kg)", "104.5");
    await weigh.tab.press("Enter");
    await desk.tab.untilSays("Weigh-in wrote 104.5 meanwhile.");
    await desk.tab.press("Enter");
    await desk.tab.untilText("[data-asks]", /While you typed 104\.9, Weigh-in wrote 104\.5\./);
    await desk.tab.click("Keep 104.5");
    await weigh.tab.press("Escape");
    await desk.tab.goto(`${desk.base}/`);
  });

  await steps.step("a mis-marked lift is corrected in two keys, and the scoreboard agrees", async () => {
    const wrong = await judged(1, false);
    await one.tab.press("c");
    await one.tab.untilText("#now-title", /^Correcting$/);
    await pressVerdict(one.tab, true);
    await verdict(one.tab, wrong.slot, "good lift");
    await board.until(
      "the board has it",
      `!!document.querySelector(".board") && document.querySelectorAll(".board .attempt.bad").length === 0`,
    );
  });

  await steps.step(
    "the relay is killed: tables go on, say so, and the displays keep their pictures",
    async () => {
      await Promise.all([kept(one.tab), kept(two.tab)]);
      const shown = (await current(one.tab))?.name ?? "";
      await stream.tab.until(
        "the verdict is gone",
        `document.querySelector(".card .name").textContent === "${shown}"`,
      );
      complaints.relayDown(true);
      await relay.kill();
      await Promise.all([outOfSync(one.tab), outOfSync(two.tab)]);
      await judged(1, true);
      await judged(2, true);
      assert.equal(await stream.tab.text(".card .name"), shown);
      await one.tab.untilSays("1 edit not sent yet");
      await looks(one.tab.page, "scoring-out-of-sync", ["desktop"]);
    },
  );

  await steps.step(
    "a tab is closed in the middle, and opens again with what it had, without a relay",
    async () => {
      const done = await judged(2, true);
      steps.forget(two.tab);
      await two.tab.close();
      two.tab = await two.device.tab("platform 2");
      steps.watch(two.tab);
      await openTable(two.tab, two.base, 2);
      await verdict(two.tab, done.slot, "good lift");
      await two.tab.untilSays("2 edits not sent yet");
    },
  );

  await steps.step("a table is reloaded while the relay is down, and goes on", async () => {
    await one.tab.reload();
    await tableIsThere(one.tab);
    await outOfSync(one.tab);
    await judged(1, true);
    await one.tab.untilSays("2 edits not sent yet");
  });

  await steps.step("the relay starts again, and everybody catches up by themselves", async () => {
    await relay.start();
    await Promise.all([live(one.tab), live(two.tab), live(weigh.tab), live(desk.tab)]);
    const now = await current(one.tab);
    const there = await current(two.tab);
    for (const tab of [board, other]) {
      await tab.until(
        "the scoreboard is there",
        `document.querySelector(".board .current .name")?.textContent === ${JSON.stringify(now?.name)}`,
      );
    }
    await stream.tab.until(
      "the overlay is there",
      `document.querySelector(".card .name")?.textContent === ${JSON.stringify(now?.name)}`,
    );
    await second.until(
      "the overlay is there",
      `document.querySelector(".card .name")?.textContent === ${JSON.stringify(there?.name)}`,
    );
    complaints.relayDown(false);
  });

  const overruled = await steps.step(
    "one table is offline for the rest of its flight, and the jury overrules a lift meanwhile",
    async () => {
      complaints.relayDown(true);
      two.network.cut();
      await outOfSync(two.tab);
      const lifted: Judged[] = [];
      while ((await current(two.tab)) !== null) lifted.push(await judged(2, true));
      assert.ok(lifted.length >= 2, `${lifted.length} attempts were left`);
      await two.tab.untilSays("Flight complete.");
      const [disputed] = lifted;
      assert.ok(disputed);
      const [id] = disputed.slot.split(".");
      const called = /(\d[\d.]*) kg$/.exec(disputed.shown.replace(/attempt \d/, ""))?.[1];
      assert.ok(called);
      await jury.run("set", `entries.${id}.squat.1`, `${called} no`);
      await jury.run("sync");
      return disputed;
    },
  );

  await steps.step(
    "back on the network, the table is shown who overruled it, and restores its verdict",
    async () => {
      two.network.mend();
      await live(two.tab);
      complaints.relayDown(false);
      await verdict(two.tab, overruled.slot, "no lift");
      const path = `entries.${overruled.slot.split(".")[0]}.squat.1`;
      await desk.tab.untilText(`[data-conflict="${path}"]`, /by Jury stands .*Platform 2’s .* was overruled/);
      await desk.tab.driver.evaluate("scrollTo(0, 0)");
      await looks(desk.tab.page, "live");
      await two.tab.untilText("[data-notice=changed]", /Disputed:.*by Jury stands/);
      await two.tab.click("Look");
      const restore = await two.tab.until(
        "it can be restored",
        `[...document.querySelectorAll("dialog[open] button")].find((one) => one.textContent.startsWith("Restore"))?.textContent`,
      );
      await two.tab.click(String(restore).trim());
      await two.tab.until("it is settled", `!document.querySelector("dialog[open] [data-conflict]")`);
      await two.tab.click("Close");
      await verdict(two.tab, overruled.slot, "good lift");
      await desk.tab.until("nothing is disputed any more", `!document.querySelector("[data-conflict]")`);
    },
  );

  await steps.step("the storage of the weigh-in is cleared; it joins again and has everything", async () => {
    const cleared = await weigh.device.context.newCDPSession(weigh.tab.page);
    await weigh.tab.goto("about:blank");
    await cleared.send("Storage.clearDataForOrigin", { origin: weigh.base, storageTypes: "all" });
    await joinMeet(weigh.tab, weigh.base, meet, "Weigh-in");
    await weigh.tab.goto(`${weigh.base}/weigh-in`);
    await weigh.tab.until(
      "the body weight is there",
      `document.querySelector("table.lifters").innerText.includes("82.9")`,
    );
  });

  await steps.step("the overlays showed only what was true, when it was true", async () => {
    const now = [await current(one.tab), await current(two.tab)];
    for (const [at, tab] of [stream.tab, second].entries()) {
      const last = now[at];
      const words = last == null ? "Flight A|Squat complete" : asShown(last);
      await eventually(`${tab.name} shows the present`, async () => (await recorded(tab)).at(-1) === words);
      isSubsequence(await recorded(tab), [...(truth[at] ?? []).map(asShown), words]);
    }
  });

  await steps.step("a key that is revoked takes the picture from its displays at once", async () => {
    await desk.tab.click("Revoke");
    // The displays may be refused before the click is over.
    complaints.relayDown(true);
    await desk.tab.click("Revoke it");
    for (const tab of [board, other]) {
      await tab.untilText(".words", /has been revoked/);
      await tab.until("no picture is shown", `document.querySelector(".stage").childElementCount === 0`);
    }
    for (const tab of [stream.tab, second])
      await tab.until("nothing is shown", `document.querySelector(".card") === null`);
    for (const tab of [board, other, stream.tab, second]) {
      steps.forget(tab);
      await tab.close();
    }
    complaints.relayDown(false);
  });

  await steps.step("three browsers and the command line export the same meet", async () => {
    await jury.run("sync");
    await jury.run("export", "jury.openlifter");
    const theirs: unknown = JSON.parse(readFileSync(join(place.path, "jury.openlifter"), "utf8"));
    for (const { tab, base } of [desk, weigh, one, two])
      assert.deepEqual(await exported(tab, base), theirs, tab.name);
  });
});
