/** What an overlay shows, as elements. The classes are documented in docs/overlay.md. */

import { type LifterRow, type Loading, lifterOf, type Picture } from "../feed/display.ts";
import { element, typed } from "../feed/dom.ts";
import { drawnBar } from "../feed/plates.ts";
import { attemptOf, bare, liftName, upcoming, withUnit } from "../feed/shown.ts";
import type { OverlayOptions } from "./options.ts";
import type { Verdict } from "./verdict.ts";

/** The overlay for a picture and the verdict that is on the screen. Nothing, if there is nothing to show. */
export function overlayView(
  picture: Picture,
  verdict: Verdict | null,
  options: OverlayOptions,
): HTMLElement[] {
  const judged = verdict === null ? null : lifterOf(picture, verdict.id);
  const current = lifterOf(picture, picture.platform.current);
  const card =
    verdict !== null && judged !== null
      ? lifterCard(picture, judged, verdict.lift, verdict.attempt, null, verdict, options)
      : current !== null
        ? lifterCard(
            picture,
            current,
            picture.platform.lift,
            picture.platform.attempt,
            picture.platform.loading,
            null,
            options,
          )
        : completeCard(picture);
  const list = options.show.has("next") ? nextList(picture, verdict, options) : null;
  return list === null ? [card] : [card, list];
}

function lifterCard(
  { platform }: Picture,
  row: LifterRow,
  lift: "S" | "B" | "D",
  number: number,
  loading: Loading | null,
  verdict: Verdict | null,
  options: OverlayOptions,
): HTMLElement {
  const { show, units } = options;
  const attempt = attemptOf(row, lift, number);
  const state = verdict === null ? "lifting" : verdict.good ? "good-lift" : "no-lift";
  return element(
    "section",
    `card ${state}`,
    element(
      "div",
      "who",
      element("p", "name", typed("", row.name)),
      show.has("team") && row.team !== "" ? element("p", "team", typed("", row.team)) : null,
    ),
    element(
      "div",
      "what",
      element(
        "p",
        "lift",
        element("span", "lift-name", liftName(lift)),
        " ",
        element("span", "attempt-number", `attempt ${number}`),
      ),
      attempt === null ? null : element("p", "weight", withUnit(attempt.kg, platform.meet.inKg, units)),
    ),
    show.has("attempts") ? attemptList(row, lift, number, platform.meet.inKg, options) : null,
    show.has("plates") && loading !== null ? drawnBar(loading) : null,
    show.has("lights") && verdict !== null
      ? element(
          "p",
          "light",
          element("span", "lamp"),
          element("span", "verdict", verdict.good ? "Good lift" : "No lift"),
        )
      : null,
  );
}

function attemptList(
  row: LifterRow,
  lift: "S" | "B" | "D",
  number: number,
  inKg: boolean,
  { units }: OverlayOptions,
): HTMLElement {
  const numbers = number > 3 ? [1, 2, 3, 4] : [1, 2, 3];
  return element(
    "ol",
    "attempts",
    ...numbers.map((one) => {
      const attempt = attemptOf(row, lift, one);
      const state =
        attempt === null ? "none" : attempt.status === 1 ? "good" : attempt.status === -1 ? "bad" : "open";
      const words = { none: "no attempt", good: "good lift", bad: "no lift", open: "to come" }[state];
      const text = attempt === null ? "–" : bare(attempt.kg, inKg, units);
      return element(
        "li",
        `attempt ${state}${one === number ? " now" : ""}`,
        text,
        element("span", "for-readers", ` ${words}`),
      );
    }),
  );
}

function completeCard({ platform }: Picture): HTMLElement {
  return element(
    "section",
    "card complete",
    element("div", "who", element("p", "name", `Flight ${platform.flight}`)),
    element("div", "what", element("p", "lift", `${liftName(platform.lift)} complete`)),
  );
}

/** Those who lift next. While a verdict is shown, the present lifter is one of them. */
function nextList(
  picture: Picture,
  verdict: Verdict | null,
  { next, units }: OverlayOptions,
): HTMLElement | null {
  const { platform } = picture;
  const current = lifterOf(picture, platform.current);
  const first = verdict !== null && current !== null ? [{ row: current, attempt: platform.attempt }] : [];
  const named = [...first, ...upcoming(picture, next)].slice(0, next);
  if (named.length === 0) return null;
  return element(
    "ol",
    "next",
    ...named.map(({ row, attempt }) => {
      const called = attemptOf(row, platform.lift, attempt);
      return element(
        "li",
        "next-lifter",
        typed("name", row.name),
        called === null
          ? null
          : element(
              "span",
              "weight",
              withUnit(called.kg, platform.meet.inKg, units === "both" ? "meet" : units),
            ),
      );
    }),
  );
}
