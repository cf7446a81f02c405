/** Firefox and WebKit, driven by the WebDriver protocol. Each device is a session of its own, with its own driver. */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { type Driver, eventually, Silence, Tab } from "./tab.ts";

/** The key under which the protocol sends elements. */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
const TOOLS = resolve(import.meta.dirname, "../../../target/browser-tools/bin");
/** How long a driver may take over one command, in milliseconds. One that never answers would hold a test for minutes. */
const ANSWER_MS = 20_000;
/** How long a browser or a page may take to be there, and a process to end when it is asked to. */
const START_MS = 60_000;
const END_MS = 5_000;
const KEYS: Readonly<Record<string, string>> = { Enter: "\uE007", Escape: "\uE00C" };

/** A browser that a WebDriver drives. */
export interface Engine {
  readonly name: string;
  readonly driver: string;
  readonly browser: string;
  readonly port: (port: number) => readonly string[];
  readonly capabilities: (browser: string) => object;
  /** Whether it needs a display of its own, for want of a mode without. */
  readonly needsDisplay: boolean;
}

/** Firefox, by geckodriver. */
export const FIREFOX: Engine = {
  name: "Firefox",
  driver: found(
    process.env.GECKODRIVER,
    join(TOOLS, "geckodriver"),
    "/usr/bin/geckodriver",
    "/usr/local/bin/geckodriver",
  ),
  browser: found(process.env.FIREFOX, "/usr/bin/firefox-esr", "/usr/bin/firefox"),
  port: (port) => ["--port", String(port), "--websocket-port", "0", "--log", "fatal"],
  capabilities: (binary) => ({
    browserName: "firefox",
    "moz:firefoxOptions": { binary, args: ["-headless"] },
  }),
  needsDisplay: false,
};

/** WebKit as GTK has it, by its own driver. */
export const WEBKIT: Engine = {
  name: "WebKit",
  driver: found(process.env.WEBKIT_DRIVER, "/usr/bin/WebKitWebDriver"),
  browser: found(process.env.MINIBROWSER, ...miniBrowsers()),
  port: (port) => [`--port=${port}`],
  capabilities: (binary) => ({ "webkitgtk:browserOptions": { binary, args: ["--automation"] } }),
  needsDisplay: true,
};

/** What an engine needs and does not have; `null` if it can run. */
export function lacks(engine: Engine): string | null {
  const missing = [engine.driver, engine.browser].filter((path) => !existsSync(path));
  return missing.length === 0 ? null : `${engine.name} needs ${missing.join(" and ")}`;
}

/** Drivers and what they run in, ended together. */
export class Engines {
  readonly #engine: Engine;
  readonly #ends: (() => Promise<void>)[] = [];
  #display: Promise<string> | null = null;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get name(): string {
    return this.#engine.name;
  }

  /** A device: a browser with storage of its own, and one tab. */
  async device(name: string): Promise<Tab> {
    const engine = this.#engine;
    if (engine.needsDisplay) this.#display ??= this.#startDisplay();
    const display = await this.#display;
    const port = await freePort();
    const child = spawn(engine.driver, engine.port(port), {
      stdio: "ignore",
      env: {
        ...process.env,
        ...(display === null ? {} : { DISPLAY: display }),
        // Inside a container there is no second sandbox and no graphics card to be had.
        WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1",
        WEBKIT_DISABLE_COMPOSITING_MODE: "1",
        LIBGL_ALWAYS_SOFTWARE: "1",
      },
    });
    this.#ends.push(() => ended(child));
    const root = `http://127.0.0.1:${port}`;
    await eventually(`${engine.name}'s driver answers`, async () => (await fetch(`${root}/status`)).ok);
    const capabilities = { alwaysMatch: engine.capabilities(engine.browser) };
    const { sessionId } = (await call("POST", `${root}/session`, { capabilities }, START_MS)) as {
      sessionId: string;
    };
    const session = `${root}/session/${sessionId}`;
    this.#ends.push(() =>
      call("DELETE", session).then(
        () => undefined,
        () => undefined,
      ),
    );
    await call("POST", `${session}/window/rect`, { width: 1280, height: 900 });
    return new Tab(name, new Session(session));
  }

  async end(): Promise<void> {
    for (const end of this.#ends.reverse()) await end();
  }

  async #startDisplay(): Promise<string> {
    const child = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    this.#ends.push(() => ended(child));
    const told = child.stdio[3] as NodeJS.ReadableStream;
    const number = await new Promise<string>((done, failed) => {
      child.once("error", failed);
      child.once("exit", (code) => failed(new Error(`Xvfb ended with ${code}`)));
      told.once("data", (text) => done(String(text).trim()));
    });
    return `:${number}`;
  }
}

class Session implements Driver {
  readonly #session: string;

  constructor(session: string) {
    this.#session = session;
  }

  async goto(url: string): Promise<void> {
    await this.#call("POST", "/url", { url }, START_MS);
  }

  async reload(): Promise<void> {
    // Firefox's driver would reload as if nothing were kept, which a person does with the Shift key only.
    await this.evaluate("window.isOld = true; location.reload()");
    await eventually("the page is there again", () =>
      this.evaluate("return window.isOld === undefined && document.readyState === 'complete'"),
    );
  }

  async close(): Promise<void> {
    const { handle } = (await this.#call("POST", "/window/new", { type: "tab" })) as { handle: string };
    await this.#call("DELETE", "/window");
    await this.#call("POST", "/window", { handle });
  }

  async evaluate(body: string, ...values: readonly unknown[]): Promise<unknown> {
    return await this.#call("POST", "/execute/sync", { script: body, args: values });
  }

  async clickOn(expression: string): Promise<void> {
    const found = await this.#find(expression);
    await this.evaluate(`(${expression}).scrollIntoView({ block: "center" })`);
    await this.#call("POST", `/element/${found}/click`, {});
  }

  async typeInto(expression: string, text: string): Promise<void> {
    const found = await this.#find(expression);
    await this.evaluate(`(${expression}).scrollIntoView({ block: "center" })`);
    await this.#call("POST", `/element/${found}/clear`, {});
    await this.#call("POST", `/element/${found}/value`, { text });
  }

  async press(key: string): Promise<void> {
    const value = KEYS[key] ?? key;
    const actions = [
      { type: "keyDown", value },
      { type: "keyUp", value },
    ];
    await this.#call("POST", "/actions", { actions: [{ type: "key", id: "keyboard", actions }] });
  }

  async picture(): Promise<Uint8Array> {
    return Buffer.from(String(await this.#call("GET", "/screenshot")), "base64");
  }

  async #find(expression: string): Promise<string> {
    const found = (await this.evaluate(`return ${expression}`)) as Readonly<Record<string, string>> | null;
    const id = found?.[ELEMENT];
    if (id === undefined) throw new Error(`nothing is found by ${expression.slice(-80)}`);
    return id;
  }

  async #call(method: string, path: string, body?: object, withinMs?: number): Promise<unknown> {
    return await call(method, `${this.#session}${path}`, body, withinMs);
  }
}

async function call(method: string, address: string, body?: object, withinMs = ANSWER_MS): Promise<unknown> {
  const command = `${method} ${new URL(address).pathname.replace(/.*session\/[^/]+/, "")}`;
  const answer = await fetch(address, {
    method,
    signal: AbortSignal.timeout(withinMs),
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
  }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === "TimeoutError")
      throw new Silence(`${command}: no answer from the driver in ${withinMs / 1000} s`, { cause: error });
    throw error;
  });
  const { value } = (await answer.json()) as { value: { error?: string; message?: string } | null };
  if (!answer.ok) throw new Error(`${command}: ${value?.error}: ${value?.message}`);
  return value;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once("exit", done));
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), END_MS);
  await gone;
  clearTimeout(late);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === "string") throw new Error("there is no free port");
  return address.port;
}

/** The file that was asked for, there or not; otherwise the first of the usual ones that is there. */
function found(asked: string | undefined, ...usual: readonly string[]): string {
  return asked ?? usual.find((path) => existsSync(path)) ?? usual[0] ?? "";
}

function miniBrowsers(): string[] {
  const libraries = "/usr/lib";
  const architectures = existsSync(libraries)
    ? readdirSync(libraries).filter((name) => name.includes("linux"))
    : [];
  return architectures.flatMap((name) =>
    ["webkit2gtk-4.1", "webkit2gtk-4.0", "webkitgtk-6.0"].map((kind) =>
      join(libraries, name, kind, "MiniBrowser"),
    ),
  );
}
