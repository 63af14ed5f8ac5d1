/** The group Ed25519 (specification, "Elliptic curves") on noble-curves; twin of ballots/ed25519.py. */

import { pippenger } from "@noble/curves/abstract/curve.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { BallotError, bytesToHex, decimal, hexToBytes, sha256Int } from "./encoding.js";
import type { Element, Group, Scalar } from "./group.js";

const Point = ed25519.Point;
type Point = InstanceType<typeof Point>;

const Q = Point.Fn.ORDER;
// Windows of six bits: the table costs some 15 ms and makes a multiplication five times faster.
const WINDOW = 6;
const PADDING_BITS = 14;
const INT_BITS = 8;

class Ed25519Element implements Element {
  #text: string | null = null;

  constructor(
    readonly point: Point,
    text: string | null = null,
  ) {
    this.#text = text;
  }

  /** The 256-bit number of the specification in hexadecimal: the byte order is the reverse of RFC 8032. */
  get text(): string {
    this.#text ??= bytesToHex(this.point.toBytes().reverse());
    return this.#text;
  }
}

const wrap = (point: Point): Element => new Ed25519Element(point);

function pointOf(element: Element): Point {
  if (element instanceof Ed25519Element) return element.point;
  throw new BallotError("", "is not an element of Ed25519");
}

const scalar = (value: bigint): Scalar => (((value % Q) + Q) % Q) as Scalar;

/** noble refuses the scalar zero, which is a legal exponent of this protocol. */
function times(factor: Scalar, point: Point): Point {
  return factor === 0n || point.is0() ? Point.ZERO : point.multiply(factor);
}

function decode(text: string): Point | null {
  try {
    return Point.fromBytes(hexToBytes(text).reverse());
  } catch {
    return null; // noble says why in words of its own; the callers name the field
  }
}

function parseElement(text: string, place: string, identity = false): Element {
  if (!/^[0-9a-f]{64}$/.test(text)) throw new BallotError(place, "must be 64 lower-case hexadecimal digits");
  const point = decode(text);
  if (point === null || !point.isTorsionFree()) throw new BallotError(place, "is not in the group Ed25519");
  const element = new Ed25519Element(point);
  if (element.text !== text) throw new BallotError(place, "is not the canonical form of an element");
  if (point.is0() && !identity) throw new BallotError(place, "is the neutral element");
  return element;
}

function parseScalar(text: string, place: string): Scalar {
  const value = decimal(text, place);
  if (value >= Q) throw new BallotError(place, "must be less than the order of the group");
  return value as Scalar;
}

/** 512 random bits, so that the reduction leaves no measurable bias. */
function randomScalar(): Scalar {
  return scalar(BigInt(`0x${bytesToHex(crypto.getRandomValues(new Uint8Array(64)))}`));
}

/** Order of 32-byte strings in RFC 8032 byte order. */
function compare(left: Element, right: Element): number {
  const [a, b] = [left, right].map((element) => bytesToHex(hexToBytes(element.text).reverse()));
  return a < b ? -1 : a > b ? 1 : 0;
}

function embed(values: readonly number[]): Element {
  const packed = values.reduce((sum, value) => (sum << BigInt(INT_BITS)) + BigInt(value), 0n) << BigInt(PADDING_BITS);
  if (packed >> 255n !== 0n || values.some((value) => !Number.isInteger(value) || value < 0 || value > 255)) {
    throw new BallotError("choices", "do not fit into one element of Ed25519");
  }
  for (let padding = 0n; padding < 1n << BigInt(PADDING_BITS); padding += 1n) {
    const point = decode((packed + padding).toString(16).padStart(64, "0"));
    if (point?.isTorsionFree()) return wrap(point);
  }
  throw new BallotError("choices", "cannot be embedded into Ed25519");
}

function extract(element: Element, count: number): number[] {
  let packed = BigInt(`0x${element.text}`) >> BigInt(PADDING_BITS);
  const values: number[] = [];
  for (let index = 0; index < count; index += 1) {
    values.unshift(Number(packed & 255n));
    packed >>= BigInt(INT_BITS);
  }
  return values;
}

const generators = new Map<number, Element>();

/** GetGenerator (specification, table for Ed25519): the first number from a hash on that is a point, times 8. */
function independentGenerator(index: number): Element {
  const known = generators.get(index);
  if (known !== undefined) return known;
  const element = hashToElement(`ggen|${index}`);
  generators.set(index, element);
  return element;
}

/** An element that follows from the text and whose logarithm nobody knows; twin of Group.hash_to_element. */
function hashToElement(text: string): Element {
  let number = sha256Int(text) >> 2n;
  let point = decode(number.toString(16).padStart(64, "0"));
  while (point === null) point = decode((number += 1n).toString(16).padStart(64, "0"));
  return wrap(point.clearCofactor());
}

export const Ed25519: Group = {
  name: "Ed25519",
  order: Q,
  generator: wrap(Point.BASE),
  identity: wrap(Point.ZERO),
  parseElement,
  parseScalar,
  scalar,
  randomScalar,
  hashToScalar: (text) => scalar(sha256Int(text)),
  hashToElement,
  equal: (left, right) => pointOf(left).equals(pointOf(right)),
  compare,
  add: (left, right) => wrap(pointOf(left).add(pointOf(right))),
  subtract: (left, right) => wrap(pointOf(left).subtract(pointOf(right))),
  sum: (elements) => wrap(elements.reduce((total, element) => total.add(pointOf(element)), Point.ZERO)),
  mul: (factor, element) => wrap(times(factor, pointOf(element))),
  baseMul: (factor) => wrap(times(factor, Point.BASE)),
  mulAdd: (a, left, b, right) => wrap(times(a, pointOf(left)).add(times(b, pointOf(right)))),
  baseMulAdd: (a, b, right) => wrap(times(a, Point.BASE).add(times(b, pointOf(right)))),
  publicMulSum: (scalars, elements) => wrap(pippenger(Point, elements.map(pointOf), [...scalars])),
  independentGenerator,
  precompute: (element) => void pointOf(element).precompute(WINDOW, false),
  embed,
  extract,
};
