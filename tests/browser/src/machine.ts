/** What runs beside the browsers: the relay, the networks that lead to it, and replicas on the command line. */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const ROOT = resolve(import.meta.dirname, "../../..");
const PROGRAMS = process.env.SPOTTER_BIN ?? join(ROOT, "target/debug");

/** The password of every meet here. */
export const PASSWORD = "lift heavy things";
/** The meet that the tests go live with: two platforms, six lifters each, openers called. */
export const SAVED_FILE = join(ROOT, "tests/data/demonstration.openlifter");

/** A folder that goes with the test. */
export function folder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "spotter-browsers-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A relay as a process, which can be killed and started again on the same port with the same data. */
export class Relay {
  readonly #folder: string;
  readonly #origins: () => readonly string[];
  #process: ChildProcess | null = null;
  #port = 0;

  /** Of pages that are not the relay's own, those of `origins` may connect. */
  constructor(folder: string, origins: () => readonly string[] = () => []) {
    this.#folder = folder;
    this.#origins = origins;
  }

  get port(): number {
    return this.#port;
  }

  get address(): string {
    return `ws://127.0.0.1:${this.#port}`;
  }

  /** Starts it and waits for the line that says where it listens. */
  async start(): Promise<void> {
    const data = join(this.#folder, "relay");
    const key = join(this.#folder, "relay.key");
    const origins = this.#origins().flatMap((origin) => ["--origins", origin]);
    const child = spawn(
      join(PROGRAMS, "spotter-relay"),
      ["serve", "--data", data, "--key-file", key, "--listen", `127.0.0.1:${this.#port}`, ...origins],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    this.#process = child;
    let complaints = "";
    child.stderr?.on("data", (text) => {
      complaints = (complaints + String(text)).slice(-2_000);
    });
    const output = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    for await (const line of output) {
      const port = /:(\d+)\b/.exec(line)?.[1];
      if (port === undefined) continue;
      this.#port = Number(port);
      child.stdout?.resume();
      return;
    }
    throw new Error(`the relay did not start: ${complaints}`);
  }

  /** Kills it without a warning, and waits until it is gone. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null) return;
    const gone = new Promise((done) => child.once("exit", done));
    child.kill("SIGKILL");
    await gone;
  }
}

/** The way from one device to the relay. It can be cut and mended, and the relay may be down behind it. */
export class Network {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  #cut = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async to(relay: Relay): Promise<Network> {
    const server = createServer();
    const network = new Network(server);
    server.on("connection", (near) => network.#join(near, relay));
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return network;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the network listens nowhere");
    return address.port;
  }

  /** Nothing gets through, and what was under way is lost. */
  cut(): void {
    this.#cut = true;
    for (const socket of this.#open) socket.destroy();
  }

  mend(): void {
    this.#cut = false;
  }

  async end(): Promise<void> {
    this.cut();
    await new Promise((done) => this.#server.close(done));
  }

  #join(near: Socket, relay: Relay): void {
    if (this.#cut) {
      near.destroy();
      return;
    }
    const far = connect(relay.port, "127.0.0.1");
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

/** A replica on the command line. */
export class CommandLine {
  readonly #folder: string;
  readonly #name: string;

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#name = name;
  }

  /** Runs `spotter` with this replica, and returns what it printed. */
  async run(...words: string[]): Promise<string> {
    const all = ["--replica", join(this.#folder, this.#name), ...words];
    const { stdout } = await promisify(execFile)(join(PROGRAMS, "spotter"), all, { cwd: this.#folder });
    return stdout;
  }

  /** Keeps `spotter` running with this replica. Returns the first line that fits, and how to end it. */
  async keep(
    fits: RegExp,
    ...words: string[]
  ): Promise<{ readonly line: string; readonly end: () => Promise<void> }> {
    const child = spawn(join(PROGRAMS, "spotter"), ["--replica", join(this.#folder, this.#name), ...words], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    const end = async () => {
      if (child.exitCode !== null) return;
      const gone = new Promise((done) => child.once("exit", done));
      child.kill("SIGTERM");
      await gone;
    };
    for await (const line of createInterface({ input: child.stdout })) {
      if (!fits.test(line)) continue;
      child.stdout.resume();
      return { line, end };
    }
    throw new Error(`\`spotter ${words.join(" ")}\` ended and never said ${fits}`);
  }

  async join(relay: Relay, meet: string, location: string): Promise<void> {
    const password = join(this.#folder, "password");
    writeFileSync(password, PASSWORD);
    const where = ["--relay", relay.address, "--meet", meet, "--location", location];
    await this.run("join", ...where, "--password-file", password);
  }
}
