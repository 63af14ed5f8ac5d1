"""Merkle trees of RFC 6962: hashes, inclusion and consistency proofs, proved beside verified.

Pure. A `Digest` is 32 bytes of SHA-256. Indices and sizes count leaves, from 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import NewType

from audit.errors import LogError

Digest = NewType("Digest", bytes)

EMPTY_ROOT = Digest(sha256(b"").digest())
MAX_PROOF = 63  # hashes: a tree has fewer than 2**63 leaves (tlog-witness, add-checkpoint)


def leaf_hash(entry: bytes) -> Digest:
    """RFC 6962, 2.1: SHA-256(0x00 || entry)."""
    return Digest(sha256(b"\0" + entry).digest())


def node_hash(left: bytes, right: bytes) -> Digest:
    """RFC 6962, 2.1: SHA-256(0x01 || left || right)."""
    return Digest(sha256(b"\1" + left + right).digest())


def root_of(hashes: Sequence[bytes]) -> Digest:
    """The root over nodes of one height, of which the last may be a smaller tree.

    To pair neighbours and to carry the odd last one up gives the split that RFC 6962, 2.1 defines.
    """
    if not hashes:
        return EMPTY_ROOT
    row = list(hashes)
    while len(row) > 1:
        pairs = zip(row[::2], row[1::2], strict=False)
        above: list[bytes] = [sha256(b"\1" + left + right).digest() for left, right in pairs]
        if len(row) % 2:
            above.append(row[-1])
        row = above
    return Digest(row[0])


def _split(size: int) -> int:
    """The largest power of two below `size` (RFC 6962, 2.1: k)."""
    return 1 << (size - 1).bit_length() - 1


RangeHash = Callable[[int, int], Digest]
"""`f(start, end)`: the root of the leaves from start to before end, a node of the tree."""


def prove_inclusion(index: int, size: int, hash_of: RangeHash) -> list[Digest]:
    """The audit path of leaf `index` in the tree of `size` leaves (RFC 6962, 2.1.1).

    Raises LogError when there is no such leaf.
    """
    if not 0 <= index < size:
        raise LogError(f"no leaf {index} in a tree of {size}")
    path: list[Digest] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(hash_of(middle, end))
            end = middle
        else:
            path.append(hash_of(start, middle))
            start = middle
    return path[::-1]


def verify_inclusion(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that `leaf` (a leaf hash) is at `index` under `root` (RFC 9162, 2.1.3.2).

    Raises LogError when it is not, or the proof has another length than this place needs.
    """
    if not 0 <= index < size:
        raise LogError(f"no leaf {index} in a tree of {size}")
    _check_digests(proof, leaf, root)
    position, last, digest = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise LogError("inclusion proof: too long")
        if position & 1 or position == last:
            digest = node_hash(sibling, digest)
            while position & 1 == 0 and position:
                position, last = position >> 1, last >> 1
        else:
            digest = node_hash(digest, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise LogError("inclusion proof: too short")
    if digest != root:
        raise LogError("inclusion proof: leads to another root")


def prove_consistency(old: int, new: int, hash_of: RangeHash) -> list[Digest]:
    """Why the tree of `new` leaves extends the one of `old` (RFC 6962, 2.1.2); empty for 0.

    Raises LogError when `old` is larger than `new`.
    """
    if not 0 <= old <= new:
        raise LogError(f"a tree of {new} does not extend one of {old}")
    if old in (0, new):
        return []
    path: list[Digest] = []
    start, end, whole = 0, new, True
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(hash_of(middle, end))
            end = middle
        else:
            path.append(hash_of(start, middle))
            start, whole = middle, False
    if not whole:
        path.append(hash_of(start, end))
    return path[::-1]


def verify_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the tree `new_root` extends the tree `old_root` (RFC 9162, 2.1.4.2).

    Raises LogError. The size 0 proves nothing and is refused: whoever starts there knows it.
    """
    if not 0 < old <= new:
        raise LogError(f"no consistency proof leads from size {old} to {new}")
    if old == new:
        if proof:
            raise LogError("consistency proof: too long")
        if old_root != new_root:
            raise LogError("two roots for one size")
        return
    _check_digests(proof, old_root, new_root)
    # an old tree that is one perfect subtree is itself the first node of the path
    path = [*proof] if old & (old - 1) else [old_root, *proof]
    _climb(old - 1, new - 1, path, old_root, new_root)


def _climb(position: int, last: int, path: list[bytes], old_root: bytes, new_root: bytes) -> None:
    if not path:
        raise LogError("consistency proof: too short")
    while position & 1:
        position, last = position >> 1, last >> 1
    old_digest = new_digest = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise LogError("consistency proof: too long")
        if position & 1 or position == last:
            old_digest, new_digest = node_hash(sibling, old_digest), node_hash(sibling, new_digest)
            while position & 1 == 0 and position:
                position, last = position >> 1, last >> 1
        else:
            new_digest = node_hash(new_digest, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise LogError("consistency proof: too short")
    if old_digest != old_root:
        raise LogError("consistency proof: leads to another old root")
    if new_digest != new_root:
        raise LogError("consistency proof: leads to another new root")


def _check_digests(proof: Sequence[bytes], *others: bytes) -> None:
    if len(proof) > MAX_PROOF:
        raise LogError("a proof has at most 63 hashes")
    if any(len(digest) != 32 for digest in (*proof, *others)):
        raise LogError("a hash is not of 32 bytes")
