import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { memoryStore, type PathChange, SpotterError } from "../src/index.ts";
import { core, open, ROOT, savedMeet } from "./support.ts";

const SAMPLES = new URL("crdt-model/tests/data/", ROOT);

test("every sample comes out as it went in, key for key and number for number", async () => {
  const names = readdirSync(SAMPLES).filter((name) => name.endsWith(".openlifter"));
  assert.ok(names.length > 0);
  for (const name of names) {
    const saved = readFileSync(new URL(name, SAMPLES), "utf8");
    const replica = await open();
    await replica.importMeet(saved);
    assert.deepEqual(JSON.parse(replica.exportMeet()), JSON.parse(saved), name);
    const { meet, registration } = JSON.parse(saved);
    assert.deepEqual(replica.state(), { meet, registration }, name);
    await replica.close();
  }
});

test("nothing is edited on the strength of what is shown no more", async () => {
  const replica = await open();
  await replica.importMeet(savedMeet());
  const seen = replica.get("entries.5000.name")?.write ?? "";
  await replica.edit({ "entries.5000.name": "Anne" });
  await assert.rejects(
    replica.edit({ "entries.5000.name": "Anna" }, { seen: { "entries.5000.name": seen } }),
    (thrown) => {
      assert.ok(thrown instanceof SpotterError);
      assert.equal(thrown.code, "moved");
      assert.equal((thrown.details.shown as { text: string }).text, "Anne");
      return true;
    },
  );
  assert.equal(replica.get("entries.5000.name")?.text, "Anne");
});

test("several fields are one change, and what says nothing new is none", async () => {
  const replica = await open();
  await replica.importMeet(savedMeet());
  const before = replica.status().changes;
  const { change } = await replica.edit({ "entries.5000.team": "North", "entries.5000.bodyweightKg": 90.25 });
  assert.match(change ?? "", /^[0-9a-f]{64}$/);
  assert.equal(replica.status().changes, before + 1);
  assert.deepEqual(await replica.edit({ "entries.5000.team": "North" }), { change: null });
});

test("an edit that makes no sense is refused by a code and writes nothing", async () => {
  const replica = await open();
  await assert.rejects(replica.edit({ "meet.name": "Early" }), { code: "no-meet" });
  await replica.importMeet(savedMeet());
  const before = replica.status().changes;
  await assert.rejects(replica.edit({ "entries.9999.name": "Nobody" }), { code: "no-such-entry" });
  await assert.rejects(replica.edit({ "meet.lengthDays": ["two"] }), { code: "wrong-shape" });
  await assert.rejects(replica.edit({}), { code: "misuse" });
  await assert.rejects(replica.edit({ nonsense: 1 }), { code: "misuse" });
  await assert.rejects(replica.importMeet("{}"), { code: "holds-meet" });
  assert.equal(replica.status().changes, before);
});

test("actions of OpenLifter become edits, and say which entries they added", async () => {
  const replica = await open();
  await replica.importMeet(savedMeet());
  const added = await replica.act({ type: "NEW_REGISTRATION", overwriteDefaults: { name: "Cy" } });
  assert.equal(added.changes, 1);
  const [id] = added.ids;
  assert.equal(replica.entries().find((entry) => entry.id === id)?.name, "Cy");
  const enter = { type: "ENTER_ATTEMPT", entryId: id, lift: "S", attemptOneIndexed: 1, weightKg: 100 };
  assert.deepEqual(await replica.act(enter), { changes: 1, ids: [] });
  const mark = { type: "MARK_LIFT", entryId: id, lift: "S", attemptOneIndexed: 1, success: true };
  await replica.act(mark, { day: 1, platform: 1 });
  assert.deepEqual(replica.get(`entries.${id}.squat.1`)?.value, [100, 1]);
  assert.deepEqual(await replica.act({ type: "CHANGE_LANGUAGE", language: "de" }), { changes: 0, ids: [] });
  await assert.rejects(replica.act({ type: "NO_SUCH_ACTION" }), { code: "wrong-action" });
});

test("a withdrawn entry leaves OpenLifter's state, keeps what it holds, and comes back", async () => {
  const replica = await open();
  await replica.importMeet(savedMeet());
  await replica.withdrawEntry(5000);
  assert.deepEqual(
    replica.state().registration.entries.map((entry) => entry.id),
    [5001],
  );
  assert.equal(replica.entries().find((entry) => entry.id === 5000)?.withdrawn, true);
  await replica.reinstateEntry(5000);
  assert.equal(replica.state().registration.entries.length, 2);
});

test("a bundle carries the meet to where there was none, and back", async () => {
  const desk = await open();
  await desk.importMeet(savedMeet());
  const text = await desk.exportBundle({ location: "Registration", priority: 10 });
  const stick = await open();
  assert.ok((await stick.importBundle(text, { location: "Jury", priority: 30 })).brought > 0);
  assert.deepEqual(stick.state(), desk.state());
  await stick.edit({ "entries.5000.squat.1": [150, 0] });
  assert.deepEqual(await desk.importBundle(await stick.exportBundle()).then(({ brought }) => brought), 1);
  assert.equal(desk.get("entries.5000.squat.1")?.location, "Jury");
  await assert.rejects(desk.importBundle("nothing"), { code: "not-a-bundle" });
});

test("a field shows nothing before it was filled in, and nothing again when it is cleared", async () => {
  const replica = await open();
  await replica.newMeet("2026-11-20");
  const { id } = await replica.addEntry({ name: "Ann" });
  assert.equal(replica.get(`entries.${id}.instagram`), null);
  await replica.act({ type: "UPDATE_REGISTRATION", entryId: id, changes: { instagram: "ann" } });
  assert.equal(replica.get(`entries.${id}.instagram`)?.text, "ann");
  await replica.edit({ [`entries.${id}.instagram`]: null });
  assert.equal(replica.get(`entries.${id}.instagram`)?.value, null);
  assert.ok(!("instagram" in (replica.state().registration.entries[0] ?? {})));
});

test("who watches a path hears of it and of everything, and no more after stopping", async () => {
  const replica = await open();
  const heard: PathChange[] = [];
  const stop = replica.watch("entries.5001", (changes) => heard.push(...changes));
  await replica.importMeet(savedMeet());
  await replica.edit({ "entries.5000.name": "Another" });
  await replica.edit({ "entries.5001.name": "Bob" });
  stop();
  await replica.edit({ "entries.5001.name": "Bill" });
  assert.deepEqual(
    heard.map(({ path, text, own }) => [path, text, own]),
    [
      ["", "", false],
      ["entries.5001.name", "Bob", true],
    ],
  );
});

test("who listens may edit at once, and who fails keeps nobody else from hearing", async () => {
  const replica = await open();
  await replica.importMeet(savedMeet());
  const reported: unknown[] = [];
  Object.assign(globalThis, { reportError: (thrown: unknown) => reported.push(thrown) });
  const followed = new Promise<void>((resolve, reject) => {
    replica.watch("entries.5000.name", () => {
      throw new Error("on purpose");
    });
    replica.watch("entries.5000.name", () => {
      replica.edit({ "entries.5000.notes": "followed" }).then(() => resolve(), reject);
    });
  });
  await replica.edit({ "entries.5000.name": "Anne" });
  await followed;
  assert.equal(replica.get("entries.5000.notes")?.text, "followed");
  assert.match(String(reported[0]), /on purpose/);
});

test("order, totals and places come from the model, weights in the meet's unit", async () => {
  const replica = await open();
  await replica.importMeet(savedMeet());
  await replica.edit({
    "entries.5000.events": ["SBD"],
    "entries.5000.bodyweightKg": 60,
    "entries.5000.squat.1": [102.5, 0],
    "entries.5001.events": ["SBD"],
    "entries.5001.bodyweightKg": 70,
    "entries.5001.squat.1": [100, 0],
  });
  const view = replica.platform({ day: 1, platform: 1, flight: "A", lift: "S" });
  assert.equal(view.current, 5001);
  assert.equal(view.next, 5000);
  assert.equal(view.loading?.targetKg, 100);
  assert.deepEqual(
    view.lifters.map(({ id }) => id),
    [5001, 5000],
  );
  assert.deepEqual(
    replica.flightSheet({ day: 1, platform: 1 }).sheets.map(({ flight, lift }) => flight + lift),
    ["AS", "AB", "AD"],
  );
  assert.ok(replica.results(false).categories.length > 0);
  assert.equal(replica.displayWeight(102.5), "102.5");
  assert.equal(replica.parseWeight("102,5"), 102.5);
  assert.throws(() => replica.parseWeight("heavy"), { code: "not-understood" });
  await replica.act({ type: "SET_IN_KG", inKg: false });
  assert.equal(replica.displayWeight(100), "220.46");
});

test("one's own last edit is taken back, and then the one before it", async () => {
  const replica = await open();
  await replica.importMeet(savedMeet());
  assert.equal((await replica.undo()).undone, false);
  await replica.edit({ "entries.5000.team": "North" });
  await replica.edit({ "entries.5000.team": "South" });
  assert.deepEqual(await replica.undo(), { undone: true, path: "entries.5000.team" });
  assert.equal(replica.get("entries.5000.team")?.text, "North");
  assert.deepEqual(await replica.undo(), { undone: true, path: "entries.5000.team" });
  assert.notEqual(replica.get("entries.5000.team")?.text, "North");
});

test("a closed replica says so", async () => {
  const replica = await open({ store: memoryStore() });
  await replica.close();
  assert.throws(() => replica.status(), { code: "closed" });
  await assert.rejects(replica.newMeet("2026-11-20"), { code: "closed" });
});

test("the core imports nothing: it can reach no socket, file, clock or randomness", () => {
  assert.deepEqual(WebAssembly.Module.imports(core.module), []);
});

test("what is no value is refused before anything is written", async () => {
  const replica = await open();
  await replica.importMeet(savedMeet());
  const before = replica.exportMeet();
  const [entry] = replica.entries();
  assert.ok(entry);
  const path = `entries.${entry.id}.bodyweightKg`;
  const enter = {
    type: "ENTER_ATTEMPT",
    entryId: entry.id,
    lift: "S",
    attemptOneIndexed: 1,
    weightKg: Number.NaN,
  };
  for (const written of [
    () => replica.edit({ [path]: Number.NaN }),
    () => replica.edit({ [path]: Number.POSITIVE_INFINITY }),
    () => replica.edit({ "meet.name": "Kept back", [path]: undefined }),
    () => replica.act(enter),
    () => replica.addEntry({ bodyweightKg: Number.NaN }),
  ]) {
    await assert.rejects(written(), { code: "wrong-value" });
  }
  assert.equal(replica.exportMeet(), before);
});
