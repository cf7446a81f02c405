/** State on its way in: the store as it should be, made of the store as it is and of the shared meet. */

import type { Keystroke } from "./fields.js";
import { type Entry, equal, type Registration, type StoreState } from "./state.js";

const SELECTOR = ["flight", "lift", "overrideAttempt", "overrideEntryId"] as const;

/** What comes from the replica, and what this screen keeps. */
export interface Inbound {
  meet: Record<string, unknown>;
  registration: Registration;
  /** The selector of the day and platform that this screen looks at. */
  selector: Record<string, unknown>;
  /** Text that is still being typed here. */
  typing: Keystroke | null;
  /** The number that the next lifter added here gets. */
  nextEntryId: number;
}

/**
 * The store with meet and registration replaced, and with the platform's shared flight, lift and overrides; day,
 * platform and everything else stay. Null if the store is like that already.
 */
export function inboundStore(store: StoreState, inbound: Inbound): StoreState | null {
  const next = {
    ...store,
    meet: equal(store.meet, inbound.meet) ? store.meet : inbound.meet,
    registration: registrationOf(store.registration, inbound),
    lifting: liftingOf(store.lifting, inbound.selector),
  };
  const same =
    next.meet === store.meet && next.registration === store.registration && next.lifting === store.lifting;
  return same ? null : next;
}

function registrationOf(current: Registration, inbound: Inbound): Registration {
  const old = new Map(current.entries.map((entry) => [entry.id, entry]));
  const entries = inbound.registration.entries.map((entry) => {
    const shown = withTyping(entry, inbound.typing);
    const before = old.get(entry.id);
    return before !== undefined && equal(before, shown) ? before : shown;
  });
  const next = { ...inbound.registration, entries, nextEntryId: inbound.nextEntryId };
  // "-1" is where the reducers put what they cannot find; no file ever shows it.
  return equal(current, next) ? current : next;
}

function withTyping(entry: Entry, typing: Keystroke | null): Entry {
  return typing?.entryId === entry.id ? { ...entry, [typing.field]: typing.value } : entry;
}

function liftingOf(lifting: StoreState["lifting"], selector: Record<string, unknown>): StoreState["lifting"] {
  const next = { ...lifting };
  for (const field of SELECTOR) {
    if (selector[field] !== undefined) {
      next[field] = selector[field];
    }
  }
  return equal(lifting, next) ? lifting : next;
}
