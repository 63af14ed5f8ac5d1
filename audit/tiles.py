"""The files of a log, as tlog-tiles v0.1.0 lays them out: tiles of hashes, bundles of entries.

Pure: paths and bytes. A tile of level L holds the hashes of perfect subtrees of 256**L leaves, 256
of them when it is full. `Edge` is what must be kept of a tree in order to append to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from audit.entries import MAX_ENTRY
from audit.errors import LogError
from audit.merkle import Digest, RangeHash, root_of

WIDTH = 256  # hashes of a full tile, entries of a full bundle
HASH = 32  # bytes of a hash
MAX_BUNDLE = WIDTH * (2 + MAX_ENTRY)  # bytes
_PATH = re.compile(
    r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x\d{3}/){0,6}\d{3})(?:\.p/(\d{1,3}))?", re.ASCII
)


@dataclass(frozen=True)
class TileName:
    """A tile of hashes (`level` from 0) or a bundle of entries (`level` -1)."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        kind = "entries" if self.level < 0 else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{kind}/{_grouped(self.index)}{partial}"

    @classmethod
    def parse(cls, path: str) -> TileName:
        """The inverse of `path`. Raises LogError for any other spelling."""
        match = _PATH.fullmatch(path)
        if match is None:
            raise LogError(f"not the path of a tile: {path[:80]!r}")
        kind, groups, width = match.groups()
        name = cls(
            -1 if kind == "entries" else int(kind),
            int(groups.replace("x", "").replace("/", "")),
            int(width) if width else WIDTH,
        )
        if name.path != path or name.width == 0:
            raise LogError(f"not the path of a tile: {path[:80]!r}")
        return name


def _grouped(index: int) -> str:
    """Three digits a folder, all groups but the last marked with x: 1234067 is x001/x234/067."""
    text = f"{index % 1000:03}"
    while index := index // 1000:
        text = f"x{index % 1000:03}/{text}"
    return text


def width_at(level: int, index: int, size: int) -> int:
    """How many hashes (or entries, level -1) this tile has in a tree of `size`; 0: not there."""
    hashes: int = size // WIDTH ** max(level, 0)
    return max(0, min(WIDTH, hashes - index * WIDTH))


def tiles_of(size: int) -> Iterator[TileName]:
    """All files that a log of `size` entries has, the bundles first."""
    level = -1
    while size // WIDTH ** max(level, 0):
        hashes = size // WIDTH ** max(level, 0)
        for index in range(-(-hashes // WIDTH)):
            yield TileName(level, index, width_at(level, index, size))
        level += 1


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Each entry after its length in two bytes, big-endian."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def split_bundle(data: bytes, width: int) -> list[bytes]:
    """The entries of a bundle. Raises LogError unless it is just `width` of them."""
    entries = []
    position = 0
    for place in range(width):
        start = position + 2
        position = start + int.from_bytes(data[position:start], "big")
        if position > len(data) or start > len(data):
            raise LogError(f"the bundle ends within its entry {place} of {width}")
        entries.append(data[start:position])
    if position != len(data):
        raise LogError(f"{len(data) - position} bytes follow the last entry of the bundle")
    return entries


def split_tile(data: bytes, width: int) -> list[bytes]:
    """The hashes of a tile. Raises LogError unless there are just `width`."""
    if len(data) != width * HASH:
        raise LogError(f"a tile of {width} hashes has {width * HASH} bytes, not {len(data)}")
    return [data[place : place + HASH] for place in range(0, len(data), HASH)]


def leaf_hashes(entries: Sequence[bytes]) -> list[bytes]:
    """The leaf hashes of many entries (`merkle.leaf_hash` without a call for each)."""
    return [sha256(b"\0" + entry).digest() for entry in entries]


@dataclass
class Edge:
    """The right edge of a tree: of each level the hashes of the tile that is not full yet."""

    levels: list[list[bytes]] = field(default_factory=list)

    @property
    def size(self) -> int:
        return sum(len(hashes) * WIDTH**level for level, hashes in enumerate(self.levels))

    def copy(self) -> Edge:
        return Edge([hashes.copy() for hashes in self.levels])

    def append(self, leaves: Sequence[bytes]) -> list[tuple[TileName, bytes]]:
        """Add leaf hashes; returns the tiles that this has filled."""
        full: list[tuple[TileName, bytes]] = []
        for place in range(0, len(leaves), WIDTH):
            self._append(0, leaves[place : place + WIDTH], full)
        return full

    def _append(
        self, level: int, hashes: Sequence[bytes], full: list[tuple[TileName, bytes]]
    ) -> None:
        """`hashes` are at most a tile, so that one tile at most is filled."""
        if level == len(self.levels):
            self.levels.append([])
        tile = self.levels[level]
        room = WIDTH - len(tile)
        tile.extend(hashes[:room])
        if len(tile) == WIDTH:
            self.levels[level] = list(hashes[room:])
            index = self._filled(level)
            full.append((TileName(level, index), b"".join(tile)))
            self._append(level + 1, [root_of(tile)], full)

    def _filled(self, level: int) -> int:
        """How many tiles of `level` are full before the one that has just been filled."""
        return sum(
            len(hashes) * WIDTH**above for above, hashes in enumerate(self.levels[level + 1 :])
        )

    def partial(self) -> list[tuple[TileName, bytes]]:
        """The tiles that are not full at this size; never an empty one."""
        size = self.size
        return [
            (TileName(level, size // WIDTH ** (level + 1), len(hashes)), b"".join(hashes))
            for level, hashes in enumerate(self.levels)
            if hashes
        ]

    def root(self) -> Digest:
        """The root of the tree. A lower level is the smaller tree at the end of the one above."""
        rest: list[bytes] = []
        for hashes in self.levels:
            row = hashes + rest
            rest = [root_of(row)] if row else []
        return root_of(rest)


ReadTile = Callable[[TileName], bytes]
"""The bytes of a tile; raises LogError when it is not there."""


def load_edge(size: int, read: ReadTile) -> Edge:
    """The edge of the tree of `size` from its tiles. Raises LogError; compare `root()` yourself."""
    levels = []
    level = 0
    while size // WIDTH**level:
        width = size // WIDTH**level % WIDTH
        name = TileName(level, size // WIDTH ** (level + 1), width)
        levels.append(split_tile(read(name), width) if width else [])
        level += 1
    return Edge(levels)


def tree_hash(size: int, read: ReadTile) -> RangeHash:
    """The hashes of the ranges that proofs need, from the tiles of the tree of `size`."""

    def perfect(start: int, height: int) -> Digest:
        level = height // 8
        first, count = start >> 8 * level, 1 << height - 8 * level
        name = TileName(level, first // WIDTH, width_at(level, first // WIDTH, size))
        hashes = split_tile(read(name), name.width)
        return root_of(hashes[first % WIDTH : first % WIDTH + count])

    def hash_of(start: int, end: int) -> Digest:
        parts = []
        while start < end:
            height = (end - start).bit_length() - 1
            parts.append(perfect(start, height))
            start += 1 << height
        digest = parts.pop()
        while parts:
            digest = Digest(sha256(b"\1" + parts.pop() + digest).digest())
        return digest

    return hash_of
