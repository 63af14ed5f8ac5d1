/** What a trustee does with an archive, and only after checking it; twin of ballots/ceremony.py. */

import { Archive, claimedTally, shuffleOf, type Setup, type SizedTally } from "./archive.js";
import * as ballots from "./ballot.js";
import type { Ballot } from "./ballot.js";
import { BallotError, concatBytes, equalBytes, utf8ToBytes } from "./encoding.js";
import type { Scalar } from "./group.js";
import * as lot from "./lot.js";
import * as shuffles from "./shuffle.js";
import { Accumulator, mixedRows, partialDecryption, withMixedRows } from "./tally.js";
import { verificationKeys } from "./trustees.js";

export type Phase = "verify" | "decrypt";
export type Progress = (phase: Phase, share: number) => void;

const refuse = (place: string, reason: string): never => {
  throw new BallotError(place, reason, "decryption.refused");
};

/**
 * The shares of the holder of `privateKey` of the tally of a closed archive and of its lot.
 * The tally is made anew from the ballots, and nothing else is decrypted.
 */
export function decryptArchive(
  raw: Uint8Array,
  privateKey: Scalar,
  fingerprint: string,
  progress: Progress,
): { share: Uint8Array; lot: Uint8Array; counted: number } {
  const archive = new Archive(raw);
  const setup = setupOf(archive, fingerprint);
  const { election, trustees } = setup;
  const key = election.group.baseMul(privateKey);
  if (!verificationKeys(trustees).some((known) => election.group.equal(known, key))) {
    refuse("private key", "is not the key of a trustee of this election");
  }
  const last = archive.events.at(-1)?.type ?? "";
  if (last === "Result") refuse("archive", "has its result already");
  const { sum, tally, counted } = recomputed(archive, setup, (share) => progress("verify", share));
  if (isMixed(setup) && !["EndShuffles", "PartialDecryption"].includes(last)) refuse("archive", "is not shuffled yet");
  const share = partialDecryption(election, tally, privateKey, (done) => progress("decrypt", done));
  return { share, lot: lot.share(election, sum, privateKey), counted: counted.size };
}

/** Both shares in one document, as the service takes them; twin of Decrypted.raw. */
export const handIn = (share: Uint8Array, ofLot: Uint8Array): Uint8Array =>
  concatBytes(utf8ToBytes('{"share":'), share, utf8ToBytes(',"lot":'), ofLot, utf8ToBytes("}"));

/**
 * A shuffle of the ballots of a closed archive that waits for one: of the tally made anew from the
 * ballots, or of the last shuffle, after every shuffle before was checked. No key is needed.
 */
export function shuffleArchive(
  raw: Uint8Array,
  fingerprint: string,
  progress: Progress,
): { share: Uint8Array; counted: number } {
  const archive = new Archive(raw);
  const setup = setupOf(archive, fingerprint);
  if (!isMixed(setup)) refuse("archive", "has nothing to shuffle");
  if (!["EncryptedTally", "Shuffle"].includes(archive.events.at(-1)?.type ?? "")) {
    refuse("archive", "does not wait for a shuffle");
  }
  const { tally, counted } = recomputed(archive, setup, (share) => progress("verify", share));
  const before = mixedRows(setup.election, tally);
  const share = shuffles.shuffle(setup.election, before, (done) => progress("decrypt", done));
  return { share, counted: counted.size };
}

function setupOf(archive: Archive, fingerprint: string): Setup {
  const setup = archive.setup();
  if (setup.election.fingerprint !== fingerprint) refuse("archive", "is of another election");
  setup.election.precompute();
  return setup;
}

const isMixed = ({ election }: Setup): boolean => election.questions.some(({ type }) => type === "NonHomomorphic");

/** What is decrypted or shuffled next: the sum made anew from the ballots, and as the shuffles left it. */
function recomputed(archive: Archive, setup: Setup, progress: (share: number) => void): Counted & { sum: Uint8Array } {
  const claimed = claimedTally(archive) ?? refuse("archive", "is not closed, there is no tally to decrypt");
  const { tally, counted } = count(archive, setup, progress);
  compare(claimed, tally, counted);
  const { election, trustees } = setup;
  const numbers = verificationKeys(trustees).length;
  const shuffled = archive.payloads("Shuffle").reduce((before, payload, index) => {
    const { owner, content } = shuffleOf(archive, payload);
    if (owner < 1 || owner > numbers) refuse("shuffle", "is of a trustee who does not exist");
    const after = shuffles.verify(election, mixedRows(election, before), content, `shuffle ${index + 1}`);
    return withMixedRows(election, before, after);
  }, tally);
  return { sum: tally, tally: shuffled, counted };
}

interface Counted {
  readonly tally: Uint8Array;
  readonly counted: Map<string, bigint>;
}

/** Verify every ballot, keep the last one of each credential, and add up. */
function count(archive: Archive, { election, credentials }: Setup, progress: (share: number) => void): Counted {
  const sums = new Accumulator(election);
  const last = new Map<string, Ballot>();
  const owners = new Map<string, string>();
  const counted = new Map<string, bigint>();
  const payloads = archive.payloads("Ballot");
  payloads.forEach((hash, index) => {
    const ballot = ballots.parse(election, archive.data(hash));
    ballots.verify(election, ballot);
    const credential = ballot.credential.text;
    const weight = credentials.get(credential) ?? refuse(hash, "is of a credential that is not in the list");
    checkOwn(ballot, owners);
    const before = last.get(credential);
    if (before !== undefined) sums.subtract(before, weight);
    sums.add(ballot, weight);
    last.set(credential, ballot);
    counted.set(credential, weight);
    progress((index + 1) / payloads.length);
  });
  return { tally: sums.encryptedTally(), counted };
}

/** A ciphertext of another voter's ballot is a copied vote: decrypting it would tell how that voter voted. */
function checkOwn({ answers, credential }: Ballot, owners: Map<string, string>): void {
  for (const { alpha, beta } of answers.flatMap(({ ciphertexts }) => ciphertexts.flat())) {
    const text = `${alpha.text},${beta.text}`;
    if ((owners.get(text) ?? credential.text) !== credential.text)
      refuse("ballot", "has a part copied from another ballot");
    owners.set(text, credential.text);
  }
}

function compare(claimed: SizedTally, tally: Uint8Array, counted: ReadonlyMap<string, bigint>): void {
  if (!equalBytes(claimed.encryptedTally, tally)) refuse("tally", "is not the sum of the ballots in the archive");
  if (claimed.tallied !== counted.size) refuse("tally", "has another number of ballots than the archive");
  const weight = [...counted.values()].reduce((sum, item) => sum + item, 0n);
  if (claimed.weight !== weight) refuse("tally", "has another weight than the archive");
}
