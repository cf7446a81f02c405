/**
 * How old a picture is, by the clock of whoever made it.
 *
 * The two clocks may differ by hours. The snapshot says when its request arrived; half of the round trip is the error.
 */

/** What one exchange tells of two clocks. */
export interface Exchange {
  /** When the request left, by our clock. */
  readonly askedAt: number;
  /** When the answer came, by our clock. */
  readonly answeredAt: number;
  /** When the request arrived, by theirs. */
  readonly requestedAt: number;
}

/** How far their clock is ahead of ours. */
export interface Offset {
  readonly aheadMs: number;
  /** The truth lies within this much of `aheadMs`, either way. */
  readonly errorMs: number;
}

/** Reads the offset from an exchange. */
export function offsetOf(exchange: Exchange): Offset {
  const errorMs = Math.max(0, exchange.answeredAt - exchange.askedAt) / 2;
  return { aheadMs: exchange.requestedAt - (exchange.askedAt + errorMs), errorMs };
}

/** The better of two: a shorter round trip tells more, but clocks drift, so that an old one does not count for ever. */
export function better(held: Offset | null, fresh: Offset): Offset {
  const driftMs = 1_000;
  return held !== null && held.errorMs + driftMs < fresh.errorMs ? held : fresh;
}

/** The age of what was made at `generatedAt`, never below zero. */
export function ageMs(generatedAt: number, now: number, offset: Offset | null): number {
  return Math.max(0, now + (offset?.aheadMs ?? 0) - generatedAt);
}

/** An age as people say it: `4 s`, `3 min`, `2 h`. */
export function spokenAge(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
}
