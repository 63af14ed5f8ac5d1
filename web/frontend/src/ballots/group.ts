/** Elements and scalars: membership is checked once, where text becomes a value; twin of ballots/group.py. */

import { BallotError } from "./encoding.js";
import { Ed25519 } from "./ed25519.js";

/** An integer modulo the order of the group. */
export type Scalar = bigint & { readonly brand: "scalar" };

/** A member of the prime-order group; `text` is its one serialisation. */
export interface Element {
  readonly text: string;
}

/** A source of scalars: random, or derived from the seed of an opening. */
export type Pick = () => Scalar;

export interface Group {
  readonly name: string;
  readonly order: bigint;
  readonly generator: Element;
  readonly identity: Element;
  /**
   * Refuses what is not the canonical text of a member of the group.
   * `identity` says whether the neutral element is possible here, as in the tally of no ballots.
   */
  parseElement(text: string, place: string, identity?: boolean): Element;
  /** Refuses what is not a number below the order in base 10 without leading zeros. */
  parseScalar(text: string, place: string): Scalar;
  /** Reduce modulo the order. */
  scalar(value: bigint): Scalar;
  randomScalar(): Scalar;
  /** SHA-256 as a big-endian number, modulo the order: every challenge. */
  hashToScalar(text: string): Scalar;
  equal(left: Element, right: Element): boolean;
  /** Order of public credentials and of shuffled ciphertexts: negative, zero or positive. */
  compare(left: Element, right: Element): number;
  add(left: Element, right: Element): Element;
  subtract(left: Element, right: Element): Element;
  sum(elements: readonly Element[]): Element;
  mul(scalar: Scalar, element: Element): Element;
  baseMul(scalar: Scalar): Element;
  /** a*P + b*Q: verification is almost only this. */
  mulAdd(a: Scalar, left: Element, b: Scalar, right: Element): Element;
  /** a*G + b*Q. */
  baseMulAdd(a: Scalar, b: Scalar, right: Element): Element;
  /** a_1*P_1 + ... + a_n*P_n, of public values only: the time it takes depends on them. */
  publicMulSum(scalars: readonly Scalar[], elements: readonly Element[]): Element;
  /** Make the next multiplications of this element fast; costs about 30 of them. */
  precompute(element: Element): void;
  /** Generator number `index` (-1 is the secondary one), of unknown logarithm: shuffles commit with them. */
  independentGenerator(index: number): Element;
  /** An element that follows from the text and whose logarithm nobody knows. */
  hashToElement(text: string): Element;
  /** Embedding of small integers below 256 (specification, "Ed25519": of_ints). */
  embed(values: readonly number[]): Element;
  /** The integers in an element; total, because a voter can encrypt any element. */
  extract(element: Element, count: number): number[];
}

/** The browser reads Ed25519 only: elections over finite fields are made and verified elsewhere. */
export function getGroup(name: string): Group {
  if (name !== Ed25519.name) throw new BallotError("group", `${JSON.stringify(name)} cannot be used in the browser`);
  return Ed25519;
}
