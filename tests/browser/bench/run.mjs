// Runs the measurements in browsers: `node run.mjs [--long]`. Prints a JSON object on each line: a figure, or words.
//
// `cargo xtask bench --only browser` builds what is measured, calls this, and puts the figures into its tables.

import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
/** As deep below the root as the folders of the tests, whose modules find their files from there. */
const OUT = join(HERE, "../../../target/browser-bench/dist");

if (![join(HERE, "../../../node_modules"), join(HERE, "../../../client/browser/dist")].every(existsSync)) {
  console.log(JSON.stringify({ missing: "what runs in browsers is not built; `cargo xtask web` builds it" }));
  process.exit(0);
}
const { build } = await import("esbuild");
const shared = { absWorkingDir: HERE, bundle: true, logLevel: "warning" };
try {
  await build({
    ...shared,
    entryPoints: ["page.ts"],
    format: "iife",
    target: "es2022",
    outfile: join(OUT, "page.js"),
    define: { "import.meta.url": "document.baseURI" },
  });
  await build({
    ...shared,
    entryPoints: ["main.ts"],
    platform: "node",
    format: "esm",
    target: "node20",
    outfile: join(OUT, "main.mjs"),
    packages: "external",
  });
  const run = spawnSync(process.execPath, [join(OUT, "main.mjs"), ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  process.exitCode = run.status ?? 1;
} finally {
  rmSync(OUT, { recursive: true, force: true });
}
