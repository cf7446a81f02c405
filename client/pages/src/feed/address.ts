/**
 * What the address of a display says: which meet and platform, the key in the fragment, and options.
 *
 * Everything that sets up a display is in its address, so that it survives a restart of the program that shows it.
 */

import type { Rule } from "./reader.ts";

/** How many scenes a test has; they themselves are loaded by a test alone. */
export const SCENE_COUNT = 12;

/** Which unit weights are shown in. */
export type Units = "meet" | "kg" | "lb" | "both";

/** What every display's address says. */
export interface Address {
  /** The folder of the pages, from which the feed is found. */
  readonly base: string;
  /** Nine digits. */
  readonly meet: string | null;
  readonly day: number;
  readonly platform: number;
  readonly key: string | null;
  readonly units: Units;
  readonly scale: number;
  readonly operator: boolean;
  /** Invented data: all scenes in turn, or one of them. */
  readonly test: "all" | number | null;
  readonly rule: Rule;
}

/** Reads options one by one and remarks on what it cannot use. */
export class Options {
  readonly remarks: string[] = [];
  readonly #given: URLSearchParams;
  readonly #asked = new Set<string>();

  constructor(search: string) {
    this.#given = new URLSearchParams(search);
  }

  /** The text of an option, if it is given. */
  text(name: string): string | null {
    this.#asked.add(name);
    return this.#given.get(name);
  }

  /** An option that is there or not; `=no` and `=0` take it back. */
  flag(name: string): boolean {
    const text = this.text(name);
    return text !== null && text !== "no" && text !== "0";
  }

  /** A number within bounds. */
  number(name: string, fallback: number, least: number, most: number): number {
    const text = this.text(name);
    if (text === null) return fallback;
    const value = Number(text);
    if (text.trim() !== "" && value >= least && value <= most) return value;
    return this.#instead(name, text, `a number from ${least} to ${most}`, fallback);
  }

  /** A whole number within bounds. */
  count(name: string, fallback: number, least: number, most: number): number {
    const value = this.number(name, fallback, least, most);
    return Number.isInteger(value) ? value : this.#instead(name, String(value), "a whole number", fallback);
  }

  /** One of some words. */
  word<Word extends string>(name: string, words: readonly Word[], fallback: Word): Word {
    const text = this.text(name);
    if (text === null) return fallback;
    const found = words.find((word) => word === text);
    return found ?? this.#instead(name, text, `one of ${words.join(", ")}`, fallback);
  }

  /** Some of some words, separated by commas; an empty text is none of them, and one of nothing but strangers is no list. */
  words<Word extends string>(
    name: string,
    words: readonly Word[],
    fallback: readonly Word[],
  ): readonly Word[] {
    const text = this.text(name);
    if (text === null) return fallback;
    const given = text
      .split(",")
      .map((word) => word.trim())
      .filter((word) => word !== "");
    const found = given.flatMap((word) => {
      const known = words.find((one) => one === word);
      return known ?? this.#instead<readonly Word[]>(name, word, `any of ${words.join(", ")}`, []);
    });
    return found.length === 0 && given.length > 0 ? fallback : found;
  }

  /** Remarks on options that nobody asked for. To be called last. */
  others(): void {
    for (const name of new Set(this.#given.keys())) {
      if (!this.#asked.has(name)) this.remarks.push(`there is no option "${name}"`);
    }
  }

  #instead<T>(name: string, text: string, expected: string, fallback: T): T {
    this.remarks.push(`${name}="${text}" is not ${expected}`);
    return fallback;
  }
}

/** Reads what all displays have in common. `/live/123456789` names its meet by itself. */
export function addressOf(options: Options, path: string, fragment: string): Address {
  const live = /^(.*\/)live\/([0-9]{9})\/?$/.exec(path);
  return {
    base: live?.[1] ?? path.replace(/[^/]*$/, ""),
    meet: live?.[2] ?? meetOf(options),
    day: options.count("day", 1, 1, 99),
    platform: options.count("platform", 1, 1, 99),
    key: new URLSearchParams(fragment.replace(/^#/, "")).get("key"),
    units: options.word("units", ["meet", "kg", "lb", "both"], "meet"),
    scale: options.number("scale", 1, 0.3, 4),
    operator: options.flag("operator"),
    test: testOf(options),
    rule: options.word("rule", ["overlap", "check"], "overlap"),
  };
}

/** What is missing for showing a meet, in words; `null` if nothing is. */
export function missing(address: Address): string | null {
  if (address.test !== null) return null;
  if (address.meet === null) return "This address names no meet. Copy the whole address from the Live page.";
  if (address.key === null) return "This address has no key. Copy the whole address from the Live page.";
  return null;
}

/** What is to be played; all of it where a scene is asked for that does not exist. */
function testOf(options: Options): Address["test"] {
  const text = options.text("test");
  if (text === null) return null;
  return (text !== "" && options.count("test", 0, 1, SCENE_COUNT)) || "all";
}

function meetOf(options: Options): string | null {
  const text = options.text("meet");
  if (text === null) return null;
  const digits = text.replace(/[^0-9]/g, "");
  if (digits.length === 9) return digits;
  options.remarks.push(`meet="${text}" does not have nine digits`);
  return null;
}
