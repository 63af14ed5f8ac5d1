/** What the server signed, checked in the voter's own browser. */

import { LogError } from "../audit/merkle.js";
import { parseVerifiers, verifyNote } from "../audit/note.js";
import { parseProof, verifyProof } from "../audit/proof.js";

const HEADER = "mandate-receipt v1";

export interface Receipt {
  readonly origin: string;
  readonly contest: string;
  readonly tracker: string;
  readonly event: string;
}

/** Check that a key of receipts signed this, for this contest and ballot; `keys` has one a line. */
export function verifyReceipt(raw: string, keys: string, contest: string, tracker: string): Receipt {
  const { text, verifier } = verifyNote(raw, parseVerifiers(keys));
  const [header, origin, uuid, signed, event, end, ...more] = text.split("\n");
  if (header !== HEADER || end !== "" || more.length > 0) throw new LogError("not a receipt");
  if (verifier.name !== `${origin}/receipt`) throw new LogError("the receipt is of another log than its key");
  if (uuid !== contest || signed !== tracker) throw new LogError("the receipt is for another ballot");
  return { origin, contest: uuid, tracker: signed, event };
}

export interface Recorded {
  readonly index: bigint;
  readonly size: bigint;
}

/** Check that the log has the entry which the receipt promises. */
export function verifyRecorded(proof: string, keys: string, receipt: Receipt): Recorded {
  const { extra, index } = parseProof(proof);
  if (extra === null) throw new LogError("the proof does not bring its entry");
  const checkpoint = verifyProof(proof, extra, parseVerifiers(keys));
  if (checkpoint.origin !== receipt.origin) throw new LogError("the proof is of another log than the receipt");
  const entry = JSON.parse(new TextDecoder().decode(extra)) as { type?: string; data?: { [name: string]: unknown } };
  const { uuid, tracker, event } = entry.data ?? {};
  const promised = uuid === receipt.contest && tracker === receipt.tracker && event === receipt.event;
  if (entry.type !== "ballot.accepted" || !promised) throw new LogError("the proof is of another entry");
  return { index, size: checkpoint.size };
}
