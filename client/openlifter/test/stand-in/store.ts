/** A store like OpenLifter's: the stand-in's reducers in redux-persist, with middleware. */

import type { Middleware, Reducer } from "redux";
import * as redux5 from "redux";
import { type PersistedState, persistReducer, persistStore, type WebStorage } from "redux-persist";
import { openLifterReducer } from "./reducers.js";
import type { Action, GlobalState } from "./state.js";

/** A `localStorage` that several stores may share, as tabs of one browser do. */
export function memoryStorage(): WebStorage & { items: Map<string, string> } {
  const items = new Map<string, string>();
  return {
    items,
    getItem: async (key) => items.get(key) ?? null,
    setItem: async (key, value) => void items.set(key, value),
    removeItem: async (key) => void items.delete(key),
  };
}

/** The part of Redux that makes a store: OpenLifter has version 4, newer programs 5. */
export type Redux = Pick<typeof redux5, "createStore" | "applyMiddleware">;

export interface OpenLifter {
  getState(): GlobalState & PersistedState;
  dispatch(action: Action): unknown;
  subscribe(listener: () => void): () => void;
  /** Resolves when redux-persist has put the stored state back. */
  rehydrated: Promise<void>;
  /** Writes out what redux-persist has in hand. */
  flush(): Promise<void>;
}

/** Opens a store over a storage, as a page does that is loaded. */
export function openStore(
  options: { date?: string; storage?: WebStorage; middleware?: Middleware[]; redux?: Redux } = {},
): OpenLifter {
  const { date = "2026-01-01", storage = memoryStorage(), middleware = [], redux = redux5 } = options;
  const reducer = openLifterReducer(date) as Reducer<GlobalState, Action>;
  const persisted = persistReducer<GlobalState, Action>({ key: "root", storage }, reducer);
  const store = redux.createStore(persisted as Reducer, redux.applyMiddleware(...middleware));
  let done: () => void;
  const rehydrated = new Promise<void>((resolve) => {
    done = resolve;
  });
  const persistor = persistStore(store as Parameters<typeof persistStore>[0], null, () => done());
  return {
    getState: () => store.getState() as GlobalState & PersistedState,
    dispatch: (action) => store.dispatch(action),
    subscribe: (listener) => store.subscribe(listener),
    rehydrated,
    flush: () => persistor.flush(),
  };
}
