// The values of single computations in unit.json, as the Python twin runs them.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bytes, json, mandate, refused, text } from "./vectors.mjs";

const { archive, ballot, credentials, elgamal, encoding, group: groups, proofs, trustees } = mandate;
const unit = json("belenios/unit.json");
const group = groups.getGroup("Ed25519");
const element = (value) => group.parseElement(value, "element");

describe("group", () => {
  test("order, generator and neutral element", () => {
    assert.equal(group.order.toString(), unit.group.q);
    assert.equal(group.generator.text, unit.group.generator);
    assert.equal(group.identity.text, unit.group.neutral_element);
    assert.equal(group.baseMul(group.scalar(2n)).text, unit.group.two_times_generator);
    assert.equal(group.subtract(group.identity, group.generator).text, unit.group.minus_generator);
  });

  for (const name of ["order_2", "order_4", "order_8"]) {
    test(`an element of small order is refused: ${name}`, () => {
      assert.throws(() => element(unit.group[name]), refused(/^element: is not in the group/));
    });
    test(`an element of mixed order is refused: ${name}`, () => {
      const mixed = mandate.testing.addAnyPoints(unit.group[name], unit.group.two_times_generator);
      assert.throws(() => element(mixed), refused(/not in the group/));
    });
  }

  test("the neutral element is refused where it makes no sense", () => {
    const neutral = unit.group.neutral_element;
    assert.throws(() => element(neutral), refused(/neutral/));
    assert.equal(group.parseElement(neutral, "tally", true).text, neutral);
  });

  test("other spellings of elements and scalars are refused", () => {
    const { generator } = unit.group;
    for (const bad of [generator.toUpperCase().replace("6", "A"), `0${generator}`, generator.slice(1), "", "0x12"]) {
      assert.throws(() => element(bad), refused(/hexadecimal/));
    }
    const p = (1n << 255n) - 19n;
    assert.throws(() => element((p + 1n).toString(16).padStart(64, "0")), refused(/not in the group/));
    for (const bad of ["-1", "01", "1.0", "1e3", " 1", ""]) {
      assert.throws(() => group.parseScalar(bad, "s"), refused(/base 10/));
    }
    assert.throws(() => group.parseScalar(unit.group.q, "s"), refused(/less than the order/));
    assert.equal(group.parseScalar("0", "s"), 0n);
  });

  test("multiplication by zero and of the neutral element", () => {
    const zero = group.scalar(0n);
    assert.ok(group.equal(group.baseMul(zero), group.identity));
    assert.ok(group.equal(group.mul(group.scalar(5n), group.identity), group.identity));
    assert.ok(group.equal(group.mulAdd(zero, group.generator, group.scalar(1n), group.generator), group.generator));
  });

  test("small integers in an element", () => {
    for (const { ints, element: expected } of unit.encode_integers) {
      const embedded = group.embed(ints);
      assert.equal(embedded.text, expected);
      assert.deepEqual(group.extract(embedded, ints.length), ints);
    }
  });
});

for (const name of ["demo-Ed25519", "demo-threshold-Ed25519"]) {
  describe(name, () => {
    const vector = unit[name];
    const file = new archive.Archive(bytes(`belenios/valid/${vector.archive}`));
    const { election, trustees: list } = file.setup();
    const ballots = file.payloads("Ballot").map((hash) => file.data(hash));

    test("fingerprint", () => {
      assert.equal(election.uuid, vector.uuid);
      assert.equal(election.raw.length, vector.election_hash.election_json_bytes);
      assert.equal(election.fingerprint, vector.election_hash.election_hash);
      assert.equal(election.publicKey.text, vector.public_key);
      assert.equal(trustees.electionKey(group, list).text, vector.public_key);
    });

    test("credentials", () => {
      for (const item of vector.credentials) {
        const { exponent, key } = credentials.derive(group, vector.uuid, item.private_credential);
        assert.equal(exponent.toString(), item.secret_exponent);
        assert.equal(key.text, item.public_credential);
      }
      const sorted = credentials.sortPublic(
        group,
        vector.credentials.map((item) => item.public_credential),
      );
      assert.deepEqual(sorted, [...file.setup().credentials.keys()]);
    });

    test("trackers and signatures", () => {
      for (const item of vector.ballots) {
        const parsed = ballot.parse(election, ballots[item.index]);
        assert.equal(parsed.tracker, item.tracker);
        assert.equal(parsed.credential.text, item.credential);
        assert.equal(parsed.hash, item.signature_hash);
        assert.equal(parsed.signature.challenge.toString(), item.signature_challenge);
        const { challenge, response } = parsed.signature;
        const commitment = group.baseMulAdd(response, challenge, parsed.credential);
        assert.equal(commitment.text, item.signature_commitment);
        ballot.verifySignature(election, parsed);
      }
    });

    test("hashed strings of proofs", () => {
      // The longer strings are given by their hashes only; verifying the ballot covers those.
      const given = vector.ballot_0_proofs.filter(({ prefix }) => prefix !== null);
      assert.ok(given.length > 0);
      for (const item of given) {
        assert.equal(encoding.sha256Hex(item.prefix), item.prefix_sha256);
        const hashed = item.prefix + item.commitments.join(",");
        assert.equal(encoding.sha256Hex(hashed), item.hashed_string_sha256);
        assert.equal(group.hashToScalar(hashed).toString(), item.challenge_sum);
      }
    });

    test("keys of trustees and partial decryptions", () => {
      const keys = trustees.verificationKeys(list);
      for (const item of vector.trustees) {
        const secret = group.parseScalar(item.private_key, "key");
        assert.equal(group.baseMul(secret).text, item.public_key);
        assert.equal(keys[item.owner - 1].text, item.public_key);
      }
      const { ciphertext, partial } = vector.decryption;
      const { alpha, beta } = elgamal.parse(group, ciphertext, "ciphertext");
      for (const { owner, factor, proof } of partial) {
        const parsed = proofs.parse(group, proof, "proof");
        proofs.verifyDecryption(group, election.fingerprint, keys[owner - 1], alpha, element(factor), parsed, "p");
      }
      const plain = group.subtract(beta, element(vector.decryption.combined_factor));
      assert.equal(plain.text, vector.decryption.beta_over_factor);
      assert.equal(group.baseMul(group.scalar(BigInt(vector.decryption.count))).text, plain.text);
    });

    test("the text of the election is canonical", () => {
      assert.equal(encoding.dumps(JSON.parse(text(election.raw))), text(election.raw));
    });
  });
}
