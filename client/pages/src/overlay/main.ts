/** The overlay: who lifts, transparent, for one platform. Trouble is for the operator; the audience sees a picture. */

import { missing } from "../feed/address.ts";
import type { Picture } from "../feed/display.ts";
import { feed } from "../feed/follower.ts";
import { type Known, operatorPanel } from "../feed/operator.ts";
import type { Link } from "../feed/reader.ts";
import { refusalWords } from "../feed/shown.ts";
import { overlayOptions } from "./options.ts";
import { type Verdict, verdictAfter, verdictKept } from "./verdict.ts";
import { overlayView } from "./view.ts";

const options = overlayOptions(location.pathname, location.search, location.hash);
const root = document.getElementById("overlay");
if (root === null) throw new Error("the page has no #overlay");
const stage = document.createElement("div");
stage.className = "stage";
root.append(stage);

document.documentElement.classList.add(`theme-${options.theme}`, `align-${options.align}`);
document.documentElement.style.setProperty("--scale", String(options.scale));

const lights = options.show.has("lights") && options.holdMs > 0;

let picture: Picture | null = null;
let verdict: Verdict | null = null;
let made: Known["made"] = null;
let link: Link | null = null;
let said = "";
let ending: ReturnType<typeof setTimeout> | undefined;

/** Puts the whole of a picture on the screen at once, or leaves the screen as it is if nothing changed. */
function render(): void {
  clearTimeout(ending);
  if (verdict !== null && options.test !== null && options.test !== "all")
    verdict = { ...verdict, until: Infinity };
  if (verdict !== null && Number.isFinite(verdict.until)) {
    ending = setTimeout(() => {
      verdict = null;
      render();
    }, verdict.until - Date.now());
  }
  const fresh = document.createElement("div");
  fresh.className = "stage";
  if (picture !== null) fresh.append(...overlayView(picture, verdict, options));
  if (!fresh.isEqualNode(stage)) stage.replaceChildren(...fresh.childNodes);
}

function say(words: string | null): void {
  if (words === null || words === said) return;
  said = words;
  console.warn(`Overlay: ${words}`);
}

for (const remark of options.remarks) console.warn(`Overlay: ${remark}`);
const lacking = missing(options);
say(lacking);
const remarks = lacking === null ? options.remarks : [lacking, ...options.remarks];
const { panel, write } = operatorPanel(() => ({ link, made, remarks }));
panel.classList.add("operator");
if (options.operator) root.append(panel);

feed(
  {
    show(next, live, about) {
      const now = Date.now();
      if (next === null || !lights) verdict = null;
      else if (live) verdict = verdictAfter(verdict, picture, next, now, options.holdMs);
      else verdict = verdictKept(verdict, next, now);
      picture = next;
      made = about;
      render();
    },
    tell(now) {
      link = now;
      if (now.state === "refused" && now.refusal !== null) say(refusalWords(now.refusal, now.by));
      else said = "";
      write();
    },
  },
  options,
);
