import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

const ROOT = process.env.SPOTTER_ROOT as string;
const CLIENT = join(ROOT, "client/browser");
const OPENLIFTER = join(ROOT, "client/openlifter");

/** The two packages as npm would publish them, and projects that have nothing else. */
const folder = mkdtempSync(join(tmpdir(), "spotter-packed-"));
const packed = new Map<string, string>();
before(() => {
  for (const from of [CLIENT, OPENLIFTER]) {
    run(from, "npm", ["pack", "--pack-destination", folder]);
    const name = readdirSync(folder).find((file) => ![...packed.values()].includes(join(folder, file)));
    packed.set(from, join(folder, name as string));
  }
});
after(() => rmSync(folder, { recursive: true }));

function run(cwd: string, command: string, args: readonly string[]): string {
  const env = { ...process.env, npm_config_loglevel: "error" };
  return execFileSync(command, args, { cwd, env, encoding: "utf8" });
}

/** An empty folder with these packages installed, without the registry. */
function project(...packages: string[]): string {
  const root = mkdtempSync(join(folder, "project-"));
  writeFileSync(join(root, "package.json"), '{"private":true}');
  const quiet = ["--offline", "--no-audit", "--no-fund", "--legacy-peer-deps"];
  run(root, "npm", ["install", ...quiet, ...packages]);
  return root;
}

/** What a program prints that is written into the project. */
function says(root: string, name: string, program: string): string {
  writeFileSync(join(root, name), program);
  return run(root, process.execPath, [name]).trim();
}

/** Fails unless the program's types are right, those that the packages declare included. */
function checkTypes(root: string, program: string): void {
  writeFileSync(join(root, "use.mts"), program);
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  for (const kind of [["nodenext"], ["esnext", "--moduleResolution", "bundler"]]) {
    const options = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom", "--types", ""];
    run(root, process.execPath, [tsc, ...options, "--module", ...kind, "use.mts"]);
  }
}

/** Fails unless the installed package carries what it must, and every file that its package.json names. */
function checkFiles(root: string, name: string, from: string): void {
  const installed = join(root, "node_modules", name);
  for (const licence of ["LICENSE-MIT", "LICENSE-APACHE"]) {
    assert.equal(readFileSync(join(installed, licence), "utf8"), readFileSync(join(ROOT, licence), "utf8"));
  }
  assert.equal(
    readFileSync(join(installed, "README.md"), "utf8"),
    readFileSync(join(from, "README.md"), "utf8"),
  );
  const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  assert.equal(manifest.license, "MIT OR Apache-2.0");
  const { main, module, types, exports, bin } = manifest;
  const files = leaves([main, module, types, exports, bin]);
  assert.ok(files.length > 4, files.join());
  for (const file of files) {
    assert.ok(existsSync(join(installed, file)), `${name}: ${file}`);
  }
}

function leaves(value: unknown): string[] {
  return typeof value === "string" ? [value] : Object.values(value ?? {}).flatMap(leaves);
}

const NEW_MEET = `
  const replica = await openReplica({ core, store: memoryStore(), tabs: false });
  await replica.newMeet("2026-11-28");
  await replica.edit({ "meet.name": "Packed" });
  console.log(replica.state().meet.name);
  await replica.close();
`;

test("spotter-client, installed by itself in an empty folder, opens a meet by every way to import it", () => {
  const root = project(packed.get(CLIENT) as string);
  checkFiles(root, "spotter-client", CLIENT);
  assert.deepEqual(
    readdirSync(join(root, "node_modules")).filter((name) => !name.startsWith(".")),
    ["spotter-client"],
  );
  const modules = `
    import { readFileSync } from "node:fs";
    import { fileURLToPath } from "node:url";
    import { loadCoreSync, memoryStore, openReplica } from "spotter-client";
    const core = loadCoreSync(readFileSync(fileURLToPath(import.meta.resolve("spotter-client/core.wasm"))));`;
  assert.equal(says(root, "module.mjs", modules + NEW_MEET), "Packed");
  const inline = `
    import { memoryStore, openReplica } from "spotter-client";
    import { loadInlineCore } from "spotter-client/inline";
    const core = await loadInlineCore();`;
  assert.equal(says(root, "inline.mjs", inline + NEW_MEET), "Packed");
  const required = `
    const { readFileSync } = require("node:fs");
    const { loadCoreSync, memoryStore, openReplica } = require("spotter-client");
    const core = loadCoreSync(readFileSync(require.resolve("spotter-client/core.wasm")));`;
  assert.equal(says(root, "required.cjs", `${required}(async () => {${NEW_MEET}})();`), "Packed");
  checkTypes(
    root,
    `import { memoryStore, openReplica, type Replica } from "spotter-client";
    import { loadInlineCore } from "spotter-client/inline";
    export const replica: Promise<Replica> = openReplica({
      core: await loadInlineCore(),
      store: memoryStore(),
      tabs: false,
    });`,
  );
});

test("spotter-openlifter, installed beside its peers alone, is imported, required and run", () => {
  const react = ["react", "@types/react"].map((name) => join(ROOT, "node_modules", name));
  const root = project(...packed.values(), ...react);
  checkFiles(root, "spotter-openlifter", OPENLIFTER);
  const uses = `console.log(typeof LiveTab, typeof spotterMiddleware({ open: openInBrowser }))`;
  const words = "{ LiveTab, openInBrowser, spotterMiddleware }";
  assert.equal(
    says(root, "m.mjs", `import ${words} from "spotter-openlifter"; ${uses}`),
    "function function",
  );
  assert.equal(
    says(root, "r.cjs", `const ${words} = require("spotter-openlifter"); ${uses}`),
    "function function",
  );
  checkTypes(root, `import ${words} from "spotter-openlifter"; ${uses}; LiveTab;`);
  assert.match(run(root, join(root, "node_modules/.bin/spotter-openlifter"), ["--help"]), /usage/);
});
