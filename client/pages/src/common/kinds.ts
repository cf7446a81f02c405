/**
 * The kinds of fields that a meet and its entries have.
 */

import type { App } from "./app.ts";
import type { FieldKind } from "./fields.tsx";
import {
  readAttempt,
  readBodyweight,
  readDate,
  readName,
  readNote,
  readRack,
  readText,
  readWhole,
} from "./validate.ts";

/** OpenLifter's kinds of equipment. */
export const EQUIPMENT = ["Bare", "Sleeves", "Wraps", "Single-ply", "Multi-ply", "Unlimited"] as const;
/** OpenLifter's events. */
export const EVENTS = ["SBD", "BD", "SD", "SB", "S", "B", "D"] as const;
/** OpenLifter's flights. */
export const FLIGHTS = [..."ABCDEFGHIJKLMNOP"] as const;
/** OpenLifter's sexes. */
export const SEXES = [
  ["F", "Woman"],
  ["M", "Man"],
  ["Mx", "Mx"],
] as const;

const asText = (value: unknown): string => (typeof value === "string" ? value : "");
const asNumber = (value: unknown): string => (typeof value === "number" && value !== 0 ? String(value) : "");

/** Any text. */
export const TEXT: FieldKind = { text: asText, read: readText };
/** A name that may not be empty. */
export const NAME: FieldKind = { text: asText, read: readName };
/** A text of several lines. */
export const NOTE: FieldKind = { text: asText, read: readNote, input: "area" };
/** A date. */
export const DATE: FieldKind = { text: asText, read: readDate, input: "date" };
/** A rack height. */
export const RACK: FieldKind = { text: asText, read: readRack };

/** One of a few texts. */
export function oneOf(options: readonly (readonly [string, string])[]): FieldKind {
  return { text: asText, read: (text) => ({ value: text }), options };
}

/** One of a few numbers. */
export function oneNumber(most: number, words: (number: number) => string): FieldKind {
  const options = Array.from({ length: most }, (_, index) => [String(index + 1), words(index + 1)] as const);
  return { text: asNumber, read: (text) => ({ value: Number(text) }), options };
}

/** A whole number; nothing is 0. */
export function whole(most: number): FieldKind {
  return { text: asNumber, read: (text) => readWhole(text, 0, most, 0), input: "decimal" };
}

/** A body weight in the meet's unit. */
export function bodyweight(app: App): FieldKind {
  return {
    text: (value) => weightText(app, value),
    read: (text) => readBodyweight(text, weightOf(app), (kg) => app.replica.displayWeight(kg)),
    input: "decimal",
  };
}

/** An attempt's weight in the meet's unit; its verdict stays as `status`. */
export function attemptWeight(app: App, status: number): FieldKind {
  return {
    text: (value) => weightText(app, Array.isArray(value) ? value[0] : value),
    read: (text) => {
      const read = readAttempt(text, weightOf(app), (kg) => app.replica.displayWeight(kg));
      return "error" in read ? read : { value: [read.value, status] };
    },
    said: (value) => attemptText(app, value),
    input: "decimal",
  };
}

/** Any value of any register, for people: weights in the meet's unit, verdicts in words. */
export function valueText(app: App, path: string, value: unknown): string {
  const field = path.split(".").pop() ?? "";
  if (/\.(squat|bench|deadlift)\.[1-5]$/.test(path)) return attemptText(app, value);
  if (typeof value === "number") return field.endsWith("Kg") ? weightText(app, value) : String(value);
  if (typeof value === "boolean")
    return field === "deleted" ? (value ? "withdrawn" : "taking part") : value ? "yes" : "no";
  if (Array.isArray(value))
    return value
      .map((item) => (typeof item === "number" ? app.replica.displayWeight(item) : String(item)))
      .join(", ");
  if (typeof value === "object" && value !== null) {
    const at = value as { flight?: unknown; lift?: unknown; pairCount?: unknown };
    return at.pairCount === undefined ? `flight ${at.flight}, ${at.lift}` : `${at.pairCount} pairs`;
  }
  return typeof value === "string" ? value : "";
}

/** The unit that weights are shown in. */
export function unit(app: App): string {
  return app.meet.value?.meet.inKg === false ? "lb" : "kg";
}

/** Reads weights in the meet's unit. */
export function weightOf(app: App): (text: string) => number {
  return (text) => app.replica.parseWeight(text);
}

function attemptText(app: App, value: unknown): string {
  if (!Array.isArray(value)) return "";
  const verdict = value[1] === 1 ? " good lift" : value[1] === -1 ? " no lift" : "";
  return `${weightText(app, value[0]) || "no weight"}${verdict}`;
}

function weightText(app: App, value: unknown): string {
  return typeof value === "number" && value !== 0 ? app.replica.displayWeight(value) : "";
}
