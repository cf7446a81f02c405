/** The Redux middleware. */

import { Live, type LiveOptions, type Next, type StoreApi } from "./live.js";
import type { Action } from "./state.js";

/** A middleware for Redux 4 and 5, with the meet that it shares. */
export interface SpotterMiddleware {
  // biome-ignore lint/suspicious/noExplicitAny: both major versions of Redux type a dispatch differently.
  (api: any): (next: any) => (action: any) => any;
  /** The meet in this browser, for `LiveTab` and `LiveNotice`. */
  readonly live: Live;
}

/**
 * Shares the meet of an OpenLifter store. Put it behind `redux-thunk`, so that it sees plain actions. Until somebody
 * goes live or joins it hands every action on and does nothing else.
 */
export function spotterMiddleware(options: LiveOptions): SpotterMiddleware {
  const live = new Live(options);
  const middleware = (api: StoreApi) => {
    live.bind(api);
    return (next: Next) => (action: unknown) => (isAction(action) ? live.take(next, action) : next(action));
  };
  return Object.assign(middleware, { live });
}

function isAction(action: unknown): action is Action {
  return typeof action === "object" && action !== null && typeof (action as Action).type === "string";
}
