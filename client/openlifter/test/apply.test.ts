import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { COPIES, EDITS, NEW_FILES } from "../scripts/edits.mjs";

const PACKAGE = join(process.env.SPOTTER_ROOT as string, "client/openlifter");

/** A folder that has every anchor and nothing else. */
function checkout(t: { after(act: () => void): void }): string {
  const root = mkdtempSync(join(tmpdir(), "openlifter-"));
  t.after(() => rmSync(root, { recursive: true }));
  const files = new Map<string, string>([["package.json", '{"dependencies":{}}']]);
  for (const { from, replace } of COPIES) {
    files.set(from, `<a href="${replace}">`);
  }
  for (const { file, anchor } of EDITS) {
    const text = files.get(file) ?? "";
    files.set(file, text.includes(anchor) ? text : `${text}// before\n${anchor}// after\n`);
  }
  for (const [file, text] of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return root;
}

function apply(root: string) {
  return spawnSync(process.execPath, [join(PACKAGE, "scripts/apply.mjs"), "apply", root], {
    encoding: "utf8",
  });
}

test("the guide's changes are made, once", (t) => {
  const root = checkout(t);
  const first = apply(root);
  assert.equal(first.status, 0, first.stderr);
  for (const { file, text } of [...NEW_FILES, ...EDITS]) {
    assert.ok(readFileSync(join(root, file), "utf8").includes(text), file);
  }
  const second = apply(root);
  assert.deepEqual([second.status, second.stdout], [0, "nothing to change\n"]);
});

test("an anchor that is missing, or there twice, is named, and nothing is changed", (t) => {
  for (const spoil of [() => "", (text: string) => text + text]) {
    const root = checkout(t);
    const { file, anchor } = EDITS.at(-1) as (typeof EDITS)[number];
    writeFileSync(join(root, file), spoil(readFileSync(join(root, file), "utf8")));
    const run = apply(root);
    assert.equal(run.status, 1);
    assert.ok(run.stderr.includes(file) && run.stderr.includes(anchor.trim()), run.stderr);
    assert.equal(existsSync(join(root, "src/spotter.ts")), false);
    assert.equal(readFileSync(join(root, "package.json"), "utf8"), '{"dependencies":{}}');
  }
});

test("the guide says every line that the script writes", () => {
  const guide = readFileSync(join(PACKAGE, "GUIDE.md"), "utf8");
  const lines = [...NEW_FILES, ...EDITS].flatMap(({ text }) => text.split("\n"));
  const missing = lines.map((line) => line.trim()).filter((line) => line !== "" && !guide.includes(line));
  assert.deepEqual(missing, []);
  for (const { file } of [...NEW_FILES, ...EDITS]) {
    assert.ok(guide.includes(file), file);
  }
});
