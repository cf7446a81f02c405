/** What a scoreboard shows, as elements. */

import type { Units } from "../feed/address.ts";
import {
  type Attempt,
  attemptsOf,
  type Lift,
  type LifterRow,
  lifterOf,
  type Picture,
} from "../feed/display.ts";
import { element, typed } from "../feed/dom.ts";
import { drawnBar } from "../feed/plates.ts";
import { attemptOf, bare, classOf, competitionOf, liftName, withUnit } from "../feed/shown.ts";
import { COLUMNS, type Column, type ScoreboardOptions } from "./options.ts";

/** The attempts at a lift that have a column. */
interface Attempts {
  readonly lift: Lift;
  readonly numbers: readonly number[];
}

/** How wide about each column is, in em; a team stands with the name. */
const WIDTHS: Readonly<Record<Column, number>> = {
  team: 0,
  lot: 2.5,
  class: 4,
  bodyweight: 5.5,
  rack: 6,
  total: 5,
  place: 3,
};
/** Those that a narrow screen has, by the style sheet. */
export const NARROW_COLUMNS: readonly Column[] = ["lot", "total", "place"];
const LIFTS: readonly Lift[] = ["S", "B", "D"];

/** The scoreboard for a picture. */
export function scoreboardView(picture: Picture, options: ScoreboardOptions): HTMLElement[] {
  return [heading(picture), present(picture, options), table(picture, options)];
}

function heading({ platform }: Picture): HTMLElement {
  const where = `Platform ${platform.platform} · Flight ${platform.flight} · ${liftName(platform.lift)}`;
  return element(
    "header",
    "heading",
    element(
      "h1",
      "meet-name",
      typed("", platform.meet.name === "" ? "Powerlifting meet" : platform.meet.name),
    ),
    element("p", "where", where),
  );
}

function present(picture: Picture, { units }: ScoreboardOptions): HTMLElement {
  const { platform } = picture;
  const row = lifterOf(picture, platform.current);
  if (row === null) {
    const words =
      picture.lifters.length === 0 ? "Nobody is in this flight" : `${liftName(platform.lift)} complete`;
    return element("section", "present complete", element("p", "name", words));
  }
  const attempt = attemptOf(row, platform.lift, platform.attempt);
  const rack = platform.lift === "S" ? row.squatRackInfo : platform.lift === "B" ? row.benchRackInfo : "";
  return element(
    "section",
    "present",
    element("p", "name", typed("", row.name)),
    element("p", "attempt-number", `Attempt ${platform.attempt}`),
    attempt === null ? null : element("p", "weight", withUnit(attempt.kg, platform.meet.inKg, units)),
    rack === "" ? null : element("p", "rack", "Rack ", typed("", rack)),
    platform.loading === null ? null : drawnBar(platform.loading),
  );
}

function table(picture: Picture, options: ScoreboardOptions): HTMLElement {
  const { platform, lifters } = picture;
  const lifts = LIFTS.filter((lift) => lift === platform.lift || lifters.some((row) => isIn(row, lift)));
  const columns = lifts.map((lift) => ({ lift, numbers: numbersOf(lifters, lift) }));
  const { show } = options;
  const caption = `Flight ${platform.flight}, in ${orderWords(options.sort)}`;
  const head = element(
    "tr",
    "",
    heads("Lifter", "lifter"),
    show.has("lot") ? heads("Lot", "lot") : null,
    show.has("class") ? heads("Class", "class") : null,
    show.has("bodyweight") ? heads("Bodyweight", "bodyweight") : null,
    show.has("rack") ? heads("Rack", "rack") : null,
    ...columns.flatMap(({ lift, numbers }) =>
      numbers.map((number) => heads(`${lift}${number}`, liftClass(lift, platform.lift))),
    ),
    show.has("total") ? heads(platform.projected ? "Projected" : "Total", "total") : null,
    show.has("place") ? heads("Place", "place") : null,
  );
  const rows = sorted(lifters, options.sort).map((row) => lifterRow(row, picture, columns, options));
  const made = element(
    "table",
    "board",
    element("caption", "for-readers", caption),
    element("thead", "", head),
    element("tbody", "", ...rows),
  );
  made.style.setProperty("--rows", String(Math.max(rows.length, 6)));
  const shown = COLUMNS.filter((column) => show.has(column));
  const wide = widthOf(11, shown, columns, picture, options.units);
  const few = shown.filter((column) => NARROW_COLUMNS.includes(column));
  const now = columns.filter(({ lift }) => lift === platform.lift);
  const narrow = widthOf(7, few, now, picture, options.units);
  made.style.setProperty("--width", String(wide));
  made.style.setProperty("--narrow-width", String(narrow));
  return element("div", "board-frame", made);
}

/** About how wide a table with these columns is, in em. */
function widthOf(
  name: number,
  others: readonly Column[],
  attempts: readonly Attempts[],
  { platform, lifters }: Picture,
  units: Units,
): number {
  const shown = attempts.flatMap(({ lift, numbers }) =>
    numbers.flatMap((number) =>
      lifters.map((row) => bare(attemptsOf(row, lift)[number - 1]?.kg ?? 0, platform.meet.inKg, units)),
    ),
  );
  const letters = Math.max(5, ...shown.map((text) => text.length));
  const count = attempts.reduce((sum, { numbers }) => sum + numbers.length, 0);
  return others.reduce((sum, column) => sum + WIDTHS[column], name + count * (0.7 + 0.6 * letters));
}

function lifterRow(
  row: LifterRow,
  { platform }: Picture,
  columns: readonly Attempts[],
  { show, units }: ScoreboardOptions,
): HTMLElement {
  const isCurrent = row.id === platform.current;
  const role = isCurrent ? "current" : row.id === platform.next ? "following" : "";
  const { inKg } = platform.meet;
  const name = element(
    "th",
    "lifter",
    typed("name", row.name),
    ...(show.has("team") && row.team !== "" ? [" ", typed("team", row.team)] : []),
    isCurrent ? element("span", "for-readers", " (lifting)") : null,
    role === "following" ? element("span", "for-readers", " (next)") : null,
  );
  name.scope = "row";
  return element(
    "tr",
    role,
    name,
    show.has("lot") ? element("td", "lot", row.lot === 0 ? "" : String(row.lot)) : null,
    show.has("class") ? element("td", "class", classOf(row, inKg, units)) : null,
    show.has("bodyweight")
      ? element("td", "bodyweight", row.bodyweightKg === 0 ? "" : bare(row.bodyweightKg, inKg, units))
      : null,
    show.has("rack") ? element("td", "rack", ...racks(row)) : null,
    ...columns.flatMap(({ lift, numbers }) =>
      numbers.map((number) => {
        const isNow = isCurrent && lift === platform.lift && number === platform.attempt;
        return attemptCell(
          attemptsOf(row, lift)[number - 1],
          liftClass(lift, platform.lift),
          isNow,
          inKg,
          units,
        );
      }),
    ),
    ...standing(row, inKg, { show, units }),
  );
}

/** Total and place of one competition; which one is said in the last of the two, where their lifter is in several. */
function standing(
  row: LifterRow,
  inKg: boolean,
  { show, units }: Pick<ScoreboardOptions, "show" | "units">,
): HTMLElement[] {
  const texts: readonly (readonly [Column, string])[] = [
    ["total", row.totalKg === 0 ? "" : bare(row.totalKg, inKg, units)],
    ["place", row.places[0]?.place ?? ""],
  ];
  const shown = texts.filter(([column]) => show.has(column));
  const told = competitionOf(row);
  return shown.map(([column, text], at) =>
    at === shown.length - 1 && text !== "" && told !== ""
      ? element("td", column, text, " ", typed("of", told))
      : element("td", column, text),
  );
}

function racks({ squatRackInfo, benchRackInfo }: LifterRow): (Node | string)[] {
  const [first, second] = [squatRackInfo, benchRackInfo].filter(Boolean).map((rack) => typed("", rack));
  if (first === undefined) return [];
  return second === undefined ? [first] : [first, " · ", second];
}

function attemptCell(
  attempt: Attempt | undefined,
  lift: string,
  isNow: boolean,
  inKg: boolean,
  units: ScoreboardOptions["units"],
): HTMLElement {
  if (attempt === undefined || attempt.kg === 0) return element("td", `attempt none ${lift}`);
  const state = attempt.status === 1 ? "good" : attempt.status === -1 ? "bad" : isNow ? "open now" : "open";
  const words = attempt.status === 1 ? " good lift" : attempt.status === -1 ? " no lift" : null;
  const weight = bare(attempt.kg, inKg, units);
  return element(
    "td",
    `attempt ${state} ${lift}`,
    weight,
    words === null ? null : element("span", "for-readers", words),
  );
}

function heads(text: string, classes: string): HTMLElement {
  const made = element("th", classes, text);
  made.scope = "col";
  return made;
}

/** Three attempts, and the fourth where anybody takes one. */
function numbersOf(lifters: readonly LifterRow[], lift: Lift): number[] {
  const fourth = lifters.some((row) => (attemptsOf(row, lift)[3]?.kg ?? 0) !== 0);
  return fourth ? [1, 2, 3, 4] : [1, 2, 3];
}

function isIn(row: LifterRow, lift: Lift): boolean {
  return row.events.some((event) => event.includes(lift)) || attemptsOf(row, lift).some(({ kg }) => kg !== 0);
}

function liftClass(lift: Lift, present: Lift): string {
  return lift === present ? "this-lift" : "other-lift";
}

function orderWords(sort: ScoreboardOptions["sort"]): string {
  switch (sort) {
    case "order":
      return "lifting order";
    case "lot":
      return "order of lots";
    case "name":
      return "order of names";
    case "total":
      return "order of totals";
  }
}

/** Rows as the address wants them; equal ones stay in lifting order. */
export function sorted(rows: readonly LifterRow[], sort: ScoreboardOptions["sort"]): readonly LifterRow[] {
  switch (sort) {
    case "order":
      return rows;
    case "lot":
      return [...rows].sort((a, b) => a.lot - b.lot);
    case "name":
      return [...rows].sort((a, b) => a.name.localeCompare(b.name));
    case "total":
      return [...rows].sort((a, b) => b.totalKg - a.totalKg);
  }
}
