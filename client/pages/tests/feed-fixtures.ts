/** A small meet whose picture at every revision is known, so that a reader can be judged by what it shows. */

import type { Attempt, Frame, LifterRow, Picture, Platform } from "../src/feed/display.ts";

const NONE: Attempt = { kg: 0, status: 0, shown: "" };

/** The first revision of the relay's run. */
export const EPOCH = 0;

/** A lifter who has called one squat. */
export function lifter(id: number, name: string, kg = 100): LifterRow {
  const squat: Attempt[] = [{ kg, status: 0, shown: String(kg) }, NONE, NONE, NONE, NONE];
  const none = [NONE, NONE, NONE, NONE, NONE];
  return {
    id,
    name,
    team: "",
    flight: "A",
    lot: id,
    divisions: ["Open"],
    events: ["SBD"],
    guest: false,
    bodyweightKg: 80,
    weightClass: "82.5",
    squatRackInfo: "",
    benchRackInfo: "",
    squat,
    bench: none,
    deadlift: none,
    bestSquatKg: 0,
    bestBenchKg: 0,
    bestDeadliftKg: 0,
    totalKg: 0,
    places: [],
  };
}

/** A platform on which somebody is lifting, or nobody. */
export function platform(current: number | null): Platform {
  return {
    meet: { name: "Example Open", date: "2026-05-01", inKg: true },
    day: 1,
    platform: 1,
    flight: "A",
    lift: "S",
    flights: ["A"],
    attempt: 1,
    overridden: false,
    projected: true,
    current,
    next: null,
    loading: null,
  };
}

/** The picture at a revision: lifters come, change and go, and their order turns. */
export function pictureAt(revision: number): Picture {
  const ids = [1, 2, 3, 4].filter((id) => (revision + id) % 3 !== 0);
  const lifters = ids.map((id) => lifter(id, `Lifter ${id}`, 100 + (id === revision % 4 ? revision : 0)));
  if (revision % 2 === 0) lifters.reverse();
  return { platform: platform(lifters[0]?.id ?? null), lifters };
}

/** The message that leads from the revision before to this one. */
export function frameTo(revision: number): Frame {
  return frameBetween(pictureAt(revision - 1), pictureAt(revision), revision);
}

/** The message of this revision, which leads from one picture to another. */
export function frameBetween(before: Picture, after: Picture, revision: number): Frame {
  const was = new Map(before.lifters.map((row) => [row.id, JSON.stringify(row)]));
  const is = new Set(after.lifters.map((row) => row.id));
  return {
    revision,
    epoch: EPOCH,
    generatedAt: revision,
    create: [...is].filter((id) => !was.has(id)),
    update: after.lifters.filter((row) => was.get(row.id) !== JSON.stringify(row)),
    destroy: [...was.keys()].filter((id) => !is.has(id)),
    platform: { ...after.platform, order: after.lifters.map((row) => row.id) },
  };
}
