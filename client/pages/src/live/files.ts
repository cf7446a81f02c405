/** What a file is that somebody picked, so that the wrong one is answered in words about files. */

/** Which file is asked for. */
export type Wanted = "openlifter" | "bundle";

/** Why a file cannot be what is asked for, in words; null if it may be. */
export function wrongFile(name: string, text: string, wanted: Wanted): string | null {
  const file = `“${name}”`;
  if (text.trim() === "") return `${file} is empty`;
  if (/[\0\ufffd]/.test(text)) return `${file} is no text, but a picture or the like; ${SUCH[wanted]}`;
  const start = text.replace(/^\ufeff/, "").trimStart();
  if (/^\{\s*"spotterBundle"/.test(start)) {
    return wanted === "bundle" ? null : `${file} is a bundle of Spotter’s; open it under “Bring a bundle”`;
  }
  const whole = parsed(start);
  if (whole === undefined) {
    if (!start.startsWith("{"))
      return `${file} is neither a file of OpenLifter’s nor a bundle; ${SUCH[wanted]}`;
    return `${file} is not whole; perhaps it was cut off when it was copied`;
  }
  if (!isSavedMeet(whole)) return `${file} holds no meet; ${SUCH[wanted]}`;
  return wanted === "openlifter"
    ? null
    : `${file} is a file of OpenLifter’s, with which a meet begins; open it under “Start a meet”, where there is none yet`;
}

const SUCH = {
  openlifter: "pick one that OpenLifter has saved, such as Meet.openlifter",
  bundle: "pick one that was exported on a Live page, such as Meet.bundle",
} as const;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isSavedMeet(value: unknown): boolean {
  const file = value as { meet?: unknown; registration?: unknown } | null;
  return typeof file?.meet === "object" && typeof file.registration === "object";
}
