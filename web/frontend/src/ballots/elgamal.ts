/** El Gamal in the exponent (specification, "Homomorphic answers"); twin of ballots/elgamal.py. */

import { fields, string, type Json } from "./encoding.js";
import type { Element, Group, Scalar } from "./group.js";

export interface Ciphertext {
  readonly alpha: Element;
  readonly beta: Element;
}

/** Encrypt the integer `message` as (g^r, y^r g^message). */
export function encrypt(group: Group, key: Element, r: Scalar, message: bigint): Ciphertext {
  const mask = group.mul(r, key);
  const beta = message === 0n ? mask : group.add(mask, group.baseMul(group.scalar(message)));
  return { alpha: group.baseMul(r), beta };
}

/** Encrypt an element as (g^r, y^r element): non-homomorphic questions. */
export function encryptElement(group: Group, key: Element, r: Scalar, element: Element): Ciphertext {
  return { alpha: group.baseMul(r), beta: group.add(group.mul(r, key), element) };
}

export const add = (group: Group, left: Ciphertext, right: Ciphertext): Ciphertext => ({
  alpha: group.add(left.alpha, right.alpha),
  beta: group.add(left.beta, right.beta),
});

export const subtract = (group: Group, left: Ciphertext, right: Ciphertext): Ciphertext => ({
  alpha: group.subtract(left.alpha, right.alpha),
  beta: group.subtract(left.beta, right.beta),
});

export const sum = (group: Group, ciphertexts: readonly Ciphertext[]): Ciphertext => ({
  alpha: group.sum(ciphertexts.map(({ alpha }) => alpha)),
  beta: group.sum(ciphertexts.map(({ beta }) => beta)),
});

export const scale = (group: Group, factor: Scalar, { alpha, beta }: Ciphertext): Ciphertext =>
  factor === 1n ? { alpha, beta } : { alpha: group.mul(factor, alpha), beta: group.mul(factor, beta) };

/** The ciphertext of m - offset with the same randomness. */
export const shift = (group: Group, { alpha, beta }: Ciphertext, offset: bigint): Ciphertext => ({
  alpha,
  beta: offset === 0n ? beta : group.subtract(beta, group.baseMul(group.scalar(offset))),
});

export const zero = (group: Group): Ciphertext => ({ alpha: group.identity, beta: group.identity });

export const toJson = ({ alpha, beta }: Ciphertext): Json => ({ alpha: alpha.text, beta: beta.text });

export function parse(group: Group, value: Json | undefined, place: string, identity = false): Ciphertext {
  const { alpha, beta } = fields(value, place, ["alpha", "beta"]);
  return {
    alpha: group.parseElement(string(alpha, `${place}.alpha`), `${place}.alpha`, identity),
    beta: group.parseElement(string(beta, `${place}.beta`), `${place}.beta`, identity),
  };
}

/** The part of the hashed string that names ciphertexts: "alpha,beta,alpha,beta". */
export const hashed = (ciphertexts: readonly Ciphertext[]): string =>
  ciphertexts.map(({ alpha, beta }) => `${alpha.text},${beta.text}`).join(",");
