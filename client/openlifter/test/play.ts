/** Playing actions at sites, beside the rule that says what must come of them. */

import assert from "node:assert/strict";
import { flatten, Rule, writesOf } from "./rule.js";
import { agree, cut, mend, type Site, seeded, sharedPart } from "./sites.js";
import type { Action, GlobalState } from "./stand-in/state.js";

/** Sites and the rule, in step. */
export class Play {
  readonly sites: Site[];
  readonly rule: Rule;

  constructor(sites: Site[]) {
    this.sites = sites;
    this.rule = new Rule(sites, (sites[0] as Site).store.getState());
  }

  /** An action at a site. Whoever is connected sees what it wrote before anything else happens. */
  async act(site: Site, action: Action): Promise<void> {
    const before = site.store.getState().registration.entries.map(({ id }) => id);
    site.store.dispatch(structuredClone(action));
    this.rule.write(site, writesOf(action, this.rule, site.name, before, site.store.getState()));
    site.live.flush();
    if (site.cable.whole) {
      await this.exchange();
    }
  }

  /** Cuts a cable, or mends it. */
  async toggle(site: Site): Promise<void> {
    if (site.cable.whole) {
      await cut(site);
    } else {
      await mend(site);
      await this.exchange();
    }
  }

  /** Mends every cable; then every store shows what the rule says, and the same conflicts. */
  async end(): Promise<void> {
    for (const site of this.sites) {
      if (!site.cable.whole) {
        await mend(site);
      }
    }
    await this.exchange();
    const [first, ...others] = this.sites as [Site, ...Site[]];
    for (const other of others) {
      assert.deepEqual(sharedPart(other), sharedPart(first), `${other.name} and ${first.name}`);
    }
    for (const site of this.sites) {
      const shown = flatten(site.store.getState());
      const said = [...this.rule.all(site.name)].filter(([path]) => shown.has(path) || !isOldPlate(path));
      const named = said.filter(([path]) => !path.endsWith(".deleted"));
      assert.deepEqual(sorted(shown), sorted(named), site.name);
      const conflicts = site.replica.conflicts().map(({ path }) => path);
      const written = conflicts.filter((path) => !path.startsWith("lifting."));
      assert.deepEqual(written.sort(), this.rule.conflicts(site.name), `conflicts at ${site.name}`);
    }
  }

  private async exchange(): Promise<void> {
    const together = this.sites.filter(({ cable }) => cable.whole);
    await agree(together);
    this.rule.meet(together.map(({ name }) => name));
  }
}

/** Plates of a unit that the meet had before. */
function isOldPlate(path: string): boolean {
  return path.startsWith("meet.plates.");
}

function sorted(values: Iterable<[string, unknown]>): [string, unknown][] {
  const pairs = JSON.parse(JSON.stringify([...values])) as [string, unknown][];
  return pairs.sort(([one], [other]) => (one < other ? -1 : 1));
}

/** A whole log, split between sites by a seed, with cables cut and mended on the way. */
export async function playLog(play: Play, log: Action[], seed: number): Promise<void> {
  const random = seeded(seed);
  /** The numbers that lifters have here, by those that they have in the log. */
  const ids = new Map<number, number>();
  for (const logged of log) {
    if (random(25) === 0) {
      await play.toggle(play.sites[random(play.sites.length)] as Site);
    }
    const action = renamed(logged, ids);
    const able = play.sites.filter((site) => knows(site, action));
    const site =
      able[random(able.length)] ?? (assert.fail(`nobody knows ${JSON.stringify(action)}`) as never);
    await play.act(site, action);
    if (action.type === "NEW_REGISTRATION") {
      ids.set(5000 + ids.size, lastId(site.store.getState()));
    }
  }
}

function renamed(action: Action, ids: Map<number, number>): Action {
  const id = ids.get(action.entryId as number);
  return id === undefined ? action : { ...action, entryId: id };
}

function knows(site: Site, action: Action): boolean {
  return typeof action.entryId !== "number" || site.entry(action.entryId) !== undefined;
}

function lastId(state: GlobalState): number {
  return state.registration.entries.at(-1)?.id as number;
}
