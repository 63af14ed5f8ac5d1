/** A whole log, read once from its first entry to its signed head, in bounded memory; twin of audit/verifier.py. */

import { equalBytes } from "../ballots/encoding.js";
import { decode, type Entry } from "./entries.js";
import { leafHash, LogError, rootOf } from "./merkle.js";
import { MAX_NOTE, parseNote, signersOf, verifyCheckpoint, type Checkpoint, type Verifier } from "./note.js";
import type { Policy } from "./policy.js";
import { bundlePath, MAX_BUNDLE, splitBundle, widthAt, WIDTH } from "./tiles.js";

/** Which promise of a log does not hold; a page has its own words for each. */
export type Broken = "head" | "entries" | "history" | "witnesses";

export class BrokenLog extends LogError {
  constructor(
    readonly broken: Broken,
    reason: string,
  ) {
    super(reason);
  }
}

/** A file of a log, or null where there is none; refuses more than `limit` bytes. */
export type Read = (path: string, limit: number) => Promise<Uint8Array | null>;

/** A log that was read: its heads as they were signed, and of its tree what tells the root at any earlier size. */
export interface ReadLog {
  readonly origin: string;
  readonly head: string;
  /** The newest head with cosignatures, where there is one. */
  readonly witnessed: string | null;
  readonly size: number;
  /** The roots of the full bundles, 32 bytes each, and the leaves of the last one. */
  readonly tiles: readonly Uint8Array[];
  readonly tail: readonly Uint8Array[];
}

const AHEAD = 4; // bundles on their way while one is hashed
const LARGEST = BigInt(Number.MAX_SAFE_INTEGER);

/** Errors of the log's form, as one kind. */
function blame<T>(broken: Broken, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof LogError && !(error instanceof BrokenLog)) throw new BrokenLog(broken, error.message);
    throw error;
  }
}

const text = (raw: Uint8Array): string =>
  blame("head", () => {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
    } catch {
      throw new LogError("a note is UTF-8");
    }
  });

/**
 * Read the whole log under the head that one of `verifiers` signed; `take` gets each entry in order.
 * Only after this has returned are the entries those that were signed.
 */
export async function readLog(
  read: Read,
  verifiers: readonly Verifier[],
  take: (entry: Entry, index: number) => void,
  progress: (done: number, size: number) => void = () => undefined,
): Promise<ReadLog> {
  const raw = await read("checkpoint", MAX_NOTE);
  if (raw === null) throw new BrokenLog("head", "there is no checkpoint");
  const head = text(raw);
  const checkpoint = blame("head", () => verifyCheckpoint(head, verifiers));
  if (checkpoint.size > LARGEST) throw new BrokenLog("head", "no log is so long");
  const size = Number(checkpoint.size);
  const tiles: Uint8Array[] = [];
  let tail: readonly Uint8Array[] = [];
  let done = 0;
  for await (const { entries, width } of bundles(read, size)) {
    const leaves = entries.map(leafHash);
    if (width === WIDTH) tiles.push(rootOf(leaves));
    else tail = leaves;
    blame("entries", () => entries.forEach((entry, place) => take(decode(entry), done + place)));
    done += width;
    progress(done, size);
  }
  if (!equalBytes(rootAbove(tiles, tail), checkpoint.root)) {
    throw new BrokenLog("entries", "the entries are not those that were signed");
  }
  const witnessed = await read("checkpoint.witnessed", MAX_NOTE);
  return { origin: checkpoint.origin, head, witnessed: witnessed && text(witnessed), size, tiles, tail };
}

interface Bundle {
  readonly entries: readonly Uint8Array[];
  readonly width: number;
}

/** The bundles in order; some are fetched ahead, so that a line with delay is used. */
async function* bundles(read: Read, size: number): AsyncGenerator<Bundle> {
  const count = Math.ceil(size / WIDTH);
  const coming: Promise<Bundle>[] = [];
  for (let next = 0, index = 0; index < count; index += 1) {
    for (; next < Math.min(count, index + AHEAD); next += 1) {
      const bundle = fetchBundle(read, next, widthAt(next, size));
      bundle.catch(() => undefined); // it is awaited below, perhaps after another one has failed
      coming.push(bundle);
    }
    yield await (coming.shift() as Promise<Bundle>);
  }
}

async function fetchBundle(read: Read, index: number, width: number): Promise<Bundle> {
  const path = bundlePath(index, width);
  // A partial bundle may be gone when the full one has come (tlog-tiles): then its beginning is the same.
  const partial = await read(path, MAX_BUNDLE);
  const whole = partial === null && width < WIDTH ? await read(bundlePath(index), MAX_BUNDLE) : null;
  return blame("entries", () => {
    if (partial !== null) return { entries: splitBundle(partial, width), width };
    if (whole !== null) return { entries: splitBundle(whole, WIDTH).slice(0, width), width };
    throw new LogError(`${path} is missing`);
  });
}

/** A bundle that is not full is the smaller tree at the end of the full ones. */
const rootAbove = (tiles: readonly Uint8Array[], tail: readonly Uint8Array[]): Uint8Array =>
  rootOf(tail.length > 0 ? [...tiles, rootOf(tail)] : tiles);

/** The root that this log had when it had `size` entries. */
async function rootAt(read: Read, log: ReadLog, size: number): Promise<Uint8Array> {
  const full = Math.floor(size / WIDTH);
  if (size % WIDTH === 0) return rootAbove(log.tiles.slice(0, full), []);
  if (full === log.tiles.length) return rootAbove(log.tiles, log.tail.slice(0, size % WIDTH));
  const { entries } = await fetchBundle(read, full, WIDTH);
  const leaves = entries.map(leafHash);
  if (!equalBytes(rootOf(leaves), log.tiles[full]))
    throw new BrokenLog("entries", "a bundle is another one than before");
  return rootAbove(log.tiles.slice(0, full), leaves.slice(0, size % WIDTH));
}

/** Check that an earlier head of this log is in its history: not rolled back, not forked, not begun anew. */
export async function requireHistory(
  read: Read,
  log: ReadLog,
  raw: string,
  verifiers: readonly Verifier[],
): Promise<void> {
  await requireRoot(
    read,
    log,
    blame("history", () => verifyCheckpoint(raw, verifiers)),
  );
}

async function requireRoot(read: Read, log: ReadLog, kept: Checkpoint): Promise<void> {
  if (kept.origin !== log.origin) throw new BrokenLog("history", `the kept head is of another log: ${kept.origin}`);
  if (kept.size > BigInt(log.size)) {
    throw new BrokenLog("history", `the kept head counts ${kept.size} entries, the log has ${log.size}: it was cut`);
  }
  const root = await rootAt(read, log, Number(kept.size));
  if (!equalBytes(root, kept.root)) {
    throw new BrokenLog("history", `the log had another root at size ${kept.size}: its history was written anew`);
  }
}

/** Check that enough witnesses have cosigned this log: at its head, or at a size that covers the first `size` entries. */
export async function requireWitnesses(
  read: Read,
  log: ReadLog,
  policy: Policy,
  verifiers: readonly Verifier[],
  size: number,
): Promise<void> {
  const cosigned = (raw: string): boolean =>
    blame("witnesses", () => policy.quorumReached(signersOf(parseNote(raw), [...policy.witnesses.values()])));
  if (cosigned(log.head)) return;
  if (log.witnessed === null || !cosigned(log.witnessed)) {
    throw new BrokenLog("witnesses", "the log lacks the cosignatures that the policy wants");
  }
  const witnessed = blame("witnesses", () => verifyCheckpoint(log.witnessed ?? "", verifiers));
  await requireRoot(read, log, witnessed);
  if (witnessed.size < BigInt(size)) {
    throw new BrokenLog("witnesses", "the witnesses have not seen the newest entries of this election yet");
  }
}
