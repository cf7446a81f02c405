/** Which of OpenLifter's boxes write when. */

import type { Action, StoreState } from "./state.js";

/** Fields of an entry that send an action for each keystroke. Their boxes show the store, so they are never stale. */
const KEYSTROKES = new Set(["name", "memberId", "team", "instagram", "notes", "lot"]);

/** Fields of an entry whose boxes keep a copy of their own and write it when they lose the focus. */
const BLURRED = new Set([
  "birthDate",
  "age",
  "country",
  "state",
  "squatRackInfo",
  "benchRackInfo",
  "bodyweightKg",
]);

/** Fields of the meet whose boxes do the same. */
const BLURRED_OF_MEET = new Set([
  "name",
  "country",
  "state",
  "city",
  "federation",
  "lengthDays",
  "squatBarAndCollarsWeightKg",
  "benchBarAndCollarsWeightKg",
  "deadliftBarAndCollarsWeightKg",
]);

const WEIGHTS = { S: "squatKg", B: "benchKg", D: "deadliftKg" } as const;

const BARS = {
  S: "squatBarAndCollarsWeightKg",
  B: "benchBarAndCollarsWeightKg",
  D: "deadliftBarAndCollarsWeightKg",
} as const;

type Lift = keyof typeof WEIGHTS;

/** How far a weight may be from another that a box shows alike: half of the last digit shown, in pounds or kilograms. */
const SHOWN_ALIKE_KG = 0.01;

/** One keystroke's worth of text. */
export interface Keystroke {
  entryId: number;
  field: string;
  value: unknown;
}

/** The action as a keystroke, if it is one. */
export function keystroke(action: Action): Keystroke | null {
  const [field, value] = onlyChange(action) ?? [];
  const typed = action.type === "UPDATE_REGISTRATION" && field !== undefined && KEYSTROKES.has(field);
  return typed ? { entryId: action.entryId as number, field, value } : null;
}

/** The write of a box that keeps a copy of its own, if the action may be one: where it writes, and what. */
export function boxWrite(action: Action): { box: string; value: unknown } | null {
  switch (action.type) {
    case "ENTER_ATTEMPT": {
      const slot = (action.attemptOneIndexed as number) - 1;
      return { box: `${action.entryId}.${WEIGHTS[action.lift as Lift]}.${slot}`, value: action.weightKg };
    }
    case "SET_LENGTH_DAYS":
      return { box: "meet.lengthDays", value: action.length };
    case "SET_PLATFORM_COUNT":
      return { box: `meet.platformsOnDays.${(action.day as number) - 1}`, value: action.count };
    case "SET_BAR_AND_COLLARS_WEIGHT_KG":
      return { box: `meet.${BARS[action.lift as Lift]}`, value: action.weightKg };
    case "SET_PLATE_CONFIG":
      return { box: `plate.${action.weightKg}`, value: action.pairCount };
    case "UPDATE_REGISTRATION":
      return oneOf(BLURRED, `${action.entryId}`, action);
    case "UPDATE_MEET":
      return oneOf(BLURRED_OF_MEET, "meet", action);
    default:
      return null;
  }
}

function oneOf(fields: Set<string>, of: string, action: Action): { box: string; value: unknown } | null {
  const [field, value] = onlyChange(action) ?? [];
  return field !== undefined && fields.has(field) ? { box: `${of}.${field}`, value } : null;
}

/** What every box that keeps a copy of its own would show if it were mounted now. */
export function boxes({ meet, registration }: StoreState): Map<string, unknown> {
  const shown = new Map<string, unknown>();
  for (const field of BLURRED_OF_MEET) {
    shown.set(`meet.${field}`, meet[field]);
  }
  list(meet.platformsOnDays).forEach((count, day) => {
    shown.set(`meet.platformsOnDays.${day}`, count);
  });
  for (const plate of list(meet.plates) as { weightKg: number; pairCount: number }[]) {
    shown.set(`plate.${plate.weightKg}`, plate.pairCount);
  }
  for (const entry of registration.entries) {
    for (const field of BLURRED) {
      shown.set(`${entry.id}.${field}`, entry[field]);
    }
    for (const field of Object.values(WEIGHTS)) {
      list(entry[field]).forEach((kg, slot) => {
        shown.set(`${entry.id}.${field}.${slot}`, kg);
      });
    }
  }
  return shown;
}

/** Another program's file may hold anything where a list belongs. */
function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Whether a box that shows one value would write the other. */
export function shownAlike(one: unknown, other: unknown): boolean {
  if (typeof one === "number" && typeof other === "number") {
    return Math.abs(one - other) < SHOWN_ALIKE_KG;
  }
  return one === other;
}

function onlyChange(action: Action): [string, unknown] | null {
  const changes = Object.entries((action.changes as Record<string, unknown> | undefined) ?? {});
  return changes.length === 1 ? (changes[0] as [string, unknown]) : null;
}
