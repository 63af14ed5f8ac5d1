/**
 * Zero-knowledge proofs, prove beside verify; twin of ballots/proofs.py.
 *
 * Provers draw every random scalar from `pick`, in the order of the Python twin: the seed of an
 * opening gives the same ballot, byte for byte, on a second device.
 */

import { BallotError, each, fields, string, type Json } from "./encoding.js";
import { shift, type Ciphertext } from "./elgamal.js";
import type { Element, Group, Pick, Scalar } from "./group.js";

export interface Proof {
  readonly challenge: Scalar;
  readonly response: Scalar;
}

export const toJson = ({ challenge, response }: Proof): Json => ({
  challenge: challenge.toString(),
  response: response.toString(),
});

export function parse(group: Group, value: Json | undefined, place: string): Proof {
  const { challenge, response } = fields(value, place, ["challenge", "response"]);
  return {
    challenge: group.parseScalar(string(challenge, `${place}.challenge`), `${place}.challenge`),
    response: group.parseScalar(string(response, `${place}.response`), `${place}.response`),
  };
}

export const parseMany = (group: Group, value: Json | undefined, place: string, length?: number): Proof[] =>
  each(value, place, (item, where) => parse(group, item, where), length);

const hash = (group: Group, prefix: string, commitments: readonly Element[]): Scalar =>
  group.hashToScalar(`${prefix}|${commitments.map(({ text }) => text).join(",")}`);

// --- knowledge of a discrete logarithm: keys, signatures, encrypted elements, messages between trustees

/** Prove knowledge of x, the logarithm of g^x, bound to `prefix` (sections "Verification keys", "Signatures"). */
export function proveKnowledge(group: Group, prefix: string, x: Scalar, pick: Pick): Proof {
  const w = pick();
  const challenge = hash(group, prefix, [group.baseMul(w)]);
  return { challenge, response: group.scalar(w - x * challenge) };
}

export function verifyKnowledge(group: Group, prefix: string, key: Element, proof: Proof, place: string): void {
  const commitment = group.baseMulAdd(proof.response, proof.challenge, key);
  if (hash(group, prefix, [commitment]) !== proof.challenge) throw new BallotError(place, "the proof does not hold");
}

// --- one of several statements "this ciphertext encrypts zero" (sections "Proofs of interval membership",
//     "Proofs of possibly-blank votes", "Proofs of list constraints")

/** What the prover knows of a disjunct: the randomness of its ciphertext and the integer in it. */
export interface Witness {
  readonly r: Scalar;
  readonly message: bigint;
}

/**
 * Prove that one of the ciphertexts encrypts zero: `witnesses[real]` does.
 * The prover knows r, so alpha^c is g^(r c) and beta^c is y^(r c) g^(message c): every
 * multiplication has a fixed base, and the commitments are the ones a verifier computes.
 */
export function proveOneZero(
  group: Group,
  key: Element,
  prefix: string,
  witnesses: readonly Witness[],
  real: number,
  pick: Pick,
): Proof[] {
  const nothing = { challenge: group.scalar(0n), response: group.scalar(0n) };
  const simulated = witnesses.map((_, index) => (index === real ? nothing : { challenge: pick(), response: pick() }));
  const w = pick();
  const commitments = witnesses.flatMap(({ r, message }, index) => {
    if (index === real) return [group.baseMul(w), group.mul(w, key)];
    const { challenge, response } = simulated[index];
    const exponent = group.scalar(response + r * challenge);
    const mask = group.mul(exponent, key);
    const beta = message === 0n ? mask : group.add(mask, group.baseMul(group.scalar(message * challenge)));
    return [group.baseMul(exponent), beta];
  });
  const others = simulated.reduce((sum, { challenge }) => sum + challenge, 0n);
  const challenge = group.scalar(hash(group, prefix, commitments) - others);
  return simulated.map((proof, index) =>
    index === real ? { challenge, response: group.scalar(w - witnesses[real].r * challenge) } : proof,
  );
}

export function verifyOneZero(
  group: Group,
  key: Element,
  prefix: string,
  disjuncts: readonly Ciphertext[],
  proofs: readonly Proof[],
  place: string,
): void {
  if (proofs.length !== disjuncts.length) {
    throw new BallotError(place, `must have ${disjuncts.length} proofs, not ${proofs.length}`);
  }
  const commitments = disjuncts.flatMap(({ alpha, beta }, index) => {
    const { challenge, response } = proofs[index];
    return [group.baseMulAdd(response, challenge, alpha), group.mulAdd(response, key, challenge, beta)];
  });
  const sum = group.scalar(proofs.reduce((total, { challenge }) => total + challenge, 0n));
  if (hash(group, prefix, commitments) !== sum) throw new BallotError(place, "the proof does not hold");
}

/** `prove|S|alpha,beta`: what interval proofs hash before the commitments. */
const intervalPrefix = (context: string, { alpha, beta }: Ciphertext): string =>
  `prove|${context}|${alpha.text},${beta.text}`;

/** Prove that the ciphertext, made with `witness`, encrypts an integer in [min, max]. */
export function proveInterval(
  group: Group,
  key: Element,
  context: string,
  ciphertext: Ciphertext,
  witness: Witness,
  min: number,
  max: number,
  pick: Pick,
): Proof[] {
  const witnesses = interval(min, max).map((value) => ({ r: witness.r, message: witness.message - value }));
  const real = witnesses.findIndex(({ message }) => message === 0n);
  return proveOneZero(group, key, intervalPrefix(context, ciphertext), witnesses, real, pick);
}

export function verifyInterval(
  group: Group,
  key: Element,
  context: string,
  ciphertext: Ciphertext,
  min: number,
  max: number,
  proofs: readonly Proof[],
  place: string,
): void {
  const disjuncts = interval(min, max).map((value) => shift(group, ciphertext, value));
  verifyOneZero(group, key, intervalPrefix(context, ciphertext), disjuncts, proofs, place);
}

export const interval = (min: number, max: number): bigint[] =>
  Array.from({ length: max - min + 1 }, (_, index) => BigInt(min + index));

// --- equality of two logarithms: partial decryptions (section "Partial decryptions")

/** Prove that key = g^x and factor = base^x for one x. */
export function proveDecryption(
  group: Group,
  fingerprint: string,
  key: Element,
  base: Element,
  x: Scalar,
  pick: Pick,
): Proof {
  const w = pick();
  const challenge = hash(group, `decrypt|${fingerprint}|${key.text}`, [group.baseMul(w), group.mul(w, base)]);
  return { challenge, response: group.scalar(w - x * challenge) };
}

export function verifyDecryption(
  group: Group,
  fingerprint: string,
  key: Element,
  base: Element,
  factor: Element,
  { challenge, response }: Proof,
  place: string,
): void {
  const commitments = [group.baseMulAdd(response, challenge, key), group.mulAdd(response, base, challenge, factor)];
  if (hash(group, `decrypt|${fingerprint}|${key.text}`, commitments) !== challenge) {
    throw new BallotError(place, "the proof does not hold");
  }
}

const lotPrefix = (fingerprint: string, statement: readonly Element[]): string =>
  `lot|${fingerprint}|${statement.map(({ text }) => text).join(",")}`;

/**
 * Prove that base^x is the share of the holder of `key` in a lot. The whole statement is hashed, unlike
 * above: nobody can fit a share to a challenge (proofs.prove_lot says what that would allow).
 */
export function proveLot(group: Group, fingerprint: string, key: Element, base: Element, x: Scalar, pick: Pick): Proof {
  const w = pick();
  const prefix = lotPrefix(fingerprint, [key, base, group.mul(x, base)]);
  const challenge = hash(group, prefix, [group.baseMul(w), group.mul(w, base)]);
  return { challenge, response: group.scalar(w - x * challenge) };
}

export function verifyLot(
  group: Group,
  fingerprint: string,
  key: Element,
  base: Element,
  factor: Element,
  { challenge, response }: Proof,
  place: string,
): void {
  const commitments = [group.baseMulAdd(response, challenge, key), group.mulAdd(response, base, challenge, factor)];
  if (hash(group, lotPrefix(fingerprint, [key, base, factor]), commitments) !== challenge) {
    throw new BallotError(place, "the proof does not hold");
  }
}

// --- encryption of anything but zero (section "Proof of encryption of non-zero")

export interface NonzeroProof {
  readonly commitment: Element;
  readonly challenge: Scalar;
  readonly response: readonly [Scalar, Scalar];
}

export const nonzeroJson = ({ commitment, challenge, response }: NonzeroProof): Json => ({
  commitment: commitment.text,
  challenge: challenge.toString(),
  response: response.map((scalar) => scalar.toString()),
});

export function proveNonzero(
  group: Group,
  key: Element,
  context: string,
  { alpha, beta }: Ciphertext,
  r: Scalar,
  pick: Pick,
): NonzeroProof {
  let s = pick();
  while (s === 0n) s = pick();
  const [w1, w2] = [pick(), pick()];
  const commitment = group.mulAdd(s, beta, group.scalar(-s * r), key);
  const first = group.mulAdd(w1, alpha, w2, group.generator);
  const second = group.mulAdd(w1, beta, w2, key);
  const challenge = hash(group, `nonzero|${context}`, [commitment, first, second]);
  return { commitment, challenge, response: [group.scalar(w1 - s * challenge), group.scalar(w2 + s * r * challenge)] };
}

export function verifyNonzero(
  group: Group,
  key: Element,
  context: string,
  { alpha, beta }: Ciphertext,
  { commitment, challenge, response: [t1, t2] }: NonzeroProof,
  place: string,
): void {
  if (group.equal(commitment, group.identity))
    throw new BallotError(place, "proves nothing: its commitment is neutral");
  const first = group.mulAdd(t1, alpha, t2, group.generator);
  const second = group.add(group.mulAdd(t1, beta, t2, key), group.mul(challenge, commitment));
  if (hash(group, `nonzero|${context}`, [commitment, first, second]) !== challenge) {
    throw new BallotError(place, "the proof does not hold");
  }
}
