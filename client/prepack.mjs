// Before npm packs one of these packages: puts the repository's licences beside it, and makes sure that every file its
// package.json names has been built. npm leaves out what is missing without a word.
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const manifest = JSON.parse(readFileSync("package.json", "utf8"));
for (const name of manifest.files.filter((name) => name.startsWith("LICENSE"))) {
  copyFileSync(join(root, name), name);
}
const missing = [...new Set(named(manifest))].filter((file) => !existsSync(file));
if (missing.length > 0) {
  console.error(`${manifest.name}: ${missing.join(", ")}: not there; \`cargo xtask web\` builds it`);
  process.exit(1);
}

/** Every file that a package.json names, whatever it is for. */
function named({ main, module, types, exports, bin, files }) {
  const leaves = (value) =>
    typeof value === "string" ? [value] : Object.values(value ?? {}).flatMap(leaves);
  return [
    ...leaves([main, module, types]),
    ...leaves(exports),
    ...leaves(bin),
    ...files.filter((file) => !file.includes("*")),
  ];
}
