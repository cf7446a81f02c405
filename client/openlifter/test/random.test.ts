import { test } from "node:test";
import { Play } from "./play.js";
import { openSites, type Site, seeded } from "./sites.js";
import type { Action } from "./stand-in/state.js";

const SEEDS = (process.env.SPOTTER_SEEDS ?? "1,2,3,4,5,6").split(",").map(Number);
const ACTIONS = 60;
const NAMES = ["Desk", "Table", "Jury"];

for (const seed of SEEDS) {
  const random = seeded(seed);
  const count = 2 + random(2);
  test(`random actions at ${count} stores with random cuts end equal (SPOTTER_SEEDS=${seed})`, async (t) => {
    const log = [add(), add(), add(), { type: "SET_DIVISIONS", divisions: ["Open", "Juniors"] }];
    const sites = await openSites(t, NAMES.slice(0, count), { log, live: { passing: () => false } });
    const play = new Play(sites);
    for (let turn = 0; turn < ACTIONS; turn++) {
      const site = sites[random(sites.length)] as Site;
      if (random(8) === 0) {
        await play.toggle(site);
      } else {
        await play.act(site, draw(random, site));
      }
    }
    await play.end();
  });
}

function add(): Action {
  return { type: "NEW_REGISTRATION", overwriteDefaults: {} };
}

/** Few values for few things, so that sites often want the same thing, and often another. */
function draw(random: (below: number) => number, site: Site): Action {
  const pick = <T>(values: readonly T[]): T => values[random(values.length)] as T;
  const { entries } = site.store.getState().registration;
  if (entries.length === 0) {
    return add();
  }
  const entryId = pick(entries).id;
  const attempt = { entryId, lift: pick(["S", "B", "D"]), attemptOneIndexed: 1 + random(2) };
  const update = (changes: object) => ({ type: "UPDATE_REGISTRATION", entryId, changes });
  return pick<() => Action>([
    () => update({ name: pick(["Ann", "Bo", "Cy"]) }),
    () => update({ bodyweightKg: pick([80.1, 80.2]) }),
    () => update({ divisions: pick([["Open"], ["Open", "Juniors"], []]) }),
    () => update({ day: 1, platform: pick([1, 2]) }),
    () => update({ flight: pick(["A", "B"]), country: pick(["Norway", ""]) }),
    () => ({ type: "ENTER_ATTEMPT", ...attempt, weightKg: pick([0, 100, 102.5]) }),
    () => ({ type: "MARK_LIFT", ...attempt, success: pick([true, false]) }),
    () => ({ type: "ASSIGN_LOT_NUMBERS", lotNumbers: entries.map(() => 1 + random(20)) }),
    () => ({ type: "UPDATE_MEET", changes: { name: pick(["Open", "Classic"]), city: pick(["Oslo", ""]) } }),
    () => ({ type: "SET_LENGTH_DAYS", length: 1 + random(3) }),
    () => ({ type: "SET_PLATFORM_COUNT", day: 1, count: 1 + random(3) }),
    () => ({
      type: "SET_BAR_AND_COLLARS_WEIGHT_KG",
      lift: pick(["S", "B"]),
      weightKg: pick([20, 25]),
    }),
    () => ({ type: "SET_PLATE_CONFIG", weightKg: pick([25, 20]), pairCount: random(4), color: "#000000" }),
    () => ({ type: "SET_LIFTING_GROUP", day: 1, platform: 1, flight: pick(["A", "B"]), lift: "S" }),
    () => ({ type: "OVERRIDE_ATTEMPT", attempt: pick([1, 2]) }),
    add,
    () => ({ type: "DELETE_REGISTRATION", entryId }),
    () => ({ type: "MERGE_PLATFORM", day: 1, platform: 2, platformEntries: [] }),
  ])();
}
