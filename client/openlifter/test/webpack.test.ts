import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { runInThisContext } from "node:vm";
import type { openInBrowser } from "../src/index.js";
import { bundle } from "./create-react-app/bundle.js";

const folder = mkdtempSync(join(tmpdir(), "spotter-webpack-"));
let entry: string[] = [];
before(async () => {
  entry = await bundle(process.env.SPOTTER_ROOT as string, folder);
});
after(() => rmSync(folder, { recursive: true }));

const written = () => readdirSync(folder, { recursive: true, encoding: "utf8" });
const read = (file: string) => readFileSync(join(folder, file));

/** How a WebAssembly module begins, as it is and in base64, where the third byte's last bits depend on the fourth. */
const MAGIC = Buffer.from("\0asm");
const MAGIC_TEXT = MAGIC.toString("base64").slice(0, 5);

test("webpack in the way of Create React App 5 bundles both packages, the core apart from what is loaded at first", () => {
  const files = written();
  const wasm = files.filter((file) => file.endsWith(".wasm"));
  assert.equal(wasm.length, 1, files.join());
  assert.deepEqual(read(wasm[0] as string).subarray(0, 4), MAGIC);
  const carrying = files.filter((file) => file.endsWith(".js") && read(file).includes(MAGIC_TEXT));
  assert.equal(carrying.length, 1, "one chunk of script carries the core");
  assert.equal(entry.length, 1);
  assert.ok(!entry.includes(carrying[0] as string), "and it is none that every page loads");
});

interface App {
  openInBrowser: typeof openInBrowser;
  client: () => Promise<typeof import("spotter-client")>;
  inline: () => Promise<typeof import("spotter-client/inline")>;
}

/** Hands out the bundle below a folder of a host. */
async function served(t: { after(clean: () => void): void }): Promise<string> {
  const server = createServer((request, answer) => {
    const file = (request.url ?? "").replace(/^\/meets\/lift\//, "");
    answer.end(written().includes(file) ? read(file) : answer.writeHead(404) && undefined);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/meets/lift/`;
}

/** As much of a page as the bundle needs: it loads scripts, by addresses relative to itself. */
function standInForPage(address: string): App {
  const load = async (source: string) => {
    const answer = await fetch(new URL(source, address));
    assert.equal(answer.status, 200, source);
    runInThisContext(await answer.text(), source);
  };
  const script = { src: "", onload() {}, onerror() {}, setAttribute() {} };
  const document = {
    baseURI: address,
    getElementById: () => null,
    getElementsByTagName: () => [],
    addEventListener() {},
    createElement: () => ({ ...script }),
    head: {
      appendChild: (one: typeof script) => void load(one.src).then(one.onload, one.onerror),
    },
  };
  Object.assign(globalThis, { self: globalThis, document });
  runInThisContext(read(entry[0] as string).toString(), entry[0]);
  return (globalThis as unknown as { app: App }).app;
}

test("the bundle opens a replica from a sub-path, with the core as script and with the core as a file", async (t) => {
  const app = standInForPage(await served(t));
  const { loadCore, memoryStore, openReplica } = await app.client();
  const { loadInlineCore } = await app.inline();
  for (const [how, load] of [
    ["script", loadInlineCore],
    ["file", loadCore],
  ] as const) {
    const replica = await openReplica({ core: await load(), store: memoryStore(), tabs: false });
    await replica.newMeet("2026-01-01");
    await replica.edit({ "meet.name": how });
    assert.equal(replica.state().meet.name, how);
    await replica.close();
  }
});
