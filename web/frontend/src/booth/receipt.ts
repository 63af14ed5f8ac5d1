/** What the server signed, checked in the voter's own browser. */

import { LogError } from "../audit/merkle.js";
import { parseNote, parseVerifiers, verifyNote } from "../audit/note.js";
import { parseProof, verifyProof } from "../audit/proof.js";
import { receiptIn } from "../audit/transport.js";

const HEADER = "mandate-receipt v1";

export interface Receipt {
  readonly origin: string;
  readonly contest: string;
  readonly tracker: string;
  readonly event: string;
}

function parseReceipt(text: string): Receipt {
  const [header, origin, contest, tracker, event, end, ...more] = text.split("\n");
  if (header !== HEADER || end !== "" || more.length > 0) throw new LogError("not a receipt");
  if (!/^[0-9a-f]{64}$/.test(event)) throw new LogError("not a receipt: the last line is the hash of an event");
  return { origin, contest, tracker, event };
}

function signedReceipt(raw: string, keys: string): Receipt {
  const { text, verifier } = verifyNote(raw, parseVerifiers(keys));
  const receipt = parseReceipt(text);
  if (verifier.name !== `${receipt.origin}/receipt`) throw new LogError("the receipt is of another log than its key");
  return receipt;
}

/** What was signed, put in order again; `raw` itself where it is a whole receipt as it is. */
function mended(raw: string): string {
  try {
    return receiptIn(raw);
  } catch (error) {
    try {
      parseReceipt(parseNote(raw).text);
    } catch {
      throw error;
    }
    return raw;
  }
}

/**
 * A receipt as it was saved or as it came through the mail; `keys` has one a line.
 * Throws DamagedError when it is not whole, LogError when nobody known signed it.
 */
export function openReceipt(raw: string, keys: string): Receipt {
  try {
    return signedReceipt(raw, keys);
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    const again = mended(raw);
    if (again === raw) throw error;
    return signedReceipt(again, keys);
  }
}

/** Check that a key of receipts signed this, for this contest and ballot. */
export function verifyReceipt(raw: string, keys: string, contest: string, tracker: string): Receipt {
  const receipt = openReceipt(raw, keys);
  if (receipt.contest !== contest || receipt.tracker !== tracker)
    throw new LogError("the receipt is for another ballot");
  return receipt;
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
