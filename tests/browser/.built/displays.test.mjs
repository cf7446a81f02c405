// src/displays.test.ts
import assert2 from "node:assert/strict";
// src/chromium.ts
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

// src/tab.ts
var PATIENCE_MS = 2e4;
var LOOK_MS = 40;
var FINDERS = `
const named = (element) => {
  const copy = element.cloneNode(true);
  for (const key of copy.querySelectorAll(".key, .unseen, .for-readers, [aria-hidden=true]")) key.remove();
  return (element.getAttribute("aria-label") ?? copy.textContent).replace(/\\s+/g, " ").trim();
};
const seen = (element) => element.getClientRects().length > 0;
const top = () => [...document.querySelectorAll("dialog[open]")].pop() ?? document;
const act = (name) => [...top().querySelectorAll("button, a, summary")].find((one) => seen(one) && named(one) === name);
const box = (label) => {
  const found = [...top().querySelectorAll("label")].find((one) => seen(one) && named(one) === label);
  const target = found && (found.htmlFor ? document.getElementById(found.htmlFor) : found.querySelector("input, select"));
  return target ?? [...top().querySelectorAll("input, select")].find((one) => one.getAttribute("aria-label") === label);
};
`;
var actNamed = (name) => `(() => { ${FINDERS} return act(${JSON.stringify(name)}); })()`;
var boxNamed = (label) => `(() => { ${FINDERS} return box(${JSON.stringify(label)}); })()`;
var Tab = class {
  name;
  driver;
  constructor(name, driver) {
    this.name = name;
    this.driver = driver;
  }
  async goto(address) {
    await this.driver.goto(address);
  }
  async reload() {
    await this.driver.reload();
  }
  async close() {
    await this.driver.close();
  }
  /** Waits until an expression of the page is true, and returns it. */
  async until(what, expression) {
    return await eventually(`${this.name}: ${what}`, () => this.driver.evaluate(`return ${expression}`));
  }
  /** Clicks a button or link by its name, once it can be clicked. */
  async click(name) {
    const found = actNamed(name);
    await this.until(`\u201C${name}\u201D can be clicked`, `((found) => found && !found.disabled)(${found})`);
    await this.driver.clickOn(found);
  }
  /** Types into the box with a label, in place of what is there. */
  async fill(label, text) {
    const found = boxNamed(label);
    await this.until(
      `there is a box \u201C${label}\u201D`,
      `((found) => found && !found.disabled)(${found})`,
    );
    await this.driver.typeInto(found, text);
  }
  /** The text in the box with a label. */
  async read(label) {
    return String(
      await this.until(
        `there is a box \u201C${label}\u201D`,
        `((found) => found && { value: found.value })(${boxNamed(label)})`,
      ).then((found) => found.value),
    );
  }
  async press(key) {
    await this.driver.press(key);
  }
  /** Hands a file to the input with a label. */
  async give(label, name, text) {
    const found = boxNamed(label);
    await this.until(`there is an input \u201C${label}\u201D`, found.replace(/^/, "!!"));
    await this.driver.evaluate(
      `const input = ${found};
       const files = new DataTransfer();
       files.items.add(new File([arguments[1]], arguments[0]));
       input.files = files.files;
       input.dispatchEvent(new Event("change", { bubbles: true }));`,
      name,
      text,
    );
  }
  /** The text of the first element that a selector finds; "" if there is none. */
  async text(selector) {
    return String(await this.driver.evaluate(`return ${textOf(selector)}`));
  }
  /** Waits until an element has a text that fits, and returns it. */
  async untilText(selector, fits) {
    const found = await this.until(
      `${selector} says ${fits}`,
      `((text) => ${fits}.test(text) && { text })(${textOf(selector)})`,
    );
    return found.text;
  }
  /** Waits until the page says something anywhere. */
  async untilSays(words) {
    await this.until(
      `the page says \u201C${words}\u201D`,
      `document.body.innerText.includes(${JSON.stringify(words)})`,
    );
  }
};
function textOf(selector) {
  const found = `document.querySelector(${JSON.stringify(selector)})`;
  return `(${found}?.textContent ?? "").replace(/\\s+/g, " ").trim()`;
}
async function eventually(what, look) {
  const end = performance.now() + PATIENCE_MS;
  let trouble = "";
  for (;;) {
    try {
      const found = await look();
      if (found) return found;
      trouble = `last seen: ${JSON.stringify(found)}`;
    } catch (error) {
      trouble = String(error);
    }
    if (performance.now() > end) throw new Error(`never in ${PATIENCE_MS / 1e3} s: ${what} (${trouble})`);
    await new Promise((done) => setTimeout(done, LOOK_MS));
  }
}

// src/chromium.ts
var FOUND_AT = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
var FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
var PLAIN_HOST = "meet.test";
async function startChromium() {
  const executablePath = process.env.CHROMIUM ?? FOUND_AT.find((path) => existsSync(path));
  if (executablePath === void 0) throw new Error("there is no Chromium; CHROMIUM can name one");
  return await chromium.launch({
    executablePath,
    args: [...FLAGS, `--host-resolver-rules=MAP ${PLAIN_HOST} 127.0.0.1`],
  });
}
var Complaints = class {
  #found = [];
  #relayDown = false;
  /** While the relay cannot be reached, the browser itself says so on the console; nothing else may be there. */
  relayDown(down) {
    this.#relayDown = down;
  }
  watch(name, page) {
    page.on("console", (message) => {
      if (message.type() !== "error" || (this.#relayDown && isAboutTheNetwork(message.text()))) return;
      this.#found.push(`${name}: console: ${message.text()} (${message.location().url})`);
    });
    page.on("pageerror", (error) => this.#found.push(`${name}: exception: ${error.stack ?? error.message}`));
  }
  /** What was found since the last look. */
  take() {
    const found = this.#found;
    this.#found = [];
    return found;
  }
};
function isAboutTheNetwork(text) {
  return /net::ERR_|WebSocket connection to .* failed|Error during WebSocket handshake|FetchEvent.*network error/.test(
    text,
  );
}
var Device = class _Device {
  context;
  #complaints;
  constructor(context, complaints) {
    this.context = context;
    this.#complaints = complaints;
  }
  static async in(browser2, complaints, options = {}) {
    return new _Device(
      await browser2.newContext({ viewport: { width: 1280, height: 800 }, ...options }),
      complaints,
    );
  }
  async tab(name) {
    const page = await this.context.newPage();
    this.#complaints.watch(name, page);
    page.on("dialog", (dialog) => void dialog.accept());
    return Object.assign(new Tab(name, new PageDriver(page)), { page });
  }
};
var PageDriver = class {
  #page;
  constructor(page) {
    this.#page = page;
  }
  async goto(address) {
    await this.#page.goto(address);
  }
  async reload() {
    await this.#page.reload();
  }
  async close() {
    await this.#page.close({ runBeforeUnload: false });
  }
  async evaluate(body, ...values) {
    return await this.#page.evaluate(`(function () { ${body} }).apply(null, ${JSON.stringify(values)})`);
  }
  async clickOn(expression) {
    await (await this.#find(expression)).click();
  }
  async typeInto(expression, text) {
    const found = await this.#find(expression);
    if ((await found.evaluate((element) => element.tagName)) === "SELECT") await found.selectOption(text);
    else await found.fill(text);
  }
  async press(key) {
    await this.#page.keyboard.press(key);
  }
  async picture() {
    return await this.#page.screenshot();
  }
  async #find(expression) {
    const found = (await this.#page.evaluateHandle(expression)).asElement();
    if (found === null) throw new Error(`nothing is found by ${expression.slice(-80)}`);
    return found;
  }
};

// src/looks.ts
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

var PICTURES = resolve(import.meta.dirname, "../../../docs/screenshots");
var AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
var MAKES_PICTURES = process.env.SPOTTER_SCREENSHOTS === "1";
var SCREENS = {
  desktop: { width: 1280, height: 800 },
  tablet: { width: 820, height: 1180 },
  phone: { width: 390, height: 844 },
  wall: { width: 1920, height: 1080 },
};
async function accessible(page, where) {
  if ((await page.evaluate("typeof window.axe")) === "undefined") await page.evaluate(AXE);
  const results = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })");
  const found = results.violations.map(({ id, help, nodes }) => {
    const places = nodes.map(
      ({ html, failureSummary }) => `  ${html.slice(0, 160)}
  ${failureSummary ?? ""}`,
    );
    return `${id}: ${help}
${places.join("\n")}`;
  });
  assert.deepEqual(
    found,
    [],
    `accessibility of ${where}:
${found.join("\n")}`,
  );
}
async function looks(page, name, screens = ["desktop", "tablet", "phone"]) {
  const before2 = page.viewportSize();
  for (const screen of screens) {
    await page.setViewportSize(SCREENS[screen]);
    for (const scheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
      await accessible(page, `${name} on a ${screen}, ${scheme}`);
      if (scheme === "light" || screen === "desktop") await picture(page, `${name}-${screen}-${scheme}`);
    }
    assert.ok(!(await overflows(page)), `${name} is wider than a ${screen}`);
  }
  await page.emulateMedia({ colorScheme: null });
  if (before2 !== null) await page.setViewportSize(before2);
}
async function picture(page, name, options = {}) {
  if (!MAKES_PICTURES) return;
  mkdirSync(PICTURES, { recursive: true });
  const bytes = await page.screenshot({
    omitBackground: options.transparent === true,
    animations: "disabled",
  });
  writeFileSync(join(PICTURES, `${name}.png`), bytes);
}
async function overflows(page) {
  return await page.evaluate(
    "document.documentElement.scrollWidth > document.documentElement.clientWidth + 1",
  );
}
async function strict(address) {
  const answer = await fetch(address);
  assert.equal(answer.status, 200, address);
  const policy = answer.headers.get("content-security-policy") ?? "";
  const rules = new Map(
    policy.split(";").map((rule) => [rule.trim().split(/\s+/)[0], rule.trim().split(/\s+/).slice(1)]),
  );
  for (const kind of ["script-src", "style-src"]) {
    const allowed = rules.get(kind) ?? rules.get("default-src");
    assert.ok(allowed, `${address} has no ${kind}: ${policy}`);
    for (const word of allowed) {
      assert.doesNotMatch(word, /^'unsafe-(inline|eval)'$|^\*$|^https?:$|^data:$/, `${address}: ${policy}`);
    }
  }
  const html = await answer.text();
  for (const [script] of html.matchAll(/<script\b[^>]*>/g))
    assert.match(script, /\bsrc=/, `${address}: ${script}`);
  assert.doesNotMatch(html, /<style\b|\sstyle=|\son[a-z]+=/i, `${address} has style or handlers inside`);
}

// src/machine.ts
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync as writeFileSync2 } from "node:fs";
import { tmpdir } from "node:os";
import { join as join2, resolve as resolve2 } from "node:path";
import { createInterface } from "node:readline";

var ROOT = resolve2(import.meta.dirname, "../../..");
var PROGRAMS = process.env.SPOTTER_BIN ?? join2(ROOT, "target/debug");
var SAVED_FILE = join2(ROOT, "tests/data/demonstration.openlifter");
function folder() {
  const path = mkdtempSync(join2(tmpdir(), "spotter-browsers-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
var Relay = class {
  #folder;
  #process = null;
  #port = 0;
  constructor(folder2) {
    this.#folder = folder2;
  }
  get port() {
    return this.#port;
  }
  get address() {
    return `ws://127.0.0.1:${this.#port}`;
  }
  /** Starts it and waits for the line that says where it listens. */
  async start() {
    const data = join2(this.#folder, "relay");
    const key = join2(this.#folder, "relay.key");
    const child = spawn(
      join2(PROGRAMS, "spotter-relay"),
      ["serve", "--data", data, "--key-file", key, "--listen", `127.0.0.1:${this.#port}`],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    this.#process = child;
    let complaints = "";
    child.stderr?.on("data", (text) => {
      complaints = (complaints + String(text)).slice(-2e3);
    });
    const output = createInterface({ input: child.stdout });
    for await (const line of output) {
      const port = /:(\d+)\b/.exec(line)?.[1];
      if (port === void 0) continue;
      this.#port = Number(port);
      child.stdout?.resume();
      return;
    }
    throw new Error(`the relay did not start: ${complaints}`);
  }
  /** Kills it without a warning, and waits until it is gone. */
  async kill() {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null) return;
    const gone = new Promise((done) => child.once("exit", done));
    child.kill("SIGKILL");
    await gone;
  }
};

// src/steps.ts
import { writeFileSync as writeFileSync3 } from "node:fs";
import { join as join3, resolve as resolve3 } from "node:path";

var FAILURES = resolve3(import.meta.dirname, "../../../target/browsers");
var Steps = class {
  #test;
  #story;
  #tabs = /* @__PURE__ */ new Set();
  #checks = [];
  constructor(test2, story) {
    this.#test = test2;
    this.#story = story;
  }
  /** Keeps what a tab shows if something fails. */
  watch(tab) {
    this.#tabs.add(tab);
    return tab;
  }
  forget(tab) {
    this.#tabs.delete(tab);
  }
  /** Looks for trouble after every step: what the function returns is a failure. */
  check(complaints) {
    this.#checks.push(complaints);
  }
  /** One step. */
  async step(name, run) {
    const begun = performance.now();
    try {
      const result = await run();
      const complaints = this.#checks.flatMap((check) => check());
      if (complaints.length > 0) throw new Error(complaints.join("\n"));
      this.#test.diagnostic(`${((performance.now() - begun) / 1e3).toFixed(1)} s  ${name}`);
      return result;
    } catch (error) {
      const kept = await this.#keep(name);
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(
        `step \u201C${name}\u201D of ${this.#story}: ${why}
kept: ${kept.join(", ") || "nothing"}`,
        { cause: error },
      );
    }
  }
  async #keep(step) {
    const kept = [];
    for (const tab of this.#tabs) {
      const file = join3(
        FAILURES,
        `${[this.#story, step, tab.name].join("-").replace(/[^a-z0-9]+/gi, "-")}.png`,
      );
      try {
        writeFileSync3(file, await tab.driver.picture());
        kept.push(file);
      } catch {}
    }
    return kept;
  }
};

// src/displays.test.ts
var place = folder();
var relay = new Relay(place.path);
var browser;
before(async () => {
  await relay.start();
  browser = await startChromium();
});
after(async () => {
  await browser?.close();
  await relay.kill();
  place.remove();
});
var SCENES = [
  ["", "", ""],
  ["Ada Example", "Squat attempt 1100 kg", ""],
  ["Ada Example", "Squat attempt 1100 kg", "Good lift"],
  ["Noor van der Voorbeeld-Hypothetisch", "Squat attempt 1105 kg", "No lift"],
  ["Noor van der Voorbeeld-Hypothetisch", "Squat attempt 1105 kg", "Good lift"],
  ["Sample O\u2019Sample", "Squat attempt 3411.3 kg", ""],
  ["Sample O\u2019Sample", "Squat attempt 3411.3 kg", "No lift"],
  ["Sample O\u2019Sample", "Deadlift attempt 3200 kg", ""],
  ["Sample O\u2019Sample", "Deadlift attempt 3200 kg", "Good lift"],
  ["Ada Example", "Deadlift attempt 4142.5 kg", "Good lift"],
  ["Ada Example", "Squat attempt 1220 lb", ""],
  ["", "", ""],
];
test("the pages come with a policy against inline script and style, and have none", async () => {
  for (const page of ["", "weigh-in", "scoring", "scoreboard", "overlay"]) {
    await strict(`http://127.0.0.1:${relay.port}/${page}`);
  }
});
test("the overlay shows every scene of its test, transparent around it", async (context) => {
  const steps = new Steps(context, "overlay");
  const complaints = new Complaints();
  const device = await Device.in(browser, complaints, { viewport: SCREENS.wall });
  const tab = await device.tab("overlay");
  steps.watch(tab);
  steps.check(() => complaints.take());
  for (const [at, [name, what, verdict]] of SCENES.entries()) {
    await steps.step(`scene ${at + 1}`, async () => {
      await tab.goto(`http://127.0.0.1:${relay.port}/overlay?test=${at + 1}`);
      if (name !== "") await tab.until("somebody is on it", `!!document.querySelector(".card .name")`);
      assert2.equal(await tab.text(".card .name"), name);
      assert2.equal(await tab.text(".card .what"), what);
      assert2.equal(await tab.text(".light"), verdict);
      assert2.equal(
        await tab.driver.evaluate("return getComputedStyle(document.body).backgroundColor"),
        "rgba(0, 0, 0, 0)",
      );
      await accessible(tab.page, `overlay, scene ${at + 1}`);
      assert2.equal(await tab.text(".operator"), "");
    });
  }
  await steps.step("plates are drawn in their colours, on the bar of the attempt", async () => {
    await tab.goto(`http://127.0.0.1:${relay.port}/overlay?test=2`);
    await tab.until("a bar is drawn", `!!document.querySelector(".plates")`);
    const colours = `return [...document.querySelectorAll(".plate rect")].map((plate) => plate.getAttribute("fill")).join()`;
    assert2.equal(await tab.driver.evaluate(colours), "#FF0000,#2AB003,#000000");
  });
  await steps.step("a look, for the documents", async () => {
    if (!MAKES_PICTURES) return;
    await tab.page.setViewportSize({ width: 1280, height: 720 });
    for (const [name, search] of [
      ["overlay-lifting", "test=2"],
      ["overlay-verdict", "test=4&show=team,attempts,plates,lights,next"],
      ["overlay-light", "test=8&theme=light&align=bottom"],
      ["overlay-plain", "test=2&theme=plain&align=top-right"],
    ]) {
      await tab.goto(`http://127.0.0.1:${relay.port}/overlay?${search}`);
      await tab.until("somebody is on it", `!!document.querySelector(".card .name")`);
      await picture(tab.page, name, { transparent: true });
    }
  });
});
test("the overlay plays all scenes in turn by itself, and its options are seen", async (context) => {
  const steps = new Steps(context, "overlay-options");
  const complaints = new Complaints();
  const device = await Device.in(browser, complaints);
  const tab = await device.tab("overlay");
  steps.watch(tab);
  steps.check(() => complaints.take());
  await steps.step("all scenes", async () => {
    await tab.page.clock.install();
    await tab.goto(`http://127.0.0.1:${relay.port}/overlay?test`);
    const seen = /* @__PURE__ */ new Set();
    for (let scene = 0; scene < 24; scene += 1) {
      await tab.page.clock.runFor(4e3);
      seen.add(await tab.text(".card"));
    }
    assert2.ok(seen.size >= 10, [...seen].join("\n"));
  });
  await steps.step("what is to be shown, and how", async () => {
    const search =
      "test=2&show=attempts,next&next=4&units=both&theme=light&align=top&scale=0.5&operator&colour=red";
    await tab.goto(`http://127.0.0.1:${relay.port}/overlay?${search}`);
    await tab.until("somebody is on it", `!!document.querySelector(".card .name")`);
    assert2.equal(await tab.driver.evaluate(`return document.querySelectorAll(".plates, .team").length`), 0);
    assert2.equal(await tab.driver.evaluate(`return document.querySelectorAll(".next-lifter").length`), 4);
    assert2.equal(
      await tab.driver.evaluate(`return document.querySelectorAll(".attempts .attempt").length`),
      3,
    );
    assert2.equal(await tab.text(".card .weight"), "100 kg \xB7 220.46 lb");
    assert2.equal(
      await tab.driver.evaluate("return document.documentElement.className"),
      "theme-light align-top",
    );
    assert2.equal(
      await tab.driver.evaluate("return getComputedStyle(document.documentElement).fontSize"),
      "10px",
    );
    assert2.match(await tab.text(".operator"), /Live .*there is no option "colour"/);
  });
});
test("the scoreboard is read on a wall, a tablet and a phone, in light and dark", async (context) => {
  const steps = new Steps(context, "scoreboard");
  const complaints = new Complaints();
  const device = await Device.in(browser, complaints);
  const tab = await device.tab("scoreboard");
  steps.watch(tab);
  steps.check(() => complaints.take());
  await steps.step("the flight, with verdicts, totals and places", async () => {
    await tab.goto(`http://127.0.0.1:${relay.port}/scoreboard?test=8`);
    await tab.until("the flight is there", `document.querySelectorAll(".board tbody tr").length === 6`);
    assert2.equal(await tab.text(".board .current .name"), "Sample O\u2019Sample");
    assert2.equal(await tab.text(".present .weight"), "200 kg");
    assert2.equal(await tab.text(".board .current .total"), "447.5");
    const counts = `return ["good", "bad", "open"].map((state) => document.querySelectorAll(".board .attempt." + state).length).join()`;
    assert2.equal(await tab.driver.evaluate(counts), "41,12,1");
    await looks(tab.page, "scoreboard", ["wall", "tablet", "phone"]);
  });
  await steps.step("the corner tells of the link to whoever points there, and not to the room", async () => {
    const shown = `return getComputedStyle(document.querySelector(".corner")).opacity`;
    assert2.equal(await tab.driver.evaluate(shown), "0");
    await tab.page.hover(".corner", { force: true });
    assert2.equal(await tab.driver.evaluate(shown), "1");
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
  const device = await Device.in(browser, complaints);
  const tab = await device.tab("display");
  steps.watch(tab);
  complaints.relayDown(true);
  const wrong = "?meet=123456789&day=1&platform=1#key=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  const said = [];
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
    assert2.equal(await tab.driver.evaluate("return document.body.innerText.trim()"), "");
  });
});
