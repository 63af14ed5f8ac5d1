"""Receipts for ballots: the server signs what it accepted, before the log has it.

Pure. A receipt is a signed note. If the entry it promises is not in the log, the receipt is the
evidence: with the log's export it shows that the server dropped a ballot.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from audit.errors import LogError
from audit.keys import Signer, Verifier
from audit.note import Note, sign
from audit.policy import Policy
from audit.proofs import Proof
from audit.transport import receipt_in

HEADER = "mandate-receipt v1"
KEY_SUFFIX = "/receipt"  # of the key's name, after the origin of the public log
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class Receipt:
    """A ballot with `tracker` became event `event` (SHA-256, hex) of the archive of `contest`."""

    origin: str
    contest: str
    tracker: str
    event: str

    @property
    def text(self) -> str:
        lines = (HEADER, self.origin, self.contest, self.tracker, self.event)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> Receipt:
        """Read the text of the note. Raises LogError for any other spelling."""
        lines = text.split("\n")
        if len(lines) != 6 or lines[0] != HEADER or lines[5] or not all(lines[:5]):
            raise LogError("not a receipt")
        if not _HASH.fullmatch(lines[4]):
            raise LogError("not a receipt: the last line is the hash of an event")
        return cls(*lines[1:5])


def make_receipt(signer: Signer, *, contest: str, tracker: str, event: str) -> str:
    """A receipt signed with a key named `<origin>/receipt`. Raises LogError.

    It has no time, so a ballot that is sent again gets the same receipt, byte for byte.
    """
    if not signer.name.endswith(KEY_SUFFIX):
        raise LogError(f"{signer.name} is not the key of receipts")
    receipt = Receipt(signer.name.removesuffix(KEY_SUFFIX), contest, tracker, event)
    Receipt.parse(receipt.text)
    return sign(receipt.text, [signer]).to_bytes().decode()


def verify_receipt(raw: bytes, verifiers: Sequence[Verifier]) -> Receipt:
    """Check that the server signed this receipt, as it was saved or as it came through the mail.

    Raises DamagedError when it is not whole, LogError when nobody known signed it.
    """
    try:
        return _verify(raw, verifiers)
    except LogError:
        mended = _mended(raw)
        if mended == raw:
            raise
    return _verify(mended, verifiers)


def _mended(raw: bytes) -> bytes:
    """What was signed, put in order again; `raw` itself where it is a whole receipt as it is."""
    try:
        return receipt_in(raw)
    except LogError:
        if _whole(raw):
            return raw
        raise


def _whole(raw: bytes) -> bool:
    try:
        Receipt.parse(Note.parse(raw).text)
    except LogError:
        return False
    return True


def _verify(raw: bytes, verifiers: Sequence[Verifier]) -> Receipt:
    note = Note.parse(raw)
    signed = note.verify(verifiers)
    receipt = Receipt.parse(note.text)
    if not any(verifier.name == receipt.origin + KEY_SUFFIX for verifier in signed):
        raise LogError(f"the receipt is not signed by a known key of {receipt.origin[:80]}")
    return receipt


def verify_recorded(
    receipt: Receipt,
    proof: Proof,
    verifiers: Sequence[Verifier],
    policy: Policy | None = None,
) -> int:
    """Check that the entry which the receipt promises is in the log; returns its index.

    Raises LogError when the proof is bad or proves another entry.
    """
    checkpoint, entry = proof.verify(verifiers, policy)
    if checkpoint.origin != receipt.origin:
        raise LogError("the proof is of another log than the receipt")
    promised = {"uuid": receipt.contest, "tracker": receipt.tracker, "event": receipt.event}
    said = {name: entry["data"].get(name) for name in promised}
    if entry["type"] != "ballot.accepted" or said != promised:
        raise LogError("the proof is of another entry than the receipt promises", index=proof.index)
    return proof.index
