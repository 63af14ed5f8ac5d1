// Archives made by another program: everything in them verifies, and the tally comes out the same.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bytes, mandate, refused, text, utf8 } from "./vectors.mjs";

const { archive, ballot, tally, trustees } = mandate;
const names = ["demo-Ed25519", "demo-threshold-Ed25519", "demo-l-Ed25519", "demo-nh-Ed25519"];
// Verifying takes a tenth of a second each; the first ones are enough of sixty.
const VERIFIED = 8;

for (const name of names) {
  describe(name, () => {
    const file = new archive.Archive(bytes(`belenios/valid/${name}.bel`));
    const { election, trustees: list, credentials } = file.setup();
    const ballots = file.payloads("Ballot").map((hash) => ballot.parse(election, file.data(hash)));
    const claimed = archive.claimedTally(file);

    test("ballots verify", () => {
      for (const item of ballots.slice(0, VERIFIED)) ballot.verify(election, item);
    });

    test("the encrypted tally is recomputed byte for byte, replaced ballots taken out", () => {
      const sums = new tally.Accumulator(election);
      const last = new Map();
      for (const item of ballots) {
        const weight = credentials.get(item.credential.text);
        if (last.has(item.credential.text)) sums.subtract(last.get(item.credential.text), weight);
        sums.add(item, weight);
        last.set(item.credential.text, item);
      }
      assert.equal(last.size, claimed.tallied);
      assert.equal(text(sums.encryptedTally()), text(claimed.encryptedTally));
    });

    test("partial decryptions verify, and one of another trustee does not", {
      skip: name === "demo-nh-Ed25519",
    }, () => {
      const keys = trustees.verificationKeys(list);
      const [first] = file.payloads("PartialDecryption").map((hash) => file.json(hash));
      const raw = file.data(first.payload);
      tally.checkPartialDecryption(election, claimed.encryptedTally, keys[first.owner - 1], raw);
      const other = keys[first.owner % keys.length];
      const check = () => tally.checkPartialDecryption(election, claimed.encryptedTally, other, raw);
      assert.throws(check, refused(/the proof does not hold/));
    });

    test("the same choices under other labels are another question", () => {
      const changed = text(election.raw).replace("Question 1?", "Question 2?");
      const other = mandate.election.Election.parse(utf8(changed));
      assert.throws(() => ballot.parse(other, ballots[0].raw), refused(/election_hash/));
    });
  });
}

describe("a damaged archive", () => {
  const raw = bytes("belenios/valid/demo-Ed25519.bel");
  const damaged = (offset) => {
    const copy = raw.slice();
    copy[offset] ^= 1;
    return copy;
  };

  test("one flipped bit in each record is noticed", () => {
    for (let offset = 0; offset < raw.length; offset += 512) {
      assert.throws(() => new archive.Archive(damaged(offset + (offset % 509))).setup(), refused(/./));
    }
  });

  test("cut off, lengthened, or with a record taken out", () => {
    assert.throws(() => new archive.Archive(raw.slice(0, -1)), refused(/cut off/));
    assert.throws(() => new archive.Archive(new Uint8Array([...raw, ...new Uint8Array(512)])), refused(/header/));
    assert.throws(() => new archive.Archive(raw.slice(1024)), refused(/BELENIOS/));
  });
});
