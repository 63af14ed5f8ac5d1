/** Letters between trustees, carried by the server (specification, "Public key infrastructure" and "Channels"); twin of ballots/channel.py. */

import {
  BallotError,
  bytesToHex,
  dumps,
  fields,
  hexToBytes,
  loadsStrict,
  sha256Bytes,
  sha256Int,
  string,
  utf8ToBytes,
  type Json,
} from "./encoding.js";
import { LENGTH, randomBase58 } from "./credentials.js";
import type { Element, Group, Scalar } from "./group.js";
import * as proofs from "./proofs.js";
import type { Proof } from "./proofs.js";

export interface Identity {
  readonly signing: Scalar;
  readonly decryption: Scalar;
}

/** The secret seed of a trustee: everything else of the key ceremony is derived from it. */
export const generateSeed = (): string => randomBase58(LENGTH);

export function identity(group: Group, seed: string): Identity {
  return {
    signing: group.scalar(sha256Int(`sk|${seed}`)),
    decryption: group.scalar(sha256Int(`dk|${seed}`)),
  };
}

export interface SignedMessage {
  readonly message: string;
  readonly signature: Proof;
}

export const sign = (group: Group, key: Scalar, message: string): SignedMessage => ({
  message,
  signature: proofs.proveKnowledge(group, `sigmsg|${message}`, key, group.randomScalar),
});

export const signedJson = ({ message, signature }: SignedMessage): Json => ({
  message,
  signature: proofs.toJson(signature),
});

export function parseSigned(group: Group, value: Json | undefined, place: string): SignedMessage {
  const { message, signature } = fields(value, place, ["message", "signature"]);
  return {
    message: string(message, `${place}.message`),
    signature: proofs.parse(group, signature, `${place}.signature`),
  };
}

export const checkSigned = (group: Group, key: Element, { message, signature }: SignedMessage, place: string): void =>
  proofs.verifyKnowledge(group, `sigmsg|${message}`, key, signature, `${place}.signature`);

const ALGORITHM = "AES-GCM";

const symmetric = async (element: Element, usage: "encrypt" | "decrypt"): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", sha256Bytes(`key|${element.text}`) as BufferSource, ALGORITHM, false, [usage]);

const vector = (alpha: Element): AesGcmParams => ({
  name: ALGORITHM,
  iv: sha256Bytes(`iv|${alpha.text}`) as BufferSource,
});

async function encrypt(group: Group, recipient: Element, message: string): Promise<string> {
  const [r, s] = [group.randomScalar(), group.randomScalar()];
  const [alpha, secret] = [group.baseMul(r), group.baseMul(s)];
  const key = await symmetric(secret, "encrypt");
  const data = await crypto.subtle.encrypt(vector(alpha), key, utf8ToBytes(message) as BufferSource);
  const beta = group.add(group.mul(r, recipient), secret);
  return dumps({ algorithm: ALGORITHM, alpha: alpha.text, beta: beta.text, data: bytesToHex(new Uint8Array(data)) });
}

async function decrypt(group: Group, key: Scalar, text: string, place: string): Promise<string> {
  const object = fields(loadsStrict(text, place), place, ["algorithm", "alpha", "beta", "data"]);
  if (object.algorithm !== ALGORITHM) throw new BallotError(place, `must be encrypted with ${ALGORITHM}`);
  const alpha = group.parseElement(string(object.alpha, place), place);
  const beta = group.parseElement(string(object.beta, place), place);
  const secret = group.subtract(beta, group.mul(key, alpha));
  const data = string(object.data, place);
  if (!/^([0-9a-f]{2})*$/.test(data)) throw new BallotError(place, "must be hexadecimal");
  try {
    const cipher = await symmetric(secret, "decrypt");
    const plain = await crypto.subtle.decrypt(vector(alpha), cipher, hexToBytes(data) as BufferSource);
    return new TextDecoder("utf-8", { fatal: true }).decode(plain);
  } catch {
    throw new BallotError(place, "cannot be decrypted with this key"); // WebCrypto gives no reason
  }
}

/** A message that only `recipient` can read and that is signed by `from` (section "Channels"). */
export async function send(group: Group, from: Scalar, recipient: Element, message: string): Promise<string> {
  const channel = dumps({ recipient: recipient.text, message });
  return encrypt(group, recipient, dumps(signedJson(sign(group, from, channel))));
}

export async function receive(
  group: Group,
  self: Identity,
  sender: Element,
  text: string,
  place: string,
): Promise<string> {
  const plain = await decrypt(group, self.decryption, text, place);
  const signed = parseSigned(group, loadsStrict(plain, place), place);
  checkSigned(group, sender, signed, place);
  const channel = fields(loadsStrict(signed.message, place), place, ["recipient", "message"]);
  if (channel.recipient !== group.baseMul(self.decryption).text) {
    throw new BallotError(place, "was meant for another trustee");
  }
  return string(channel.message, place);
}
