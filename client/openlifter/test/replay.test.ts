import { test } from "node:test";
import { Play, playLog } from "./play.js";
import { openSites } from "./sites.js";
import { samples } from "./stand-in/samples.js";

/** Every write of these tests is meant by somebody. */
const MEANT = { passing: () => false };

for (const { name, log } of samples()) {
  for (const seed of [1, 2]) {
    test(`the actions of ${name} at two stores at once, cut and mended (seed ${seed})`, async (t) => {
      const sites = await openSites(t, ["Desk", "Table"], { live: MEANT });
      const play = new Play(sites);
      await playLog(play, log, seed);
      await play.end();
    });
  }
}
