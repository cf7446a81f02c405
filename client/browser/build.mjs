// Makes the package in dist/: modules, types, the core as a file, and the core as a module for bundlers that know no wasm.
// Called by `cargo xtask web`, which compiles the core first. Fails if the core is larger than its budget.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

/** A bare Automerge core, compressed, when it was measured, and what may come on top of it at most. */
const AUTOMERGE_KB = 376;
const ABOVE_KB = 150;
/** A bare Automerge core by the very build that makes ours (version 0.12.0): new, load, save, changes in and out, put, read. */
const AUTOMERGE_BY_THIS_BUILD_KB = 256;

const here = dirname(fileURLToPath(import.meta.url));
const wasm = process.argv[2] ?? join(here, "../../target/wasm/spotter.wasm");
const dist = join(here, "dist");

const bytes = readFileSync(wasm);
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
copyFileSync(wasm, join(dist, "spotter.wasm"));
writeFileSync(join(dist, "spotter.wasm.js"), `export const base64 = "${bytes.toString("base64")}";\n`);
copyFileSync(join(here, "src/spotter.wasm.d.ts"), join(dist, "spotter.wasm.d.ts"));
await build({
  absWorkingDir: here,
  entryPoints: ["src/index.ts", "src/inline.ts"],
  outdir: "dist",
  bundle: true,
  format: "esm",
  target: "es2020",
  external: ["./spotter.wasm.js"],
  sourcemap: true,
  logLevel: "warning",
});
// For test runners that know CommonJS only; there the core's bytes are handed over.
await build({
  absWorkingDir: here,
  entryPoints: ["src/index.ts"],
  outfile: "dist/index.cjs",
  bundle: true,
  format: "cjs",
  target: "es2020",
  define: { "import.meta.url": "undefined" },
  logLevel: "warning",
});
const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
execFileSync(
  process.execPath,
  [tsc, "-p", ".", "--noEmit", "false", "--declaration", "--emitDeclarationOnly"],
  {
    cwd: here,
    stdio: "inherit",
  },
);

const brotli = brotliCompressSync(bytes, {
  params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
}).length;
const kb = (size) => `${(size / 1000).toFixed(1)} KB`;
const script = gzipSync(readFileSync(join(dist, "index.js"))).length;
const most = (AUTOMERGE_KB + ABOVE_KB) * 1000;
console.log(
  `spotter.wasm ${kb(bytes.length)}, ${kb(gzipSync(bytes).length)} by gzip, ${kb(brotli)} by brotli; ` +
    `index.js ${kb(script)} by gzip`,
);
console.log(
  `it may have ${kb(most)}, a bare Automerge core of ${AUTOMERGE_KB} KB and ${ABOVE_KB} KB more; ` +
    `above one by this very build it has ${kb(brotli - AUTOMERGE_BY_THIS_BUILD_KB * 1000)}`,
);
if (brotli > most) {
  console.error(`the core is ${kb(brotli - most)} larger than it may be`);
  process.exit(1);
}
