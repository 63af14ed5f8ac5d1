"""Keys, signed notes, checkpoints, proofs that stand alone, receipts: one spelling, all checked."""

from __future__ import annotations

import base64

import pytest

from audit.errors import LogError
from audit.keys import Algorithm, Signer, Verifier, from_base64
from audit.merkle import leaf_hash, prove_inclusion, root_of
from audit.note import (
    MAX_NOTE,
    Checkpoint,
    Note,
    Signature,
    parse_signatures,
    sign,
    signature_of,
    verify_checkpoint,
)
from audit.policy import Policy, Witness
from audit.proofs import Proof
from audit.receipts import make_receipt, verify_receipt, verify_recorded
from tests.audit.logs import ORIGIN, SIGNER, WITNESS
from tests.audit.trees import range_hash

VKEY = "vote.example/audit+7ca49c9a+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
WITNESS_VKEY = "witness.example/w1+20324abe+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X"
ROOT = root_of([leaf_hash(b"one"), leaf_hash(b"two")])
CHECKPOINT = Checkpoint(ORIGIN, 2, ROOT)
QUANTUM = Signer.from_seed(ORIGIN, Algorithm.MLDSA44_TIMED, bytes(range(64, 96)))


def test_reference_keys() -> None:
    assert str(SIGNER.verifier) == VKEY
    assert str(WITNESS.verifier) == WITNESS_VKEY
    assert Verifier.parse(VKEY) == SIGNER.verifier
    assert Signer.parse(SIGNER.private_text()).verifier == SIGNER.verifier


def test_a_private_key_does_not_show() -> None:
    secret = base64.b64encode(bytes([1, *range(32)])).decode()
    assert secret in SIGNER.private_text()
    assert secret not in repr(SIGNER)
    assert secret[8:] not in repr(SIGNER)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "name",
        VKEY + "=",
        VKEY + "\n",
        VKEY.replace("7ca49c9a", "7ca49c9b"),
        VKEY.replace("7ca49c9a", "7CA49C9A"),
        VKEY.replace("vote.example", "vote.exampl\u0435"),
        VKEY.replace("vote.example/audit", "vote example"),
        VKEY.replace("+AQ", "+Ag"),
        VKEY[:-4],
        "+7ca49c9a+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
    ],
)
def test_a_verifier_key_has_one_spelling(vkey: str) -> None:
    with pytest.raises(LogError):
        Verifier.parse(vkey)


@pytest.mark.parametrize("signer", [SIGNER, WITNESS, QUANTUM])
def test_each_algorithm_binds_the_text(signer: Signer) -> None:
    signature = signer.sign(CHECKPOINT.text, 1700000000)
    time = signer.verifier.verify(CHECKPOINT.text, signature)
    assert time == (1700000000 if signer.algorithm.timed else 0)
    other = Checkpoint(ORIGIN, 3, ROOT)
    for text, bent in (
        (other.text, signature),
        (CHECKPOINT.text, signature[:-1]),
        (CHECKPOINT.text, bytes([signature[7] ^ 1]) + signature[1:]),
        (CHECKPOINT.text, b""),
    ):
        with pytest.raises(LogError):
            signer.verifier.verify(text, bent)


def test_ml_dsa_binds_the_name_of_the_cosigner() -> None:
    signature = QUANTUM.sign(CHECKPOINT.text, 1)
    other = Verifier("other.example", QUANTUM.algorithm, QUANTUM.verifier.public)
    with pytest.raises(LogError, match="wrong"):
        other.verify(CHECKPOINT.text, signature)


def test_a_time_out_of_range_is_refused() -> None:
    signature = (1 << 63).to_bytes(8, "big") + WITNESS.sign(CHECKPOINT.text)[8:]
    with pytest.raises(LogError, match="out of range"):
        WITNESS.verifier.verify(CHECKPOINT.text, signature)


def test_a_note_comes_back_identical() -> None:
    raw = sign("one\n\ntwo\n", [SIGNER, WITNESS], 5).to_bytes()
    note = Note.parse(raw)
    assert note.text == "one\n\ntwo\n"  # the text ends at the last blank line
    assert note.to_bytes() == raw
    assert note.verify([WITNESS.verifier]) == {WITNESS.verifier: 5}


GOOD = sign(CHECKPOINT.text, [SIGNER]).to_bytes()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"text\n",
        GOOD[:-1],
        GOOD + b"\n",
        GOOD + b"more\n",
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.replace("\u2014".encode(), b"-"),
        GOOD.replace("\u2014 ".encode(), "\u2014  ".encode()),
        GOOD.replace(b"=\n", b"\n"),
        GOOD[:-1] + b" \n",
        GOOD.replace(b"vote", b"vo\xfft"),
        GOOD.replace(b"vote", b"vo\0te"),
        CHECKPOINT.text.encode() + "\n\u2014 name AAAA\n".encode(),
        b"x" * (MAX_NOTE + 1),
        CHECKPOINT.text.encode() + b"\n" + b"".join(GOOD.splitlines(True)[-1:] * 101),
        CHECKPOINT.text.encode() + b"\n" + b"".join(GOOD.splitlines(True)[-1:] * 10_000),
    ],
)
def test_other_spellings_of_a_note_are_refused(raw: bytes) -> None:
    with pytest.raises(LogError):
        verify_checkpoint(raw, [SIGNER.verifier])


def test_unknown_keys_are_passed_over_and_wrong_signatures_are_not() -> None:
    stranger = Signer.from_seed(ORIGIN, Algorithm.ED25519, bytes(32))
    note = sign(CHECKPOINT.text, [stranger, SIGNER])
    assert list(note.verify([SIGNER.verifier])) == [SIGNER.verifier]
    good = signature_of(SIGNER, CHECKPOINT.text)
    wrong = Signature(good.name, good.key_id, bytes(64))
    for signatures in ((wrong,), (good, wrong), (wrong, good)):
        with pytest.raises(LogError, match="wrong"):
            Note(CHECKPOINT.text, signatures).verify([SIGNER.verifier])
    with pytest.raises(LogError, match="not signed by a known key"):
        verify_checkpoint(sign(CHECKPOINT.text, [stranger]).to_bytes(), [SIGNER.verifier])


def test_a_checkpoint_of_another_log_is_refused() -> None:
    other = Checkpoint("other.example/log", 2, ROOT)
    with pytest.raises(LogError, match="another log"):
        verify_checkpoint(sign(other.text, [SIGNER]).to_bytes(), [SIGNER.verifier])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n1\n",
        f"\n1\n{base64.b64encode(ROOT).decode()}\n",
        CHECKPOINT.text.replace("\n2\n", "\n02\n"),
        CHECKPOINT.text.replace("\n2\n", "\n+2\n"),
        CHECKPOINT.text.replace("\n2\n", "\n-1\n"),
        CHECKPOINT.text.replace("\n2\n", "\n2 \n"),
        CHECKPOINT.text.replace("\n2\n", "\n\u0662\n"),
        CHECKPOINT.text.replace("\n2\n", f"\n{1 << 63}\n"),
        CHECKPOINT.text.replace("\n2\n", "\n" + "9" * 5000 + "\n"),
        CHECKPOINT.text.replace("=", ""),
        CHECKPOINT.text + "\n",
        CHECKPOINT.text[:-1],
        f"{ORIGIN}\n2\nAAAA\n",
    ],
)
def test_other_spellings_of_a_checkpoint_are_refused(text: str) -> None:
    with pytest.raises(LogError):
        Checkpoint.parse(text)


def test_a_checkpoint_may_have_extension_lines() -> None:
    extended = Checkpoint(ORIGIN, 2, ROOT, ("more", "lines"))
    assert Checkpoint.parse(extended.text) == extended
    assert Checkpoint.parse(CHECKPOINT.text) == CHECKPOINT


def test_base64_has_one_spelling() -> None:
    assert from_base64("AA==") == b"\0"
    for other in ("AB==", "AA", "AA= =", "A A==", "AA==\n", "\u0391A=="):
        with pytest.raises(LogError):
            from_base64(other)


def test_signature_lines_end_with_a_newline() -> None:
    line = signature_of(SIGNER, "x\n").line
    assert parse_signatures(line + line)[1].line == line
    for bad in ("", line[:-1], "\n", line + "\n", "x\n"):
        with pytest.raises(LogError):
            parse_signatures(bad)


ENTRY = (
    b'{"actor":"","actor_role":"voter","data":{"event":"' + b"ab" * 32 + b'","height":7,'
    b'"tracker":"TRACKER","uuid":"CONTEST"},"id":"' + b"0" * 32 + b'","subject":"contest/CONTEST",'
    b'"time":"2026-01-01T10:00:00Z","type":"ballot.accepted","v":1}'
)
LEAVES = [leaf_hash(b"zero"), leaf_hash(ENTRY), leaf_hash(b"two")]
RECEIPT_KEY = Signer.from_seed(f"{ORIGIN}/receipt", Algorithm.ED25519, bytes(range(96, 128)))
RECEIPT = make_receipt(RECEIPT_KEY, contest="CONTEST", tracker="TRACKER", event="ab" * 32).encode()
KEYS = [SIGNER.verifier, RECEIPT_KEY.verifier]


def _proof(*signers: Signer, origin: str = ORIGIN) -> bytes:

    head = Checkpoint(origin, 3, root_of(LEAVES))
    hashes = tuple(prove_inclusion(1, 3, range_hash(LEAVES)))
    checkpoint = sign(head.text, signers or [SIGNER], 9).to_bytes()
    return Proof(1, hashes, checkpoint, ENTRY).to_text().encode()


def test_a_proof_stands_alone() -> None:
    proof = Proof.parse(_proof())
    assert proof.to_text().encode() == _proof()
    checkpoint, entry = proof.verify([SIGNER.verifier])
    assert (checkpoint.size, entry["data"]["tracker"]) == (3, "TRACKER")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"tlog-proof@v1", b"tlog-proof@v2"),
        (b"index 1", b"index 01"),
        (b"index 1", b"index 0"),
        (b"index 1", b"index 3"),
        (b"extra ", b"extra A"),
        (b"\n\n", b"\n\n\n"),
        (b"index 1\n", b"index 1\n\n"),
        (b"\n3\n", b"\n4\n"),
    ],
)
def test_bent_proofs_are_refused(old: bytes, new: bytes) -> None:
    raw = _proof().replace(old, new, 1)
    with pytest.raises(LogError):
        Proof.parse(raw).verify([SIGNER.verifier])


def test_a_proof_with_a_policy_needs_the_quorum() -> None:
    policy = Policy((SIGNER.verifier,), {"w": Witness("w", WITNESS.verifier)}, {}, "w")
    Proof.parse(_proof(SIGNER, WITNESS)).verify([], policy)
    with pytest.raises(LogError, match="cosignatures"):
        Proof.parse(_proof()).verify([], policy)


def test_a_receipt_is_evidence_and_its_proof_keeps_the_promise() -> None:
    receipt = verify_receipt(RECEIPT, KEYS)
    assert (receipt.contest, receipt.tracker, receipt.event) == ("CONTEST", "TRACKER", "ab" * 32)
    assert verify_recorded(receipt, Proof.parse(_proof()), KEYS) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"TRACKER", b"TRACKEQ"), (b"CONTEST", b"CONTESU"), (b"abab", b"abac"), (b" v1", b" v2")],
)
def test_a_bent_receipt_is_refused(old: bytes, new: bytes) -> None:
    with pytest.raises(LogError):
        verify_receipt(RECEIPT.replace(old, new, 1), KEYS)


def test_a_receipt_of_another_ballot_is_not_proved() -> None:
    for contest, tracker, event in (
        ("OTHER", "TRACKER", "ab" * 32),
        ("CONTEST", "OTHER", "ab" * 32),
        ("CONTEST", "TRACKER", "cd" * 32),
    ):
        raw = make_receipt(RECEIPT_KEY, contest=contest, tracker=tracker, event=event).encode()
        with pytest.raises(LogError, match="another entry"):
            verify_recorded(verify_receipt(raw, KEYS), Proof.parse(_proof()), KEYS)


def test_only_the_receipt_key_signs_receipts() -> None:
    with pytest.raises(LogError, match="not the key of receipts"):
        make_receipt(SIGNER, contest="CONTEST", tracker="TRACKER", event="ab" * 32)
    text = Note.parse(RECEIPT).text
    with pytest.raises(LogError, match="not signed by a known key"):
        verify_receipt(sign(text, [SIGNER]).to_bytes(), KEYS)
    for contest in ("a\nb", ""):
        with pytest.raises(LogError):
            make_receipt(RECEIPT_KEY, contest=contest, tracker="TRACKER", event="ab" * 32)
