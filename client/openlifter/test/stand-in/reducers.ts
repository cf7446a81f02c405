/**
 * A stand-in for OpenLifter's reducers, quirks included. Written from a description of OpenLifter 1.4, not from its
 * code, and before the adapter that is tested against it.
 */

import { barKg, newEntry, newState, plates } from "./defaults.js";
import type { Action, Entry, GlobalState, Lift, Lifting, Meet, Registration } from "./state.js";

/** A reducer for the whole store; `date` is what a new meet has as its date. */
export function openLifterReducer(
  date: string,
): (state: GlobalState | undefined, action: Action) => GlobalState {
  const initial = newState(date);
  return (state = initial, action) => {
    if (action.type === "OVERWRITE_STORE") {
      const { versions, language, meet, registration, lifting } = action.store as GlobalState;
      return { versions, language, meet, registration, lifting };
    }
    const next: GlobalState = {
      versions: state.versions,
      language: action.type === "CHANGE_LANGUAGE" ? (action.language as string) : state.language,
      meet: reduceMeet(state.meet, action),
      registration: reduceRegistration(state.registration, action),
      lifting: reduceLifting(state.lifting, action),
    };
    const same = (Object.keys(next) as (keyof GlobalState)[]).every((slice) => next[slice] === state[slice]);
    return same ? state : next;
  };
}

const CLASSES: Record<string, string> = {
  M: "weightClassesKgMen",
  F: "weightClassesKgWomen",
  Mx: "weightClassesKgMx",
};

const BARS: Record<Lift, string> = {
  S: "squatBarAndCollarsWeightKg",
  B: "benchBarAndCollarsWeightKg",
  D: "deadliftBarAndCollarsWeightKg",
};

function reduceMeet(meet: Meet, action: Action): Meet {
  switch (action.type) {
    case "SET_MEET_NAME":
      return { ...meet, name: action.name };
    case "SET_FORMULA":
      return { ...meet, formula: action.formula };
    case "SET_FEDERATION":
      return { ...meet, federation: action.federation };
    case "SET_DIVISIONS":
      return { ...meet, divisions: action.divisions };
    case "SET_MEET_DATE":
      return { ...meet, date: action.date as string };
    case "SET_LENGTH_DAYS":
      return setLength(meet, action.length as number);
    case "SET_PLATFORM_COUNT": {
      const platformsOnDays = [...meet.platformsOnDays];
      platformsOnDays[(action.day as number) - 1] = action.count as number;
      return { ...meet, platformsOnDays };
    }
    case "SET_IN_KG":
      return setUnit(meet, action.inKg as boolean);
    case "SET_WEIGHTCLASSES":
      return { ...meet, [CLASSES[action.sex as string] as string]: action.classesKg };
    case "SET_BAR_AND_COLLARS_WEIGHT_KG":
      return { ...meet, [BARS[action.lift as Lift]]: action.weightKg };
    case "SET_PLATE_CONFIG":
      return setPlate(meet, action);
    case "UPDATE_MEET":
      return { ...meet, ...(action.changes as Partial<Meet>) };
    default:
      return meet;
  }
}

/** Pads the platforms of the days; a shorter meet keeps its tail. */
function setLength(meet: Meet, lengthDays: number): Meet {
  const platformsOnDays = [...meet.platformsOnDays];
  while (platformsOnDays.length < lengthDays) {
    platformsOnDays.push(1);
  }
  return { ...meet, lengthDays, platformsOnDays };
}

function setUnit(meet: Meet, inKg: boolean): Meet {
  const bars = Object.fromEntries(Object.values(BARS).map((bar) => [bar, barKg(inKg)]));
  return { ...meet, inKg, ...bars, plates: plates(inKg) };
}

/** A weight that no plate has is found at index -1, and written there. */
function setPlate(meet: Meet, action: Action): Meet {
  const { weightKg, pairCount, color } = action as unknown as Meet["plates"][number];
  const list = [...meet.plates];
  list[list.findIndex((plate) => plate.weightKg === weightKg)] = { weightKg, pairCount, color };
  return { ...meet, plates: list };
}

function reduceRegistration(registration: Registration, action: Action): Registration {
  const { entries, lookup, nextEntryId } = registration;
  switch (action.type) {
    case "NEW_REGISTRATION": {
      const entry = {
        ...newEntry(nextEntryId),
        ...groupOfLast(entries),
        ...(action.overwriteDefaults as Partial<Entry>),
      };
      return {
        nextEntryId: nextEntryId + 1,
        entries: [...entries, entry],
        lookup: { ...lookup, [entry.id]: entries.length },
      };
    }
    case "DELETE_REGISTRATION": {
      const left = entries.filter((entry) => entry.id !== action.entryId);
      return { ...registration, entries: left, lookup: lookupOf(left) };
    }
    case "UPDATE_REGISTRATION": {
      // An unknown id is looked for, not found, and -1 becomes a property of the list.
      const list = [...entries];
      const index = list.findIndex((entry) => entry.id === action.entryId);
      list[index] = { ...list[index], ...(action.changes as Partial<Entry>) } as Entry;
      return { ...registration, entries: list };
    }
    case "MERGE_PLATFORM":
      return mergePlatform(registration, action);
    case "ASSIGN_LOT_NUMBERS": {
      const lots = action.lotNumbers as number[];
      return { ...registration, entries: entries.map((entry, index) => ({ ...entry, lot: lots[index] })) };
    }
    case "ENTER_ATTEMPT": {
      // Invariant: the old entry is changed in place. Whoever compares references sees nothing.
      const index = lookup[action.entryId as number] as number;
      const entry = entries[index] as Entry;
      const field = attempts(action.lift as Lift, "Kg");
      const weights = [...entry[field]];
      weights[(action.attemptOneIndexed as number) - 1] = action.weightKg as number;
      entry[field] = weights;
      return { ...registration, entries: [...entries] };
    }
    case "MARK_LIFT": {
      const index = lookup[action.entryId as number] as number;
      const entry = entries[index] as Entry;
      const field = attempts(action.lift as Lift, "Status");
      const verdicts = [...entry[field]];
      verdicts[(action.attemptOneIndexed as number) - 1] = action.success ? 1 : -1;
      const list = [...entries];
      list[index] = { ...entry, [field]: verdicts };
      return { ...registration, entries: list };
    }
    default:
      return registration;
  }
}

function mergePlatform(registration: Registration, action: Action): Registration {
  let { nextEntryId } = registration;
  const elsewhere = registration.entries.filter(
    (entry) => entry.day !== action.day || entry.platform !== action.platform,
  );
  const brought = (action.platformEntries as Entry[]).map((entry) => ({ ...entry, id: nextEntryId++ }));
  const entries = [...elsewhere, ...brought];
  return { nextEntryId, entries, lookup: lookupOf(entries) };
}

function groupOfLast(entries: Entry[]): Partial<Entry> {
  const last = entries.at(-1);
  return last ? { day: last.day, platform: last.platform, flight: last.flight } : {};
}

function lookupOf(entries: Entry[]): Record<string, number> {
  return Object.fromEntries(entries.map((entry, index) => [entry.id, index]));
}

function attempts<Part extends "Kg" | "Status">(
  lift: Lift,
  part: Part,
): `${"squat" | "bench" | "deadlift"}${Part}` {
  const names = { S: "squat", B: "bench", D: "deadlift" } as const;
  return `${names[lift]}${part}`;
}

const UNCALLED = { overrideAttempt: null, overrideEntryId: null };

function reduceLifting(lifting: Lifting, action: Action): Lifting {
  switch (action.type) {
    case "SET_LIFTING_GROUP": {
      const { day, platform, flight, lift } = action as unknown as Lifting;
      return { ...lifting, day, platform, flight, lift, ...UNCALLED };
    }
    case "MARK_LIFT":
      return { ...lifting, ...UNCALLED };
    case "OVERRIDE_ATTEMPT":
      return { ...lifting, overrideAttempt: action.attempt as number | null };
    case "OVERRIDE_ENTRY_ID":
      return { ...lifting, overrideEntryId: action.entryId as number | null };
    case "SET_TABLE_INFO": {
      const { columnDivisionWidthPx = lifting.columnDivisionWidthPx } = action.changes as Partial<Lifting>;
      return { ...lifting, columnDivisionWidthPx };
    }
    default:
      return lifting;
  }
}
