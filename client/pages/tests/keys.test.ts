import assert from "node:assert/strict";
import { test } from "node:test";
import { actFor, type KeyAct, keyName, keyShown, moves } from "../src/common/keys.ts";

const press = (
  key: string,
  held: Partial<Record<"ctrlKey" | "altKey" | "metaKey" | "shiftKey", boolean>> = {},
) => keyName({ key, ctrlKey: false, altKey: false, metaKey: false, shiftKey: false, ...held });

test("a key is named alike with caps lock on, and signs keep their own name", () => {
  assert.equal(press("g"), "g");
  assert.equal(press("G"), "g");
  assert.equal(press("G", { shiftKey: true }), "Shift+G");
  assert.equal(press("?", { shiftKey: true }), "?");
  assert.equal(press("ArrowDown", { shiftKey: true }), "Shift+ArrowDown");
  assert.equal(press("z", { metaKey: true }), "Ctrl+z");
});

test("keys are shown as they stand on the keyboard", () => {
  assert.equal(keyShown("g"), "G");
  assert.equal(keyShown("Shift+L"), "Shift+L");
  assert.equal(keyShown("ArrowUp"), "↑");
  assert.equal(keyShown("?"), "?");
});

test("keys do nothing while one types, unless they are meant to, and can be switched off", () => {
  const acts: KeyAct[] = [
    { key: "g", label: "good", run: () => undefined },
    { key: "PageDown", label: "next", run: () => undefined, whileTyping: true },
  ];
  assert.equal(actFor(acts, "g", false, true)?.label, "good");
  assert.equal(actFor(acts, "g", true, true), undefined);
  assert.equal(actFor(acts, "g", false, false), undefined);
  assert.equal(actFor(acts, "PageDown", true, false)?.label, "next");
});

test("only keys that move the focus go on while they are held down", () => {
  for (const key of ["ArrowDown", "PageUp"]) assert.equal(moves(key), true);
  for (const key of ["g", "n", "u", "Shift+F", "Escape"]) assert.equal(moves(key), false);
});

test("of two that want one key, the one that came last has it", () => {
  const acts: KeyAct[] = ["first", "last"].map((label) => ({ key: "c", label, run: () => undefined }));
  assert.equal(actFor(acts, "c", false, true)?.label, "last");
});
