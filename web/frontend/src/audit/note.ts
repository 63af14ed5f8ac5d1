/** Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint); twin of audit/note.py. */

import { ed25519 } from "@noble/curves/ed25519.js";
import {
  BallotError,
  base64,
  base64Bytes,
  bytesToHex,
  concatBytes,
  sha256Bytes,
  utf8ToBytes,
} from "../ballots/encoding.js";
import { LogError } from "./merkle.js";

/** The signature types of signed-note. This browser has no ML-DSA: such signatures are passed over. */
const ED25519 = 1;
const ED25519_TIMED = 4;
const MLDSA44_TIMED = 6;
const PUBLIC_BYTES: { readonly [algorithm: number]: number } = {
  [ED25519]: 32,
  [ED25519_TIMED]: 32,
  [MLDSA44_TIMED]: 1312,
};
const NAME = /^[^\s+\u0000-\u001f]+$/u;
export const MAX_NOTE = 1 << 18; // bytes
const MAX_SIGNATURES = 100;

export function fromBase64(text: string): Uint8Array {
  try {
    return base64Bytes(text, "");
  } catch (error) {
    if (error instanceof BallotError) throw new LogError("not base64");
    throw error;
  }
}

/** A key that signs notes: `name+hex8(id)+base64(type || public key)`. */
export interface Verifier {
  readonly name: string;
  readonly id: string;
  readonly algorithm: number;
  readonly publicKey: Uint8Array;
}

export function parseVerifier(vkey: string): Verifier {
  const [name, id, encoded, ...more] = vkey.trim().split("+");
  // The base64 of the key may itself contain "+".
  const key = fromBase64([encoded ?? "", ...more].join("+"));
  const algorithm = key[0];
  if (!NAME.test(name) || key.length - 1 !== PUBLIC_BYTES[algorithm]) throw new LogError("not a verifier key");
  const expected = bytesToHex(sha256Bytes(concatBytes(utf8ToBytes(`${name}\n`), key)).subarray(0, 4));
  if (id !== expected) throw new LogError("the id of a verifier key is not its hash");
  return { name, id, algorithm, publicKey: key.subarray(1) };
}

/** Whether signatures of this key begin with their time: those of witnesses (tlog-cosignature). */
export const isTimed = ({ algorithm }: Verifier): boolean => algorithm !== ED25519;

export const sameKey = (left: Verifier, right: Verifier): boolean => writeVerifier(left) === writeVerifier(right);

/** The inverse of `parseVerifier`. */
export const writeVerifier = ({ name, id, algorithm, publicKey }: Verifier): string =>
  `${name}+${id}+${base64(concatBytes(Uint8Array.of(algorithm), publicKey))}`;

export interface Note {
  /** What is signed; ends with a line feed. */
  readonly text: string;
  readonly signatures: readonly { readonly name: string; readonly id: string; readonly value: Uint8Array }[];
}

export function parseNote(raw: string): Note {
  if (raw.length > MAX_NOTE) throw new LogError(`a note has at most ${MAX_NOTE} bytes`);
  const blank = raw.lastIndexOf("\n\n");
  if (blank < 0 || !raw.endsWith("\n") || /[\u0000-\u0009\u000b-\u001f]/.test(raw)) {
    throw new LogError("a note is a text, a blank line and signature lines");
  }
  const lines = raw.slice(blank + 2, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) throw new LogError(`a note has at most ${MAX_SIGNATURES} signatures`);
  const signatures = lines.map((line) => {
    const [dash, name, encoded, ...more] = line.split(" ");
    if (dash !== "\u2014" || more.length > 0 || !NAME.test(name ?? "")) throw new LogError("not a signature line");
    const bytes = fromBase64(encoded);
    if (bytes.length < 5) throw new LogError("a signature is shorter than its key id");
    return { name, id: bytesToHex(bytes.subarray(0, 4)), value: bytes.subarray(4) };
  });
  return { text: raw.slice(0, blank + 1), signatures };
}

/** Keys as a deployment publishes them, one a line: during a rotation there are two. */
export const parseVerifiers = (text: string): Verifier[] => text.trim().split("\n").map(parseVerifier);

/** What is signed: the text, or the text at a time (tlog-cosignature v1.0.1). */
function holds({ algorithm, publicKey }: Verifier, text: string, value: Uint8Array): boolean {
  const start = algorithm === ED25519_TIMED ? 8 : 0;
  if (value.length !== start + 64) return false;
  const time = new DataView(value.buffer, value.byteOffset).getBigUint64(0);
  if (start > 0 && time >= 1n << 63n) return false;
  const message = start > 0 ? `cosignature/v1\ntime ${time}\n${text}` : text;
  return ed25519.verify(value.subarray(start), utf8ToBytes(message), publicKey, { zip215: false });
}

/** The known keys that have signed; unknown ones are passed over, a wrong signature of a known key is not. */
export function signersOf({ text, signatures }: Note, verifiers: readonly Verifier[]): Verifier[] {
  return signatures.flatMap(({ name, id, value }) => {
    const verifier = verifiers.find((known) => known.name === name && known.id === id);
    if (verifier === undefined || verifier.algorithm === MLDSA44_TIMED) return [];
    if (!holds(verifier, text, value)) throw new LogError(`the signature of ${name} is wrong`);
    return [verifier];
  });
}

/** Check that one of these keys signed the note. */
export function verifyNote(raw: string, verifiers: readonly Verifier[]): { text: string; verifier: Verifier } {
  const note = parseNote(raw);
  const verifier = signersOf(note, verifiers).at(-1);
  if (verifier === undefined) throw new LogError(`not signed by ${verifiers.map(({ name }) => name).join(", ")}`);
  return { text: note.text, verifier };
}

export interface Checkpoint {
  readonly origin: string;
  readonly size: bigint;
  readonly root: Uint8Array;
}

export function parseCheckpoint(text: string): Checkpoint {
  const [origin, size, root] = text.split("\n");
  if (!origin || !/^(0|[1-9][0-9]{0,18})$/.test(size ?? "") || root === undefined) {
    throw new LogError("a checkpoint is an origin, a size and a root");
  }
  const digest = fromBase64(root);
  if (digest.length !== 32) throw new LogError("the root of a checkpoint has 32 bytes");
  return { origin, size: BigInt(size), root: digest };
}

/** Open a checkpoint that the log's own key signed. */
export function verifyCheckpoint(raw: string, verifiers: readonly Verifier[]): Checkpoint {
  const { text, verifier } = verifyNote(raw, verifiers);
  const checkpoint = parseCheckpoint(text);
  if (checkpoint.origin !== verifier.name) throw new LogError("the checkpoint is of another log");
  return checkpoint;
}

export const rootText = ({ root }: Checkpoint): string => base64(root);
