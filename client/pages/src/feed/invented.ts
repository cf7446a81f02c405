/**
 * A meet that nobody lifts in, scene by scene: every state a display can be in, for setting it up without a meet.
 *
 * Each scene follows from the one before as it would at a meet, so that what reacts to changes reacts here, too.
 */

import {
  type Attempt,
  attemptsOf,
  type LifterRow,
  type Loading,
  type Picture,
  type Place,
  type Platform,
} from "./display.ts";
import { REVOKED_KEY, type Refusal } from "./overlap.ts";
import { displayWeight } from "./shown.ts";

/** What a display is told, and what it should then show. */
export interface Scene {
  readonly about: string;
  readonly picture: Picture | null;
  readonly refusal: Refusal | null;
  /** Whether it is the next thing to happen after the scene before. */
  readonly follows: boolean;
}

const PLATES: readonly [number, string][] = [
  [25, "#FF0000"],
  [20, "#4990E2"],
  [15, "#FFEF2A"],
  [10, "#2AB003"],
  [5, "#FFFFFF"],
  [2.5, "#000000"],
  [1.25, "#575757"],
];
const POUND_PLATES: readonly [number, string][] = [
  [45, "#4990E2"],
  [25, "#2AB003"],
  [10, "#575757"],
  [5, "#575757"],
  [2.5, "#575757"],
];
const POUND = 1 / 2.20462262;

interface Person {
  readonly name: string;
  readonly team: string;
  readonly weightClass: string;
  readonly bodyweightKg: number;
  /** What this lifter is in besides the open division of all three lifts. */
  readonly also?: Place;
}

const PEOPLE: readonly Person[] = [
  { name: "Ada Example", team: "Invented Barbell", weightClass: "57", bodyweightKg: 56.4 },
  { name: "Noor van der Voorbeeld-Hypothetisch", team: "", weightClass: "69", bodyweightKg: 68.1 },
  { name: "Žofie Příkladová", team: "Klub Příklad", weightClass: "69", bodyweightKg: 67.9 },
  {
    name: "Ελένη Παράδειγμα",
    team: "",
    weightClass: "76",
    bodyweightKg: 74.2,
    also: { event: "B", division: "Masters 40-44", place: "1" },
  },
  { name: "Beispiel-Müller, Jo", team: "KSV Irgendwo", weightClass: "84+", bodyweightKg: 98.35 },
  { name: "Sample O’Sample", team: "", weightClass: "84", bodyweightKg: 83.2 },
];

/** Attempts in short: `100+ 110- 115` is good, no lift, called. */
type Card = readonly [squat: string, bench: string, deadlift: string];

interface Sketch {
  readonly about: string;
  readonly lift: Platform["lift"];
  readonly attempt: number;
  readonly current: number | null;
  readonly cards: readonly Card[];
  readonly inKg?: boolean;
  readonly refusal?: Refusal;
  readonly follows?: true;
}

const OPENERS: readonly Card[] = [
  ["100", "55", "120"],
  ["105", "60", "130"],
  ["107.5", "62.5", "127.5"],
  ["120", "70", "150"],
  ["140", "80", "160"],
  ["152.5", "87.5", "180"],
];

function squats(...attempts: readonly string[]): readonly Card[] {
  return OPENERS.map(([squat, bench, deadlift], at) => [attempts[at] ?? squat, bench, deadlift]);
}

function deadlifts(...attempts: readonly string[]): readonly Card[] {
  const done = [
    "100+ 107.5+ 112.5+",
    "105+ 110- 110+",
    "107.5+ 112.5+ 117.5-",
    "120+ 127.5+ 132.5+",
    "140- 140+ 145+",
    "152.5+ 160+ 165-",
  ];
  const pressed = [
    "55+ 57.5+ 60-",
    "60+ 65- 65-",
    "62.5- 62.5+ 65+",
    "70+ 75+ 77.5+",
    "80+ 85+ 87.5-",
    "87.5+ 92.5+ 95+",
  ];
  return OPENERS.map((card, at) => [done[at] ?? card[0], pressed[at] ?? card[1], attempts[at] ?? card[2]]);
}

const SKETCHES: readonly Sketch[] = [
  { about: "the flight is about to begin", lift: "S", attempt: 1, current: 1, cards: squats() },
  { about: "a good lift", lift: "S", attempt: 1, current: 2, cards: squats("100+ 107.5"), follows: true },
  {
    about: "a no lift, of somebody with a long name",
    lift: "S",
    attempt: 1,
    current: 3,
    cards: squats("100+ 107.5", "105-"),
    follows: true,
  },
  {
    about: "a mis-marked lift is corrected",
    lift: "S",
    attempt: 1,
    current: 3,
    cards: squats("100+ 107.5", "105+ 112.5"),
    follows: true,
  },
  {
    about: "more than can be loaded with the plates there are",
    lift: "S",
    attempt: 3,
    current: 6,
    cards: squats(
      "100+ 107.5+ 112.5+",
      "105+ 112.5+ 117.5-",
      "107.5+ 115- 115+",
      "120+ 127.5+ 132.5+",
      "140+ 150+ 155-",
      "152.5+ 165+ 411.3",
    ),
  },
  {
    about: "bench press",
    follows: true,
    lift: "B",
    attempt: 1,
    current: 1,
    cards: squats(
      "100+ 107.5+ 112.5+",
      "105+ 112.5+ 117.5-",
      "107.5+ 115- 115+",
      "120+ 127.5+ 132.5+",
      "140+ 150+ 155-",
      "152.5+ 165+ 411.3-",
    ),
  },
  {
    about: "the last deadlift",
    lift: "D",
    attempt: 3,
    current: 6,
    cards: deadlifts(
      "120+ 130+ 135+",
      "130+ 140+ 150-",
      "127.5+ 140- 140+",
      "150+ 160+ 165+",
      "160+ 175+ 185-",
      "180+ 192.5+ 200",
    ),
  },
  {
    about: "a fourth attempt for a record",
    follows: true,
    lift: "D",
    attempt: 4,
    current: 1,
    cards: deadlifts(
      "120+ 130+ 135+ 142.5",
      "130+ 140+ 150-",
      "127.5+ 140- 140+",
      "150+ 160+ 165+",
      "160+ 175+ 185-",
      "180+ 192.5+ 200+",
    ),
  },
  {
    about: "the flight is complete",
    follows: true,
    lift: "D",
    attempt: 4,
    current: null,
    cards: deadlifts(
      "120+ 130+ 135+ 142.5+",
      "130+ 140+ 150-",
      "127.5+ 140- 140+",
      "150+ 160+ 165+",
      "160+ 175+ 185-",
      "180+ 192.5+ 200+",
    ),
  },
  { about: "a meet in pounds", lift: "S", attempt: 1, current: 1, cards: squats(), inKg: false },
  {
    about: "the key was revoked",
    lift: "S",
    attempt: 1,
    current: 1,
    cards: squats(),
    refusal: { status: 403, code: REVOKED_KEY, reason: "this key was revoked" },
  },
];

/** All scenes, in order. The first one has no picture yet. */
export const SCENES: readonly Scene[] = [
  { about: "nothing was received yet", picture: null, refusal: null, follows: false },
  ...SKETCHES.map((sketch) => {
    const refusal = sketch.refusal ?? null;
    return {
      about: sketch.about,
      picture: refusal === null ? pictureOf(sketch) : null,
      refusal,
      follows: sketch.follows === true,
    };
  }),
];

function pictureOf({ lift, attempt, current, cards, inKg = true }: Sketch): Picture {
  const rows = PEOPLE.map((person, at) => rowOf(person, at + 1, cards[at] ?? ["", "", ""], inKg));
  const lifters = ordered(rows, lift, attempt);
  const row = rows.find(({ id }) => id === current);
  const called = row && attemptsOf(row, lift)[attempt - 1];
  const following = lifters.slice(lifters.findIndex(({ id }) => id === current) + 1);
  const next = following.find((one) => isPending(attemptsOf(one, lift)[attempt - 1]));
  return {
    platform: {
      meet: { name: "Invented Open", date: "2026-05-01", inKg },
      day: 1,
      platform: 1,
      flight: "A",
      lift,
      flights: ["A", "B"],
      attempt,
      overridden: false,
      projected: lift !== "D",
      current,
      next: current === null ? null : (next?.id ?? null),
      loading: called === undefined ? null : loadingOf(called.kg, inKg),
    },
    lifters,
  };
}

/** Those who have gone and called their next attempt come first; others by weight. */
function ordered(rows: readonly LifterRow[], lift: Platform["lift"], attempt: number): LifterRow[] {
  const kg = (row: LifterRow, number: number) => attemptsOf(row, lift)[number - 1]?.kg ?? 0;
  const group = (row: LifterRow) => (kg(row, attempt + 1) > 0 ? 0 : kg(row, attempt) > 0 ? 1 : 2);
  return [...rows].sort((a, b) => group(a) - group(b) || kg(a, attempt) - kg(b, attempt));
}

function isPending(attempt: Attempt | undefined): boolean {
  return attempt !== undefined && attempt.kg > 0 && attempt.status === 0;
}

function rowOf({ also, ...person }: Person, id: number, card: Card, inKg: boolean): LifterRow {
  const [squat, bench, deadlift] = card.map((attempts) => attemptsIn(attempts, inKg)) as [
    Attempt[],
    Attempt[],
    Attempt[],
  ];
  const best = (attempts: readonly Attempt[]) =>
    Math.max(0, ...attempts.slice(0, 3).map(({ kg, status }) => (status === 1 ? kg : 0)));
  const bests = { bestSquatKg: best(squat), bestBenchKg: best(bench), bestDeadliftKg: best(deadlift) };
  return {
    ...person,
    id,
    flight: "A",
    lot: id * 3,
    divisions: ["Open", ...(also === undefined ? [] : [also.division])],
    events: ["SBD", ...(also === undefined ? [] : [also.event])],
    guest: id === 5,
    squatRackInfo: String(id + 8),
    benchRackInfo: `${id + 3}/2`,
    squat,
    bench,
    deadlift,
    ...bests,
    totalKg: bests.bestSquatKg + bests.bestBenchKg + bests.bestDeadliftKg,
    places: [
      { event: "SBD", division: "Open", place: id === 5 ? "G" : "1" },
      ...(also === undefined ? [] : [also]),
    ],
  };
}

function attemptsIn(text: string, inKg: boolean): Attempt[] {
  const attempts = text.split(" ").filter((word) => word !== "");
  return [0, 1, 2, 3, 4].map((at) => {
    const word = attempts[at];
    if (word === undefined) return { kg: 0, status: 0, shown: "" };
    const kg = inKg ? Number.parseFloat(word) : Math.round(Number.parseFloat(word) / POUND / 5) * 5 * POUND;
    const status = word.endsWith("+") ? 1 : word.endsWith("-") ? -1 : 0;
    return { kg, status, shown: displayWeight(kg, inKg ? "kg" : "lb") };
  });
}

function loadingOf(targetKg: number, inKg: boolean): Loading {
  const unit = inKg ? 1 : POUND;
  const barKg = inKg ? 25 : 45 * POUND;
  let side = (targetKg - barKg) / 2 / unit;
  const plates = (inKg ? PLATES : POUND_PLATES).flatMap(([weight, color], at) => {
    const pairs = Math.min(at === 0 ? 7 : 1, Math.floor(side / weight + 1e-9));
    side -= pairs * weight;
    return pairs > 0 ? [{ kg: weight * unit, shown: String(weight), color, pairs }] : [];
  });
  const shortKg = side > 1e-6 ? side * 2 * unit : 0;
  return { targetKg, barKg, plates, shortKg, shown: displayWeight(targetKg, inKg ? "kg" : "lb") };
}
