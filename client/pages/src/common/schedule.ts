/** The days and platforms of a meet: those it has, and those on which a lifter was left when it was made shorter. */

import type { OpenLifterState } from "spotter-client";

/** Bounds what an address or a file may name, so that no list of days has millions. */
export const NUMBER_MAX = 99;

/** How many days there are to look at. */
export function daysOf(state: OpenLifterState): number {
  return largest(daysPlanned(state), ...entries(state).map((entry) => entry.day));
}

/** How many days the meet has. */
export function daysPlanned(state: OpenLifterState): number {
  return largest(1, state.meet.lengthDays);
}

/** How many platforms there are to look at on a day. */
export function platformsOf(state: OpenLifterState, day: number): number {
  const there = entries(state).filter((entry) => entry.day === day);
  return largest(platformsPlanned(state, day), ...there.map((entry) => entry.platform));
}

/** How many platforms the meet has on a day; none after its last. */
export function platformsPlanned(state: OpenLifterState, day: number): number {
  if (day > daysPlanned(state)) return 0;
  const counts: unknown = state.meet.platformsOnDays;
  return largest(1, Array.isArray(counts) ? counts[day - 1] : 1);
}

/** Every day and platform there is to look at. */
export function screensOf(state: OpenLifterState): { readonly day: number; readonly platform: number }[] {
  return upTo(daysOf(state)).flatMap((day) =>
    upTo(platformsOf(state, day)).map((platform) => ({ day, platform })),
  );
}

/** 1, 2, … up to a number. */
export function upTo(most: number): number[] {
  return Array.from({ length: most }, (_, index) => index + 1);
}

/** A day or platform as an address names it; the first if it names none. */
export function numberOf(text: string | null): number {
  const number = Number(text);
  return isNumber(number) ? number : 1;
}

function isNumber(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= NUMBER_MAX;
}

function largest(...values: readonly unknown[]): number {
  return Math.max(0, ...values.filter(isNumber));
}

function entries(state: OpenLifterState): readonly Record<string, unknown>[] {
  return state.registration.entries;
}
