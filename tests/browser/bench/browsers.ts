/** Chromium with its storage on the disk, as people have it, and what is needed to measure in its pages. */

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join, resolve } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { chromiumPath, FLAGS } from "../src/chromium.ts";
import type { Bench } from "./page.ts";

/** Found from where the bundle lies: target/browser-bench/dist. */
export const ROOT = resolve(import.meta.dirname, "../../..");
/** Where the programs are. */
export const PROGRAMS = process.env.SPOTTER_BIN ?? join(ROOT, "target/debug");

/** What every page gets before its own scripts: moments of painting, the last click, the memories of wasm modules. */
const PREPARED = `(() => {
  const painted = (then) => requestAnimationFrame(() => {
    const after = new MessageChannel();
    after.port1.onmessage = () => then(performance.timeOrigin + performance.now());
    after.port2.postMessage(null);
  });
  const shown = (root, options, fits) => new Promise((resolve) => {
    const look = () => {
      if (!fits()) return;
      observer.disconnect();
      painted(resolve);
    };
    const observer = new MutationObserver(look);
    observer.observe(root, options);
    look();
  });
  const all = { childList: true, subtree: true, attributes: true, characterData: true };
  const measured = { painted, memories: [], clicked: 0, seen: null, usable: null };
  measured.watch = (expression) => {
    const fits = new Function("return " + expression);
    measured.seen = shown(document, all, fits);
  };
  measured.usable = shown(document, { childList: true, subtree: true }, () => document.querySelector("table.flight tbody tr"));
  addEventListener("click", (event) => {
    if (event.isTrusted) measured.clicked = performance.timeOrigin + event.timeStamp;
  }, true);
  const { instantiate } = WebAssembly;
  WebAssembly.instantiate = async (...given) => {
    const made = await instantiate.apply(WebAssembly, given);
    const memory = (made.instance ?? made).exports.memory;
    if (memory) measured.memories.push(memory);
    return made;
  };
  window.measured = measured;
})();`;

declare global {
  interface Window {
    measured: {
      memories: WebAssembly.Memory[];
      clicked: number;
      seen: Promise<number> | null;
      usable: Promise<number>;
      watch(expression: string): void;
      painted(then: (at: number) => void): void;
    };
    bench: Bench;
  }
}

/** Starts Chromium on a folder that keeps its storage. */
export async function startOn(folder: string): Promise<BrowserContext> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error("there is no Chromium; CHROMIUM can name one");
  const context = await chromium.launchPersistentContext(folder, {
    executablePath,
    args: FLAGS,
    viewport: { width: 1280, height: 800 },
  });
  await context.addInitScript(PREPARED);
  return context;
}

/** Opens a page of an address's origin that has replicas without a screen. */
export async function benchPage(context: BrowserContext, base: string): Promise<Page> {
  const page = await context.newPage();
  // A page that the relay does not have is an empty page of its origin.
  await page.goto(`${base}/bench`);
  await page.evaluate(readFileSync(new URL("./page.js", import.meta.url), "utf8"));
  await page.evaluate((core) => window.bench.coreAt(core), `${base}/${await coreOf(base)}`);
  return page;
}

/** The name of the core among the files that the relay's pages are made of. */
async function coreOf(base: string): Promise<string> {
  const worker = await (await fetch(`${base}/worker.js`)).text();
  const found = /assets\/spotter-\w+\.wasm/.exec(worker)?.[0];
  if (found === undefined) throw new Error("the relay's pages have no core");
  return found;
}

/** A page with one row and nothing else, from a server that does nothing else. */
const EMPTY = `<!doctype html><title>Empty</title><button id="go" type="button">Go</button>
<table class="flight"><tbody><tr><td id="cell">0</td></tr></tbody></table>`;

/** Serves the empty page. */
export async function serveEmpty(): Promise<{ base: string; end(): Promise<void> }> {
  const server = createServer((_, answer) => {
    answer.setHeader("Content-Type", "text/html");
    answer.end(EMPTY);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server listens nowhere");
  return {
    base: `http://127.0.0.1:${address.port}`,
    end: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** How far a page's clock is ahead of this process's, in milliseconds; 0 unless it is more than the asking takes. */
export async function clockOf(page: Page): Promise<number> {
  let best = { wait: Number.POSITIVE_INFINITY, ahead: 0 };
  for (let asked = 0; asked < 30; asked++) {
    const before = performance.timeOrigin + performance.now();
    const there = await page.evaluate(() => performance.timeOrigin + performance.now());
    const wait = performance.timeOrigin + performance.now() - before;
    if (wait < best.wait) best = { wait, ahead: there - before - wait / 2 };
  }
  return Math.abs(best.ahead) <= best.wait / 2 ? 0 : best.ahead;
}

/** What a page needs, in bytes, after its garbage was collected. */
export async function memoryOf(page: Page): Promise<{ script: number; wasm: number }> {
  const tool = await page.context().newCDPSession(page);
  await tool.send("HeapProfiler.enable");
  await tool.send("HeapProfiler.collectGarbage");
  await tool.send("Performance.enable");
  const { metrics } = await tool.send("Performance.getMetrics");
  const script = metrics.find((metric) => metric.name === "JSHeapUsedSize")?.value ?? Number.NaN;
  const wasm = await page.evaluate(() =>
    window.measured.memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0),
  );
  await tool.detach();
  return { script, wasm };
}
