"""RFC 6962 trees and proofs: reference roots, every small tree, and proofs that must be refused."""

from __future__ import annotations

import json
import os
from base64 import b64decode
from pathlib import Path

import pytest

from audit.errors import LogError
from audit.merkle import (
    EMPTY_ROOT,
    leaf_hash,
    prove_consistency,
    prove_inclusion,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from tests.audit.trees import range_hash

VECTORS = json.loads((Path(__file__).parent / "vectors" / "merkle.json").read_text())
REFERENCE = [leaf_hash(bytes.fromhex(leaf)) for leaf in VECTORS["reference"]["leaves"]]
EVENTS = [leaf_hash(f'{{"seq":{i},"event":"test"}}'.encode()) for i in range(300)]
LIMIT = 40


def test_the_empty_tree() -> None:
    assert root_of([]) == EMPTY_ROOT == bytes.fromhex(VECTORS["empty"])


@pytest.mark.parametrize(("size", "root"), VECTORS["reference"]["roots"].items())
def test_reference_roots(size: str, root: str) -> None:
    assert root_of(REFERENCE[: int(size)]).hex().startswith(root)


@pytest.mark.parametrize(("size", "root"), VECTORS["events"]["roots"].items())
def test_roots_of_events(size: str, root: str) -> None:
    assert root_of(EVENTS[: int(size)]) == b64decode(root)


def test_proofs_of_events() -> None:
    hashes = range_hash(EVENTS[:8])
    inclusion = [b64decode(digest) for digest in VECTORS["events"]["inclusion of 6 in 8"]]
    consistency = [b64decode(digest) for digest in VECTORS["events"]["consistency of 6 to 8"]]
    assert prove_inclusion(6, 8, hashes) == inclusion
    assert prove_consistency(6, 8, hashes) == consistency


@pytest.mark.parametrize("size", range(1, LIMIT))
def test_every_small_tree(size: int) -> None:
    leaves = EVENTS[:size]
    root = root_of(leaves)
    for index in range(size):
        proof = prove_inclusion(index, size, range_hash(leaves))
        verify_inclusion(index, size, leaves[index], proof, root)
    for old in range(1, size + 1):
        proof = prove_consistency(old, size, range_hash(leaves))
        verify_consistency(old, size, root_of(leaves[:old]), root, proof)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 32])
def test_bent_inclusion_proofs_are_refused(size: int) -> None:
    leaves = EVENTS[:size]
    root = root_of(leaves)
    for index in range(size):
        proof = prove_inclusion(index, size, range_hash(leaves))
        leaf = leaves[index]
        bent = [(index, size, leaf, other, root) for other in _bend(proof)]
        bent += [(other, size, leaf, proof, root) for other in (index - 1, index + 1, size, -1)]
        bent += [(index, size, EVENTS[99], proof, root), (index, size, leaf, proof, EVENTS[99])]
        bent += [(index, size, b"", proof, root), (index, size, leaf, proof, b"")]
        bent += [(index, 0, leaf, proof, root), (0, 0, leaf, [], EMPTY_ROOT)]
        bent += [(index, 2 * size + 1, leaf, proof, root)]
        for case in bent:
            with pytest.raises(LogError):
                verify_inclusion(*case)


@pytest.mark.parametrize(("old", "size"), [(1, 1), (1, 8), (2, 5), (4, 8), (6, 8), (7, 32), (8, 8)])
def test_bent_consistency_proofs_are_refused(old: int, size: int) -> None:
    old_root, root = root_of(EVENTS[:old]), root_of(EVENTS[:size])
    proof = prove_consistency(old, size, range_hash(EVENTS[:size]))
    bent = [(old, size, old_root, root, other) for other in _bend(proof)]
    bent += [(old, size, EVENTS[99], root, proof), (old, size, old_root, EVENTS[99], proof)]
    bent += [(old, size, b"", root, proof), (old, size, old_root, b"", proof)]
    bent += [(0, size, EMPTY_ROOT, root, []), (0, size, EMPTY_ROOT, root, proof)]
    bent += [(size + 1, size, old_root, root, proof), (-1, size, old_root, root, proof)]
    for case in bent:
        with pytest.raises(LogError):
            verify_consistency(*case)


def _bend(proof: list[bytes]) -> list[list[bytes]]:
    """Longer, shorter, reordered, one bit changed, wrong lengths."""
    bent: list[list[bytes]] = [[*proof, EVENTS[98]], [EVENTS[98], *proof], [*proof, b""]]
    bent.append([EVENTS[98]] * 64)
    for place, digest in enumerate(proof):
        flipped = bytes([digest[0] ^ 1]) + digest[1:]
        for other in ([flipped], [], [digest[:-1]], [digest + b"\0"], [digest, digest]):
            bent.append([*proof[:place], *other, *proof[place + 1 :]])
    if len(proof) > 1:
        bent.append(proof[::-1])
    return bent


def test_nothing_is_proved_of_what_is_not_there() -> None:
    hashes = range_hash(EVENTS[:8])
    for index, size in ((8, 8), (-1, 8), (0, 0)):
        with pytest.raises(LogError):
            prove_inclusion(index, size, hashes)
    with pytest.raises(LogError):
        prove_consistency(9, 8, hashes)


@pytest.mark.skipif("MERKLE_VECTORS" not in os.environ, reason="MERKLE_VECTORS names no file")
def test_published_vectors() -> None:
    """The inclusion and consistency cases of transparency-dev/merkle, where a copy is at hand."""
    published = json.loads(Path(os.environ["MERKLE_VECTORS"]).read_text())
    # the others are of subtree proofs, which the log does not have
    kinds = ("inclusion/", "consistency/")
    cases = {name: case for name, case in published.items() if name.startswith(kinds)}
    assert any(case["wantErr"] for case in cases.values()) and len(cases) > 100
    wrong = [name for name, case in cases.items() if _accepts(name, case) == case["wantErr"]]
    assert not wrong


def _accepts(name: str, case: dict[str, object]) -> bool:
    proof = [b64decode(digest) for digest in case["proof"] or []]  # type: ignore[attr-defined]
    try:
        match name.split("/")[0]:
            case "inclusion":
                leaf, root = (b64decode(str(case[key])) for key in ("leafHash", "root"))
                verify_inclusion(
                    int(str(case["leafIdx"])), int(str(case["treeSize"])), leaf, proof, root
                )
            case "consistency":
                old, new = (b64decode(str(case[key])) for key in ("root1", "root2"))
                verify_consistency(
                    int(str(case["size1"])), int(str(case["size2"])), old, new, proof
                )
            case kind:
                raise ValueError(kind)
    except LogError:
        return False
    return True
