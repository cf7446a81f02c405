/** What people do at a meet, in any browser. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { PASSWORD, SAVED_FILE } from "./machine.ts";
import type { Tab } from "./tab.ts";

/** An attempt that was judged. */
export interface Judged {
  /** Entry, lift and number: `5000.S.1`. */
  readonly slot: string;
  readonly name: string;
  /** As the overlay words it. */
  readonly shown: string;
}

/** Opens the meet of the tests from its file and makes it live. Returns its number. */
export async function beginMeet(tab: Tab, base: string): Promise<string> {
  await tab.goto(`${base}/`);
  await tab.give("Open an OpenLifter file", "lakeside.openlifter", readFileSync(SAVED_FILE, "utf8"));
  await tab.untilText(".head h1", /^Lakeside Open/);
  await tab.fill("Password for the meet", PASSWORD);
  await tab.fill("Password again", PASSWORD);
  await tab.click("Go live");
  const number = await tab.untilText("#meet-id", /^\d{3}-\d{3}-\d{3}$/);
  await live(tab);
  return number;
}

/** Joins the meet as a location. */
export async function joinMeet(tab: Tab, base: string, meet: string, location: string): Promise<void> {
  await tab.goto(`${base}/`);
  await tab.fill("Number of the meet", meet);
  await tab.fill("This location", location);
  await tab.fill("Password", PASSWORD);
  await tab.click("Join");
  await live(tab);
}

/** Waits until the page says that it is live and nothing waits to be sent. */
export async function live(tab: Tab): Promise<void> {
  await tab.untilText(".head .pill", /^Live$/);
}

/** Waits until the page says that it is out of sync. */
export async function outOfSync(tab: Tab): Promise<void> {
  await tab.untilText("[data-notice=out-of-sync]", /^Out of sync\./);
}

/** Makes a key for displays on the Live page. */
export async function displayKey(tab: Tab, label: string): Promise<string> {
  await tab.fill("What the key is for", label);
  await tab.click("Make a display key");
  return await tab.untilText("#display-key", /^[\w-]{43}$/);
}

/** Opens the scoring table of a platform. */
export async function openTable(tab: Tab, base: string, platform: number): Promise<void> {
  await tab.goto(`${base}/scoring?day=1&platform=${platform}`);
  await tableIsThere(tab);
}

/** Waits until a scoring table shows its flight and hears keys. */
export async function tableIsThere(tab: Tab): Promise<void> {
  await tab.until("the flight is there", `!!document.querySelector("table.flight tbody tr")`);
  await tab.until(
    "keys are heard",
    `document.querySelector("#keys").textContent.includes("Correct a verdict")`,
  );
}

/** Waits until a page promises that it opens again without the relay. */
export async function kept(tab: Tab): Promise<void> {
  await tab.until("the page is kept", `!!document.querySelector("[data-device=kept]")`);
}

/** Whose turn it is at a table, or nobody's. */
export async function current(tab: Tab): Promise<Judged | null> {
  const found = await tab.driver.evaluate(`
    const cell = document.querySelector("td.is-now button");
    if (cell === null) return null;
    const [, lift, number] = cell.dataset.slot.split(".");
    const names = { S: "Squat", B: "Bench press", D: "Deadlift" };
    const weight = cell.firstChild.textContent;
    const name = document.querySelector("#current-lifter").textContent;
    return { slot: cell.dataset.slot, name, shown: names[lift] + " attempt " + number + weight + " kg" };
  `);
  return found as Judged | null;
}

/** Judges whoever's turn it is, by the key, and waits until the table shows the verdict. */
export async function judge(tab: Tab, good: boolean): Promise<Judged> {
  const now = await current(tab);
  assert.ok(now !== null, `${tab.name}: nobody's turn`);
  await pressVerdict(tab, good);
  await verdict(tab, now.slot, good ? "good lift" : "no lift");
  return now;
}

/**
 * Presses the key of a verdict. Two presses at once are one press of a nervous hand, and one just after others moved the
 * table on means the lifter before, so it has to wait for both to be a while ago.
 */
export async function pressVerdict(tab: Tab, good: boolean): Promise<void> {
  await tab.until("the last press is a while ago", "!(performance.now() - window.pressedAt < 550)");
  await tab.until("the table was not just moved on", `!document.querySelector("[data-moved-by]")`);
  await tab.press(good ? "g" : "n");
  await tab.driver.evaluate("window.pressedAt = performance.now()");
}

/** Waits until a table shows a verdict, or none. */
export async function verdict(
  tab: Tab,
  slot: string,
  words: "good lift" | "no lift" | "not lifted",
): Promise<void> {
  await tab.until(`${slot} is ${words}`, `${labelOf(slot)}.includes(", ${words}")`);
}

/** Waits until a table shows a weight. */
export async function weight(tab: Tab, slot: string, shown: string): Promise<void> {
  await tab.until(`${slot} shows ${shown}`, `${labelOf(slot)}.includes(": ${shown},")`);
}

/** Types the next attempt that a lifter has to give. */
export async function callNext(tab: Tab, judged: Judged, kg: string): Promise<void> {
  const [id, lift, number] = judged.slot.split(".");
  const title = { S: "squat", B: "bench", D: "deadlift" }[lift ?? ""];
  const next = Number(number) + 1;
  await tab.fill(`${judged.name}, ${title} ${next} (kg)`, kg);
  await tab.press("Enter");
  await weight(tab, `${id}.${lift}.${next}`, kg);
}

/** The meet as an OpenLifter file, from the Live page. */
export async function exported(tab: Tab, base: string): Promise<unknown> {
  await tab.goto(`${base}/`);
  await tab.untilText("#meet-id", /^\d{3}-\d{3}-\d{3}$/);
  await live(tab);
  await tab.driver.evaluate(`
    const made = URL.createObjectURL;
    URL.createObjectURL = (blob) => {
      blob.text().then((text) => { window.savedFile = text; });
      return made.call(URL, blob);
    };
    HTMLAnchorElement.prototype.click = () => undefined;
  `);
  await tab.click("OpenLifter file");
  await tab.until("the file is written", "!!window.savedFile");
  return JSON.parse(String(await tab.driver.evaluate("return window.savedFile")));
}

/** The address of a display. */
export function displayAddress(
  page: "overlay" | "scoreboard",
  base: string,
  meet: string,
  platform: number,
  key: string,
): string {
  const quick = page === "overlay" ? "&hold=1" : "";
  return `${base}/${page}?meet=${meet}&day=1&platform=${platform}${quick}#key=${key}`;
}

/** Has an overlay write down whatever it shows from now on: who is to lift, and verdicts. */
export async function record(tab: Tab): Promise<void> {
  await tab.driver.evaluate(`
    const seen = (window.seenOnOverlay = []);
    const verdicts = (window.verdictsOnOverlay = []);
    let lit = "";
    const look = () => {
      const light = document.querySelector(".light .verdict")?.textContent ?? "";
      if (light !== lit) verdicts.push((lit = light));
      const name = document.querySelector(".card .name");
      const what = document.querySelector(".card .what");
      const now = name === null ? "" : name.textContent + "|" + what.textContent;
      if (seen[seen.length - 1] !== now) seen.push(now);
    };
    new MutationObserver(look).observe(document.getElementById("overlay"), { childList: true, subtree: true, characterData: true });
    look();
  `);
}

/** What an overlay showed since `record`, one after another. */
export async function recorded(tab: Tab): Promise<readonly string[]> {
  return (await tab.driver.evaluate("return window.seenOnOverlay")) as readonly string[];
}

/** Waits until an overlay has shown a verdict since `record`, or since the last wait for one. It is gone after a second. */
export async function shownVerdict(tab: Tab, words: string): Promise<void> {
  await tab.until(`the verdict “${words}” is shown`, `window.verdictsOnOverlay.includes("${words}")`);
  await tab.driver.evaluate("window.verdictsOnOverlay.length = 0");
}

/** What an overlay shows of somebody's turn. */
export function asShown({ name, shown }: Judged): string {
  return `${name}|${shown}`;
}

/** Checks that what was shown is what was true, in the order in which it was true; some of it may not have been seen. */
export function isSubsequence(shown: readonly string[], truth: readonly string[]): void {
  let at = 0;
  for (const one of shown) {
    const found = truth.indexOf(one, at);
    assert.ok(
      found >= 0,
      `the overlay showed “${one}” when it was not true\nshown: ${shown.join(" → ")}\ntrue: ${truth.join(" → ")}`,
    );
    at = found;
  }
}

function labelOf(slot: string): string {
  return `(document.querySelector('button[data-slot="${slot}"]')?.getAttribute("aria-label") ?? "")`;
}
