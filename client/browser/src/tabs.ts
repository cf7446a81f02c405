/** As much of a BroadcastChannel as tabs need to speak with each other. */
export interface Channel {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

/** Opens the channel of a name. */
export type Tabs = (name: string) => Channel;

/** The browser's own; none in old browsers. */
export function tabsHere(): Tabs | false {
  return typeof BroadcastChannel === "function" ? (name) => new BroadcastChannel(name) : false;
}

/** What travels between tabs. Connections are named by the tab that opened them. */
interface TabMessage {
  from: string;
  to?: string;
  kind: "hello" | "here" | "bye" | "open" | "opened" | "close" | "data" | "ping" | "pong" | "want" | "lend";
  connection?: string;
  root?: string;
  text?: string;
  bytes?: string;
  lent?: string;
}

/** What a message between replicas carries: a text, or bytes in base64. */
export type TabData = { text: string } | { bytes: string };

/** Whoever hears of the other tabs. */
export interface TabEar {
  /** A tab holds the same meet, and it is for this one to dial it. */
  met(address: string): void;
  /** A tab is gone, or will not answer. */
  left(address: string): void;
  /** A tab with the same meet has a session, with which this one can ask for its own. */
  lent(what: string): void;
  connected(link: string): void;
  received(link: string, data: TabData): void;
  heard(link: string): void;
  disconnected(link: string, why: string): void;
}

interface Connection {
  readonly link: string;
  readonly connection: string;
  readonly other: string;
  timer?: ReturnType<typeof setTimeout>;
}

/** How long a tab may take to accept a connection; a tab that was put to sleep does not. */
const ACCEPTING_MS = 5_000;

/** Connections with the other tabs of this browser, over one channel that all of them hear. */
export class TabLinks {
  readonly #channel: Channel;
  readonly #me: string;
  readonly #ear: TabEar;
  readonly #connections = new Map<string, Connection>();
  #root: string | null = null;
  #lent: string | null = null;
  #accepted = 0;

  constructor(channel: Channel, me: string, ear: TabEar) {
    this.#channel = channel;
    this.#me = me;
    this.#ear = ear;
    channel.onmessage = (event) => this.#hear(event.data as TabMessage);
    (channel as { unref?: () => void }).unref?.();
  }

  /** Says which meet is here, if it is one to share; those who have the same answer. */
  announce(root: string | null): void {
    this.#root = root;
    if (root !== null) {
      this.#say({ kind: "hello", root });
      this.#sayLent();
    }
  }

  /** Lends the others of the same meet what they need for a session of their own; null if there is nothing to lend. */
  lend(what: string | null): void {
    this.#lent = what;
    this.#sayLent();
  }

  /** Asks whether another tab of this meet has a session. */
  want(): void {
    if (this.#root !== null) {
      this.#say({ kind: "want", root: this.#root });
    }
  }

  /** Opens a connection that the replica asked for. */
  connect(link: string, address: string): void {
    const other = address.slice(ADDRESS.length);
    const connection: Connection = { link, connection: `${this.#me}/${link}`, other };
    connection.timer = setTimeout(() => {
      this.#forget(connection);
      this.#ear.left(address);
    }, ACCEPTING_MS);
    this.#connections.set(link, connection);
    this.#say({ kind: "open", to: other, connection: connection.connection });
  }

  /** Sends over a connection. */
  send(link: string, data: TabData): void {
    this.#sayOn(link, { kind: "data", ...data });
  }

  /** Asks whether anybody is there. */
  ping(link: string): void {
    this.#sayOn(link, { kind: "ping" });
  }

  /** Closes a connection; nothing more is heard of it. */
  disconnect(link: string): void {
    this.#sayOn(link, { kind: "close" });
    const connection = this.#connections.get(link);
    if (connection) {
      this.#forget(connection);
    }
  }

  /** Says goodbye, so that nobody waits for this tab. */
  leave(): void {
    this.#say({ kind: "bye" });
  }

  /** Ends everything. */
  close(): void {
    this.leave();
    for (const connection of this.#connections.values()) {
      clearTimeout(connection.timer);
    }
    this.#connections.clear();
    this.#channel.close();
  }

  #say(message: Omit<TabMessage, "from">): void {
    this.#channel.postMessage({ from: this.#me, ...message } satisfies TabMessage);
  }

  #sayLent(to?: string): void {
    if (this.#root !== null && this.#lent !== null) {
      this.#say({ kind: "lend", root: this.#root, lent: this.#lent, ...(to === undefined ? {} : { to }) });
    }
  }

  #sayOn(link: string, message: Omit<TabMessage, "from">): void {
    const connection = this.#connections.get(link);
    if (connection) {
      this.#say({ to: connection.other, connection: connection.connection, ...message });
    }
  }

  #hear(message: TabMessage): void {
    if (message.to !== undefined && message.to !== this.#me) {
      return;
    }
    const address = ADDRESS + message.from;
    const connection = [...this.#connections.values()].find((one) => one.connection === message.connection);
    switch (message.kind) {
      case "hello":
        if (message.root === this.#root) {
          this.#say({ kind: "here", to: message.from, root: message.root });
        }
        break;
      case "here":
        if (message.root === this.#root && !this.#isConnectedWith(message.from)) {
          this.#ear.met(address);
        }
        break;
      case "want":
        if (message.root === this.#root) {
          this.#sayLent(message.from);
        }
        break;
      case "lend":
        if (message.root === this.#root && message.lent !== undefined) {
          this.#ear.lent(message.lent);
        }
        break;
      case "bye":
        this.#left(message.from);
        break;
      case "open":
        this.#accept(message);
        break;
      case "opened":
        if (connection) {
          clearTimeout(connection.timer);
          this.#ear.connected(connection.link);
        }
        break;
      case "close":
        if (connection) {
          this.#forget(connection);
          this.#ear.disconnected(connection.link, "the other tab ended the connection");
        }
        break;
      case "data":
        if (connection) {
          const { text, bytes } = message;
          this.#ear.received(connection.link, text === undefined ? { bytes: bytes ?? "" } : { text });
        }
        break;
      case "ping":
        if (connection) {
          this.#sayOn(connection.link, { kind: "pong" });
          this.#ear.heard(connection.link);
        }
        break;
      case "pong":
        if (connection) {
          this.#ear.heard(connection.link);
        }
        break;
    }
  }

  #accept(message: TabMessage): void {
    if (message.connection === undefined) {
      return;
    }
    this.#accepted += 1;
    const link = `a${this.#accepted}`;
    this.#connections.set(link, { link, connection: message.connection, other: message.from });
    this.#sayOn(link, { kind: "opened" });
    this.#ear.connected(link);
  }

  #isConnectedWith(tab: string): boolean {
    return [...this.#connections.values()].some((one) => one.other === tab);
  }

  #left(tab: string): void {
    const theirs = [...this.#connections.values()].filter((one) => one.other === tab);
    for (const connection of theirs) {
      this.#forget(connection);
      this.#ear.disconnected(connection.link, "the other tab was closed");
    }
    this.#ear.left(ADDRESS + tab);
  }

  #forget(connection: Connection): void {
    clearTimeout(connection.timer);
    this.#connections.delete(connection.link);
  }
}

/** How the address of a tab begins. */
export const ADDRESS = "tab:";
