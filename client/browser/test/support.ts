// What the tests share: the core, a relay as a process of its own, tabs, and waiting for what must come true.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";
import { IDBFactory } from "fake-indexeddb";
import { WebSocket } from "ws";
import {
  browserStore,
  type Core,
  loadCoreSync,
  memoryStore,
  type OpenSocket,
  openReplica,
  type Replica,
  type ReplicaOptions,
  type Store,
  type Tabs,
} from "../src/index.ts";

/** Where the repository is, from where the compiled tests lie. */
export const ROOT = new URL("../../../../", import.meta.url);

/** The core as it was built. */
export const core: Core = loadCoreSync(readFileSync(new URL("target/wasm/spotter.wasm", ROOT)));

/** Sockets of Node. */
export const openSocket: OpenSocket = (address) =>
  new WebSocket(address) as unknown as ReturnType<OpenSocket>;

export const PASSWORD = "correct horse battery staple";

const opened: Replica[] = [];

/** Opens a replica that is closed when the tests end. */
export async function open(options: Partial<ReplicaOptions> = {}): Promise<Replica> {
  const store = options.store ?? memoryStore();
  const replica = await openReplica({ core, socket: openSocket, tabs: false, ...options, store });
  opened.push(replica);
  return replica;
}

/** A browser: one storage and one channel for all of its tabs. Its channel is not that of other browsers. */
export function browser(locks?: LockManager): { store: () => Store; tabs: Tabs; indexedDB: IDBFactory } {
  const indexedDB = new IDBFactory();
  browsers += 1;
  const id = `${process.pid}.${browsers}`;
  const channel = (name: string): BroadcastChannel => new BroadcastChannel(`${id}:${name}`) as never;
  return {
    indexedDB,
    store: () => browserStore({ indexedDB, locks, channel }),
    tabs: channel,
  };
}
let browsers = 0;

/** Locks as a browser has them. A tab that crashes takes its locks with it: `crash` does that for all. */
export function fakeLocks(): LockManager & { crash(): void } {
  const held = new Map<string, symbol>();
  const request = async (
    name: string,
    options: LockOptions,
    granted: (lock: Lock | null) => unknown,
  ): Promise<unknown> => {
    if (held.has(name)) {
      if (options.ifAvailable) {
        return granted(null);
      }
      await until(() => !held.has(name) || options.signal?.aborted === true);
      if (options.signal?.aborted) {
        throw new DOMException("given up", "AbortError");
      }
    }
    const key = Symbol(name);
    held.set(name, key);
    try {
      return await granted({ name, mode: "exclusive" });
    } finally {
      if (held.get(name) === key) {
        held.delete(name);
      }
    }
  };
  return { request, query: async () => ({}), crash: () => held.clear() } as never;
}

/** Waits until something is true, and says what it waited for if it never comes true. */
export async function until(condition: () => boolean, what = String(condition)): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!condition()) {
    if (Date.now() > deadline) {
      throw new Error(`waited in vain for ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A relay in a folder of its own, which can be killed and started again at the same address. */
export class Relay {
  readonly #folder = mkdtempSync(join(tmpdir(), "spotter-browser-"));
  #process: ChildProcess | null = null;
  #address = "127.0.0.1:0";

  static async start(): Promise<Relay> {
    const relay = new Relay();
    relays.push(relay);
    await relay.start();
    return relay;
  }

  get url(): string {
    return `ws://${this.#address}`;
  }

  async start(): Promise<void> {
    const program = new URL("target/debug/spotter-relay", ROOT).pathname;
    const child = spawn(
      program,
      [
        "serve",
        "--data",
        join(this.#folder, "data"),
        "--listen",
        this.#address,
        "--key-file",
        join(this.#folder, "key"),
      ],
      { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, RUST_LOG: "error" } },
    );
    this.#process = child;
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith("listening on ")) {
        this.#address = line.slice("listening on ".length);
        return;
      }
    }
    throw new Error("the relay ended before it listened");
  }

  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
const relays: Relay[] = [];

after(async () => {
  await Promise.all(opened.map((replica) => replica.close()));
  await Promise.all(relays.map((relay) => relay.remove()));
});

export const ROSTER = [
  { location: "Registration", priority: 10 },
  { location: "Platform 1", priority: 20 },
  { location: "Jury", priority: 30 },
];

/** A saved meet with two lifters. */
export function savedMeet(): string {
  const entry = (id: number, name: string): object => ({ id, name, day: 1, platform: 1, flight: "A" });
  return JSON.stringify({
    meet: { name: "Spring Open", inKg: true },
    registration: { nextEntryId: 5002, entries: [entry(5000, "Ann"), entry(5001, "Bo")], lookup: {} },
  });
}

/** Makes the meet live, and joins it from another browser. */
export async function twoLocations(
  relay: Relay,
  more: Partial<ReplicaOptions> = {},
): Promise<{ desk: Replica; platform: Replica; meetId: string }> {
  const desk = await open();
  await desk.importMeet(savedMeet());
  const { meetId } = await desk.goLive({
    relay: relay.url,
    location: "Registration",
    roster: ROSTER,
    password: PASSWORD,
  });
  await desk.sync();
  const platform = await open(more);
  await platform.join({ relay: relay.url, meetId, location: "Platform 1", password: PASSWORD });
  await platform.sync();
  return { desk, platform, meetId };
}
