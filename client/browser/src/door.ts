import type { Core } from "./core.js";
import { SpotterError } from "./error.js";

/** What the module exports: see `client/browser/door`. */
interface Exports extends WebAssembly.Exports {
  readonly memory: WebAssembly.Memory;
  room(bytes: number): number;
  knock(): number;
  answer(): number;
}

/** One thing to do, as `client/browser/core` words it. */
export interface Act {
  readonly save?: number;
  readonly records?: string;
  readonly connect?: string;
  readonly to?: string;
  readonly disconnect?: string;
  readonly send?: string;
  readonly text?: string;
  readonly bytes?: string;
  readonly ping?: string;
  readonly answer?: number;
  readonly value?: unknown;
  readonly error?: Trouble;
  /** What other tabs may borrow; secret. */
  readonly lend?: string | null;
  readonly news?: unknown;
  readonly changes?: unknown;
  readonly presence?: unknown;
}

/** Why something was not done. */
export interface Trouble {
  readonly code: string;
  readonly message: string;
}

/** What follows from a message. */
export interface Outcome {
  readonly acts: readonly Act[];
  /** When to call again at the latest, by the clock that only runs forwards. */
  readonly wake: number | null;
  readonly value?: unknown;
  readonly error?: Trouble;
}

/** The error for JavaScript. */
export function errorOf(trouble: Trouble): SpotterError {
  const { code, message, ...details } = trouble;
  return new SpotterError(code, message, details);
}

/** The way into one instance of the module. */
export class Door {
  readonly #exports: Exports;
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();
  #broken: string | null = null;

  private constructor(exports: Exports) {
    this.#exports = exports;
  }

  /** Opens a door of its own for one replica. */
  static async open(core: Core): Promise<Door> {
    const instance = await WebAssembly.instantiate(core.module, {});
    return new Door(instance.exports as Exports);
  }

  /** Hands over a message, and returns what follows from it. */
  knock(message: string): Outcome {
    if (this.#broken !== null) {
      throw new SpotterError("broken", this.#broken);
    }
    const bytes = this.#encoder.encode(message);
    try {
      const room = this.#exports.room(bytes.length);
      new Uint8Array(this.#exports.memory.buffer, room, bytes.length).set(bytes);
      const length = this.#exports.knock();
      const answer = new Uint8Array(this.#exports.memory.buffer, this.#exports.answer(), length);
      return JSON.parse(this.#decoder.decode(answer)) as Outcome;
    } catch (thrown) {
      // What is saved is safe; this instance cannot be trusted any more.
      this.#broken = `the replica has stopped because of a mistake in it; open it again (${String(thrown)})`;
      throw new SpotterError("broken", this.#broken);
    }
  }
}
