"""The archives in tests/vectors/belenios, cut into records, and what is in them."""

from __future__ import annotations

import functools
import json
import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ballots.election import Election

VECTORS = Path(__file__).parent.parent / "vectors" / "belenios"
BLOCK = 512


def records(data: bytes) -> Iterator[bytes]:
    """The contents of each record, whatever is in the headers."""
    at = 0
    while at < len(data):
        size = int(data[at + 124 : at + 135], 8)
        yield data[at + BLOCK : at + BLOCK + size]
        at += BLOCK * (1 + -(-size // BLOCK))


@dataclass(frozen=True)
class Parts:
    """The records of an archive that the core of the protocol reads."""

    election: bytes
    credentials: bytes
    ballots: list[bytes]

    def parsed_election(self) -> Election:
        return Election.parse(self.election)


@functools.cache
def parts(name: str) -> Parts:
    """By the file name below ``VECTORS``, such as ``valid/demo-Ed25519.bel``."""
    data = (VECTORS / name).read_bytes()
    contents = list(records(lzma.decompress(data) if name.endswith(".xz") else data))
    return Parts(
        election=next(
            raw for raw in contents if raw.startswith(b'{"version":') and b"group" in raw
        ),
        credentials=next(raw for raw in contents if raw.startswith(b'["')),
        ballots=[raw for raw in contents if b'"answers":[{"choices"' in raw],
    )


def manifest(kind: str) -> list[dict[str, Any]]:
    """The entries of valid or invalid archives."""
    found: list[dict[str, Any]] = json.loads((VECTORS / kind / "manifest.json").read_bytes())
    return found


def unit() -> dict[str, Any]:
    """The values of single computations."""
    found: dict[str, Any] = json.loads((VECTORS / "unit.json").read_bytes())
    return found
