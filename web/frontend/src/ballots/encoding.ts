/** Canonical JSON, strict parsing and hashes (specification, "Conventions"); twin of ballots/encoding.py. */

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

export { bytesToHex, concatBytes, hexToBytes, utf8ToBytes };

/** Why some bytes are not what the protocol asks for, and where. Nothing else is thrown by this package. */
export class BallotError extends Error {
  constructor(
    readonly place: string,
    readonly reason: string,
    readonly check: string | null = null,
  ) {
    super(place === "" ? reason : `${place}: ${reason}`);
    this.name = "BallotError";
  }
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** The one canonical form: compact, fields in the order of the specification, UTF-8; DEL is escaped too. */
export const dumps = (value: Json): string => JSON.stringify(value).replaceAll("\x7f", "\\u007f");

/** Parse, and refuse whatever would not come back byte for byte: spaces, duplicate keys, other number forms. */
export function loadsStrict(raw: Uint8Array | string, place: string): Json {
  try {
    const text = typeof raw === "string" ? raw : new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
    const value = JSON.parse(text) as Json;
    checkValues(value, place, 0);
    if (dumps(value) === text) return value;
  } catch (error) {
    if (error instanceof BallotError) throw error;
    throw new BallotError(place, "is not JSON in UTF-8"); // TypeError of the decoder, SyntaxError of the parser
  }
  throw new BallotError(place, "is not in the canonical form");
}

const MAX_NESTING = 16;

/** Integers only, as exact as everywhere; whole characters; no deeper than the specification goes. */
function checkValues(value: Json, place: string, depth: number): void {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new BallotError(place, "has a number that is too large or not an integer");
  }
  if (typeof value === "string" && /\p{Cs}/u.test(value)) {
    throw new BallotError(place, "has half a character"); // a lone surrogate, which is not text
  }
  if (typeof value !== "object" || value === null) return;
  if (depth >= MAX_NESTING) throw new BallotError(place, `is nested deeper than ${MAX_NESTING} levels`);
  for (const item of Object.values(value)) checkValues(item as Json, place, depth + 1);
}

/** An object with exactly these fields, in this order; names ending in "?" may be absent. */
export function fields(value: Json | undefined, place: string, names: readonly string[]): JsonObject {
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new BallotError(place, "must be an object");
  }
  const found = Object.keys(value);
  let next = 0;
  for (const name of names) {
    const optional = name.endsWith("?");
    const plain = optional ? name.slice(0, -1) : name;
    if (found[next] === plain) next += 1;
    else if (!optional) throw new BallotError(place, `field ${plain} is missing or out of order`);
  }
  if (next !== found.length) throw new BallotError(place, `field ${found[next]} is unknown or out of order`);
  return value as JsonObject;
}

export function array(value: Json | undefined, place: string, length?: number): readonly Json[] {
  if (!Array.isArray(value)) throw new BallotError(place, "must be a list");
  if (length !== undefined && value.length !== length) {
    throw new BallotError(place, `must have ${length} items, not ${value.length}`);
  }
  return value as readonly Json[];
}

/** Apply `parse` to each item with its own place, such as `choices[3]`. */
export function each<T>(
  value: Json | undefined,
  place: string,
  parse: (item: Json, place: string, index: number) => T,
  length?: number,
): T[] {
  return array(value, place, length).map((item, index) => parse(item, `${place}[${index}]`, index));
}

export function string(value: Json | undefined, place: string): string {
  if (typeof value !== "string") throw new BallotError(place, "must be a string");
  return value;
}

/** A small integer: JSON number, non-negative. */
export function int(value: Json | undefined, place: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw new BallotError(place, "must be a non-negative integer");
  }
  return value;
}

const LARGEST_JSON_INT = 1073741823n;

/** Weights and counts: a JSON number up to 2^30 - 1, above that a string in base 10. */
export const dumpCount = (value: bigint): Json => (value > LARGEST_JSON_INT ? value.toString() : Number(value));

export function parseCount(value: Json | undefined, place: string): bigint {
  if (typeof value === "string") {
    const count = decimal(value, place);
    if (count > LARGEST_JSON_INT) return count;
  } else if (typeof value === "number" && BigInt(int(value, place)) <= LARGEST_JSON_INT) {
    return BigInt(value);
  }
  throw new BallotError(place, "is not a count in canonical form");
}

// Longest decimal of this protocol: 617 digits (an element of a 2048-bit field); weights have far fewer.
const MAX_DIGITS = 617;

/** A big integer in base 10, without sign or leading zero. */
export function decimal(text: string, place: string): bigint {
  if (text.length > MAX_DIGITS || !/^(0|[1-9][0-9]*)$/.test(text)) {
    throw new BallotError(place, "must be a number in base 10 without leading zeros");
  }
  return BigInt(text);
}

export const bytesOf = (data: Uint8Array | string): Uint8Array => (typeof data === "string" ? utf8ToBytes(data) : data);

export const sha256Bytes = (data: Uint8Array | string): Uint8Array => sha256(bytesOf(data));

export const sha256Hex = (data: Uint8Array | string): string => bytesToHex(sha256Bytes(data));

/** The hash as a 256-bit big-endian number. */
export const sha256Int = (data: string): bigint => BigInt(`0x${sha256Hex(data)}`);

export function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** Base64 without padding: fingerprints, trackers, hashes in signatures. */
export const compactBase64 = (bytes: Uint8Array): string => base64(bytes).replace(/=+$/, "");

/** SHA-256 in base64 without padding, as in election_hash and trackers. */
export const sha256Base64 = (data: Uint8Array | string): string => compactBase64(sha256Bytes(data));

/** Strict base64 with padding (RFC 4648, section 4). */
export function base64Bytes(text: string, place: string): Uint8Array {
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    if (base64(bytes) === text) return bytes;
  } catch {
    // atob refuses other characters; the same message below serves both cases.
  }
  throw new BallotError(place, "is not base64");
}

/** Compare without a timing that depends on the place of the first difference. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  return left.reduce((difference, byte, index) => difference | (byte ^ right[index]), 0) === 0;
}
