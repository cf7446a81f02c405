/**
 * What the adapter needs of a replica. `spotter-client`'s `Replica` has all of it; naming only this much keeps
 * OpenLifter's types free of a package that is loaded when somebody goes live.
 */

/** A location and its rank; of two edits that did not know of each other, that of the higher one stands. */
export interface LocationPriority {
  location: string;
  priority: number;
}

/** How the replica stands with the relay. */
export interface LiveStatus {
  link: { state: "offline" | "joining" | "catching-up" | "live"; why?: string; retryInMs?: number };
  meetId: string | null;
  relay: string | null;
  location: string | null;
  priority: number | null;
  editsNotSent: number;
  oldestNotSent: string | null;
  lastContact: string | null;
  inSync: boolean;
  needResync: boolean;
  cannotSave: string | null;
  passwordWanted: boolean;
  finished: boolean;
  conflicts: number;
}

/** One write of a register. */
export interface LiveWrite {
  write: string;
  value: unknown;
  text: string;
  location: string;
  priority: number;
}

/** A register that several locations wrote without knowing of each other. */
export interface LiveConflict {
  path: string;
  stands: LiveWrite;
  overruled: LiveWrite[];
}

/** A key that displays read the meet with. */
export interface LiveDisplayKey {
  id: string;
  label: string;
  location: string;
}

/** Something worth telling. `overruled` and `stands` are writes where one overruled the other. */
export interface LiveNews {
  kind: string;
  words: string;
  path?: unknown;
  overruled?: unknown;
  stands?: unknown;
}

/** The part of a replica that the adapter uses. */
export interface LiveReplica {
  readonly holdsMeet: boolean;
  importMeet(saved: string): Promise<void>;
  exportMeet(): string;
  goLive(options: {
    relay: string;
    location: string;
    roster: LocationPriority[];
    password: string;
  }): Promise<{ meetId: string }>;
  join(options: {
    relay: string;
    meetId: string;
    location: string;
    password: string;
  }): Promise<{ meetId: string }>;
  sync(): Promise<void>;
  password(password: string): Promise<void>;
  edit(puts: Record<string, unknown>): Promise<unknown>;
  act(action: object, screen?: { day: number; platform: number }): Promise<unknown>;
  restore(path: string, write: string): Promise<void>;
  get(path: string): LiveWrite | null;
  displayWeight(kg: number): string;
  state(): { meet: object; registration: object };
  conflicts(): LiveConflict[];
  roster(): LocationPriority[];
  status(): LiveStatus;
  onStatus(listener: (status: LiveStatus) => void): () => void;
  onChange(listener: () => void): () => void;
  onNews(listener: (news: LiveNews) => void): () => void;
  presence(): { location: string | null }[];
  setPresence(present: { day: number; platform: number } | null): void;
  onPresence(listener: () => void): () => void;
  addDisplayKey(label: string): Promise<{ id: string; key: string }>;
  displayKeys(): Promise<LiveDisplayKey[]>;
  revokeDisplayKey(id: string): Promise<void>;
  guardUnload(): () => void;
  close(): Promise<void>;
}
