"""The roll of a contest as a Merkle tree (RFC 6962): pure, for service, verifier and voter.

A leaf is the salted commitment of a voter. Leaves are sorted, so a place tells nothing but the
order of random numbers. The log has root and size, so nobody can put in names unseen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from audit.merkle import leaf_hash, root_of


def commitment(salt: str, member_no: str) -> str:
    """What stands for a person in roll and log; nothing leads back to them without the salt."""
    return hashlib.sha256(f"mandate/person\n{salt}\n{member_no}".encode()).hexdigest()


def _leaves(commitments: Iterable[str]) -> list[bytes]:
    return [leaf_hash(bytes.fromhex(text)) for text in sorted(commitments)]


def root(commitments: Iterable[str]) -> str:
    return root_of(_leaves(commitments)).hex()
