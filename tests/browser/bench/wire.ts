/** A way to the relay on which every byte is counted: HTTP, WebSocket frames and their heads, both directions. */

import { connect, createServer, type Server, type Socket } from "node:net";
import type { Relay } from "../src/machine.ts";

/** Bytes since the way was opened. */
export interface Counted {
  readonly up: number;
  readonly down: number;
}

export class Wire {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  #up = 0;
  #down = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async to(relay: Relay): Promise<Wire> {
    const server = createServer({ noDelay: true });
    const wire = new Wire(server);
    server.on("connection", (near) => wire.#join(near, relay.port));
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return wire;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the wire listens nowhere");
    return address.port;
  }

  get counted(): Counted {
    return { up: this.#up, down: this.#down };
  }

  async end(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await new Promise((done) => this.#server.close(done));
  }

  #join(near: Socket, port: number): void {
    const far = connect({ port, host: "127.0.0.1", noDelay: true });
    near.on("data", (bytes: Buffer) => {
      this.#up += bytes.length;
    });
    far.on("data", (bytes: Buffer) => {
      this.#down += bytes.length;
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#open.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        this.#open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }
}
