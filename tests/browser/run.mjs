// Runs the browser tests: `node run.mjs [NAME …] [--screenshots]`. A NAME is that of a file src/NAME.test.ts.
//
// The programs must be built and the pages inside them: `cargo xtask test --only browsers` sees to that.

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const OUT = join(HERE, "dist");
const FAILURES = join(HERE, "../../target/browsers");

const given = process.argv.slice(2);
const screenshots = given.includes("--screenshots");
const all = readdirSync(join(HERE, "src"))
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => file.replace(/\.test\.ts$/, ""));
const names = given.filter((argument) => argument !== "--screenshots");
const unknown = names.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`there is no test named ${unknown.join(", ")}; there are ${all.join(", ")}`);
  process.exit(2);
}

rmSync(OUT, { recursive: true, force: true });
rmSync(FAILURES, { recursive: true, force: true });
mkdirSync(FAILURES, { recursive: true });
try {
  const chosen = names.length === 0 ? all : names;
  await build({
    absWorkingDir: HERE,
    entryPoints: chosen.map((name) => join("src", `${name}.test.ts`)),
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    outdir: OUT,
    outExtension: { ".js": ".mjs" },
    packages: "external",
    logLevel: "warning",
  });
  const { status } = spawnSync(
    process.execPath,
    [
      "--test",
      "--test-concurrency=1",
      "--test-reporter=spec",
      "--test-reporter-destination=stdout",
      `--test-reporter=${join(HERE, "failures.mjs")}`,
      `--test-reporter-destination=${join(FAILURES, "failures.txt")}`,
      ...chosen.map((name) => join(OUT, `${name}.test.mjs`)),
    ],
    { stdio: "inherit", env: { ...process.env, ...(screenshots ? { SPOTTER_SCREENSHOTS: "1" } : {}) } },
  );
  process.exitCode = status ?? 1;
} finally {
  rmSync(OUT, { recursive: true, force: true });
}
