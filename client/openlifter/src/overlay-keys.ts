/** Keys of overlays: a relay gives a meet only a few, so a tab makes one for each platform and opens it again. */

import { Item, type Memory } from "./memory.js";
import type { LiveReplica } from "./replica.js";

interface Kept {
  meetId: string;
  /** By the key's label. */
  keys: Record<string, { id: string; key: string }>;
}

/** The keys that this tab has made. */
export class OverlayKeys {
  private readonly item: Item<Kept>;
  /** A second click waits for the key that the first one asked for. */
  private readonly underway = new Map<string, Promise<string>>();

  constructor(tab: () => Memory | undefined) {
    this.item = new Item(tab, "spotter-live-overlays");
  }

  /** The key for the overlay of a platform: the one that was made here before, unless somebody has revoked it. */
  of(replica: LiveReplica, at: { meetId: string; day: number; platform: number }): Promise<string> {
    const label = `Overlay ${at.day}.${at.platform}`;
    const name = `${at.meetId} ${label}`;
    const key =
      this.underway.get(name) ??
      this.find(replica, at.meetId, label).finally(() => this.underway.delete(name));
    this.underway.set(name, key);
    return key;
  }

  private async find(replica: LiveReplica, meetId: string, label: string): Promise<string> {
    const known = this.kept(meetId)[label];
    if (known && (await replica.displayKeys()).some(({ id }) => id === known.id)) {
      return known.key;
    }
    const made = await replica.addDisplayKey(label);
    this.item.write({ meetId, keys: { ...this.kept(meetId), [label]: made } });
    return made.key;
  }

  private kept(meetId: string): Kept["keys"] {
    const kept = this.item.read();
    return kept?.meetId === meetId ? kept.keys : {};
  }
}
