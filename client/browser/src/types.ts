/** Squat, bench or deadlift, as OpenLifter abbreviates them. */
export type Lift = "S" | "B" | "D";

/** A location that may be joined, and its priority: the higher number stands where two did not know of each other. */
export interface Seat {
  location: string;
  priority: number;
}

/** The connection to the relay. */
export interface Link {
  state: "offline" | "joining" | "catching-up" | "live";
  /** Why it is offline, for people. */
  why?: string;
  /** In how many milliseconds it is tried again; absent if not before somebody does something. */
  retryInMs?: number;
}

/** How the replica is doing. Times are RFC 3339, in UTC, by the clock of whoever wrote them. */
export interface Status {
  link: Link;
  holdsMeet: boolean;
  /** Whether the meet exists in this tab only. */
  draft: boolean;
  meetId: string | null;
  /** The hash of the meet's first change. */
  root: string | null;
  relay: string | null;
  location: string | null;
  priority: number | null;
  /** Whether this replica may change locations, password and sessions. */
  initiator: boolean;
  sessionExpiresAt: string | null;
  editsNotSent: number;
  oldestNotSent: string | null;
  /** Why the relay does not take them yet, if it has said so. They are kept, and sent when it does. */
  whyNotSent: { code: string; reason: string } | null;
  lastContact: string | null;
  /**
   * Whether the relay has acknowledged everything that is here, and everything it has told of is here and saved: its log
   * as it was when the session began, and what it has sent or acknowledged since.
   */
  inSync: boolean;
  /** Whether something the relay holds is, or may be, missing here. */
  needResync: boolean;
  /** Why nothing can be saved, if that is so. Nothing can be edited until it can. */
  cannotSave: string | null;
  passwordWanted: boolean;
  finished: boolean;
  /** Other tabs that exchange changes with this one. */
  peers: number;
  changes: number;
  conflicts: number;
  /** Changes refused and kept aside. */
  setAside: number;
  /** Edits of others that left with a refused change and can be made again here. */
  offers: string[];
}

/** A field that shows another write than somebody took it to show. */
export interface Moved {
  path: string;
  /** What it shows; null if nothing. */
  shown: Shown | null;
}

/** One write of a field. */
export interface Held {
  /** Null if the write made the field absent. */
  value: unknown;
  /** The value as people read it, and can type it. */
  text: string;
  /** The write's name, for `seen` and `restore`. */
  write: string;
  location: string;
  priority: number;
  time: string;
  reason?: string;
  change: string;
}

/** What a field shows. */
export interface Shown extends Held {
  path: string;
  /** Whether other values stand beside it. */
  conflict: boolean;
}

/** A field that several locations wrote without knowing of each other. */
export interface Conflict {
  path: string;
  stands: Held;
  /** The strongest first. */
  overruled: Held[];
}

/** One write of a field's history, in the order of replay; the last one is shown. */
export interface HistoryItem extends Held {
  /** The writes that its author had seen and replaced. */
  replaces: string[];
  standing: boolean;
  shown: boolean;
}

/** An entry, withdrawn ones included. */
export interface EntryInfo {
  key: string;
  id: number | null;
  name: string;
  withdrawn: boolean;
}

/** The shared part of OpenLifter's state, resolved. */
export interface OpenLifterState {
  meet: Record<string, unknown>;
  registration: {
    nextEntryId: number;
    entries: Record<string, unknown>[];
    lookup: Record<string, number>;
  } & Record<string, unknown>;
}

/** A field that shows something else. The empty path stands for everything: another meet, or a whole one where there was none. */
export interface PathChange extends Partial<Held> {
  path: string;
  value: unknown;
  text: string;
  location: string;
  /** Whether it was written in this tab. */
  own: boolean;
  /** The write that lost, where one did. */
  overruled?: Held & { own: boolean };
}

/** Something worth telling. `kind` is for programs, `words` for people. */
export type News = { kind: string; words: string } & Record<string, unknown>;

/** A device that may come back to the meet without the password; all tabs of a browser are one. */
export interface SessionShown {
  sessionId: string;
  locationName: string;
  initiator: boolean;
  issuedAt: string;
  expiresAt: string;
  connected: boolean;
  thisOne: boolean;
}

/** A day and a platform: what a score table looks at. */
export interface Screen {
  day: number;
  platform: number;
}

/** Which flight and lift to look at; without them, those that the platform is at. */
export interface Selection extends Screen {
  flight?: string;
  lift?: Lift;
}

/** A key that displays read the meet with. */
export interface DisplayKeyShown {
  id: string;
  label: string;
  /** The location that made it. */
  location: string;
  since: string;
}

/** What every display of a meet shows of it. */
export interface MeetView {
  name: string;
  date: string;
  inKg: boolean;
  lengthDays: number;
  platformsOnDays: number[];
  allow4thAttempts: boolean;
}

/** One flight of one day and platform. It says nothing of a lifter that is not for the public. */
export interface PlatformView {
  meet: MeetView;
  day: number;
  platform: number;
  flight: string;
  lift: Lift;
  /** Those of this day and platform that have lifters, sorted. */
  flights: string[];
  /** The active attempt, from 1. */
  attempt: number;
  /** Whether somebody has chosen the attempt or the lifter out of turn. */
  overridden: boolean;
  /** Whether totals and places count openers not yet lifted. */
  projected: boolean;
  /** The id of whoever lifts; null if the flight is complete. */
  current: number | null;
  next: number | null;
  /** The bar of whoever lifts. */
  loading: Loading | null;
  /** In lifting order. */
  lifters: LifterRow[];
}

/** A lifter of a platform. */
export interface LifterRow {
  id: number;
  name: string;
  sex: string;
  equipment: string;
  flight: string;
  lot: number;
  team: string;
  divisions: string[];
  events: string[];
  guest: boolean;
  /** 0 if not weighed in. */
  bodyweightKg: number;
  /** As it is called in the meet's unit; empty if not weighed in. */
  weightClass: string;
  squatRackInfo: string;
  benchRackInfo: string;
  squat: Attempt[];
  bench: Attempt[];
  deadlift: Attempt[];
  bestSquatKg: number;
  bestBenchKg: number;
  bestDeadliftKg: number;
  /** In the first of the places. */
  totalKg: number;
  /**
   * A number, `G`, `DQ` or nothing yet, for each event and division. The first is that in the first division entered and,
   * there, in the first event of OpenLifter's order.
   */
  places: { event: string; division: string; place: string }[];
}

/** An attempt. */
export interface Attempt {
  /** 0 if none was called. */
  kg: number;
  /** 1 good, -1 no lift, 0 not yet lifted. */
  status: -1 | 0 | 1;
  /** In the meet's unit; empty if none was called. */
  shown: string;
}

/** What is on the bar. */
export interface Loading {
  targetKg: number;
  barKg: number;
  plates: { kg: number; shown: string; color: string; pairs: number }[];
  /** What cannot be loaded, both sides together. */
  shortKg: number;
  shown: string;
}

/** The openers of a day and platform. */
export interface FlightSheet {
  meet: MeetView;
  day: number;
  platform: number;
  sheets: {
    flight: string;
    lift: Lift;
    lifters: { id: number; name: string; lot: number; kg: number; shown: string; rackInfo: string }[];
  }[];
}

/** The results of a whole meet. */
export interface Results {
  categories: Category[];
}

/** Those who compete with each other, the winner first. */
export interface Category {
  sex: string;
  event: string;
  equipment: string;
  division: string;
  weightClass: string;
  rows: ResultRow[];
}

/** A lifter in a category. */
export interface ResultRow {
  /** A number, `G`, `DQ`, `NS`, or nothing yet. */
  place: string;
  id: number;
  name: string;
  team: string;
  equipment: string;
  bodyweightKg: number;
  bestSquatKg: number;
  bestBenchKg: number;
  bestDeadliftKg: number;
  totalKg: number;
}

/** What people look at, and which field they are about to write. */
export interface Whereabouts {
  day?: number;
  platform?: number;
  /** The lifter's id. */
  entry?: number;
  field?: string;
}

/** Somebody else who looks at the meet. */
export interface Presence extends Whereabouts {
  location: string | null;
  /** Set if they sit at another tab of this browser. */
  tab?: string;
  /** Set if they are known through the relay. */
  session?: string;
  since: string;
}
