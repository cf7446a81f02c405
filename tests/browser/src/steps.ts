/** A story in steps. A step that fails is named, and what every tab showed is kept. */

import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { TestContext } from "node:test";
import type { Tab } from "./tab.ts";

const FAILURES = resolve(import.meta.dirname, "../../../target/browsers");

/** The steps of one test. */
export class Steps {
  readonly #test: TestContext;
  readonly #story: string;
  readonly #tabs = new Set<Tab>();
  readonly #checks: (() => readonly string[])[] = [];

  constructor(test: TestContext, story: string) {
    this.#test = test;
    this.#story = story;
  }

  /** Keeps what a tab shows if something fails. */
  watch(tab: Tab): Tab {
    this.#tabs.add(tab);
    return tab;
  }

  forget(tab: Tab): void {
    this.#tabs.delete(tab);
  }

  /** Looks for trouble after every step: what the function returns is a failure. */
  check(complaints: () => readonly string[]): void {
    this.#checks.push(complaints);
  }

  /** One step. */
  async step<T>(name: string, run: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    try {
      const result = await run();
      const complaints = this.#checks.flatMap((check) => check());
      if (complaints.length > 0) throw new Error(complaints.join("\n"));
      this.#test.diagnostic(`${((performance.now() - begun) / 1000).toFixed(1)} s  ${name}`);
      return result;
    } catch (error) {
      const kept = await this.#keep(name);
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`step “${name}” of ${this.#story}: ${why}\nkept: ${kept.join(", ") || "nothing"}`, {
        cause: error,
      });
    }
  }

  async #keep(step: string): Promise<string[]> {
    const kept: string[] = [];
    for (const tab of this.#tabs) {
      const file = join(
        FAILURES,
        `${[this.#story, step, tab.name].join("-").replace(/[^a-z0-9]+/gi, "-")}.png`,
      );
      try {
        writeFileSync(file, await tab.driver.picture());
        kept.push(file);
      } catch {
        // A tab that is gone shows nothing.
      }
    }
    return kept;
  }
}
