// The booth without a page: choices as data, the typed credential, receipts, the registrar's file.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { json, mandate, refused, utf8 } from "./vectors.mjs";

const { csv, encoding, keyfile, model, note, questions, receipt, typed, typedText } = mandate;
const twins = JSON.parse(readFileSync(new URL("../../../tests/vectors/twins/typed.json", import.meta.url), "utf8"));
const names = ["甲", "乙", "丙"];
const some = (blank, min, max) => model.draft(new questions.HomomorphicQuestion("?", names, blank, min, max));

describe("choices", () => {
  test("more than allowed is not possible, and taking one back makes room", () => {
    const item = some(null, 0, 2);
    assert.ok(model.mark(item, 0, 1));
    assert.ok(model.mark(item, 1, 1));
    assert.ok(!model.mark(item, 2, 1));
    assert.deepEqual(item.marks, [1, 1, 0]);
    model.mark(item, 0, 0);
    assert.ok(model.mark(item, 2, 1));
    assert.deepEqual(model.choices([item]), [[0, 1, 1]]);
    assert.deepEqual(model.inWords(item), ["乙", "丙"]);
  });

  test("blank clears the names, and a name takes blank back", () => {
    const item = some(true, 1, 2);
    assert.equal(model.missing(item), "nothing");
    model.mark(item, 1, 1);
    model.setBlank(item, true);
    assert.deepEqual(model.choices([item]), [[1, 0, 0, 0]]);
    assert.equal(model.missing(item), null);
    model.mark(item, 2, 1);
    assert.deepEqual(model.choices([item]), [[0, 0, 0, 1]]);
  });

  test("nobody is a choice only where the paper says so", () => {
    assert.equal(model.missing(some(null, 0, 2)), null);
    assert.equal(model.missing(some(null, 1, 2)), "nothing");
    const item = some(null, 2, 3);
    model.mark(item, 0, 1);
    assert.equal(model.missing(item), "too-few");
  });

  test("one of several answers: the last one chosen", () => {
    const item = some(null, 1, 1);
    assert.equal(item.form, "one");
    model.mark(item, 0, 1);
    model.mark(item, 2, 1);
    assert.deepEqual(model.choices([item]), [[0, 0, 1]]);
  });

  const ranks = () => model.draft(new questions.NonHomomorphicQuestion("?", names, undefined));

  test("names are ranked in the order in which they are chosen", () => {
    const item = ranks();
    assert.equal(model.missing(item), "nothing");
    model.toggleRank(item, 2);
    model.toggleRank(item, 0);
    assert.equal(model.missing(item), null);
    assert.deepEqual(model.order(item), [2, 0]);
    assert.deepEqual(model.choices([item]), [[2, 0, 1]]);
    assert.deepEqual(model.inWords(item), ["1. 丙", "2. 甲"]);
  });

  test("who is taken out leaves no gap", () => {
    const item = ranks();
    [2, 0, 1].forEach((index) => model.toggleRank(item, index));
    model.toggleRank(item, 2);
    assert.deepEqual(item.marks, [1, 2, 0]);
    model.toggleRank(item, 2);
    assert.deepEqual(item.marks, [1, 2, 3]);
  });

  test("moving keeps within the order", () => {
    const item = ranks();
    [0, 1].forEach((index) => model.toggleRank(item, index));
    model.moveRank(item, 0, -1);
    model.moveRank(item, 1, 1);
    model.moveRank(item, 2, -1);
    assert.deepEqual(item.marks, [1, 2, 0]);
    model.moveRank(item, 1, -1);
    assert.deepEqual(item.marks, [2, 1, 0]);
  });

  test("a blank ranking is chosen on purpose, has no ranks and no bit of its own", () => {
    const item = ranks();
    model.toggleRank(item, 1);
    model.setBlank(item, true);
    assert.equal(model.missing(item), null);
    assert.deepEqual(model.choices([item]), [[0, 0, 0]]);
    model.toggleRank(item, 1);
    assert.equal(item.blank, false);
  });

  test("an opened ballot is shown as it was chosen", () => {
    for (const numbers of [
      [2, 1, 0],
      [0, 0, 0],
    ]) {
      const item = ranks();
      model.take(item, numbers);
      assert.deepEqual(item.marks, numbers);
      assert.equal(item.blank, !numbers.some(Boolean));
    }
    const counted = some(true, 1, 2);
    model.take(counted, [1, 0, 0, 0]);
    assert.deepEqual([counted.blank, counted.marks], [true, [0, 0, 0]]);
    model.take(counted, [0, 1, 0, 0]);
    assert.deepEqual([counted.blank, counted.marks], [false, [1, 0, 0]]);
  });
});

describe("the typed credential", () => {
  const secret = "cwcyL-pJ3fTt-J9mSK-rvbUNS";
  const same = [
    secret,
    secret.replaceAll("-", ""),
    ` ${secret} `,
    ...[..."—֊᐀⸗⸺〜〰︱﹘－─−"].map((dash) => secret.replaceAll("-", dash)),
    "ｃｗｃｙＬ-pJ3fTt J9mSK rvbUNS\n",
  ];

  for (const text of same) {
    test(`is read from ${JSON.stringify(text)}`, () => assert.deepEqual(typed.read(text), { secret }));
  }

  test("what is wrong is named", () => {
    assert.deepEqual(typed.read("  "), { problem: { kind: "empty" } });
    assert.deepEqual(typed.read(secret.slice(0, -1)), { problem: { kind: "length", length: 21 } });
    assert.deepEqual(typed.read(`${secret.slice(0, -1)}0`), {
      problem: { kind: "character", character: "0", instead: "o" },
    });
    assert.deepEqual(typed.read(`${secret.slice(0, -1)}é`), {
      problem: { kind: "character", character: "é", instead: "" },
    });
  });

  test("what stands around it is left out, as in the twin", () => {
    for (const text of twins.credential)
      assert.deepEqual(typed.read(text), { secret: twins.secret }, JSON.stringify(text));
    for (const text of twins.none) assert.ok("problem" in typed.read(text), JSON.stringify(text));
    assert.equal(typed.arrange(`Your credential: “${twins.secret}”`), twins.secret);
  });

  test("of two credentials none is taken", () => {
    const both = `${secret} ${twins.secret}`;
    assert.deepEqual(typed.read(both), { problem: { kind: "several" } });
    assert.equal(typed.arrange(both), both);
  });

  test("the same characters are unseen as in the twin", () => {
    const unseen = (code) => twins.ignorable.some(([first, last]) => first <= code && code <= last);
    for (let code = 0xa0; code <= 0x10ffff; code++) {
      if (code >= 0xd800 && code <= 0xdfff) continue;
      const left = typedText.plain(`a${String.fromCodePoint(code)}b`) === "ab";
      assert.equal(left, unseen(code), code.toString(16));
    }
  });

  test("groups appear while typing", () => {
    assert.equal(typed.arrange("cwcyLpJ3"), "cwcyL-pJ3");
    assert.equal(typed.arrange("cwcyL"), "cwcyL");
    assert.equal(typed.arrange(secret), secret);
  });
});

describe("receipts", () => {
  const { ed25519 } = mandate.testing;
  const seed = Uint8Array.from({ length: 32 }, (_, index) => index + 7);
  const name = "vote.example/audit/receipt";
  const key = encoding.concatBytes(Uint8Array.of(1), ed25519.getPublicKey(seed));
  const id = encoding.sha256Hex(encoding.concatBytes(utf8(`${name}\n`), key)).slice(0, 8);
  const vkey = `${name}+${id}+${encoding.base64(key)}`;
  const tracker = "cjyrW6IJYiVxnZRqBSemVW64TuR2bLM/ypCtm5AfRss";
  const event = "ab".repeat(32);

  function signed(text) {
    const value = ed25519.sign(utf8(text), seed);
    return `${text}\n\u2014 ${name} ${encoding.base64(encoding.concatBytes(encoding.hexToBytes(id), value))}\n`;
  }

  const text = ["mandate-receipt v1", "vote.example/audit", "Contest1234567", tracker, event, ""].join("\n");

  test("is for this contest and this ballot", () => {
    assert.equal(receipt.verifyReceipt(signed(text), vkey, "Contest1234567", tracker).event, event);
    const check = (raw, uuid = "Contest1234567", own = tracker) => receipt.verifyReceipt(raw, vkey, uuid, own);
    assert.throws(() => check(signed(text), "Contest7654321"), refused(/another ballot/, "LogError"));
    assert.throws(
      () => check(signed(text), undefined, tracker.replace("c", "d")),
      refused(/another ballot/, "LogError"),
    );
    assert.throws(() => check(signed(text).replace(event, "cd".repeat(32))), refused(/signature/, "LogError"));
    assert.throws(() => check(signed(text.replace("v1", "v2"))), refused(/no whole receipt/, "DamagedError"));
    const other = signed(text.replace("vote.example/audit\n", "other.example/audit\n"));
    assert.throws(() => check(other), refused(/another log/, "LogError"));
  });

  test("two keys during a rotation", () => {
    const old = "vote.example/audit+7ca49c9a+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
    assert.equal(note.parseVerifiers(`${vkey}\n${old}\n`).length, 2);
    receipt.verifyReceipt(signed(text), `${old}\n${vkey}\n`, "Contest1234567", tracker);
  });
});

test("no cell of the registrar's file is run by a spreadsheet", () => {
  const made = csv.csv([["=1+1", '+a"b', "@x", "张三", "-1"]]);
  assert.equal(made, '\ufeff"\'=1+1","\'+a""b","\'@x","张三","\'-1"\r\n');
});

test("a key file is of this election and of this kind", () => {
  const pin = { keys: ["log+00000000+AQ=="], checkpoint: "log\n1\nAA==\n", policy: "" };
  const file = keyfile.single("direct-1", "123", { public_key: "x" }, pin);
  assert.deepEqual(keyfile.read(keyfile.write(file), "direct-1", "single"), file);
  const { log, ...old } = file; // the command line's files have no pin
  assert.deepEqual(keyfile.read(keyfile.write(old), "direct-1", "single"), old);
  assert.throws(
    () => keyfile.read(keyfile.write({ ...file, log: { ...log, keys: 1 } }), "direct-1", "single"),
    refused(/not-a-key/),
  );
  assert.throws(() => keyfile.read(keyfile.write(file), "direct-2", "single"), refused(/other-election/));
  assert.throws(() => keyfile.read(keyfile.write(file), "direct-1", "pedersen"), refused(/other-kind/));
  for (const bad of ["", "[]", "null", '{"format":"x"}', '{"format":"mandate-trustee/1","kind":"single"}']) {
    assert.throws(() => keyfile.read(bad, "direct-1", "single"), refused(/not-a-key/));
  }
});

describe("a receipt on its way", () => {
  const { key, contest, tracker, cases } = json("transport/receipts.json");
  const plain = (raw) =>
    new TextDecoder().decode(Uint8Array.from(atob(raw), (c) => c.charCodeAt(0)).filter((byte) => byte !== 0));
  const verdict = (raw) => {
    try {
      const found = receipt.openReceipt(plain(raw), key);
      assert.deepEqual([found.contest, found.tracker], [contest, tracker]);
      return "valid";
    } catch (error) {
      if (error.name === "DamagedError") return "damaged";
      if (error.name === "LogError") return "forged";
      throw error;
    }
  };
  for (const { name, raw, verdict: expected } of cases) {
    test(`${expected}: ${name}`, () => assert.equal(verdict(raw), expected));
  }
});
