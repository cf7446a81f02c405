/** Why something was not done: a code for programs, which never changes its meaning, and a sentence for people. */
export class SpotterError extends Error {
  /** For programs, such as `moved`, `wrong-password` or `cannot-save`. */
  readonly code: string;
  /** What else is known; for `moved`, the path and what it shows now. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = "SpotterError";
    this.code = code;
    this.details = details;
  }
}

/** The words of whatever was thrown. */
export function wordsOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
