/** Locations and their priorities as they are proposed, before the meet is live. */

/** One location that may be joined. */
export interface Place {
  readonly location: string;
  readonly priority: number;
}

/** One location as it is typed: its priority need not be a number yet. */
export interface TypedPlace {
  readonly location: string;
  readonly priority: string;
}

/** Locations as they are put into boxes. */
export function typed(roster: readonly Place[]): TypedPlace[] {
  return roster.map(({ location, priority }) => ({ location, priority: String(priority) }));
}

/** Locations as they were typed; what is no whole number makes no priority. */
export function readRoster(roster: readonly TypedPlace[]): Place[] {
  return roster.map(({ location, priority }) => ({
    location: location.trim(),
    priority: /^\s*\d+\s*$/.test(priority) ? Number(priority) : Number.NaN,
  }));
}

/** What is proposed for a meet with so many platforms: a name for each place, with priorities that all differ. */
export function proposed(platforms: number): Place[] {
  const tables = Array.from({ length: platforms }, (_, index) =>
    platforms === 1 ? "Platform" : `Platform ${index + 1}`,
  );
  const names = ["Registration", "Weigh-in", ...tables, "Jury"];
  return names.map((location, index) => ({ location, priority: (index + 1) * 10 }));
}

/** The priority that is proposed for one more location: above all that are there. */
export function nextPriority(roster: readonly Place[]): number {
  const known = roster.map((place) => place.priority).filter((priority) => !Number.isNaN(priority));
  return Math.floor(Math.max(0, ...known) / 10) * 10 + 10;
}

/** What is wrong with a roster; null if nothing. */
export function rosterError(roster: readonly Place[], own: string): string | null {
  const names = roster.map((place) => place.location);
  if (names.some((name) => name === "")) return "Every location needs a name.";
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return `“${twice}” stands there twice.`;
  const whole = roster.every(
    ({ priority }) => Number.isInteger(priority) && priority >= 0 && priority <= 1_000_000,
  );
  if (!whole) return "A priority is a whole number from 0 to 1000000.";
  return names.includes(own.trim()) ? null : "This device’s own location must be one of the list.";
}

/** A warning about equal priorities; null if all differ. */
export function equalPriorities(roster: readonly Place[]): string | null {
  const equal = roster.find(
    (place, index) => roster.findIndex((other) => other.priority === place.priority) !== index,
  );
  if (equal === undefined) return null;
  return `Two locations have priority ${equal.priority}: if both write the same thing unseen, the busier device wins, which nobody expects.`;
}
