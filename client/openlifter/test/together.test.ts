import assert from "node:assert/strict";
import { test } from "node:test";
import { agree, mend, openSites, sharedPart } from "./sites.js";

const ADD = { type: "NEW_REGISTRATION", overwriteDefaults: {} };

test("two stores show one meet, and one that was cut off catches up", async (t) => {
  const [desk, table] = await openSites(t, ["Desk", "Table"], { log: [ADD, ADD] });
  assert.ok(desk && table);
  assert.equal(table.store.getState().registration.entries.length, 2);
  desk.store.dispatch({ type: "UPDATE_REGISTRATION", entryId: 5000, changes: { name: "Ann" } });
  table.store.dispatch({
    type: "ENTER_ATTEMPT",
    entryId: 5001,
    lift: "S",
    attemptOneIndexed: 1,
    weightKg: 100,
  });
  await agree([desk, table]);
  assert.deepEqual(sharedPart(desk), sharedPart(table));
  assert.deepEqual([table.entry(5000)?.name, desk.entry(5001)?.squatKg[0]], ["Ann", 100]);
  table.cable.cut();
  table.store.dispatch({ type: "MARK_LIFT", entryId: 5001, lift: "S", attemptOneIndexed: 1, success: true });
  desk.store.dispatch({ type: "UPDATE_MEET", changes: { city: "Oslo" } });
  await agree([desk, table]);
  assert.equal(desk.entry(5001)?.squatStatus[0], 0);
  await mend(table);
  await agree([desk, table]);
  assert.deepEqual([desk.entry(5001)?.squatStatus[0], table.store.getState().meet.city], [1, "Oslo"]);
  assert.deepEqual(sharedPart(desk), sharedPart(table));
});
