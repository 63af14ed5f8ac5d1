/**
 * Ballots (specification, "Ballots" and "Signatures"); twin of ballots/ballot.py.
 *
 * Second look: all randomness of the ciphertexts comes from one seed, as the Python twin says. Here the
 * nonces of the proofs come from a second seed, which stays on the device unless the ballot is opened:
 * with both a second device makes the whole ballot again and finds the tracker that the first one showed.
 * When the ciphertexts are open, the nonces have nothing left to hide.
 */

import { hmac } from "@noble/hashes/hmac.js";
import { sha512 } from "@noble/hashes/sha2.js";

import {
  BallotError,
  array,
  bytesToHex,
  dumps,
  each,
  fields,
  hexToBytes,
  loadsStrict,
  sha256Base64,
  string,
  utf8ToBytes,
  type Json,
  type JsonObject,
} from "./encoding.js";
import { derive } from "./credentials.js";
import type { Election } from "./election.js";
import type { Element, Group, Pick, Scalar } from "./group.js";
import * as proofs from "./proofs.js";
import type { Proof } from "./proofs.js";
import type { Answer, Choices, Context } from "./questions/index.js";

// Far above the largest ballot of this protocol, far below what would hurt the parser.
export const MAX_BYTES = 4 << 20;
const SEED_BYTES = 32;

export interface Ballot {
  readonly raw: Uint8Array;
  /** base64 of the SHA-256 of the exact bytes, without padding. */
  readonly tracker: string;
  readonly credential: Element;
  readonly answers: readonly Answer[];
  /** The ballot's own hash, without its signature: what is signed. */
  readonly hash: string;
  readonly signature: Proof;
}

/** What a second device needs to decrypt one ballot. Secret until the ballot is spoilt. */
export interface Opening {
  readonly tracker: string;
  readonly seed: Uint8Array;
  readonly choices: readonly Choices[];
}

const SEED = /^[0-9a-f]{64}$/;

export function parseOpening(raw: Uint8Array | string): Opening {
  const { tracker, seed, choices } = fields(loadsStrict(raw, "opening"), "opening", ["tracker", "seed", "choices"]);
  const digits = string(seed, "opening.seed");
  if (!SEED.test(digits)) throw new BallotError("opening.seed", "must be 64 lower-case hexadecimal digits");
  const listed = array(choices, "opening.choices") as readonly Choices[];
  return { tracker: string(tracker, "opening.tracker"), seed: hexToBytes(digits), choices: listed };
}

export const openingJson = ({ tracker, seed, choices }: Opening): Json => ({
  tracker,
  seed: bytesToHex(seed),
  choices: choices as Json,
});

/** Called with the share done, from 0 to 1. */
export type Progress = (share: number) => void;

/** Encrypt with randomness that is forgotten: the ballot can be cast and never be opened. */
export const encrypt = (
  election: Election,
  secret: string,
  choices: readonly Choices[],
  progress?: Progress,
): Uint8Array => encryptOpened(election, secret, choices, progress).raw;

/** Encrypt, and keep what opens the ballot again; once opened it must never be cast. */
export function encryptOpened(
  election: Election,
  secret: string,
  choices: readonly Choices[],
  progress?: Progress,
): { raw: Uint8Array; opening: Opening; nonces: Uint8Array } {
  const [seed, nonces] = [randomSeed(), randomSeed()];
  const { key } = derive(election.group, election.uuid, secret);
  const pick = noncesFrom(election, key, nonces);
  // The nonce of the signature follows from no seed: an opening would give the credential away.
  const raw = encryptWith(election, secret, choices, seed, pick, election.group.randomScalar, progress);
  return { raw, opening: { tracker: sha256Base64(raw), seed, choices }, nonces };
}

/** Encrypt with given randomness: `seed` for the ciphertexts, `pick` for the proofs, `signing` for the signature. */
export function encryptWith(
  election: Election,
  secret: string,
  choices: readonly Choices[],
  seed: Uint8Array,
  pick: Pick,
  signing: Pick,
  progress?: Progress,
): Uint8Array {
  const { exponent, key } = derive(election.group, election.uuid, secret);
  const body = bodyOf(election, key, choices, seed, pick, progress);
  return signed(body, proofs.proveKnowledge(election.group, `sig|${sha256Base64(dumps(body))}`, exponent, signing));
}

/**
 * Make an opened ballot once more from what a second device is shown: byte for byte the same, so it
 * has the same tracker. Says nothing about the signature; `verify` does.
 */
export const reproduce = (
  election: Election,
  credential: Element,
  choices: readonly Choices[],
  seed: Uint8Array,
  nonces: Uint8Array,
  signature: Proof,
): Uint8Array =>
  signed(bodyOf(election, credential, choices, seed, noncesFrom(election, credential, nonces)), signature);

const randomSeed = (): Uint8Array => crypto.getRandomValues(new Uint8Array(SEED_BYTES));

function bodyOf(
  election: Election,
  key: Element,
  choices: readonly Choices[],
  seed: Uint8Array,
  pick: Pick,
  progress: Progress = () => undefined,
): JsonObject {
  const { questions } = election;
  if (choices.length !== questions.length) {
    throw new BallotError("choices", `must answer ${questions.length} questions, not ${choices.length}`);
  }
  questions.forEach((question, n) => question.checkChoices(choices[n]));
  const context = election.context(key);
  const total = questions.reduce((sum, { picks }) => sum + picks, 0);
  let drawn = 0;
  const counted: Pick = () => {
    progress((drawn += 1) / total);
    return pick();
  };
  const answers = questions.map((question, n) =>
    question.encrypt(context, choices[n], randomness(context, seed, n, question.size), counted).toJson(),
  );
  return {
    election_uuid: election.uuid,
    election_hash: election.fingerprint,
    credential: key.text,
    answers,
  };
}

function signed(body: JsonObject, signature: Proof): Uint8Array {
  const hash = sha256Base64(dumps(body));
  return utf8ToBytes(dumps({ ...body, signature: { hash, proof: proofs.toJson(signature) } }));
}

/** The nonces of the proofs of one ballot, in the order in which they are drawn. */
function noncesFrom(election: Election, key: Element, nonces: Uint8Array): Pick {
  const { group, prefix } = election.context(key);
  let drawn = 0;
  return () => deriveScalar(group, nonces, `mandate-nonce|${prefix}|${drawn++}`);
}

/** The randomness of the ciphertexts of question `n`, as in the docstring of the Python twin. */
const randomness = ({ group, prefix }: Context, seed: Uint8Array, n: number, count: number): Scalar[] =>
  Array.from({ length: count }, (_, i) => deriveScalar(group, seed, `mandate-opening|${prefix}|${n}|${i}`));

/** HMAC-SHA-512 blocks as one big-endian number: at least 256 bits more than the order has. */
function deriveScalar(group: Group, seed: Uint8Array, label: string): Scalar {
  const bits = group.order.toString(2).length;
  const blocks = Array.from({ length: Math.ceil((bits + 256) / 512) }, (_, block) =>
    bytesToHex(hmac(sha512, seed, utf8ToBytes(`${label}|${block}`))),
  );
  return group.scalar(BigInt(`0x${blocks.join("")}`));
}

/** Read a ballot of this election: shape, membership of every element and range of every scalar; no proof yet. */
export function parse(election: Election, raw: Uint8Array): Ballot {
  if (raw.length > MAX_BYTES) throw new BallotError("ballot", "is too large");
  const place = "ballot";
  const names = ["election_uuid", "election_hash", "credential", "answers", "signature"];
  const object = fields(loadsStrict(raw, place), place, names);
  if (object.election_uuid !== election.uuid) throw new BallotError("election_uuid", "is that of another election");
  if (object.election_hash !== election.fingerprint) {
    throw new BallotError("election_hash", "is not the fingerprint of this election");
  }
  const { group, questions } = election;
  const credential = group.parseElement(string(object.credential, "credential"), "credential");
  const answers = each(
    object.answers,
    "answers",
    (item, where, index) => questions[index].parseAnswer(group, item, where),
    questions.length,
  );
  const { signature, ...body } = object;
  const signed = fields(signature, "signature", ["hash", "proof"]);
  return {
    raw,
    tracker: sha256Base64(raw),
    credential,
    answers,
    hash: checkedHash(body, signed.hash),
    signature: proofs.parse(group, signed.proof, "signature.proof"),
  };
}

function checkedHash(body: Json, signed: Json): string {
  const hash = sha256Base64(dumps(body));
  if (signed !== hash) throw new BallotError("signature.hash", "is not the hash of this ballot");
  return hash;
}

/** Check the signature and every proof; raises on the first that does not hold. */
export function verify(election: Election, ballot: Ballot): void {
  verifySignature(election, ballot);
  verifyProofs(election, ballot);
}

export function verifyProofs(election: Election, { answers, credential }: Ballot): void {
  const context = election.context(credential);
  election.questions.forEach((question, index) => question.verify(context, answers[index], `answers[${index}]`));
}

export function verifySignature({ group }: Election, { hash, credential, signature }: Ballot): void {
  proofs.verifyKnowledge(group, `sig|${hash}`, credential, signature, "signature.proof");
}

/** What the ballot contains, decrypted with the opening and compared with what it claims. */
export function open(election: Election, raw: Uint8Array, opening: Opening): Choices[] {
  const ballot = parse(election, raw);
  if (ballot.tracker !== opening.tracker) throw new BallotError("tracker", "is that of another ballot");
  verify(election, ballot);
  const context = election.context(ballot.credential);
  const contents = election.questions.map((question, n) =>
    question.opened(context, ballot.answers[n], randomness(context, opening.seed, n, question.size), `answers[${n}]`),
  );
  if (dumps(contents as Json) !== dumps(opening.choices as Json)) {
    throw new BallotError("choices", "are not what the ballot contains");
  }
  return contents;
}
