/** Verification keys of trustees (specification, "Verification keys" and "Trustees"); twin of ballots/trustees.py. */

import { BallotError, each, fields, loadsStrict, string, array, type Json } from "./encoding.js";
import type { Element, Group, Scalar } from "./group.js";
import * as proofs from "./proofs.js";
import { parseThresholdParameters, type ThresholdParameters } from "./threshold.js";

export interface PublicKey {
  readonly key: Element;
  readonly json: Json;
}

export type Trustee =
  | { readonly kind: "Single"; readonly publicKey: PublicKey }
  | { readonly kind: "Pedersen"; readonly parameters: ThresholdParameters };

/** The prefix of a proof of knowledge of a private key. */
const pokPrefix = (group: Group, key: Element): string => `pok|${group.name}|${key.text}`;

/** The published half of a private key, with a proof that its owner knows the other half. */
export function publish(group: Group, privateKey: Scalar): PublicKey {
  const key = group.baseMul(privateKey);
  const pok = proofs.proveKnowledge(group, pokPrefix(group, key), privateKey, group.randomScalar);
  return { key, json: { pok: proofs.toJson(pok), public_key: key.text } };
}

/** A new key pair; the private key in base 10 must not leave the trustee. */
export function generateSingle(group: Group): { privateKey: string; publicKey: Json } {
  const privateKey = group.randomScalar();
  return { privateKey: privateKey.toString(), publicKey: publish(group, privateKey).json };
}

/** Read a public key and check its proof of knowledge. */
export function parsePublicKey(group: Group, value: Json | undefined, place: string): PublicKey {
  const object = fields(value, place, ["pok", "public_key", "signature?", "name?"]);
  const key = group.parseElement(string(object.public_key, `${place}.public_key`), `${place}.public_key`);
  if (group.equal(key, group.identity)) throw new BallotError(`${place}.public_key`, "is the neutral element");
  const pok = proofs.parse(group, object.pok, `${place}.pok`);
  proofs.verifyKnowledge(group, pokPrefix(group, key), key, pok, `${place}.pok`);
  return { key, json: value as Json };
}

export function parseTrustees(raw: Uint8Array, group: Group): Trustee[] {
  return each(loadsStrict(raw, "trustees"), "trustees", (item, place) => {
    const [kind, value] = array(item, place, 2);
    if (kind === "Single") return { kind, publicKey: parsePublicKey(group, value, place) };
    if (kind === "Pedersen") return { kind, parameters: parseThresholdParameters(group, value, place) };
    throw new BallotError(place, "is not a kind of trustee");
  });
}

/** The public key of the election: the product of the sub-keys. */
export const electionKey = (group: Group, trustees: readonly Trustee[]): Element =>
  group.sum(trustees.map((item) => (item.kind === "Single" ? item.publicKey.key : item.parameters.key)));

/** Verification keys in the order of `owner`, which counts from 1. */
export const verificationKeys = (trustees: readonly Trustee[]): Element[] =>
  trustees.flatMap((item) =>
    item.kind === "Single" ? [item.publicKey.key] : item.parameters.verificationKeys.map(({ key }) => key),
  );
