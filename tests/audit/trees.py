"""The hashes of a tree that is held in memory, for tests of proofs."""

from __future__ import annotations

from collections.abc import Sequence

from audit.merkle import RangeHash, root_of


def range_hash(leaves: Sequence[bytes]) -> RangeHash:
    """The root of any range, from the leaf hashes."""
    return lambda start, end: root_of(leaves[start:end])
