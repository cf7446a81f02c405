/** The addresses of displays: which meet and platform stand in the query, the key behind the #, which is sent to nobody. */

/** What a display is to show. */
export interface DisplayWanted {
  readonly meetId: string;
  readonly day: number;
  readonly platform: number;
  readonly key: string;
}

/** The address of a scoreboard or an overlay, relative to the page. */
export function displayAddress(page: "scoreboard" | "overlay", wanted: DisplayWanted): string {
  const query = new URLSearchParams({
    meet: wanted.meetId.replace(/\D/g, ""),
    day: String(wanted.day),
    platform: String(wanted.platform),
  });
  return `./${page}?${query}#key=${wanted.key}`;
}
