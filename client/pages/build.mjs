// Builds the pages: every src/NAME/index.html becomes dist/NAME.html, its src/NAME/main.tsx (or main.ts) a hashed
// file under dist/assets, and what pages share is split into chunks of its own. No page has inline script or style.
//
// In index.html, {{script}}, {{style}} and {{icon}} stand for the addresses of what was built; all addresses are
// relative, so that the pages also work below a sub-path. src/common/page.css is every page's style sheet, unless
// there is a src/NAME/NAME.css.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
/** What is not worth compressing, or compressed already. */
const PLAIN = /\.(png|br|map)$/;

/** Builds the pages into `dist`, all or those named; `options` are added to esbuild's. */
export async function buildPages({ dist = join(HERE, "dist"), names = [], options = {} } = {}) {
  const pages = readdirSync(join(HERE, "src"))
    .filter((name) => existsSync(join(HERE, "src", name, "index.html")))
    .filter((name) => names.length === 0 || names.includes(name));
  rmSync(dist, { recursive: true, force: true });
  const entries = {};
  for (const page of pages) {
    entries[page] = first(page, "main.tsx", "main.ts");
    const style = join(HERE, "src", page, `${page}.css`);
    if (existsSync(style)) entries[`${page}.style`] = style;
  }
  entries["page.style"] = join(HERE, "src/common/page.css");
  const built = await build({
    absWorkingDir: HERE,
    entryPoints: entries,
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2020",
    jsx: "automatic",
    jsxImportSource: "preact",
    minify: true,
    sourcemap: false,
    legalComments: "none",
    outdir: join(dist, "assets"),
    entryNames: "[name]-[hash]",
    chunkNames: "chunk-[hash]",
    assetNames: "[name]-[hash]",
    loader: { ".svg": "file", ".wasm": "file" },
    metafile: true,
    logLevel: "warning",
    ...options,
  });
  const made = new Map();
  for (const [file, { entryPoint }] of Object.entries(built.metafile.outputs)) {
    if (entryPoint !== undefined) made.set(join(HERE, entryPoint), relative(dist, join(HERE, file)));
  }
  const icon = copyHashed(join(HERE, "src/common/icon.svg"), dist);
  for (const page of pages) {
    const style = join(HERE, "src", page, `${page}.css`);
    const addresses = {
      script: made.get(entries[page]),
      style: made.get(existsSync(style) ? style : entries["page.style"]),
      icon,
    };
    const html = readFileSync(join(HERE, "src", page, "index.html"), "utf8");
    writeFileSync(
      join(dist, `${page}.html`),
      html.replace(/\{\{(\w+)\}\}/g, (_, word) => {
        if (addresses[word] === undefined)
          throw new Error(`${page}/index.html asks for an unknown {{${word}}}`);
        return `./${addresses[word]}`;
      }),
    );
  }
  await buildWorker(dist);
  compress(dist);
  return summary(dist);
}

/** The service worker, which knows the names of everything built and keeps it for reloads without a relay. */
async function buildWorker(dist) {
  const files = listed(dist).map((file) => relative(dist, file));
  const version = createHash("sha256");
  for (const file of files) version.update(file).update(readFileSync(join(dist, file)));
  await build({
    absWorkingDir: HERE,
    entryPoints: [join(HERE, "src/common/worker.ts")],
    bundle: true,
    format: "iife",
    target: "es2020",
    minify: true,
    outfile: join(dist, "worker.js"),
    define: { KEPT: JSON.stringify(files), VERSION: JSON.stringify(version.digest("hex").slice(0, 16)) },
    logLevel: "warning",
  });
}

function first(page, ...names) {
  const found = names.map((name) => join(HERE, "src", page, name)).find((file) => existsSync(file));
  if (found === undefined) throw new Error(`src/${page} has neither ${names.join(" nor ")}`);
  return found;
}

function copyHashed(file, dist) {
  const bytes = readFileSync(file);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 8);
  const name = basename(file).replace(/(\.\w+)$/, `-${hash}$1`);
  mkdirSync(join(dist, "assets"), { recursive: true });
  writeFileSync(join(dist, "assets", name), bytes);
  return `assets/${name}`;
}

function compress(dist) {
  for (const file of listed(dist)) {
    if (PLAIN.test(file)) continue;
    const bytes = readFileSync(file);
    const packed = brotliCompressSync(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    });
    if (packed.length < bytes.length) writeFileSync(`${file}.br`, packed);
  }
}

function listed(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? listed(path) : [path];
    })
    .sort();
}

function summary(dist) {
  return listed(dist)
    .filter((file) => !file.endsWith(".br"))
    .map((file) => {
      const plain = readFileSync(file).length;
      const packed = existsSync(`${file}.br`) ? readFileSync(`${file}.br`).length : plain;
      return { file: relative(dist, file), plain, packed };
    });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { file, plain, packed } of await buildPages({ names: process.argv.slice(2) })) {
    console.log(`${file}  ${plain} bytes, ${packed} compressed`);
  }
}
