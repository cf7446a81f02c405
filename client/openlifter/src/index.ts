/**
 * OpenLifter on several computers at once: a Redux middleware that shares the meet through a Spotter replica, and the
 * tab where people go live.
 *
 * ```ts
 * const spotter = spotterMiddleware({ open: openInBrowser });
 * createStore(reducer, applyMiddleware(thunk, spotter));
 * // <LiveTab live={spotter.live} />
 * ```
 *
 * @packageDocumentation
 */

export type { LiveOptions, LiveView, OverwriteAnswer, Problem } from "./live.js";
export { Live } from "./live.js";
export { LiveNotice, LiveTab, type LiveTabProps } from "./live-tab.js";
export type { Memory } from "./memory.js";
export { MESSAGES, type Messages } from "./messages.js";
export { type SpotterMiddleware, spotterMiddleware } from "./middleware.js";
export { openInBrowser } from "./open.js";
export type { Question, Typed } from "./questions.js";
export type {
  LiveConflict,
  LiveDisplayKey,
  LiveNews,
  LiveReplica,
  LiveStatus,
  LiveWrite,
  LocationPriority,
} from "./replica.js";
