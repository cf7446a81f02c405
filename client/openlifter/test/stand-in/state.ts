/** The shape of OpenLifter's store, as far as the stand-in needs it. */

export interface Plate {
  weightKg: number;
  pairCount: number;
  color: string;
}

export type Meet = {
  date: string;
  lengthDays: number;
  platformsOnDays: number[];
  inKg: boolean;
  plates: Plate[];
} & Record<string, unknown>;

export type Lift = "S" | "B" | "D";

export type Entry = {
  id: number;
  day: number;
  platform: number;
  flight: string;
  lot: number | undefined;
  squatKg: number[];
  benchKg: number[];
  deadliftKg: number[];
  squatStatus: number[];
  benchStatus: number[];
  deadliftStatus: number[];
} & Record<string, unknown>;

export interface Registration {
  nextEntryId: number;
  entries: Entry[];
  lookup: Record<string, number>;
}

export interface Lifting {
  day: number;
  platform: number;
  flight: string;
  lift: string;
  overrideAttempt: number | null;
  overrideEntryId: number | null;
  columnDivisionWidthPx: number;
}

export interface GlobalState {
  versions: { stateVersion: string; releaseVersion: string };
  language: string;
  meet: Meet;
  registration: Registration;
  lifting: Lifting;
}

export interface Action {
  type: string;
  [field: string]: unknown;
}
