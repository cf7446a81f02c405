import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { beginMeet, current, judge, kept, live, openTable, tableIsThere, verdict } from "./acts.ts";
import { Complaints, Device } from "./chromium.ts";
import { accessible, looks, overflows, picture } from "./looks.ts";
import { CommandLine, PASSWORD, SAVED_FILE } from "./machine.ts";
import { Stage } from "./stage.ts";
import { Steps } from "./steps.ts";
import { eventually } from "./tab.ts";

const stage = new Stage();
const { place } = stage;
const noDialog = `!document.querySelector("dialog[open]")`;
/** An expression for the box of a value of the meet. */
const boxAt = (path: string) => `document.querySelector('[data-path="${path}"]')`;

test("a meet in pounds from nothing: registered, weighed in, lifted, with the keyboard", async (context) => {
  const steps = new Steps(context, "pounds");
  const complaints = new Complaints();
  steps.check(() => complaints.take());
  const tab = await (await Device.in(stage.browser, complaints)).tab("desk");
  steps.watch(tab);

  await steps.step("an empty meet in pounds", async () => {
    await tab.goto(`${stage.base}/`);
    await tab.give("Open an OpenLifter file", "podium.png", "\0PNG");
    await tab.untilText(".toasts .bad", /“podium.png” is no text, but a picture/);
    await tab.fill("Name of the meet", "Pound Open");
    await tab.fill("Weights in", "lb");
    await tab.click("Start an empty meet");
    await tab.untilText(".head .pill", /^On this device only$/);
    await tab.until("nothing is wrong any more", `!document.querySelector(".toasts .bad")`);
    await tab.until(
      "the unit is set",
      `!document.getElementById("unit") && [...document.querySelectorAll("select")].some((one) => one.value === "lb")`,
    );
    await tab.click("Divisions, weight classes, rules");
    await tab.fill("Classes, men (lb)", "181 198 220 242 275");
    await tab.press("Enter");
    await tab.until("the classes are saved", `${boxAt("meet.weightClassesKgMen")}.value.endsWith("242 275")`);
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
  await steps.step("a class is called by what was typed, and takes whoever weighs that", async () => {
    await tab.goto(`${stage.base}/weigh-in`);
    await tab.click("Ann Example");
    await tab.untilSays("Weight class 198.");
    for (const [body, called] of [
      ["242", "242"],
      ["242.5", "275"],
      ["275.5", "275+"],
    ] as const) {
      await tab.fill("Body weight (lb)", body);
      await tab.press("Enter");
      await tab.untilSays(`Weight class ${called}.`);
    }
  });
  await steps.step("a lifter is found on a day that the meet no longer has, and moved", async () => {
    const days = async (count: string) => {
      await tab.goto(`${stage.base}/`);
      await tab.until("the days can be picked", `!!${boxAt("meet.lengthDays")}`);
      await tab.driver.typeInto(boxAt("meet.lengthDays"), count);
      await tab.until("the days are saved", `${boxAt("meet.lengthDays")}.value === "${count}"`);
    };
    await days("2");
    await tab.goto(`${stage.base}/weigh-in`);
    await tab.click("Ann Example");
    const day = `document.querySelector("select[data-path$='.day']")`;
    await tab.until("the day can be picked", `!!${day}`);
    await tab.driver.typeInto(day, "2");
    await tab.untilText("tr.open td", /^2\.1\.A$/);
    await days("1");
    await tab.click("Score day 2, platform 1");
    await tableIsThere(tab);
    assert.match(await tab.text("table.flight"), /Ann Example/);
    assert.doesNotMatch(await tab.text("table.flight"), /Bea Example/);
    await tab.goto(`${stage.base}/weigh-in`);
    await tab.click("Ann Example");
    await tab.until("the day is told from the others", `${day}?.innerText.includes("2 (the meet has none)")`);
    await tab.driver.typeInto(day, "1");
    await tab.untilText("tr.open td", /^1\.1\.A$/);
  });
  await steps.step("a name without any blank makes no page wider than a small phone", async () => {
    await tab.fill("Name", "Wolfeschlegelsteinhausenbergerdorff".repeat(3));
    await tab.press("Enter");
    await tab.untilText(".editor h2", /dorff$/);
    await tab.press("Escape");
    await tab.until("the lifter is closed", `!document.querySelector(".editor")`);
    const wide = tab.page.viewportSize();
    assert.ok(wide);
    assert.ok(!(await overflows(tab.page, "section.scroll")), "the list is wider than its place");
    const small = { width: 360, height: 740 };
    await tab.page.setViewportSize(small);
    assert.ok(!(await overflows(tab.page)), "Weigh-in is wider than a small phone");
    await openTable(tab, stage.base, 1);
    await judge(tab, true);
    await tab.until(
      "the next attempt is wanted",
      `[...document.querySelectorAll("label")].some((one) => one.textContent.includes("dorff, squat 2"))`,
    );
    assert.ok(!(await overflows(tab.page)), "Scoring is wider than a small phone");
    await tab.page.setViewportSize(wide);
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
    await tab.press("Escape");
    await tab.until("it is closed", noDialog);
    await tab.click("Call out of turn");
    await tab.untilSays("Holds for one lift");
    await tab.press("Escape");
    await tab.until(
      "focus is back",
      `${noDialog} && document.activeElement.textContent.startsWith("Call out of turn")`,
    );
    await tab.press("o");
    await tab.fill("Lifter", "5006");
    await tab.click("Call");
    await tab.untilText("#current-lifter", /^Grzegorz Żurawski$/);
    await tab.driver.clickOn(`document.querySelector('button[data-slot="${lifted.slot}"]')`);
    await tab.until("the attempt is open", `!!document.querySelector("dialog[open]")`);
    await accessible(tab.page, "an attempt");
    await picture(tab.page, "scoring-attempt");
    const cell = `document.activeElement.dataset.slot === "${lifted.slot}"`;
    for (const close of ["Escape", "Close"]) {
      if (close === "Escape") await tab.press(close);
      else await tab.click(close);
      await tab.until("focus is back at the attempt", `${noDialog} && ${cell}`);
      await tab.press("Enter");
      await tab.until("the attempt is open", `!!document.querySelector("dialog[open]")`);
    }
    await tab.click("Not lifted yet");
    await verdict(tab, lifted.slot, "not lifted");
    await tab.until("focus is back at the attempt", `${noDialog} && ${cell}`);
  });

  await steps.step("a lifter is not withdrawn, then withdrawn, and focus stays with the list", async () => {
    await tab.goto(`${stage.base}/weigh-in`);
    await tab.click("Eero Väisänen");
    await tab.click("Withdraw this lifter");
    await tab.untilSays("Withdraw Eero Väisänen?");
    await tab.press("Escape");
    await tab.until(
      "focus is back",
      `${noDialog} && document.activeElement.textContent.startsWith("Withdraw this lifter")`,
    );
    await tab.click("Withdraw this lifter");
    await tab.click("Withdraw");
    await tab.until(
      "focus is at another lifter",
      `!document.querySelector(".editor") && (document.activeElement.dataset.entry ?? "5004") !== "5004"`,
    );
    await tab.click("Withdrawn lifters");
    await tab.click("Take back");
    await tab.until("the lifter is back", `!!document.querySelector('[data-entry="5004"]')`);
    await openTable(tab, stage.base, 1);
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
    await other.give("Open an OpenLifter file", "meet.txt", "");
    await other.untilSays("“meet.txt” is empty");
    await other.give("Open a bundle", "lakeside.openlifter", readFileSync(SAVED_FILE, "utf8"));
    await other.untilSays("“lakeside.openlifter” is a file of OpenLifter’s");
    await other.give("Open a bundle", "meet.bundle", readFileSync(await download.path(), "utf8"));
    await other.untilText(".head h1", /^Lakeside Open/);
    await other.until("nothing is wrong any more", `!document.querySelector(".toasts .bad")`);
    await other.page.context().setOffline(false);
  });
});

test("two tables at one platform: a press that comes too late is not taken, and a slip is doubted", async (context) => {
  const steps = new Steps(context, "two-tables");
  const complaints = new Complaints();
  steps.check(() => complaints.take());
  const desk = await (await Device.in(stage.browser, complaints)).tab("registration");
  const device = await Device.in(stage.browser, complaints);
  const table = await device.tab("platform 1");
  for (const tab of [desk, table]) steps.watch(tab);

  await steps.step("a table joins, with the wrong password first", async () => {
    const number = await beginMeet(desk, stage.base);
    await table.goto(`${stage.base}/`);
    await table.fill("Number of the meet", number);
    await table.fill("This location", "Platform 1");
    await table.fill("Password", "lift light things");
    await table.click("Join");
    await table.untilText(".toasts .bad", /wrong meet id or password/);
    await table.fill("Password", PASSWORD);
    await table.click("Join");
    await live(table);
    await table.until("nothing is wrong any more", `!document.querySelector(".toasts .bad")`);
  });

  await steps.step("an address that names a day there cannot be shows the first", async () => {
    await table.goto(`${stage.base}/scoring?day=999999999999&platform=1`);
    await tableIsThere(table);
    await openTable(desk, stage.base, 1);
  });

  const lifted = await steps.step("both press for the same lift, one as the other’s arrives", async () => {
    const next = await current(table);
    await table.driver.evaluate(`
      const said = (window.said = []);
      const messages = document.querySelector(".toasts");
      new MutationObserver(() => said.push(messages.textContent)).observe(messages, { childList: true, subtree: true });
      const press = new MutationObserver(() => {
        press.disconnect();
        document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "g", bubbles: true }));
      });
      press.observe(document.querySelector("#current-lifter"), { childList: true, subtree: true, characterData: true });
    `);
    const judged = await judge(desk, true);
    assert.deepEqual(judged, next);
    const after = await current(desk);
    assert.ok(after);
    await table.until(
      "the press is answered",
      `window.said.some((words) => words.includes("Not taken: Registration has only just moved the table on to ${after.name}."))`,
    );
    await verdict(table, judged.slot, "good lift");
    assert.deepEqual(await judge(table, false), after);
    await verdict(desk, after.slot, "no lift");
    return judged;
  });

  await steps.step("a weight that is seldom meant is doubted until it is put right", async () => {
    const box = `${lifted.name}, squat 2 (kg)`;
    const path = `entries.${lifted.slot.split(".")[0]}.squat.2`;
    const says = (words: string) => `${boxAt(path)}.closest(".field").textContent.includes("${words}")`;
    await table.fill(box, "30");
    await table.until("it is doubted as it is typed", says("Lighter than the attempt before."));
    await table.press("Enter");
    await table.until("it is saved", says("Saved"));
    await desk.until("the other table doubts it, too", says("Lighter than the attempt before."));
    assert.equal(await table.driver.evaluate(`return ${says("Lighter than the attempt before.")}`), true);
    await table.fill(box, "110");
    await table.press("Enter");
    await desk.until("nothing is doubted any more", `!${boxAt(path)}`);
  });

  await steps.step("another tab of the same browser is told from another device", async () => {
    const second = await device.tab("second tab");
    steps.watch(second);
    await openTable(second, stage.base, 1);
    await live(second);
    await second.untilText("[data-notice=presence]", /Platform 1, in another tab of this browser,/);
    await table.untilText("[data-notice=presence]", /Platform 1, in another tab of this browser,/);
    await desk.untilText("[data-notice=presence]", /^Platform 1, Platform 1 have/);
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
