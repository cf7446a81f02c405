import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadCore, memoryStore, openReplica, SpotterError } from "../src/index.ts";

const bytes = readFileSync(join(import.meta.dirname, "../../dist/spotter.wasm"));

test("the core is loaded from whatever type a server gives it", async () => {
  for (const type of ["application/wasm", "application/octet-stream"]) {
    const core = await loadCore(new Response(bytes, { headers: { "Content-Type": type } }));
    const replica = await openReplica({ core, store: memoryStore(), tabs: false });
    assert.equal(replica.holdsMeet, false);
    await replica.close();
  }
});

test("a core that the server does not have is said to be missing", async () => {
  const missing = loadCore(new Response("nothing here", { status: 404 }));
  await assert.rejects(
    missing,
    (thrown) => thrown instanceof SpotterError && thrown.code === "core-not-loaded",
  );
});
