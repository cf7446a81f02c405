/** Lifters as the table shows them: what is looked for, and what is still missing. */

/** An entry as OpenLifter saves it, as far as this page reads it. */
export interface Entry {
  readonly id: number;
  readonly name: string;
  readonly day: number;
  readonly platform: number;
  readonly flight: string;
  readonly sex: string;
  readonly team: string;
  readonly lot: number;
  readonly events: readonly string[];
  readonly divisions: readonly string[];
  readonly equipment: string;
  readonly bodyweightKg: number;
  readonly squatRackInfo: string;
  readonly benchRackInfo: string;
  readonly squatKg: readonly number[];
  readonly benchKg: readonly number[];
  readonly deadliftKg: readonly number[];
}

/** What the list is narrowed to; "" is everything. */
export interface Filter {
  readonly text: string;
  readonly day: string;
  readonly platform: string;
  readonly flight: string;
  readonly only: "" | "not weighed" | "incomplete";
}

/** A list that is not narrowed. */
export const EVERYBODY: Filter = { text: "", day: "", platform: "", flight: "", only: "" };

/** The lifts with what the weigh-in asks about each. */
export const LIFTS = [
  { letter: "S", lift: "squat", title: "Squat", kg: "squatKg", rack: "squatRackInfo" },
  { letter: "B", lift: "bench", title: "Bench", kg: "benchKg", rack: "benchRackInfo" },
  { letter: "D", lift: "deadlift", title: "Deadlift", kg: "deadliftKg", rack: null },
] as const;

/** Whether an entry does a lift; one without events may do any. */
export function does(entry: Entry, letter: string): boolean {
  return entry.events.length === 0 || entry.events.some((event) => event.includes(letter));
}

/** What is still missing before this lifter can lift, in words. */
export function missing(entry: Entry): string[] {
  const lacks: string[] = [];
  if (entry.events.length === 0) lacks.push("event");
  if (entry.bodyweightKg === 0) lacks.push("body weight");
  for (const { letter, title, kg, rack } of LIFTS) {
    if (!does(entry, letter) || entry.events.length === 0) continue;
    if ((entry[kg][0] ?? 0) === 0) lacks.push(`${title.toLowerCase()} opener`);
    if (rack !== null && entry[rack] === "") lacks.push(`${title.toLowerCase()} rack`);
  }
  return lacks;
}

/** Whether this page shows a path: of the attempts, the openers alone. */
export function onScreen(path: string): boolean {
  const [place, , field = "", slot = "1"] = path.split(".");
  return place === "entries" && (slot === "1" || !LIFTS.some(({ lift }) => lift === field));
}

/** The entries that a filter lets through, in their own order. */
export function narrowed(entries: readonly Entry[], filter: Filter): Entry[] {
  const words = plain(filter.text).split(/\s+/).filter(Boolean);
  return entries.filter((entry) => {
    const at = plain(`${entry.name} ${entry.team} ${entry.divisions.join(" ")} ${entry.lot || ""}`);
    return (
      words.every((word) => at.includes(word)) &&
      fits(filter.day, entry.day) &&
      fits(filter.platform, entry.platform) &&
      fits(filter.flight, entry.flight) &&
      (filter.only === "" ||
        (filter.only === "not weighed" ? entry.bodyweightKg === 0 : missing(entry).length > 0))
    );
  });
}

/** Draws lots from 1 for those given; `random` gives whole numbers below its argument. */
export function drawn(ids: readonly number[], random: (below: number) => number): Map<number, number> {
  const lots = ids.map((_, index) => index + 1);
  for (let last = lots.length - 1; last > 0; last--) {
    const other = random(last + 1);
    [lots[last], lots[other]] = [lots[other] ?? 0, lots[last] ?? 0];
  }
  return new Map(ids.map((id, index) => [id, lots[index] ?? 0]));
}

function fits(wanted: string, value: number | string): boolean {
  return wanted === "" || wanted === String(value);
}

/** Lower case without accents, so that Zoe finds Zoë. */
function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
