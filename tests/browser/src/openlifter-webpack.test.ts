import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Complaints, Device, startChromium } from "./chromium.ts";
import { Site, webpackFiles } from "./openlifter-site.ts";
import { Steps } from "./steps.ts";

const site = await Site.of(await webpackFiles(), "/meets/lift/");
const browser = await startChromium();
after(async () => {
  await browser.close();
  await site.end();
});

test("what webpack bundles in the way of Create React App 5 opens a replica in a browser, from a sub-path", async (context) => {
  const steps = new Steps(context, "webpack");
  const complaints = new Complaints();
  steps.check(() => complaints.take());
  const tab = await (await Device.in(browser, complaints)).tab("app");
  steps.watch(tab);
  const loaded: string[] = [];
  tab.page.on("request", (request) => loaded.push(new URL(request.url()).pathname));

  await steps.step(
    "the Live tab is there, and nothing but the page and its script was loaded for it",
    async () => {
      await tab.goto(site.address);
      await tab.untilSays("Live (Advanced)");
      assert.equal(loaded.length, 2, loaded.join());
    },
  );

  await steps.step("a replica opens with the core in a script, and finds its meet again", async () => {
    for (const found of [false, true]) {
      const held = await tab.page.evaluate(`(async () => {
        const replica = await app.openInBrowser("bundled");
        const { holdsMeet } = replica;
        if (!holdsMeet) await replica.newMeet("2026-01-01");
        await replica.edit({ "meet.name": "Bundled" });
        const { name } = replica.state().meet;
        await replica.close();
        return [holdsMeet, name];
      })()`);
      assert.deepEqual(held, [found, "Bundled"]);
    }
    assert.ok(!loaded.some((path) => path.endsWith(".wasm")));
  });

  await steps.step("and with the core as a file beside the bundle", async () => {
    const name = await tab.page.evaluate(`(async () => {
      const { loadCore, openReplica } = await app.client();
      const replica = await openReplica({ core: await loadCore(), name: "bundled" });
      const { name } = replica.state().meet;
      await replica.close();
      return name;
    })()`);
    assert.equal(name, "Bundled");
    assert.match(loaded.at(-1) ?? "", /^\/meets\/lift\/static\/media\/.*\.wasm$/);
  });
});
