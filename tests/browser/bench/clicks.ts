/** From a click in one browser to the screens of others, beside the least that it could take. */

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { BrowserContext, Page } from "playwright-core";
import { clockOf, PROGRAMS } from "./browsers.ts";
import { median, type Reference, tell } from "./figures.ts";

/** As long as a relayed change of this workload. */
const FRAME_BYTES = 330;
/** Two presses of a verdict within half a second are one. */
const APART_MS = 700;

/** A page on which something is to be seen. */
export interface Screen {
  readonly page: Page;
  /** How far its clock is ahead. */
  readonly ahead: number;
}

/** A page with its clock. */
export async function screen(page: Page): Promise<Screen> {
  return { page, ahead: await clockOf(page) };
}

/** Medians of the rounds, in milliseconds. */
export interface Clicks {
  readonly own: number[];
  readonly others: number[];
  readonly overlay: number[];
}

/** Good lifts, one after the other: to the row on the own screen, on the other's, and to another picture of the overlay. */
export async function clickVerdicts(
  table: Screen,
  other: Screen,
  overlay: Screen,
  clicks: number,
): Promise<{ own: number; others: number; overlay: number }> {
  const times: { own: number[]; others: number[]; overlay: number[] } = { own: [], others: [], overlay: [] };
  await table.page.bringToFront();
  await other.page.bringToFront();
  for (let click = 0; click < clicks; click++) {
    const slot = await table.page.evaluate(
      () => document.querySelector<HTMLElement>("td.is-now button")?.dataset.slot,
    );
    if (slot === undefined) throw new Error("nobody's turn on the scoring table");
    const judged = `document.querySelector('button[data-slot="${slot}"]')?.getAttribute("aria-label").includes(", good lift")`;
    const picture = await overlay.page.evaluate(() => document.querySelector("#overlay")?.textContent ?? "");
    await watch(table, judged);
    await watch(other, judged);
    await watch(overlay, `document.querySelector("#overlay").textContent !== ${JSON.stringify(picture)}`);
    await table.page.click("button.verdict-good");
    const [own, others, shown] = await Promise.all([seen(table), seen(other), seen(overlay)]);
    const clicked = await table.page.evaluate(() => window.measured.clicked);
    const since = (at: number): number => at - (clicked - table.ahead);
    times.own.push(since(own));
    times.others.push(since(others));
    times.overlay.push(since(shown));
    await pause(APART_MS);
  }
  return { own: median(times.own), others: median(times.others), overlay: median(times.overlay) };
}

/** A server that sends every text to everybody, and a page for it in each of two browsers. */
export class Bare {
  readonly #server: ChildProcess;
  readonly #from: Screen;
  readonly #to: Screen;

  private constructor(server: ChildProcess, from: Screen, to: Screen) {
    this.#server = server;
    this.#from = from;
    this.#to = to;
  }

  static async between(one: BrowserContext, other: BrowserContext, empty: string): Promise<Bare> {
    const server = spawn(join(PROGRAMS, "spotter-bench"), ["--bare-broadcast"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const address = await new Promise<string>((found, failed) => {
      createInterface({ input: server.stdout }).once("line", (line) =>
        found(line.replace("listening on ", "")),
      );
      server.once("exit", () => failed(new Error("the bare broadcast did not start")));
    });
    const pages = [];
    for (const context of [one, other]) {
      const page = await context.newPage();
      await page.goto(empty);
      await page.evaluate(
        ([address, bytes]) =>
          new Promise((opened, failed) => {
            const socket = new WebSocket(`ws://${address}/room`);
            socket.onopen = opened;
            socket.onerror = failed;
            let sent = 0;
            document.querySelector("#go")?.addEventListener("click", () => {
              sent++;
              socket.send(String(sent).padEnd(Number(bytes), " "));
            });
            socket.onmessage = ({ data }) => {
              const cell = document.querySelector("#cell");
              if (cell !== null) cell.textContent = String(Number(data));
            };
          }).then(() => undefined),
        [address, FRAME_BYTES] as const,
      );
      pages.push(await screen(page));
    }
    const [from, to] = pages;
    if (from === undefined || to === undefined) throw new Error("there are two browsers");
    return new Bare(server, from, to);
  }

  /** The median of so many clicks, to the number on the other's screen. */
  async click(clicks: number): Promise<number> {
    const times: number[] = [];
    await this.#from.page.bringToFront();
    await this.#to.page.bringToFront();
    for (let click = 0; click < clicks; click++) {
      const before = await this.#to.page.evaluate(() => document.querySelector("#cell")?.textContent);
      await watch(this.#to, `document.querySelector("#cell").textContent !== ${JSON.stringify(before)}`);
      await this.#from.page.click("#go");
      const at = await seen(this.#to);
      times.push(at - ((await this.#from.page.evaluate(() => window.measured.clicked)) - this.#from.ahead));
      await pause(APART_MS / 4);
    }
    return median(times);
  }

  async end(): Promise<void> {
    await this.#from.page.close();
    await this.#to.page.close();
    this.#server.stdin?.end();
    this.#server.kill();
  }
}

/** The median of bare appends of 250 bytes, each synced. */
export async function bareSyncs(folder: string, count: number): Promise<number> {
  const file = openSync(join(folder, "bare"), "a");
  const times: number[] = [];
  for (let sync = 0; sync < count; sync++) {
    const begun = performance.now();
    writeSync(file, "x".repeat(250));
    fdatasyncSync(file);
    times.push(performance.now() - begun);
    await pause(20);
  }
  closeSync(file);
  return median(times);
}

/** Tells the figures of all rounds. */
export function tellClicks(clicks: Clicks, syncs: number[], bare: number[]): void {
  const reference: Reference = {
    what: "one sync, one bare broadcast and its painting, ms",
    rounds: bare.map((time, round) => time + (syncs[round] ?? Number.NaN)),
  };
  const unit = "ms";
  tell({ what: "append 250 bytes and sync, median", unit, rounds: syncs });
  tell({ what: "click to the other screen through a bare broadcast, median", unit, rounds: bare });
  tell({
    what: "good lift: click to the row on the own screen, median",
    unit,
    rounds: clicks.own,
    reference,
  });
  tell({
    what: "good lift: click to the row on the other browser's screen, median",
    unit,
    rounds: clicks.others,
    reference,
    bar: { value: 100 },
  });
  tell({
    what: "good lift: click to the overlay's picture, median",
    unit,
    rounds: clicks.overlay,
    reference,
    bar: { value: 100 },
  });
}

async function watch(screen: Screen, expression: string): Promise<void> {
  await screen.page.evaluate((expression) => window.measured.watch(expression), expression);
}

/** When it was seen, by this process's clock. */
async function seen(screen: Screen): Promise<number> {
  return (await screen.page.evaluate(() => window.measured.seen ?? Number.NaN)) - screen.ahead;
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
