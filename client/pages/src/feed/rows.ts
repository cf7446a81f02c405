/**
 * The rules of a reader that is told of changes: which messages to apply, and how.
 *
 * Nothing here knows of a socket or of a lifter. What a reader does with these rules is in `overlap.ts` and `check.ts`.
 */

/** What a reader does with a message, by its revision. */
export type Verdict = "ignore" | "apply" | "start over";

/** Changes to a table whose rows have a key. */
export interface Changes<Key, Row> {
  /** Keys of rows that begin to exist; each of them is also in `update`. */
  readonly create: readonly Key[];
  /** Whole rows, not patches. */
  readonly update: readonly Row[];
  /** Keys of rows that cease to exist. */
  readonly destroy: readonly Key[];
}

/** Tells what to do with a message: what is known is ignored, the next is applied, after a gap one starts over. */
export function decide(held: number | null, revision: number): Verdict {
  if (held === null) return "start over";
  if (revision <= held) return "ignore";
  return revision === held + 1 ? "apply" : "start over";
}

/**
 * Applies changes: destroy, then create, then update.
 *
 * Returns `null` where they do not fit the rows at hand, so that nobody ever sees half of an update: a row is changed
 * that is not there, or one is created and not filled.
 */
export function apply<Key, Row>(
  rows: readonly Row[],
  changes: Changes<Key, Row>,
  keyOf: (row: Row) => Key,
): Row[] | null {
  const next = new Map<Key, Row | null>(rows.map((row) => [keyOf(row), row]));
  for (const key of changes.destroy) next.delete(key);
  for (const key of changes.create) if (!next.has(key)) next.set(key, null);
  for (const row of changes.update) {
    if (!next.has(keyOf(row))) return null;
    next.set(keyOf(row), row);
  }
  const filled: Row[] = [];
  for (const row of next.values()) {
    if (row === null) return null;
    filled.push(row);
  }
  return filled;
}

/** Sorts rows as an order of keys says; `null` unless it names every row, and each once. */
export function arrange<Key, Row>(
  rows: readonly Row[],
  order: readonly Key[],
  keyOf: (row: Row) => Key,
): Row[] | null {
  const known = new Map<Key, Row>(rows.map((row) => [keyOf(row), row]));
  const arranged: Row[] = [];
  for (const key of order) {
    const row = known.get(key);
    if (row === undefined) return null;
    known.delete(key);
    arranged.push(row);
  }
  return known.size === 0 ? arranged : null;
}
