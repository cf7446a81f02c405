/** How pages look and what is in them: pictures for the documents, accessibility, the policy that they came with. */

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const PICTURES = resolve(import.meta.dirname, "../../../docs/screenshots");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Whether this run also makes the pictures of the documents. */
export const MAKES_PICTURES = process.env.SPOTTER_SCREENSHOTS === "1";

/** Screens that people have. */
export const SCREENS = {
  desktop: { width: 1280, height: 800 },
  tablet: { width: 820, height: 1180 },
  phone: { width: 390, height: 844 },
  wall: { width: 1920, height: 1080 },
} as const;

/** Looks for what keeps people out, on one screen and scheme of colours. */
export async function accessible(page: Page, where: string): Promise<void> {
  if ((await page.evaluate("typeof window.axe")) === "undefined") await page.evaluate(AXE);
  const results = (await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")) as AxeResults;
  const found = results.violations.map(({ id, help, nodes }) => {
    const places = nodes.map(
      ({ html, failureSummary }) => `  ${html.slice(0, 160)}\n  ${failureSummary ?? ""}`,
    );
    return `${id}: ${help}\n${places.join("\n")}`;
  });
  assert.deepEqual(found, [], `accessibility of ${where}:\n${found.join("\n")}`);
}

/** Looks at a page on several screens, in light and dark, and keeps pictures if they are wanted. */
export async function looks(
  page: Page,
  name: string,
  screens: readonly (keyof typeof SCREENS)[] = ["desktop", "tablet", "phone"],
): Promise<void> {
  const inDark = screens.length > 1;
  const before = page.viewportSize();
  for (const screen of screens) {
    await page.setViewportSize(SCREENS[screen]);
    for (const scheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
      await accessible(page, `${name} on a ${screen}, ${scheme}`);
      if (scheme === "light" || (inDark && screen === screens[0]))
        await picture(page, `${name}-${screen}-${scheme}`);
    }
    assert.ok(!(await overflows(page)), `${name} is wider than a ${screen}`);
  }
  await page.emulateMedia({ colorScheme: null });
  if (before !== null) await page.setViewportSize(before);
}

/** Keeps a picture for the documents, if this run makes them. */
export async function picture(
  page: Page,
  name: string,
  options: { transparent?: boolean } = {},
): Promise<void> {
  if (!MAKES_PICTURES) return;
  mkdirSync(PICTURES, { recursive: true });
  const bytes = await page.screenshot({
    omitBackground: options.transparent === true,
    animations: "disabled",
  });
  writeFileSync(join(PICTURES, `${name}.webp`), await smaller(page, bytes));
}

/** The same picture in a fraction of the bytes, made by the browser itself. */
async function smaller(page: Page, bytes: Uint8Array): Promise<Uint8Array> {
  const browser = page.context().browser();
  if (browser === null) throw new Error("the page has no browser");
  const other = await browser.newPage();
  try {
    const address = await other.evaluate(async (png) => {
      const picture = new Image();
      picture.src = `data:image/png;base64,${png}`;
      await picture.decode();
      const canvas = document.createElement("canvas");
      canvas.width = picture.width;
      canvas.height = picture.height;
      canvas.getContext("2d")?.drawImage(picture, 0, 0);
      return canvas.toDataURL("image/webp", 0.8);
    }, Buffer.from(bytes).toString("base64"));
    return Buffer.from(address.replace(/^data:image\/webp;base64,/, ""), "base64");
  } finally {
    await other.close();
  }
}

/** Whether a page, or the first part of it that a selector finds, has something that is wider than it. */
export async function overflows(page: Page, selector = "html"): Promise<boolean> {
  const found = `document.querySelector(${JSON.stringify(selector)})`;
  return (await page.evaluate(`${found}.scrollWidth > ${found}.clientWidth + 1`)) as boolean;
}

/** Checks that a page came with a policy that allows no script or style of its own inside, and has none. */
export async function strict(address: string): Promise<void> {
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
