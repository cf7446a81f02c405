/**
 * Measures the meet in browsers: how long a click takes to other screens, how long a page takes to open, what it needs
 * of memory, what goes over the wire in a day.
 *
 * A relay, replicas without a screen that write a day of 200 lifters, and Chromium with its storage on the disk: one for
 * those who write, one for a scoring table, one for the other table, one for the displays.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { displayAddress } from "../src/acts.ts";
import { chromiumPath } from "../src/chromium.ts";
import { PASSWORD, Relay } from "../src/machine.ts";
import { benchPage, memoryOf, serveEmpty, startOn } from "./browsers.ts";
import { Bare, bareSyncs, clickVerdicts, screen, tellClicks } from "./clicks.ts";
import { Day, type Line, WRITERS, type Writer } from "./day.ts";
import { say, tell } from "./figures.ts";
import type { Parts } from "./page.ts";
import { type Counted, Wire } from "./wire.ts";

const LIFTERS = 200;
const CHANGES = 5_000;
/** The file is the beginning and a change for each lifter. */
const IMPORTED = LIFTERS + 1;
const LONG = process.argv.includes("--long");
const ROUNDS = LONG ? 6 : 3;
const CLICKS = LONG ? 14 : 8;
/** How long an edit may take to the scoreboard before it is taken for one that changes nothing there. */
const UPDATE_MS = 100;
/** How many edits are made between two looks at what a whole snapshot would cost. */
const STRIDE = 100;

/** The meet while it is measured. */
interface Meet {
  readonly id: string;
  readonly key: string;
  readonly base: string;
  readonly relay: Relay;
}

async function main(): Promise<void> {
  if (chromiumPath() === undefined) return missing("there is no Chromium; CHROMIUM can name one");
  const place = mkdtempSync(join(tmpdir(), "spotter-bench-browser-"));
  const relay = new Relay(place);
  const browsers: BrowserContext[] = [];
  const start = async (name: string): Promise<BrowserContext> => {
    const browser = await startOn(join(place, name));
    browsers.push(browser);
    return browser;
  };
  try {
    await relay.start();
    const base = `http://127.0.0.1:${relay.port}`;
    if (!(await fetch(`${base}/scoring`)).ok) {
      return missing(
        "the relay holds no pages; `cargo xtask web` builds them, and the relay is built after that",
      );
    }
    await measure(place, relay, base, start);
  } finally {
    for (const browser of browsers) await browser.close();
    await relay.kill();
    rmSync(place, { recursive: true, force: true });
  }
}

/** Nothing is measured, and that is no failure. */
function missing(why: string): void {
  console.log(JSON.stringify({ missing: why }));
}

async function measure(
  place: string,
  relay: Relay,
  base: string,
  start: (name: string) => Promise<BrowserContext>,
): Promise<void> {
  const [writing, displays, table] = [await start("writing"), await start("displays"), await start("table")];
  const desk = await benchPage(writing, base);
  const day = new Day(LIFTERS);
  say(`a meet of ${LIFTERS} lifters goes live`);
  const id = await desk.evaluate(
    ([saved, relay, roster, password]) => window.bench.begin(saved, relay, [...roster], password),
    [day.saved(), relay.address, WRITERS, PASSWORD] as const,
  );
  const key = await desk.evaluate(() => window.bench.displayKey());
  const meet: Meet = { id, key, base, relay };

  const kept = await benchPage(table, base);
  await kept.evaluate((where) => window.bench.joinKept(where), where(meet, relay.address, "Platform 1"));
  const board = await Board.open(displays, meet);
  const replica = await Follower.join(writing, meet);

  say(`its day is played, to ${CHANGES} changes`);
  await play(desk, day.before(CHANGES - IMPORTED), board, replica);
  await kept.evaluate((changes) => window.bench.holds("kept", changes), CHANGES);
  await kept.evaluate(() => window.bench.close("kept"));

  say("pages are opened");
  await kept.close();
  await measureStart(table, meet, start);
  say("verdicts are clicked");
  await measureClicks(place, table, await start("other"), displays, desk, meet, day);

  say("the rest of the day is played");
  const rest: Line[] = [];
  for (const line of day.after()) {
    if (!isVerdict(line) || (await desk.evaluate((path) => window.bench.isOpen(path), line.path)))
      rest.push(line);
  }
  await play(desk, rest, board, replica);
  await board.tell();
  await replica.tell();
}

function isVerdict(line: Line): boolean {
  return Array.isArray(line.value) && line.value[1] !== 0;
}

function where(meet: Meet, relay: string, location: Writer) {
  return { relay, meetId: meet.id, location, password: PASSWORD };
}

/** Makes the edits, and now and then looks at what whole snapshots would cost. */
async function play(desk: Page, lines: Line[], board: Board, replica: Follower): Promise<void> {
  for (let at = 0; at < lines.length; at += STRIDE) {
    let made = 0;
    for (const some of apart(lines.slice(at, at + STRIDE))) {
      const before = board.updates;
      made += await desk.evaluate((some) => window.bench.play(some), some);
      // On the day they are seconds apart, and an update each.
      if (isShown(some[0])) await board.another(before);
    }
    await board.look();
    await replica.look(made);
  }
}

/** Edits of the platform that the scoreboard shows, one by one; the others together. */
function apart(lines: readonly Line[]): Line[][] {
  const groups: Line[][] = [];
  for (const line of lines) {
    const last = groups[groups.length - 1];
    if (last === undefined || isShown(line) || isShown(last[0])) groups.push([line]);
    else last.push(line);
  }
  return groups;
}

function isShown(line: Line | undefined): boolean {
  return line?.writer === "Platform 1";
}

/** Frames that have come to a page. */
interface Frames {
  count: number;
  arrived: () => void;
}

/** A scoreboard, whose bytes are counted. */
class Board {
  readonly #meet: Meet;
  readonly #wire: Wire;
  readonly #loaded: Counted;
  readonly #frames: Frames;
  #whole = 0;
  #looked = 0;

  private constructor(meet: Meet, wire: Wire, frames: Frames) {
    this.#meet = meet;
    this.#wire = wire;
    this.#loaded = wire.counted;
    this.#frames = frames;
  }

  static async open(context: BrowserContext, meet: Meet): Promise<Board> {
    const wire = await Wire.to(meet.relay);
    const page = await context.newPage();
    const frames: Frames = { count: 0, arrived: () => undefined };
    page.on("websocket", (socket) =>
      socket.on("framereceived", () => {
        frames.count++;
        frames.arrived();
      }),
    );
    await page.goto(displayAddress("scoreboard", `http://127.0.0.1:${wire.port}`, meet.id, 1, meet.key));
    await page.waitForSelector("tbody tr");
    await page.waitForLoadState("networkidle");
    frames.count = 0;
    return new Board(meet, wire, frames);
  }

  /** How many updates have come. */
  get updates(): number {
    return this.#frames.count;
  }

  /** Waits for another update than those that had come before, as long as one would take. */
  async another(before: number): Promise<void> {
    if (this.#frames.count > before) return;
    await new Promise<void>((done) => {
      this.#frames.arrived = done;
      setTimeout(done, UPDATE_MS);
    });
  }

  /** Adds up what it would have cost to send the whole snapshot for each update since the last look. */
  async look(): Promise<void> {
    const answer = await fetch(`${this.#meet.base}/live/${this.#meet.id}/lifters?day=1&platform=1`, {
      headers: { Authorization: `Bearer ${this.#meet.key}` },
    });
    if (!answer.ok) throw new Error(`the snapshot is refused: ${answer.status}`);
    const bytes = (await answer.arrayBuffer()).byteLength;
    this.#whole += bytes * (this.#frames.count - this.#looked);
    this.#looked = this.#frames.count;
  }

  async tell(): Promise<void> {
    await this.look();
    const { up, down } = this.#wire.counted;
    const { updates } = this;
    const whole = { what: "the whole snapshot each time, KB", rounds: [this.#whole / 1000] };
    const day = (down - this.#loaded.down) / 1000;
    tell({
      what: "scoreboard: the page, its files and the first picture",
      unit: "KB",
      rounds: [this.#loaded.down / 1000],
    });
    tell({ what: "scoreboard: updates of a day", unit: "", rounds: [updates] });
    tell({
      what: "scoreboard: a day's updates, received",
      unit: "KB",
      rounds: [day],
      reference: whole,
      bar: { ratio: 0.33 },
    });
    tell({ what: "scoreboard: a day's updates, sent", unit: "KB", rounds: [(up - this.#loaded.up) / 1000] });
    tell({
      what: "scoreboard: one update",
      unit: "bytes",
      rounds: [(day * 1000) / updates],
      reference: { what: "the whole snapshot, bytes", rounds: [this.#whole / updates] },
    });
    await this.#wire.end();
  }
}

/** A replica that only listens, whose bytes are counted. */
class Follower {
  readonly #page: Page;
  readonly #wire: Wire;
  readonly #before: Counted;
  readonly #joined: Counted;
  #changes = 0;
  #whole = 0;

  private constructor(page: Page, wire: Wire, before: Counted) {
    this.#page = page;
    this.#wire = wire;
    this.#before = before;
    this.#joined = wire.counted;
  }

  static async join(context: BrowserContext, meet: Meet): Promise<Follower> {
    const wire = await Wire.to(meet.relay);
    // A relay answers pages of its own origin only.
    const page = await benchPage(context, `http://127.0.0.1:${wire.port}`);
    await page.evaluate(() => window.bench.load());
    const before = wire.counted;
    await page.evaluate(
      (where) => window.bench.join("follower", where),
      where(meet, `ws://127.0.0.1:${wire.port}`, "Weigh-in"),
    );
    return new Follower(page, wire, before);
  }

  async look(made: number): Promise<void> {
    const total = IMPORTED + this.#changes + made;
    await this.#page.evaluate((changes) => window.bench.holds("follower", changes), total);
    this.#changes += made;
    this.#whole += made * (await this.#page.evaluate(() => window.bench.fileBytes("follower")));
  }

  async tell(): Promise<void> {
    const { up, down } = this.#wire.counted;
    const day = down - this.#joined.down;
    tell({
      what: "replica: joining a registered meet of 200 lifters, received",
      unit: "KB",
      rounds: [(this.#joined.down - this.#before.down) / 1000],
    });
    tell({ what: "replica: changes of a day", unit: "", rounds: [this.#changes] });
    tell({
      what: "replica: a day's changes, received",
      unit: "KB",
      rounds: [day / 1000],
      reference: { what: "OpenLifter's file each time, KB", rounds: [this.#whole / 1000] },
      bar: { ratio: 0.01 },
    });
    tell({ what: "replica: a day's changes, sent", unit: "KB", rounds: [(up - this.#joined.up) / 1000] });
    tell({ what: "replica: one change", unit: "bytes", rounds: [day / this.#changes] });
    await this.#wire.end();
  }
}

/** Opens Scoring again and again: where the day was spent, where the meet was joined at its end, and joining itself. */
async function measureStart(
  table: BrowserContext,
  meet: Meet,
  start: (name: string) => Promise<BrowserContext>,
): Promise<void> {
  const empty = await serveEmpty();
  const scoring = `${meet.base}/scoring?day=1&platform=1`;
  const lately = await start("lately");
  const joining = await benchPage(lately, meet.base);
  await joining.evaluate(
    (where) => window.bench.joinKept(where),
    where(meet, meet.relay.address, "Platform 2"),
  );
  await joining.evaluate(() => window.bench.close("kept"));
  await joining.close();
  // Warm: the pages are kept, and Chromium has compiled what it keeps compiled.
  for (const context of [table, lately]) for (const _ of [1, 2]) await opened(context, scoring);
  await opened(table, empty.base);
  const times: { bare: number[]; kept: number[]; lately: number[]; join: number[] } = {
    bare: [],
    kept: [],
    lately: [],
    join: [],
  };
  const parts: Parts[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    times.bare.push(await opened(table, empty.base));
    times.kept.push(await opened(table, scoring));
    times.lately.push(await opened(lately, scoring));
    const fresh = await start(`fresh-${round}`);
    times.join.push(await joined(fresh, meet));
    await fresh.close();
    const bare = await benchPage(table, meet.base);
    parts.push(await bare.evaluate(() => window.bench.parts()));
    await bare.close();
  }
  const reference = { what: "an empty page, ms", rounds: times.bare };
  const unit = "ms";
  const meetOf = `Scoring, ${LIFTERS} lifters, ${CHANGES} changes`;
  tell({
    what: `${meetOf}: navigation to the first row, a tab of the day opens again`,
    unit,
    rounds: times.kept,
    reference,
    bar: { value: 1000 },
  });
  tell({
    what: `${meetOf}: the same, joined at the day's end`,
    unit,
    rounds: times.lately,
    reference,
    bar: { value: 1000 },
  });
  tell({
    what: `${meetOf}: join from nothing, click to live`,
    unit,
    rounds: times.join,
    reference,
    bar: { value: 2000 },
  });
  const of = (part: "compile" | "read" | "open" | "first") => parts.map((one) => one[part]);
  tell({ what: "of it: the core fetched and compiled", unit, rounds: of("compile") });
  tell({ what: `of it: ${parts[0]?.batches} batches read from IndexedDB`, unit, rounds: of("read") });
  tell({ what: "of it: the core instantiated, the records opened", unit, rounds: of("open") });
  tell({ what: "of it: the first reading of meet, conflicts and platform", unit, rounds: of("first") });
  tell({ what: "records in IndexedDB", unit: "MB", rounds: [(parts[0]?.characters ?? Number.NaN) / 1e6] });

  const full = await memoryWith(table, scoring, "table.flight tbody tr");
  const fresh = await start("empty");
  const none = await memoryWith(fresh, scoring, "main .card");
  await fresh.close();
  await empty.end();
  tell({
    what: `${meetOf}: wasm memory`,
    unit: "MB",
    rounds: [full.wasm / 1e6],
    reference: { what: "without a meet, MB", rounds: [none.wasm / 1e6] },
    bar: { value: 64 },
  });
  tell({
    what: `${meetOf}: JavaScript's memory`,
    unit: "MB",
    rounds: [full.script / 1e6],
    reference: { what: "without a meet, MB", rounds: [none.script / 1e6] },
    bar: { value: 32 },
  });
}

/** Opens a page in a tab of its own: milliseconds from navigation to the first row painted. */
async function opened(context: BrowserContext, address: string): Promise<number> {
  const page = await context.newPage();
  await page.goto(address);
  const ms = await page.evaluate(async () => (await window.measured.usable) - performance.timeOrigin);
  await page.waitForLoadState("networkidle");
  await page.close();
  return ms;
}

/** Joins on the Live page: milliseconds from the click to the page that says it is live. */
async function joined(context: BrowserContext, meet: Meet): Promise<number> {
  const page = await context.newPage();
  await page.goto(`${meet.base}/`);
  await page.getByLabel("Number of the meet", { exact: true }).fill(meet.id);
  await page.getByLabel("This location", { exact: true }).fill("Platform 3");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.evaluate(() =>
    window.measured.watch(`document.querySelector(".head .pill")?.textContent.trim() === "Live"`),
  );
  await page.getByRole("button", { name: /^Join/ }).click();
  const ms = await page.evaluate(
    async () => ((await window.measured.seen) ?? Number.NaN) - window.measured.clicked,
  );
  await page.close();
  return ms;
}

async function memoryWith(context: BrowserContext, address: string, shown: string) {
  const page = await context.newPage();
  await page.goto(address);
  await page.waitForSelector(shown);
  await page.waitForLoadState("networkidle");
  const memory = await memoryOf(page);
  await page.close();
  return memory;
}

async function measureClicks(
  place: string,
  table: BrowserContext,
  other: BrowserContext,
  displays: BrowserContext,
  desk: Page,
  meet: Meet,
  day: Day,
): Promise<void> {
  const empty = await serveEmpty();
  const joining = await benchPage(other, meet.base);
  await joining.evaluate(
    (where) => window.bench.joinKept(where),
    where(meet, meet.relay.address, "Platform 1"),
  );
  await joining.evaluate(() => window.bench.close("kept"));
  await joining.close();
  const bare = await Bare.between(table, other, empty.base);
  const at = `${meet.base}/scoring?day=1&platform=1`;
  const [near, far, overlay] = [await table.newPage(), await other.newPage(), await displays.newPage()];
  await near.goto(at);
  await far.goto(at);
  await overlay.goto(displayAddress("overlay", meet.base, meet.id, 1, meet.key));
  const pages = [await screen(near), await screen(far), await screen(overlay)] as const;
  const clicks: { own: number[]; others: number[]; overlay: number[] } = { own: [], others: [], overlay: [] };
  const syncs: number[] = [];
  const bareTimes: number[] = [];
  await bare.click(3);
  for (const turn of day.turns().slice(0, ROUNDS)) {
    await desk.evaluate(
      (turn) => window.bench.play([{ writer: "Platform 1", path: "lifting.1.1", value: turn }]),
      turn,
    );
    for (const page of [near, far]) {
      await page.waitForSelector(`td.is-now button[data-slot$=".${turn.lift}.1"]`);
    }
    syncs.push(await bareSyncs(place, 20));
    bareTimes.push(await bare.click(CLICKS));
    const round = await clickVerdicts(...pages, CLICKS);
    clicks.own.push(round.own);
    clicks.others.push(round.others);
    clicks.overlay.push(round.overlay);
  }
  tellClicks(clicks, syncs, bareTimes);
  await bare.end();
  for (const page of [near, far, overlay]) await page.close();
  await empty.end();
}

await main();
