"""Proofs that stand alone (C2SP tlog-proof@v1): an entry is in a log, seen by whom.

Pure. The entry itself rides in the `extra` line, so one text file is all that a person must keep.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from audit.entries import MAX_ENTRY, decode
from audit.errors import LogError
from audit.keys import Verifier, from_base64, to_base64
from audit.merkle import (
    MAX_PROOF,
    Digest,
    leaf_hash,
    prove_inclusion,
    verify_inclusion,
)
from audit.note import MAX_NOTE, Checkpoint, verify_checkpoint
from audit.policy import Policy
from audit.tiles import ReadTile, tree_hash

HEADER = "c2sp.org/tlog-proof@v1"
MAX_TEXT = MAX_NOTE + 2 * MAX_ENTRY  # bytes
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True)
class Proof:
    """`entry` (the leaf) is at `index` under `checkpoint` (a signed note); nothing is checked."""

    index: int
    hashes: tuple[Digest, ...]
    checkpoint: bytes
    entry: bytes

    def to_text(self) -> str:
        lines = [HEADER, f"extra {to_base64(self.entry)}", f"index {self.index}"]
        lines += [to_base64(digest) for digest in self.hashes]
        return "\n".join(lines) + "\n\n" + self.checkpoint.decode()

    @classmethod
    def parse(cls, raw: bytes) -> Proof:
        """Raises LogError for any other spelling, and for a proof without its entry."""
        if len(raw) > MAX_TEXT:
            raise LogError("not a proof: too long")
        head, blank, checkpoint = raw.partition(b"\n\n")
        if not blank or not head.isascii():
            raise LogError("not a proof: no blank line before the checkpoint")
        lines = head.decode("ascii").split("\n")
        if lines[0] != HEADER or len(lines) < 3 or not lines[1].startswith("extra "):
            raise LogError(f"not a proof: begins with {HEADER} and the entry as extra data")
        index = _INDEX.fullmatch(lines[2])
        if index is None or len(lines) > 3 + MAX_PROOF:
            raise LogError("not a proof: the index or the number of hashes is wrong")
        hashes = tuple(Digest(from_base64(line)) for line in lines[3:])
        return cls(int(index[1]), hashes, checkpoint, from_base64(lines[1].removeprefix("extra ")))

    def verify(
        self, verifiers: Sequence[Verifier], policy: Policy | None = None
    ) -> tuple[Checkpoint, dict[str, Any]]:
        """Check the signatures, the quorum and the path; returns the head and the entry.

        Raises LogError.
        """
        keys = [*verifiers, *(policy.logs if policy else ())]
        checkpoint, note = verify_checkpoint(self.checkpoint, keys)
        if policy is not None and not policy.quorum_reached(note.verify(policy.cosigners)):
            raise LogError("the checkpoint lacks the cosignatures that the policy wants")
        leaf = leaf_hash(self.entry)
        verify_inclusion(self.index, checkpoint.size, leaf, self.hashes, checkpoint.root)
        return checkpoint, decode(self.entry)


def make_proof(index: int, entry: bytes, checkpoint: bytes, size: int, read: ReadTile) -> Proof:
    """Prove entry `index` under a checkpoint of `size` from the tiles. Raises LogError."""
    hashes = prove_inclusion(index, size, tree_hash(size, read))
    return Proof(index, tuple(hashes), checkpoint, entry)
