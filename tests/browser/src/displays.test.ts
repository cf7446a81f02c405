import assert from "node:assert/strict";
import { test } from "node:test";
import { Complaints, Device } from "./chromium.ts";
import { accessible, looks, MAKES_PICTURES, picture, SCREENS, strict } from "./looks.ts";
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

test("scoreboard and overlay load no replica, and a few kilobytes in all", async () => {
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
    assert.ok(bytes > 1_000 && bytes < 12_000, `${display}: ${bytes} bytes`);
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
