import assert from "node:assert/strict";
import { test } from "node:test";
import { paced } from "../src/common/pace.ts";

/** A clock that stands still but for what is told. */
function standing(cost: number) {
  let now = 0;
  const timers: { at: number; run: () => void }[] = [];
  const shown: string[] = [];
  const pace = paced<string>(
    (items) => {
      shown.push(items.join(""));
      now += cost;
    },
    { now: () => now, later: (run, ms) => timers.push({ at: now + ms, run }) },
  );
  const pass = (ms: number) => {
    now += ms;
    for (const timer of timers.splice(0)) {
      if (timer.at <= now) timer.run();
      else timers.push(timer);
    }
  };
  return { pace, pass, shown };
}

test("the first change is shown at once, those that come while the page rests together", () => {
  const { pace, pass, shown } = standing(10);
  pace(["a"], false);
  pace(["b"], false);
  pace(["c", "d"], false);
  assert.deepEqual(shown, ["a"]);
  pass(20);
  assert.deepEqual(shown, ["a", "bcd"]);
  pass(100);
  pace(["e"], false);
  assert.deepEqual(shown, ["a", "bcd", "e"]);
});

test("a person's own edit never waits, and takes along what did", () => {
  const { pace, pass, shown } = standing(10);
  pace(["a"], false);
  pace(["b"], false);
  pace(["own"], true);
  assert.deepEqual(shown, ["a", "bown"]);
  pass(100);
  assert.deepEqual(shown, ["a", "bown"]);
});

test("a page that draws in no time never rests", () => {
  const { pace, shown } = standing(0);
  for (const item of "abc") pace([item], false);
  assert.deepEqual(shown, ["a", "b", "c"]);
});
