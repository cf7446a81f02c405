/**
 * The reader of the feed under the overlap rule, as a machine: inputs in, actions out, no socket and no clock.
 *
 * It fetches a snapshot, shows it, opens the feed, and then asks once more whether the snapshot still holds: what
 * happened before the feed opened is in that answer, what happens later is in the feed. So a reader cannot be stale
 * unnoticed, not even after a restart of a relay that has forgotten its last updates. Messages that come meanwhile wait.
 *
 * Known updates are ignored and the next is applied. A gap, a message that is not understood, or a check that finds another
 * revision means starting over: close, fetch, open, and keep the picture meanwhile. Silence leads to a check. Failures
 * lead to another try, for ever.
 */

import { backoffMs } from "./backoff.ts";
import type { Frame, Picture, Snapshot } from "./display.ts";
import { ordered, whole } from "./parse.ts";
import { apply, decide } from "./rows.ts";

/** How long an answer may take. */
export const ANSWER_MS = 10_000;
/** How long a feed may be silent before the reader asks. */
export const SILENCE_MS = 20_000;
/** How long a reader waits that was turned away: nothing but a person can help it. */
export const REFUSED_MS = 30_000;
/** How long it waits at most, once its key is known to be no good. */
export const REFUSED_LAST_MS = 120_000;
/**
 * How many times in a row a key is refused before the picture goes.
 *
 * A relay that has lost its memory refuses every key until somebody has given it back, which takes seconds.
 */
export const REFUSED_TIMES = 3;

/** How many times in a row the key has been refused, after one more refusal. Being revoked is certain at once. */
function refusedAgain(refusals: number, refusal: Refusal | null): number {
  if (refusal?.code === REVOKED_KEY) return Math.max(refusals + 1, REFUSED_TIMES);
  return refusal?.status === 403 ? refusals + 1 : refusals;
}

/** The wait of a reader whose key was refused so many times in a row. */
function refusedMs(refusals: number): number {
  const beyond = Math.min(Math.max(0, refusals - REFUSED_TIMES + 1), 16);
  return Math.min(REFUSED_LAST_MS, REFUSED_MS * 2 ** beyond);
}

/** How often a reader has failed in a row. */
export interface Failed {
  readonly failures: number;
  /** How many times in a row the key was refused. */
  readonly refusals: number;
}

/** What one more failure means to a reader of either rule. */
export interface Rest extends Failed {
  readonly afterMs: number;
  /** Whether what is shown may be shown no longer. */
  readonly clears: boolean;
}

/** The rest after one more failure; `refusal` if the relay turned the reader away. */
export function restAfter(before: Failed, refusal: Refusal | null, random: number): Rest {
  const refusals = refusedAgain(before.refusals, refusal);
  return {
    // A relay that answers has not failed: once it is missing, it is looked for quickly.
    failures: refusal === null ? before.failures + 1 : 0,
    refusals,
    afterMs: refusal === null ? backoffMs(before.failures, random) : refusedMs(refusals),
    clears: refusals >= REFUSED_TIMES && before.refusals < REFUSED_TIMES,
  };
}

/** What the reader is told. `turn` is that of the action it answers; what comes late is ignored. */
export type Input =
  /** Begin, or try again now: a page became visible, or the network came back. */
  | { readonly is: "begin" }
  | {
      readonly is: "snapshot";
      readonly turn: number;
      readonly snapshot: Snapshot;
      readonly etag: string | null;
    }
  | { readonly is: "not modified"; readonly turn: number }
  /** The request failed; with a code if the relay turned the reader away. */
  | { readonly is: "failed"; readonly turn: number; readonly refusal: Refusal | null }
  | { readonly is: "opened"; readonly turn: number }
  | { readonly is: "frame"; readonly turn: number; readonly frame: Frame | null }
  /** The feed ended; `revoked` if that is because of the key. */
  | { readonly is: "closed"; readonly turn: number; readonly revoked: boolean }
  | { readonly is: "woken"; readonly turn: number };

/** Why the relay turns a reader away, in its words. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly reason: string;
}

/** How the relay names a key that it knew and that was revoked. */
export const REVOKED_KEY = "session-revoked";

/** What a feed that ends because of its key amounts to. */
export const REVOKED: Refusal = { status: 403, code: REVOKED_KEY, reason: "the key was revoked" };

/** What the reader wants done. */
export type Action =
  | { readonly does: "fetch"; readonly turn: number; readonly etag: string | null }
  | { readonly does: "open"; readonly turn: number }
  | { readonly does: "close" }
  /** Wake the reader; this replaces an earlier wish. */
  | { readonly does: "wake"; readonly turn: number; readonly afterMs: number }
  /** Another picture is to be seen. `live` is false for a picture fetched whole: what led to it was not witnessed. */
  | { readonly does: "show"; readonly held: Held; readonly live: boolean }
  /** The relay no longer lets this reader see the meet. */
  | { readonly does: "clear" };

/** What a reader holds. */
export interface Held {
  readonly revision: number;
  readonly epoch: number | null;
  readonly generatedAt: number;
  readonly picture: Picture;
  /** The tag of the snapshot this is, until an update is applied. */
  readonly etag: string | null;
}

/** Where a reader is. */
export type Phase =
  | { readonly at: "begin" }
  | { readonly at: "fetching" }
  | { readonly at: "opening" }
  | { readonly at: "confirming"; readonly waiting: readonly Frame[] }
  | { readonly at: "live"; readonly checking: boolean }
  | { readonly at: "resting"; readonly refusal: Refusal | null };

/** The whole state of a reader. */
export interface Reader extends Failed {
  readonly phase: Phase;
  readonly held: Held | null;
  /** Rises whenever what was asked before no longer counts. */
  readonly turn: number;
}

/** What a step leads to. */
export type Step = readonly [Reader, readonly Action[]];

/** A reader that has done nothing yet. */
export const NEW: Reader = { phase: { at: "begin" }, held: null, failures: 0, refusals: 0, turn: 0 };

/** One step. `random` is a number from 0 to 1. */
export function step(reader: Reader, input: Input, random: number): Step {
  if (input.is === "begin") return begin(reader);
  if (input.turn !== reader.turn) return [reader, []];
  switch (input.is) {
    case "snapshot":
      return fetched(reader, { ...input.snapshot, etag: input.etag }, random);
    case "not modified":
      return reader.held === null ? fail(reader, null, random) : fetched(reader, reader.held, random);
    case "failed":
      return fail(reader, input.refusal, random);
    case "opened":
      return reader.phase.at === "opening" ? confirm(reader) : [reader, []];
    case "frame":
      return input.frame === null ? startOver(reader, random) : heard(reader, input.frame, random);
    case "closed":
      return fail(reader, input.revoked ? REVOKED : null, random);
    case "woken":
      return woken(reader, random);
  }
}

/** Begins, or asks at once where it would have waited. */
function begin(reader: Reader): Step {
  switch (reader.phase.at) {
    case "begin":
    case "resting":
      return fetchWhole(reader);
    case "live":
      return reader.phase.checking ? [reader, []] : check(reader);
    case "fetching":
    case "opening":
    case "confirming":
      return [reader, []];
  }
}

function fetchWhole(reader: Reader): Step {
  const turn = reader.turn + 1;
  return [
    { ...reader, phase: { at: "fetching" }, turn },
    [
      { does: "close" },
      { does: "fetch", turn, etag: reader.held?.etag ?? null },
      { does: "wake", turn, afterMs: ANSWER_MS },
    ],
  ];
}

function fetched(reader: Reader, found: Held, random: number): Step {
  const { turn, phase } = reader;
  switch (phase.at) {
    case "fetching":
      return [
        { ...reader, held: found, refusals: 0, phase: { at: "opening" } },
        [...shown(reader.held, found), { does: "open", turn }, { does: "wake", turn, afterMs: ANSWER_MS }],
      ];
    case "confirming":
      return settle({ ...reader, held: found }, shown(reader.held, found), phase.waiting, random);
    case "live": {
      if (!phase.checking) return [reader, []];
      if (found.revision !== reader.held?.revision || found.epoch !== reader.held.epoch)
        return startOver(reader, random);
      return live({ ...reader, held: { ...reader.held, etag: found.etag } });
    }
    case "begin":
    case "opening":
    case "resting":
      return [reader, []];
  }
}

function shown(before: Held | null, after: Held): Action[] {
  return before === after ? [] : [{ does: "show", held: after, live: false }];
}

function confirm(reader: Reader): Step {
  const { turn } = reader;
  return [
    { ...reader, phase: { at: "confirming", waiting: [] } },
    [
      { does: "fetch", turn, etag: reader.held?.etag ?? null },
      { does: "wake", turn, afterMs: ANSWER_MS },
    ],
  ];
}

/** Applies what has waited, oldest first, and is live if there was no gap. */
function settle(reader: Reader, before: readonly Action[], waiting: readonly Frame[], random: number): Step {
  let [next, actions] = live(reader);
  let done = [...before, ...actions];
  for (const frame of waiting) {
    [next, actions] = heard(next, frame, random);
    done = [...done, ...actions];
    if (next.phase.at !== "live") break;
  }
  return [next, done];
}

function heard(reader: Reader, frame: Frame, random: number): Step {
  const { phase, held } = reader;
  if (phase.at === "confirming") {
    return [{ ...reader, phase: { at: "confirming", waiting: [...phase.waiting, frame] } }, []];
  }
  if (phase.at === "opening") {
    // The first words may overtake the news that the feed is open.
    const [next, actions] = confirm(reader);
    return [{ ...next, phase: { at: "confirming", waiting: [frame] } }, actions];
  }
  if (phase.at !== "live" || held === null) return [reader, []];
  // Another run of the relay counts for itself, also where its clock was set back.
  if (frame.epoch !== null && frame.epoch !== held.epoch) return startOver(reader, random);
  switch (decide(held.revision, frame.revision)) {
    case "ignore":
      return live(reader);
    case "apply": {
      const picture = applied(held.picture, frame);
      if (picture === null) return startOver(reader, random);
      const after = {
        revision: frame.revision,
        epoch: held.epoch,
        generatedAt: frame.generatedAt,
        picture,
        etag: null,
      };
      const [next, actions] = live({ ...reader, held: after, failures: 0 });
      return [next, [{ does: "show", held: after, live: true }, ...actions]];
    }
    case "start over":
      return startOver(reader, random);
  }
}

/** The picture after a message, or nothing if the message does not fit it. */
export function applied(picture: Picture, frame: Frame): Picture | null {
  const rows = apply(picture.lifters, frame, (row) => row.id);
  if (rows === null) return null;
  try {
    if (frame.platform === null) return whole({ platform: picture.platform, lifters: rows });
    const { order, ...platform } = frame.platform;
    return whole({ platform, lifters: ordered(rows, order) });
  } catch {
    return null;
  }
}

function live(reader: Reader): Step {
  const { turn } = reader;
  return [
    { ...reader, phase: { at: "live", checking: false } },
    [{ does: "wake", turn, afterMs: SILENCE_MS }],
  ];
}

function check(reader: Reader): Step {
  const { turn } = reader;
  return [
    { ...reader, phase: { at: "live", checking: true } },
    [
      { does: "fetch", turn, etag: reader.held?.etag ?? null },
      { does: "wake", turn, afterMs: ANSWER_MS },
    ],
  ];
}

/** Starts over at once, or after a wait if that has just been tried. */
function startOver(reader: Reader, random: number): Step {
  return reader.failures === 0 ? fetchWhole({ ...reader, failures: 1 }) : fail(reader, null, random);
}

function fail(reader: Reader, refusal: Refusal | null, random: number): Step {
  const turn = reader.turn + 1;
  const { failures, refusals, afterMs, clears } = restAfter(reader, refusal, random);
  return [
    {
      phase: { at: "resting", refusal },
      held: clears ? null : reader.held,
      failures,
      refusals,
      turn,
    },
    [{ does: "close" }, ...(clears ? [{ does: "clear" } as const] : []), { does: "wake", turn, afterMs }],
  ];
}

function woken(reader: Reader, random: number): Step {
  switch (reader.phase.at) {
    case "begin":
    case "resting":
      return fetchWhole(reader);
    case "fetching":
    case "opening":
    case "confirming":
      return fail(reader, null, random);
    case "live":
      return reader.phase.checking ? fail(reader, null, random) : check({ ...reader, failures: 0 });
  }
}
