/** What a trustee's key file remembers of the public log, from the day on which the key was made. */

import { MAX_NOTE, parseNote, parseVerifier, parseVerifiers, signersOf, verifyCheckpoint } from "../audit/note.js";
import { MAX_POLICY, Policy } from "../audit/policy.js";
import { BrokenLog, requireHistory, requireWitnesses, type Read, type ReadLog } from "../audit/verifier.js";

export interface Pin {
  /** Verifier keys of the log. */
  readonly keys: readonly string[];
  /** The log's signed head of that day. */
  readonly checkpoint: string;
  /** The witnesses that the commission named; null where there are none. */
  readonly policy: string | null;
}

const MAX_KEYS = 1 << 16; // bytes

async function textOf(read: Read, path: string, limit: number): Promise<string | null> {
  const raw = await read(path, limit);
  return raw && new TextDecoder().decode(raw);
}

/** The keys and the policy that the server shows now. */
export async function shown(read: Read): Promise<{ keys: string[]; policy: string | null }> {
  const keys = await textOf(read, "public.vkey", MAX_KEYS);
  if (keys === null) throw new BrokenLog("head", "the server shows no key of the log");
  return { keys: keys.trim().split("\n"), policy: await textOf(read, "policy", MAX_POLICY) };
}

/** Everything to remember; refuses a head that its key did not sign, for that could never be compared. */
export async function take(read: Read): Promise<Pin> {
  const { keys, policy } = await shown(read);
  const checkpoint = await textOf(read, "checkpoint", MAX_NOTE);
  if (checkpoint === null) throw new BrokenLog("head", "there is no checkpoint");
  verifyCheckpoint(checkpoint, keys.map(parseVerifier));
  if (policy !== null) new Policy(policy);
  return { keys, checkpoint, policy };
}

export function isPin(value: unknown): value is Pin {
  const { keys, checkpoint, policy } = (value ?? {}) as { [name: string]: unknown };
  const listed = Array.isArray(keys) && keys.length > 0 && keys.every((key) => typeof key === "string");
  return listed && typeof checkpoint === "string" && (policy === null || typeof policy === "string");
}

/** Whether a key that the file remembers signed this head; after a rotation it does no more. */
export const signed = (pin: Pin, head: string): boolean =>
  signersOf(parseNote(head), parseVerifiers(pin.keys.join("\n"))).length > 0;

/** Check that the log goes on from where the file remembers it, with the witnesses that were named then. */
export async function requirePin(
  read: Read,
  log: ReadLog,
  pin: Pin,
  keys: readonly string[],
  size: number,
): Promise<void> {
  await requireHistory(read, log, pin.checkpoint, pin.keys.map(parseVerifier));
  if (pin.policy === null) return;
  await requireWitnesses(read, log, new Policy(pin.policy), keys.map(parseVerifier), size);
}
