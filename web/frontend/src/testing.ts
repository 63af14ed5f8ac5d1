/** Arithmetic that the protocol never does, for tests that need elements outside the group. */

import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToHex, hexToBytes } from "./ballots/encoding.js";

export { sha512 } from "@noble/hashes/sha2.js";
export { ed25519 };

/** The text of left + right, whatever their order. */
export function addAnyPoints(left: string, right: string): string {
  const [a, b] = [left, right].map((text) => ed25519.Point.fromBytes(hexToBytes(text).reverse(), true));
  return bytesToHex(a.add(b).toBytes().reverse());
}
