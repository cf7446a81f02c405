/** Weights, lifts and verdicts as a display shows them. */

import type { Units } from "./address.ts";
import { type Attempt, attemptsOf, type Lift, type LifterRow, type Picture } from "./display.ts";
import { REVOKED_KEY, type Refusal } from "./overlap.ts";
import type { Credential } from "./reader.ts";

const POUNDS = 2.20462262;

/** A weight as OpenLifter displays it: at most two decimals, and .x9 is taken up to the next tenth. */
export function displayWeight(kg: number, unit: "kg" | "lb"): string {
  let hundredths = Math.floor((unit === "kg" ? kg : kg * POUNDS) * 100 + 0.5);
  if (hundredths % 10 === 9) hundredths += 1;
  return String(hundredths / 100);
}

/** A weight with its unit, or with both units, the meet's first. */
export function withUnit(kg: number, inKg: boolean, units: Units): string {
  const own = inKg ? "kg" : "lb";
  const other = inKg ? "lb" : "kg";
  switch (units) {
    case "kg":
    case "lb":
      return `${displayWeight(kg, units)} ${units}`;
    case "meet":
      return `${displayWeight(kg, own)} ${own}`;
    case "both":
      return `${displayWeight(kg, own)} ${own} · ${displayWeight(kg, other)} ${other}`;
  }
}

/** A weight in a table: no unit, and only one of them. */
export function bare(kg: number, inKg: boolean, units: Units): string {
  return displayWeight(kg, units === "kg" || units === "lb" ? units : inKg ? "kg" : "lb");
}

/** A weight class, which is a name in the meet's unit: where weights are shown in the other, it says its own. */
export function classOf({ weightClass }: LifterRow, inKg: boolean, units: Units): string {
  const own = inKg ? "kg" : "lb";
  const other = inKg ? "lb" : "kg";
  return weightClass !== "" && units === other ? `${weightClass} ${own}` : weightClass;
}

/** Which competition a row's total and place are of, by what tells it from others its lifter is in; "" if there are none. */
export function competitionOf({ places }: LifterRow): string {
  const [first] = places;
  if (first === undefined) return "";
  const { division, event } = first;
  const told = [
    places.some((place) => place.division !== division) ? division : "",
    places.some((place) => place.event !== event) ? event : "",
  ];
  return told.filter((part) => part !== "").join(", ");
}

/** The word for a lift. */
export function liftName(lift: Lift): string {
  switch (lift) {
    case "S":
      return "Squat";
    case "B":
      return "Bench press";
    case "D":
      return "Deadlift";
  }
}

/** The attempt that somebody is about to make. */
export function attemptOf(row: LifterRow, lift: Lift, attempt: number): Attempt | null {
  const found = attemptsOf(row, lift)[attempt - 1];
  return found !== undefined && isCalled(found) ? found : null;
}

/** Whether a weight was named; a lift refused without one has a negative zero. */
function isCalled(attempt: Attempt): boolean {
  return attempt.kg !== 0;
}

function isPending(row: LifterRow, lift: Lift, attempt: number): boolean {
  return attemptOf(row, lift, attempt)?.status === 0;
}

/** Somebody who lifts soon, and at which attempt. */
export interface Upcoming {
  readonly row: LifterRow;
  readonly attempt: number;
}

/**
 * Who lifts after the present one: the rest of this attempt in lifting order, then the next attempts called so far.
 *
 * The first of them is the relay's `next`.
 */
export function upcoming({ platform, lifters }: Picture, count: number): readonly Upcoming[] {
  const { current, attempt, lift } = platform;
  const at = lifters.findIndex((row) => row.id === current);
  if (current === null || at < 0) return [];
  const now = lifters.slice(at + 1).filter((row) => isPending(row, lift, attempt));
  const then = lifters.slice(0, at + 1).filter((row) => isPending(row, lift, attempt + 1));
  const both = [
    ...now.map((row) => ({ row, attempt })),
    ...then.map((row) => ({ row, attempt: attempt + 1 })),
  ];
  return both.slice(0, count);
}

/** Why a relay turned a display away, which came with a key or a password, and what to do about it. */
export function refusalWords(refusal: Refusal, by: Credential["kind"]): string {
  if (refusal.code === REVOKED_KEY) {
    return "The key of this address has been revoked. Ask a location of the meet for a new address.";
  }
  switch (refusal.status) {
    case 401:
    case 403:
      return by === "password"
        ? "The relay does not accept this: the meet or its password is wrong. Type the password again."
        : "The relay does not accept this: the meet or the key is wrong, or the key was revoked. Copy the whole address from the Live page again.";
    default:
      return refusal.reason === ""
        ? "The relay does not know this meet, day or platform."
        : `The relay does not show this: ${refusal.reason}.`;
  }
}
