/** A replica that takes down what it is asked to do, and shows what a test tells it to. It decides nothing. */

import type { LiveReplica, LiveStatus, LiveWrite } from "../src/index.js";
import type { GlobalState } from "./stand-in/state.js";

export const STATUS: LiveStatus = {
  link: { state: "live" },
  meetId: "123-456-789",
  relay: "wss://relay.example.org",
  location: "Desk",
  priority: 10,
  editsNotSent: 0,
  oldestNotSent: null,
  lastContact: null,
  inSync: true,
  needResync: false,
  cannotSave: null,
  passwordWanted: false,
  finished: false,
  conflicts: 0,
};

/** A write of another location. */
export function written(value: unknown, more: Partial<LiveWrite> = {}): LiveWrite {
  return { value, text: String(value), write: "1@ab", location: "Jury", priority: 20, ...more };
}

export class Recorder implements LiveReplica {
  holdsMeet = true;
  /** What was asked, in order: actions, or puts of an edit. */
  asked: Record<string, unknown>[] = [];
  screens: ({ day: number; platform: number } | undefined)[] = [];
  shown: { meet: object; registration: object };
  selectors: Record<string, object> = {};
  standing: LiveStatus = STATUS;
  present: { day: number; platform: number } | null = null;
  closed = false;
  imported: string | null = null;
  private changed: (() => void)[] = [];

  constructor(shown: GlobalState) {
    this.shown = structuredClone({ meet: shown.meet, registration: shown.registration });
  }

  /** Another location changes the meet. Resolves when the store can have taken it in. */
  async show(change: (shown: GlobalState) => void): Promise<void> {
    const next = structuredClone(this.shown) as GlobalState;
    change(next);
    this.shown = next;
    for (const listener of this.changed) {
      listener();
    }
    await Promise.resolve();
  }

  async act(action: object, screen?: { day: number; platform: number }): Promise<void> {
    this.asked.push(structuredClone(action) as Record<string, unknown>);
    this.screens.push(screen && { day: screen.day, platform: screen.platform });
  }

  async edit(puts: Record<string, unknown>): Promise<void> {
    this.asked.push(puts);
  }

  state() {
    return structuredClone(this.shown);
  }

  get(path: string): LiveWrite | null {
    const value = this.selectors[path];
    return value === undefined ? null : written(value);
  }

  displayWeight(kg: number): string {
    return String(kg);
  }

  async importMeet(saved: string) {
    this.imported = saved;
  }

  exportMeet() {
    return JSON.stringify({ versions: { stateVersion: "0" }, ...this.shown });
  }

  async goLive() {
    return { meetId: "123-456-789" };
  }

  async join() {
    return { meetId: "123-456-789" };
  }

  async sync() {}
  async password() {}
  async restore() {}
  conflicts() {
    return [];
  }
  roster() {
    return [{ location: "Desk", priority: 10 }];
  }
  status() {
    return this.standing;
  }
  onStatus() {
    return () => {};
  }
  onChange(listener: () => void) {
    this.changed.push(listener);
    return () => {
      this.changed = this.changed.filter((one) => one !== listener);
    };
  }
  onNews() {
    return () => {};
  }
  presence() {
    return [{ location: "Platform 1" }];
  }
  setPresence(present: { day: number; platform: number } | null) {
    this.present = present;
  }
  onPresence() {
    return () => {};
  }
  async addDisplayKey() {
    return { id: "1", key: "k" };
  }
  async displayKeys() {
    return [];
  }
  async revokeDisplayKey() {}
  guardUnload() {
    return () => {};
  }
  async close() {
    this.closed = true;
  }
}
