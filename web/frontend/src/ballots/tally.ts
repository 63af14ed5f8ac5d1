/** Encrypted tally and partial decryptions (specification, "Encrypted tally"); twin of ballots/tally.py. */

import { BallotError, array, dumps, each, fields, loadsStrict, string, utf8ToBytes, type Json } from "./encoding.js";
import type { Ballot } from "./ballot.js";
import type { Election } from "./election.js";
import * as elgamal from "./elgamal.js";
import type { Ciphertext } from "./elgamal.js";
import type { Element, Group, Scalar } from "./group.js";
import * as proofs from "./proofs.js";
import { HomomorphicQuestion, ListsQuestion, type Shape } from "./questions/index.js";

type Nested = readonly Ciphertext[] | readonly (readonly Ciphertext[])[];

/** The running product of ballots; a replaced ballot is subtracted again. */
export class Accumulator {
  /** One row a question, flat: ciphertexts of an H or L answer summed, of an NH question listed. */
  readonly #sums: Ciphertext[][];

  constructor(readonly election: Election) {
    this.#sums = election.questions.map((question) => {
      const length = question.type === "NonHomomorphic" ? 0 : question.size;
      return Array.from({ length }, () => elgamal.zero(election.group));
    });
  }

  add(ballot: Ballot, weight = 1n): void {
    this.#change(ballot, (sum, item) => elgamal.add(this.election.group, sum, item), weight);
    this.#eachMixed(ballot, (row, item) => {
      if (weight !== 1n) throw new BallotError("credentials", "weights are for homomorphic questions only");
      row.push(item);
    });
  }

  subtract(ballot: Ballot, weight = 1n): void {
    this.#change(ballot, (sum, item) => elgamal.subtract(this.election.group, sum, item), weight);
    this.#eachMixed(ballot, (row, item) => {
      const index = row.findIndex(({ alpha, beta }) => alpha.text === item.alpha.text && beta.text === item.beta.text);
      if (index < 0) throw new BallotError("ballot", "is not in this tally");
      row.splice(index, 1);
    });
  }

  /** In the form that is published; ciphertexts of non-homomorphic questions are sorted. */
  encryptedTally(): Uint8Array {
    const { group, questions } = this.election;
    const rows = this.#sums.map((row, index) => {
      const question = questions[index];
      if (question instanceof ListsQuestion)
        return split(
          row,
          question.answers.map(({ length }) => length),
        );
      if (question instanceof HomomorphicQuestion) return row.map(elgamal.toJson);
      return row
        .toSorted((a, b) => group.compare(a.alpha, b.alpha) || group.compare(a.beta, b.beta))
        .map(elgamal.toJson);
    });
    return utf8ToBytes(dumps(rows));
  }

  #change(ballot: Ballot, combine: (sum: Ciphertext, item: Ciphertext) => Ciphertext, weight: bigint): void {
    const { group } = this.election;
    ballot.answers.forEach(({ ciphertexts }, index) => {
      if (this.election.questions[index].type === "NonHomomorphic") return;
      const row = this.#sums[index];
      flat(ciphertexts).forEach((item, j) => {
        row[j] = combine(row[j], elgamal.scale(group, group.scalar(weight), item));
      });
    });
  }

  #eachMixed(ballot: Ballot, apply: (row: Ciphertext[], item: Ciphertext) => void): void {
    ballot.answers.forEach(({ ciphertexts }, index) => {
      if (this.election.questions[index].type !== "NonHomomorphic") return;
      flat(ciphertexts).forEach((item) => apply(this.#sums[index], item));
    });
  }
}

const flat = (shape: Shape): readonly Ciphertext[] => shape.flat() as readonly Ciphertext[];

function split(row: readonly Ciphertext[], lengths: readonly number[]): Json {
  let start = 0;
  return lengths.map((length) => row.slice(start, (start += length)).map(elgamal.toJson));
}

/** Read an encrypted tally in the shape that the questions give it. */
export function parseEncryptedTally(election: Election, raw: Uint8Array): Nested[] {
  const { group, questions } = election;
  const one = (item: Json, where: string): Ciphertext => elgamal.parse(group, item, where, true);
  const place = "encrypted_tally";
  return each(
    loadsStrict(raw, place),
    place,
    (row, where, index) => {
      const question = questions[index];
      if (question instanceof ListsQuestion) {
        const { answers } = question;
        return each(row, where, (list, at, i) => each(list, at, one, answers[i].length), answers.length);
      }
      return each(row, where, one, question instanceof HomomorphicQuestion ? question.size : undefined);
    },
    questions.length,
  );
}

/** The rows that are shuffled, one a non-homomorphic question. */
export const mixedRows = (election: Election, raw: Uint8Array): Ciphertext[][] =>
  parseEncryptedTally(election, raw)
    .filter((_, index) => election.questions[index].type === "NonHomomorphic")
    .map((row) => [...(row as readonly Ciphertext[])]);

/** The tally with the output of a shuffle in place of those rows. */
export function withMixedRows(
  election: Election,
  raw: Uint8Array,
  after: readonly (readonly Ciphertext[])[],
): Uint8Array {
  const remaining = [...after];
  const rows = array(loadsStrict(raw, "tally"), "tally").map((row, index) =>
    election.questions[index].type === "NonHomomorphic" ? (remaining.shift() ?? []).map(elgamal.toJson) : row,
  );
  return utf8ToBytes(dumps(rows));
}

/** Apply to every ciphertext and keep the shape. */
const shaped = (shape: Nested, apply: (item: Ciphertext) => Json): Json =>
  (shape as readonly (Ciphertext | readonly Ciphertext[])[]).map((item) =>
    "alpha" in item ? apply(item) : item.map(apply),
  );

export type Progress = (share: number) => void;

/**
 * The decryption factors of one trustee with their proofs.
 * Decrypts whatever it is given: the caller has recomputed the tally from the closed archive.
 */
export function partialDecryption(
  election: Election,
  encryptedTally: Uint8Array,
  privateKey: Scalar,
  progress: Progress = () => undefined,
): Uint8Array {
  const { group, fingerprint } = election;
  const key = group.baseMul(privateKey);
  const rows = parseEncryptedTally(election, encryptedTally);
  const total = rows.reduce((sum, row) => sum + row.flat().length, 0);
  let done = 0;
  const factors = rows.map((row) => shaped(row, ({ alpha }) => group.mul(privateKey, alpha).text));
  const proofRows = rows.map((row) =>
    shaped(row, ({ alpha }) => {
      progress((done += 1) / total);
      return proofs.toJson(proofs.proveDecryption(group, fingerprint, key, alpha, privateKey, group.randomScalar));
    }),
  );
  return utf8ToBytes(dumps({ decryption_factors: factors, decryption_proofs: proofRows }));
}

/** Check a partial decryption made with the private half of `key`. */
export function checkPartialDecryption(
  election: Election,
  encryptedTally: Uint8Array,
  key: Element,
  raw: Uint8Array,
): void {
  const { group, fingerprint } = election;
  const place = "partial_decryption";
  const object = fields(loadsStrict(raw, place), place, ["decryption_factors", "decryption_proofs"]);
  const rows = parseEncryptedTally(election, encryptedTally);
  const factorRows = array(object.decryption_factors, `${place}.decryption_factors`, rows.length);
  const proofRows = array(object.decryption_proofs, `${place}.decryption_proofs`, rows.length);
  rows.forEach((row, index) => {
    const where = `${place}[${index}]`;
    const check = (ciphertext: Ciphertext, factor: Json, proof: Json, at: string): void =>
      checkFactor(group, fingerprint, key, ciphertext, factor, proof, at);
    pairwise(row, factorRows[index], proofRows[index], where, check);
  });
}

function checkFactor(
  group: Group,
  fingerprint: string,
  key: Element,
  { alpha }: Ciphertext,
  factor: Json,
  proof: Json,
  place: string,
): void {
  const element = group.parseElement(string(factor, place), place, true);
  proofs.verifyDecryption(group, fingerprint, key, alpha, element, proofs.parse(group, proof, place), place);
}

function pairwise(
  row: Nested,
  factors: Json,
  proofRow: Json,
  place: string,
  check: (ciphertext: Ciphertext, factor: Json, proof: Json, place: string) => void,
): void {
  const factorItems = array(factors, place, row.length);
  const proofItems = array(proofRow, place, row.length);
  row.forEach((item, index) => {
    const where = `${place}[${index}]`;
    if ("alpha" in item) check(item, factorItems[index], proofItems[index], where);
    else pairwise(item, factorItems[index], proofItems[index], where, check);
  });
}

const REHEARSAL_VOTES = 1n;

/**
 * The test tally of a rehearsal: the number 1 in each place, with scalars that follow from the fingerprint.
 * The trustee's tool makes it itself, so nobody can hand it a ballot to decrypt.
 */
export function rehearsalTally({ group, publicKey, questions, fingerprint }: Election): Uint8Array {
  const rows = questions.map(({ size }, i) =>
    Array.from({ length: size }, (_, j) => {
      const r = group.hashToScalar(`rehearsal|${fingerprint}|${i}|${j}`);
      return elgamal.toJson(elgamal.encrypt(group, publicKey, r, REHEARSAL_VOTES));
    }),
  );
  return utf8ToBytes(dumps(rows));
}
