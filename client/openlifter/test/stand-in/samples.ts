/** Action logs and the meets that OpenLifter saved after them. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Action, GlobalState } from "./state.js";

const ROOT = process.env.SPOTTER_ROOT ?? join(process.cwd(), "../..");

/** Our own samples, and those of `SPOTTER_SAMPLES` or of a folder `shared/samples` beside the checkout. */
export function samples(): { name: string; log: Action[]; saved: GlobalState }[] {
  const folders = [
    join(ROOT, "crdt-model/tests/data"),
    process.env.SPOTTER_SAMPLES ?? join(ROOT, "../shared/samples"),
  ];
  return folders.filter(existsSync).flatMap((folder) => {
    const logs = readdirSync(folder).filter((file) => file.endsWith(".actions.json"));
    return logs.sort().map((file) => {
      const name = file.replace(".actions.json", "");
      const read = (ending: string) => JSON.parse(readFileSync(join(folder, name + ending), "utf8"));
      return { name, log: read(".actions.json") as Action[], saved: read(".openlifter") as GlobalState };
    });
  });
}
