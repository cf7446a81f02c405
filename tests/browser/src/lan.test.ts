import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asShown,
  beginMeet,
  current,
  displayAddress,
  displayKey,
  exported,
  joinMeet,
  judge,
  live,
  openTable,
  outOfSync,
  record,
  shownVerdict,
  verdict,
} from "./acts.ts";
import { Device, PLAIN_HOST } from "./chromium.ts";
import { looks } from "./looks.ts";
import { Stage } from "./stage.ts";

const stage = new Stage();

test("a meet on a venue's network over plain HTTP works, and the page says what browsers withhold there", async (context) => {
  const { steps, complaints, device: networked } = stage.story(context, "plain-http");

  async function device(name: string) {
    const made = await networked(name);
    return { ...made, base: `http://${PLAIN_HOST}:${made.network.port}` };
  }

  const desk = await device("registration");
  const table = await device("platform 1");
  const stream = await device("overlay");

  const meet = await steps.step("going live, joining and lifting", async () => {
    const number = await beginMeet(desk.tab, desk.base);
    await joinMeet(table.tab, table.base, number, "Platform 1");
    await openTable(table.tab, table.base, 1);
    const lifted = await judge(table.tab, true);
    await openTable(desk.tab, desk.base, 1);
    await verdict(desk.tab, lifted.slot, "good lift");
    return number;
  });

  await steps.step("it is no secure context, and the page says what that means", async () => {
    assert.equal(await table.tab.driver.evaluate("return isSecureContext"), false);
    assert.equal(
      await table.tab.driver.evaluate("return 'serviceWorker' in navigator || 'locks' in navigator"),
      false,
    );
    await table.tab.untilText("[data-device=plain-http]", /Plain HTTP\..*leave this tab open/);
    await looks(table.tab.page, "scoring-plain-http", ["desktop"]);
  });

  await steps.step("an overlay and a scoreboard follow", async () => {
    await desk.tab.goto(`${desk.base}/`);
    const key = await displayKey(desk.tab, "Stream");
    await stream.tab.goto(displayAddress("overlay", stream.base, meet, 1, key));
    const now = await current(table.tab);
    assert.ok(now);
    await stream.tab.until("somebody is on it", `!!document.querySelector(".card .name")`);
    assert.equal(
      `${await stream.tab.text(".card .name")}|${await stream.tab.text(".card .what")}`,
      asShown(now),
    );
    await record(stream.tab);
    await judge(table.tab, false);
    await shownVerdict(stream.tab, "No lift");
  });

  await steps.step(
    "a second tab of the same browser is a replica of its own, live without the password, and hears at once",
    async () => {
      const second = await deviceTab(table.tab.page);
      steps.watch(second);
      await openTable(second, table.base, 1);
      await live(second);
      const lifted = await judge(second, true);
      await verdict(table.tab, lifted.slot, "good lift");
      steps.forget(second);
      await second.close();
    },
  );

  await steps.step(
    "without the network the table goes on, and what it wrote arrives afterwards",
    async () => {
      complaints.relayDown(true);
      table.network.cut();
      await outOfSync(table.tab);
      const lifted = await judge(table.tab, true);
      table.network.mend();
      await live(table.tab);
      complaints.relayDown(false);
      await openTable(desk.tab, desk.base, 1);
      await verdict(desk.tab, lifted.slot, "good lift");
    },
  );

  await steps.step("both hold the same meet", async () => {
    assert.deepEqual(await exported(table.tab, table.base), await exported(desk.tab, desk.base));
  });

  /** Another tab of the browser that a page is in. */
  async function deviceTab(page: typeof desk.tab.page) {
    return await Device.of(page.context(), complaints).tab("second tab");
  }
});
