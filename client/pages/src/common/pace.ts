/**
 * Keeps a page from drawing more than it can: what arrives while it rests is shown together.
 */

/** What pacing needs of a browser. */
export interface PaceClock {
  readonly now: () => number;
  readonly later: (run: () => void, ms: number) => unknown;
}

const HERE: PaceClock = { now: () => performance.now(), later: (run, ms) => setTimeout(run, ms) };

/** For each millisecond of work it rests so many, so that typing stays quick while many others write. */
const REST = 2;

/**
 * Hands items on to `show`: at once if it has rested, else with those that come meanwhile. `urgent` ones, such as a
 * person's own edits, never wait.
 */
export function paced<T>(
  show: (items: readonly T[]) => void,
  clock: PaceClock = HERE,
): (items: readonly T[], urgent: boolean) => void {
  let waiting: T[] = [];
  let restsUntil = Number.NEGATIVE_INFINITY;
  let isSet = false;
  const flush = () => {
    if (waiting.length === 0) return;
    const items = waiting;
    waiting = [];
    const began = clock.now();
    show(items);
    const ended = clock.now();
    restsUntil = ended + REST * (ended - began);
  };
  return (items, urgent) => {
    waiting.push(...items);
    if (urgent || clock.now() >= restsUntil) return flush();
    if (isSet) return;
    isSet = true;
    clock.later(() => {
      isSet = false;
      flush();
    }, restsUntil - clock.now());
  };
}
