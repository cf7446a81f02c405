import { wordsOf } from "./error.js";
import type { Slot, Store } from "./store.js";

/** What the store uses of a browser. */
export interface BrowserParts {
  readonly indexedDB: IDBFactory;
  /** Missing on plain HTTP, where a lease takes its place. */
  readonly locks?: LockManager | undefined;
  /** By which a tab learns whether another one lives; missing in old browsers. */
  readonly channel?: ((name: string) => BroadcastChannel) | undefined;
  /** Survives a reload of this tab, and is copied when the tab is duplicated. */
  readonly session?: Pick<Storage, "getItem" | "setItem"> | undefined;
  readonly now?: () => number;
}

/** More tabs than this at once is a mistake. */
const SLOTS_MAX = 32;
/** How long a page that is being left may take to give its slot back to the one that follows. */
const LEAVING_MS = 250;
/** How long a living tab may take to say so. */
const ALIVE_MS = 300;
/** After so long without a sign a tab's lease is worthless. Timers of hidden tabs run once a minute. */
const LEASE_MS = 180_000;
const LEASE_RENEWED_MS = 20_000;

/**
 * Who writes a slot. Without locks every append checks it in the same transaction, so a tab that has lost its slot
 * cannot write it.
 */
interface Lease {
  slot: number;
  owner: string | null;
  tab: string;
  at: number;
}

interface Batch {
  slot: number;
  records: string;
}

/** What this browser has. */
export function partsHere(): BrowserParts {
  return {
    indexedDB: globalThis.indexedDB,
    locks: globalThis.navigator?.locks,
    channel: typeof BroadcastChannel === "function" ? (name) => new BroadcastChannel(name) : undefined,
    session: sessionHere(),
  };
}

function sessionHere(): Storage | undefined {
  try {
    return globalThis.sessionStorage;
  } catch {
    return undefined;
  }
}

/** Keeps replicas in IndexedDB: one database per name, in it one append-only store of batches, each of one slot. */
export function browserStore(parts: BrowserParts = partsHere()): Store {
  return {
    async open(name) {
      const db = await openDatabase(parts.indexedDB, `spotter:${name}`);
      try {
        return await new Claim(db, name, parts).take();
      } catch (thrown) {
        db.close();
        throw thrown;
      }
    },
  };
}

function openDatabase(factory: IDBFactory, name: string): Promise<IDBDatabase> {
  const opening = factory.open(name, 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore("batches", { autoIncrement: true });
    opening.result.createObjectStore("slots", { keyPath: "slot" });
  };
  return settled(opening);
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error("the transaction was aborted"));
  });
}

function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A tab on its way to a slot. */
class Claim {
  readonly #db: IDBDatabase;
  readonly #name: string;
  readonly #parts: BrowserParts;
  readonly #owner = randomId();
  readonly #tab: string;
  readonly #channel: BroadcastChannel | undefined;
  #release: () => void = () => undefined;
  #batches: readonly Batch[] = [];
  #newest: IDBValidKey | undefined;

  constructor(db: IDBDatabase, name: string, parts: BrowserParts) {
    this.#db = db;
    this.#name = `spotter:${name}`;
    this.#parts = parts;
    this.#tab = this.#tabId();
    this.#channel = parts.channel?.(`${this.#name}:slots`);
    // Under Node a channel keeps the process alive.
    (this.#channel as { unref?: () => void } | undefined)?.unref?.();
  }

  async take(): Promise<Slot> {
    try {
      for (const number of await this.#candidates()) {
        if (await this.#claim(number)) {
          return await this.#opened(number);
        }
      }
    } catch (thrown) {
      this.#release();
      this.#channel?.close();
      throw thrown;
    }
    this.#channel?.close();
    throw new Error(`more than ${SLOTS_MAX} tabs are open`);
  }

  /** Slots that hold something come first, so that what a closed tab left is taken over. */
  async #candidates(): Promise<number[]> {
    const holding = new Set((await this.#readBatches()).map((batch) => batch.slot));
    const all = Array.from({ length: SLOTS_MAX }, (_, number) => number);
    const [first, ...others] = all.filter((slot) => holding.has(slot));
    const empty = all.filter((slot) => !holding.has(slot));
    if (first !== undefined && this.#parts.locks) {
      await this.#waitForLeaving(first);
    }
    return first === undefined ? empty : [first, ...others, ...empty];
  }

  /** The page before this one may not have let go of its slot yet. */
  #waitForLeaving(slot: number): Promise<void> {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), LEAVING_MS);
    const waited = this.#parts.locks?.request(this.#lock(slot), { signal: patience.signal }, () => undefined);
    const over = (): void => clearTimeout(timer);
    return Promise.resolve(waited).then(over, over);
  }

  #lock(slot: number): string {
    return `${this.#name}:slot-${slot}`;
  }

  #claim(slot: number): Promise<boolean> {
    return this.#parts.locks ? this.#claimByLock(this.#parts.locks, slot) : this.#claimByLease(slot);
  }

  async #claimByLock(locks: LockManager, slot: number): Promise<boolean> {
    const got = await new Promise<boolean>((resolve, reject) => {
      const held = locks.request(this.#lock(slot), { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock === null
          ? undefined
          : new Promise<void>((release) => {
              this.#release = release;
            });
      });
      held.catch(reject);
    });
    return got && this.#writeLease(slot, () => true);
  }

  /** Without locks: a slot is free if it was given back, or if nobody lives who holds it. */
  async #claimByLease(slot: number): Promise<boolean> {
    const slots = this.#db.transaction("slots", "readonly").objectStore("slots");
    const found = await settled<Lease | undefined>(slots.get(slot));
    const owner = found?.owner ?? null;
    if (found && owner !== null) {
      const stale = this.#now() - found.at > LEASE_MS;
      // A tab that was loaded again finds its own lease; a duplicate of it finds that the other one answers.
      const mine = this.#channel !== undefined && found.tab === this.#tab;
      if (!(stale || mine) || (await this.#lives(owner))) {
        return false;
      }
    }
    // Two tabs that come to this at once: the second finds the lease of the first.
    return this.#writeLease(slot, (now) => (now?.owner ?? null) === owner);
  }

  async #writeLease(slot: number, may: (now: Lease | undefined) => boolean): Promise<boolean> {
    const transaction = this.#db.transaction("slots", "readwrite");
    const slots = transaction.objectStore("slots");
    let written = false;
    const reading = slots.get(slot);
    reading.onsuccess = () => {
      if (may(reading.result as Lease | undefined)) {
        written = true;
        slots.put({ slot, owner: this.#owner, tab: this.#tab, at: this.#now() } satisfies Lease);
      }
    };
    await completed(transaction);
    return written;
  }

  #lives(owner: string): Promise<boolean> {
    const channel = this.#channel;
    if (channel === undefined) {
      return Promise.resolve(false);
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => answer(false), ALIVE_MS);
      const answer = (lives: boolean): void => {
        clearTimeout(timer);
        channel.onmessage = null;
        resolve(lives);
      };
      channel.onmessage = (event: MessageEvent<{ lives?: string }>) => {
        if (event.data.lives === owner) {
          answer(true);
        }
      };
      channel.postMessage({ asks: owner });
    });
  }

  #tabId(): string {
    const session = this.#parts.session;
    const known = session?.getItem("spotter-tab");
    if (known) {
      return known;
    }
    const id = randomId();
    session?.setItem("spotter-tab", id);
    return id;
  }

  #now(): number {
    return (this.#parts.now ?? Date.now)();
  }

  /** Everything in all slots. It is only ever added to, so it is read once while the newest batch stays the newest. */
  async #readBatches(): Promise<readonly Batch[]> {
    const batches = this.#db.transaction("batches", "readonly").objectStore("batches");
    const newest = (await settled(batches.openKeyCursor(null, "prev")))?.key;
    if (newest !== this.#newest) {
      this.#batches = await settled<Batch[]>(batches.getAll());
      this.#newest = newest;
    }
    return this.#batches;
  }

  async #opened(number: number): Promise<Slot> {
    const channel = this.#channel;
    if (channel) {
      channel.onmessage = (event: MessageEvent<{ asks?: string }>) => {
        if (event.data.asks === this.#owner) {
          channel.postMessage({ lives: this.#owner });
        }
      };
    }
    const renewing = setInterval(() => void this.#renew(number), LEASE_RENEWED_MS);
    (renewing as { unref?: () => void }).unref?.();
    const bySlot = new Map<number, string[]>();
    for (const { slot, records } of await this.#readBatches()) {
      const held = bySlot.get(slot);
      if (held === undefined) {
        bySlot.set(slot, [records]);
      } else {
        held.push(records);
      }
    }
    this.#batches = [];
    this.#newest = undefined;
    const own = bySlot.get(number) ?? [];
    bySlot.delete(number);
    return {
      number,
      own,
      others: [...bySlot.values()],
      append: (records) => this.#append(number, records),
      close: async () => {
        clearInterval(renewing);
        await this.#giveBack(number);
        channel?.close();
        this.#db.close();
        this.#release();
      },
    };
  }

  async #append(slot: number, records: string): Promise<void> {
    let lost = false;
    try {
      const transaction = this.#db.transaction(["slots", "batches"], "readwrite", { durability: "strict" });
      const batches = transaction.objectStore("batches");
      const batch: Batch = { slot, records };
      if (this.#parts.locks) {
        // Nobody else has the slot while its lock is held. All is asked for at once, so that the browser finishes it
        // even if the page ends now.
        batches.add(batch);
        transaction.commit();
      } else {
        const reading = transaction.objectStore("slots").get(slot);
        reading.onsuccess = () => {
          lost = (reading.result as Lease | undefined)?.owner !== this.#owner;
          if (lost) {
            transaction.abort();
          } else {
            batches.add(batch);
            transaction.commit();
          }
        };
      }
      await completed(transaction);
    } catch (thrown) {
      throw new Error(lost ? LOST : wordsOfFailure(thrown));
    }
  }

  async #renew(slot: number): Promise<void> {
    try {
      await this.#writeLease(slot, (now) => now?.owner === this.#owner);
    } catch {
      // The next append says what is wrong.
    }
  }

  async #giveBack(slot: number): Promise<void> {
    try {
      const transaction = this.#db.transaction("slots", "readwrite");
      const slots = transaction.objectStore("slots");
      const reading = slots.get(slot);
      reading.onsuccess = () => {
        const lease = reading.result as Lease | undefined;
        if (lease?.owner === this.#owner) {
          slots.put({ ...lease, owner: null });
        }
      };
      await completed(transaction);
    } catch {
      // Then it is found stale by whoever comes next.
    }
  }
}

const LOST =
  "this tab's place in the browser's storage was taken by another tab, or the storage was cleared; load the page again";

function wordsOfFailure(thrown: unknown): string {
  const name = thrown instanceof Error || thrown instanceof DOMException ? thrown.name : "";
  return name === "QuotaExceededError"
    ? "the browser gives this site no more room"
    : `the browser's storage failed: ${wordsOf(thrown) || name}`;
}
