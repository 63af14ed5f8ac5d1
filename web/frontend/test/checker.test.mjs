// The independent checker: what it takes for a code, and what stands in the evidence.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bytes, mandate, refused } from "./vectors.mjs";

const { archive, evidence, look } = mandate;

const { election } = new archive.Archive(bytes("belenios/valid/demo-Ed25519.bel")).setup();
const { raw } = election;

const B = "A".repeat(43);
const CODE = `1~wYqGVWQkJbrEceonE~${B}~${B}~${B}~${B}~${B}~0,1,0`;

describe("a code is data", () => {
  for (const [name, text] of Object.entries({
    alone: CODE,
    "in an address of whoever": `https://evil.example/steal?x=1#${CODE}`,
    "in a mail": `Please look:\n\n${CODE}\n\nThanks`,
    "broken over lines": CODE.replace(/.{40}/g, "$&\n"),
    twice: `${CODE} ${CODE}`,
  })) {
    test(name, () => assert.equal(look.codeIn(text), CODE));
  }

  test("none, and several", () => {
    for (const text of ["", "https://evil.example/", CODE.slice(0, 60)]) assert.equal(look.codeIn(text), null);
    assert.throws(() => look.codeIn(`${CODE} ${CODE.replace("0,1,0", "1,0,0")}`), refused(/several/));
  });
});

test("evidence is readable, and damage of it shows", () => {
  const finding = { kind: "choice", reason: "另一选择", input: CODE, contest: "C", tracker: "T", fingerprint: "F" };
  const file = evidence.evidenceFile(finding, "https://auditor.example/check/", new Date(0));
  assert.deepEqual(Object.keys(JSON.parse(file)).slice(0, 3), ["format", "made_at", "checker"]);
  assert.equal(JSON.parse(file).input, CODE);
  assert.ok(evidence.isWhole(file) && evidence.isWhole(file.replaceAll("\n", "\r\n")));
  assert.ok(!evidence.isWhole(file.replace("另一选择", "同一选择")) && !evidence.isWhole(file.slice(0, -9)));
});

test("a code of another contest or of no ballot is refused", () => {
  assert.throws(() => look.look(raw, look.openedOf(CODE)), look.OtherPaperError);
  const own = CODE.replace("wYqGVWQkJbrEceonE", election.uuid);
  assert.throws(() => look.look(raw, look.openedOf(own.slice(0, -2))), look.DamagedCodeError);
  const counts = election.questions.map((question) =>
    Array(question.answers.length + (question.blank ? 1 : 0))
      .fill(0)
      .join(","),
  );
  const whole = own.replace("0,1,0", counts.join(";"));
  assert.throws(() => look.look(raw, look.openedOf(whole)), refused(/./));
});
