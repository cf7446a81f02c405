/** What runs inside pages that are not Spotter's: replicas without a screen. */

import {
  browserStore,
  type Core,
  loadCore,
  memoryStore,
  openReplica,
  type Replica,
  type Slot,
  type Store,
} from "spotter-client";

interface Line {
  readonly writer: string;
  readonly path: string;
  readonly value: unknown;
}

interface Seat {
  readonly location: string;
  readonly priority: number;
}

/** Where to join. */
interface Where {
  readonly relay: string;
  readonly meetId: string;
  readonly location: string;
  readonly password: string;
}

/** How long the parts of opening a replica take, in milliseconds, and what it had to read. */
export interface Parts {
  readonly compile: number;
  readonly read: number;
  readonly open: number;
  readonly first: number;
  readonly batches: number;
  readonly characters: number;
}

const replicas = new Map<string, Replica>();
let wasm = "";
let core: Promise<Core> | null = null;

function theCore(): Promise<Core> {
  core ??= loadCore(wasm);
  return core;
}

function named(name: string): Replica {
  const replica = replicas.get(name);
  if (replica === undefined) throw new Error(`there is no replica ${name}`);
  return replica;
}

async function open(name: string, store: Store, copy = name): Promise<Replica> {
  const replica = await openReplica({ core: await theCore(), name: copy, store, tabs: false });
  replicas.set(name, replica);
  return replica;
}

const bench = {
  /** Says where the core is. */
  coreAt(address: string): void {
    wasm = address;
  },

  /** Loads the core, which otherwise happens once it is needed. */
  async load(): Promise<void> {
    await theCore();
  },

  /** Begins the meet and makes it live; the first seat is the initiator's. */
  async begin(saved: string, relay: string, roster: Seat[], password: string): Promise<string> {
    const [first, ...others] = roster.map((seat) => seat.location);
    if (first === undefined) throw new Error("a meet needs a location");
    const desk = await open(first, memoryStore());
    await desk.importMeet(saved);
    const { meetId } = await desk.goLive({ relay, location: first, roster, password });
    await desk.sync();
    for (const location of others) await bench.join(location, { relay, meetId, location, password });
    return meetId;
  },

  /** Joins with a replica that keeps nothing. */
  async join(name: string, where: Where): Promise<void> {
    const replica = await open(name, memoryStore());
    await replica.join(where);
    await replica.sync();
  },

  /** Joins with a replica in this browser's storage, the one that the pages open. */
  async joinKept(where: Where): Promise<void> {
    const replica = await open("kept", browserStore(), "meet");
    await replica.join(where);
    await replica.sync();
  },

  async displayKey(): Promise<string> {
    return (await named("Weigh-in").addDisplayKey("Measured")).key;
  },

  /** Makes edits one after the other, each once the relay has acknowledged the one before. */
  async play(lines: Line[]): Promise<number> {
    let made = 0;
    for (const { writer, path, value } of lines) {
      const replica = named(writer);
      const { change } = await replica.edit({ [path]: value });
      if (change === null) continue;
      made++;
      await replica.sync();
    }
    return made;
  },

  /** Waits until a replica holds so many changes. */
  async holds(name: string, changes: number): Promise<void> {
    const replica = named(name);
    const end = performance.now() + 60_000;
    while (replica.status().changes < changes) {
      if (performance.now() > end) throw new Error(`${name} has ${replica.status().changes} of ${changes}`);
      await new Promise((done) => setTimeout(done, 5));
    }
  },

  changes(name: string): number {
    return named(name).status().changes;
  },

  fileBytes(name: string): number {
    return new TextEncoder().encode(named(name).exportMeet()).length;
  },

  /** Whether an attempt waits for its verdict. */
  isOpen(path: string): boolean {
    const value = named("Platform 1").get(path)?.value;
    return Array.isArray(value) && value[1] === 0;
  },

  async close(name: string): Promise<void> {
    await named(name).close();
    replicas.delete(name);
  },

  /** Opens the replica of the pages step by step, in a page that has loaded no core before. */
  async parts(): Promise<Parts> {
    const begun = performance.now();
    const fresh = await loadCore(wasm);
    const compiled = performance.now();
    const slot: Slot = await browserStore().open("meet");
    const read = performance.now();
    const replica = await openReplica({
      core: fresh,
      name: "meet",
      store: { open: async () => slot },
      tabs: false,
    });
    const opened = performance.now();
    replica.state();
    replica.conflicts();
    replica.platform({ day: 1, platform: 1 });
    const first = performance.now();
    await replica.close();
    return {
      compile: compiled - begun,
      read: read - compiled,
      open: opened - read,
      first: first - opened,
      batches: slot.own.length,
      characters: slot.own.reduce((sum, batch) => sum + batch.length, 0),
    };
  },
};

/** What the measuring program calls. */
export type Bench = typeof bench;

Object.assign(globalThis, { bench });
