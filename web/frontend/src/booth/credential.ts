/** Help with typing the voting credential. */

import { BASE58, grouped, LENGTH } from "../ballots/credentials.js";

export type Problem =
  | { readonly kind: "empty" }
  | { readonly kind: "character"; readonly character: string; readonly instead: string }
  | { readonly kind: "length"; readonly length: number };

// Characters that look like others do not occur in credentials: what may be meant instead.
const LOOKALIKES: { readonly [character: string]: string } = { "0": "o", O: "o", I: "1, i", l: "1, L" };

/** Full-width letters, dashes of all kinds and spaces come from phones and from copied text. */
export const tidy = (typed: string): string =>
  typed.normalize("NFKC").replace(/[\s\u00ad\u200b-\u200f\u2060\ufeff]/gu, "").replace(/[-\u2010-\u2015\u2212\u30fc_.]/gu, "");

/** The credential in its one form, or what is wrong with it. */
export function read(typed: string): { readonly secret: string } | { readonly problem: Problem } {
  const plain = tidy(typed);
  if (plain === "") return { problem: { kind: "empty" } };
  const odd = [...plain].find((character) => !BASE58.includes(character));
  if (odd !== undefined) return { problem: { kind: "character", character: odd, instead: LOOKALIKES[odd] ?? "" } };
  if (plain.length !== LENGTH) return { problem: { kind: "length", length: plain.length } };
  return { secret: grouped(plain) };
}

/** What to show while typing: groups appear by themselves. */
export const arrange = (typed: string): string => {
  const plain = tidy(typed);
  return plain.length <= LENGTH ? grouped(plain).replace(/-+$/, "") : typed;
};
