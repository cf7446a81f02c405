#!/usr/bin/env node
// Applies GUIDE.md to a checkout of OpenLifter. Either every edit is made or none.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { COPIES, EDITS, NEW_FILES } from "./edits.mjs";

const USAGE = `usage: spotter-openlifter apply CHECKOUT [options]

Makes the changes of GUIDE.md in a checkout of OpenLifter. Made once more, it changes nothing.

  --packages FOLDER   take both packages from the .tgz files in FOLDER, not from the registry
  --install           install the checkout's dependencies
  --test              run the checkout's own tests
  --build             build the checkout
  --help              say this
`;

const options = {
  install: flag(),
  test: flag(),
  build: flag(),
  packages: { type: "string" },
  help: flag(),
};

function flag() {
  return { type: "boolean", default: false };
}

function fail(words) {
  process.stderr.write(`spotter-openlifter: ${words}\n`);
  process.exit(1);
}

/** The files of a checkout, as they will be. */
class Checkout {
  constructor(root) {
    this.root = root;
    this.files = new Map();
    this.before = new Map();
  }

  read(file) {
    if (!this.files.has(file)) {
      const path = join(this.root, file);
      const text = existsSync(path) ? readFileSync(path, "utf8") : null;
      this.files.set(file, text);
      this.before.set(file, text);
    }
    return this.files.get(file);
  }

  edit({ file, anchor, place, text }) {
    const old = this.read(file);
    if (old === null) {
      fail(`${file}: no such file`);
    }
    const next = { before: text + anchor, after: anchor + text, instead: text }[place];
    if (old.includes(next)) {
      return;
    }
    const found = old.split(anchor).length - 1;
    if (found !== 1) {
      fail(`${file}: expected once, found ${found} times: ${anchor.trim()}`);
    }
    this.files.set(
      file,
      old.replace(anchor, () => next),
    );
  }

  make(file, text) {
    const old = this.read(file);
    if (old !== null && old !== text) {
      fail(`${file}: there is another file of this name`);
    }
    this.files.set(file, text);
  }

  write() {
    const changed = [...this.files].filter(([file, text]) => text !== this.before.get(file));
    for (const [file, text] of changed) {
      const path = join(this.root, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    return changed.map(([file]) => file);
  }
}

function dependencies(checkout, folder) {
  const own = JSON.parse(
    readFileSync(join(dirname(fileURLToPath(import.meta.url)), "../package.json"), "utf8"),
  );
  const manifest = JSON.parse(checkout.read("package.json") ?? fail("package.json: no such file"));
  for (const name of ["spotter-client", "spotter-openlifter"]) {
    manifest.dependencies[name] = folder === undefined ? own.version : tarball(folder, name);
  }
  checkout.files.set("package.json", `${JSON.stringify(manifest, null, 2)}\n`);
}

function tarball(folder, name) {
  const files = readdirSync(folder).filter((file) => file.startsWith(`${name}-`) && file.endsWith(".tgz"));
  if (files.length !== 1) {
    fail(`${folder}: expected one ${name}-*.tgz, found ${files.length}`);
  }
  return `file:${resolve(folder, files[0])}`;
}

function run(root, command, args) {
  process.stdout.write(`${command} ${args.join(" ")}\n`);
  const env = { ...process.env, CI: "true" };
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit", env });
  if (status !== 0) {
    fail(`${command} ${args.join(" ")}: failed`);
  }
}

function asked() {
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    process.stderr.write(`spotter-openlifter: ${error.message}\n${USAGE}`);
    process.exit(2);
  }
}

function main() {
  const { values, positionals } = asked();
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const [command, path] = positionals;
  if (command !== "apply" || path === undefined || positionals.length > 2) {
    process.stderr.write(USAGE);
    process.exit(2);
  }
  const root = resolve(path);
  const checkout = new Checkout(root);
  dependencies(checkout, values.packages);
  for (const { file, text } of NEW_FILES) {
    checkout.make(file, text);
  }
  for (const { from, to, replace, by } of COPIES) {
    const text = checkout.read(from) ?? fail(`${from}: no such file`);
    if (!text.includes(replace)) {
      fail(`${from}: not found: ${replace}`);
    }
    checkout.make(to, text.replace(replace, by));
  }
  for (const edit of EDITS) {
    checkout.edit(edit);
  }
  const changed = checkout.write();
  process.stdout.write(changed.map((file) => `changed ${file}\n`).join("") || "nothing to change\n");
  const yarn = existsSync(join(root, "yarn.lock"));
  if (values.install) {
    run(root, ...(yarn ? ["npx", ["--yes", "yarn@1", "install"]] : ["npm", ["install"]]));
  }
  if (values.test) {
    run(root, "npx", ["react-scripts", "test"]);
  }
  if (values.build) {
    run(root, "npm", ["run", "build"]);
  }
}

main();
