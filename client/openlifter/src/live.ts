/**
 * The meet in this browser: whether it is shared, and the traffic between OpenLifter's store and the replica.
 *
 * Outbound, an action that has been reduced becomes what the replica is asked to do; text that is being typed waits for
 * a pause. Inbound, the store is made like the shared meet whenever something there has changed and everything done
 * here has been taken in. The replica decides who wins; the store only shows it.
 */

import { type Keystroke, keystroke } from "./fields.js";
import { inboundStore } from "./inbound.js";
import { Membership, type Memory } from "./memory.js";
import { type Before, remember, type Screen, type Step, selectorPath, stepsOf } from "./outbound.js";
import { OverlayKeys } from "./overlay-keys.js";
import { type Question, Questions, sameBox, type Typed, unseenWrite } from "./questions.js";
import type { LiveNews, LiveReplica, LiveStatus, LiveWrite, LocationPriority } from "./replica.js";
import { OldValues, watchFocus } from "./stale.js";
import { type Action, equal, isOfNobody, isShared, type Registration, type StoreState } from "./state.js";
import { describe, english, valueWords, wordsOf } from "./words.js";

/** What a Redux store offers its middleware. */
export interface StoreApi {
  getState(): unknown;
  dispatch(action: { type: string }): unknown;
}

/** Hands an action on to the reducers. */
export type Next = (action: unknown) => unknown;

/** What the person decides who loads a file, or begins a new meet, while the meet is shared. */
export type OverwriteAnswer = "keep" | "leave";

/** How the adapter is set up. Only `open` is needed. */
export interface LiveOptions {
  /** Opens the replica of this name in this browser's storage; `openInBrowser` is the usual one. */
  open: (name: string) => Promise<LiveReplica>;
  /** Asks who loads another meet. The usual question is a `confirm` dialog in English. */
  onOverwrite?: () => OverwriteAnswer | Promise<OverwriteAnswer>;
  /** Whether redux-persist rehydrates the store, which nothing inbound may come before. Usually true. */
  rehydrates?: boolean;
  /** How long a pause in typing ends an edit, in milliseconds. Usually 500. */
  pauseMs?: number;
  /** Where the name of the shared meet is kept. Usually `localStorage`. */
  memory?: Memory;
  /** Where a tab keeps what concerns it alone. Usually `sessionStorage`. */
  tabMemory?: Memory;
  /** Whether the focus is just leaving a box that nobody has typed into. Usually told by the page's events. */
  passing?: () => boolean;
  /** The timer of the pause. Usually `setTimeout`. */
  timer?: (act: () => void, ms: number) => () => void;
}

/** Something that the person should know of. */
export interface Problem {
  kind: "stale" | "withdrawn" | "refused" | "news" | "open" | "stopped";
  words: string;
}

/** What a page shows of the shared meet. */
export interface LiveView {
  /** `off`: OpenLifter as ever. `opening`: on the way. `on`: the meet is shared. */
  phase: "off" | "opening" | "on";
  /** How the replica stands; null if there is none, or, while the meet is shared, if it has stopped. */
  status: LiveStatus | null;
  /** The last problems, newest last. */
  problems: readonly Problem[];
  /** Texts typed here that are not written, because somebody else has written there meanwhile. */
  questions: readonly Question[];
  /** Whether a meet was left that can be returned to. */
  canReturn: boolean;
}

/** The code of what a replica says while the beginning of its meet has not arrived. */
const NOT_ARRIVED = "not-arrived";

const PROBLEMS_MAX = 20;

/** News of the replica that a person should read. The rest shows by itself. */
const TOLD = new Set([
  "overruled",
  "refused",
  "builtOnRefused",
  "notAccepted",
  "relayForgot",
  "relayRestored",
  "finished",
  "cannotSave",
  "fault",
]);

/** Numbers that one stay in a meet may give to lifters. */
const NUMBERS = 2 ** 20;

/** The meet in this browser. Made by `spotterMiddleware`; `LiveTab` shows it. */
export class Live {
  private readonly options: LiveOptions;
  private readonly passing: () => boolean;
  private readonly membership: Membership;
  private readonly questions: Questions;
  private readonly overlayKeys: OverlayKeys;
  /** The number that the next lifter added here gets: of a range that is drawn anew for each stay in a meet. */
  private number: number | null = null;
  private readonly old = new OldValues();
  private readonly listeners = new Set<() => void>();
  private api: StoreApi | null = null;
  private phase: LiveView["phase"] = "off";
  private rehydrated: boolean;
  private replica: LiveReplica | null = null;
  /** Ends the subscriptions to the replica. */
  private stops: (() => void)[] = [];
  /** What was done here while the replica was being opened; null if that concerns another meet. */
  private waiting: Step[] | null = null;
  private typing: Typed | null = null;
  /** The day and platform that the others were told this screen looks at. */
  private where = "";
  private stopPause: (() => void) | null = null;
  private reconciling = false;
  /** How much the replica was asked to do that it has not saved yet. */
  private unsaved = 0;
  private whenSaved: (() => void)[] = [];
  private problems: readonly Problem[] = [];

  /** `spotterMiddleware` makes one. */
  constructor(options: LiveOptions) {
    this.options = options;
    this.rehydrated = options.rehydrates === false;
    const page = typeof document === "undefined" ? undefined : document;
    this.passing = options.passing ?? watchFocus(page);
    const browser = () => options.memory ?? (typeof localStorage === "undefined" ? undefined : localStorage);
    const tab = () =>
      options.tabMemory ?? (typeof sessionStorage === "undefined" ? undefined : sessionStorage);
    this.membership = new Membership(browser, tab);
    this.questions = new Questions(tab);
    this.overlayKeys = new OverlayKeys(tab);
    const flush = () => this.flush();
    page?.addEventListener("focusout", flush);
    page?.addEventListener("visibilitychange", flush);
    if (typeof window !== "undefined") {
      window.addEventListener("pagehide", flush);
    }
  }

  // What pages use.

  /** What there is to show. */
  view(): LiveView {
    return {
      phase: this.phase,
      status: this.status(),
      problems: this.problems,
      questions: this.shared ? this.questions.all(this.shared) : [],
      canReturn: this.phase === "off" && this.membership.read()?.left === true,
    };
  }

  private status(): LiveStatus | null {
    try {
      return this.replica?.status() ?? null;
    } catch {
      return null;
    }
  }

  /** The replica of the shared meet; null while it is not shared. */
  get shared(): LiveReplica | null {
    return this.phase === "on" ? this.replica : null;
  }

  /** Calls back whenever `view` may have changed; returns a function that ends it. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Shares the meet in this store under a new ID. */
  async goLive(options: {
    relay: string;
    location: string;
    roster: LocationPriority[];
    password: string;
  }): Promise<{ meetId: string }> {
    const name = newName();
    this.begin([]);
    try {
      const replica = await this.openReplica(name);
      const { _persist, ...saved } = this.state();
      this.waiting = [];
      await replica.importMeet(JSON.stringify(saved));
      const made = await replica.goLive(options);
      this.attach(replica, name);
      this.remember(name);
      return made;
    } catch (error) {
      await this.end();
      throw error;
    }
  }

  /** Takes part in a meet that is shared already. It replaces the meet in this store. */
  async join(options: {
    relay: string;
    meetId: string;
    location: string;
    password: string;
  }): Promise<{ meetId: string }> {
    const name = newName();
    this.begin(null);
    try {
      const replica = await this.openReplica(name);
      const joined = await replica.join(options);
      await replica.sync();
      await this.beginning(replica);
      this.checkVersion(replica);
      this.attach(replica, name);
      this.remember(name);
      return joined;
    } catch (error) {
      await this.end();
      throw error;
    }
  }

  /** Gives up going live or joining, where it takes too long. */
  async cancel(): Promise<void> {
    if (this.phase === "opening") {
      await this.end();
    }
  }

  /**
   * Ends this tab's part in the shared meet, and that of tabs to come; others that are open go on. The store keeps a
   * copy, and `comeBack` returns to the meet.
   */
  async leave(): Promise<void> {
    this.flush();
    await this.saved();
    const remembered = this.membership.read();
    if (remembered) {
      this.membership.write({ ...remembered, left: true });
    }
    await this.end();
  }

  /** Returns to the meet that was left. It replaces the meet in this store. */
  async comeBack(): Promise<void> {
    const remembered = this.membership.read();
    if (remembered && this.phase === "off") {
      this.begin(null);
      if (await this.reopen(remembered.name)) {
        this.remember(remembered.name);
      }
    }
  }

  /** Answers a question: writes what was typed here, or keeps what stands. */
  answer({ typed, stands }: Question, choice: "write" | "keep"): void {
    this.flush();
    this.questions.drop(typed);
    if (choice === "write") {
      // Now it is an answer to what stands. If something else does by now, it is asked again.
      const seen = { ...typed, before: stands.value ?? undefined };
      this.ask([{ kind: "typed", typed: seen, screen: this.state().lifting }]);
    }
    this.reconcileSoon();
    this.changed();
  }

  /** A key that opens the overlay of a platform: the same one each time, until it is revoked. */
  async overlayKey({ day, platform }: Screen): Promise<string> {
    const { shared } = this;
    const meetId = shared?.status().meetId ?? null;
    if (shared === null || meetId === null) {
      throw new Error("the meet is not live");
    }
    return await this.overlayKeys.of(shared, { meetId, day, platform });
  }

  /** Resolves when everything done here is saved on this device. */
  saved(): Promise<void> {
    return this.unsaved === 0 ? Promise.resolve() : new Promise((resolve) => this.whenSaved.push(resolve));
  }

  /** Ends the pause that typing waits for. */
  flush(): void {
    this.stopPause?.();
    this.stopPause = null;
    const typing = this.typing;
    this.typing = null;
    if (typing) {
      this.ask([{ kind: "typed", typed: typing, screen: this.state().lifting }]);
    }
  }

  // What the middleware uses.

  /** Takes in the store that this is the middleware of. */
  bind(api: StoreApi): void {
    this.api = api;
    this.rehydrated = this.options.rehydrates === false;
    const remembered = this.membership.read();
    if (remembered && !remembered.left && this.phase === "off") {
      this.membership.stay(remembered.name);
      this.begin([]);
      void this.reopen(remembered.name);
    }
  }

  /** One action of the store. */
  take(next: Next, action: Action): unknown {
    if (action.spotter === true) {
      return next(action);
    }
    if (action.type === "persist/REHYDRATE") {
      const result = next(action);
      this.rehydrated = true;
      this.renumber();
      this.reconcile();
      return result;
    }
    if (this.phase === "off") {
      return next(action);
    }
    if (action.type === "OVERWRITE_STORE") {
      void this.askOverwrite(next, action);
      return action;
    }
    return isShared(action) ? this.takeShared(next, action) : next(action);
  }

  private takeShared(next: Next, action: Action): unknown {
    if (isOfNobody(action, this.state())) {
      this.report("withdrawn", `no lifter ${action.entryId} is registered any more`);
      this.ask([{ kind: "act", action, screen: this.state().lifting }]);
      return action;
    }
    if (this.passing() && this.old.isStale(action, this.state())) {
      this.report("stale", "a box showed an old value; it was not written back");
      return action;
    }
    const stroke = keystroke(action);
    if (!sameBox(stroke, this.typing)) {
      this.flush();
    }
    const inBox = stroke && this.inBox(stroke);
    const before = remember(this.state());
    const result = next(action);
    this.old.written(action);
    if (stroke) {
      this.type(stroke, inBox);
    } else {
      this.ask(this.steps(action, before));
      this.reconcileSoon();
    }
    return result;
  }

  private steps(action: Action, before: Before): Step[] {
    return stepsOf(action, before, this.state(), this.selector(before.lifting));
  }

  /** What a box shows that is typed into. */
  private inBox({ entryId, field }: Keystroke): unknown {
    return this.state().registration.entries.find(({ id }) => id === entryId)?.[field];
  }

  private type(stroke: Keystroke, inBox: unknown): void {
    const begun = this.typing;
    this.typing = { ...stroke, before: begun ? begun.before : inBox };
    if (this.questions.has(stroke)) {
      if (begun) {
        this.questions.ask(this.typing);
      } else {
        // Who begins anew in the box has seen what stands there.
        this.questions.drop(stroke);
      }
      this.changed();
    }
    this.stopPause?.();
    this.stopPause = (this.options.timer ?? defaultTimer)(() => this.pause(), this.options.pauseMs ?? 500);
  }

  /** A pause ends an edit. Where somebody else has written meanwhile the typist is asked, and the text stays in the box. */
  private pause(): void {
    const { shared, typing } = this;
    if (shared && typing && unseenWrite(shared, typing)) {
      this.questions.ask(typing);
      this.changed();
    } else {
      this.flush();
    }
  }

  private async askOverwrite(next: Next, action: Action): Promise<void> {
    const answer = await (this.options.onOverwrite ?? askByDialog)();
    if (answer === "leave") {
      await this.leave();
      next(action);
    }
  }

  // The traffic.

  private ask(steps: Step[]): void {
    if (this.phase === "opening") {
      this.waiting?.push(...steps);
      return;
    }
    for (const step of steps) {
      void this.make(step);
    }
  }

  private async make(step: Step): Promise<void> {
    const replica = this.replica;
    if (!replica) {
      return;
    }
    this.unsaved += 1;
    try {
      await this.perform(replica, step);
    } catch (error) {
      this.report("refused", wordsOf(error));
      this.reconcileSoon();
    }
    this.unsaved -= 1;
    if (this.unsaved === 0) {
      for (const resolve of this.whenSaved.splice(0)) {
        resolve();
      }
    }
  }

  private perform(replica: LiveReplica, step: Step): Promise<unknown> {
    switch (step.kind) {
      case "act":
        return replica.act(step.action, step.screen);
      case "edit":
        return replica.edit(step.puts);
      case "typed":
        return this.write(replica, step.typed, step.screen);
    }
  }

  /** Writes what was typed, unless it would be over a value that its typist has not seen. Nothing comes in between. */
  private async write(replica: LiveReplica, typed: Typed, screen: Screen): Promise<void> {
    const { entryId, field, value, before } = typed;
    const nothing = equal(value, before);
    if (!nothing && !unseenWrite(replica, typed)) {
      await replica.act({ type: "UPDATE_REGISTRATION", entryId, changes: { [field]: value } }, screen);
      return;
    }
    if (!nothing) {
      this.questions.ask(typed);
    }
    this.reconcileSoon();
    this.changed();
  }

  /** Brings the store and the shared meet together once whatever runs now has run: many actions, one comparison. */
  private reconcileSoon(): void {
    if (!this.reconciling) {
      this.reconciling = true;
      queueMicrotask(() => {
        this.reconciling = false;
        this.reconcile();
      });
    }
  }

  /** Makes the store like the shared meet. The replica shows an edit at once, so nothing done here is undone by it. */
  private reconcile(): void {
    const { api, replica } = this;
    if (!api || !replica || this.phase !== "on" || !this.rehydrated) {
      return;
    }
    const store = this.state();
    const shown = this.ofReplica(() => (replica.holdsMeet ? replica.state() : null));
    if (!shown) {
      return;
    }
    this.questions.settle(replica);
    const next = inboundStore(store, {
      meet: shown.meet as Record<string, unknown>,
      registration: shown.registration as Registration,
      selector: this.selector(store.lifting),
      typing: this.typing,
      nextEntryId: this.nextNumber(),
    });
    if (next) {
      this.old.note(store, next);
      this.overwrite(next);
    }
    this.tellWhere(store.lifting);
  }

  /** What a replica answers; null if it has stopped, which it says itself. */
  private ofReplica<T>(ask: () => T): T | null {
    try {
      return ask();
    } catch (error) {
      this.report("stopped", wordsOf(error));
      return null;
    }
  }

  /** Tells the others which platform this screen looks at. */
  private tellWhere({ day, platform }: { day: number; platform: number }): void {
    if (this.where !== `${day}.${platform}`) {
      this.where = `${day}.${platform}`;
      this.replica?.setPresence({ day, platform });
    }
  }

  /** Gives lifters added here numbers that nobody else gives, before anything else is known of the shared meet. */
  private renumber(): void {
    if (this.phase !== "off" && this.rehydrated) {
      const store = this.state();
      const registration = { ...store.registration, nextEntryId: this.nextNumber() };
      this.overwrite({ ...store, registration });
    }
  }

  private nextNumber(): number {
    this.number ??= drawNumber();
    const { nextEntryId } = this.state().registration;
    if (nextEntryId > this.number && nextEntryId < this.number + NUMBERS) {
      this.number = nextEntryId;
    }
    return this.number;
  }

  private overwrite(store: StoreState): void {
    const action = { type: "OVERWRITE_STORE", store, spotter: true };
    this.api?.dispatch(action);
  }

  private selector(screen: { day: number; platform: number }): Record<string, unknown> {
    const replica = this.phase === "on" ? this.replica : null;
    const value = this.ofReplica(() => replica?.get(selectorPath(screen))?.value);
    return (value ?? {}) as Record<string, unknown>;
  }

  // Beginning and end.

  private begin(waiting: Step[] | null): void {
    if (this.phase !== "off") {
      throw new Error("this browser takes part in a live meet already");
    }
    this.phase = "opening";
    this.number = null;
    this.waiting = waiting;
    if (waiting) {
      this.renumber();
    }
    this.changed();
  }

  private async openReplica(name: string): Promise<LiveReplica> {
    const replica = await this.options.open(name);
    if (this.phase !== "opening") {
      await replica.close();
      throw new Error("cancelled");
    }
    this.replica = replica;
    this.stops = [replica.onStatus(() => this.changed())];
    return replica;
  }

  /** Opens the meet of a name again, and says whether that was possible. */
  private async reopen(name: string): Promise<boolean> {
    try {
      const replica = await this.openReplica(name);
      if (!replica.holdsMeet) {
        throw new Error("the shared meet is not in this browser's storage any more");
      }
      await this.beginning(replica);
      this.attach(replica, name);
      return true;
    } catch (error) {
      this.report("open", wordsOf(error));
      await this.end();
      return false;
    }
  }

  /** Waits for the beginning of the meet, which whoever went live may not have sent yet. */
  private beginning(replica: LiveReplica): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        try {
          replica.state();
          resolve();
        } catch (error) {
          if ((error as { code?: unknown }).code !== NOT_ARRIVED) {
            reject(error);
          }
        }
      };
      this.stops.push(replica.onChange(look));
      look();
    });
  }

  private attach(replica: LiveReplica, name: string): void {
    if (this.replica !== replica) {
      throw new Error("cancelled");
    }
    this.questions.begin(name);
    const waiting = this.waiting ?? [];
    this.waiting = null;
    this.phase = "on";
    for (const stop of this.stops.splice(0)) {
      stop();
    }
    this.stops.push(
      replica.onStatus(() => this.changed()),
      replica.onChange(() => {
        this.reconcileSoon();
        this.changed();
      }),
      replica.onPresence(() => this.changed()),
      replica.onNews((news) => {
        if (TOLD.has(news.kind)) {
          this.report("news", newsWords(replica, news));
        }
      }),
      replica.guardUnload(),
    );
    this.ask(waiting);
    this.reconcile();
    this.changed();
  }

  private async end(): Promise<void> {
    const replica = this.replica;
    for (const stop of this.stops.splice(0)) {
      stop();
    }
    this.stopPause?.();
    this.stopPause = null;
    this.typing = null;
    this.where = "";
    this.replica = null;
    this.waiting = null;
    this.phase = "off";
    this.old.clear();
    await replica?.close();
    this.changed();
  }

  /** Programs of other formats read other things into the same state. */
  private checkVersion(replica: LiveReplica): void {
    const shared = formatOf(JSON.parse(replica.exportMeet()) as StoreState);
    const own = formatOf(this.state());
    if (shared !== own) {
      throw new Error(`the meet is of format ${shared}, and this OpenLifter reads format ${own}`);
    }
  }

  private state(): StoreState {
    return this.api?.getState() as StoreState;
  }

  private report(kind: Problem["kind"], words: string): void {
    this.problems = [...this.problems, { kind, words }].slice(-PROBLEMS_MAX);
    this.changed();
  }

  private changed(): void {
    for (const listener of [...this.listeners]) {
      listener();
    }
  }

  private remember(name: string): void {
    if (!this.membership.write({ name, left: false })) {
      this.report("open", "this browser will not find the shared meet again by itself after a reload");
    }
  }
}

/** News in words: names of lifters for paths, and weights as they are shown. */
function newsWords(replica: LiveReplica, news: LiveNews): string {
  const { words, path } = news;
  if (typeof path !== "string") {
    return words;
  }
  if (news.kind !== "overruled") {
    return words.replace(path, () => describe(replica, path));
  }
  const said = (write: unknown) => valueWords(replica, path, write as LiveWrite, english);
  const of = (write: unknown) => (write as LiveWrite).location;
  const { overruled, stands } = news;
  return `${describe(replica, path)}: ${of(overruled)}'s ${said(overruled)} was overruled by ${of(stands)}'s ${said(stands)}`;
}

function formatOf(state: StoreState): string {
  const versions = state.versions as { stateVersion?: string } | undefined;
  return versions?.stateVersion ?? "0";
}

function askByDialog(): OverwriteAnswer {
  const question =
    "This browser takes part in a live meet. Leave it, and open the other meet in this browser only? " +
    "The live meet goes on for everybody else.";
  return typeof confirm === "function" && confirm(question) ? "leave" : "keep";
}

function defaultTimer(act: () => void, ms: number): () => void {
  const timer = setTimeout(act, ms);
  return () => clearTimeout(timer);
}

/** A random place among 48 bits, above any number that OpenLifter gives by itself. */
function drawNumber(): number {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2));
  return 2 ** 48 + ((high as number) % 2 ** 16) * 2 ** 32 + (low as number);
}

function newName(): string {
  return `openlifter-${drawNumber().toString(36)}`;
}
