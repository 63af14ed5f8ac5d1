/** Pedersen's distributed key, step by step (specification, "Threshold decryption support"); twin of ballots/threshold.py. */

import { BallotError, dumps, each, fields, int, loadsStrict, string, type Json } from "./encoding.js";
import {
  checkSigned,
  identity,
  parseSigned,
  receive,
  send,
  sign,
  signedJson,
  type Identity,
  type SignedMessage,
} from "./channel.js";
import type { Element, Group, Scalar } from "./group.js";
import * as proofs from "./proofs.js";
import { parsePublicKey, publish, type PublicKey } from "./trustees.js";

export { generateSeed } from "./channel.js";

// --- step 1: certificates

export interface Certificate {
  readonly signed: SignedMessage;
  readonly index: number;
  readonly size: number;
  readonly threshold: number;
  readonly verification: Element;
  readonly encryption: Element;
}

export interface Ceremony {
  readonly size: number;
  /** How many trustees are needed: t + 1 of the specification. */
  readonly threshold: number;
  /** Number of this trustee, from 1. */
  readonly index: number;
}

export function makeCertificate(group: Group, seed: string, { size, threshold, index }: Ceremony): Json {
  const self = identity(group, seed);
  const message = dumps({
    context: { group: group.name, size, threshold, index },
    verification: group.baseMul(self.signing).text,
    encryption: group.baseMul(self.decryption).text,
  });
  return signedJson(sign(group, self.signing, message));
}

export function checkCertificate(group: Group, value: Json | undefined, place: string): Certificate {
  const signed = parseSigned(group, value, place);
  const keys = fields(loadsStrict(signed.message, place), place, ["context", "verification", "encryption"]);
  const context = fields(keys.context, `${place}.context`, ["group", "size", "threshold", "index"]);
  if (context.group !== group.name) throw new BallotError(`${place}.context.group`, "is another group");
  const [size, threshold, index] = ["size", "threshold", "index"].map((name) => int(context[name], `${place}.${name}`));
  if (threshold < 1 || threshold > size || index < 1 || index > size) {
    throw new BallotError(`${place}.context`, "has numbers that do not fit together");
  }
  const element = (name: string) => group.parseElement(string(keys[name], `${place}.${name}`), `${place}.${name}`);
  const [verification, encryption] = [element("verification"), element("encryption")];
  checkSigned(group, verification, signed, place);
  return { signed, index, size, threshold, verification, encryption };
}

/** All certificates of one ceremony: in order, of one size and threshold, from different trustees. */
export function checkCertificates(group: Group, value: Json | undefined, place: string): Certificate[] {
  const certificates = each(value, place, (item, where) => checkCertificate(group, item, where));
  const [{ threshold }] = certificates.length > 0 ? certificates : [{ threshold: 0 }];
  const sound = certificates.every(
    (item, index) => item.index === index + 1 && item.size === certificates.length && item.threshold === threshold,
  );
  const keys = new Set(certificates.flatMap(({ verification, encryption }) => [verification.text, encryption.text]));
  if (threshold === 0 || !sound || keys.size !== 2 * certificates.length) {
    throw new BallotError(place, "do not belong to one ceremony");
  }
  return certificates;
}

/** The certificate of the trustee with this seed, among all. */
function ownCertificate(group: Group, seed: string, certificates: readonly Certificate[]): Certificate {
  const key = group.baseMul(identity(group, seed).signing);
  const own = certificates.find(({ verification }) => group.equal(verification, key));
  if (own === undefined) throw new BallotError("certificates", "do not include the one made with this secret");
  return own;
}

// --- step 3: polynomials

export async function makePolynomial(group: Group, seed: string, certs: Json): Promise<Json> {
  const certificates = checkCertificates(group, certs, "certificates");
  const own = ownCertificate(group, seed, certificates);
  const { signing } = identity(group, seed);
  const coefficients = Array.from({ length: own.threshold }, () => group.randomScalar());
  const exponentiated = coefficients.map((coefficient) => group.baseMul(coefficient).text);
  const polynomial = dumps({ polynomial: coefficients.map(String) });
  const secrets = certificates.map(({ index }) => dumps({ secret: evaluate(group, coefficients, index).toString() }));
  return {
    polynomial: await send(group, signing, own.encryption, polynomial),
    secrets: await Promise.all(secrets.map((text, i) => send(group, signing, certificates[i].encryption, text))),
    coefexps: signedJson(sign(group, signing, dumps({ coefexps: exponentiated }))),
    signature: proofs.toJson(sign(group, signing, transcript(certs, exponentiated)).signature),
  };
}

/** What a trustee signs so that all saw the same certificates. */
const transcript = (certs: Json, coefexps: readonly string[]): string => `certs_sig|${dumps({ certs, coefexps })}`;

const evaluate = (group: Group, coefficients: readonly Scalar[], x: number): Scalar =>
  coefficients.reduceRight((sum, coefficient) => group.scalar(sum * BigInt(x) + coefficient), group.scalar(0n));

/** g^f(x) from the exponentiated coefficients. */
const evaluateExponents = (group: Group, exponents: readonly Element[], x: number): Element =>
  exponents.reduceRight((sum, element) => group.add(group.mul(group.scalar(BigInt(x)), sum), element), group.identity);

/** Check the public part of one trustee's polynomial; returns its exponentiated coefficients. */
function checkCoefexps(
  group: Group,
  certs: Json,
  certificate: Certificate,
  coefexps: Json | undefined,
  signature: Json | undefined,
  place: string,
): Element[] {
  const signed = parseSigned(group, coefexps, place);
  checkSigned(group, certificate.verification, signed, place);
  const object = fields(loadsStrict(signed.message, place), place, ["coefexps"]);
  const parse = (item: Json, where: string) => group.parseElement(string(item, where), where);
  const elements = each(object.coefexps, `${place}.coefexps`, parse, certificate.threshold);
  const message = transcript(
    certs,
    elements.map(({ text }) => text),
  );
  const proof = proofs.parse(group, signature, `${place}.signature`);
  checkSigned(group, certificate.verification, { message, signature: proof }, place);
  return elements;
}

const POLYNOMIAL = ["polynomial", "secrets", "coefexps", "signature"];

export function checkPolynomial(group: Group, certs: Json, index: number, value: Json): Element[] {
  const place = `polynomials[${index - 1}]`;
  const certificates = checkCertificates(group, certs, "certificates");
  const object = fields(value, place, POLYNOMIAL);
  string(object.polynomial, `${place}.polynomial`);
  each(object.secrets, `${place}.secrets`, string, certificates.length);
  return checkCoefexps(group, certs, certificates[index - 1], object.coefexps, object.signature, place);
}

// --- step 4: routing, by the server

export function makeVinput(polynomials: readonly Json[], index: number): Json {
  const objects = polynomials.map((item, i) => fields(item, `polynomials[${i}]`, POLYNOMIAL));
  return {
    polynomial: objects[index - 1].polynomial,
    secrets: objects.map(({ secrets }, i) => each(secrets, `polynomials[${i}].secrets`, string)[index - 1]),
    coefexps: objects.map(({ coefexps }) => coefexps),
    signatures: objects.map(({ signature }) => signature),
  };
}

// --- step 5: each trustee checks what was sent to it, and makes its share of the key

export async function makeVoutput(
  group: Group,
  seed: string,
  certs: Json,
  vinput: Json,
): Promise<{ voutput: Json; privateKey: string }> {
  const certificates = checkCertificates(group, certs, "certificates");
  const own = ownCertificate(group, seed, certificates);
  const self = identity(group, seed);
  const object = fields(vinput, "vinput", ["polynomial", "secrets", "coefexps", "signatures"]);
  const size = certificates.length;
  const exponents = parseCoefexps(group, certs, certificates, object.coefexps, object.signatures, "vinput");
  const secrets = each(object.secrets, "vinput.secrets", string, size);
  const shares = await Promise.all(
    secrets.map((text, i) => openSecret(group, self, own.index, certificates[i], exponents[i], text, i)),
  );
  const privateKey = group.scalar(shares.reduce((sum, share) => sum + share, 0n));
  const sealed = await send(group, self.signing, own.encryption, dumps({ decryption_key: privateKey.toString() }));
  const { key, json } = publish(group, privateKey);
  const signature = proofs.toJson(sign(group, self.signing, key.text).signature);
  const voutput = { private_key: sealed, public_key: { ...(json as object), signature } };
  return { voutput, privateKey: privateKey.toString() };
}

async function openSecret(
  group: Group,
  self: Identity,
  index: number,
  sender: Certificate,
  exponents: readonly Element[],
  text: string,
  position: number,
): Promise<Scalar> {
  const place = `vinput.secrets[${position}]`;
  const plain = await receive(group, self, sender.verification, text, place);
  const { secret } = fields(loadsStrict(plain, place), place, ["secret"]);
  const share = group.parseScalar(string(secret, place), place);
  if (!group.equal(group.baseMul(share), evaluateExponents(group, exponents, index))) {
    throw new BallotError(place, `trustee ${sender.index} sent a share that does not fit the published polynomial`);
  }
  return share;
}

function parseCoefexps(
  group: Group,
  certs: Json,
  certificates: readonly Certificate[],
  coefexps: Json | undefined,
  signatures: Json | undefined,
  place: string,
): Element[][] {
  const items = each(coefexps, `${place}.coefexps`, (item) => item, certificates.length);
  const proofsOf = each(signatures, `${place}.signatures`, (item) => item, certificates.length);
  return certificates.map((certificate, i) =>
    checkCoefexps(group, certs, certificate, items[i], proofsOf[i], `${place}.coefexps[${i}]`),
  );
}

/** The verification key that the polynomials give to one trustee. */
const expectedKey = (group: Group, exponents: readonly (readonly Element[])[], index: number): Element =>
  group.sum(exponents.map((coefficients) => evaluateExponents(group, coefficients, index)));

function checkVerificationKey(
  group: Group,
  certificate: Certificate,
  exponents: readonly (readonly Element[])[],
  value: Json | undefined,
  place: string,
): PublicKey {
  const publicKey = parsePublicKey(group, value, place);
  if (!group.equal(publicKey.key, expectedKey(group, exponents, certificate.index))) {
    throw new BallotError(`${place}.public_key`, "does not follow from the polynomials");
  }
  const { signature } = value as { signature?: Json };
  const proof = proofs.parse(group, signature, `${place}.signature`);
  checkSigned(group, certificate.verification, { message: publicKey.key.text, signature: proof }, place);
  return publicKey;
}

export function checkVoutput(
  group: Group,
  certs: Json,
  polynomials: readonly Json[],
  index: number,
  value: Json,
): PublicKey {
  const place = `voutputs[${index - 1}]`;
  const certificates = checkCertificates(group, certs, "certificates");
  const exponents = polynomials.map((item, i) => checkPolynomial(group, certs, i + 1, item));
  const object = fields(value, place, ["private_key", "public_key"]);
  string(object.private_key, `${place}.private_key`);
  return checkVerificationKey(group, certificates[index - 1], exponents, object.public_key, `${place}.public_key`);
}

/** The private key that a trustee sealed for itself in its voutput. */
export async function openVoutput(group: Group, seed: string, sealed: string): Promise<Scalar> {
  const self = identity(group, seed);
  const place = "private_key";
  const plain = await receive(group, self, group.baseMul(self.signing), sealed, place);
  const { decryption_key: key } = fields(loadsStrict(plain, place), place, ["decryption_key"]);
  return group.parseScalar(string(key, place), place);
}

// --- what is published

export interface ThresholdParameters {
  readonly threshold: number;
  readonly certificates: readonly Certificate[];
  readonly verificationKeys: readonly PublicKey[];
  /** Sub-key of the election: the product of the first coefficients. */
  readonly key: Element;
}

export function thresholdParameters(
  certs: readonly Json[],
  polynomials: readonly Json[],
  voutputs: readonly Json[],
): Json {
  const objects = polynomials.map((item, i) => fields(item, `polynomials[${i}]`, POLYNOMIAL));
  const outputs = voutputs.map((item, i) => fields(item, `voutputs[${i}]`, ["private_key", "public_key"]));
  const { message } = fields(certs[0], "certs[0]", ["message", "signature"]);
  const { context } = fields(loadsStrict(string(message, "certs[0]"), "certs[0]"), "certs[0]", [
    "context",
    "verification",
    "encryption",
  ]);
  return {
    threshold: (context as { threshold: number }).threshold,
    certs,
    coefexps: objects.map(({ coefexps }) => coefexps),
    signatures: objects.map(({ signature }) => signature),
    verification_keys: outputs.map(({ public_key: publicKey }) => publicKey),
  };
}

const PARAMETERS = ["threshold", "certs", "coefexps", "signatures", "verification_keys"];

export function parseThresholdParameters(group: Group, value: Json | undefined, place: string): ThresholdParameters {
  const object = fields(value, place, PARAMETERS);
  const threshold = int(object.threshold, `${place}.threshold`);
  const certificates = checkCertificates(group, object.certs, `${place}.certs`);
  if (certificates[0].threshold !== threshold)
    throw new BallotError(`${place}.threshold`, "is not that of the certificates");
  const exponents = parseCoefexps(group, object.certs, certificates, object.coefexps, object.signatures, place);
  const verificationKeys = each(
    object.verification_keys,
    `${place}.verification_keys`,
    (item, where, index) => checkVerificationKey(group, certificates[index], exponents, item, where),
    certificates.length,
  );
  return { threshold, certificates, verificationKeys, key: group.sum(exponents.map(([first]) => first)) };
}
