/** How long a reader waits before it tries again. It never gives up. */

const FIRST_MS = 500;
const LAST_MS = 30_000;

/** The wait after so many failures in a row: doubled each time, bounded, and spread so that readers do not return in step. */
export function backoffMs(failures: number, random: number): number {
  const whole = Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(failures, 16));
  return Math.round(whole * (0.5 + random / 2));
}
