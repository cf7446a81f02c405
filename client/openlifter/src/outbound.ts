/**
 * Actions on their way out: what a replica is asked to do for what a screen did.
 *
 * The replica reads OpenLifter's actions by itself. Here is only what it cannot know: the numbers that this store
 * gave to lifters, and which lifters stood at which place of it.
 */

import type { Typed } from "./questions.js";
import type { Action, Entry, StoreState } from "./state.js";

/** One thing that a replica is asked to do. */
export type Step =
  | { kind: "act"; action: Action; screen: Screen }
  | { kind: "edit"; puts: Record<string, unknown> }
  | { kind: "typed"; typed: Typed; screen: Screen };

/** A day and a platform. */
export interface Screen {
  day: number;
  platform: number;
}

/** What is remembered of the store before an action. Copies, for reducers change old entries in place. */
export interface Before {
  ids: ReadonlySet<number>;
  lifting: StoreState["lifting"];
}

/** Lots that one edit assigns; a change holds about a thousand operations. */
const LOTS_PER_EDIT = 500;

/** Remembers a store before an action. */
export function remember({ registration, lifting }: StoreState): Before {
  return { ids: new Set(registration.entries.map((entry) => entry.id)), lifting: { ...lifting } };
}

/** The path of the selector that a day's platform shares. */
export function selectorPath({ day, platform }: Screen): string {
  return `lifting.${day}.${platform}`;
}

/** What the replica is asked to do for an action that has been reduced. `shared` is the selector of the screen's platform. */
export function stepsOf(
  action: Action,
  before: Before,
  after: StoreState,
  shared: Record<string, unknown>,
): Step[] {
  const screen = { day: before.lifting.day, platform: before.lifting.platform };
  const act = (one: Action): Step => ({ kind: "act", action: one, screen });
  switch (action.type) {
    case "NEW_REGISTRATION":
      return added(before, after).map((entry) => act(addition(entry)));
    case "MERGE_PLATFORM":
      return [...removed(before, after).map(removal), ...added(before, after).map(addition)].map(act);
    case "ASSIGN_LOT_NUMBERS":
      return lots(after);
    case "SET_LIFTING_GROUP":
      return movesOnly(action, before) ? [] : [act(action)];
    case "MARK_LIFT":
    case "OVERRIDE_ATTEMPT":
    case "OVERRIDE_ENTRY_ID":
      return [...(shared.flight === undefined ? [group(before.lifting)] : []), action].map(act);
    default:
      return [act(action)];
  }
}

/**
 * Whether a screen merely turns to another day or platform. The footer carries flight and lift along from where the
 * screen was; they say nothing about where it goes.
 */
function movesOnly(action: Action, { lifting }: Before): boolean {
  const moves = action.day !== lifting.day || action.platform !== lifting.platform;
  return moves && action.flight === lifting.flight && action.lift === lifting.lift;
}

/** Tells the others which flight and lift a platform is at, once something happens there. */
function group({ day, platform, flight, lift }: StoreState["lifting"]): Action {
  return { type: "SET_LIFTING_GROUP", day, platform, flight, lift };
}

function added(before: Before, after: StoreState): Entry[] {
  return after.registration.entries.filter((entry) => !before.ids.has(entry.id));
}

/** A new lifter as this store has made it, number and group included. */
function addition(entry: Entry): Action {
  return { type: "NEW_REGISTRATION", overwriteDefaults: entry };
}

function removed(before: Before, after: StoreState): number[] {
  const left = new Set(after.registration.entries.map((entry) => entry.id));
  return [...before.ids].filter((id) => !left.has(id));
}

function removal(entryId: number): Action {
  return { type: "DELETE_REGISTRATION", entryId };
}

/** Lots by lifter, whatever places the lifters have in the shared meet. */
function lots(after: StoreState): Step[] {
  const assigned = after.registration.entries.filter((entry) => entry.lot !== undefined);
  const steps: Step[] = [];
  for (let at = 0; at < assigned.length; at += LOTS_PER_EDIT) {
    const slice = assigned.slice(at, at + LOTS_PER_EDIT);
    const puts = Object.fromEntries(slice.map((entry) => [`entries.${entry.id}.lot`, entry.lot]));
    steps.push({ kind: "edit", puts });
  }
  return steps;
}
