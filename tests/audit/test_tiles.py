"""Tiles, bundles and the growing edge: paths, widths, and trees built in any steps."""

from __future__ import annotations

import random

import pytest

from audit.errors import LogError
from audit.merkle import (
    leaf_hash,
    prove_consistency,
    prove_inclusion,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from audit.tiles import (
    Edge,
    TileName,
    encode_bundle,
    load_edge,
    split_bundle,
    split_tile,
    tree_hash,
    width_at,
)

LEAVES = [leaf_hash(str(i).encode()) for i in range(66_000)]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (TileName(0, 0), "tile/0/000"),
        (TileName(0, 1234067), "tile/0/x001/x234/067"),
        (TileName(63, 999), "tile/63/999"),
        (TileName(1, 1000, 7), "tile/1/x001/000.p/7"),
        (TileName(-1, 5, 255), "tile/entries/005.p/255"),
    ],
)
def test_paths(name: TileName, path: str) -> None:
    assert name.path == path
    assert TileName.parse(path) == name


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/0",
        "tile/0/x000/001",
        "tile/00/001",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/001/x002",
        "tile/0/1000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/07",
        "tile/0/000/",
        "tile/0/000\n",
        "tile/0/../000",
        "/tile/0/000",
        "tile/0/\u0660\u0660\u0660",
        "tile/8/000.p/1.p/1",
    ],
)
def test_other_paths_are_refused(path: str) -> None:
    with pytest.raises(LogError):
        TileName.parse(path)


def test_widths() -> None:
    assert [width_at(0, n, 70_000) for n in (0, 273, 274)] == [256, 112, 0]
    assert [width_at(1, n, 70_000) for n in (0, 1, 2)] == [256, 17, 0]
    assert [width_at(2, n, 70_000) for n in (0, 1)] == [1, 0]
    assert [width_at(-1, n, 70_000) for n in (272, 273)] == [256, 112]
    assert width_at(0, 0, 0) == 0


def test_bundles() -> None:
    entries = [b"", b"a", b"b" * 65535]
    data = encode_bundle(entries)
    assert split_bundle(data, 3) == entries
    for bent, width in ((data, 2), (data, 4), (data[:-1], 3), (data + b"\0", 3), (b"", 1)):
        with pytest.raises(LogError):
            split_bundle(bent, width)
    with pytest.raises(LogError):
        split_bundle(b"\0", 1)
    with pytest.raises(LogError):
        split_tile(bytes(33), 1)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 5000, 65_535, 65_536, 65_537])
def test_a_tree_that_grew_in_steps(size: int) -> None:
    chance = random.Random(size)
    files: dict[str, bytes] = {}
    edge = Edge()
    while edge.size < size:
        end = min(size, edge.size + chance.randint(1, 9000))
        for name, data in edge.append(LEAVES[edge.size : end]) + edge.partial():
            assert name.width == width_at(name.level, name.index, end) and data
            files[name.path] = data
    root = root_of(LEAVES[:size])
    assert edge.root() == root
    assert load_edge(size, lambda name: files[name.path]).root() == root
    hashes = tree_hash(size, lambda name: files[name.path])
    for _ in range(5):
        index, old = chance.randrange(size), chance.randint(1, size)
        verify_inclusion(index, size, LEAVES[index], prove_inclusion(index, size, hashes), root)
        proof = prove_consistency(old, size, hashes)
        verify_consistency(old, size, root_of(LEAVES[:old]), root, proof)
