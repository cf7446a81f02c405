// Bundles tests/*.test.ts and runs them with node --test.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** A page loads the core by its address; a test hands over its bytes. */
const noCore = {
  name: "no-core",
  setup(build) {
    build.onResolve({ filter: /\.wasm$/ }, ({ path }) => ({ path, namespace: "no-core" }));
    build.onLoad({ filter: /./, namespace: "no-core" }, () => ({ contents: 'export default "";' }));
  },
};

const here = dirname(fileURLToPath(import.meta.url));
const out = mkdtempSync(join(here, ".tests-"));
try {
  await build({
    absWorkingDir: here,
    entryPoints: readdirSync(join(here, "tests"))
      .filter((name) => name.endsWith(".test.ts"))
      .map((name) => join(here, "tests", name)),
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    jsx: "automatic",
    jsxImportSource: "preact",
    outdir: out,
    outExtension: { ".js": ".mjs" },
    packages: "external",
    plugins: [noCore],
    logLevel: "warning",
  });
  const files = readdirSync(out).map((name) => join(out, name));
  process.exitCode = spawnSync(process.execPath, ["--test", ...files], { stdio: "inherit" }).status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
