/** Whose turn a table shows, and whether others moved it on: a hand that is on its way then means the lifter before. */

import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { PathChange } from "spotter-client";
import type { App } from "../common/app.ts";
import { pathOf, type Slot } from "./attempts.ts";

/** How long after others moved the table on no press is taken: longer than a hand is on its way. */
const MOVED_MS = 1_000;

/** Fields of a lifter that no turn depends on. */
const ASIDE: ReadonlySet<string> = new Set([
  "name",
  "sex",
  "birthDate",
  "age",
  "squatRackInfo",
  "benchRackInfo",
  "equipment",
  "divisions",
  "team",
  "memberId",
  "country",
  "state",
  "notes",
  "guest",
]);

/**
 * Who moved a table on that showed `before` until these changes came; null if nobody but this page did. A verdict given
 * here moves it on, too: then of what others wrote at the same time, only what moves it further counts.
 */
export function movedBy(before: Slot | null, changes: readonly PathChange[]): string | null {
  const judgedHere = before !== null && changes.some(({ own, path }) => own && path === pathOf(before));
  const counts = judgedHere ? isVerdict : concernsTurns;
  const theirs = changes.filter((change) => !change.own && counts(change));
  return theirs[theirs.length - 1]?.location ?? null;
}

/** Whether a change can make it another lifter's turn. */
function concernsTurns({ path }: PathChange): boolean {
  const [place, , field = ""] = path.split(".");
  return place === "" || place === "lifting" || (place === "entries" && !ASIDE.has(field));
}

/** Whether a change is a lift that was judged, or somebody who was called. */
function isVerdict({ path, value }: PathChange): boolean {
  const judged = Array.isArray(value) && value.length === 2 && value[1] !== 0;
  return path.startsWith("lifting.") || (judged && /\.(squat|bench|deadlift)\.\d$/.test(path));
}

/** A table that others have just moved on. */
export interface MovedOn {
  /** Which location did. */
  readonly by: string;
}

/** Watches whose turn is shown. What it holds is set for a moment after others moved the table on. */
export function useMovedOn(
  app: App,
  now: Slot | null,
): { readonly moved: MovedOn | null; readonly latest: RefObject<MovedOn | null> } {
  const arrived = useRef<PathChange[]>([]);
  const shown = useRef(now);
  const latest = useRef<MovedOn>(null);
  const [moved, setMoved] = useState<MovedOn | null>(null);
  useEffect(
    () =>
      app.replica.onChange((changes) => {
        arrived.current.push(...changes);
      }),
    [app],
  );
  useLayoutEffect(() => {
    const [before, changes] = [shown.current, arrived.current];
    [shown.current, arrived.current] = [now, []];
    if (now === null || isSame(before, now)) return;
    const by = movedBy(before, changes);
    if (by === null) return;
    latest.current = { by };
    setMoved(latest.current);
  });
  useEffect(() => {
    if (moved === null) return;
    const timer = setTimeout(() => {
      latest.current = null;
      setMoved(null);
    }, MOVED_MS);
    return () => clearTimeout(timer);
  }, [moved]);
  return { moved, latest };
}

function isSame(one: Slot | null, other: Slot | null): boolean {
  return one === null || other === null ? one === other : pathOf(one) === pathOf(other);
}
