/** Inclusion and consistency in Merkle trees of RFC 6962; twin of audit/merkle.py. Sizes are bigint. */

import { concatBytes, equalBytes, sha256Bytes } from "../ballots/encoding.js";

/** Why a log, a note or a proof is not to be believed. */
export class LogError extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "LogError";
  }
}

const MAX_PROOF = 63;

/** RFC 6962, 2.1: SHA-256(0x00 || entry). */
export const leafHash = (entry: Uint8Array): Uint8Array => sha256Bytes(concatBytes(Uint8Array.of(0), entry));

/** RFC 6962, 2.1: SHA-256(0x01 || left || right). */
export const nodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array =>
  sha256Bytes(concatBytes(Uint8Array.of(1), left, right));

/** The root over a row of hashes of equally large perfect subtrees, of which the last may be smaller. */
export function rootOf(digests: readonly Uint8Array[]): Uint8Array {
  if (digests.length === 0) return sha256Bytes(new Uint8Array());
  let row = digests;
  while (row.length > 1) {
    const above: Uint8Array[] = [];
    for (let place = 0; place < row.length; place += 2) {
      above.push(place + 1 < row.length ? nodeHash(row[place], row[place + 1]) : row[place]);
    }
    row = above;
  }
  return row[0];
}

function checkDigests(digests: readonly Uint8Array[]): void {
  if (digests.length > MAX_PROOF + 2) throw new LogError("a proof has at most 63 hashes");
  if (digests.some(({ length }) => length !== 32)) throw new LogError("a hash is not of 32 bytes");
}

/** A place on the way from a leaf to the root: which side the sibling stands on, and when the root is reached. */
class Climb {
  constructor(
    private position: bigint,
    private last: bigint,
  ) {}

  get done(): boolean {
    return this.last === 0n;
  }

  /** Whether the next sibling is on the left; moves one level up. */
  step(): boolean {
    const left = (this.position & 1n) === 1n || this.position === this.last;
    if (left) while ((this.position & 1n) === 0n && this.position !== 0n) this.up();
    this.up();
    return left;
  }

  /** Skip the levels on which the node is a right child: the perfect subtrees of the old tree. */
  skipRight(): this {
    while ((this.position & 1n) === 1n) this.up();
    return this;
  }

  private up(): void {
    this.position >>= 1n;
    this.last >>= 1n;
  }
}

/** Check that `leaf` (a leaf hash) is at `index` under `root` (RFC 9162, 2.1.3.2). */
export function verifyInclusion(
  index: bigint,
  size: bigint,
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): void {
  if (index < 0n || index >= size) throw new LogError(`no leaf ${index} in a tree of ${size}`);
  checkDigests([...proof, leaf, root]);
  const climb = new Climb(index, size - 1n);
  const digest = proof.reduce((node, sibling) => {
    if (climb.done) throw new LogError("inclusion proof: too long");
    return climb.step() ? nodeHash(sibling, node) : nodeHash(node, sibling);
  }, leaf);
  if (!climb.done) throw new LogError("inclusion proof: too short");
  if (!equalBytes(digest, root)) throw new LogError("inclusion proof: leads to another root");
}

/** Check that the tree `newRoot` extends the tree `oldRoot` (RFC 9162, 2.1.4.2). */
export function verifyConsistency(
  oldSize: bigint,
  newSize: bigint,
  oldRoot: Uint8Array,
  newRoot: Uint8Array,
  proof: readonly Uint8Array[],
): void {
  if (oldSize <= 0n || oldSize > newSize) throw new LogError(`no consistency proof from size ${oldSize} to ${newSize}`);
  checkDigests([...proof, oldRoot, newRoot]);
  if (oldSize === newSize) {
    if (proof.length > 0) throw new LogError("consistency proof: too long");
    if (!equalBytes(oldRoot, newRoot)) throw new LogError("two roots for one size");
    return;
  }
  // An old tree that is one perfect subtree is itself the first node of the path.
  const perfect = (oldSize & (oldSize - 1n)) === 0n;
  const [first, ...rest] = perfect ? [oldRoot, ...proof] : proof;
  if (first === undefined) throw new LogError("consistency proof: too short");
  const climb = new Climb(oldSize - 1n, newSize - 1n).skipRight();
  let [older, newer] = [first, first];
  for (const sibling of rest) {
    if (climb.done) throw new LogError("consistency proof: too long");
    const left = climb.step();
    if (left) older = nodeHash(sibling, older);
    newer = left ? nodeHash(sibling, newer) : nodeHash(newer, sibling);
  }
  if (!climb.done) throw new LogError("consistency proof: too short");
  if (!equalBytes(older, oldRoot)) throw new LogError("consistency proof: leads to another old root");
  if (!equalBytes(newer, newRoot)) throw new LogError("consistency proof: leads to another new root");
}
