// Where the shared vectors are, and what every test imports; the same in Node and in a browser.

export * as mandate from "./build/mandate.js";

const FILES = [
  "belenios/unit.json",
  "belenios/valid/demo-Ed25519.bel",
  "belenios/valid/demo-threshold-Ed25519.bel",
  "belenios/valid/demo-l-Ed25519.bel",
  "belenios/valid/demo-nh-Ed25519.bel",
  "twins/ballots.json",
  "transport/receipts.json",
];

async function load(path) {
  const url = new URL(`../../../tests/vectors/${path}`, import.meta.url);
  if (url.protocol === "file:") return (await import("node:fs/promises")).readFile(url);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} is missing`);
  return response.arrayBuffer();
}

const contents = new Map(await Promise.all(FILES.map(async (path) => [path, new Uint8Array(await load(path))])));

export const bytes = (path) => contents.get(path).slice();
export const json = (path) => JSON.parse(new TextDecoder().decode(bytes(path)));
export const utf8 = (text) => new TextEncoder().encode(text);
export const text = (raw) => new TextDecoder().decode(raw);

/** The error of the right kind whose message fits. */
export const refused =
  (pattern, name = "BallotError") =>
  (error) => {
    if (error.name !== name) throw error;
    if (!pattern.test(error.message)) throw new Error(`refused for another reason: ${error.message}`);
    return true;
  };
