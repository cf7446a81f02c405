/**
 * What the pages say: pure functions from what the replica reports to words and colours.
 */

import type { Status } from "spotter-client";

/** The colour of a message; always beside words, never instead of them. */
export type Tone = "good" | "warn" | "bad" | "plain";

/** A short message with its colour. */
export interface Said {
  readonly tone: Tone;
  readonly words: string;
}

/** The link's state in at most five words. */
export function linkWords(status: Status, holdsMeet: boolean): Said {
  if (status.cannotSave !== null) return { tone: "bad", words: "Cannot save" };
  if (!holdsMeet) return { tone: "plain", words: "No meet yet" };
  if (status.meetId === null) return { tone: "plain", words: "On this device only" };
  if (status.passwordWanted) return { tone: "bad", words: "Password wanted" };
  if (atRest(status)) return { tone: "plain", words: "Finished" };
  switch (status.link.state) {
    case "live":
      if (status.finished) return { tone: "plain", words: "Finished" };
      if (status.editsNotSent > 0)
        return { tone: "warn", words: `Live, sending ${edits(status.editsNotSent)}` };
      return status.needResync
        ? { tone: "warn", words: "Live, catching up" }
        : { tone: "good", words: "Live" };
    case "catching-up":
      return { tone: "warn", words: "Catching up" };
    case "joining":
      return { tone: "warn", words: "Connecting" };
    case "offline":
      return { tone: "bad", words: "Offline, saved here" };
  }
}

/** Whether this device may lack something the others have, or they something of it. Clears when catch-up is applied. */
export function outOfSync(status: Status): boolean {
  return status.meetId !== null && !atRest(status) && (status.link.state !== "live" || status.needResync);
}

/** Whether this is a finished meet that was told not to connect and has nothing to send. */
export function atRest(status: Status): boolean {
  const { finished, editsNotSent, link } = status;
  return finished && editsNotSent === 0 && link.state === "offline" && link.retryInMs === undefined;
}

/** "3 edits not sent yet, oldest 2 min"; null if there are none. */
export function notSentWords(status: Status, now: number): string | null {
  if (status.editsNotSent === 0) return null;
  const oldest = status.oldestNotSent === null ? "" : `, oldest ${age(status.oldestNotSent, now)}`;
  return `${edits(status.editsNotSent)} not sent yet${oldest}`;
}

/** "1 edit", "3 edits". */
export function edits(count: number): string {
  return counted(count, "edit");
}

/** A count with its noun. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** How long ago a time was: "just now", "40 s", "2 min", "3 h", "2 days". */
export function age(time: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(time)) / 1000));
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h`;
  return counted(Math.floor(seconds / 86400), "day");
}

/** A time as a person at the venue reads it: the hour, with the date unless it is today. */
export function clock(time: string, now: number): string {
  const then = new Date(time);
  if (Number.isNaN(then.getTime())) return time;
  const hour = `${pad(then.getHours())}:${pad(then.getMinutes())}`;
  const day = `${then.getFullYear()}-${pad(then.getMonth() + 1)}-${pad(then.getDate())}`;
  return then.toDateString() === new Date(now).toDateString() ? hour : `${day} ${hour}`;
}

function pad(number: number): string {
  return String(number).padStart(2, "0");
}

const ENTRY_FIELDS: Readonly<Record<string, string>> = {
  name: "name",
  sex: "sex",
  birthDate: "birth date",
  age: "age",
  bodyweightKg: "body weight",
  squatRackInfo: "squat rack",
  benchRackInfo: "bench rack",
  equipment: "equipment",
  divisions: "divisions",
  events: "events",
  flight: "flight",
  platform: "platform",
  day: "day",
  lot: "lot",
  team: "team",
  memberId: "member number",
  country: "country",
  state: "state",
  notes: "notes",
  guest: "guest",
  deleted: "withdrawal",
};

/** What a path means: "Nora Quinn, squat 2"; `name` tells the name of an entry. */
export function pathWords(path: string, name: (entry: string) => string | undefined): string {
  const [place, which, ...rest] = path.split(".");
  if (place === "entries" && which !== undefined) {
    const at = which.startsWith("@") ? [`${which}.${rest[0]}`, ...rest.slice(1)] : [which, ...rest];
    const entry = at[0] ?? which;
    return `${isolated(name(entry) || `lifter ${entry}`)}, ${fieldWords(at.slice(1))}`;
  }
  if (place === "lifting") return `day ${which}, platform ${rest[0]}: flight and lift`;
  if (place === "meet") return `meet: ${[which, ...rest].join(" ")}`;
  return path;
}

/** What a field of an entry is called: "squat 2", "body weight". */
export function fieldWords(field: readonly string[]): string {
  const [first = "", slot] = field;
  if (slot !== undefined) return `${first} ${slot}`;
  return ENTRY_FIELDS[first] ?? first;
}

/** One line about a change that came from elsewhere. */
export function changeWords(what: string, now: string, before: string, location: string): string {
  return `${what}: now ${now === "" ? "nothing" : isolated(now)}${before === "" ? "" : `, was ${isolated(before)}`}, by ${location}`;
}

/** One line about a field that somebody else has written meanwhile, so that something was not done. */
export function movedWords(what: string, now: string, location: string): string {
  return `${what} is ${now === "" ? "empty" : isolated(now)} by now, written by ${location}`;
}

/** What an undo took back: the path that it names first, and how many values in all. */
export function undoneWords(
  path: string | undefined,
  values: number,
  name: (entry: string) => string | undefined,
): string {
  if (path === undefined) return "the last edit";
  return `${pathWords(path, name)}${values > 1 ? `, and ${counted(values - 1, "other value")} of the same edit` : ""}`;
}

/** Letters that run from right to left, and characters that turn the direction of others. */
const TURNS =
  /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** A text as part of another one, which keeps its own direction and cannot turn what stands beside it. */
export function isolated(text: string): string {
  return TURNS.test(text) ? `\u2068${text}\u2069` : text;
}

/** A meet's number in groups of three, as people read it out. */
export function meetNumber(id: string): string {
  const digits = id.replace(/\D/g, "");
  return digits.length === 9 ? `${digits.slice(0, 3)}-${digits.slice(3, 6)}-${digits.slice(6)}` : id;
}

/**
 * Whether a new value took another one's place, so that whoever saw that has to take note. An attempt that is judged
 * keeps its weight: that is how a meet goes on, and nothing is replaced.
 */
export function replaces(before: unknown, now: unknown): boolean {
  if (Array.isArray(before) && Array.isArray(now) && before.length === 2 && typeof before[1] === "number") {
    const [kg, verdict] = before;
    return (kg !== 0 && kg !== now[0]) || (verdict !== 0 && verdict !== now[1]);
  }
  const empty = before === undefined || before === null || before === "" || before === 0 || before === false;
  return (
    !empty &&
    !(Array.isArray(before) && before.length === 0) &&
    JSON.stringify(before) !== JSON.stringify(now)
  );
}

/** Who else is there: a location, or another tab of this browser. */
export function whoWords(other: { location: string | null; tab?: string }): string {
  const place = other.location ?? "Somebody";
  return other.tab === undefined ? place : `${place}, in another tab of this browser,`;
}
