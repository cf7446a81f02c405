/** Chromium, driven by Playwright. Each device is a context of its own, with its own storage. */

import { existsSync } from "node:fs";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type ElementHandle,
  type Page,
} from "playwright-core";
import { type Driver, Tab } from "./tab.ts";

const FOUND_AT = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
/** No sandbox, since tests may run as root; nothing that speaks to others by itself. */
export const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** A name that is no secure context, which leads to this machine: a venue's network over plain HTTP. */
export const PLAIN_HOST = "scoring.local";

/** Where Chromium is; nothing if it is not there. */
export function chromiumPath(): string | undefined {
  return process.env.CHROMIUM ?? FOUND_AT.find((path) => existsSync(path));
}

/** Starts Chromium. */
export async function startChromium(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error("there is no Chromium; CHROMIUM can name one");
  return await chromium.launch({
    executablePath,
    args: [...FLAGS, `--host-resolver-rules=MAP ${PLAIN_HOST} 127.0.0.1`],
  });
}

/** Complaints of pages: errors on the console, exceptions, violations of the content security policy. */
export class Complaints {
  #found: string[] = [];
  #relayDown = false;

  /** While the relay cannot be reached or refuses, the browser itself says so on the console; nothing else may be there. */
  relayDown(down: boolean): void {
    this.#relayDown = down;
  }

  watch(name: string, page: Page): void {
    page.on("console", (message) => {
      if (message.type() !== "error" || (this.#relayDown && isAboutTheNetwork(message.text()))) return;
      this.#found.push(`${name}: console: ${message.text()} (${message.location().url})`);
    });
    page.on("pageerror", (error) => this.#found.push(`${name}: exception: ${error.stack ?? error.message}`));
  }

  /** What was found since the last look. */
  take(): readonly string[] {
    const found = this.#found;
    this.#found = [];
    return found;
  }
}

function isAboutTheNetwork(text: string): boolean {
  return /net::ERR_|responded with a status of 403|WebSocket connection to .* failed|Error during WebSocket handshake|FetchEvent.*network error/.test(
    text,
  );
}

/** A device: one context of the browser. */
export class Device {
  readonly context: BrowserContext;
  readonly #complaints: Complaints;

  private constructor(context: BrowserContext, complaints: Complaints) {
    this.context = context;
    this.#complaints = complaints;
  }

  static async in(
    browser: Browser,
    complaints: Complaints,
    options: BrowserContextOptions = {},
  ): Promise<Device> {
    return new Device(
      await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options }),
      complaints,
    );
  }

  /** The device that a context is. */
  static of(context: BrowserContext, complaints: Complaints): Device {
    return new Device(context, complaints);
  }

  async tab(name: string): Promise<Tab & { readonly page: Page }> {
    return this.tabOf(await this.context.newPage(), name);
  }

  /** The tab of a page that another one has opened. */
  tabOf(page: Page, name: string): Tab & { readonly page: Page } {
    this.#complaints.watch(name, page);
    page.on("dialog", (dialog) => void dialog.accept());
    return Object.assign(new Tab(name, new PageDriver(page)), { page });
  }
}

class PageDriver implements Driver {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  async goto(address: string): Promise<void> {
    await this.#page.goto(address);
  }

  async reload(): Promise<void> {
    await this.#page.reload();
  }

  async close(): Promise<void> {
    await this.#page.close({ runBeforeUnload: false });
  }

  async evaluate(body: string, ...values: readonly unknown[]): Promise<unknown> {
    // Playwright evaluates outside of the page's policy against evaluation.
    return await this.#page.evaluate(`(function () { ${body} }).apply(null, ${JSON.stringify(values)})`);
  }

  async clickOn(expression: string): Promise<void> {
    await (await this.#find(expression)).click();
  }

  async typeInto(expression: string, text: string): Promise<void> {
    const found = await this.#find(expression);
    if ((await found.evaluate((element) => (element as Element).tagName)) === "SELECT")
      await found.selectOption(text);
    else await found.fill(text);
  }

  async press(key: string): Promise<void> {
    await this.#page.keyboard.press(key);
  }

  async picture(): Promise<Uint8Array> {
    return await this.#page.screenshot();
  }

  async #find(expression: string): Promise<ElementHandle> {
    const found = (await this.#page.evaluateHandle(expression)).asElement();
    if (found === null) throw new Error(`nothing is found by ${expression.slice(-80)}`);
    return found as ElementHandle;
  }
}
