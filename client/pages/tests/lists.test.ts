import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attempt, LifterRow, OpenLifterState, PathChange, PlatformView } from "spotter-client";
import { daysOf, numberOf, platformsOf, platformsPlanned, screensOf } from "../src/common/schedule.ts";
import { displayAddress } from "../src/live/addresses.ts";
import { copies, noteCopy } from "../src/live/copies.ts";
import { wrongFile } from "../src/live/files.ts";
import {
  equalPriorities,
  nextPriority,
  proposed,
  readRoster,
  rosterError,
  typed,
} from "../src/live/roster.ts";
import {
  after,
  doubted,
  lastJudged,
  pathOf,
  placeWords,
  restWords,
  slotsShown,
  totalEvent,
  wanted,
} from "../src/scoring/attempts.ts";
import { inkOn } from "../src/scoring/plates.tsx";
import { movedBy } from "../src/scoring/turn.ts";
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

test("a priority is read when it is typed, and nothing and letters are none", () => {
  const roster = proposed(1);
  assert.deepEqual(readRoster(typed(roster)), roster);
  const wrong = ["", "ten", "1.5", "-1"].map((priority) => readRoster([{ location: "Jury", priority }]));
  for (const places of wrong) assert.match(rosterError(places, "Jury") ?? "", /whole number/);
  assert.equal(nextPriority(readRoster([{ location: "Jury", priority: "" }])), 10);
});

test("a day that the meet no longer has can be looked at while a lifter is on it", () => {
  const state = (lengthDays: unknown, platformsOnDays: unknown, ...places: [number, number][]) =>
    ({
      meet: { lengthDays, platformsOnDays },
      registration: { entries: places.map(([day, platform]) => ({ day, platform })) },
    }) as unknown as OpenLifterState;
  const shorter = state(1, [1, 2], [1, 1], [2, 2]);
  assert.equal(daysOf(shorter), 2);
  assert.equal(platformsOf(shorter, 2), 2);
  assert.equal(platformsPlanned(shorter, 2), 0);
  assert.deepEqual(screensOf(state(2, [2])), [
    { day: 1, platform: 1 },
    { day: 1, platform: 2 },
    { day: 2, platform: 1 },
  ]);
  assert.equal(daysOf(state("many", null, [1e12, 1])), 1);
});

test("an address names a day or platform that there may be", () => {
  assert.deepEqual(["2", "999999999999", "0", "-1", "1.5", "x", null].map(numberOf), [2, 1, 1, 1, 1, 1, 1]);
});

test("a wrong file is told for what it is", () => {
  const saved = JSON.stringify({ versions: {}, meet: {}, registration: { entries: [] } });
  const bundle = '{"spotterBundle":2,"root":"00"}\n{"n":1}\n';
  const why = (text: string, wanted: "openlifter" | "bundle") => wrongFile("a.file", text, wanted);
  assert.equal(why(saved, "openlifter"), null);
  assert.equal(why(`\ufeff${saved}`, "openlifter"), null);
  assert.equal(why(bundle, "bundle"), null);
  for (const wanted of ["openlifter", "bundle"] as const) {
    assert.equal(why("", wanted), "“a.file” is empty");
    assert.match(why("\ufffdPNG\r\n\0", wanted) ?? "", /a picture or the like; pick one that/);
    assert.match(why("Name,Sex\nAnn,F", wanted) ?? "", /is neither/);
    assert.match(why(saved.slice(0, 30), wanted) ?? "", /is not whole/);
    assert.match(why("{}", wanted) ?? "", /holds no meet/);
  }
  assert.match(why(bundle, "openlifter") ?? "", /is a bundle/);
  assert.match(why(saved, "bundle") ?? "", /is a file of OpenLifter’s/);
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

test("a weight that is seldom meant can be put right until it is lifted", () => {
  const lifters = [
    lifter(1, [attempt(225, 1), attempt(30, 0)]),
    lifter(2, [attempt(225, 1), attempt(230, 0)]),
    lifter(3, [attempt(225, 1), attempt(30, 1)]),
    lifter(4, [attempt(225, 0), attempt(30, 0)]),
  ];
  assert.deepEqual(doubted(view(lifters, 2)), [{ id: 1, lift: "S", slot: 2 }]);
});

test("a flight is complete only if somebody had an opener", () => {
  assert.equal(restWords(view([lifter(1, [attempt(100, 1)])], 1)), "Flight complete.");
  assert.equal(restWords(view([lifter(1, [])], 1)), "Nobody has an opener yet.");
  assert.equal(
    restWords(view([{ ...lifter(1, []), events: ["BD"] }], 1)),
    "Nobody in this flight has a squat.",
  );
  assert.equal(restWords(view([], 1)), "Nobody is in this flight.");
});

test("a table is moved on by what others did, not by one's own verdict", () => {
  const change = (path: string, value: unknown, own: boolean): PathChange => ({
    path,
    value,
    own,
    text: "",
    location: own ? "Here" : "There",
  });
  const before = { id: 1, lift: "S", slot: 1 } as const;
  const mine = change("entries.1.squat.1", [100, 1], true);
  assert.equal(movedBy(before, [mine]), null);
  assert.equal(movedBy(before, [change("entries.1.squat.1", [100, 1], false)]), "There");
  assert.equal(movedBy(before, [change("entries.2.lot", 3, false)]), "There");
  assert.equal(movedBy(before, [change("lifting.1.1", {}, false)]), "There");
  assert.equal(movedBy(null, [change("entries.1.squat.1", [100, 0], false)]), "There");
  assert.equal(movedBy(before, [change("entries.2.notes", "late", false)]), null);
  assert.equal(movedBy(before, [mine, change("entries.2.bodyweightKg", 80, false)]), null);
  assert.equal(movedBy(before, [mine, change("entries.3.squat.1", [90, 0], false)]), null);
  assert.equal(movedBy(before, [mine, change("entries.2.squat.1", [90, -1], false)]), "There");
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

test("a total says of which event it is where its lifter is in several", () => {
  const row = (...events: string[]) =>
    ({ places: events.map((event) => ({ event, division: "Open", place: "" })) }) as unknown as LifterRow;
  assert.deepEqual([row("SBD", "B"), row("SBD", "SBD"), row("B"), row()].map(totalEvent), [
    "SBD",
    "",
    "",
    "",
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
