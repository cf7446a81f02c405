/**
 * The replica that a page works on, as signals that widgets read.
 *
 * Everything is asked of the replica; nothing about the meet is kept here but what was on the screen a moment ago,
 * so that a value changed by somebody else can be pointed out.
 */

import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import {
  type Conflict,
  type Held,
  loadCore,
  type Moved,
  type News,
  type OpenLifterState,
  openReplica,
  type PathChange,
  type Presence,
  type Replica,
  SpotterError,
  type Status,
} from "spotter-client";
import core from "spotter-client/core.wasm";
import { valueText } from "./kinds.ts";
import { paced } from "./pace.ts";
import { changeWords, isolated, movedWords, pathWords, replaces, undoneWords } from "./words.ts";

/** A value on the screen that somebody else changed. */
export interface Mark {
  /** What is said about it. */
  readonly words: string;
  /** Whether it replaced a value that was shown, so that somebody has to take note. */
  readonly replaced: boolean;
}

/** A message in the corner of the page. */
export interface Toast {
  readonly id: number;
  readonly tone: "good" | "warn" | "bad" | "note";
  readonly words: string;
  /** Something that can be done about it. */
  readonly act?: { readonly label: string; readonly run: () => void };
  /**
   * What it is about: a disputed path, or what a person asked for. It goes when the dispute is settled, or when they ask
   * for the same again.
   */
  readonly about?: string;
}

/** A page's replica and what is known about it. */
export interface App {
  readonly replica: Replica;
  readonly status: Signal<Status>;
  /** Grows with every change of the meet. */
  readonly tick: Signal<number>;
  /** The meet; null if there is none, or its beginning is still on its way. */
  readonly meet: ReadonlySignal<OpenLifterState | null>;
  readonly conflicts: ReadonlySignal<readonly Conflict[]>;
  readonly others: Signal<readonly Presence[]>;
  readonly marks: Signal<ReadonlyMap<string, Mark>>;
  /** The time, renewed every few seconds. */
  readonly now: Signal<number>;
  readonly persistence: Signal<"asking" | "granted" | "refused" | "unavailable">;
}

/** The messages in the corner. */
export const toasts = signal<readonly Toast[]>([]);

const TOAST_MS = 12_000;
const GOOD_TOAST_MS = 5_000;
const TOASTS_MAX = 3;
const CLOCK_MS = 5_000;
let toastId = 0;

/** Shows a message for a while; bad news stays until it is closed. */
export function say(tone: Toast["tone"], words: string, act?: Toast["act"], about?: string): void {
  const toast: Toast = {
    id: ++toastId,
    tone,
    words,
    ...(act === undefined ? {} : { act }),
    ...(about === undefined ? {} : { about }),
  };
  toasts.value = [...toasts.value.filter((other) => other.words !== words), toast].slice(-TOASTS_MAX);
  if (tone !== "bad") setTimeout(() => unsay(toast.id), tone === "good" ? GOOD_TOAST_MS : TOAST_MS);
}

/** Takes a message away. */
export function unsay(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

/** Takes away what was said about something. */
export function unsayAbout(about: string): void {
  toasts.value = toasts.value.filter((toast) => toast.about !== about);
}

/** What went wrong, in the words of the replica where it has some. */
export function wordsOf(why: unknown): string {
  return why instanceof Error ? why.message : String(why);
}

/** The replica's code for what went wrong; "" if it has none. */
export function codeOf(why: unknown): string {
  return why instanceof SpotterError ? why.code : "";
}

/** What went wrong; of a field that somebody else has written meanwhile, in this page's words and the meet's unit. */
export function troubleIn(app: App): (why: unknown) => string {
  return (why) =>
    codeOf(why) === "moved" ? movedIn(app, (why as SpotterError).details as unknown as Moved) : wordsOf(why);
}

function movedIn(app: App, { path, shown }: Moved): string {
  const now = valueText(app, path, shown?.value ?? null);
  return movedWords(pathWords(path, nameIn(app)), now, shown?.location ?? "another location");
}

/** Runs something that a person asked for and says so if it fails, until they try again. */
export async function attempt(
  what: string,
  run: () => Promise<unknown>,
  words: (why: unknown) => string = wordsOf,
): Promise<boolean> {
  unsayAbout(what);
  try {
    await run();
    return true;
  } catch (why) {
    say("bad", `${what}: ${words(why)}`, undefined, what);
    return false;
  }
}

/** The name of the copy of a meet that this page works on: one browser can hold several meets. */
export function copyName(search: string): string {
  return new URLSearchParams(search).get("copy") || "meet";
}

/** Opens the replica of this page. */
export async function openApp(): Promise<App> {
  const replica = await openReplica({
    core: await loadCore(new URL(core, import.meta.url)),
    name: copyName(location.search),
  });
  const tick = signal(0);
  const app: App = {
    replica,
    status: signal(replica.status()),
    tick,
    meet: computed(() => (tick.value >= 0 && hasBegun(replica) ? replica.state() : null)),
    conflicts: computed(() => (tick.value >= 0 && hasBegun(replica) ? replica.conflicts() : [])),
    others: signal<readonly Presence[]>(replica.presence()),
    marks: signal<ReadonlyMap<string, Mark>>(new Map()),
    now: signal(Date.now()),
    persistence: signal<"asking" | "granted" | "refused" | "unavailable">("asking"),
  };
  follow(app);
  replica.guardUnload();
  // Firefox asks the person, and answers when they do: nothing waits for that.
  void replica.requestPersistence().then((answer) => {
    app.persistence.value = answer;
  });
  return app;
}

/** Whether there is a meet to look at; after joining, its beginning takes a moment to arrive. */
function hasBegun(replica: Replica): boolean {
  const { holdsMeet, changes } = replica.status();
  return holdsMeet && changes > 0;
}

/** Says again what the replica holds, after something that brings no list of changes, such as an import. */
export function refresh(app: App): void {
  batch(() => {
    app.tick.value++;
    app.status.value = app.replica.status();
  });
}

function follow(app: App): void {
  app.replica.onStatus((status) => {
    app.status.value = status;
  });
  const pace = paced((changes: readonly PathChange[]) => {
    const before = app.meet.peek();
    batch(() => {
      refresh(app);
      mark(app, changes, before);
    });
    dropSettled(app, changes);
  });
  app.replica.onChange((changes) =>
    pace(
      changes,
      changes.some((change) => change.own),
    ),
  );
  app.replica.onNews((news) => tell(app, news));
  app.replica.onPresence((others) => {
    app.others.value = others;
  });
  setInterval(() => {
    app.now.value = Date.now();
    app.status.value = app.replica.status();
  }, CLOCK_MS);
}

/** Takes away messages about disputes that these changes settled: what they offer would be wrong now. */
function dropSettled(app: App, changes: readonly PathChange[]): void {
  const changed = new Set(changes.map((change) => change.path));
  const open = new Set(app.conflicts.peek().map((conflict) => conflict.path));
  const settled = (path: string | undefined) => path !== undefined && changed.has(path) && !open.has(path);
  if (toasts.peek().some((toast) => settled(toast.about)))
    toasts.value = toasts.peek().filter((toast) => !settled(toast.about));
}

/** Points out what others changed on the screen; one's own edit takes the mark away. */
function mark(app: App, changes: readonly PathChange[], before: OpenLifterState | null): void {
  if (before === null) return;
  const marks = new Map(app.marks.peek());
  for (const change of changes) {
    if (change.path === "") continue;
    if (change.own) {
      marks.delete(change.path);
      continue;
    }
    if (change.path.endsWith(".deleted")) sayWithdrawn(app, change, before);
    const was = textAt(app, before, change.path);
    const now = valueText(app, change.path, change.value);
    if (was !== now) {
      const words = changeWords(pathWords(change.path, nameIn(app)), now, was, change.location);
      marks.set(change.path, { words, replaced: replaces(valueAt(before, change.path), change.value) });
    }
  }
  app.marks.value = marks;
}

function sayWithdrawn(app: App, change: PathChange, before: OpenLifterState): void {
  const states = [before, app.meet.peek()].filter((state) => state !== null);
  const names = states.map((state) => valueAt(state, change.path.replace(/deleted$/, "name")));
  const name = names.find((known) => typeof known === "string" && known !== "") ?? "A lifter";
  say(
    "note",
    `${isolated(String(name))} was ${change.value === true ? "withdrawn" : "taken back"} by ${change.location}.`,
  );
}

/** Takes this page's last edit back, and says what became of it. */
export function undoLast(app: App): void {
  void attempt("Undo", async () => {
    const paths = new Set<string>();
    const stop = app.replica.onChange((changes) => {
      for (const change of changes) if (change.own) paths.add(change.path);
    });
    const { undone, path, why, moved } = await app.replica.undo().finally(stop);
    const reason = moved === undefined ? why : movedIn(app, moved);
    if (undone) say("good", `Taken back: ${undoneWords(path, paths.size, nameIn(app))}.`);
    else say("warn", `Nothing was taken back: ${reason ?? "there is no edit of this page to take back"}.`);
  });
}

/** Takes marks away: those of paths, and of all that begin with one of them and a dot. */
export function unmark(app: App, ...paths: readonly string[]): void {
  const gone = (marked: string) => paths.some((path) => marked === path || marked.startsWith(`${path}.`));
  const kept = [...app.marks.value].filter(([marked]) => !gone(marked));
  if (kept.length !== app.marks.value.size) app.marks.value = new Map(kept);
}

/** Tells the name of an entry by its id. */
export function nameIn(app: App): (entry: string) => string | undefined {
  return (entry) => {
    const found = app.meet.peek()?.registration.entries.find((other) => String(other.id) === entry);
    const name = found?.name;
    return typeof name === "string" ? name : undefined;
  };
}

/** What a state shows at a path of an entry, as text; nothing if it is as good as empty. */
function textAt(app: App, state: OpenLifterState, path: string): string {
  if (!path.startsWith("entries.")) return "";
  const value = valueAt(state, path);
  const empty =
    value === 0 || (Array.isArray(value) && value.length === 2 && value[0] === 0 && value[1] === 0);
  return value === undefined || empty ? "" : valueText(app, path, value);
}

/** The value that OpenLifter's state has for a path: also where nobody has written it, and its default is shown. */
export function valueAt(state: OpenLifterState, path: string): unknown {
  const [place, id = "", field = "", slot] = path.split(".");
  if (place === "meet") {
    const value = state.meet[id];
    return field === "" ? value : Array.isArray(value) ? value[Number(field) - 1] : undefined;
  }
  const entry = state.registration.entries.find((other) => String(other.id) === id);
  if (entry === undefined || slot === undefined) return entry?.[field];
  const at = (name: string): unknown =>
    (entry[`${field}${name}`] as unknown[] | undefined)?.[Number(slot) - 1];
  return [at("Kg") ?? 0, at("Status") ?? 0];
}

/** News that is worth a message of its own; values that merely change are marked where they stand. */
function tell(app: App, news: News): void {
  if (news.kind === "overruled") tellOverruled(app, news as unknown as Overruled);
  else if (BAD_NEWS.has(news.kind)) say("bad", sentence(news.words));
  else if (GOOD_NEWS.has(news.kind)) say("note", sentence(news.words));
}

/** Words as a message of their own. */
function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${/[.!?…]$/.test(words) ? "" : "."}`;
}

const BAD_NEWS: ReadonlySet<string> = new Set([
  "refused",
  "builtOnRefused",
  "notAccepted",
  "relayForgot",
  "fault",
]);
const GOOD_NEWS: ReadonlySet<string> = new Set(["finished", "relayRestored", "canSaveAgain"]);

interface Overruled {
  readonly path: string;
  readonly own: boolean;
  readonly overruled: Held;
  readonly stands: Held;
}

function tellOverruled(app: App, news: Overruled): void {
  const { path, overruled, stands } = news;
  const what = pathWords(path, nameIn(app));
  const lost = valueText(app, path, overruled.value) || "nothing";
  const won = valueText(app, path, stands.value) || "nothing";
  if (!news.own && overruled.location !== app.status.peek().location) {
    const words = `${what}: ${overruled.location}’s ${lost} was overruled by ${stands.location}’s ${won}.`;
    say("note", words, undefined, path);
    return;
  }
  const restore = () => void attempt("Restoring", () => app.replica.restore(path, overruled.write));
  say(
    "bad",
    `${what}: your ${lost} was overruled by ${stands.location}’s ${won}.`,
    { label: `Restore ${lost}`, run: restore },
    path,
  );
}
