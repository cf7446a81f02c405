/** A host of static files, as OpenLifter is deployed to, and the pages that it hands out here. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";
import { build } from "esbuild";
import { bundle } from "../../../client/openlifter/test/create-react-app/bundle.ts";

const PAGE = resolve(import.meta.dirname, "../src/openlifter-page.ts");
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".wasm": "application/wasm",
};
/** What the packages need of a page's policy, and no more. */
const POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "connect-src 'self' ws:",
  "img-src data:",
  "base-uri 'none'",
].join("; ");

/** Files by their paths below a folder of the host. */
export type Files = ReadonlyMap<string, string | Uint8Array>;

/** A host that hands out files below one folder, and nothing else. */
export class Site {
  readonly #server: Server;
  readonly #folder: string;

  private constructor(server: Server, folder: string) {
    this.#server = server;
    this.#folder = folder;
  }

  /** Hands out files; `folder` begins and ends with a slash. */
  static async of(files: Files, folder: string): Promise<Site> {
    const server = createServer((request, answer) => {
      const { pathname } = new URL(request.url ?? "/", "http://host");
      const path = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
      const file = path.startsWith(folder) ? files.get(path.slice(folder.length)) : undefined;
      if (file === undefined) {
        answer.writeHead(404).end();
        return;
      }
      const type = TYPES[extname(path)] ?? "application/octet-stream";
      answer.writeHead(200, { "content-type": type, "content-security-policy": POLICY }).end(file);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return new Site(server, folder);
  }

  /** As browsers send it. */
  get origin(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the site listens nowhere");
    return `http://127.0.0.1:${address.port}`;
  }

  /** Where the page is. */
  get address(): string {
    return `${this.origin}${this.#folder}`;
  }

  async end(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}

/** A page with nothing in it but a script. */
function htmlOf(script: string, kind: "module" | "text/javascript"): string {
  return (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>OpenLifter, stood in for</title>' +
    '<link rel="icon" href="data:,"></head>' +
    `<body><div id="root"></div><script type="${kind}" src="${script}" defer></script></body></html>`
  );
}

/** What webpack makes of a small app in the way of Create React App 5. */
export async function webpackFiles(): Promise<Files> {
  const folder = mkdtempSync(join(tmpdir(), "spotter-webpack-"));
  try {
    const [script] = await bundle(resolve(import.meta.dirname, "../../.."), folder);
    const files = new Map<string, string | Uint8Array>([
      ["index.html", htmlOf(`./${script}`, "text/javascript")],
    ]);
    for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      if (statSync(join(folder, path)).isFile()) files.set(path, readFileSync(join(folder, path)));
    }
    return files;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The stand-in for OpenLifter, with the packages as they are built. */
export async function openLifterFiles(): Promise<Files> {
  const out = resolve("/out");
  const { outputFiles } = await build({
    entryPoints: [PAGE],
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    outdir: out,
    write: false,
    minify: true,
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "warning",
  });
  const files = new Map<string, string | Uint8Array>([
    ["index.html", htmlOf("./openlifter-page.js", "module")],
  ]);
  for (const { path, contents } of outputFiles) files.set(path.slice(out.length + 1), contents);
  return files;
}
