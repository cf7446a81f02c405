/**
 * The reader of the feed under the `version_check` rule, as a machine: inputs in, actions out.
 *
 * On every connection it says which version it holds. If that is the relay's, nothing is answered; otherwise everything
 * comes. Updates follow. One that does not follow on the version held makes the reader ask again, and so does silence,
 * on a new connection: an unanswered check is no news on one that is dead.
 */

import type { Frame, Picture } from "./display.ts";
import {
  ANSWER_MS,
  applied,
  type Failed,
  type Held,
  type Refusal,
  restAfter,
  SILENCE_MS,
} from "./overlap.ts";
import { type Fields, fieldsOf, instant, parseFrame, pictureOf, revisionOf } from "./parse.ts";
import { decide } from "./rows.ts";

/** What the reader is told. */
export type CheckInput =
  | { readonly is: "begin" }
  | { readonly is: "opened"; readonly turn: number }
  | {
      readonly is: "all";
      readonly turn: number;
      readonly version: number;
      readonly at: number;
      readonly picture: Picture;
    }
  | { readonly is: "update"; readonly turn: number; readonly frame: Frame }
  | { readonly is: "misshapen"; readonly turn: number }
  /** The connection ended, or never began; with the relay's reason if it turned the reader away. */
  | { readonly is: "closed"; readonly turn: number; readonly refusal: Refusal | null }
  | { readonly is: "woken"; readonly turn: number };

/** What the reader wants done. */
export type CheckAction =
  | { readonly does: "open"; readonly turn: number }
  | { readonly does: "close" }
  /** Send `version_check` with the version held; `null` asks for everything. */
  | { readonly does: "check"; readonly version: number | null }
  | { readonly does: "wake"; readonly turn: number; readonly afterMs: number }
  | { readonly does: "show"; readonly held: Held; readonly live: boolean }
  /** The relay no longer lets this reader see the meet. */
  | { readonly does: "clear" };

/** The whole state of such a reader. */
export interface Checker extends Failed {
  readonly at: "begin" | "opening" | "open" | "resting";
  readonly refusal: Refusal | null;
  readonly held: Held | null;
  readonly turn: number;
}

/** What a step leads to. */
export type CheckStep = readonly [Checker, readonly CheckAction[]];

/** A reader that has done nothing yet. */
export const NEW_CHECKER: Checker = {
  at: "begin",
  refusal: null,
  held: null,
  failures: 0,
  refusals: 0,
  turn: 0,
};

/** One step. `random` is a number from 0 to 1. */
export function stepCheck(reader: Checker, input: CheckInput, random: number): CheckStep {
  if (input.is === "begin")
    return reader.at === "begin" || reader.at === "resting" ? open(reader) : [reader, []];
  if (input.turn !== reader.turn) return [reader, []];
  switch (input.is) {
    case "opened":
      return ask({ ...reader, at: "open", refusal: null, refusals: 0 });
    case "all": {
      const held = {
        revision: input.version,
        epoch: null,
        generatedAt: input.at,
        picture: input.picture,
        etag: null,
      };
      return quiet({ ...reader, held, failures: 0 }, [{ does: "show", held, live: false }]);
    }
    case "update":
      return updated(reader, input.frame);
    case "misshapen":
      return ask({ ...reader, held: null });
    case "closed":
      return rest(reader, input.refusal, random);
    case "woken":
      return reader.at === "opening" ? rest(reader, null, random) : open(reader);
  }
}

function open(reader: Checker): CheckStep {
  const turn = reader.turn + 1;
  return [
    { ...reader, at: "opening", turn },
    [{ does: "close" }, { does: "open", turn }, { does: "wake", turn, afterMs: ANSWER_MS }],
  ];
}

function ask(reader: Checker): CheckStep {
  return quiet(reader, [{ does: "check", version: reader.held?.revision ?? null }]);
}

function quiet(reader: Checker, before: readonly CheckAction[]): CheckStep {
  return [reader, [...before, { does: "wake", turn: reader.turn, afterMs: SILENCE_MS }]];
}

function updated(reader: Checker, frame: Frame): CheckStep {
  const { held } = reader;
  if (held === null) return [reader, []];
  switch (decide(held.revision, frame.revision)) {
    case "ignore":
      return quiet(reader, []);
    case "apply": {
      const picture = applied(held.picture, frame);
      if (picture === null) return ask({ ...reader, held: null });
      const after = {
        revision: frame.revision,
        epoch: null,
        generatedAt: frame.generatedAt,
        picture,
        etag: null,
      };
      return quiet({ ...reader, held: after, failures: 0 }, [{ does: "show", held: after, live: true }]);
    }
    case "start over":
      return ask(reader);
  }
}

function rest(reader: Checker, refusal: Refusal | null, random: number): CheckStep {
  const turn = reader.turn + 1;
  const { failures, refusals, afterMs, clears } = restAfter(reader, refusal, random);
  return [
    {
      at: "resting",
      refusal,
      held: clears ? null : reader.held,
      failures,
      refusals,
      turn,
    },
    [{ does: "close" }, ...(clears ? [{ does: "clear" } as const] : []), { does: "wake", turn, afterMs }],
  ];
}

/** What a reader sends: the version it holds. */
export function versionCheck(version: number | null): unknown {
  return { source: "browser", action: "version_check", data: { version } };
}

/** Reads a message of the relay. */
export function readCheck(message: unknown, turn: number): CheckInput {
  const { action, data } = fieldsOf(message, "message");
  const fields: Fields = fieldsOf(data, "data");
  if (action === "update_lifters") return { is: "update", turn, frame: parseFrame(fields) };
  if (action !== "all_lifters") return { is: "misshapen", turn };
  const at = instant(fields, "generatedAt");
  return { is: "all", turn, version: revisionOf(fields), at, picture: pictureOf(fields) };
}
