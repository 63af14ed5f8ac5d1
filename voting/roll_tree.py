"""The roll of a contest as a Merkle tree (RFC 6962): pure, for service, verifier and voter.

A leaf is the salted commitment of a voter. Leaves are sorted, so a place tells nothing but the
order of random numbers. The log has root and size: a voter who is shown the own path knows to be on
the roll that was fixed, and nobody can put in names without the size growing.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from audit.errors import LogError
from audit.merkle import leaf_hash, prove_inclusion, range_hash, root_of, verify_inclusion


def commitment(salt: str, member_no: str) -> str:
    """What stands for a person in roll and log; nothing leads back to them without the salt."""
    return hashlib.sha256(f"mandate/person\n{salt}\n{member_no}".encode()).hexdigest()


def _leaves(commitments: Iterable[str]) -> list[bytes]:
    return [leaf_hash(bytes.fromhex(text)) for text in sorted(commitments)]


def root(commitments: Iterable[str]) -> str:
    return root_of(_leaves(commitments)).hex()


@dataclass(frozen=True)
class Inclusion:
    """That a commitment is the `index`-th of `size` under `root`, from 0."""

    commitment: str
    index: int
    size: int
    path: tuple[str, ...]
    root: str

    def check(self) -> None:
        """Raises LogError."""
        try:
            path = [bytes.fromhex(text) for text in self.path]
            leaf, above = leaf_hash(bytes.fromhex(self.commitment)), bytes.fromhex(self.root)
        except ValueError as error:
            raise LogError(f"a hash is not in hexadecimal: {error}") from error
        verify_inclusion(self.index, self.size, leaf, path, above)


def inclusion(commitments: Iterable[str], own: str) -> Inclusion:
    """Raises LogError when it is not one of them."""
    listed = sorted(commitments)
    index = bisect_left(listed, own)
    if index == len(listed) or listed[index] != own:
        raise LogError("this commitment is not on the roll")
    leaves = _leaves(listed)
    path = prove_inclusion(index, len(leaves), range_hash(leaves))
    return Inclusion(
        own, index, len(leaves), tuple(step.hex() for step in path), root_of(leaves).hex()
    )
