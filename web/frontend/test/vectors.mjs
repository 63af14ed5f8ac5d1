// Where the shared vectors are, and what every test imports.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export * as mandate from "./build/mandate.js";

const folder = new URL("../../../tests/vectors/", import.meta.url);
export const bytes = (path) => new Uint8Array(readFileSync(fileURLToPath(new URL(path, folder))));
export const json = (path) => JSON.parse(new TextDecoder().decode(bytes(path)));
export const utf8 = (text) => new TextEncoder().encode(text);
export const text = (raw) => new TextDecoder().decode(raw);

/** The error of the right kind whose message fits. */
export const refused = (pattern, name = "BallotError") => (error) => {
  if (error.name !== name) throw error;
  if (!pattern.test(error.message)) throw new Error(`refused for another reason: ${error.message}`);
  return true;
};
