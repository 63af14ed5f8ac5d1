/** Help with typing the voting credential. */

import { BASE58, grouped, GROUPS, LENGTH } from "../ballots/credentials.js";
import { bare, dashed } from "../ui/typed.js";

export type Problem =
  | { readonly kind: "empty" }
  | { readonly kind: "several" }
  | { readonly kind: "character"; readonly character: string; readonly instead: string }
  | { readonly kind: "length"; readonly length: number };

// Characters that look like others do not occur in credentials: what may be meant instead.
const LOOKALIKES: { readonly [character: string]: string } = { "0": "o", O: "o", I: "1, i", l: "1, L" };

const groups = (between: string): RegExp =>
  new RegExp(`(?<![A-Za-z0-9])${GROUPS.map((count) => `([${BASE58}]{${count}})`).join(between)}(?![A-Za-z0-9])`, "gu");

// with a dash between (also where a mail broke the line), or none at all; then with spaces or dots
const SHAPES = [groups("(?:[\\s>]*-[\\s>]*)?"), groups("[\\s._\\-]+")];

/** The credentials that stand in a text, whatever is around them. */
function within(text: string): readonly string[] {
  for (const shape of SHAPES) {
    const found = new Set([...text.matchAll(shape)].map((match) => match.slice(1).join("")));
    if (found.size > 0) return [...found];
  }
  return [];
}

/** Only what a credential can be made of: no quotes around it, no dashes or spaces inside. */
const tidy = (text: string): string => bare(text).replace(/[\s\-_.]/gu, "");

/** The one credential in what was typed, in its one form; or what is wrong. */
export function read(typed: string): { readonly secret: string } | { readonly problem: Problem } {
  const text = dashed(typed);
  const found = within(text);
  if (found.length > 1) return { problem: { kind: "several" } };
  const letters = found[0] ?? tidy(text);
  if (letters === "") return { problem: { kind: "empty" } };
  const odd = [...letters].find((character) => !BASE58.includes(character));
  if (odd !== undefined) return { problem: { kind: "character", character: odd, instead: LOOKALIKES[odd] ?? "" } };
  if (letters.length !== LENGTH) return { problem: { kind: "length", length: letters.length } };
  return { secret: grouped(letters) };
}

/** What to show while typing: groups appear by themselves. */
export const arrange = (typed: string): string => {
  const text = dashed(typed);
  const found = within(text);
  const letters = found[0] ?? tidy(text);
  return found.length < 2 && letters.length <= LENGTH ? grouped(letters).replace(/-+$/, "") : typed;
};
