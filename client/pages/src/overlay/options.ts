/** What an overlay's address can ask for. */

import { type Address, addressOf, Options } from "../feed/address.ts";

/** Parts of the overlay that can be left out. */
export const PARTS = ["team", "attempts", "plates", "lights", "next"] as const;
/** One of them. */
export type Part = (typeof PARTS)[number];

/** Where on the picture the overlay stands. */
export const PLACES = ["bottom-left", "bottom", "bottom-right", "top-left", "top", "top-right"] as const;
/** Colours and grounds of its own. */
export const THEMES = ["dark", "light", "plain"] as const;

/** The address of an overlay, read. */
export interface OverlayOptions extends Address {
  readonly show: ReadonlySet<Part>;
  readonly align: (typeof PLACES)[number];
  readonly theme: (typeof THEMES)[number];
  /** How many of those who lift next are named. */
  readonly next: number;
  /** How long a verdict stays, in milliseconds. */
  readonly holdMs: number;
  readonly remarks: readonly string[];
}

/** Reads an overlay's address. */
export function overlayOptions(path: string, search: string, fragment: string): OverlayOptions {
  const options = new Options(search);
  const address = addressOf(options, path, fragment);
  const read = {
    ...address,
    show: new Set<Part>(options.words("show", PARTS, ["team", "plates", "lights", "next"])),
    align: options.word("align", PLACES, "bottom-left"),
    theme: options.word("theme", THEMES, "dark"),
    next: options.count("next", 2, 0, 6),
    holdMs: options.number("hold", 6, 0, 60) * 1_000,
  };
  options.others();
  return { ...read, remarks: options.remarks };
}
