/** Paths and values of the shared meet, in words for people. */

import { MESSAGES, type Messages } from "./messages.js";
import type { LiveReplica, LiveWrite } from "./replica.js";

/** Says a word of `MESSAGES`, translated where there is a translation. */
export type Say = (key: keyof Messages) => string;

/** The words in English. */
export const english: Say = (key) => MESSAGES[key];

/** `entries.5003.squat.2` as "Ann Lee: squat 2". A path that is of no lifter stays as it is. */
export function describe(replica: LiveReplica, path: string): string {
  const [of, id, ...field] = path.split(".");
  if (of !== "entries" || id === undefined || field.length === 0) {
    return path;
  }
  const name = replica.get(`entries.${id}.name`)?.value;
  return `${typeof name === "string" && name !== "" ? name : id}: ${field.join(" ")}`;
}

const ATTEMPT = /\.(squat|bench|deadlift)\.\d+$/;
const WEIGHT = /Kg$/;
const WEIGHTS = /^meet\.(weightClassesKg\w*|plates)$/;

/** What a write gave its field: weights in the meet's unit, verdicts in words. */
export function valueWords(replica: LiveReplica, path: string, write: LiveWrite, say: Say): string {
  const { value } = write;
  const weight = (kg: unknown) => (typeof kg === "number" && kg !== 0 ? replica.displayWeight(kg) : "");
  if (ATTEMPT.test(path) && Array.isArray(value)) {
    const verdict = value[1] === 1 ? ` ${say("goodLift")}` : value[1] === -1 ? ` ${say("noLift")}` : "";
    return `${weight(value[0]) || say("noWeight")}${verdict}`;
  }
  if (WEIGHT.test(path) && typeof value === "number") {
    return weight(value) || say("nothing");
  }
  if (WEIGHTS.test(path) && Array.isArray(value)) {
    return value.map(weight).join(", ");
  }
  return write.text || say("nothing");
}

/** The words of an error. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
