/** What the operator of a display sees of its link, and the audience does not. */

import { ageMs, spokenAge } from "./clock.ts";
import { element } from "./dom.ts";
import type { Link } from "./reader.ts";
import { refusalWords } from "./shown.ts";

/** What is known of the picture on the screen. */
export interface Known {
  readonly link: Link | null;
  readonly made: { readonly revision: number; readonly generatedAt: number } | null;
  readonly remarks: readonly string[];
}

/** One line about link and age, then remarks on the address. */
export function operatorLines({ link, made, remarks }: Known, now: number): string[] {
  const parts = [link === null ? "Not connected" : stateWords(link)];
  if (made !== null)
    parts.push(`picture from ${spokenAge(ageMs(made.generatedAt, now, link?.offset ?? null))} ago`);
  if (link?.heardAt != null) parts.push(`last heard ${spokenAge(now - link.heardAt)} ago`);
  if (made !== null) parts.push(`revision ${made.revision}`);
  return [parts.join(" · "), ...remarks];
}

/** A panel with these lines. It is written every second, and at once when `write` is called. */
export function operatorPanel(known: () => Known): {
  readonly panel: HTMLElement;
  readonly write: () => void;
} {
  const panel = element("div", "operator-lines");
  const write = () => {
    const now = known();
    panel.replaceChildren(...operatorLines(now, Date.now()).map((line) => element("p", "", line)));
    panel.dataset.state = now.link?.state ?? "none";
  };
  write();
  setInterval(write, 1_000);
  return { panel, write };
}

function stateWords(link: Link): string {
  switch (link.state) {
    case "starting":
      return "Connecting";
    case "live":
      return "Live";
    case "checking":
      return "Live, checking after silence";
    case "starting over":
      return "Starting over";
    case "waiting":
      return "No connection, trying again";
    case "refused":
      return link.refusal === null ? "Refused" : refusalWords(link.refusal, link.by);
  }
}
