/** Which verdict is on the screen, and for how long. */

import { attemptsOf, type Lift, lifterOf, type Picture } from "../feed/display.ts";

/** An attempt that has just been judged. */
export interface Verdict {
  readonly id: number;
  readonly lift: Lift;
  readonly attempt: number;
  readonly good: boolean;
  /** When it leaves the screen. */
  readonly until: number;
}

/**
 * The verdict to show after a change that was witnessed.
 *
 * A lifter's verdict appears if it was their turn and the change gave it: who is called again to an attempt that has
 * been judged, and is not judged anew, gets none. While it is on the screen it follows what is said of that attempt: it
 * turns when a mis-marked lift is corrected, and goes when the verdict is taken back or the lifter is gone.
 */
export function verdictAfter(
  held: Verdict | null,
  before: Picture | null,
  after: Picture,
  now: number,
  holdMs: number,
): Verdict | null {
  const fresh = before === null ? null : judged(before, after, now + holdMs);
  return fresh ?? (held === null ? null : followed(held, after, now, holdMs));
}

/** What remains of a verdict after a picture that was fetched whole: nobody saw what led to it. */
export function verdictKept(held: Verdict | null, after: Picture, now: number): Verdict | null {
  const kept = held === null ? null : followed(held, after, now, 0);
  return kept?.good === held?.good ? kept : null;
}

function judged(before: Picture, after: Picture, until: number): Verdict | null {
  const { current: id, lift, attempt } = before.platform;
  if (id === null) return null;
  const status = statusOf(after, id, lift, attempt);
  if (status === null || status === 0 || status === statusOf(before, id, lift, attempt)) return null;
  return { id, lift, attempt, good: status === 1, until };
}

function followed(held: Verdict, after: Picture, now: number, holdMs: number): Verdict | null {
  const status = statusOf(after, held.id, held.lift, held.attempt);
  if (held.until <= now || status === null || status === 0) return null;
  const good = status === 1;
  return good === held.good ? held : { ...held, good, until: now + holdMs };
}

function statusOf(picture: Picture, id: number, lift: Lift, attempt: number): -1 | 0 | 1 | null {
  const row = lifterOf(picture, id);
  const found = row && attemptsOf(row, lift)[attempt - 1];
  return found?.status ?? null;
}
