/** What mail programs and editors do to a receipt, undone before its signature is checked; twin of audit/transport.py. */

import { LogError } from "./merkle.js";

const RECEIPT = "mandate-receipt";
const MAX_TEXT = 1 << 20; // characters of a mail around a receipt
const SIGNATURE = 92; // characters of base64: the id of a key and an Ed25519 signature, 68 bytes
const APART = 8; // words at most between the parts of a receipt that belong together
const QUOTE = /^(?:\s*[A-Za-z]{0,3}[>|\uff1e\u00bb])+/gm;
const TAG = /<\/?[A-Za-z][^<>]{0,2000}>/g;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const EVENT = /^[0-9a-f]{64}$/;
const NAMED: { readonly [name: string]: string } = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
  mdash: "\u2014",
  ndash: "\u2013",
  horbar: "\u2015",
  sol: "/",
  plus: "+",
  equals: "=",
  shy: "\u00ad",
  ensp: "\u2002",
  emsp: "\u2003",
  minus: "\u2212",
  hyphen: "\u2010",
};

/** Not whole, as it arrived; that says nothing about who signed it. */
export class DamagedError extends LogError {
  override name = "DamagedError";
}

/** The one receipt in a text, as it was signed. */
export function receiptIn(raw: string): string {
  const found = receiptsIn(raw);
  if (found.length === 0) throw new DamagedError("there is no whole receipt here: it was cut or changed on the way");
  if (found.length > 1)
    throw new DamagedError(`there are ${found.length} different receipts here: check each by itself`);
  return found[0];
}

/** The different receipts in a text with anything around them, each in its one spelling. */
export function receiptsIn(raw: string): string[] {
  if (raw.length > MAX_TEXT) throw new DamagedError("a receipt is a short text, this is a long one");
  for (const text of readings(raw)) {
    const found = new Set<string>();
    const words = wordsOf(text);
    words.forEach((word, place) => {
      if (!word.endsWith(RECEIPT) || words[place + 1] !== "v1") return;
      const receipt = receiptOf(words.slice(place + 2, place + 2 + 200));
      if (receipt !== null) found.add(receipt);
    });
    if (found.size > 0) return [...found];
  }
  return [];
}

/** As text, and as the source of a mail (quoted-printable, RFC 2045 section 6.7). */
function* readings(raw: string): Generator<string> {
  const text = raw.replaceAll("\u0000", ""); // UTF-16 of ASCII has zeros
  yield text;
  const joined = text.replace(/=[ \t]*\r?\n(?:> ?)*/g, "");
  yield joined.replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

function unescaped(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z]{2,8}));/g, (all, decimal, hex, name) => {
    if (name !== undefined) return NAMED[name as string] ?? (all as string);
    const code = decimal === undefined ? parseInt(hex as string, 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : (all as string);
  });
}

function wordsOf(raw: string): string[] {
  // twice: a mail program escapes what was escaped before
  const plain = unescaped(unescaped(raw)).replace(TAG, " ");
  // line ends of all kinds are one before quote marks are taken from the beginnings of lines
  const text = plain.replace(/\r\n?|[\u2028\u2029\u0085\v\f]/g, "\n").replace(QUOTE, "");
  return text
    .replace(/(?![+<>=|~])[\p{Pd}\p{Sm}]/gu, "-") // hyphens and dashes that an editor made finer
    .replace(/\p{Cf}/gu, "") // marks that are not seen: of order, of byte order, soft hyphens
    .split(/[\p{Cc}\p{Zs}\p{Zl}\p{Zp}]+/u)
    .filter((word) => word !== "");
}

/** Origin, contest, tracker, event; then signatures, each after the name of the key. */
function receiptOf(words: readonly string[]): string | null {
  if (words.length < 6 || !EVENT.test(words[3])) return null;
  const [origin, contest, tracker, event] = words;
  const name = `${origin}/receipt`;
  const signatures: string[] = [];
  let last = 3;
  for (let place = 4; place < words.length; place += 1) {
    if (place > last + APART || words[place].endsWith(RECEIPT)) break;
    // the dash before the name may be lost, doubled or stuck to it
    if (!words[place].endsWith(name)) continue;
    const signature = signatureOf(words.slice(place + 1));
    if (signature === "") continue;
    signatures.push(signature);
    last = place;
  }
  if (signatures.length === 0) return null;
  const lines = [`${RECEIPT} v1`, origin, contest, tracker, event, ""];
  return [...lines, ...signatures.map((signature) => `\u2014 ${name} ${signature}`), ""].join("\n");
}

/** Base64 that may have been broken over lines; empty when it is cut. */
function signatureOf(words: readonly string[]): string {
  let text = "";
  for (const word of words) {
    if (text.length >= SIGNATURE || text.endsWith("=") || !BASE64.test(word)) break;
    text += word;
  }
  return text.length >= SIGNATURE ? text : "";
}
