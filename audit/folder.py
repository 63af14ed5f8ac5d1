"""A log as files: tiles and bundles that never change, and one checkpoint that only grows.

Tiles are on disk (fsync) before the checkpoint that counts on them is renamed into its place, so
whoever reads the checkpoint finds all that it promises, after a crash as well.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from audit.errors import LogError
from audit.keys import Verifier
from audit.merkle import Digest
from audit.note import MAX_NOTE, Checkpoint, Note, verify_checkpoint
from audit.tiles import (
    HASH,
    MAX_BUNDLE,
    WIDTH,
    Edge,
    TileName,
    encode_bundle,
    leaf_hashes,
    load_edge,
    split_bundle,
)

WITNESSED = "checkpoint.witnessed"  # the newest checkpoint with a quorum of cosignatures


class LogFolder:
    """The files of one log under `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Only one process of this machine writes at a time; a dead one lets go by itself."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / ".lock").open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def read(self, relative: str, limit: int) -> bytes | None:
        """A file of at most `limit` bytes, or None. Raises LogError when it is longer."""
        path = self.path / relative
        try:
            with path.open("rb") as file:
                data = file.read(limit + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        if len(data) > limit:
            raise LogError(f"{relative} has more than {limit} bytes")
        return data

    def tile(self, name: TileName) -> bytes:
        """A tile or bundle; a partial one is cut from the full one where it is gone.

        Raises LogError when it is missing.
        """
        return read_tile(self, name)

    def checkpoint(self) -> bytes | None:
        return self.read("checkpoint", MAX_NOTE)

    def write(self, files: Iterable[tuple[TileName, bytes]]) -> None:
        """Put files on disk to stay. Raises LogError where one is there with other content."""
        folders: set[Path] = set()
        for name, data in files:
            path = self.path / name.path
            if path.exists():
                if path.read_bytes() != data:
                    raise LogError(f"{path} was changed: it is not what the database hashes to")
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            self._write_file(path, data)
            folders.update((path.parent, path.parent.parent))
        for folder in folders:
            _sync(folder)

    def drop_partials(self, full: Iterable[TileName]) -> None:
        """Remove the partial forms of tiles that are full and published (tlog-tiles allows it)."""
        for name in full:
            shutil.rmtree(self.path / f"{name.path}.p", ignore_errors=True)

    def publish(self, raw: bytes) -> None:
        """Make `raw` the checkpoint, last of all.

        Raises LogError rather than go back or to put a second root beside one for its size.
        """
        new = Checkpoint.parse(Note.parse(raw).text)
        current = self.checkpoint()
        if current is not None:
            old = Checkpoint.parse(Note.parse(current).text)
            if new.size < old.size:
                raise LogError(f"the log in {self.path} has {old.size} entries, not {new.size}")
            if new.size == old.size and new.root != old.root:
                raise LogError(f"two roots for size {new.size} of the log in {self.path}")
        self.put("checkpoint", raw)

    def put(self, name: str, data: bytes) -> None:
        """Replace a file beside the tiles, whole and to stay. Hold the lock."""
        self._write_file(self.path / name, data)
        _sync(self.path)

    def _write_file(self, path: Path, data: bytes) -> None:
        # one scratch file, overwritten after a crash: only the holder of the lock writes
        scratch = self.path / ".scratch"
        with scratch.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)


class Reader(Protocol):
    def read(self, relative: str, limit: int) -> bytes | None: ...


def read_tile(source: Reader, name: TileName) -> bytes:
    """See `LogFolder.tile`; `source` may be a server too."""
    limit = MAX_BUNDLE if name.level < 0 else WIDTH * HASH
    data = source.read(name.path, limit)
    if data is not None:
        return data
    full = TileName(name.level, name.index)
    data = source.read(full.path, limit) if name != full else None
    if data is None:
        raise LogError(f"{name.path} is missing")
    return cut_tile(data, name, WIDTH)


def cut_tile(data: bytes, name: TileName, width: int) -> bytes:
    """The partial tile or bundle `name` from the wider one `data`."""
    if name.level < 0:
        return encode_bundle(split_bundle(data, width)[: name.width])
    return data[: name.width * HASH]


class Export:
    """The growing end of a folder: what is needed to append to it, and the appending."""

    def __init__(self, folder: LogFolder, edge: Edge, tail: list[bytes]) -> None:
        self.folder = folder
        self.edge = edge
        self._tail = tail  # the entries of the bundle that is not full yet

    @classmethod
    def open(cls, folder: LogFolder, verifiers: Sequence[Verifier]) -> Export:
        """Continue at the folder's checkpoint, or at 0 where there is none. Raises LogError."""
        raw = folder.checkpoint()
        if raw is None:
            return cls(folder, Edge(), [])
        checkpoint, _ = verify_checkpoint(raw, verifiers)
        edge = load_edge(checkpoint.size, folder.tile)
        if edge.root() != checkpoint.root:
            raise LogError(f"the tiles in {folder.path} do not hash to the checkpoint there")
        index, width = divmod(checkpoint.size, WIDTH)
        tail = split_bundle(folder.tile(TileName(-1, index, width)), width) if width else []
        if width and leaf_hashes(tail) != edge.levels[0]:
            raise LogError(f"the last bundle in {folder.path} does not hash to its tile")
        return cls(folder, edge, tail)

    @property
    def size(self) -> int:
        return self.edge.size

    def root(self) -> Digest:
        return self.edge.root()

    def plan(self, entries: Sequence[bytes]) -> Growth:
        """The files that these entries will need, and the edge after them; nothing is written."""
        edge = self.edge.copy()
        files = edge.append(leaf_hashes(entries)) + edge.partial()
        index = self.size // WIDTH
        entries = [*self._tail, *entries]
        for place in range(0, len(entries), WIDTH):
            bundle = entries[place : place + WIDTH]
            files.append((TileName(-1, index + place // WIDTH, len(bundle)), encode_bundle(bundle)))
        return Growth(edge, entries[len(entries) - len(entries) % WIDTH :], files)

    def grow(self, growth: Growth) -> None:
        """Write the files of a plan. They count once a checkpoint is published."""
        self.folder.write(growth.files)
        self.edge, self._tail = growth.edge, growth.tail

    def publish(self, checkpoint: bytes, growth: Growth | None = None) -> None:
        self.folder.publish(checkpoint)
        if growth is not None:
            self.folder.drop_partials(n for n, _ in growth.files if n.width == WIDTH)


@dataclass(frozen=True)
class Growth:
    """What an append will do to a folder."""

    edge: Edge
    tail: list[bytes]
    files: list[tuple[TileName, bytes]]


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
