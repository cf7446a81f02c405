/**
 * Texts that were typed over a value which somebody else wrote meanwhile.
 *
 * The box hid that value, so the text is no answer to it: it is not written until its typist has seen both and chosen.
 */

import type { Keystroke } from "./fields.js";
import { Item, type Memory } from "./memory.js";
import type { LiveReplica, LiveWrite } from "./replica.js";
import { equal } from "./state.js";

/** Text that somebody types, and what the box showed when they began. */
export interface Typed extends Keystroke {
  before: unknown;
}

/** What a typist is asked: their own text, or the value that stands. */
export interface Question {
  path: string;
  /** The text that was typed here, which is not written. */
  typed: Typed;
  stands: LiveWrite;
}

/** The path of the field that is typed into. */
function pathOf({ entryId, field }: Keystroke): string {
  return `entries.${entryId}.${field}`;
}

/** Whether two keystrokes go into one box. */
export function sameBox(one: Keystroke | null, other: Keystroke | null): boolean {
  return one?.entryId === other?.entryId && one?.field === other?.field;
}

/** What stands in the meet in place of the value that the typist saw; null if that does, or what they typed. */
export function unseenWrite(replica: LiveReplica, typed: Typed): LiveWrite | null {
  const shown = shownAt(replica, typed);
  const known = [typed.before, typed.value].some((value) => equal(shown?.value ?? undefined, value));
  return known ? null : shown;
}

/** What a field shows; null also where its lifter is no more. */
function shownAt(replica: LiveReplica, stroke: Keystroke): LiveWrite | null {
  try {
    return replica.get(pathOf(stroke));
  } catch {
    return null;
  }
}

/** The texts that nobody has decided on, of one meet. They outlast the page. */
export class Questions {
  private readonly item: Item<{ name: string; open: Typed[] }>;
  private name = "";
  private open: Typed[] = [];

  constructor(tab: () => Memory | undefined) {
    this.item = new Item(tab, "spotter-live-questions");
  }

  /** Begins with those that are open in this meet. */
  begin(name: string): void {
    const kept = this.item.read();
    this.name = name;
    this.open = kept?.name === name ? kept.open : [];
  }

  ask(typed: Typed): void {
    this.keep([...this.open.filter((one) => !sameBox(one, typed)), typed]);
  }

  drop(stroke: Keystroke): void {
    if (this.has(stroke)) {
      this.keep(this.open.filter((one) => !sameBox(one, stroke)));
    }
  }

  has(stroke: Keystroke): boolean {
    return this.open.some((one) => sameBox(one, stroke));
  }

  /** Drops those whose text stands by now: they have answered themselves. */
  settle(replica: LiveReplica): void {
    const open = this.open.filter((typed) => !equal(shownAt(replica, typed)?.value, typed.value));
    if (open.length < this.open.length) {
      this.keep(open);
    }
  }

  all(replica: LiveReplica): Question[] {
    return this.open.flatMap((typed) => {
      const stands = shownAt(replica, typed);
      return stands === null ? [] : [{ path: pathOf(typed), typed, stands }];
    });
  }

  private keep(open: Typed[]): void {
    this.open = open;
    this.item.write({ name: this.name, open });
  }
}
