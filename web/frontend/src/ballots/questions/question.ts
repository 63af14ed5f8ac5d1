/** What the three types of questions have in common. */

import { BallotError, type Json } from "../encoding.js";
import type { Ciphertext } from "../elgamal.js";
import type { Element, Group, Pick, Scalar } from "../group.js";

/** Per answer 0 or 1 (with a leading blank bit where blank is allowed), small integers, or bits per list. */
export type Choices = readonly number[] | readonly (readonly number[])[];

export interface Context {
  readonly group: Group;
  /** Public key of the election. */
  readonly key: Element;
  /** S_0: fingerprint and public credential, bound into every proof. */
  readonly prefix: string;
}

/** Ciphertexts of one answer in the shape of the encrypted tally. */
export type Shape = readonly Ciphertext[] | readonly (readonly Ciphertext[])[];

export interface Answer {
  readonly ciphertexts: Shape;
  toJson(): Json;
}

export interface Question<A extends Answer = Answer> {
  readonly type: "Homomorphic" | "NonHomomorphic" | "Lists";
  readonly text: string;
  /** How many ciphertexts an answer has. */
  readonly size: number;
  /** How many scalars its proofs draw, for showing progress. */
  readonly picks: number;
  toJson(): Json;
  /** Refuse choices that cannot be proved. */
  checkChoices(choices: Choices): void;
  /** One random scalar a ciphertext; proofs draw theirs from `pick`. */
  encrypt(context: Context, choices: Choices, randomness: readonly Scalar[], pick: Pick): A;
  parseAnswer(group: Group, value: Json, place: string): A;
  /** Checks every proof of the answer; raises on the first that does not hold. */
  verify(context: Context, answer: A, place: string): void;
  /** What the ciphertexts contain, given the randomness they were made with. */
  opened(context: Context, answer: A, randomness: readonly Scalar[], place: string): Choices;
}

/** The encrypted element, after checking that r is the randomness of alpha. */
export function openedElement({ group, key }: Context, { alpha, beta }: Ciphertext, r: Scalar, place: string): Element {
  if (!group.equal(group.baseMul(r), alpha)) {
    throw new BallotError(place, "was not made with the randomness of this opening");
  }
  return group.subtract(beta, group.mul(r, key));
}

/** The encrypted 0 or 1. */
export function openedBit(context: Context, ciphertext: Ciphertext, r: Scalar, place: string): number {
  const element = openedElement(context, ciphertext, r, place);
  const { equal, identity, generator } = context.group;
  if (equal(element, identity)) return 0;
  if (equal(element, generator)) return 1;
  throw new BallotError(place, "encrypts neither 0 nor 1");
}
