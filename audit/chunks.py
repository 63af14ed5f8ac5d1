"""A run of entry bundles, checked on its own: the part of a verification that processes share."""

from __future__ import annotations

import os
from array import array
from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context

from audit.entries import decode
from audit.errors import LogError
from audit.folder import Reader, read_tile
from audit.merkle import root_of
from audit.tiles import HASH, WIDTH, TileName, leaf_hashes, split_bundle, width_at

CHUNK = 32  # bundles that a process takes at a time
AHEAD = 6  # chunks that may be under way: the size of a log may be a lie
MANY = 40_000  # entries from which more than one process is worth starting


@dataclass
class Chunk:
    """What a run of bundles hashes to. `fault`: check, place, message, index of the first one."""

    roots: list[bytes] = field(default_factory=list)  # of the tiles that are full
    tail: list[bytes] = field(default_factory=list)  # leaf hashes of the one that is not
    ids: bytes = b""  # the first 64 bits of each entry's id, as the machine writes them
    newest: str = ""
    fault: tuple[str, str, str, int] | None = None


def check_chunk(source: Reader, size: int, first: int, bundles: int) -> Chunk:
    """Check the bundles from number `first` on: their form, each entry, and the tile of each.

    Stops at the first fault. Raises nothing for what the log is.
    """
    chunk = Chunk()
    ids = array("Q")
    for index in range(first, min(first + bundles, -(-size // WIDTH))):
        if not _check_bundle(source, index, width_at(-1, index, size), chunk, ids):
            break
    chunk.ids = ids.tobytes()
    return chunk


def _check_bundle(source: Reader, index: int, width: int, chunk: Chunk, ids: array[int]) -> bool:
    bundle, tile = TileName(-1, index, width), TileName(0, index, width)
    start = index * WIDTH
    try:
        entries = split_bundle(read_tile(source, bundle), width)
    except LogError as error:
        chunk.fault = ("entries", bundle.path, str(error), start)
        return False
    leaves = leaf_hashes(entries)
    try:
        hashes = read_tile(source, tile)
    except LogError as error:
        chunk.fault = ("tiles", tile.path, str(error), start)
        return False
    if hashes != b"".join(leaves):
        chunk.fault = ("entries", *_first_difference(bundle, tile, leaves, hashes))
        return False
    for place, raw in enumerate(entries):
        try:
            entry = decode(raw)
        except LogError as error:
            chunk.fault = ("entries", bundle.path, str(error), start + place)
            return False
        ids.append(int(entry["id"][:16], 16))
        if entry["time"] > chunk.newest:
            chunk.newest = entry["time"]
    if width == WIDTH:
        chunk.roots.append(root_of(leaves))
    else:
        chunk.tail = leaves
    return True


def _first_difference(
    bundle: TileName, tile: TileName, leaves: list[bytes], hashes: bytes
) -> tuple[str, str, int]:
    start = bundle.index * WIDTH
    if len(hashes) != len(leaves) * HASH:
        message = f"has {len(hashes)} bytes in place of {len(leaves) * HASH}"
        return tile.path, message, start + min(len(hashes) // HASH, len(leaves) - 1)
    place = next(i for i, leaf in enumerate(leaves) if hashes[i * HASH : (i + 1) * HASH] != leaf)
    return bundle.path, f"does not hash to {tile.path}", start + place


def check_chunks(source: Reader, size: int, jobs: int | None) -> Generator[Chunk]:
    """All bundles of a log of `size`, chunk by chunk and in order; close it to end early.

    `jobs`: processes; by default one for each core when the log is large.
    """
    starts = range(0, -(-size // WIDTH), CHUNK)
    jobs = jobs or (os.cpu_count() or 1 if size >= MANY else 1)
    if jobs == 1:
        for start in starts:
            yield check_chunk(source, size, start, CHUNK)
        return
    try:
        executor = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
    except (OSError, ImportError):  # a machine without semaphores, such as one without /dev/shm
        yield from check_chunks(source, size, 1)
        return
    try:
        ahead: deque[Future[Chunk]] = deque()
        for start in starts:
            ahead.append(executor.submit(check_chunk, source, size, start, CHUNK))
            if len(ahead) > AHEAD:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
