/** Archives beside the public log: some lies show only in the two together; twin of web/commands/logged.py. */

import { LogError } from "../audit/merkle.js";
import { parseVerifier, parseVerifiers } from "../audit/note.js";
import { Policy } from "../audit/policy.js";
import { UnreachableError } from "../audit/source.js";
import { BrokenLog, readLog, requireWitnesses, type Read } from "../audit/verifier.js";
import { Archive } from "../ballots/archive.js";
import { Election } from "../ballots/election.js";
import { BallotError, string, type JsonObject } from "../ballots/encoding.js";
import { LoggedEvents, type Difference, type Event } from "../voting/events.js";
import type { Compared, Comparison, Refusal, Sealed } from "./logmessages.js";

const LATER = ["Shuffle", "EndShuffles", "PartialDecryption", "Result"]; // by other trustees, meanwhile

/** The archives are not to be decrypted. */
export class RefusedError extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.detail);
    this.name = "RefusedError";
  }
}

const refuse = (why: string, detail: string, more: Partial<Refusal> = {}): RefusedError =>
  new RefusedError({ why, uuid: null, height: null, type: null, head: null, ...more, detail });

/** What any error says about the log, as a refusal; other errors stay what they are. */
export function refusalOf(error: unknown): unknown {
  if (error instanceof UnreachableError) return refuse("unreachable", error.message);
  if (error instanceof BrokenLog) return refuse(error.broken, error.message);
  if (error instanceof LogError) return refuse("head", error.message);
  return error;
}

/**
 * Read the log whole, and compare each event of each archive with it. Throws RefusedError: an archive lacks
 * what was logged, has what was not logged, or the log does not keep what it promises.
 */
export async function compareWithLog(
  read: Read,
  { keys, policy, contests }: Omit<Comparison, "log">,
  progress: (done: number, size: number) => void,
): Promise<Compared> {
  try {
    return await compare(read, keys, policy, contests, progress);
  } catch (error) {
    throw refusalOf(error);
  }
}

async function compare(
  read: Read,
  keys: readonly string[],
  policy: string | null,
  contests: readonly Sealed[],
  progress: (done: number, size: number) => void,
): Promise<Compared> {
  const wanted = new Map(contests.map(({ uuid }) => [`contest/${uuid}`, new LoggedEvents()]));
  const trusted = policy === null ? null : new Policy(policy);
  const verifiers = [...parseVerifiers(keys.join("\n")), ...(trusted?.logs ?? [])];
  let size = 0;
  const log = await readLog(
    read,
    verifiers,
    (entry, index) => {
      const logged = wanted.get(entry.subject);
      if (logged === undefined) return;
      logged.add(entry);
      size = index + 1;
    },
    progress,
  );
  let ballots = 0;
  for (const contest of contests) {
    const events = await eventsOf(contest);
    ballots += events.filter(({ type }) => type === "Ballot").length;
    const difference = wanted.get(`contest/${contest.uuid}`)?.difference(events, LATER) ?? null;
    if (difference !== null) throw differs(contest, difference, log.head);
  }
  if (trusted !== null) await requireWitnesses(read, log, trusted, keys.map(parseVerifier), size);
  return { log, size, ballots };
}

/** The chain of one archive, which must be of the contest that it is said to be of; its memory is free again after. */
async function eventsOf({ uuid, fingerprint, archive: blob }: Sealed): Promise<readonly Event[]> {
  try {
    const archive = new Archive(new Uint8Array(await blob.arrayBuffer()));
    const [setup] = archive.payloads("Setup");
    const election = Election.parse(
      archive.data(string((archive.json(setup) as JsonObject).election, "setup.election")),
    );
    if (election.uuid !== uuid || election.fingerprint !== fingerprint) {
      throw refuse("otherElection", "the archive is of another election", { uuid });
    }
    return archive.events.map(({ type, hash }) => ({ type, hash }));
  } catch (error) {
    if (error instanceof BallotError) throw refuse("archive", error.message, { uuid });
    throw error;
  }
}

function differs({ uuid }: Sealed, { kind, height, type }: Difference, head: string): RefusedError {
  const said = {
    missing: `event ${height} (${type}) is in the log and not in the archive`,
    added: `event ${height} (${type}) is in the archive and not in the log`,
    another: `event ${height} (${type}) is another one in the log`,
    twice: `event ${height} (${type}) was logged, and dropped for another one`,
  }[kind];
  // What other trustees have just sent may reach the log a moment after the archive.
  const why = kind === "added" && LATER.includes(type) ? "notYet" : kind;
  return refuse(why, said, { uuid, height, type, head });
}
