import assert from "node:assert/strict";
import { test } from "node:test";
import { IDBFactory } from "fake-indexeddb";
import { browserStore, memoryStore, type News, type Store } from "../src/index.ts";
import { browser, fakeLocks, open, savedMeet, until } from "./support.ts";

/** A store whose appends fail while `fails` says why. */
function failing(): {
  store: Store;
  fail: (why: Error | null) => void;
  hold: (held: Promise<void> | null) => void;
} {
  const inner = memoryStore();
  let failure: Error | null = null;
  let waiting: Promise<void> | null = null;
  const store: Store = {
    async open(name) {
      const slot = await inner.open(name);
      return {
        ...slot,
        append: async (records) => {
          await waiting;
          if (failure) {
            throw failure;
          }
          await slot.append(records);
        },
      };
    },
  };
  return {
    store,
    fail: (why) => {
      failure = why;
    },
    hold: (held) => {
      waiting = held;
    },
  };
}

test("a replica is there again after a reload, with everything that was reported as saved", async () => {
  const place = browser(fakeLocks());
  const before = await open({ store: place.store() });
  await before.importMeet(savedMeet());
  const { id } = await before.addEntry({ name: "Cy", divisions: ["Open"] });
  await before.edit({ [`entries.${id}.squat.1`]: [200, 1] });
  const state = before.state();
  await before.close();
  const after = await open({ store: place.store() });
  assert.deepEqual(after.state(), state);
});

test("when the browser has no room, the edit fails in words, editing stops, and goes on when there is room", async () => {
  const { store, fail } = failing();
  const replica = await open({ store });
  await replica.importMeet(savedMeet());
  const news: News[] = [];
  replica.onNews((one) => news.push(one));
  fail(new Error("the browser gives this site no more room"));
  await assert.rejects(replica.edit({ "meet.name": "Lost?" }), {
    code: "not-saved",
    message: /no more room/,
  });
  assert.match(replica.status().cannotSave ?? "", /no more room/);
  await assert.rejects(replica.edit({ "meet.name": "No" }), { code: "cannot-save" });
  fail(null);
  await until(() => replica.status().cannotSave === null);
  assert.deepEqual(
    news.map((one) => one.kind).filter((kind) => kind.includes("Save")),
    ["cannotSave", "canSaveAgain"],
  );
  assert.equal(replica.get("meet.name")?.text, "Lost?");
  await replica.edit({ "meet.name": "Kept" });
});

test("a quota that is exceeded is told as what it is, and nothing of the batch is kept", async () => {
  for (const locks of [undefined, fakeLocks()]) {
    const indexedDB = new IDBFactory();
    const slot = await browserStore({ indexedDB, locks }).open("full");
    await slot.append('["kept"]');
    const add = IDBObjectStoreOf(indexedDB);
    add.fail = true;
    await assert.rejects(slot.append('["lost"]'), { message: "the browser gives this site no more room" });
    add.fail = false;
    await slot.close();
    const again = await browserStore({ indexedDB, locks }).open("full");
    assert.deepEqual(again.own, ['["kept"]']);
  }
});

/** Makes additions to stores of this factory fail as a browser does that is short of room. */
function IDBObjectStoreOf(factory: IDBFactory): { fail: boolean } {
  const switched = { fail: false };
  const databases = factory as unknown as { _databases: Map<string, { connections: IDBDatabase[] }> };
  for (const { connections } of databases._databases.values()) {
    for (const connection of connections) {
      const transaction = connection.transaction.bind(connection);
      connection.transaction = (...args: Parameters<IDBDatabase["transaction"]>) => {
        const made = transaction(...args);
        const objectStore = made.objectStore.bind(made);
        made.objectStore = (name: string) => {
          const store = objectStore(name);
          if (switched.fail && name === "batches") {
            store.add = () => {
              Object.defineProperty(made, "error", {
                value: new DOMException("no room", "QuotaExceededError"),
              });
              made.abort();
              made.commit = () => undefined;
              return {} as IDBRequest<IDBValidKey>;
            };
          }
          return store;
        };
        return made;
      };
    }
  }
  return switched;
}

test("two tabs never write one slot, with locks", async () => {
  const place = browser(fakeLocks());
  const slots = await Promise.all([1, 2, 3].map(() => place.store().open("meet")));
  assert.deepEqual(slots.map((slot) => slot.number).sort(), [0, 1, 2]);
  await Promise.all(slots.map((slot) => slot.close()));
});

test("what a tab saves while the next one waits for its place is read by that one", async () => {
  const locks = fakeLocks();
  const { request } = locks as unknown as { request: (...args: unknown[]) => Promise<unknown> };
  let waits = false;
  Object.assign(locks, {
    request: (name: string, options: LockOptions, granted: unknown) => {
      waits ||= options.signal !== undefined;
      return request(name, options, granted);
    },
  });
  const place = browser(locks);
  const leaving = await place.store().open("meet");
  await leaving.append('["first"]');
  waits = false;
  const coming = place.store().open("meet");
  await until(() => waits);
  await leaving.append('["last"]');
  await leaving.close();
  const slot = await coming;
  assert.deepEqual([slot.number, slot.own], [0, ['["first"]', '["last"]']]);
  await slot.close();
});

test("two tabs never write one slot, without locks, as on plain HTTP", async () => {
  const place = browser();
  const slots = await Promise.all([1, 2, 3].map(() => place.store().open("meet")));
  assert.deepEqual(slots.map((slot) => slot.number).sort(), [0, 1, 2]);
  await Promise.all(slots.map((slot) => slot.close()));
  const again = await place.store().open("meet");
  assert.equal(again.number, 0, "what was given back is free");
  await again.close();
});

test("a tab whose slot was taken while it slept cannot write it any more", async () => {
  const indexedDB = new IDBFactory();
  let now = 1_000_000;
  const sleeping = await browserStore({ indexedDB, now: () => now }).open("meet");
  await sleeping.append('["before"]');
  now += 100_000;
  const careful = await browserStore({ indexedDB, now: () => now }).open("meet");
  assert.equal(careful.number, 1, "a lease that may be alive is respected");
  now += 100_000;
  const next = await browserStore({ indexedDB, now: () => now }).open("meet");
  assert.equal(next.number, 0, "one that is long over is not");
  assert.deepEqual(next.own, ['["before"]']);
  await assert.rejects(sleeping.append('["late"]'), { message: /taken by another tab/ });
  await next.append('["after"]');
  await next.close();
  const last = await browserStore({ indexedDB, now: () => now }).open("meet");
  assert.deepEqual(last.own, ['["before"]', '["after"]']);
});

test("a tab that is loaded again without locks has its slot back, and a duplicate of it has not", async () => {
  const indexedDB = new IDBFactory();
  const held = new Map<string, string>();
  const session = {
    getItem: (key: string) => held.get(key) ?? null,
    setItem: (key: string, value: string) => void held.set(key, value),
  };
  const id = `reload-${process.pid}`;
  const alive: BroadcastChannel[] = [];
  const channel = (name: string): BroadcastChannel => {
    const made = new BroadcastChannel(`${id}:${name}`) as unknown as BroadcastChannel;
    alive.push(made);
    return made;
  };
  const parts = { indexedDB, session, channel };
  const first = await browserStore(parts).open("meet");
  assert.equal(first.number, 0);
  const duplicate = await browserStore(parts).open("meet");
  assert.equal(duplicate.number, 1, "the first one answers that it lives");
  // The page is gone, without a goodbye.
  for (const one of alive.splice(0)) {
    one.close();
  }
  const reloaded = await browserStore(parts).open("meet");
  assert.equal(reloaded.number, 0);
  for (const one of alive.splice(0)) {
    one.close();
  }
});

test("a page is asked before it closes while an edit is not saved", async () => {
  const target = new EventTarget();
  Object.assign(globalThis, {
    addEventListener: target.addEventListener.bind(target),
    removeEventListener: target.removeEventListener.bind(target),
  });
  const asks = (): boolean => {
    const event = new Event("beforeunload", { cancelable: true });
    // Of this event, browsers let it be set.
    Object.defineProperty(event, "returnValue", { writable: true });
    return !target.dispatchEvent(event);
  };
  const { store, hold } = failing();
  const replica = await open({ store });
  await replica.importMeet(savedMeet());
  const stop = replica.guardUnload();
  assert.equal(asks(), false);
  let release = (): void => undefined;
  hold(
    new Promise((resolve) => {
      release = resolve;
    }),
  );
  const edit = replica.edit({ "meet.name": "Almost" });
  assert.equal(asks(), true);
  release();
  hold(null);
  await edit;
  assert.equal(asks(), false);
  hold(new Promise(() => undefined));
  void replica.edit({ "meet.name": "Never" });
  stop();
  assert.equal(asks(), false, "after the guard was stopped nobody asks");
  hold(null);
});
