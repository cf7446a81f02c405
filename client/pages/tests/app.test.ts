import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, test } from "node:test";
import { loadCoreSync, memoryStore, openReplica, type Replica } from "spotter-client";
import { type App, attempt, toasts, troubleIn, undoLast } from "../src/common/app.ts";

const CORE = loadCoreSync(readFileSync("../browser/dist/spotter.wasm"));
const POUNDS = readFileSync("../../crdt-model/tests/data/copper-valley-lbs.openlifter", "utf8");

const opened: Replica[] = [];
afterEach(async () => {
  toasts.value = [];
  for (const replica of opened.splice(0)) await replica.close();
});

/** As much of a page as its messages need, on a meet in pounds. */
async function page(): Promise<App> {
  const replica = await openReplica({ core: CORE, store: memoryStore(), tabs: false });
  opened.push(replica);
  await replica.importMeet(POUNDS);
  return { replica, meet: { peek: () => replica.state() } } as unknown as App;
}

const said = () => toasts.value.map(({ words }) => words);

test("what somebody else wrote meanwhile is told with name, verdict and the meet's unit", async () => {
  const app = await page();
  const path = "entries.5000.squat.3";
  await app.replica.edit({ [path]: [app.replica.parseWeight("197.5"), 1] });
  const outdated = () => app.replica.edit({ [path]: [0, 0] }, { seen: { [path]: "" } });
  assert.equal(await attempt("Taking the verdict away", outdated, troubleIn(app)), false);
  const [words] = said();
  assert.match(
    words ?? "",
    /^Taking the verdict away: Dale Ortega, squat 3 is 197\.5 good lift by now, written by .+$/,
  );
});

test("an undo that is refused tells what stands there as a person reads it", async () => {
  const app = await page();
  const shown = { value: [app.replica.parseWeight("197.5"), 1], location: "Registration" };
  const moved = { path: "entries.5000.squat.3", shown };
  const why = 'entries.5000.squat.3 has changed: it is now "89.58449315012471 good", written by Registration';
  Object.assign(app.replica, { undo: () => Promise.resolve({ undone: false, why, moved }) });
  undoLast(app);
  await until(() => said().length > 0);
  assert.deepEqual(said(), [
    "Nothing was taken back: Dale Ortega, squat 3 is 197.5 good lift by now, written by Registration.",
  ]);
});

test("an undo says so where there is nothing to take back", async () => {
  const app = await page();
  undoLast(app);
  await until(() => said().length > 0);
  assert.match(said()[0] ?? "", /^Nothing was taken back: .*nothing to undo/);
});

async function until(is: () => boolean): Promise<void> {
  while (!is()) await new Promise((resolve) => setTimeout(resolve, 1));
}
