/**
 * Old values that boxes may still show.
 *
 * Many of OpenLifter's boxes keep the value they were mounted with. When another location changes it, such a box goes on
 * showing the old one, and writes it back when the focus merely passes through. This remembers the values that
 * were shown before others changed them, so that such a write can be told from an edit.
 */

import { boxes, boxWrite, shownAlike } from "./fields.js";
import type { Action, StoreState } from "./state.js";

/** Old values that are remembered of one box; an older one has scrolled out of anybody's memory. */
const OLD_VALUES_MAX = 16;

/** What boxes showed before somebody else changed it. */
export class OldValues {
  private readonly old = new Map<string, unknown[]>();

  /** Takes note of what an inbound state changes. Called before it is dispatched. */
  note(before: StoreState, after: StoreState): void {
    const next = boxes(after);
    for (const [box, value] of boxes(before)) {
      if (next.has(box) && !Object.is(next.get(box), value)) {
        const values = this.old.get(box) ?? [];
        this.old.set(box, [...values, value].slice(-OLD_VALUES_MAX));
      }
    }
  }

  /** Whether an action writes back what its box showed before somebody else changed it. */
  isStale(action: Action, state: StoreState): boolean {
    const write = boxWrite(action);
    const values = write && this.old.get(write.box);
    if (!values) {
      return false;
    }
    const current = boxes(state).get(write.box);
    return (
      !Object.is(current, write.value) &&
      !shownAlike(current, write.value) &&
      values.some((value) => shownAlike(value, write.value))
    );
  }

  /** Forgets what a box showed: this screen has written it anew. */
  written(action: Action): void {
    const write = boxWrite(action);
    if (write) {
      this.old.delete(write.box);
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.old.clear();
  }
}

/**
 * Tells whether the focus is just leaving a box that nobody has typed into. Only such a write can be a stale box's:
 * who types an old value, chooses it or presses a button for it means it. Without a page, every write may be one.
 */
export function watchFocus(page: Document | undefined): () => boolean {
  if (!page) {
    return () => true;
  }
  let typed = false;
  let leaving = false;
  const on = (names: string[], act: () => void) => {
    for (const name of names) {
      page.addEventListener(name, act, true);
    }
  };
  on(["focusin"], () => {
    typed = false;
  });
  on(["input"], () => {
    typed = true;
  });
  on(["mousedown", "click", "keydown", "change"], () => {
    leaving = false;
  });
  on(["blur"], () => {
    leaving = true;
    setTimeout(() => {
      leaving = false;
    });
  });
  return () => leaving && !typed;
}
