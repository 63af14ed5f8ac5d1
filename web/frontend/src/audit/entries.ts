/** What the log says, one entry at a time (RFC 8785); twin of audit/entries.py, which also writes them. */

import type { Json, JsonObject } from "../ballots/encoding.js";
import { LogError } from "./merkle.js";

export interface Entry {
  readonly type: string;
  readonly subject: string;
  readonly data: JsonObject;
}

const FIELDS = ["actor", "actor_role", "data", "id", "subject", "time", "type", "v"];
const TEXTS = ["actor", "actor_role", "id", "subject", "time", "type"];

/** Canonical JSON of what has neither floats nor large integers: keys in the order of UTF-16. */
function canonical(value: Json): string {
  if (typeof value === "number" && !Number.isSafeInteger(value))
    throw new LogError("an entry has a number that is no integer");
  if (typeof value === "string" && /\p{Cs}/u.test(value)) throw new LogError("an entry has half a character");
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const object = value as JsonObject;
  const fields = Object.keys(object)
    .sort()
    .map((name) => `${canonical(name)}:${canonical(object[name])}`);
  return `{${fields.join(",")}}`;
}

/** The fields of an entry; refuses whatever is not in the one canonical form, so that nothing can hide in spelling. */
export function decode(raw: Uint8Array): Entry {
  let text: string;
  let entry: JsonObject;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
    entry = JSON.parse(text) as JsonObject;
  } catch {
    throw new LogError("not an entry: not JSON"); // TypeError of the decoder, SyntaxError of the parser
  }
  if (entry === null || typeof entry !== "object" || canonical(entry) !== text) {
    throw new LogError("not an entry: not canonical JSON (RFC 8785)");
  }
  const data = entry.data;
  const known = Object.keys(entry).join() === FIELDS.join() && entry.v === 1;
  const right = TEXTS.every((name) => typeof entry[name] === "string") && /^[0-9a-f]{32}$/.test(String(entry.id));
  if (!known || !right || data === null || typeof data !== "object" || Array.isArray(data)) {
    throw new LogError("not an entry of version 1");
  }
  return { type: entry.type as string, subject: entry.subject as string, data: data as JsonObject };
}
