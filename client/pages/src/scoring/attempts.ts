/** Attempts as the table names and judges them. Order, totals and places come from the replica. */

import type { Attempt, Lift, LifterRow, PlatformView } from "spotter-client";
import { attemptDoubt } from "../common/validate.ts";
import { isolated } from "../common/words.ts";

/** A lift's names. */
export const LIFTS = [
  { letter: "S", lift: "squat", title: "Squat" },
  { letter: "B", lift: "bench", title: "Bench" },
  { letter: "D", lift: "deadlift", title: "Deadlift" },
] as const;

/** One attempt of one lifter. */
export interface Slot {
  readonly id: number;
  readonly lift: Lift;
  /** From 1. */
  readonly slot: number;
}

/** The register of an attempt. */
export function pathOf(slot: Slot): string {
  return `entries.${slot.id}.${liftOf(slot.lift).lift}.${slot.slot}`;
}

/** A lift's names by its letter. */
export function liftOf(letter: Lift): (typeof LIFTS)[number] {
  const [squat, bench, deadlift] = LIFTS;
  return letter === "S" ? squat : letter === "B" ? bench : deadlift;
}

/** A lifter's attempts at a lift. */
export function attemptsOf(row: LifterRow, letter: Lift): readonly Attempt[] {
  return row[liftOf(letter).lift];
}

/** Whether a lifter takes part in a lift. */
export function takesPart(row: LifterRow, letter: Lift): boolean {
  return row.events.length === 0 || row.events.some((event) => event.includes(letter));
}

/** How many attempts the table shows: a 4th where the meet has them, or where somebody has one. */
export function slotsShown(view: PlatformView, letter: Lift): number {
  const fourth = view.lifters.some((row) => (attemptsOf(row, letter)[3]?.kg ?? 0) !== 0);
  return view.meet.allow4thAttempts || fourth ? 4 : 3;
}

/** Attempts that have been judged while the one after has no weight yet, first the one judged last in lifting order. */
export function wanted(view: PlatformView): Slot[] {
  const last = Math.min(view.attempt, 2);
  return view.lifters.flatMap((row) => {
    if (!takesPart(row, view.lift)) return [];
    const attempts = attemptsOf(row, view.lift);
    for (let slot = 1; slot <= last; slot++) {
      if ((attempts[slot - 1]?.status ?? 0) !== 0 && (attempts[slot]?.kg ?? 0) === 0) {
        return [{ id: row.id, lift: view.lift, slot: slot + 1 }];
      }
    }
    return [];
  });
}

/** Attempts still to come whose weight is seldom meant: they can be put right for as long as nobody has lifted it. */
export function doubted(view: PlatformView): Slot[] {
  return view.lifters.flatMap((row) => {
    const attempts = attemptsOf(row, view.lift);
    const slot = attempts.findIndex((attempt) => attempt.status === 0) + 1;
    const kg = attempts[slot - 1]?.kg ?? 0;
    return attemptDoubt(kg, slot, attempts) === null ? [] : [{ id: row.id, lift: view.lift, slot }];
  });
}

/** "good lift", "no lift", or nothing. */
export function verdictWords(status: number): string {
  return status === 1 ? "good lift" : status === -1 ? "no lift" : "not lifted";
}

/** Why nobody is to lift. */
export function restWords(view: PlatformView): string {
  const taking = view.lifters.filter((row) => takesPart(row, view.lift));
  if (view.lifters.length === 0) return "Nobody is in this flight.";
  if (taking.length === 0) return `Nobody in this flight has a ${liftOf(view.lift).title.toLowerCase()}.`;
  const opened = taking.some((row) => attemptsOf(row, view.lift).some((attempt) => attempt.kg !== 0));
  return opened ? "Flight complete." : "Nobody has an opener yet.";
}

/** "Nora Quinn, squat 2". */
export function slotWords(slot: Slot, name: string): string {
  return `${isolated(name)}, ${liftOf(slot.lift).title.toLowerCase()} ${slot.slot}`;
}

/** Of the judged attempts at the platform's lift, the one judged last by the clocks of those who judged; null if none. */
export function lastJudged(view: PlatformView, timeOf: (path: string) => string | undefined): Slot | null {
  let found: { slot: Slot; time: string } | null = null;
  for (const row of view.lifters) {
    attemptsOf(row, view.lift).forEach((attempt, index) => {
      if (attempt.status === 0) return;
      const slot = { id: row.id, lift: view.lift, slot: index + 1 };
      const time = timeOf(pathOf(slot)) ?? "";
      if (found === null || time >= found.time) found = { slot, time };
    });
  }
  return (found as { slot: Slot } | null)?.slot ?? null;
}

/** The next of a list after the one given, from the start again after the last. */
export function after<T>(list: readonly T[], one: T): T | undefined {
  return list[(list.indexOf(one) + 1) % Math.max(1, list.length)];
}

/** The event that a lifter's total is of, which is that of the first place; "" for somebody who is in one event only. */
export function totalEvent({ places }: LifterRow): string {
  const [first, ...others] = places;
  return first !== undefined && others.some(({ event }) => event !== first.event) ? first.event : "";
}

/** A lifter's places in words: "2", or "2 (Open), 1 (Open, BD)" where there are several. */
export function placeWords(places: LifterRow["places"]): string {
  const known = places.filter((place) => place.place !== "");
  const events = new Set(places.map((place) => place.event)).size;
  const what = (place: { event: string; division: string }) =>
    [place.division, events > 1 ? place.event : ""].filter((part) => part !== "").join(", ");
  return known
    .map((place) =>
      places.length > 1 && what(place) !== "" ? `${place.place} (${what(place)})` : place.place,
    )
    .join(", ");
}
