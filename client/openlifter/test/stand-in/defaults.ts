/** What a new OpenLifter store and a new entry hold. Written from a description of OpenLifter 1.4, not from its code. */

import type { Entry, GlobalState, Lifting, Meet, Plate } from "./state.js";

const LBS_PER_KG = 2.20462262;

const BLACK = "#000000";
const BLUE = "#4990E2";
const GREEN = "#2AB003";
const GREY = "#575757";
const RED = "#FF0000";
const YELLOW = "#FFEF2A";

type Row = readonly [weight: number, pairs: number, color: string];

const KG_PLATES: readonly Row[] = [
  [50, 0, GREEN],
  [25, 8, RED],
  [20, 1, BLUE],
  [15, 1, YELLOW],
  [10, 1, GREEN],
  [5, 1, BLACK],
  [2.5, 1, BLACK],
  [2, 0, BLUE],
  [1.5, 0, YELLOW],
  [1.25, 1, BLACK],
  [1, 1, BLUE],
  [0.75, 1, RED],
  [0.5, 1, GREEN],
  [0.25, 1, BLUE],
];

const LBS_PLATES: readonly Row[] = [
  [100, 0, GREEN],
  [55, 0, RED],
  [45, 8, GREY],
  [35, 0, GREY],
  [25, 1, GREY],
  [10, 2, GREY],
  [5, 1, GREY],
  [2.5, 1, GREY],
  [1.25, 1, GREY],
  [0.5, 2, GREY],
];

export function plates(inKg: boolean): Plate[] {
  const rows = inKg ? KG_PLATES : LBS_PLATES;
  return rows.map(([weight, pairCount, color]) => ({
    weightKg: inKg ? weight : weight / LBS_PER_KG,
    pairCount,
    color,
  }));
}

export function barKg(inKg: boolean): number {
  return inKg ? 25 : 45 / LBS_PER_KG;
}

export function newMeet(date: string): Meet {
  return {
    name: "",
    country: "",
    state: "",
    city: "",
    federation: "",
    date,
    lengthDays: 1,
    platformsOnDays: [1],
    ageCoefficients: "FosterMcCulloch",
    divisions: [],
    weightClassesKgMen: [],
    weightClassesKgWomen: [],
    weightClassesKgMx: [],
    formula: "Wilks",
    combineSleevesAndWraps: false,
    combineSingleAndMulti: false,
    allow4thAttempts: true,
    inKg: true,
    squatBarAndCollarsWeightKg: barKg(true),
    benchBarAndCollarsWeightKg: barKg(true),
    deadliftBarAndCollarsWeightKg: barKg(true),
    plates: plates(true),
    showAlternateUnits: true,
  };
}

export function newLifting(): Lifting {
  return {
    day: 1,
    platform: 1,
    flight: "A",
    lift: "S",
    overrideAttempt: null,
    overrideEntryId: null,
    columnDivisionWidthPx: 90,
  };
}

export function newEntry(id: number): Entry {
  return {
    id,
    day: 1,
    platform: 1,
    flight: "A",
    name: "",
    sex: "M",
    birthDate: "",
    age: 0,
    country: "",
    state: "",
    intendedWeightClassKg: "",
    equipment: "Sleeves",
    divisions: [],
    events: [],
    lot: 0,
    memberId: "",
    paid: false,
    team: "",
    guest: false,
    notes: "",
    bodyweightKg: 0,
    squatRackInfo: "",
    benchRackInfo: "",
    squatKg: [0, 0, 0, 0, 0],
    benchKg: [0, 0, 0, 0, 0],
    deadliftKg: [0, 0, 0, 0, 0],
    squatStatus: [0, 0, 0, 0, 0],
    benchStatus: [0, 0, 0, 0, 0],
    deadliftStatus: [0, 0, 0, 0, 0],
  };
}

export function newState(date: string): GlobalState {
  return {
    versions: { stateVersion: "0", releaseVersion: "1.4" },
    language: "en",
    meet: newMeet(date),
    registration: { nextEntryId: 5000, entries: [], lookup: {} },
    lifting: newLifting(),
  };
}
