import assert from "node:assert/strict";
import { test } from "node:test";
import * as redux4 from "redux4";
import { type LiveOptions, spotterMiddleware } from "../src/index.js";
import { Recorder, written } from "./recorder.js";
import { memory } from "./sites.js";
import { AttemptInput, ControlledInput, ValidatedInput } from "./stand-in/boxes.js";
import type { Action, Entry, GlobalState } from "./stand-in/state.js";
import { memoryStorage, openStore, type Redux } from "./stand-in/store.js";

const ADD: Action = { type: "NEW_REGISTRATION", overwriteDefaults: {} };
const JOIN = { relay: "ws://relay", meetId: "123-456-789", location: "Desk", password: "long enough" };

/** Ends what is waiting to be saved. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    await Promise.resolve();
  }
}

/** A store with some lifters whose meet is shared through a recorder, at rest. */
async function shared(log: Action[] = [ADD, ADD, ADD], options: Partial<LiveOptions> = {}, redux?: Redux) {
  const pauses = new Set<() => void>();
  const spotter = spotterMiddleware({
    open: async () => replica,
    memory: memory(),
    passing: () => true,
    timer: (act) => {
      pauses.add(act);
      return () => pauses.delete(act);
    },
    ...options,
  });
  const actions: Action[] = [];
  const watch = () => (next: (action: unknown) => unknown) => (action: unknown) => {
    actions.push(action as Action);
    return next(action);
  };
  const store = openStore({ middleware: [spotter, watch], ...(redux && { redux }) });
  await store.rehydrated;
  for (const action of log) {
    store.dispatch(action);
  }
  const replica = new Recorder(store.getState());
  await spotter.live.join(JOIN);
  actions.length = 0;
  const entry = (id: number) => store.getState().registration.entries.find((one) => one.id === id) as Entry;
  /** The person pauses. */
  const pause = () => {
    for (const act of [...pauses]) {
      pauses.delete(act);
      act();
    }
  };
  return { store, replica, live: spotter.live, actions, entry, pause };
}

const attempt = (entryId: number, weightKg: number): Action => ({
  type: "ENTER_ATTEMPT",
  entryId,
  lift: "S",
  attemptOneIndexed: 1,
  weightKg,
});

function entryOf(shown: GlobalState, id: number): Entry {
  return shown.registration.entries.find((one) => one.id === id) as Entry;
}

test("until somebody goes live every action is handed on and no replica is opened", async () => {
  const spotter = spotterMiddleware({
    open: () => assert.fail("opened"),
    memory: memory(),
  });
  const store = openStore({ middleware: [spotter] });
  await store.rehydrated;
  store.dispatch(ADD);
  store.dispatch({ type: "OVERWRITE_STORE", store: { ...store.getState(), language: "no" } });
  assert.equal(store.getState().registration.nextEntryId, 5001);
  assert.equal(store.getState().language, "no");
  assert.equal(spotter.live.view().phase, "off");
});

test("an attempt is sent although no reference to its entry has changed", async () => {
  const { store, replica } = await shared();
  store.dispatch(attempt(5001, 100));
  assert.deepEqual(replica.asked, [attempt(5001, 100)]);
});

test("actions of one screen alone are not sent", async () => {
  const { store, replica } = await shared();
  store.dispatch({ type: "CHANGE_LANGUAGE", language: "no" });
  store.dispatch({ type: "SET_TABLE_INFO", changes: { columnDivisionWidthPx: 0 } });
  store.dispatch({ type: "somebody/ELSE" });
  assert.deepEqual(replica.asked, []);
});

test("a text is one edit after a pause, or when something else is done", async () => {
  const { store, replica, pause, entry } = await shared();
  const name = (text: string): Action => ({
    type: "UPDATE_REGISTRATION",
    entryId: 5000,
    changes: { name: text },
  });
  const box = new ControlledInput(store, { entryId: 5000, field: "name" });
  for (const key of "Ann") {
    box.press(key);
  }
  assert.deepEqual(replica.asked, []);
  pause();
  assert.deepEqual(replica.asked, [name("Ann")]);
  await settle();
  await replica.show((shown) => Object.assign(entryOf(shown, 5000), { name: "Ann" }));
  box.press("a");
  store.dispatch(attempt(5001, 100));
  assert.deepEqual(replica.asked.slice(1), [name("Anna"), attempt(5001, 100)]);
  box.press("!");
  new ControlledInput(store, { entryId: 5000, field: "team" }).press("T");
  assert.deepEqual(replica.asked.slice(3), [name("Anna!")]);
  assert.equal(entry(5000).team, "T");
});

test("text that is being typed is not overwritten by what comes in, and everything else is", async () => {
  const { store, replica, entry, pause } = await shared();
  new ControlledInput(store, { entryId: 5000, field: "name" }).press("A");
  await replica.show((shown) => {
    Object.assign(entryOf(shown, 5000), { name: "Bo", team: "Reds" });
    shown.meet.name = "Open";
  });
  assert.deepEqual([entry(5000).name, entry(5000).team, store.getState().meet.name], ["A", "Reds", "Open"]);
  pause();
  assert.deepEqual(replica.asked[0]?.changes, { name: "A" });
});

test("what comes in is one marked action, is not sent back, and leaves this screen's slices alone", async () => {
  const { store, replica, actions } = await shared();
  store.dispatch({ type: "CHANGE_LANGUAGE", language: "no" });
  store.dispatch({ type: "SET_LIFTING_GROUP", day: 2, platform: 1, flight: "A", lift: "S" });
  const before = store.getState();
  actions.length = 0;
  await replica.show((shown) => Object.assign(entryOf(shown, 5001), { name: "Bo" }));
  assert.deepEqual(
    actions.map((action) => [action.type, action.spotter]),
    [["OVERWRITE_STORE", true]],
  );
  assert.deepEqual(replica.asked, []);
  const { language, lifting, versions, _persist, registration } = store.getState();
  assert.deepEqual(
    [language, lifting, versions, _persist],
    ["no", before.lifting, before.versions, before._persist],
  );
  assert.equal(registration.entries[0], before.registration.entries[0]);
  assert.equal(registration.entries[1]?.name, "Bo");
  await replica.show(() => {});
  assert.equal(actions.length, 1);
});

test("nothing comes in before redux-persist has rehydrated the store", async () => {
  const storage = memoryStorage();
  const first = openStore({ storage });
  await first.rehydrated;
  first.dispatch(ADD);
  await first.flush();
  const replica = new Recorder(first.getState());
  await replica.show((shown) => Object.assign(entryOf(shown, 5000), { name: "Bo" }));
  const kept = memory();
  kept.setItem("spotter-live", JSON.stringify({ name: "openlifter-x", left: false }));
  let rehydrated = false;
  let inbound = 0;
  const watch = () => (next: (action: unknown) => unknown) => (action: unknown) => {
    const { type, spotter } = action as Action;
    rehydrated ||= type === "persist/REHYDRATE";
    if (spotter === true) {
      assert.ok(rehydrated, "something came in too early");
      inbound += 1;
    }
    return next(action);
  };
  const spotter = spotterMiddleware({ open: async () => replica, memory: kept });
  const store = openStore({ storage, middleware: [spotter, watch] });
  await settle();
  assert.equal(spotter.live.view().phase, "on");
  await store.rehydrated;
  assert.equal(store.getState().registration.entries[0]?.name, "Bo");
  assert.ok(inbound > 0);
});

test("what is done while the replica opens after a reload is sent", async () => {
  const storage = memoryStorage();
  const first = openStore({ storage });
  await first.rehydrated;
  first.dispatch(ADD);
  await first.flush();
  const replica = new Recorder(first.getState());
  let open = (_: Recorder) => {};
  const kept = memory();
  kept.setItem("spotter-live", JSON.stringify({ name: "openlifter-x", left: false }));
  const spotter = spotterMiddleware({
    open: () => new Promise((resolve) => (open = resolve)),
    memory: kept,
  });
  const store = openStore({ storage, middleware: [spotter] });
  await store.rehydrated;
  store.dispatch(attempt(5000, 90));
  store.dispatch(ADD);
  const added = store.getState().registration.entries[1]?.id as number;
  assert.ok(added > 2 ** 48, "a number that another tab may give, too");
  open(replica);
  await settle();
  assert.deepEqual(
    replica.asked.map((asked) => asked.type),
    ["ENTER_ATTEMPT", "NEW_REGISTRATION"],
  );
});

test("an edit that the shared meet refuses is taken back and said", async () => {
  const { store, replica, live, entry } = await shared();
  replica.act = async () => {
    throw new Error("no such lifter");
  };
  store.dispatch(attempt(5000, 100));
  await settle();
  assert.equal(entry(5000).squatKg[0], 0);
  assert.deepEqual(live.view().problems, [{ kind: "refused", words: "no such lifter" }]);
});

test("lifters are sent with the numbers and the group that this store gave them", async () => {
  const { store, replica } = await shared();
  store.dispatch(ADD);
  const added = store.getState().registration.entries[3] as Entry;
  assert.ok(added.id > 2 ** 48 && Number.isSafeInteger(added.id));
  assert.deepEqual(replica.asked, [{ type: "NEW_REGISTRATION", overwriteDefaults: added }]);
});

test("two stores that add lifters at once never give the same number", async () => {
  const [one, other] = [await shared(), await shared()];
  const numbers = new Set<number>();
  for (const { store } of [one, other]) {
    for (let count = 0; count < 50; count++) {
      store.dispatch(ADD);
      numbers.add(store.getState().registration.entries.at(-1)?.id as number);
    }
  }
  assert.equal(numbers.size, 100);
});

test("a merged platform is sent as lifters who go and lifters who come", async () => {
  const { store, replica } = await shared();
  store.dispatch({ type: "UPDATE_REGISTRATION", entryId: 5002, changes: { platform: 2 } });
  const platformEntries = store.getState().registration.entries.slice(0, 1);
  store.dispatch({ type: "MERGE_PLATFORM", day: 1, platform: 1, platformEntries });
  const added = store.getState().registration.entries.at(-1);
  assert.deepEqual(replica.asked.slice(1), [
    { type: "DELETE_REGISTRATION", entryId: 5000 },
    { type: "DELETE_REGISTRATION", entryId: 5001 },
    { type: "NEW_REGISTRATION", overwriteDefaults: added },
  ]);
});

test("lots are sent by lifter in one edit, and a short list leaves the others alone", async () => {
  const { store, replica } = await shared();
  store.dispatch({ type: "ASSIGN_LOT_NUMBERS", lotNumbers: [3, 1] });
  assert.deepEqual(replica.asked, [{ "entries.5000.lot": 3, "entries.5001.lot": 1 }]);
});

test("a screen that turns to another platform moves nobody and shows what that platform is at", async () => {
  const { store, replica } = await shared();
  replica.selectors["lifting.1.2"] = {
    flight: "B",
    lift: "D",
    overrideAttempt: 2,
    overrideEntryId: null,
  };
  store.dispatch({ type: "SET_LIFTING_GROUP", day: 1, platform: 2, flight: "A", lift: "S" });
  await settle();
  assert.deepEqual(replica.asked, []);
  const { day, platform, flight, lift, overrideAttempt } = store.getState().lifting;
  assert.deepEqual([day, platform, flight, lift, overrideAttempt], [1, 2, "B", "D", 2]);
});

test("a screen follows its own platform's flight and lift, not another's", async () => {
  const { store, replica } = await shared();
  replica.selectors["lifting.1.2"] = { flight: "B", lift: "D" };
  await replica.show(() => {});
  assert.deepEqual([store.getState().lifting.flight, store.getState().lifting.lift], ["A", "S"]);
  replica.selectors["lifting.1.1"] = {
    flight: "C",
    lift: "B",
    overrideAttempt: null,
    overrideEntryId: 5001,
  };
  await replica.show(() => {});
  const { day, platform, flight, lift, overrideEntryId } = store.getState().lifting;
  assert.deepEqual([day, platform, flight, lift, overrideEntryId], [1, 1, "C", "B", 5001]);
});

test("flight and lift are sent when they are chosen, and before the first verdict on a platform", async () => {
  const { store, replica } = await shared();
  const verdict = { type: "MARK_LIFT", entryId: 5000, lift: "S", attemptOneIndexed: 1, success: true };
  store.dispatch(verdict);
  const group = { type: "SET_LIFTING_GROUP", day: 1, platform: 1, flight: "A", lift: "S" };
  assert.deepEqual(replica.asked, [group, verdict]);
  assert.deepEqual(replica.screens[1], { day: 1, platform: 1 });
  store.dispatch({ ...group, flight: "B" });
  assert.deepEqual(replica.asked[2], { ...group, flight: "B" });
});

test("a stale box writes nothing back, on any blur, until somebody types into it", async () => {
  let passing = true;
  const { store, replica, entry, live } = await shared(undefined, { passing: () => passing });
  store.dispatch(attempt(5000, 100));
  await settle();
  await replica.show((shown) => {
    entryOf(shown, 5000).squatKg[0] = 100;
  });
  const box = new AttemptInput(store, { entryId: 5000, lift: "S", attempt: 1 });
  const text = new ValidatedInput(store, { entryId: 5000, field: "country" });
  for (const kg of [102.5, 105]) {
    await replica.show((shown) => {
      entryOf(shown, 5000).squatKg[0] = kg;
      entryOf(shown, 5000).country = "Norway";
    });
    box.blur();
    text.blur();
    box.blur();
    assert.deepEqual([entry(5000).squatKg[0], entry(5000).country], [kg, "Norway"]);
  }
  assert.equal(replica.asked.length, 1);
  assert.deepEqual(new Set(live.view().problems.map(({ kind }) => kind)), new Set(["stale"]));
  passing = false;
  box.blur();
  assert.deepEqual([replica.asked.length, entry(5000).squatKg[0]], [2, 100]);
});

test("a stale box of a meet in pounds writes nothing back although it shows a rounded weight", async () => {
  const { replica, store, entry } = await shared();
  const set = (kg: number) =>
    replica.show((shown) => {
      entryOf(shown, 5000).squatKg[0] = kg;
    });
  await set(100);
  await set(110);
  const rounded = 220.46 / 2.20462262;
  assert.notEqual(rounded, 100);
  store.dispatch(attempt(5000, rounded));
  assert.equal(entry(5000).squatKg[0], 110);
});

test("a choice that equals an old value is a choice", async () => {
  const { replica, store, entry } = await shared();
  await replica.show((shown) => Object.assign(entryOf(shown, 5000), { day: 2, name: "Bo" }));
  store.dispatch({ type: "UPDATE_REGISTRATION", entryId: 5000, changes: { day: 1 } });
  assert.deepEqual([entry(5000).day, replica.asked.length], [1, 1]);
});

test("an action about a lifter whom somebody withdrew breaks no page, and reaches the shared meet", async () => {
  const { replica, store, live } = await shared();
  await replica.show((shown) => {
    shown.registration.entries = shown.registration.entries.filter((entry) => entry.id !== 5001);
  });
  store.dispatch(attempt(5001, 100));
  store.dispatch({ type: "UPDATE_REGISTRATION", entryId: 5001, changes: { name: "Bo" } });
  assert.equal(replica.asked.length, 2);
  assert.equal("-1" in store.getState().registration.entries, false);
  assert.deepEqual(
    live.view().problems.map(({ kind }) => kind),
    ["withdrawn", "withdrawn"],
  );
});

for (const answer of ["keep", "leave"] as const) {
  test(`who loads a file while the meet is shared is asked, and may ${answer}`, async () => {
    let asked = 0;
    const onOverwrite = () => {
      asked += 1;
      return answer;
    };
    const { store, replica, live } = await shared(undefined, { onOverwrite });
    const other = openStore().getState();
    store.dispatch({ type: "OVERWRITE_STORE", store: { ...other, language: "no" } });
    assert.equal(store.getState().registration.entries.length, 3);
    await settle();
    assert.equal(asked, 1);
    assert.deepEqual(replica.asked, []);
    const left = answer === "leave";
    assert.equal(store.getState().registration.entries.length, left ? 0 : 3);
    assert.deepEqual([live.view().phase, replica.closed], left ? ["off", true] : ["on", false]);
    assert.equal(live.view().canReturn, left);
  });
}

test("a meet that was left can be returned to", async () => {
  const { store, live, replica } = await shared();
  await live.leave();
  store.dispatch(attempt(5000, 100));
  assert.deepEqual(replica.asked, []);
  await live.comeBack();
  assert.equal(live.view().phase, "on");
  assert.equal(store.getState().registration.entries[0]?.squatKg[0], 0);
});

test("a tab that leaves takes no other tab out, and a new tab does not come back by itself", async () => {
  const browser = memory();
  const tab = async (tabMemory = memory()) => {
    const spotter = spotterMiddleware({
      open: async () => new Recorder(openStore().getState()),
      memory: browser,
      tabMemory,
    });
    const store = openStore({ middleware: [spotter] });
    await store.rehydrated;
    await settle();
    return { live: spotter.live, reload: () => tab(tabMemory) };
  };
  const standing = ({ live }: Awaited<ReturnType<typeof tab>>) => {
    const { phase, canReturn } = live.view();
    return [phase, canReturn];
  };
  const first = await tab();
  await first.live.join(JOIN);
  const second = await tab();
  assert.deepEqual(standing(second), ["on", false], "a new tab finds the meet");
  await first.live.leave();
  assert.deepEqual(standing(await second.reload()), ["on", false], "it was not asked to leave");
  assert.deepEqual(standing(await first.reload()), ["off", true]);
  const third = await tab();
  assert.deepEqual(standing(third), ["off", true]);
  await third.live.comeBack();
  assert.deepEqual(standing(await third.reload()), ["on", false]);
  assert.deepEqual(standing(await first.reload()), ["off", true], "nor was it asked to come back");
});

test("what somebody else wrote into a box while the replica opened is not written over unseen", async () => {
  const storage = memoryStorage();
  const first = openStore({ storage });
  await first.rehydrated;
  first.dispatch(ADD);
  await first.flush();
  const replica = new Recorder(first.getState());
  await replica.show((shown) => Object.assign(entryOf(shown, 5000), { name: "Bo" }));
  replica.get = (path) => (path === "entries.5000.name" ? written("Bo") : null);
  let open = (_: Recorder) => {};
  const kept = memory();
  kept.setItem("spotter-live", JSON.stringify({ name: "openlifter-x", left: false }));
  const spotter = spotterMiddleware({ open: () => new Promise((done) => (open = done)), memory: kept });
  const store = openStore({ storage, middleware: [spotter] });
  await store.rehydrated;
  store.dispatch({ type: "UPDATE_REGISTRATION", entryId: 5000, changes: { name: "Ann" } });
  spotter.live.flush();
  open(replica);
  await settle();
  assert.deepEqual(replica.asked, []);
  assert.equal(store.getState().registration.entries[0]?.name, "Bo");
  const [question] = spotter.live.view().questions;
  assert.deepEqual([question?.typed.value, question?.stands.value], ["Ann", "Bo"]);
});

test("a meet of another format is not joined", async () => {
  const spotter = spotterMiddleware({ open: async () => replica, memory: memory() });
  const store = openStore({ middleware: [spotter] });
  await store.rehydrated;
  const replica = new Recorder(store.getState());
  replica.exportMeet = () => JSON.stringify({ versions: { stateVersion: "1" } });
  await assert.rejects(spotter.live.join(JOIN), /format 1/);
  assert.deepEqual([spotter.live.view().phase, replica.closed], ["off", true]);
});

test("going live takes the meet as it is, without what redux-persist adds", async () => {
  const spotter = spotterMiddleware({ open: async () => replica, memory: memory() });
  const store = openStore({ middleware: [spotter] });
  await store.rehydrated;
  store.dispatch(ADD);
  const replica = new Recorder(store.getState());
  const roster = [{ location: "Desk", priority: 10 }];
  await spotter.live.goLive({ relay: "ws://relay", location: "Desk", roster, password: "long enough" });
  const imported = JSON.parse(replica.imported ?? "") as GlobalState;
  assert.deepEqual(Object.keys(imported), ["versions", "language", "meet", "registration", "lifting"]);
  assert.equal(imported.registration.entries.length, 1);
});

test("stale boxes of the meet's set-up write nothing back either", async () => {
  const { store, replica } = await shared();
  const writes: Action[] = [
    { type: "UPDATE_MEET", changes: { name: "" } },
    { type: "SET_LENGTH_DAYS", length: 1 },
    { type: "SET_PLATFORM_COUNT", day: 1, count: 1 },
    { type: "SET_BAR_AND_COLLARS_WEIGHT_KG", lift: "B", weightKg: 25 },
    { type: "SET_PLATE_CONFIG", weightKg: 25, pairCount: 8, color: "#FF0000" },
  ];
  await replica.show(({ meet }) => {
    Object.assign(meet, { name: "Open", lengthDays: 2, platformsOnDays: [2, 1] });
    Object.assign(meet, { benchBarAndCollarsWeightKg: 20 });
    Object.assign(meet.plates[1] as object, { pairCount: 6 });
  });
  const before = store.getState();
  for (const write of writes) {
    store.dispatch(write);
  }
  assert.equal(store.getState(), before);
  assert.deepEqual(replica.asked, []);
});

test("joining that takes too long can be given up, and leaves everything as it was", async () => {
  const spotter = spotterMiddleware({ open: async () => replica, memory: memory() });
  const store = openStore({ middleware: [spotter] });
  await store.rehydrated;
  store.dispatch(ADD);
  const replica = new Recorder(openStore().getState());
  let arrive = () => {};
  replica.sync = () => new Promise((resolve) => (arrive = resolve));
  const joining = spotter.live.join(JOIN);
  await settle();
  assert.equal(spotter.live.view().phase, "opening");
  await spotter.live.cancel();
  arrive();
  await assert.rejects(joining, /cancelled/);
  assert.deepEqual([spotter.live.view().phase, replica.closed], ["off", true]);
  assert.equal(store.getState().registration.entries.length, 1);
  assert.equal(spotter.live.view().canReturn, false);
});

test("a store of Redux 4 is shared as one of Redux 5 is", async () => {
  const { store, replica, entry } = await shared(undefined, {}, redux4 as unknown as Redux);
  store.dispatch(attempt(5001, 100));
  assert.deepEqual(replica.asked, [attempt(5001, 100)]);
  await replica.show((shown) => Object.assign(entryOf(shown, 5001), { name: "Bo" }));
  assert.equal(entry(5001).name, "Bo");
});

test("who joins before the beginning of the meet is at the relay waits for it", async () => {
  const spotter = spotterMiddleware({ open: async () => replica, memory: memory() });
  const store = openStore({ middleware: [spotter] });
  await store.rehydrated;
  store.dispatch(ADD);
  const replica = new Recorder(openStore().getState());
  const { state } = replica;
  replica.state = () => {
    throw Object.assign(new Error("not here"), { code: "not-arrived" });
  };
  const joining = spotter.live.join(JOIN);
  await settle();
  assert.equal(spotter.live.view().phase, "opening");
  assert.equal(store.getState().registration.entries.length, 1);
  replica.state = state;
  await replica.show(() => {});
  await joining;
  assert.equal(spotter.live.view().phase, "on");
  await settle();
  assert.equal(store.getState().registration.entries.length, 0);
});
