import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMs } from "../src/feed/backoff.ts";
import { ageMs, better, offsetOf, spokenAge } from "../src/feed/clock.ts";
import { applied } from "../src/feed/overlap.ts";
import { parseFrame, revisionOf } from "../src/feed/parse.ts";
import { apply, arrange, type Changes, decide } from "../src/feed/rows.ts";
import { frameTo, lifter, pictureAt } from "./feed-fixtures.ts";

/** A row as the original design has it: drivers, whose key is their name. */
interface Driver {
  readonly driver_name: string;
  readonly best?: number;
}

const JOSH: Driver = { driver_name: "Josh Newfoundland", best: 61 };
const SYLVIA: Driver = { driver_name: "Sylvia Existentialista", best: 59 };
const PERRY: Driver = { driver_name: "Perry Usedtobe" };
const YVE: Driver = { driver_name: "Yve Solongfarewell" };
const name = (driver: Driver) => driver.driver_name;

test("scenario 1: with revision 121 held, revision 123 tells that 122 is missing, and the reader starts over", () => {
  assert.equal(decide(121, 123), "start over");
});

test("scenario 2: with revision 52 held, revision 52 or lower is ignored", () => {
  for (const revision of [52, 51, 1, 0]) assert.equal(decide(52, revision), "ignore");
});

test("the next revision is applied, and only that one", () => {
  for (let held = 0; held < 8; held += 1) {
    for (let revision = 0; revision < 12; revision += 1) {
      const expected = revision <= held ? "ignore" : revision === held + 1 ? "apply" : "start over";
      assert.equal(decide(held, revision), expected);
    }
  }
});

test("who holds nothing starts over whatever comes", () => {
  assert.equal(decide(null, 1), "start over");
});

test("the message of the design: one driver is created, two are updated, two go", () => {
  const changes: Changes<string, Driver> = {
    create: ["Josh Newfoundland"],
    update: [JOSH, SYLVIA],
    destroy: ["Perry Usedtobe", "Yve Solongfarewell"],
  };
  const before = [PERRY, { driver_name: SYLVIA.driver_name }, YVE];
  assert.deepEqual(apply(before, changes, name), [SYLVIA, JOSH]);
});

test("destroying comes before creating: who goes and comes in one message is new, and stands at the end", () => {
  const changes = { create: [name(PERRY)], update: [{ ...PERRY, best: 70 }], destroy: [name(PERRY)] };
  assert.deepEqual(apply([PERRY, SYLVIA], changes, name), [SYLVIA, { ...PERRY, best: 70 }]);
});

test("creating comes before updating: the row of a driver created in the same message is found", () => {
  assert.deepEqual(apply([], { create: [name(JOSH)], update: [JOSH], destroy: [] }, name), [JOSH]);
});

test("a driver who is updated without ever being created is amiss", () => {
  assert.equal(apply([SYLVIA], { create: [], update: [JOSH], destroy: [] }, name), null);
});

test("a driver who is created and not filled is amiss, and is never seen", () => {
  assert.equal(apply([SYLVIA], { create: [name(JOSH)], update: [], destroy: [] }, name), null);
});

test("destroying who is not there changes nothing", () => {
  assert.deepEqual(apply([SYLVIA], { create: [], update: [], destroy: [name(YVE)] }, name), [SYLVIA]);
});

test("an order names every row once, or it is refused", () => {
  assert.deepEqual(arrange([JOSH, SYLVIA], [name(SYLVIA), name(JOSH)], name), [SYLVIA, JOSH]);
  assert.equal(arrange([JOSH, SYLVIA], [name(SYLVIA)], name), null);
  assert.equal(arrange([JOSH], [name(JOSH), name(JOSH)], name), null);
  assert.equal(arrange([JOSH], [name(PERRY)], name), null);
});

test("revision is read from `revision`, and from `version` where there is only that", () => {
  assert.equal(revisionOf({ version: 1, revision: 7 }), 7);
  assert.equal(revisionOf({ version: 7 }), 7);
  assert.throws(() => revisionOf({ version: "7" }));
});

test("`destroy` and `delete` are the same word", () => {
  const frame = (word: string) =>
    parseFrame({
      version: 4,
      generatedAt: "2026-05-01T09:00:00Z",
      lifters: { create: [], update: [], [word]: [3] },
    });
  assert.deepEqual(frame("destroy"), frame("delete"));
  assert.deepEqual(frame("delete").destroy, [3]);
});

test("what is not understood is refused whole", () => {
  const good = {
    version: 1,
    revision: 4,
    generatedAt: "2026-05-01T09:00:00Z",
    lifters: { create: [], update: [], destroy: [] },
  };
  assert.equal(parseFrame(good).revision, 4);
  const { name: _, ...nameless } = lifter(1, "Gone");
  for (const bad of [
    null,
    [],
    { ...good, lifters: undefined },
    { ...good, revision: 1.5 },
    { ...good, generatedAt: "soon" },
    { ...good, lifters: { ...good.lifters, create: "1" } },
    { ...good, lifters: { ...good.lifters, update: [nameless] } },
    { ...good, platform: {} },
  ]) {
    assert.throws(() => parseFrame(bad), JSON.stringify(bad));
  }
});

test("messages lead from every picture to the next, whatever changed", () => {
  for (let revision = 1; revision < 24; revision += 1) {
    assert.deepEqual(applied(pictureAt(revision - 1), frameTo(revision)), pictureAt(revision));
  }
});

test("a message that would leave a current lifter without a name is not applied at all", () => {
  const frame = frameTo(5);
  const current = frame.platform?.current;
  assert.ok(frame.platform !== null && typeof current === "number");
  const order = frame.platform.order.filter((id) => id !== current);
  const without = {
    ...frame,
    create: frame.create.filter((id) => id !== current),
    update: frame.update.filter((row) => row.id !== current),
    destroy: [...frame.destroy, current],
    platform: { ...frame.platform, order },
  };
  assert.equal(applied(pictureAt(4), without), null);
});

test("waits between attempts grow to a bound and are spread", () => {
  assert.equal(backoffMs(0, 1), 500);
  assert.equal(backoffMs(0, 0), 250);
  assert.equal(backoffMs(3, 1), 4_000);
  for (const failures of [7, 40, 10_000]) {
    assert.equal(backoffMs(failures, 1), 30_000);
    assert.equal(backoffMs(failures, 0), 15_000);
  }
});

test("the age of a picture is counted by the relay's clock, however wrong ours is", () => {
  const hour = 3_600_000;
  const offset = offsetOf({ askedAt: 1_000, answeredAt: 1_200, requestedAt: 1_100 + hour });
  assert.deepEqual(offset, { aheadMs: hour, errorMs: 100 });
  assert.equal(ageMs(1_100 + hour, 5_100, offset), 4_000);
  assert.equal(ageMs(9_999 + hour, 5_100, offset), 0);
});

test("a short round trip tells more of the clocks than a long one", () => {
  const short = { aheadMs: 5, errorMs: 10 };
  assert.equal(better(short, { aheadMs: 900, errorMs: 5_000 }), short);
  assert.deepEqual(better(short, { aheadMs: 7, errorMs: 40 }), { aheadMs: 7, errorMs: 40 });
  assert.deepEqual(better(null, short), short);
});

test("ages are said in one unit", () => {
  assert.deepEqual([0, 59_999, 60_000, 3_599_999, 7_200_000].map(spokenAge), [
    "0 s",
    "59 s",
    "1 min",
    "59 min",
    "2 h",
  ]);
});
