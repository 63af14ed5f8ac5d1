// Computations with fixed randomness: Python made them, and here they come out byte for byte.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { json, mandate, refused, text, utf8 } from "./vectors.mjs";

const { ballot, credentials, election: elections, encoding, elgamal, group: groups, proofs } = mandate;
const vectors = json("twins/ballots.json");
const group = groups.getGroup("Ed25519");
const element = (value) => group.parseElement(value, "element", true);
const scalar = (value) => group.parseScalar(value, "scalar");

/** Pick number n of a label, as tests/ballots/make_twin_vectors.py says. */
function picks(label) {
  let count = 0;
  return () => {
    const digest = mandate.testing.sha512(utf8(`mandate-twins|${label}|${count++}`));
    return group.scalar(BigInt(`0x${encoding.bytesToHex(digest)}`));
  };
}

test("group", () => {
  const v = vectors.group;
  const [a, b, p, q] = [scalar(v.a), scalar(v.b), element(v.p), element(v.q)];
  assert.equal(group.add(p, q).text, v.p_plus_q);
  assert.equal(group.subtract(p, q).text, v.p_minus_q);
  assert.equal(group.subtract(group.identity, p).text, v.minus_p);
  assert.equal(group.baseMul(a).text, v.a_times_g);
  assert.equal(group.mulAdd(a, p, b, q).text, v.a_times_p_plus_b_times_q);
  assert.equal(group.baseMulAdd(a, b, q).text, v.a_times_g_plus_b_times_q);
  assert.equal(group.mul(group.scalar(0n), p).text, v.zero_times_p);
  for (const [hashed, expected] of Object.entries(v.hash_to_scalar)) {
    assert.equal(group.hashToScalar(hashed).toString(), expected);
  }
  for (const [ints, expected] of v.embed) assert.equal(group.embed(ints).text, expected);
});

test("elements and scalars that Python refuses are refused", () => {
  for (const [bad] of vectors.group.bad_elements) {
    assert.throws(() => group.parseElement(bad, "element"), refused(/^element: /), bad);
  }
  for (const [bad] of vectors.group.bad_scalars) {
    assert.throws(() => group.parseScalar(bad, "scalar"), refused(/^scalar: /), bad);
  }
});

test("canonical JSON", () => {
  for (const good of vectors.encoding.good) {
    assert.equal(encoding.dumps(encoding.loadsStrict(utf8(good), "text")), good);
  }
  for (const [bad] of vectors.encoding.bad) {
    assert.throws(() => encoding.loadsStrict(utf8(bad), "text"), refused(/^text: /), bad.slice(0, 40));
  }
});

test("credentials", () => {
  const { uuid, derived, sorted, bad } = vectors.credentials;
  for (const item of derived) {
    const { exponent, key } = credentials.derive(group, uuid, item.secret);
    assert.equal(exponent.toString(), item.scalar);
    assert.equal(key.text, item.public);
  }
  assert.deepEqual(credentials.sortPublic(group, derived.map((item) => item.public).toReversed()), sorted);
  for (const [secret] of bad) assert.throws(() => credentials.check(secret), refused(/^credential/), secret);
});

test("proofs", () => {
  const v = vectors.proofs;
  const [secret, key, r] = [scalar(v.secret), element(v.public), scalar(v.r)];
  const one = elgamal.encrypt(group, key, r, 1n);
  assert.deepEqual(elgamal.toJson(one), v.one);
  assert.deepEqual(elgamal.toJson(elgamal.encrypt(group, key, r, 0n)), v.zero);
  const pok = proofs.proveKnowledge(group, `pok|Ed25519|${key.text}`, secret, picks("proofs knowledge"));
  assert.deepEqual(proofs.toJson(pok), v.knowledge);
  const decryption = proofs.proveDecryption(group, "φ", key, one.alpha, secret, picks("proofs decryption"));
  assert.deepEqual(proofs.toJson(decryption), v.decryption);
  const witness = { r, message: 1n };
  const interval = proofs.proveInterval(group, key, "context", one, witness, 0, 2, picks("proofs one_zero"));
  assert.deepEqual(interval.map(proofs.toJson), v.one_zero);
  const nonzero = proofs.proveNonzero(group, key, "context", one, r, picks("proofs nonzero"));
  assert.deepEqual(proofs.nonzeroJson(nonzero), v.nonzero);
});

describe("ballots of every kind of question", () => {
  const paper = elections.Election.parse(utf8(vectors.ballots.election));

  test("fingerprint", () => assert.equal(paper.fingerprint, vectors.ballots.fingerprint));

  vectors.ballots.ballots.forEach((item, index) => {
    const seed = encoding.hexToBytes(item.seed);

    test(`ballot ${index} is the one that Python makes`, () => {
      const pick = picks(item.label);
      const made = ballot.encryptWith(paper, item.secret, item.choices, seed, pick, pick);
      assert.equal(text(made), item.raw);
    });

    test(`ballot ${index} verifies and opens`, () => {
      const raw = utf8(item.raw);
      const parsed = ballot.parse(paper, raw);
      assert.equal(parsed.tracker, item.tracker);
      ballot.verify(paper, parsed);
      const opening = ballot.parseOpening(item.opening);
      assert.equal(encoding.dumps(ballot.openingJson(opening)), item.opening);
      assert.deepEqual(ballot.open(paper, raw, opening), item.choices);
      const other = { ...opening, seed: seed.map((byte) => byte ^ 1) };
      assert.throws(() => ballot.open(paper, raw, other), refused(/randomness of this opening/));
      const claim = { ...opening, choices: [...opening.choices.slice(1), opening.choices[0]] };
      assert.throws(() => ballot.open(paper, raw, claim), refused(/not what the ballot contains/));
    });
  });

  /** One value replaced, and the hash in the signature made again unless it is what is changed. */
  function change(raw, path, value) {
    const object = JSON.parse(raw);
    const target = path.slice(0, -1).reduce((inner, key) => inner[key], object);
    target[path.at(-1)] = value;
    const { signature, ...body } = object;
    if (path[0] !== "signature") signature.hash = encoding.sha256Base64(encoding.dumps(body));
    return utf8(encoding.dumps(object));
  }

  for (const [path, value, faults] of vectors.ballots.bad) {
    test(`${path.join(".")} changed: ${faults.join(", ")}`, () => {
      const raw = change(vectors.ballots.ballots[0].raw, path, value);
      assert.throws(() => ballot.verify(paper, ballot.parse(paper, raw)), refused(/./));
      if (faults.some((fault) => fault.startsWith("ballot.signature")) && faults.length > 1) {
        // The signature alone would refuse it: the proof itself must, too.
        const parsed = path[0] === "signature" ? null : ballot.parse(paper, raw);
        if (parsed !== null) assert.throws(() => ballot.verifyProofs(paper, parsed), refused(/answers\[/));
      }
    });
  }
});

test("the order in which a ballot is opened on a second device", () => {
  const paper = elections.Election.parse(utf8(vectors.ballots.election));
  const { choices, secret } = vectors.ballots.ballots[0];
  let share = 0;
  const { raw, opening, nonces } = ballot.encryptOpened(paper, secret, choices, (value) => (share = value));
  assert.equal(share, 1);
  const parsed = ballot.parse(paper, raw);
  const code = mandate.opened.encode(paper.uuid, parsed, opening, nonces);
  const again = mandate.opened.ballotOf(paper, mandate.opened.decode(code));
  assert.equal(text(again), text(raw));
  assert.throws(() => mandate.opened.decode(code.slice(0, -1) + "~"), refused(/damaged/));
});
