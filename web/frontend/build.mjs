// Builds web/static/bundle (pages) and, with --test, test/build (what the tests import).
import { build } from "esbuild";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const source = (path) => join(here, "src", path);
const common = {
  bundle: true,
  format: "esm",
  target: ["es2022", "chrome108", "firefox115", "safari16.4"],
  legalComments: "eof", // the licences of what is bundled come along
  logLevel: "warning",
};

async function pages() {
  const out = join(here, "../static/bundle");
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const entries = [
    "booth/main",
    "booth/worker",
    "booth/check",
    "booth/open",
    "trustees/main",
    "trustees/worker",
    "trustees/shuffleworker",
    "trustees/logworker",
    "registrar/credentials",
    "account/passkeys",
    "ui/zone",
  ];
  await build({
    ...common,
    entryPoints: Object.fromEntries(entries.map((name) => [name.replace("/", "-"), source(`${name}.ts`)])),
    outdir: out,
    minify: true,
  });
  // one classic script: it is put into a page that must work from a disk, where modules do not load
  await build({
    ...common,
    format: "iife",
    entryPoints: { "checker-main": source("checker/main.ts") },
    outdir: out,
    minify: true,
  });
  writeFileSync(join(out, ".built"), "by hand"); // build.py writes what it was built from
}

async function tests() {
  const out = join(here, "test/build");
  rmSync(out, { recursive: true, force: true });
  await build({ ...common, entryPoints: { mandate: source("index.ts") }, outdir: out });
}

await (process.argv.includes("--test") ? tests() : pages());
