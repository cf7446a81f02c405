// Writes the package: one module for bundlers, one for programs that know `require` alone, and the types.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = join(dirname(fileURLToPath(import.meta.url)), "..");
rmSync(join(here, "dist"), { recursive: true, force: true });
for (const [format, ending] of [
  ["esm", "js"],
  ["cjs", "cjs"],
]) {
  await build({
    entryPoints: [join(here, "src/index.ts")],
    outfile: join(here, `dist/index.${ending}`),
    bundle: true,
    format,
    platform: "neutral",
    target: "es2020",
    packages: "external",
    logLevel: "warning",
  });
}
const types = spawnSync("npx", ["tsc", "-p", "tsconfig.types.json"], { cwd: here, stdio: "inherit" });
process.exit(types.status ?? 1);
