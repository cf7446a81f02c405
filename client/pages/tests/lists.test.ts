import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attempt, LifterRow, PlatformView } from "spotter-client";
import { displayAddress } from "../src/live/addresses.ts";
import { copies, noteCopy } from "../src/live/copies.ts";
import { equalPriorities, nextPriority, proposed, rosterError } from "../src/live/roster.ts";
import { after, lastJudged, pathOf, placeWords, slotsShown, wanted } from "../src/scoring/attempts.ts";
import { inkOn } from "../src/scoring/plates.tsx";
import { drawn, type Entry, EVERYBODY, missing, narrowed, onScreen } from "../src/weigh-in/lifters.ts";

function entry(differs: Partial<Entry>): Entry {
  return {
    id: 5000,
    name: "Zoë O’Brien",
    day: 1,
    platform: 1,
    flight: "A",
    sex: "F",
    team: "Harbour",
    lot: 7,
    events: ["SBD"],
    divisions: ["Open"],
    equipment: "Sleeves",
    bodyweightKg: 62.3,
    squatRackInfo: "12",
    benchRackInfo: "5/3",
    squatKg: [100, 0, 0, 0, 0],
    benchKg: [60, 0, 0, 0, 0],
    deadliftKg: [120, 0, 0, 0, 0],
    ...differs,
  };
}

test("what is missing is told for the lifts of the lifter's events alone", () => {
  assert.deepEqual(missing(entry({})), []);
  const none = { bodyweightKg: 0, squatKg: [0], squatRackInfo: "", benchKg: [0] };
  assert.deepEqual(missing(entry(none)), ["body weight", "squat opener", "squat rack", "bench opener"]);
  assert.deepEqual(missing(entry({ ...none, events: ["D"] })), ["body weight"]);
  assert.deepEqual(missing(entry({ events: [] })), ["event"]);
});

test("of the attempts, the weigh-in shows the openers alone", () => {
  for (const path of ["entries.7.name", "entries.7.squat.1", "entries.7.bodyweightKg"])
    assert.equal(onScreen(path), true);
  for (const path of ["entries.7.squat.2", "entries.7.deadlift.3", "meet.name"])
    assert.equal(onScreen(path), false);
});

test("the search ignores accents and case, and takes words in any order", () => {
  const all = [
    entry({}),
    entry({ id: 1, name: "Ann Other", team: "", flight: "B", bodyweightKg: 0, lot: 0 }),
  ];
  const found = (filter: object) => narrowed(all, { ...EVERYBODY, ...filter }).map((one) => one.id);
  assert.deepEqual(found({}), [5000, 1]);
  assert.deepEqual(found({ text: "harbour zoe" }), [5000]);
  assert.deepEqual(found({ text: "nobody" }), []);
  assert.deepEqual(found({ flight: "B" }), [1]);
  assert.deepEqual(found({ only: "not weighed" }), [1]);
  assert.deepEqual(found({ day: "2" }), []);
});

test("lots are drawn from 1, each once, and chance decides", () => {
  const lots = drawn([5, 6, 7, 8], (below) => below - 1);
  assert.deepEqual([...lots.values()], [1, 2, 3, 4]);
  assert.deepEqual([...drawn([5, 6, 7, 8], () => 0).values()], [2, 3, 4, 1]);
});

test("proposed locations have priorities that all differ", () => {
  const roster = proposed(2);
  assert.deepEqual(
    roster.map((place) => place.location),
    ["Registration", "Weigh-in", "Platform 1", "Platform 2", "Jury"],
  );
  assert.equal(equalPriorities(roster), null);
  assert.equal(nextPriority(roster), 60);
  assert.equal(rosterError(roster, "Jury"), null);
  assert.match(rosterError(roster, "Elsewhere") ?? "", /must be one of the list/);
  assert.match(rosterError([...roster, { location: "Jury", priority: 1 }], "Jury") ?? "", /twice/);
  assert.match(rosterError([{ location: "Jury", priority: Number.NaN }], "Jury") ?? "", /whole number/);
  assert.match(equalPriorities([...roster, { location: "Stage", priority: 50 }]) ?? "", /priority 50/);
});

test("the key of a display stands behind the # and nowhere else", () => {
  const address = new URL(
    displayAddress("overlay", { meetId: "123-456-789", day: 1, platform: 2, key: "S3cret" }),
    "http://relay/",
  );
  assert.equal(address.pathname, "/overlay");
  assert.equal(address.searchParams.get("meet"), "123456789");
  assert.equal(address.hash, "#key=S3cret");
  assert.equal(address.search.includes("S3cret"), false);
});

test("meets of this device are noted once each, and nonsense in the store is ignored", () => {
  let kept = "nonsense";
  const store = {
    getItem: () => kept,
    setItem: (_: string, text: string) => {
      kept = text;
    },
  };
  assert.deepEqual(copies(store), []);
  noteCopy({ copy: "meet", name: "", meetId: "" }, store);
  noteCopy({ copy: "other", name: "Cup", meetId: "1" }, store);
  noteCopy({ copy: "meet", name: "Classic", meetId: "2" }, store);
  assert.deepEqual(
    copies(store).map((one) => `${one.copy} ${one.name}`),
    ["meet Classic", "other Cup"],
  );
});

test("a full disk does not keep the list of meets from being shown", () => {
  const full = {
    getItem: () => null,
    setItem: () => {
      throw new Error("no room is left");
    },
  };
  noteCopy({ copy: "meet", name: "Classic", meetId: "" }, full);
  assert.deepEqual(copies(full), []);
});

const attempt = (kg: number, status: -1 | 0 | 1): Attempt => ({
  kg,
  status,
  shown: kg === 0 ? "" : String(kg),
});

function lifter(id: number, squat: Attempt[]): LifterRow {
  const five = (given: Attempt[]) => [
    ...given,
    ...Array.from({ length: 5 - given.length }, () => attempt(0, 0)),
  ];
  return {
    id,
    name: `L${id}`,
    events: ["SBD"],
    squat: five(squat),
    bench: five([]),
    deadlift: five([]),
  } as unknown as LifterRow;
}

function view(lifters: LifterRow[], active: number): PlatformView {
  return {
    lift: "S",
    attempt: active,
    lifters,
    meet: { allow4thAttempts: false },
  } as unknown as PlatformView;
}

test("a weight is wanted of those who have lifted and not given the next one, up to the third", () => {
  const lifters = [
    lifter(1, [attempt(100, 1)]),
    lifter(2, [attempt(100, 1), attempt(110, 0)]),
    lifter(3, [attempt(100, 0)]),
    lifter(4, [attempt(100, 1), attempt(110, 1), attempt(120, 1)]),
  ];
  assert.deepEqual(wanted(view(lifters, 1)), [{ id: 1, lift: "S", slot: 2 }]);
  assert.deepEqual(wanted(view([lifter(4, [attempt(1, 1), attempt(2, 1), attempt(3, 1)])], 3)), []);
});

test("the attempt judged last is told by the times of the writes", () => {
  const lifters = [lifter(1, [attempt(100, 1), attempt(110, -1)]), lifter(2, [attempt(105, 1)])];
  const times: Record<string, string> = {
    "entries.1.squat.1": "T1",
    "entries.2.squat.1": "T3",
    "entries.1.squat.2": "T2",
  };
  assert.deepEqual(
    lastJudged(view(lifters, 2), (path) => times[path]),
    { id: 2, lift: "S", slot: 1 },
  );
  assert.equal(
    lastJudged(view([lifter(3, [attempt(100, 0)])], 1), () => "T"),
    null,
  );
});

test("a fourth column is there if the meet has 4th attempts, or somebody took one", () => {
  const four = lifter(1, [attempt(1, 1), attempt(2, 1), attempt(3, 1), attempt(4, 1)]);
  assert.equal(slotsShown(view([lifter(2, [])], 1), "S"), 3);
  assert.equal(slotsShown(view([four], 1), "S"), 4);
  assert.equal(pathOf({ id: 7, lift: "D", slot: 3 }), "entries.7.deadlift.3");
  assert.equal(after(["A", "B"], "B"), "A");
});

test("figures on plates are black or white, whichever can be read", () => {
  assert.deepEqual(["#FFEF2A", "#000000", "#FFFFFF", "#4990E2"].map(inkOn), [
    "#000000",
    "#ffffff",
    "#000000",
    "#000000",
  ]);
});

test("places are told with what they are places in, where there are several", () => {
  const place = (event: string, division: string, place: string) => ({ event, division, place });
  assert.equal(placeWords([place("SBD", "Open", "2")]), "2");
  assert.equal(placeWords([place("SBD", "Open", "2"), place("SBD", "Juniors", "")]), "2 (Open)");
  assert.equal(
    placeWords([place("SBD", "Open", "2"), place("B", "Open", "1")]),
    "2 (Open, SBD), 1 (Open, B)",
  );
  assert.equal(placeWords([place("SBD", "", "")]), "");
});
