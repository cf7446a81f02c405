/**
 * The rule of who wins, as docs/resolution.md says it, over what sites have written and seen. It knows nothing of
 * documents, changes or replicas, and reads OpenLifter's actions for itself.
 */

import type { Action, Entry, GlobalState, Lift, Meet } from "./stand-in/state.js";

interface Write {
  site: string;
  priority: number;
  value: string;
  /** The writes that it replaces: those its author knew and nobody the author knew of had replaced. */
  replaces: Write[];
}

/** A site, as the rule knows it. */
export interface Author {
  name: string;
  priority: number;
}

/** The relay keeps what it has seen for those who connect later. */
const RELAY = "the relay";

/** All writes of a meet, and who has seen which. */
export class Rule {
  private readonly registers = new Map<string, Write[]>();
  private readonly seen = new Map<string, Set<Write>>();

  constructor(sites: Author[], begun: GlobalState) {
    for (const name of [RELAY, ...sites.map((site) => site.name)]) {
      this.seen.set(name, new Set());
    }
    this.write(sites[0] as Author, flatten(begun));
    this.meet(sites.map(({ name }) => name));
  }

  /** A site gives registers values; one that shows the value already is left alone. */
  write(by: Author, values: Iterable<[string, unknown]>): void {
    for (const [path, given] of values) {
      const value = JSON.stringify(given);
      if (last(this.known(by.name, path))?.value !== value) {
        this.put(by, path, value);
      }
    }
  }

  /** A site writes once more what it shows, which settles what stood beside it. */
  keep(by: Author, path: string): void {
    this.put(by, path, last(this.known(by.name, path))?.value as string);
  }

  private put(by: Author, path: string, value: string): void {
    const replaces = standing(this.known(by.name, path));
    const write = { site: by.name, priority: by.priority, value, replaces };
    this.registers.set(path, [...(this.registers.get(path) ?? []), write]);
    this.seen.get(by.name)?.add(write);
  }

  /** These sites are connected: they and the relay see everything that any of them has seen. */
  meet(connected: string[]): void {
    const names = [RELAY, ...connected];
    const all = new Set(names.flatMap((name) => [...(this.seen.get(name) as Set<Write>)]));
    for (const name of names) {
      this.seen.set(name, new Set(all));
    }
  }

  /** What a site shows at a path. */
  shown(name: string, path: string): unknown {
    const write = last(this.known(name, path));
    return write && JSON.parse(write.value);
  }

  /** Every write of a path that a site knows, in the order of the replay: who wrote what. */
  history(name: string, path: string): { site: string; value: unknown }[] {
    return this.known(name, path).map(({ site, value }) => ({ site, value: JSON.parse(value) }));
  }

  /** Everything a site shows, but of entries that are withdrawn. */
  all(name: string): Map<string, unknown> {
    const shown = new Map<string, unknown>();
    for (const path of this.registers.keys()) {
      const value = this.shown(name, path);
      const [of, id] = path.split(".");
      const gone = of === "entries" && this.shown(name, `entries.${id}.deleted`) === true;
      if (value !== undefined && !gone) {
        shown.set(path, value);
      }
    }
    return shown;
  }

  /** The paths at which writes stand beside each other that have different values. */
  conflicts(name: string): string[] {
    const paths = [...this.registers.keys()];
    return paths
      .filter((path) => new Set(standing(this.known(name, path)).map(({ value }) => value)).size > 1)
      .sort();
  }

  private known(name: string, path: string): Write[] {
    const seen = this.seen.get(name) as Set<Write>;
    return replay((this.registers.get(path) ?? []).filter((write) => seen.has(write)));
  }
}

/** Of the writes whose predecessors have all been taken, the one of the lowest priority goes first. */
function replay(writes: Write[]): Write[] {
  const taken: Write[] = [];
  const left = new Set(writes);
  while (left.size > 0) {
    const ready = [...left].filter(({ replaces }) => replaces.every((write) => taken.includes(write)));
    const next = ready.reduce((lowest, write) => (write.priority < lowest.priority ? write : lowest));
    taken.push(next);
    left.delete(next);
  }
  return taken;
}

function last(writes: Write[]): Write | undefined {
  return writes.at(-1);
}

function standing(writes: Write[]): Write[] {
  const replaced = new Set(writes.flatMap(({ replaces }) => replaces));
  return writes.filter((write) => !replaced.has(write));
}

const NAMES = { S: "squat", B: "bench", D: "deadlift" } as const;
const BARS = {
  S: "squatBarAndCollarsWeightKg",
  B: "benchBarAndCollarsWeightKg",
  D: "deadliftBarAndCollarsWeightKg",
} as const;
const CLASSES = { M: "weightClassesKgMen", F: "weightClassesKgWomen", Mx: "weightClassesKgMx" } as const;

/** The registers of a store. */
export function flatten({ meet, registration }: GlobalState): Map<string, unknown> {
  return new Map([...ofMeet(meet), ...registration.entries.flatMap((entry) => ofEntry(entry.id, entry))]);
}

/** What an action writes at a site. `before` and `after` are its store's states, of which only ids and new entries count. */
export function writesOf(
  action: Action,
  rule: Rule,
  site: string,
  before: readonly number[],
  after: GlobalState,
): [string, unknown][] {
  const { entries } = after.registration;
  const attempt = `entries.${action.entryId}.${NAMES[action.lift as Lift]}.${action.attemptOneIndexed}`;
  const [kg, verdict] = (rule.shown(site, attempt) ?? [0, 0]) as [number, number];
  const added = entries.filter(({ id }) => !before.includes(id)).flatMap((entry) => ofEntry(entry.id, entry));
  switch (action.type) {
    case "SET_MEET_NAME":
      return [["meet.name", action.name]];
    case "SET_FORMULA":
      return [["meet.formula", action.formula]];
    case "SET_FEDERATION":
      return [["meet.federation", action.federation]];
    case "SET_DIVISIONS":
      return [["meet.divisions", action.divisions]];
    case "SET_MEET_DATE":
      return [["meet.date", action.date]];
    case "SET_LENGTH_DAYS":
      return [["meet.lengthDays", action.length], ...newDays(rule, site, action.length as number)];
    case "SET_PLATFORM_COUNT":
      return [[`meet.platformsOnDays.${action.day}`, action.count]];
    case "SET_IN_KG": {
      const { inKg, plates } = after.meet;
      const bars = Object.values(BARS).map((bar) => [bar, after.meet[bar]]);
      return ofMeet({ inKg, plates, ...Object.fromEntries(bars) } as Partial<Meet>);
    }
    case "SET_WEIGHTCLASSES":
      return [[`meet.${CLASSES[action.sex as keyof typeof CLASSES]}`, action.classesKg]];
    case "SET_BAR_AND_COLLARS_WEIGHT_KG":
      return [[`meet.${BARS[action.lift as Lift]}`, action.weightKg]];
    case "SET_PLATE_CONFIG": {
      const { weightKg, pairCount, color } = action;
      const path = `meet.plates.${weightKg}`;
      return rule.shown(site, path) === undefined ? [] : [[path, [pairCount, color]]];
    }
    case "UPDATE_MEET":
      return ofMeet(action.changes as Partial<Meet>);
    case "NEW_REGISTRATION":
      return added;
    case "DELETE_REGISTRATION":
      return [[`entries.${action.entryId}.deleted`, true]];
    case "UPDATE_REGISTRATION":
      return ofEntry(action.entryId as number, action.changes as Partial<Entry>);
    case "MERGE_PLATFORM": {
      const left = new Set(entries.map(({ id }) => id));
      const gone = before.filter((id) => !left.has(id));
      return [...gone.map((id): [string, unknown] => [`entries.${id}.deleted`, true]), ...added];
    }
    case "ASSIGN_LOT_NUMBERS": {
      const lots = action.lotNumbers as number[];
      return before.slice(0, lots.length).map((id, place) => [`entries.${id}.lot`, lots[place]]);
    }
    case "ENTER_ATTEMPT":
      return [[attempt, [action.weightKg, verdict]]];
    case "MARK_LIFT":
      return [[attempt, [kg, action.success ? 1 : -1]]];
    default:
      return [];
  }
}

function newDays(rule: Rule, site: string, length: number): [string, unknown][] {
  const days = Array.from({ length }, (_, day) => `meet.platformsOnDays.${day + 1}`);
  return days.filter((day) => rule.shown(site, day) === undefined).map((day) => [day, 1]);
}

function ofMeet({ platformsOnDays, plates, ...fields }: Partial<Meet>): [string, unknown][] {
  const days = (platformsOnDays ?? []).map((count, day): [string, unknown] => [
    `meet.platformsOnDays.${day + 1}`,
    count,
  ]);
  const list: [string, unknown][] = plates ? [["meet.plates", plates.map(({ weightKg }) => weightKg)]] : [];
  const each = (plates ?? []).map(({ weightKg, pairCount, color }): [string, unknown] => [
    `meet.plates.${weightKg}`,
    [pairCount, color],
  ]);
  const rest = Object.entries(fields).map(([name, value]): [string, unknown] => [`meet.${name}`, value]);
  return [...rest, ...days, ...list, ...each];
}

function ofEntry(id: number, entry: Partial<Entry>): [string, unknown][] {
  return Object.entries(entry).flatMap(([field, value]): [string, unknown][] => {
    const [, lift, part] = /^(squat|bench|deadlift)(Kg|Status)$/.exec(field) ?? [];
    if (lift === undefined) {
      return [[`entries.${id}.${field}`, value]];
    }
    if (part === "Status") {
      return [];
    }
    const verdicts = entry[`${lift}Status`] as number[];
    return (value as number[]).map((kg, slot) => [`entries.${id}.${lift}.${slot + 1}`, [kg, verdicts[slot]]]);
  });
}
