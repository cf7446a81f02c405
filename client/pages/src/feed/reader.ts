/** The shell around the two readers: it fetches, opens sockets and keeps time, and decides nothing. */

import {
  type CheckAction,
  type CheckInput,
  NEW_CHECKER,
  readCheck,
  stepCheck,
  versionCheck,
} from "./check.ts";
import { better, type Offset, offsetOf } from "./clock.ts";
import { type Action, type Held, type Input, NEW, REVOKED, type Refusal, step } from "./overlap.ts";
import { type Fields, parseFrame, parseSnapshot } from "./parse.ts";

/** Which rule a reader follows. */
export type Rule = "overlap" | "check";

/** What lets a display in: a key of its own, or the meet's password. */
export interface Credential {
  readonly kind: "key" | "password";
  readonly text: string;
}

/** What to read, and whom to tell. */
export interface Source {
  /** The folder of the pages; the feed lies below it. */
  readonly base: URL;
  readonly meet: string;
  readonly day: number;
  readonly platform: number;
  readonly credential: Credential;
  readonly rule: Rule;
  /** Another picture, or `null` if there may be none any more. `live` is true if the change itself was witnessed. */
  readonly show: (held: Held | null, live: boolean) => void;
  readonly tell: (link: Link) => void;
}

/** What an operator wants to know of the link. */
export interface Link {
  readonly by: Credential["kind"];
  readonly state: "starting" | "live" | "checking" | "starting over" | "waiting" | "refused";
  readonly refusal: Refusal | null;
  /** When anything was last heard, by our clock. */
  readonly heardAt: number | null;
  readonly offset: Offset | null;
}

/** Reads until the returned function is called, whatever happens. */
export function follow(source: Source): () => void {
  return source.rule === "overlap" ? followOverlap(source) : followCheck(source);
}

function followOverlap(source: Source): () => void {
  const wire = new Wire(source, "feed");
  let reader = NEW;

  function told(input: Input): void {
    let actions: readonly Action[];
    [reader, actions] = step(reader, input, Math.random());
    for (const action of actions) perform(action);
    wire.tell(stateOf(), reader.phase.at === "resting" ? reader.phase.refusal : null);
  }

  function perform(action: Action): void {
    switch (action.does) {
      case "fetch":
        void get(action.turn, action.etag).then(told);
        break;
      case "open": {
        const { turn } = action;
        wire.open({
          opened: () => told({ is: "opened", turn }),
          heard: (message) => told({ is: "frame", turn, frame: parsed(parseFrame, message) }),
          closed: (code) => told({ is: "closed", turn, revoked: code === REVOKED_CODE }),
        });
        break;
      }
      case "close":
        wire.close();
        break;
      case "wake":
        wire.wake(action.afterMs, () => told({ is: "woken", turn: action.turn }));
        break;
      case "show":
        source.show(action.held, action.live);
        break;
      case "clear":
        source.show(null, false);
        break;
    }
  }

  async function get(turn: number, etag: string | null): Promise<Input> {
    const askedAt = Date.now();
    try {
      const answer = await wire.get(etag);
      wire.heard();
      if (answer.status === 304) return { is: "not modified", turn };
      const body: unknown = await answer.json();
      if (!answer.ok) return { is: "failed", turn, refusal: refusalOf(answer.status, body) };
      const snapshot = parseSnapshot(body);
      wire.compare({ askedAt, answeredAt: Date.now(), requestedAt: snapshot.requestedAt });
      return { is: "snapshot", turn, snapshot, etag: answer.headers.get("ETag") };
    } catch {
      return { is: "failed", turn, refusal: null };
    }
  }

  function stateOf(): Link["state"] {
    switch (reader.phase.at) {
      case "begin":
      case "fetching":
      case "opening":
      case "confirming":
        return reader.held === null ? "starting" : "starting over";
      case "live":
        return reader.phase.checking ? "checking" : "live";
      case "resting":
        return reader.phase.refusal === null ? "waiting" : "refused";
    }
  }

  return wire.begin(() => told({ is: "begin" }));
}

function followCheck(source: Source): () => void {
  const wire = new Wire(source, "check");
  let reader = NEW_CHECKER;

  function told(input: CheckInput): void {
    let actions: readonly CheckAction[];
    [reader, actions] = stepCheck(reader, input, Math.random());
    for (const action of actions) perform(action);
    wire.tell(stateOf(), reader.refusal);
  }

  function perform(action: CheckAction): void {
    switch (action.does) {
      case "open": {
        const { turn } = action;
        wire.open({
          opened: () => told({ is: "opened", turn }),
          heard: (message) =>
            told(parsed((words) => readCheck(words, turn), message) ?? { is: "misshapen", turn }),
          closed: (code) => {
            if (code === REVOKED_CODE) told({ is: "closed", turn, refusal: REVOKED });
            // A socket tells nobody why it was not let in; the snapshot's address does.
            else void wire.why().then((refusal) => told({ is: "closed", turn, refusal }));
          },
        });
        break;
      }
      case "close":
        wire.close();
        break;
      case "check":
        wire.send(versionCheck(action.version));
        break;
      case "wake":
        wire.wake(action.afterMs, () => told({ is: "woken", turn: action.turn }));
        break;
      case "show":
        source.show(action.held, action.live);
        break;
      case "clear":
        source.show(null, false);
        break;
    }
  }

  function stateOf(): Link["state"] {
    switch (reader.at) {
      case "begin":
      case "opening":
        return reader.held === null ? "starting" : "starting over";
      case "open":
        return reader.held === null ? "starting" : "live";
      case "resting":
        return reader.refusal === null ? "waiting" : "refused";
    }
  }

  return wire.begin(() => told({ is: "begin" }));
}

/** One socket, one timer, one thing to abort, and what is known of the link. */
class Wire {
  readonly #source: Source;
  readonly #address: URL;
  #socket: WebSocket | null = null;
  #asking = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ended = false;
  #heardAt: number | null = null;
  #offset: Offset | null = null;

  constructor(source: Source, feed: string) {
    const { base, meet, day, platform } = source;
    this.#source = source;
    this.#address = new URL(`live/${meet}/${feed}?day=${day}&platform=${platform}`, base);
    this.#address.protocol = base.protocol === "https:" ? "wss:" : "ws:";
  }

  /** Begins, and again whenever the page is looked at or the network returns. Returns the end. */
  begin(told: () => void): () => void {
    const looked = () => {
      if (document.visibilityState === "visible") told();
    };
    addEventListener("online", told);
    document.addEventListener("visibilitychange", looked);
    told();
    return () => {
      this.#ended = true;
      removeEventListener("online", told);
      document.removeEventListener("visibilitychange", looked);
      clearTimeout(this.#timer);
      this.close();
    };
  }

  open(on: { opened: () => void; heard: (message: unknown) => void; closed: (code: number) => void }): void {
    const { kind, text } = this.#source.credential;
    const word =
      kind === "key" ? text : base64(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
    const socket = new WebSocket(this.#address, ["spotter-display", `${kind}.${word}`]);
    const mine = (act: () => void) => () => {
      if (this.#socket === socket) act();
    };
    this.#socket = socket;
    socket.onopen = mine(on.opened);
    socket.onclose = ({ code }) => mine(() => on.closed(code))();
    socket.onmessage = ({ data }: MessageEvent<unknown>) =>
      mine(() => {
        this.heard();
        on.heard(data);
      })();
  }

  close(): void {
    this.#asking.abort();
    this.#asking = new AbortController();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  send(message: unknown): void {
    this.#socket?.send(JSON.stringify(message));
  }

  /** Asks for the snapshot. */
  get(etag: string | null): Promise<Response> {
    const { base, meet, day, platform, credential } = this.#source;
    const where = new URL(`live/${meet}/lifters?day=${day}&platform=${platform}`, base);
    const { kind, text } = credential;
    const headers = new Headers({
      Authorization: kind === "key" ? `Bearer ${text}` : `Basic ${base64(`:${text}`)}`,
    });
    if (etag !== null) headers.set("If-None-Match", etag);
    return fetch(where, { headers, cache: "no-store", credentials: "omit", signal: this.#asking.signal });
  }

  /** Why the relay turns this reader away, if it does. */
  async why(): Promise<Refusal | null> {
    try {
      const answer = await this.get(null);
      return answer.ok ? null : refusalOf(answer.status, await answer.json());
    } catch {
      return null;
    }
  }

  wake(afterMs: number, act: () => void): void {
    clearTimeout(this.#timer);
    if (!this.#ended) this.#timer = setTimeout(act, afterMs);
  }

  heard(): void {
    this.#heardAt = Date.now();
  }

  compare(exchange: Parameters<typeof offsetOf>[0]): void {
    this.#offset = better(this.#offset, offsetOf(exchange));
  }

  tell(state: Link["state"], refusal: Refusal | null): void {
    if (this.#ended) return;
    const { credential, tell } = this.#source;
    tell({ by: credential.kind, state, refusal, heardAt: this.#heardAt, offset: this.#offset });
  }
}

/** How the relay closes a feed whose key was revoked. */
const REVOKED_CODE = 4006;

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function parsed<T>(parse: (message: unknown) => T, text: unknown): T | null {
  try {
    return parse(JSON.parse(String(text)));
  } catch {
    return null;
  }
}

/** What only a person can change. A relay that is busy or stops is only tried again. */
function refusalOf(status: number, body: unknown): Refusal | null {
  if (status !== 401 && status !== 403 && status !== 404) return null;
  const { code, reason } = typeof body === "object" && body !== null ? (body as Fields) : {};
  return { status, code: String(code ?? status), reason: String(reason ?? "") };
}
