/** What the three types of questions have in common. */

import type { Json } from "../encoding.js";
import type { Ciphertext } from "../elgamal.js";
import type { Element, Group, Pick } from "../group.js";

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
  toJson(): Json;
  encrypt(context: Context, choices: Choices, pick: Pick): A;
  parseAnswer(group: Group, value: Json, place: string): A;
  /** Checks every proof of the answer; raises on the first that does not hold. */
  verify(context: Context, answer: A, place: string): void;
}
