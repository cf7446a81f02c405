/** What is measured, on its way to the tables of `spotter-bench`, which computes medians and ratios. */

/** What a figure is compared with. */
export interface Reference {
  readonly what: string;
  readonly rounds: readonly number[];
}

/** One figure: a value of each round. */
export interface Figure {
  readonly what: string;
  readonly unit: string;
  readonly rounds: readonly number[];
  readonly reference?: Reference;
  /** What the value, or its ratio to the reference, may be at most. */
  readonly bar?: { readonly value: number } | { readonly ratio: number };
}

/** Hands over a figure. */
export function tell(figure: Figure): void {
  console.log(JSON.stringify({ figure }));
}

/** Hands over words for the one who waits. */
export function say(words: string): void {
  console.log(JSON.stringify({ say: words }));
}

/** The value in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const last = sorted.length - 1;
  return ((sorted[Math.floor(last / 2)] ?? Number.NaN) + (sorted[Math.ceil(last / 2)] ?? Number.NaN)) / 2;
}
