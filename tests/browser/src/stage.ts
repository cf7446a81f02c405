/** What the tests of a file share: a relay and Chromium, from before the first until after the last. */

import { after, before, type TestContext } from "node:test";
import type { Browser } from "playwright-core";
import { Complaints, Device, startChromium } from "./chromium.ts";
import { folder, Network, Relay } from "./machine.ts";
import { Steps } from "./steps.ts";

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

  /** Begins a story of several devices in Chromium, each with a way of its own to the relay. */
  story(context: TestContext, name: string) {
    const steps = new Steps(context, name);
    const complaints = new Complaints();
    steps.check(() => complaints.take());
    const networks: Network[] = [];
    context.after(() => Promise.all(networks.map((network) => network.end())));
    const device = async (called: string) => {
      const network = await Network.to(this.relay);
      networks.push(network);
      const made = await Device.in(this.browser, complaints);
      const tab = await made.tab(called);
      steps.watch(tab);
      return { device: made, network, tab };
    };
    return { steps, complaints, device };
  }
}
