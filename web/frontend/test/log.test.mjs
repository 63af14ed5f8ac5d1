// The log's proofs, with the reference values of RFC 6962 and of our own log keys.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { mandate, refused, utf8 } from "./vectors.mjs";

const { encoding, logProof, merkle, note } = mandate;
const digest = (text) => note.fromBase64(text);
const VKEY = "vote.example/audit+7ca49c9a+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
const ROOT_8 = "nX3NSFaMmeiUMsHQwf/aGSfQ/A84Qm5Nk/NWNosHBwU=";
const INCLUSION_6_OF_8 = [
  "4OCO/JHmBqMCrP7JNZ1kt9N8DASjlTQxyAMk94PHdEw=",
  "b+NKyXnead6DG+iotwfqsQZDCmFP75OKttmwKGu5+mU=",
  "YPMBci8d1ZnZU6q27soKf3YCRJCN5TmTNlHOIFyWlPU=",
];
const CONSISTENCY_6_TO_8 = [
  "b+NKyXnead6DG+iotwfqsQZDCmFP75OKttmwKGu5+mU=",
  "wY9Bf7sj4Oo2OTdqsTv8ycR1jcxvpgq5Bnt6FGFUd8M=",
  "YPMBci8d1ZnZU6q27soKf3YCRJCN5TmTNlHOIFyWlPU=",
];
const entry = (index) => utf8(`{"seq":${index},"event":"test"}`);
const leaves = (count) => Array.from({ length: count }, (_, index) => merkle.leafHash(entry(index)));

function rootOf(row) {
  if (row.length === 1) return row[0];
  const half = 2 ** Math.floor(Math.log2(row.length - 1));
  return merkle.nodeHash(rootOf(row.slice(0, half)), rootOf(row.slice(half)));
}

function pathOf(index, row) {
  if (row.length === 1) return [];
  const half = 2 ** Math.floor(Math.log2(row.length - 1));
  const [left, right] = [row.slice(0, half), row.slice(half)];
  return index < half ? [...pathOf(index, left), rootOf(right)] : [...pathOf(index - half, right), rootOf(left)];
}

describe("inclusion", () => {
  test("reference", () => {
    const proof = INCLUSION_6_OF_8.map(digest);
    merkle.verifyInclusion(6n, 8n, merkle.leafHash(entry(6)), proof, digest(ROOT_8));
    for (const index of [0n, 5n, 7n]) {
      const wrong = () => merkle.verifyInclusion(index, 8n, merkle.leafHash(entry(6)), proof, digest(ROOT_8));
      assert.throws(wrong, refused(/another root/, "LogError"));
    }
  });

  test("every leaf of every small tree, and no proof one hash longer or shorter", () => {
    for (let size = 1; size <= 17; size += 1) {
      const row = leaves(size);
      const root = rootOf(row);
      row.forEach((leaf, index) => {
        const proof = pathOf(index, row);
        const verify = (hashes) => merkle.verifyInclusion(BigInt(index), BigInt(size), leaf, hashes, root);
        verify(proof);
        assert.throws(() => verify([...proof, leaf]), refused(/too long/, "LogError"));
        if (proof.length > 0) assert.throws(() => verify(proof.slice(1)), refused(/too short/, "LogError"));
      });
    }
  });
});

describe("consistency", () => {
  test("reference", () => {
    const [old, proof] = [rootOf(leaves(6)), CONSISTENCY_6_TO_8.map(digest)];
    merkle.verifyConsistency(6n, 8n, old, digest(ROOT_8), proof);
    const forked = rootOf([...leaves(5), merkle.leafHash(entry(99))]);
    assert.throws(
      () => merkle.verifyConsistency(6n, 8n, forked, digest(ROOT_8), proof),
      refused(/old root/, "LogError"),
    );
    assert.throws(() => merkle.verifyConsistency(6n, 8n, old, old, proof), refused(/new root/, "LogError"));
    assert.throws(() => merkle.verifyConsistency(8n, 8n, old, digest(ROOT_8), []), refused(/two roots/, "LogError"));
  });
});

describe("notes", () => {
  const [verifier] = note.parseVerifiers(`${VKEY}\n`);
  // Signed with the seed 00..1f by the Python twin: Ed25519 is deterministic.
  const checkpoint = async () => {
    const { ed25519 } = mandate.testing;
    const text = `vote.example/audit\n8\n${ROOT_8}\n`;
    const value = ed25519.sign(
      utf8(text),
      Uint8Array.from({ length: 32 }, (_, index) => index),
    );
    const line = encoding.base64(encoding.concatBytes(encoding.hexToBytes(verifier.id), value));
    return `${text}\n\u2014 vote.example/audit ${line}\n`;
  };

  test("a verifier key whose id is not its hash is refused", () => {
    assert.equal(verifier.name, "vote.example/audit");
    assert.throws(() => note.parseVerifier(VKEY.replace("7ca4", "7ca5")), refused(/not its hash/, "LogError"));
  });

  test("a proof leads from the entry to the signed checkpoint", async () => {
    const raw = `c2sp.org/tlog-proof@v1\nindex 6\n${INCLUSION_6_OF_8.join("\n")}\n\n${await checkpoint()}`;
    assert.equal(logProof.verifyProof(raw, entry(6), [verifier]).size, 8n);
    assert.throws(() => logProof.verifyProof(raw, entry(5), [verifier]), refused(/another root/, "LogError"));
    const stolen = raw.replace("\n8\n", "\n9\n");
    assert.throws(() => logProof.verifyProof(stolen, entry(6), [verifier]), refused(/signature/, "LogError"));
    const unsigned = raw.replace("\u2014 vote.example", "\u2014 vote2.example");
    assert.throws(() => logProof.verifyProof(unsigned, entry(6), [verifier]), refused(/not signed/, "LogError"));
  });
});
