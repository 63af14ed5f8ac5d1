/** Ballots (specification, "Ballots" and "Signatures"); twin of ballots/ballot.py. */

import {
  BallotError,
  dumps,
  each,
  fields,
  loadsStrict,
  sha256Base64,
  string,
  utf8ToBytes,
  type Json,
} from "./encoding.js";
import { derive } from "./credentials.js";
import type { Election } from "./election.js";
import type { Element, Pick } from "./group.js";
import * as proofs from "./proofs.js";
import type { Proof } from "./proofs.js";
import type { Answer, Choices } from "./questions/index.js";

// Far above the largest ballot of this protocol, far below what would hurt the parser.
export const MAX_BYTES = 4 << 20;

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

/** Called after each question with the share done, from 0 to 1. */
export type Progress = (share: number) => void;

/** Encrypt with fresh randomness that nobody can show again. */
export function encrypt(
  election: Election,
  secret: string,
  choices: readonly Choices[],
  progress?: Progress,
): Uint8Array {
  return assemble(election, secret, choices, election.group.randomScalar, progress);
}

function assemble(
  election: Election,
  secret: string,
  choices: readonly Choices[],
  pick: Pick,
  progress: Progress = () => undefined,
): Uint8Array {
  const { group, questions } = election;
  if (choices.length !== questions.length) {
    throw new BallotError("choices", `must answer ${questions.length} questions, not ${choices.length}`);
  }
  const { exponent, key } = derive(group, election.uuid, secret);
  const context = election.context(key);
  const answers = questions.map((question, index) => {
    const answer = question.encrypt(context, choices[index], pick);
    progress((index + 1) / questions.length);
    return answer.toJson();
  });
  const body = {
    election_uuid: election.uuid,
    election_hash: election.fingerprint,
    credential: key.text,
    answers,
  };
  const hash = sha256Base64(dumps(body));
  const proof = proofs.toJson(proofs.proveKnowledge(group, `sig|${hash}`, exponent, group.randomScalar));
  return utf8ToBytes(dumps({ ...body, signature: { hash, proof } }));
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
  const context = election.context(ballot.credential);
  election.questions.forEach((question, index) => question.verify(context, ballot.answers[index], `answers[${index}]`));
}

export function verifySignature({ group }: Election, { hash, credential, signature }: Ballot): void {
  proofs.verifyKnowledge(group, `sig|${hash}`, credential, signature, "signature.proof");
}
