/** Voting credentials (specification, "Credentials"); twin of ballots/credentials.py. */

import { BallotError, sha256Hex } from "./encoding.js";
import type { Element, Group, Scalar } from "./group.js";

export const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
export const GROUPS = [5, 6, 5, 6];
export const LENGTH = 22;

/** `XXXXX-XXXXXX-XXXXX-XXXXXX` from 22 characters. */
export function grouped(characters: string): string {
  let start = 0;
  return GROUPS.map((size) => characters.slice(start, (start += size))).join("-");
}

/** Uniform Base58 characters: bytes that would favour some of them are drawn again. */
export function randomBase58(length: number): string {
  let text = "";
  while (text.length < length) {
    const [byte] = crypto.getRandomValues(new Uint8Array(1));
    if (byte < 4 * BASE58.length) text += BASE58[byte % BASE58.length];
  }
  return text;
}

/** A new secret credential: 22 characters, 128 bits. */
export const generate = (): string => grouped(randomBase58(LENGTH));

/** Refuses what is not in the canonical form; says what to look at. */
export function check(secret: string): void {
  const plain = secret.replaceAll("-", "");
  const unknown = [...plain].find((character) => !BASE58.includes(character));
  if (unknown !== undefined) throw new BallotError("credential", `has the character "${unknown}", which is never used`);
  if (plain.length !== LENGTH) throw new BallotError("credential", `has ${plain.length} characters, not ${LENGTH}`);
  if (secret !== grouped(plain)) throw new BallotError("credential", "must be written XXXXX-XXXXXX-XXXXX-XXXXXX");
}

/** The secret exponent and its public key, for this election only. */
export function derive(group: Group, uuid: string, secret: string): { exponent: Scalar; key: Element } {
  check(secret);
  const halves = [0, 1].map((index) => sha256Hex(`derive_credential|${uuid}|${index}|${secret}`));
  const exponent = group.scalar(BigInt(`0x${halves.join("")}`));
  return { exponent, key: group.baseMul(exponent) };
}

export const publicCredential = (group: Group, uuid: string, secret: string): string =>
  derive(group, uuid, secret).key.text;

/** In the order in which public credentials are published. */
export function sortPublic(group: Group, credentials: readonly string[]): string[] {
  const elements = credentials.map((text, index) => group.parseElement(text, `credentials[${index}]`));
  return elements.sort((left, right) => group.compare(left, right)).map(({ text }) => text);
}
