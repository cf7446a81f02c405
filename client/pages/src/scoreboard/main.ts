/** The scoreboard: a whole flight, for the room. The state of its link is in a corner, for whoever looks for it. */

import { missing } from "../feed/address.ts";
import { element } from "../feed/dom.ts";
import { feed, type Page } from "../feed/follower.ts";
import { type Known, operatorPanel } from "../feed/operator.ts";
import type { Link } from "../feed/reader.ts";
import { refusalWords } from "../feed/shown.ts";
import { scoreboardOptions } from "./options.ts";
import { scoreboardView } from "./view.ts";

const options = scoreboardOptions(location.pathname, location.search, location.hash);
const root = document.getElementById("scoreboard");
if (root === null) throw new Error("the page has no #scoreboard");
const stage = element("div", "stage");
const words = element("p", "words");
words.setAttribute("role", "status");

document.documentElement.classList.add(`theme-${options.theme}`);
document.documentElement.style.setProperty("--scale", String(options.scale));

let made: Known["made"] = null;
let link: Link | null = null;
const lacking = missing(options);
const remarks = lacking === null ? options.remarks : [lacking, ...options.remarks];

const { panel, write } = operatorPanel(() => ({ link, made, remarks }));
const corner = element("details", "corner", element("summary", "", "Connection"), panel);
corner.open = options.operator;
corner.classList.toggle("is-open-always", options.operator);
/** While there is no picture, which has a heading of its own. */
const title = element("h1", "for-readers", "Scoreboard");
root.replaceChildren(title, words, stage, corner);
say(lacking ?? "Connecting …");

function say(text: string): void {
  if (words.textContent !== text) words.textContent = text;
  words.hidden = text === "";
}

/** What the room needs to be told: why there is no picture, or that there will be no fresh one. */
function wordsFor(now: Link): string {
  if (now.state === "refused" && now.refusal !== null) return refusalWords(now.refusal, now.by);
  if (made !== null) return "";
  return now.state === "waiting" ? "The relay sends no picture yet. Trying again …" : "Connecting …";
}

// Whoever knows the meet's password needs no key. It is kept nowhere.
const field = element("input", "");
field.type = "password";
field.autocomplete = "off";
field.required = true;
const form = element(
  "form",
  "ask",
  element("label", "", "Password of the meet ", field),
  " ",
  element("button", "", "Show the scoreboard"),
);
/** Whether the relay has accepted what was typed. */
let wasAccepted = false;
let stop = () => {};

const page: Page = {
  show(picture, _live, about) {
    made = about;
    title.hidden = picture !== null;
    const fresh = element("div", "stage", ...(picture === null ? [] : scoreboardView(picture, options)));
    if (!fresh.isEqualNode(stage)) stage.replaceChildren(...fresh.childNodes);
  },
  tell(now) {
    link = now;
    say(wordsFor(now));
    write();
    if (now.state === "live") accepted();
    else if (isPasswordRefused(now)) refused();
  },
};

form.addEventListener("submit", (event) => {
  event.preventDefault();
  stop();
  form.remove();
  wasAccepted = false;
  stop = feed(page, options, field.value);
});

function accepted(): void {
  wasAccepted = true;
  form.remove();
}

function isPasswordRefused({ by, state, refusal }: Link): boolean {
  return by === "password" && state === "refused" && (refusal?.status === 401 || refusal?.status === 403);
}

/** Asks for the password again. One that was good before is tried on: its relay may have lost its memory for a while. */
function refused(): void {
  if (form.isConnected) return;
  words.after(form);
  if (wasAccepted) return;
  stop();
  field.select();
}

if (options.meet !== null && options.key === null && options.test === null) {
  words.after(form);
  say(
    "This address has no key. Type the password of the meet, or copy the whole address from the Live page.",
  );
} else {
  feed(page, options);
}
