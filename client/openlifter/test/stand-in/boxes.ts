/**
 * Stand-ins for OpenLifter's input boxes, which keep a private copy of the value they were mounted with and show it
 * until they are mounted anew, whatever the store holds meanwhile.
 */

import type { Action, Entry, GlobalState, Lift } from "./state.js";

/** What a box needs of a store. */
export interface BoxStore {
  getState(): GlobalState;
  dispatch(action: Action): unknown;
}

const NAMES = { S: "squat", B: "bench", D: "deadlift" } as const;

function entryOf(store: BoxStore, id: number): Entry {
  const entry = store.getState().registration.entries.find((one) => one.id === id);
  if (!entry) {
    throw new Error(`no entry ${id}`);
  }
  return entry;
}

/** The box of an attempt's weight: every blur writes what it shows, changed or not; an empty one writes 0. */
export class AttemptInput {
  shown: string;

  private readonly store: BoxStore;
  private readonly at: { entryId: number; lift: Lift; attempt: number };

  constructor(store: BoxStore, at: { entryId: number; lift: Lift; attempt: number }) {
    this.store = store;
    this.at = at;
    const weights = entryOf(store, at.entryId)[`${NAMES[at.lift]}Kg`];
    const kg = weights[at.attempt - 1] ?? 0;
    this.shown = kg === 0 ? "" : String(kg);
  }

  blur(): void {
    const { entryId, lift, attempt } = this.at;
    const weightKg = this.shown === "" ? 0 : Number(this.shown);
    this.store.dispatch({ type: "ENTER_ATTEMPT", entryId, lift, attemptOneIndexed: attempt, weightKg });
  }
}

/** A box of another value of an entry: a blur writes what it shows if that is not what the store holds *now*. */
export class ValidatedInput {
  shown: string;

  private readonly store: BoxStore;
  private readonly at: { entryId: number; field: string };

  constructor(store: BoxStore, at: { entryId: number; field: string }) {
    this.store = store;
    this.at = at;
    this.shown = String(this.current());
  }

  blur(): void {
    if (this.shown !== String(this.current())) {
      const value = typeof this.current() === "number" ? Number(this.shown) : this.shown;
      const { entryId, field } = this.at;
      this.store.dispatch({ type: "UPDATE_REGISTRATION", entryId, changes: { [field]: value } });
    }
  }

  private current(): unknown {
    return entryOf(this.store, this.at.entryId)[this.at.field];
  }
}

/** A controlled box: it shows what the store holds, and each keystroke is an action. */
export class ControlledInput {
  private readonly store: BoxStore;
  private readonly at: { entryId: number; field: string };

  constructor(store: BoxStore, at: { entryId: number; field: string }) {
    this.store = store;
    this.at = at;
  }

  get shown(): string {
    return String(entryOf(this.store, this.at.entryId)[this.at.field]);
  }

  press(key: string): void {
    const { entryId, field } = this.at;
    const text = key === "Backspace" ? this.shown.slice(0, -1) : this.shown + key;
    this.store.dispatch({ type: "UPDATE_REGISTRATION", entryId, changes: { [field]: text } });
  }
}
