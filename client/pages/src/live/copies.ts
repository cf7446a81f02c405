/** Which meets this browser holds, so that a person can go from one to another. It is a list of names, no more. */

/** One meet in this browser. */
export interface Copy {
  readonly copy: string;
  readonly name: string;
  readonly meetId: string;
}

const KEY = "spotter.copies";
const COPIES_MAX = 50;

/** The meets noted so far. */
export function copies(store: Pick<Storage, "getItem"> = localStorage): Copy[] {
  try {
    const read: unknown = JSON.parse(store.getItem(KEY) ?? "[]");
    return Array.isArray(read) ? read.filter(isCopy) : [];
  } catch {
    return [];
  }
}

/** Notes a meet, or what it is called by now. */
export function noteCopy(copy: Copy, store: Pick<Storage, "getItem" | "setItem"> = localStorage): void {
  const others = copies(store).filter((other) => other.copy !== copy.copy);
  try {
    store.setItem(KEY, JSON.stringify([copy, ...others].slice(0, COPIES_MAX)));
  } catch {
    // A full disk. The meet itself says so; without the list, its address still opens it.
  }
}

/** A name for one more. */
export function newCopy(): string {
  return `meet-${Date.now().toString(36)}`;
}

function isCopy(value: unknown): value is Copy {
  const copy = value as Partial<Copy> | null;
  return typeof copy?.copy === "string" && typeof copy.name === "string" && typeof copy.meetId === "string";
}
