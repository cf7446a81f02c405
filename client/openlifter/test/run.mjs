// Bundles each test with esbuild and runs node's test runner on them. Arguments choose tests by a part of their name.
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../../..");
const out = join(here, "dist");
const chosen = process.argv.slice(2);
const names = readdirSync(here).filter(
  (name) => name.endsWith(".test.ts") && (chosen.length === 0 || chosen.some((part) => name.includes(part))),
);
rmSync(out, { recursive: true, force: true });
await build({
  entryPoints: names.map((name) => join(here, name)),
  outdir: out,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  splitting: false,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  sourcemap: true,
  logLevel: "warning",
});
const files = names.map((name) => join(out, name.replace(".ts", ".mjs")));
const run = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files], {
  stdio: "inherit",
  env: { ...process.env, SPOTTER_ROOT: root },
});
process.exit(run.status ?? 1);
