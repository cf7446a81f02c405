import { browserStore } from "./browser-store.js";
import { type Clock, clockHere } from "./clock.js";
import type { Core } from "./core.js";
import { type Act, Door, errorOf, type Outcome } from "./door.js";
import { SpotterError, wordsOf } from "./error.js";
import { relayAddress } from "./relay.js";
import { fromBase64, type Line, listen, type OpenSocket, openWebSocket, toBase64 } from "./socket.js";
import type { Slot, Store } from "./store.js";
import { ADDRESS, type TabEar, TabLinks, type Tabs, tabsHere } from "./tabs.js";
import type {
  Conflict,
  DisplayKeyShown,
  EntryInfo,
  FlightSheet,
  HistoryItem,
  Moved,
  News,
  OpenLifterState,
  PathChange,
  PlatformView,
  Presence,
  Results,
  Screen,
  Seat,
  Selection,
  SessionShown,
  Shown,
  Status,
  Whereabouts,
} from "./types.js";

/** What a replica is opened with. Everything but the core has a default in browsers. */
export interface ReplicaOptions {
  core: Core;
  /** Which replica of this browser: another name is another meet. */
  name?: string;
  store?: Store;
  socket?: OpenSocket;
  /** How the tabs of this browser reach each other; `false` if they should not. */
  tabs?: Tabs | false;
  clock?: Clock;
  random?: (bytes: number) => Uint8Array;
}

/** Why an edit is not taken back although nothing is wrong. */
const UNDO_REFUSED = ["nothing-to-undo", "not-undoable", "moved"];

/** Ends whatever was begun. */
export type Stop = () => void;

/** Opens the replica of a name, or begins an empty one. A replica that is a member of a live meet connects by itself. */
export async function openReplica(options: ReplicaOptions): Promise<Replica> {
  const name = options.name ?? "spotter";
  const store = options.store ?? browserStore();
  const slot = await store.open(name);
  try {
    const door = await Door.open(options.core);
    return await Replica.begin(door, slot, name, options);
  } catch (thrown) {
    await slot.close();
    throw thrown;
  }
}

interface Waiting {
  resolve(value: never): void;
  reject(error: unknown): void;
}

/** One copy of one meet in this tab. Edits are shown at once; their promises resolve when they are saved on this device. */
export class Replica {
  readonly #door: Door;
  readonly #slot: Slot;
  readonly #clock: Clock;
  readonly #openSocket: OpenSocket;
  readonly #tabs: TabLinks | null;
  readonly #lines = new Map<string, Line>();
  readonly #waiting = new Map<number, Waiting>();
  readonly #statusListeners = new Set<(status: Status) => void>();
  readonly #changeListeners = new Set<(changes: PathChange[]) => void>();
  readonly #newsListeners = new Set<(news: News) => void>();
  #calls = 0;
  #saving = 0;
  #saved: Promise<void> = Promise.resolve();
  #told = "";
  #root: string | null = null;
  #wants = false;
  #stopAlarm: Stop = () => undefined;
  #later: (() => void)[] = [];
  #closed = false;
  #stopPage: Stop = () => undefined;

  private constructor(door: Door, slot: Slot, name: string, options: ReplicaOptions) {
    this.#door = door;
    this.#slot = slot;
    this.#clock = options.clock ?? clockHere;
    this.#openSocket = options.socket ?? openWebSocket;
    const tabs = options.tabs ?? tabsHere();
    const random = options.random ?? systemRandom;
    this.#tabs = tabs ? new TabLinks(tabs(`spotter:${name}:tabs`), hex(random(8)), this.#tabEar()) : null;
  }

  /** Hands the replica what its slot holds. */
  static async begin(door: Door, slot: Slot, name: string, options: ReplicaOptions): Promise<Replica> {
    const replica = new Replica(door, slot, name, options);
    try {
      await replica.#open(hex((options.random ?? systemRandom)(32)));
    } catch (thrown) {
      replica.#tabs?.close();
      throw thrown;
    }
    return replica;
  }

  async #open(seed: string): Promise<void> {
    // Batches stay texts on their way into the core, which reads them.
    const listed = (batches: readonly string[]): string => JSON.stringify(`[${batches.join(",")}]`);
    const others = this.#slot.others.map(listed).join(",");
    const open = (own: readonly string[]): unknown => {
      const head = `"do":"open","now":${JSON.stringify(this.#now())},"seed":"${seed}"`;
      return this.#through(`{${head},"own":${listed(own)},"others":[${others}]}`);
    };
    const before = open(this.#slot.own) as { copy?: string } | null;
    if (before?.copy !== undefined) {
      await this.#slot.append(before.copy);
      open([before.copy]);
    }
    this.#stopPage = this.#watchPage();
    const status = this.status();
    this.#told = toldOf(status);
    this.#announce(status);
    // A finished meet still takes what somebody wrote before they heard of it.
    if (status.meetId !== null) {
      await this.stayConnected(true);
    }
  }

  // The meet.

  /** Whether there is a meet here. */
  get holdsMeet(): boolean {
    return this.#ask("holdsMeet") as boolean;
  }

  /** Begins a meet from nothing, in this browser only, dated on the given day (`YYYY-MM-DD`). */
  async newMeet(date: string): Promise<void> {
    await this.#call("newMeet", { date });
  }

  /** Begins a meet from OpenLifter's saved file, in this browser only. */
  async importMeet(saved: string): Promise<void> {
    await this.#call("import", { saved });
  }

  /** Takes in a bundle, a meet as a file that was carried here. `as` says who writes here, where that is not known. */
  async importBundle(text: string, as?: Seat): Promise<{ brought: number }> {
    return (await this.#call("unpackBundle", { text, as: normal(as) })) as { brought: number };
  }

  /** OpenLifter's saved file. */
  exportMeet(): string {
    return this.#ask("export") as string;
  }

  /** The whole meet, its history included, as a file to carry. `as` says who writes here, where that is not known. */
  async exportBundle(as?: Seat): Promise<string> {
    return (await this.#call("packBundle", { as: normal(as) })) as string;
  }

  // The relay.

  /** Makes the meet live at a relay, for those locations. */
  async goLive(o: {
    relay: string;
    location: string;
    roster: Seat[];
    password: string;
    again?: boolean;
  }): Promise<{ meetId: string }> {
    return (await this.#call("goLive", normal({ ...o, relay: relayAddress(o.relay) }))) as { meetId: string };
  }

  /** Joins a live meet as one of its locations. The meet follows: `sync` waits for it. */
  async join(o: {
    relay: string;
    meetId: string;
    location: string;
    password: string;
  }): Promise<{ meetId: string }> {
    return (await this.#call("join", normal({ ...o, relay: relayAddress(o.relay) }))) as { meetId: string };
  }

  /** The password that is wanted (`status().passwordWanted`). */
  async password(password: string): Promise<void> {
    await this.#call("password", normal({ password }));
  }

  /** Whether to hold a connection to the relay, now and whenever one is lost. */
  async stayConnected(yes: boolean): Promise<void> {
    await this.#call("stayConnected", { yes });
  }

  /**
   * Waits until `status().inSync`, and not at all if that is so already. The relay is asked nothing: what others gave it
   * a moment ago may still be on its way here.
   */
  async sync(): Promise<void> {
    await this.#call("sync", {});
  }

  // Editing.

  /**
   * Gives fields values, all in one change. With `seen`, nothing is written if a field shows another write by now than
   * the one named there (`""`: nothing): the error's code is `moved`. One field alone may be given null, which makes it
   * absent again.
   */
  async edit(
    puts: Record<string, unknown>,
    o: { reason?: string; seen?: Record<string, string> } = {},
  ): Promise<{ change: string | null }> {
    const missing = Object.keys(puts).find((path) => puts[path] === undefined);
    if (missing !== undefined) {
      throw new SpotterError("wrong-value", `${missing}: undefined is no value; null makes a field absent`);
    }
    return (await this.#call("edit", { puts, ...o })) as { change: string | null };
  }

  /** Adds an entry; what `fields` does not say is as OpenLifter has it. */
  async addEntry(fields: Record<string, unknown>): Promise<{ id: number }> {
    return (await this.#call("add", { fields })) as { id: number };
  }

  /** Withdraws an entry. It keeps everything it holds. */
  async withdrawEntry(id: number): Promise<void> {
    await this.#call("withdraw", { entry: id });
  }

  /** Takes back a withdrawal. */
  async reinstateEntry(id: number): Promise<void> {
    await this.#call("reinstate", { entry: id });
  }

  /** Makes the edits that an action of OpenLifter asks for. `ids` names the entries that it added, in display order. */
  async act(action: object, screen?: Screen): Promise<{ changes: number; ids: number[] }> {
    return (await this.#call("act", { action, screen })) as { changes: number; ids: number[] };
  }

  /**
   * Takes back the last edit made in this tab since it was opened. Refused if somebody has written over it since: `why`
   * says so, and `moved` which field it is.
   */
  async undo(): Promise<{ undone: boolean; path?: string; why?: string; moved?: Moved }> {
    try {
      const { path } = (await this.#call("undo", {})) as { path: string };
      return { undone: true, path };
    } catch (thrown) {
      if (thrown instanceof SpotterError && UNDO_REFUSED.includes(thrown.code)) {
        const moved = thrown.code === "moved" ? { moved: thrown.details as unknown as Moved } : {};
        return { undone: false, why: thrown.message, ...moved };
      }
      throw thrown;
    }
  }

  /** Gives a field again what one of its writes gave it, and so settles a conflict. */
  async restore(path: string, write: string, reason?: string): Promise<void> {
    await this.#call("restore", { path, write, reason });
  }

  /** Makes again, in one's own name, an edit of somebody else that left with a refused change (`status().offers`). */
  async makeAgain(change: string): Promise<void> {
    await this.#call("makeAgain", { change });
  }

  // Reading.

  /** What a field shows; null if it has never been filled in. */
  get(path: string): Shown | null {
    return this.#ask("get", { path }) as Shown | null;
  }

  /** What a text that a person typed means for a field. */
  parse(path: string, text: string): unknown {
    return this.#ask("parse", { path, text });
  }

  /** The meet and the entries as OpenLifter has them. */
  state(): OpenLifterState {
    return this.#ask("state") as OpenLifterState;
  }

  /** All entries in display order, withdrawn ones included. */
  entries(): EntryInfo[] {
    return this.#ask("entries") as EntryInfo[];
  }

  /** Fields that several locations wrote without knowing of each other. */
  conflicts(): Conflict[] {
    return this.#ask("conflicts") as Conflict[];
  }

  /** Every write of a field. */
  history(path: string): HistoryItem[] {
    return this.#ask("history", { path }) as HistoryItem[];
  }

  /** One flight of a day and platform: order, who lifts, the bar, totals and places, as OpenLifter derives them. */
  platform(selection: Selection): PlatformView {
    return this.#ask("platform", selection) as PlatformView;
  }

  /** The openers of a day and platform, to be printed. */
  flightSheet(selection: Selection): FlightSheet {
    return this.#ask("flightSheet", selection) as FlightSheet;
  }

  /** All categories with their places; final, or as they stand. */
  results(final: boolean): Results {
    return this.#ask("results", { final }) as Results;
  }

  /** A weight in the meet's unit, as OpenLifter displays it. */
  displayWeight(kg: number): string {
    return this.#ask("displayWeight", { kg }) as string;
  }

  /** The kilograms that a person typed in the meet's unit; an empty text is 0. */
  parseWeight(text: string): number {
    return this.#ask("parseWeight", { text }) as number;
  }

  /** How the replica is doing. */
  status(): Status {
    return this.#ask("status") as Status;
  }

  /** The locations that may join. */
  roster(): Seat[] {
    return this.#ask("roster") as Seat[];
  }

  // Watching.

  /** Hears the status at once and whenever it is another; a countdown alone is no news. */
  onStatus(listener: (status: Status) => void): Stop {
    this.#statusListeners.add(listener);
    listener(this.status());
    return () => this.#statusListeners.delete(listener);
  }

  /** Hears of every field that shows something else, and of every write that lost. */
  onChange(listener: (changes: PathChange[]) => void): Stop {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }

  /** Hears the same of one path, and of all paths below it. */
  watch(path: string, listener: (changes: PathChange[]) => void): Stop {
    const concerns = (change: PathChange): boolean =>
      change.path === "" ||
      change.path === path ||
      change.path.startsWith(`${path}.`) ||
      path.startsWith(`${change.path}.`);
    return this.onChange((changes) => {
      const some = changes.filter(concerns);
      if (some.length > 0) {
        listener(some);
      }
    });
  }

  /** Hears everything worth telling, in words. */
  onNews(listener: (news: News) => void): Stop {
    this.#newsListeners.add(listener);
    return () => this.#newsListeners.delete(listener);
  }

  /** Hears who else looks at the meet, at once and whenever that is different. Nothing of it is kept. */
  onPresence(listener: (others: Presence[]) => void): Stop {
    listener(this.presence());
    return this.onNews((news) => {
      if (news.kind === "presence") {
        listener(this.presence());
      }
    });
  }

  /** Shows the others where the people at this tab are; with null, that nobody is here any more. */
  setPresence(at: Whereabouts | null): void {
    this.#call("present", { at }).catch((thrown: unknown) => {
      this.#tell({ kind: "fault", words: wordsOf(thrown) });
    });
  }

  /** Who else looks at the meet, as far as is known. */
  presence(): Presence[] {
    return this.#ask("presence") as Presence[];
  }

  // What the initiator may do.

  /** Who may come back without the password. */
  async sessions(): Promise<SessionShown[]> {
    return (await this.#call("sessions", {})) as SessionShown[];
  }

  /** Shuts a device out: all of its tabs need the password again. */
  async revokeSession(id: string): Promise<void> {
    await this.#call("revokeSession", { id });
  }

  /** Adds a location, or gives one another priority or name. */
  async setLocation(o: Seat & { newName?: string }): Promise<void> {
    await this.#call("setLocation", normal(o));
  }

  /** Changes the password for those who join from now on. */
  async changePassword(old: string, next: string): Promise<void> {
    await this.#call("changePassword", normal({ old, next }));
  }

  /** Makes a key that displays may read the meet with; it is shown this once. */
  async addDisplayKey(label: string): Promise<{ id: string; key: string }> {
    return (await this.#call("addDisplayKey", { label })) as { id: string; key: string };
  }

  /** Which display keys there are. */
  async displayKeys(): Promise<DisplayKeyShown[]> {
    return (await this.#call("displayKeys", {})) as DisplayKeyShown[];
  }

  /** Ends a display key, and the displays that were opened with it. */
  async revokeDisplayKey(id: string): Promise<void> {
    await this.#call("revokeDisplayKey", { id });
  }

  /** Declares the meet finished: it takes no more edits. */
  async finish(): Promise<void> {
    await this.#call("finish", {});
  }

  // The browser.

  /** Has the browser ask before this tab is closed while an edit is not saved. */
  guardUnload(): Stop {
    const guard = (event: BeforeUnloadEvent): void => {
      if (this.#saving > 0 || this.status().cannotSave !== null) {
        event.preventDefault();
        // Older browsers want this instead.
        event.returnValue = true;
      }
    };
    globalThis.addEventListener?.("beforeunload", guard);
    return () => globalThis.removeEventListener?.("beforeunload", guard);
  }

  /** Asks the browser not to clear this site's storage when room is short. */
  async requestPersistence(): Promise<"granted" | "refused" | "unavailable"> {
    const storage = globalThis.navigator?.storage;
    if (typeof storage?.persist !== "function") {
      return "unavailable";
    }
    return (await storage.persist()) ? "granted" : "refused";
  }

  /** Ends connections, waits for what is being saved, and gives the slot back. */
  async close(): Promise<void> {
    if (this.#closed) {
      return;
    }
    this.#stopPage();
    this.#tabs?.close();
    for (const line of this.#lines.values()) {
      line.close();
    }
    this.#lines.clear();
    while (this.#saving > 0) {
      await this.#saved;
    }
    this.#closed = true;
    this.#stopAlarm();
    for (const waiting of this.#waiting.values()) {
      waiting.reject(errorOf({ code: "closed", message: "the replica was closed" }));
    }
    this.#waiting.clear();
    await this.#slot.close();
  }

  // What follows is the shell: it does what the core asks for, and reports what happened.

  #now(): [number, number] {
    return [Math.floor(this.#clock.monotonic()), Math.floor(this.#clock.wall() / 1_000)];
  }

  /** Asks something that is answered at once. */
  #ask(what: string, fields: object = {}): unknown {
    return this.#through(this.#message(what, fields));
  }

  /** Asks for something that takes its time. */
  #call(what: string, fields: object): Promise<unknown> {
    this.#calls += 1;
    const call = this.#calls;
    return new Promise((resolve, reject) => {
      this.#waiting.set(call, { resolve, reject });
      try {
        this.#through(this.#message(what, { call, ...fields }));
      } catch (thrown) {
        this.#waiting.delete(call);
        reject(thrown);
      }
    });
  }

  /** Reports what happened. */
  #report(what: string, fields: object = {}): void {
    if (this.#closed) {
      return;
    }
    try {
      // Nothing may be left to do, and that may be the news: with the last records saved, all is in sync.
      this.#through(this.#message(what, fields), true);
    } catch (thrown) {
      this.#tell({ kind: "fault", words: wordsOf(thrown) });
    }
  }

  #message(what: string, fields: object): string {
    return JSON.stringify({ ...fields, do: what, now: this.#now() }, onlyNumbers);
  }

  #through(message: string, mayBeNews = false): unknown {
    if (this.#closed) {
      throw errorOf({ code: "closed", message: "the replica was closed" });
    }
    const outcome: Outcome = this.#door.knock(message);
    for (const act of outcome.acts) {
      this.#perform(act);
    }
    if (mayBeNews || outcome.acts.length > 0) {
      this.#tellStatus();
    }
    this.#setAlarm(outcome.wake);
    this.#tellNow();
    if (outcome.error) {
      throw errorOf(outcome.error);
    }
    return outcome.value ?? null;
  }

  #setAlarm(wake: number | null): void {
    this.#stopAlarm();
    if (wake === null) {
      this.#stopAlarm = () => undefined;
      return;
    }
    // One more, since the clock is told in whole milliseconds.
    const ms = Math.max(0, wake - Math.floor(this.#clock.monotonic()) + 1);
    this.#stopAlarm = this.#clock.alarm(ms, () => this.#report("tick"));
  }

  #perform(act: Act): void {
    if (act.save !== undefined) {
      this.#save(act.save, act.records ?? "[]");
    } else if (act.connect !== undefined) {
      this.#connect(act.connect, act.to ?? "");
    } else if (act.disconnect !== undefined) {
      this.#disconnect(act.disconnect);
    } else if (act.send !== undefined) {
      this.#send(act.send, act);
    } else if (act.ping !== undefined) {
      this.#tabs?.ping(act.ping);
    } else if (act.answer !== undefined) {
      this.#answered(act.answer, act);
    } else if (act.news !== undefined) {
      this.#tell(act.news as News);
    } else if (act.lend !== undefined) {
      this.#tabs?.lend(act.lend);
    } else if (act.changes !== undefined) {
      const changes = act.changes as PathChange[];
      this.#later.push(() => notify(this.#changeListeners, changes));
    }
  }

  #save(batch: number, records: string): void {
    this.#saving += 1;
    this.#saved = this.#slot.append(records).then(
      () => {
        this.#saving -= 1;
        this.#report("saved", { batch });
      },
      (thrown: unknown) => {
        this.#saving -= 1;
        this.#report("saved", { batch, why: wordsOf(thrown) });
      },
    );
  }

  #connect(link: string, address: string): void {
    if (address.startsWith(ADDRESS)) {
      this.#tabs?.connect(link, address);
      return;
    }
    try {
      const line = listen(this.#openSocket, address, {
        opened: () => this.#report("connected", { link }),
        received: (data) =>
          this.#report(
            "received",
            typeof data === "string" ? { link, text: data } : { link, bytes: toBase64(data) },
          ),
        closed: (why) => {
          this.#lines.delete(link);
          this.#report("disconnected", { link, why });
        },
      });
      this.#lines.set(link, line);
    } catch (thrown) {
      queueMicrotask(() => this.#report("disconnected", { link, why: wordsOf(thrown) }));
    }
  }

  #disconnect(link: string): void {
    this.#lines.get(link)?.close();
    this.#lines.delete(link);
    this.#tabs?.disconnect(link);
  }

  #send(link: string, act: Act): void {
    const { text, bytes } = act;
    const line = this.#lines.get(link);
    if (line === undefined) {
      this.#tabs?.send(link, text === undefined ? { bytes: bytes ?? "" } : { text });
    } else {
      line.send(text ?? fromBase64(bytes ?? ""));
    }
  }

  #answered(call: number, act: Act): void {
    const waiting = this.#waiting.get(call);
    this.#waiting.delete(call);
    if (act.error) {
      waiting?.reject(errorOf(act.error));
    } else {
      waiting?.resolve((act.value ?? null) as never);
    }
  }

  #tell(news: News): void {
    this.#later.push(() => notify(this.#newsListeners, news));
  }

  /** Tells those who listen, after everything has been done, since they may come back with something new. */
  #tellNow(): void {
    const later = this.#later;
    this.#later = [];
    for (const tell of later) {
      tell();
    }
  }

  #tellStatus(): void {
    const outcome = this.#door.knock(this.#message("status", {}));
    const status = outcome.value as Status | undefined;
    if (status === undefined) {
      return;
    }
    this.#announce(status);
    const told = toldOf(status);
    if (told !== this.#told) {
      this.#told = told;
      this.#later.push(() => notify(this.#statusListeners, status));
    }
  }

  /** The other tabs learn which meet is here as soon as it is one to share. */
  #announce(status: Status): void {
    const root = status.draft || status.changes === 0 ? null : status.root;
    if (root !== this.#root) {
      this.#root = root;
      queueMicrotask(() => {
        if (!this.#closed) {
          this.#tabs?.announce(root);
        }
      });
    }
    // A session that is over is none of the others' fault: they may have another one.
    const wants = status.passwordWanted && root !== null;
    if (wants && !this.#wants) {
      queueMicrotask(() => {
        if (!this.#closed) {
          this.#tabs?.want();
        }
      });
    }
    this.#wants = wants;
  }

  #tabEar(): TabEar {
    const forget = (address: string): void => {
      this.#call("forgetPeer", { address }).catch(() => undefined);
    };
    return {
      met: (address) => {
        forget(address);
        this.#call("dial", { address }).catch(() => undefined);
      },
      left: forget,
      lent: (lent) => {
        this.#call("borrow", { lent }).catch(() => undefined);
      },
      connected: (link) => this.#report("connected", { link }),
      received: (link, data) => this.#report("received", { link, ...data }),
      heard: (link) => this.#report("heard", { link }),
      disconnected: (link, why) => this.#report("disconnected", { link, why }),
    };
  }

  /** A page that is left says goodbye; one that comes back from the browser's memory says hello again. */
  #watchPage(): Stop {
    const leaving = (): void => this.#tabs?.leave();
    const back = (event: PageTransitionEvent): void => {
      if (event.persisted) {
        this.#tabs?.announce(this.#root);
        this.#report("tick");
      }
    };
    globalThis.addEventListener?.("pagehide", leaving);
    globalThis.addEventListener?.("pageshow", back);
    return () => {
      globalThis.removeEventListener?.("pagehide", leaving);
      globalThis.removeEventListener?.("pageshow", back);
    };
  }
}

/** One who listens and fails does not keep the others from hearing. */
function notify<T>(listeners: ReadonlySet<(what: T) => void>, what: T): void {
  for (const listener of [...listeners]) {
    try {
      listener(what);
    } catch (thrown) {
      report(thrown);
    }
  }
}

/** JSON has no such numbers: they would arrive as null, and empty a field. */
function onlyNumbers(name: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new SpotterError("wrong-value", `${name}: ${value} is no number that can be kept`);
  }
  return value;
}

/** As a browser reports what nobody caught. */
function report(thrown: unknown): void {
  if (typeof globalThis.reportError === "function") {
    globalThis.reportError(thrown);
  } else {
    console.error(thrown);
  }
}

function toldOf(status: Status): string {
  const { retryInMs: _, ...link } = status.link;
  return JSON.stringify({ ...status, link });
}

/** Texts that must be the same for whoever types them, whatever keyboard or system wrote them. */
const COMPARED = new Set(["location", "newName", "password", "old", "next"]);

/** Gives such texts the one spelling (NFC) that the core expects: it does not carry the tables that JavaScript has. */
function normal<T>(fields: T): T {
  if (typeof fields !== "object" || fields === null) {
    return fields;
  }
  const normalised = Object.entries(fields).map(([name, value]) => {
    if (Array.isArray(value)) {
      return [name, value.map(normal)];
    }
    return [name, typeof value === "string" && COMPARED.has(name) ? value.normalize("NFC") : value];
  });
  return Object.fromEntries(normalised) as T;
}

function systemRandom(bytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(bytes));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
