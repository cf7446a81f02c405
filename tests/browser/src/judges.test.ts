import assert from "node:assert/strict";
import { test } from "node:test";
import { isSubsequence } from "./acts.ts";

const TRUTH = ["Ann|1", "Bea|1", "Cem|1", "Ann|2"];

test("an overlay may miss moments, and shows the others in their order", () => {
  for (const shown of [TRUTH, ["Ann|1", "Ann|2"], ["Cem|1"], []]) isSubsequence(shown, TRUTH);
});

test("an overlay that shows a moment that never was, or one that is over, is found out", () => {
  assert.throws(() => isSubsequence(["Ann|1", "Bea|2"], TRUTH), /showed “Bea\|2” when it was not true/);
  assert.throws(() => isSubsequence(["Bea|1", "Ann|1"], TRUTH), /showed “Ann\|1” when it was not true/);
});
