/** What the tests of a file share: a relay and Chromium, from before the first until after the last. */

import { after, before } from "node:test";
import type { Browser } from "playwright-core";
import { startChromium } from "./chromium.ts";
import { folder, Relay } from "./machine.ts";

/** Set up by being made. */
export class Stage {
  readonly place = folder();
  readonly relay: Relay;
  #browser: Browser | undefined;

  /** Pages of other hosts whose `origins` are known by the time of the first test may connect to the relay, too. */
  constructor(origins?: () => readonly string[]) {
    this.relay = new Relay(this.place.path, origins);
    before(async () => {
      await this.relay.start();
      this.#browser = await startChromium();
    });
    after(async () => {
      await this.#browser?.close();
      await this.relay.kill();
      this.place.remove();
    });
  }

  /** Where the relay hands out its pages, within a test. */
  get base(): string {
    return `http://127.0.0.1:${this.relay.port}`;
  }

  /** Chromium, within a test. */
  get browser(): Browser {
    if (this.#browser === undefined) throw new Error("Chromium has not been started");
    return this.#browser;
  }
}
