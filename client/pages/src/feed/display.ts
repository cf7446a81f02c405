/**
 * What a display shows, and the check that a message from the network has that shape.
 *
 * A reader applies what passed this check and nothing else: a message that is not understood makes it start over.
 */

/** Squat, bench or deadlift. */
export type Lift = "S" | "B" | "D";

/** No lift, not yet lifted, good lift. */
export type AttemptStatus = -1 | 0 | 1;

/** One attempt: its weight, its verdict, and its weight as the meet displays it. */
export interface Attempt {
  readonly kg: number;
  readonly status: AttemptStatus;
  readonly shown: string;
}

/** A place in one of the categories a lifter is in. */
export interface Place {
  readonly event: string;
  readonly division: string;
  readonly place: string;
}

/** One lifter of the flight. */
export interface LifterRow {
  readonly id: number;
  readonly name: string;
  readonly team: string;
  readonly flight: string;
  readonly lot: number;
  readonly divisions: readonly string[];
  readonly events: readonly string[];
  readonly guest: boolean;
  readonly bodyweightKg: number;
  readonly weightClass: string;
  readonly squatRackInfo: string;
  readonly benchRackInfo: string;
  readonly squat: readonly Attempt[];
  readonly bench: readonly Attempt[];
  readonly deadlift: readonly Attempt[];
  readonly bestSquatKg: number;
  readonly bestBenchKg: number;
  readonly bestDeadliftKg: number;
  readonly totalKg: number;
  /** The first is that in the competition whose total this is. */
  readonly places: readonly Place[];
}

/** One kind of plate on one side of the bar. */
export interface Plate {
  readonly kg: number;
  readonly shown: string;
  readonly color: string;
  readonly pairs: number;
}

/** What is on the bar. */
export interface Loading {
  readonly targetKg: number;
  readonly barKg: number;
  readonly plates: readonly Plate[];
  /** What cannot be loaded with the plates there are. */
  readonly shortKg: number;
  readonly shown: string;
}

/** What a platform shows, the lifters aside. */
export interface Platform {
  readonly meet: { readonly name: string; readonly date: string; readonly inKg: boolean };
  readonly day: number;
  readonly platform: number;
  readonly flight: string;
  readonly lift: Lift;
  readonly flights: readonly string[];
  readonly attempt: number;
  readonly overridden: boolean;
  /** Whether totals and places count attempts that are still to come. */
  readonly projected: boolean;
  /** The lifter whose turn it is; `null` when the flight is complete. */
  readonly current: number | null;
  readonly next: number | null;
  readonly loading: Loading | null;
}

/** A whole picture: the platform, and its lifters in lifting order. */
export interface Picture {
  readonly platform: Platform;
  readonly lifters: readonly LifterRow[];
}

/** A picture with the revision it has. */
export interface Snapshot {
  readonly revision: number;
  /** The first revision of the relay's run: another one means that revisions of before say nothing. */
  readonly epoch: number;
  /** When it became so, by the relay's clock, in milliseconds since 1970. */
  readonly generatedAt: number;
  /** When the request arrived, by the same clock. */
  readonly requestedAt: number;
  readonly picture: Picture;
}

/** One message of the feed. */
export interface Frame {
  readonly revision: number;
  /** As in the snapshot; `null` where the message tells none. */
  readonly epoch: number | null;
  readonly generatedAt: number;
  readonly create: readonly number[];
  readonly update: readonly LifterRow[];
  readonly destroy: readonly number[];
  /** The platform if it changed, with the order of all lifters. */
  readonly platform: (Platform & { readonly order: readonly number[] }) | null;
}

/** The attempts of a lifter at a lift. */
export function attemptsOf(row: LifterRow, lift: Lift): readonly Attempt[] {
  switch (lift) {
    case "S":
      return row.squat;
    case "B":
      return row.bench;
    case "D":
      return row.deadlift;
  }
}

/** The row of a lifter. */
export function lifterOf(picture: Picture, id: number | null): LifterRow | null {
  return picture.lifters.find((row) => row.id === id) ?? null;
}
