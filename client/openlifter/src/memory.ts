/** What a browser, and each tab of it, remembers between two loads of the page. */

/** The part of `Storage` that is used. */
export type Memory = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** A value under a name, as JSON. A memory that is full, shut or absent keeps nothing. */
export class Item<T> {
  private readonly memory: () => Memory | undefined;
  private readonly key: string;

  constructor(memory: () => Memory | undefined, key: string) {
    this.memory = memory;
    this.key = key;
  }

  read(): T | null {
    try {
      const text = this.memory()?.getItem(this.key);
      return text ? (JSON.parse(text) as T) : null;
    } catch {
      return null;
    }
  }

  /** Keeps a value, and says whether that was possible. */
  write(value: T): boolean {
    try {
      const memory = this.memory();
      memory?.setItem(this.key, JSON.stringify(value));
      return memory !== undefined;
    } catch {
      return false;
    }
  }
}

/** Where the name of the shared meet is kept. */
const MEMBERSHIP_KEY = "spotter-live";

/** A shared meet, and whether it was left. */
export interface Remembered {
  name: string;
  left: boolean;
}

/** Which shared meet this browser takes part in. Each of its tabs stays in it, or leaves it, by itself. */
export class Membership {
  private readonly ofBrowser: Item<Remembered>;
  private readonly ofTab: Item<Remembered>;

  constructor(browser: () => Memory | undefined, tab: () => Memory | undefined) {
    this.ofBrowser = new Item(browser, MEMBERSHIP_KEY);
    this.ofTab = new Item(tab, MEMBERSHIP_KEY);
  }

  /** What was done in this tab last; in a new one, what was done in any. */
  read(): Remembered | null {
    return this.ofTab.read() ?? this.ofBrowser.read();
  }

  /** Remembers it for this tab and for those to come, and says whether a page that is loaded anew will know. */
  write(remembered: Remembered): boolean {
    const known = [this.ofTab.write(remembered), this.ofBrowser.write(remembered)];
    return known.includes(true);
  }

  /** This tab goes on in the meet, whatever others do. */
  stay(name: string): void {
    this.ofTab.write({ name, left: false });
  }
}
