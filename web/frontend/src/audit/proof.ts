/** Proofs that an entry is in the log (C2SP tlog-proof); twin of audit/proof.py. */

import { leafHash, LogError, verifyInclusion } from "./merkle.js";
import { fromBase64, verifyCheckpoint, type Checkpoint, type Verifier } from "./note.js";

const HEADER = "c2sp.org/tlog-proof@v1";

export interface LogProof {
  readonly extra: Uint8Array | null;
  readonly index: bigint;
  readonly hashes: readonly Uint8Array[];
  /** The signed note of the checkpoint. */
  readonly checkpoint: string;
}

export function parseProof(raw: string): LogProof {
  const blank = raw.indexOf("\n\n");
  if (blank < 0) throw new LogError("a proof is a header, hashes, a blank line and a checkpoint");
  const [header, ...lines] = raw.slice(0, blank).split("\n");
  if (header !== HEADER) throw new LogError(`a proof begins with ${HEADER}`);
  const extra = lines[0]?.startsWith("extra ") ? fromBase64(lines.shift()!.slice("extra ".length)) : null;
  const [, index] = /^index (0|[1-9][0-9]{0,18})$/.exec(lines.shift() ?? "") ?? [];
  if (index === undefined) throw new LogError("a proof names the index of its entry");
  return { extra, index: BigInt(index), hashes: lines.map(fromBase64), checkpoint: raw.slice(blank + 2) };
}

/** Check that `entry` is in the log of these keys; returns the checkpoint it is under. */
export function verifyProof(raw: string, entry: Uint8Array, verifiers: readonly Verifier[]): Checkpoint {
  const { index, hashes, checkpoint: note } = parseProof(raw);
  const checkpoint = verifyCheckpoint(note, verifiers);
  verifyInclusion(index, checkpoint.size, leafHash(entry), hashes, checkpoint.root);
  return checkpoint;
}
