/**
 * What a person typed, read as a value, or told in clear words why it makes no sense. Weights are read by the
 * replica, which knows the meet's unit.
 */

import { relayAddress } from "spotter-client";

/** A value that can be saved, or what is wrong with what was typed. */
export type Read = { readonly value: unknown } | { readonly error: string };

/** Reads a weight in the meet's unit as kilograms. */
export type ReadWeight = (text: string) => number;

/** What bounds a weight, in kilograms. */
interface Bounds {
  readonly least: number;
  readonly most: number;
  readonly what: string;
}

const BODY: Bounds = { least: 15, most: 400, what: "body weight" };
const BAR: Bounds = { least: 5, most: 1000, what: "weight of a bar" };
const LIFT: Bounds = { least: 2.5, most: 650, what: "attempt" };

/** A text as it is, without blanks around it. */
export function readText(text: string): Read {
  return { value: text.trim().replace(/\s+/g, " ") };
}

/** A name; it may not be empty, since somebody calls the lifter by it. */
export function readName(text: string): Read {
  const read = text.trim().replace(/\s+/g, " ");
  return read === "" ? { error: "A lifter needs a name." } : { value: read };
}

/** A note, with its line breaks. */
export function readNote(text: string): Read {
  return { value: text.trim() };
}

/** A body weight; nothing means not weighed in. */
export function readBodyweight(text: string, weight: ReadWeight, show: (kg: number) => string): Read {
  return readWeight(text, weight, show, BODY);
}

/** An attempt's weight; nothing means none called. */
export function readAttempt(text: string, weight: ReadWeight, show: (kg: number) => string): Read {
  return readWeight(text, weight, show, LIFT);
}

/** A bar with its collars. */
export function readBar(text: string, weight: ReadWeight, show: (kg: number) => string): Read {
  const read = readWeight(text, weight, show, BAR);
  return "value" in read && read.value === 0 ? { error: "A bar weighs something." } : read;
}

function readWeight(text: string, weight: ReadWeight, show: (kg: number) => string, bounds: Bounds): Read {
  const typed = text.trim().replace(",", ".");
  if (typed === "" || Number(typed) === 0) return { value: 0 };
  if (!/^\d{1,4}(\.\d{1,5})?$/.test(typed))
    return { error: `“${text.trim()}” is no weight. Type a number such as ${show(82.5)}.` };
  const kg = weight(typed);
  if (kg < bounds.least || kg > bounds.most) {
    return {
      error: `${text.trim()} is no likely ${bounds.what}: it should be between ${show(bounds.least)} and ${show(bounds.most)}.`,
    };
  }
  return { value: kg };
}

/** A whole number between two bounds; nothing is `empty`. */
export function readWhole(text: string, least: number, most: number, empty: number): Read {
  const typed = text.trim();
  if (typed === "") return { value: empty };
  if (!/^\d+$/.test(typed)) return { error: `“${typed}” is no whole number.` };
  const number = Number(typed);
  return number < least || number > most
    ? { error: `${typed} is not between ${least} and ${most}.` }
    : { value: number };
}

/** A date as `2026-11-29`; nothing is no date. */
export function readDate(text: string): Read {
  const typed = text.trim();
  if (typed === "") return { value: "" };
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(typed);
  if (parts === null)
    return { error: `“${typed}” is no date. Type year, month and day, such as 1998-04-23.` };
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day
    ? { value: typed }
    : { error: `${typed} is not in the calendar.` };
}

/** A rack height such as `5/3`, `12` or `12 out`. */
export function readRack(text: string): Read {
  const typed = text.trim();
  return typed.length > 20
    ? { error: "A rack height has at most 20 characters, such as 12 or 5/3." }
    : { value: typed };
}

/** By how much more than was typed a limit in pounds is saved; a lifter cannot be weighed as exactly. */
const SPARE = 1 + 2 ** -50;

/**
 * Weight classes: ascending limits, separated by blanks or semicolons. A class in pounds is called by the whole pounds of
 * its limit, which is saved in kilograms: without something to spare, 242 would come back as a bit less, and be called
 * 241. (182 is called 183 all the same, as is the custom.)
 */
export function readClasses(text: string, weight: ReadWeight, inKg: boolean): Read {
  const parts = text.split(/[\s;]+/).filter((part) => part !== "");
  const limits: number[] = [];
  for (const part of parts) {
    const typed = part.replace(",", ".").replace(/\+$/, "");
    if (!/^\d{1,3}(\.\d{1,3})?$/.test(typed))
      return { error: `“${part}” is no weight. Type limits such as ${classesSuch(inKg)}.` };
    if (part.endsWith("+")) continue;
    limits.push(weight(typed) * (inKg ? 1 : SPARE));
  }
  const rising = limits.every((limit, index) => index === 0 || limit > (limits[index - 1] ?? 0));
  return rising ? { value: limits } : { error: "The limits must rise from class to class." };
}

/** Limits as an example, in the meet's unit. */
export function classesSuch(inKg: boolean): string {
  return inKg ? "59 66 74 83" : "132 148 165 183";
}

/** Names, one a line. */
export function readLines(text: string): Read {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const twice = lines.find((line, index) => lines.indexOf(line) !== index);
  return twice === undefined ? { value: lines } : { error: `“${twice}” stands there twice.` };
}

/** Something about an attempt that is allowed and seldom meant; null if nothing. */
export function attemptDoubt(
  kg: number,
  slot: number,
  attempts: readonly { kg: number; status: number }[],
): string | null {
  if (kg === 0 || slot < 2 || slot > 3) return null;
  const before = attempts[slot - 2];
  if (before === undefined || before.kg === 0) return null;
  if (kg < before.kg) return "Lighter than the attempt before.";
  if (kg === before.kg && before.status === 1) return "The same as the attempt before, which was good.";
  return null;
}

/** The meet's number as it was typed, if it can be one: nine digits, however they are grouped. */
export function readMeetNumber(text: string): Read {
  const digits = text.replace(/[\s.-]/g, "");
  return /^\d{9}$/.test(digits)
    ? { value: digits }
    : { error: "A meet's number has nine digits, such as 123-456-789." };
}

/** The shortest password that a relay takes. */
export const PASSWORD_MIN = 10;

/** A new password, typed twice. */
export function readNewPassword(text: string, again: string): Read {
  if ([...text].length < PASSWORD_MIN)
    return { error: `A password has at least ${PASSWORD_MIN} characters.` };
  return text === again ? { value: text } : { error: "The two passwords are not the same." };
}

/** The relay's WebSocket address from what a person gives: a host, a page's address or the address itself. */
export function readRelay(text: string, secure?: boolean): Read {
  try {
    return { value: relayAddress(text, secure) };
  } catch (why) {
    return { error: why instanceof Error ? why.message : String(why) };
  }
}

/** The relay that a page came from. */
export function relayOfPage(page: { protocol: string; host: string; pathname: string }): string {
  const folder = page.pathname.replace(/\/[^/]*$/, "");
  return `${page.protocol === "https:" ? "wss" : "ws"}://${page.host}${folder}`;
}
