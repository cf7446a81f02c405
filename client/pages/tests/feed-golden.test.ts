import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { readCheck, versionCheck } from "../src/feed/check.ts";
import type { Picture } from "../src/feed/display.ts";
import { applied } from "../src/feed/overlap.ts";
import { parseFrame, parseSnapshot } from "../src/feed/parse.ts";
import { decide } from "../src/feed/rows.ts";

const FOLDER = "../display/golden";

/** The messages that the relay's tests write, read as they stand. */
function golden(name: string): unknown {
  return JSON.parse(readFileSync(`${FOLDER}/${name}.json`, "utf8"));
}

/** The updates of the golden run, in the order in which they follow on the snapshot. */
const RUN = ["good-lift", "one-row", "create-and-destroy", "nobody-left"];

const names = ({ lifters }: Picture) => lifters.map(({ name }) => name);

test("the golden snapshot is understood", () => {
  const { picture, generatedAt, requestedAt, revision, epoch } = parseSnapshot(golden("snapshot"));
  assert.deepEqual(names(picture), ["Bea Bru", "Ann Aas"]);
  assert.equal(new Date(generatedAt).toISOString(), "2025-11-20T15:04:07.000Z");
  assert.ok(requestedAt >= generatedAt);
  assert.equal(revision, epoch);
  assert.equal(picture.lifters.find(({ id }) => id === picture.platform.current)?.squat[0]?.status, 0);
});

test("the golden updates follow on the golden snapshot, one by one", () => {
  const first = parseSnapshot(golden("snapshot"));
  let { picture, revision } = first;
  const seen: string[][] = [];
  for (const name of RUN) {
    const frame = parseFrame(golden(`frame.${name}`));
    assert.equal(frame.epoch, first.epoch);
    assert.equal(decide(revision, frame.revision), "apply", name);
    const next = applied(picture, frame);
    assert.ok(next, name);
    picture = next;
    revision = frame.revision;
    seen.push(names(picture));
  }
  assert.deepEqual(seen.at(-1), []);
  assert.equal(picture.platform.current, null);
  assert.ok(seen.some((rows) => rows.length > 0));
});

test("the golden first update of a run is known to whoever has the snapshot", () => {
  const { revision } = parseSnapshot(golden("snapshot"));
  assert.equal(decide(revision, parseFrame(golden("frame.first-of-a-run")).revision), "ignore");
});

test("the golden words of the version check are understood, and ours is one of them", () => {
  assert.deepEqual(versionCheck(null), golden("version_check"));
  const all = readCheck(golden("all_lifters"), 1);
  const update = readCheck(golden("update_lifters"), 1);
  assert.ok(all.is === "all" && update.is === "update");
  assert.ok(all.picture.lifters.length > 0);
  const sign = readCheck(golden("update_lifters.sign-of-life"), 1);
  assert.ok(sign.is === "update");
  assert.deepEqual(
    [sign.frame.create, sign.frame.update, sign.frame.destroy, sign.frame.platform],
    [[], [], [], null],
  );
});

test("every golden message has a reader here", () => {
  const read = [
    ...RUN.map((name) => `frame.${name}`),
    "frame.first-of-a-run",
    "snapshot",
    "all_lifters",
    "update_lifters",
  ];
  const known = [...read, "update_lifters.sign-of-life", "version_check"].map((name) => `${name}.json`);
  assert.deepEqual(readdirSync(FOLDER).sort(), known.sort());
});
