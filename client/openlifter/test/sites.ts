/** Sites: stand-in stores whose meet is shared by real replicas through a real relay, with a cable that can be cut. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Core, loadCoreSync, memoryStore, openReplica, type Replica } from "spotter-client";
import { WebSocket } from "ws";
import {
  type Live,
  type LiveOptions,
  type LocationPriority,
  type Memory,
  spotterMiddleware,
} from "../src/index.js";
import type { Action, Entry } from "./stand-in/state.js";
import { memoryStorage, type OpenLifter, openStore } from "./stand-in/store.js";

const ROOT = process.env.SPOTTER_ROOT as string;

const PASSWORD = "correct horse battery staple";

/** What a test cleans up after itself with. */
export interface Test {
  after(clean: () => Promise<void>): void;
}

let core: Core | null = null;

function theCore(): Core {
  core ??= loadCoreSync(readFileSync(join(ROOT, "client/browser/dist/spotter.wasm")));
  return core;
}

/** A relay in a process and a folder of its own; its address. */
export async function startRelay(t: Test): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "spotter-openlifter-"));
  const program = process.env.SPOTTER_RELAY ?? join(ROOT, "target/debug/spotter-relay");
  const files = ["--data", join(folder, "data"), "--key-file", join(folder, "key")];
  const child: ChildProcess = spawn(program, ["serve", "--listen", "127.0.0.1:0", ...files], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  t.after(async () => {
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
    rmSync(folder, { recursive: true, force: true });
  });
  if (!child.stdout) {
    throw new Error("no output of the relay");
  }
  for await (const line of createInterface({ input: child.stdout })) {
    const address = /^listening on (.*)$/.exec(line)?.[1];
    if (address !== undefined) {
      return `ws://${address}`;
    }
  }
  throw new Error("the relay ended before it listened");
}

/** The network of one site. */
class Cable {
  whole = true;
  private readonly sockets = new Set<WebSocket>();

  open(address: string): WebSocket {
    if (!this.whole) {
      throw new Error("the cable is cut");
    }
    const socket = new WebSocket(address);
    this.sockets.add(socket);
    socket.on("close", () => this.sockets.delete(socket));
    return socket;
  }

  cut(): void {
    this.whole = false;
    for (const socket of this.sockets) {
      socket.terminate();
    }
  }
}

/** A `localStorage`, or a `sessionStorage`. */
export function memory(): Memory {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

/** A browser with OpenLifter: what it keeps, its network, and the page that is open. */
export class Site {
  readonly cable = new Cable();
  store!: OpenLifter;
  live!: Live;
  replica!: Replica;
  readonly name: string;
  readonly priority: number;
  private readonly options: Partial<LiveOptions>;
  private readonly replicas = memoryStore();
  private readonly storage = memoryStorage();
  private readonly memory = memory();
  private readonly tabMemory = memory();

  constructor({ location, priority }: LocationPriority, options: Partial<LiveOptions>) {
    this.name = location;
    this.priority = priority;
    this.options = options;
  }

  entry(id: number): Entry | undefined {
    return this.store.getState().registration.entries.find((one) => one.id === id);
  }

  /** Opens the page. */
  async load(): Promise<void> {
    const spotter = spotterMiddleware({
      open: (name) => this.open(name),
      memory: this.memory,
      tabMemory: this.tabMemory,
      ...this.options,
    });
    this.live = spotter.live;
    this.store = openStore({ middleware: [spotter], storage: this.storage });
    await this.store.rehydrated;
  }

  /** Loads the page anew. */
  async reload(): Promise<void> {
    await this.store.flush();
    await this.replica.close();
    await this.load();
  }

  private async open(name: string): Promise<Replica> {
    const socket = (address: string) => this.cable.open(address) as never;
    const store = this.replicas;
    this.replica = await openReplica({ core: theCore(), name, store, socket, tabs: false });
    return this.replica;
  }
}

/** Sites of one live meet: the first goes live with what `log` makes, the others join. Priorities are 10, 20, 30. */
export async function openSites(
  t: Test,
  names: string[],
  options: { log?: Action[]; live?: Partial<LiveOptions> } = {},
): Promise<Site[]> {
  const relay = await startRelay(t);
  const roster = names.map((location, index) => ({ location, priority: 10 * (index + 1) }));
  const sites: Site[] = [];
  let meetId = "";
  for (const seat of roster) {
    const site = new Site(seat, options.live ?? {});
    await site.load();
    t.after(() => site.replica.close());
    const { location } = seat;
    if (meetId === "") {
      for (const action of options.log ?? []) {
        site.store.dispatch(action);
      }
      ({ meetId } = await site.live.goLive({ relay, location, roster, password: PASSWORD }));
    } else {
      await site.live.join({ relay, meetId, location, password: PASSWORD });
    }
    sites.push(site);
  }
  await agree(sites);
  return sites;
}

/** Waits until whole cables have carried everything everywhere. */
export async function agree(sites: Site[]): Promise<void> {
  const together = sites.filter(({ cable }) => cable.whole);
  for (const { live } of together) {
    live.flush();
  }
  await Promise.all(together.map(({ live }) => live.saved()));
  const carried = () => {
    const all = together.map(({ replica }) => replica.status());
    return all.every(
      (one) =>
        one.inSync && one.editsNotSent === 0 && one.changes === all[0]?.changes && one.link.state === "live",
    );
  };
  await until(carried, () => JSON.stringify(together.map(({ replica }) => replica.status())));
}

/** Cuts a site's cable. That it does not try again meanwhile saves the waiting between its attempts afterwards. */
export async function cut({ cable, replica }: Site): Promise<void> {
  cable.cut();
  await replica.stayConnected(false);
}

/** Mends a site's cable and has it connect. */
export async function mend({ cable, replica }: Site): Promise<void> {
  cable.whole = true;
  await replica.stayConnected(true);
  await replica.sync();
}

/** Waits until something has arrived at a site. */
export async function arrives({ store }: Site, condition: () => boolean): Promise<void> {
  await until(condition, () => JSON.stringify(store.getState()));
}

async function until(condition: () => boolean, words: () => string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!condition()) {
    if (Date.now() > deadline) {
      throw new Error(`waited in vain: ${words()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** The shared part of a store, as a saved file has it. What every site numbers by itself is left out. */
export function sharedPart({ store }: Site): unknown {
  const { meet, registration } = store.getState();
  const { nextEntryId, ...rest } = registration;
  return JSON.parse(JSON.stringify({ meet, registration: rest }));
}

/** Random numbers from a seed. */
export function seeded(seed: number): (below: number) => number {
  let state = seed * 2 + 1;
  return (below) => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    const mixed = Math.imul(state ^ (state >>> 13), 0x297a2d39);
    return ((mixed ^ (mixed >>> 16)) >>> 0) % below;
  };
}
