/**
 * The mixnet for non-homomorphic questions (specification 4.19 and 6); twin of ballots/shuffle.py.
 *
 * A shuffler re-encrypts the ciphertexts of a question, permutes them, and proves that the output is
 * a permutation of re-encryptions without saying which. Notation of section 6, additively.
 */

import * as elgamal from "./elgamal.js";
import type { Ciphertext } from "./elgamal.js";
import {
  BallotError,
  array,
  dumps,
  each,
  fields,
  loadsStrict,
  sha256Hex,
  string,
  utf8ToBytes,
  type Json,
} from "./encoding.js";
import type { Election } from "./election.js";
import type { Element, Group, Scalar } from "./group.js";

type Texts = readonly Element[];
export type Progress = (share: number) => void;

/** t1, t2, t3, t4,1, t4,2 and one for each ciphertext. */
interface Commitments {
  readonly fixed: Texts;
  readonly chain: Texts;
}

/** s1 to s4, then s^ and s' with one for each ciphertext. */
interface Responses {
  readonly fixed: readonly Scalar[];
  readonly chain: readonly Scalar[];
  readonly permuted: readonly Scalar[];
}

interface ShuffleProof {
  readonly t: Commitments;
  readonly s: Responses;
  readonly permutation: Texts;
  readonly chain: Texts;
}

/** What a proof is about: one question of one election, before and after. */
interface Statement {
  readonly election: Election;
  readonly before: readonly Ciphertext[];
  readonly after: readonly Ciphertext[];
}

const serial = (texts: readonly string[]): string => texts.map((text) => `${text},`).join("");
const textsOf = (elements: Texts): string[] => elements.map(({ text }) => text);
const numbered = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

type MulSum = (scalars: readonly Scalar[], elements: Texts) => Element;

/** Of the prover's secrets: in constant time, one after the other. */
const secretMulSum =
  (group: Group): MulSum =>
  (scalars, elements) =>
    group.sum(elements.map((element, index) => group.mul(scalars[index], element)));

const dot = (left: readonly bigint[], right: readonly bigint[]): bigint =>
  left.reduce((sum, value, index) => sum + value * right[index], 0n);

function statementText({ before, after }: Statement, permutation: Texts): string {
  const sides = [before, after].map((side) => serial(side.map(({ alpha, beta }) => `${alpha.text},${beta.text}`)));
  return sides.join("") + serial(textsOf(permutation));
}

/** `u`: GetNIZKPChallenges. */
function challenges(statement: Statement, permutation: Texts): Scalar[] {
  const { group, fingerprint } = statement.election;
  const seed = sha256Hex(utf8ToBytes(`shuffle-challenges|${fingerprint}|${statementText(statement, permutation)}`));
  return statement.before.map((_, index) => group.hashToScalar(seed + sha256Hex(utf8ToBytes(String(index)))));
}

/** `c`: GetNIZKPChallenge over everything. */
function challenge(statement: Statement, t: Commitments, permutation: Texts, chain: Texts): Scalar {
  const { group, fingerprint, publicKey } = statement.election;
  const y = statementText(statement, permutation) + serial(textsOf(chain)) + publicKey.text;
  const commitments = serial(textsOf(t.fixed)) + serial(textsOf(t.chain));
  return group.hashToScalar(`shuffle-challenge|${fingerprint}|${commitments}${y}`);
}

/** `-s4*(Y, G)` plus the outputs, weighted: the two halves of t4, beta first. */
function reencryption(
  { election, after }: Statement,
  s4: Scalar,
  permuted: readonly Scalar[],
  mulSum: MulSum,
): [Element, Element] {
  const { group, publicKey } = election;
  const minus = group.scalar(-s4);
  const beta = mulSum(
    permuted,
    after.map((item) => item.beta),
  );
  const alpha = mulSum(
    permuted,
    after.map((item) => item.alpha),
  );
  return [group.add(group.mul(minus, publicKey), beta), group.add(group.baseMul(minus), alpha)];
}

// --- one question

/** A permutation in which every order is equally likely. */
function permutation(count: number): number[] {
  const psi = numbered(count);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = below(last + 1);
    [psi[last], psi[other]] = [psi[other], psi[last]];
  }
  return psi;
}

/** A random number below `limit`, without bias: what does not fit is drawn again. */
function below(limit: number): number {
  const fits = Math.floor(2 ** 32 / limit) * limit;
  for (;;) {
    const [drawn] = crypto.getRandomValues(new Uint32Array(1));
    if (drawn < fits) return drawn % limit;
  }
}

/** GenShuffle: the output, the randomness of each input, the permutation. */
function shuffleQuestion({ group, publicKey }: Election, before: readonly Ciphertext[]) {
  const psi = permutation(before.length);
  const randomness = before.map(() => group.randomScalar());
  const encrypted = before.map((item, index) => {
    const r = randomness[index];
    return elgamal.add(group, item, { alpha: group.baseMul(r), beta: group.mul(r, publicKey) });
  });
  return { after: psi.map((index) => encrypted[index]), randomness, psi };
}

/** GenShuffleProof. */
function prove(
  statement: Statement,
  randomness: readonly Scalar[],
  psi: readonly number[],
  progress: Progress,
): ShuffleProof {
  const { group } = statement.election;
  const draw = (): Scalar[] => psi.map(() => group.randomScalar());
  const h = group.independentGenerator(-1);
  const generators = psi.map((_, index) => group.independentGenerator(index));
  const r = draw();
  const c: Element[] = [];
  psi.forEach((j, index) => (c[j] = group.add(group.baseMul(r[j]), generators[index])));
  const u = challenges(statement, c);
  const uPrime = psi.map((j) => u[j]);
  const rHat = draw();
  const cHat = commitmentChain(group, h, rHat, uPrime);
  progress(0.3);

  const mulSum = secretMulSum(group);
  const w = numbered(4).map(() => group.randomScalar());
  const [wHat, wPrime] = [draw(), draw()];
  const t = {
    fixed: [
      group.baseMul(w[0]),
      group.baseMul(w[1]),
      group.add(group.baseMul(w[2]), mulSum(wPrime, generators)),
      ...reencryption(statement, w[3], wPrime, mulSum),
    ],
    chain: psi.map((_, index) => group.baseMulAdd(wHat[index], wPrime[index], index === 0 ? h : cHat[index - 1])),
  };
  progress(0.9);
  const x = challenge(statement, t, c, cHat);
  const answer = (mask: bigint, hidden: bigint): Scalar => group.scalar(mask + x * hidden);
  const sums = [
    r.reduce((sum, item) => sum + item, 0n),
    dot(rHat, suffixProducts(group, uPrime)),
    dot(r, u),
    dot(randomness, u),
  ];
  const s = {
    fixed: sums.map((hidden, index) => answer(w[index], hidden)),
    chain: psi.map((_, index) => answer(wHat[index], rHat[index])),
    permuted: psi.map((_, index) => answer(wPrime[index], uPrime[index])),
  };
  return { t, s, permutation: c, chain: cHat };
}

/** Of each place the product of all that come after it. */
function suffixProducts(group: Group, factors: readonly Scalar[]): Scalar[] {
  const products = factors.map(() => group.scalar(1n));
  for (let index = factors.length - 2; index >= 0; index -= 1) {
    products[index] = group.scalar(factors[index + 1] * products[index + 1]);
  }
  return products;
}

/** GenCommitmentChain. */
function commitmentChain(group: Group, start: Element, r: readonly Scalar[], u: readonly Scalar[]): Element[] {
  let last = start;
  return r.map((a, index) => (last = group.baseMulAdd(a, u[index], last)));
}

/** CheckShuffleProof. */
function verifyQuestion(statement: Statement, { t, s, permutation: c, chain }: ShuffleProof, place: string): void {
  const { election, before } = statement;
  const { group } = election;
  const h = group.independentGenerator(-1);
  const generators = before.map((_, index) => group.independentGenerator(index));
  const u = challenges(statement, c);
  const minus = group.scalar(-challenge(statement, t, c, chain));
  const product = u.reduce((all, factor) => group.scalar(all * factor), group.scalar(1n));
  const sumC = group.subtract(group.sum(c), group.sum(generators));
  const last = group.subtract(chain.at(-1) ?? h, group.mul(product, h));
  const mulSum: MulSum = (scalars, elements) => group.publicMulSum(scalars, elements);
  const alpha = mulSum(
    u,
    before.map((item) => item.alpha),
  );
  const beta = mulSum(
    u,
    before.map((item) => item.beta),
  );
  const pair = reencryption(statement, s.fixed[3], s.permuted, mulSum);
  const third = group.baseMulAdd(s.fixed[2], minus, mulSum(u, c));
  const expected = [
    group.baseMulAdd(s.fixed[0], minus, sumC),
    group.baseMulAdd(s.fixed[1], minus, last),
    group.add(third, mulSum(s.permuted, generators)),
    group.add(group.mul(minus, beta), pair[0]),
    group.add(group.mul(minus, alpha), pair[1]),
  ];
  let holds = expected.every((element, index) => group.equal(element, t.fixed[index]));
  chain.forEach((link, index) => {
    const previous = index === 0 ? h : chain[index - 1];
    const right = group.add(group.baseMul(s.chain[index]), group.mulAdd(minus, link, s.permuted[index], previous));
    holds = holds && group.equal(t.chain[index], right);
  });
  if (!holds) throw new BallotError(place, "is not a valid proof");
}

// --- all non-homomorphic questions

/** A shuffle of the ciphertexts of all non-homomorphic questions, in canonical bytes. */
export function shuffle(
  election: Election,
  before: readonly (readonly Ciphertext[])[],
  progress: Progress = () => undefined,
): Uint8Array {
  const made = before.map((ciphertexts, question) => {
    const { after, randomness, psi } = shuffleQuestion(election, ciphertexts);
    const statement = { election, before: ciphertexts, after };
    const proof = prove(statement, randomness, psi, (share) => progress((question + share) / before.length));
    return { after: after.map(elgamal.toJson), proof: proofJson(proof) };
  });
  progress(1);
  return utf8ToBytes(dumps({ ciphertexts: made.map(({ after }) => after), proofs: made.map(({ proof }) => proof) }));
}

/** The output of a shuffle of `before`, everything checked. */
export function verify(
  election: Election,
  before: readonly (readonly Ciphertext[])[],
  raw: Uint8Array,
  place = "shuffle",
): Ciphertext[][] {
  const { group } = election;
  const object = fields(loadsStrict(raw, place), place, ["ciphertexts", "proofs"]);
  const sizes = before.map(({ length }) => length);
  const outputs = array(object.ciphertexts, `${place}.ciphertexts`, sizes.length);
  const after = outputs.map((output, index) =>
    each(output, `${place}.ciphertexts[${index}]`, (item, where) => elgamal.parse(group, item, where), sizes[index]),
  );
  const proofs = array(object.proofs, `${place}.proofs`, sizes.length);
  proofs.forEach((value, index) => {
    const where = `${place}.proofs[${index}]`;
    const statement = { election, before: before[index], after: after[index] };
    verifyQuestion(statement, parseProof(group, value, sizes[index], where), where);
  });
  return after;
}

function proofJson({ t, s, permutation: c, chain }: ShuffleProof): Json {
  const [t1, t2, t3, t41, t42] = textsOf(t.fixed);
  const [fixed, links, permuted] = [s.fixed, s.chain, s.permuted].map((numbers) => numbers.map(String));
  return [[t1, t2, t3, [t41, t42], textsOf(t.chain)], [...fixed, links, permuted], textsOf(c), textsOf(chain)];
}

function parseProof(group: Group, value: Json, size: number, place: string): ShuffleProof {
  const [t, s, permutation, chain] = array(value, place, 4);
  const [t1, t2, t3, t4, tHat] = array(t, `${place}[0]`, 5);
  const [s1, s2, s3, s4, sHat, sPrime] = array(s, `${place}[1]`, 6);
  const elements = (list: Json, where: string, length: number): Element[] =>
    each(list, where, (item, at) => group.parseElement(string(item, at), at), length);
  const scalars = (list: Json, where: string, length: number): Scalar[] =>
    each(list, where, (item, at) => group.parseScalar(string(item, at), at), length);
  return {
    t: {
      fixed: elements([t1, t2, t3, ...array(t4, `${place}[0][3]`, 2)], `${place}[0]`, 5),
      chain: elements(tHat, `${place}[0][4]`, size),
    },
    s: {
      fixed: scalars([s1, s2, s3, s4], `${place}[1]`, 4),
      chain: scalars(sHat, `${place}[1][4]`, size),
      permuted: scalars(sPrime, `${place}[1][5]`, size),
    },
    permutation: elements(permutation, `${place}[2]`, size),
    chain: elements(chain, `${place}[3]`, size),
  };
}
