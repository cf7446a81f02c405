/** Paths of the shared meet, in words for people. */

import type { LiveReplica } from "./replica.js";

/** `entries.5003.squat.2` as "Ann Lee: squat 2". A path that is of no lifter stays as it is. */
export function describe(replica: LiveReplica, path: string): string {
  const [of, id, ...field] = path.split(".");
  if (of !== "entries" || id === undefined || field.length === 0) {
    return path;
  }
  const name = replica.get(`entries.${id}.name`)?.value;
  return `${typeof name === "string" && name !== "" ? name : id}: ${field.join(" ")}`;
}

/** The words of an error. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
