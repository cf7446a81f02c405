import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { beginMeet, current, judge, kept, openTable, verdict } from "./acts.ts";
import { Complaints, Device } from "./chromium.ts";
import { accessible, looks, picture } from "./looks.ts";
import { CommandLine, SAVED_FILE } from "./machine.ts";
import { Stage } from "./stage.ts";
import { Steps } from "./steps.ts";
import { eventually } from "./tab.ts";

const stage = new Stage();
const { place } = stage;

test("a meet in pounds from nothing: registered, weighed in, lifted, with the keyboard", async (context) => {
  const steps = new Steps(context, "pounds");
  const complaints = new Complaints();
  steps.check(() => complaints.take());
  const tab = await (await Device.in(stage.browser, complaints)).tab("desk");
  steps.watch(tab);

  await steps.step("an empty meet in pounds", async () => {
    await tab.goto(`${stage.base}/`);
    await tab.fill("Name of the meet", "Pound Open");
    await tab.fill("Weights in", "lb");
    await tab.click("Start an empty meet");
    await tab.untilText(".head .pill", /^On this device only$/);
    await tab.until(
      "the unit is set",
      `!document.getElementById("unit") && [...document.querySelectorAll("select")].some((one) => one.value === "lb")`,
    );
    await tab.goto(`${stage.base}/weigh-in`);
    await tab.untilSays("There are no lifters yet.");
  });
  await steps.step("two lifters are added and weighed in, Enter by Enter", async () => {
    for (const [name, body, opener] of [
      ["Ann Example", "181.5", "352.5"],
      ["Bea Example", "165", "340"],
    ] as const) {
      await eventually("the key asks for the name", async () => {
        if ((await tab.driver.evaluate("return document.activeElement.id")) === "new-name") return true;
        // A page that has only just appeared does not hear keys yet.
        await tab.press("n");
        return false;
      });
      await tab.fill("New lifter", name);
      await tab.press("Enter");
      await tab.until(
        "the lifter is open",
        `(document.activeElement.dataset.path ?? "").endsWith(".bodyweightKg")`,
      );
      await tab.fill("Body weight (lb)", body);
      await tab.press("Enter");
      await tab.fill("Squat opener (lb)", opener);
      await tab.press("Enter");
      await tab.until(
        "it is saved",
        `document.querySelector("table.lifters").innerText.includes("${opener}")`,
      );
      await tab.press("Escape");
    }
    assert.match(await tab.text("table.lifters"), /181\.5.*352\.5/);
  });
  await steps.step("the lighter one lifts first, over plates in pounds", async () => {
    await openTable(tab, stage.base, 1);
    const now = await current(tab);
    assert.equal(now?.name, "Bea Example");
    assert.match(await tab.text(".card.now"), /340 lb/);
    await judge(tab, true);
    assert.match((await tab.text("table.flight")) ?? "", /Ann Example.*352\.5/);
    await looks(tab.page, "scoring-pounds", ["desktop"]);
  });
});

test("questions in the middle of a page, the flight sheet, and files that are taken away", async (context) => {
  const steps = new Steps(context, "dialogs");
  const complaints = new Complaints();
  steps.check(() => complaints.take());
  const device = await Device.in(stage.browser, complaints);
  const tab = await device.tab("desk");
  steps.watch(tab);

  await steps.step("an attempt, somebody out of turn, the end of the meet", async () => {
    await beginMeet(tab, stage.base);
    await tab.click("Finish the meet");
    await tab.untilSays("Finish the meet for everybody?");
    await accessible(tab.page, "the question before the meet is finished");
    await tab.click("Cancel");
    await openTable(tab, stage.base, 1);
    const lifted = await judge(tab, true);
    await tab.press("o");
    await tab.untilSays("Call out of turn");
    await accessible(tab.page, "calling out of turn");
    await tab.fill("Lifter", "5006");
    await tab.click("Call");
    await tab.untilText("#current-lifter", /^Grzegorz Żurawski$/);
    await tab.driver.clickOn(`document.querySelector('button[data-slot="${lifted.slot}"]')`);
    await tab.until("the attempt is open", `!!document.querySelector("dialog[open]")`);
    await accessible(tab.page, "an attempt");
    await picture(tab.page, "scoring-attempt");
    await tab.click("Not lifted yet");
    await verdict(tab, lifted.slot, "not lifted");
  });

  await steps.step("the flight sheet is what is printed, and nothing else is", async () => {
    await tab.page.emulateMedia({ media: "print" });
    await tab.until("the sheet is seen", `document.querySelector(".sheet")?.getClientRects().length > 0`);
    assert.match(await tab.text(".sheet"), /Lakeside Open: squat, flight A.*Aino Kettunen/);
    assert.equal(
      await tab.driver.evaluate(`return document.querySelector("#current-lifter").getClientRects().length`),
      0,
    );
    await picture(tab.page, "flight-sheet");
    await tab.page.emulateMedia({ media: null });
  });

  await steps.step(
    "the meet is saved as a file of OpenLifter, equal to the one it came from but for what was done",
    async () => {
      await tab.goto(`${stage.base}/`);
      const [download] = await Promise.all([tab.page.waitForEvent("download"), tab.click("OpenLifter file")]);
      assert.equal(download.suggestedFilename(), "Lakeside-Open.openlifter");
      const saved = JSON.parse(readFileSync(await download.path(), "utf8"));
      const original = JSON.parse(readFileSync(SAVED_FILE, "utf8"));
      assert.deepEqual(saved.meet, original.meet);
      assert.deepEqual(saved.registration.entries, original.registration.entries);
    },
  );

  await steps.step("a bundle carries it to a device that has no network", async () => {
    const [download] = await Promise.all([tab.page.waitForEvent("download"), tab.click("Bundle")]);
    const other = await (await Device.in(stage.browser, complaints)).tab("another device");
    steps.watch(other);
    await other.goto(`${stage.base}/`);
    await other.untilSays("Bring a bundle");
    await kept(other);
    await other.page.context().setOffline(true);
    await other.give("Open a bundle", "meet.bundle", readFileSync(await download.path(), "utf8"));
    await other.untilText(".head h1", /^Lakeside Open/);
    await other.page.context().setOffline(false);
  });
});

test("an edit is kept even if its tab crashes before it has heard that it is", async (context) => {
  const steps = new Steps(context, "crash");
  const complaints = new Complaints();
  steps.check(() => complaints.take());
  // A worker would answer what the page asks for here.
  const device = await Device.in(stage.browser, complaints, { serviceWorkers: "block" });
  const tab = await device.tab("table");
  steps.watch(tab);
  await steps.step("a meet is here", async () => {
    await beginMeet(tab, stage.base);
    await openTable(tab, stage.base, 1);
  });
  await steps.step("a verdict is given, and is there in the next tab", async () => {
    const now = await current(tab);
    assert.ok(now);
    const browser = await device.context.newCDPSession(tab.page);
    await tab.page.route("**/nothing", () => browser.send("Page.crash").catch(() => undefined));
    // Waiting for an answer, the page hears nothing of its storage.
    const waits = tab.driver.evaluate(`
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "g", bubbles: true }));
      const request = new XMLHttpRequest();
      request.open("GET", "/nothing", false);
      request.send();
    `);
    await assert.rejects(waits, /crashed/);
    steps.forget(tab);
    const next = await device.tab("the next table");
    steps.watch(next);
    await openTable(next, stage.base, 1);
    await verdict(next, now.slot, "good lift");
  });
});

test("a replica at the venue shows its meet to browsers without any relay", async (context) => {
  const steps = new Steps(context, "venue");
  const complaints = new Complaints();
  steps.check(() => complaints.take());
  const venue = new CommandLine(place.path, "venue");
  const tab = await (await Device.in(stage.browser, complaints)).tab("display");
  steps.watch(tab);
  await venue.run("import", SAVED_FILE);
  const shown = await venue.keep(/^overlay /, "serve", "--http", "127.0.0.1:0");
  context.after(shown.end);
  const overlay = shown.line.replace(/^overlay /, "");
  await steps.step("the overlay and the scoreboard have what the replica has", async () => {
    await tab.goto(overlay);
    await tab.untilText(".card .name", /^Aino Kettunen$/);
    await tab.goto(overlay.replace("/overlay?", "/scoreboard?"));
    await tab.untilText(".board .current .name", /^Aino Kettunen$/);
    assert.equal(await tab.driver.evaluate(`return document.querySelectorAll(".board tbody tr").length`), 6);
  });
});
