/** Reads messages of the network. Whatever does not have the expected shape is refused whole. */

import type {
  Attempt,
  AttemptStatus,
  Frame,
  Lift,
  LifterRow,
  Loading,
  Picture,
  Platform,
  Snapshot,
} from "./display.ts";
import { arrange } from "./rows.ts";

/** A message that is not what it should be; the text names the place. */
export class Misshapen extends Error {}

/** An object of which nothing is known yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** Reads the answer to `GET /live/{meet}/lifters`. */
export function parseSnapshot(message: unknown): Snapshot {
  const fields = fieldsOf(message, "snapshot");
  return {
    revision: revisionOf(fields),
    epoch: integer(fields.epoch, "epoch"),
    generatedAt: instant(fields, "generatedAt"),
    requestedAt: instant(fields, "requestedAt"),
    picture: pictureOf(fields),
  };
}

/** Reads one message of the feed. The words of the design's first draft are understood, too: `version`, `delete`. */
export function parseFrame(message: unknown): Frame {
  const fields = fieldsOf(message, "frame");
  const changes = fieldsOf(fields.lifters, "lifters");
  const platform = fields.platform === undefined ? null : fieldsOf(fields.platform, "platform");
  return {
    revision: revisionOf(fields),
    // The other rule's updates come without: its server answers a check, whatever run the version was of.
    epoch: fields.epoch === undefined ? null : integer(fields.epoch, "epoch"),
    generatedAt: instant(fields, "generatedAt"),
    create: list(changes, "create", integer),
    update: list(changes, "update", lifterOf),
    destroy: list(changes, changes.destroy === undefined ? "delete" : "destroy", integer),
    platform: platform && { ...platformOf(platform), order: list(platform, "order", integer) },
  };
}

/** Reads the whole picture out of a message that has one. */
export function pictureOf(fields: Fields): Picture {
  const platform = fieldsOf(fields.platform, "platform");
  const lifters = list(fields, "lifters", lifterOf);
  return whole({
    platform: platformOf(platform),
    lifters: ordered(lifters, list(platform, "order", integer)),
  });
}

/** The revision of a message: `revision`, or `version` where there is only that. */
export function revisionOf(fields: Fields): number {
  return integer(fields.revision ?? fields.version, "revision");
}

/** A picture whose lifters are all there: never a current lifter without a name. */
export function whole(picture: Picture): Picture {
  const ids = picture.lifters.map((row) => row.id);
  if (new Set(ids).size !== ids.length) throw new Misshapen("a lifter is there twice");
  for (const id of [picture.platform.current, picture.platform.next]) {
    if (id !== null && !ids.includes(id)) throw new Misshapen(`lifter ${id} is not among the rows`);
  }
  return picture;
}

/** The rows in lifting order, or a refusal. */
export function ordered(rows: readonly LifterRow[], order: readonly number[]): readonly LifterRow[] {
  const arranged = arrange(rows, order, (row) => row.id);
  if (arranged === null) throw new Misshapen("the order does not name every lifter once");
  return arranged;
}

function platformOf(fields: Fields): Platform {
  const meet = fieldsOf(fields.meet, "meet");
  return {
    meet: { name: text(meet, "name"), date: text(meet, "date"), inKg: flag(meet, "inKg") },
    day: number(fields, "day"),
    platform: number(fields, "platform"),
    flight: text(fields, "flight"),
    lift: liftOf(fields.lift),
    flights: list(fields, "flights", string),
    attempt: number(fields, "attempt"),
    overridden: flag(fields, "overridden"),
    projected: flag(fields, "projected"),
    current: idOrNone(fields.current),
    next: idOrNone(fields.next),
    loading: fields.loading === null ? null : loadingOf(fieldsOf(fields.loading, "loading")),
  };
}

function lifterOf(value: unknown): LifterRow {
  const fields = fieldsOf(value, "lifter");
  return {
    id: integer(fields.id, "id"),
    name: text(fields, "name"),
    team: text(fields, "team"),
    flight: text(fields, "flight"),
    lot: number(fields, "lot"),
    divisions: list(fields, "divisions", string),
    events: list(fields, "events", string),
    guest: flag(fields, "guest"),
    bodyweightKg: number(fields, "bodyweightKg"),
    weightClass: text(fields, "weightClass"),
    squatRackInfo: text(fields, "squatRackInfo"),
    benchRackInfo: text(fields, "benchRackInfo"),
    squat: list(fields, "squat", attemptOf),
    bench: list(fields, "bench", attemptOf),
    deadlift: list(fields, "deadlift", attemptOf),
    bestSquatKg: number(fields, "bestSquatKg"),
    bestBenchKg: number(fields, "bestBenchKg"),
    bestDeadliftKg: number(fields, "bestDeadliftKg"),
    totalKg: number(fields, "totalKg"),
    places: list(fields, "places", (place) => {
      const read = fieldsOf(place, "place");
      return { event: text(read, "event"), division: text(read, "division"), place: text(read, "place") };
    }),
  };
}

function attemptOf(value: unknown): Attempt {
  const fields = fieldsOf(value, "attempt");
  return { kg: number(fields, "kg"), status: statusOf(fields.status), shown: text(fields, "shown") };
}

function loadingOf(fields: Fields): Loading {
  return {
    targetKg: number(fields, "targetKg"),
    barKg: number(fields, "barKg"),
    shortKg: number(fields, "shortKg"),
    shown: text(fields, "shown"),
    plates: list(fields, "plates", (plate) => {
      const read = fieldsOf(plate, "plate");
      return {
        kg: number(read, "kg"),
        shown: text(read, "shown"),
        color: colorOf(read.color),
        pairs: number(read, "pairs"),
      };
    }),
  };
}

/** The fields of an object. */
export function fieldsOf(value: unknown, name: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Misshapen(`${name} is no object`);
  }
  return value as Fields;
}

function list<T>(fields: Fields, name: string, read: (value: unknown, name: string) => T): readonly T[] {
  const values = fields[name];
  if (!Array.isArray(values)) throw new Misshapen(`${name} is no list`);
  return values.map((value) => read(value, name));
}

function string(value: unknown, name: string): string {
  if (typeof value !== "string") throw new Misshapen(`${name} is no text`);
  return value;
}

function integer(value: unknown, name: string): number {
  if (!Number.isSafeInteger(value)) throw new Misshapen(`${name} is no whole number`);
  return value as number;
}

function text(fields: Fields, name: string): string {
  return string(fields[name], name);
}

function number(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== "number" || !Number.isFinite(value)) throw new Misshapen(`${name} is no number`);
  return value;
}

/** A moment, in milliseconds since 1970. */
export function instant(fields: Fields, name: string): number {
  const at = Date.parse(text(fields, name));
  if (Number.isNaN(at)) throw new Misshapen(`${name} is no time`);
  return at;
}

function flag(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value !== "boolean") throw new Misshapen(`${name} is neither true nor false`);
  return value;
}

function idOrNone(value: unknown): number | null {
  return value === null ? null : integer(value, "lifter");
}

function liftOf(value: unknown): Lift {
  if (value !== "S" && value !== "B" && value !== "D") throw new Misshapen("lift is none of S, B, D");
  return value;
}

function statusOf(value: unknown): AttemptStatus {
  if (value !== -1 && value !== 0 && value !== 1) throw new Misshapen("status is none of -1, 0, 1");
  return value;
}

function colorOf(value: unknown): string {
  const color = string(value, "color");
  // Anything else could be more than a colour where it becomes a style.
  return /^#[0-9a-f]{6}$/i.test(color) ? color : "#808080";
}
