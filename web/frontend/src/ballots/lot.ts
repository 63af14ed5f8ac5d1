/** The lot of a contest, a value that nobody can choose; twin of ballots/lot.py, which says why. */

import type { Election } from "./election.js";
import { dumps, fields, loadsStrict, sha256Hex, string, utf8ToBytes } from "./encoding.js";
import type { Element, Scalar } from "./group.js";
import * as proofs from "./proofs.js";

/** The point of the contest: it follows from uuid, fingerprint and the encrypted tally before any shuffle. */
export const point = ({ group, uuid, fingerprint }: Election, encryptedTally: Uint8Array): Element =>
  group.hashToElement(`lot|${uuid}|${fingerprint}|${sha256Hex(encryptedTally)}`);

/** The share of the holder of `privateKey`: the factor and its proof. */
export function share(election: Election, encryptedTally: Uint8Array, privateKey: Scalar): Uint8Array {
  const { group, fingerprint } = election;
  const base = point(election, encryptedTally);
  const proof = proofs.proveLot(group, fingerprint, group.baseMul(privateKey), base, privateKey, group.randomScalar);
  return utf8ToBytes(dumps({ factor: group.mul(privateKey, base).text, proof: proofs.toJson(proof) }));
}

/** Check a share made with the private half of `key`. */
export function checkShare(election: Election, encryptedTally: Uint8Array, key: Element, raw: Uint8Array): void {
  const { group, fingerprint } = election;
  const object = fields(loadsStrict(raw, "lot"), "lot", ["factor", "proof"]);
  const factor = group.parseElement(string(object.factor, "lot.factor"), "lot.factor");
  const proof = proofs.parse(group, object.proof, "lot.proof");
  proofs.verifyLot(group, fingerprint, key, point(election, encryptedTally), factor, proof, "lot");
}
