/** What a scoreboard's address can ask for. */

import { type Address, addressOf, Options } from "../feed/address.ts";

/** Columns that can be left out or added. */
export const COLUMNS = ["team", "lot", "class", "bodyweight", "rack", "total", "place"] as const;
/** One of them. */
export type Column = (typeof COLUMNS)[number];

/** What rows can be sorted by. */
export const SORTS = ["order", "lot", "name", "total"] as const;
const THEMES = ["auto", "dark", "light"] as const;

/** The address of a scoreboard, read. */
export interface ScoreboardOptions extends Address {
  readonly show: ReadonlySet<Column>;
  readonly sort: (typeof SORTS)[number];
  readonly theme: (typeof THEMES)[number];
  readonly remarks: readonly string[];
}

/** Reads a scoreboard's address. */
export function scoreboardOptions(path: string, search: string, fragment: string): ScoreboardOptions {
  const options = new Options(search);
  const read = {
    ...addressOf(options, path, fragment),
    show: new Set<Column>(options.words("show", COLUMNS, ["team", "class", "total", "place"])),
    sort: options.word("sort", SORTS, "order"),
    theme: options.word("theme", THEMES, "auto"),
  };
  options.others();
  return { ...read, remarks: options.remarks };
}
