/** A powerlifting meet on many browsers. See the README. */
export { type BrowserParts, browserStore } from "./browser-store.js";
export { type Clock, clockHere } from "./clock.js";
export { type Core, type CoreSource, loadCore, loadCoreSync } from "./core.js";
export { SpotterError } from "./error.js";
export { relayAddress } from "./relay.js";
export { openReplica, Replica, type ReplicaOptions, type Stop } from "./replica.js";
export type { OpenSocket, Socket } from "./socket.js";
export { memoryStore, type Slot, type Store } from "./store.js";
export type { Channel, Tabs } from "./tabs.js";
export type * from "./types.js";
