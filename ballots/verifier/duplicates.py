"""Ciphertexts that two voters share, found in 20 bytes of memory a ciphertext."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from itertools import pairwise

from ballots import checks
from ballots.encoding import Json, take_list, take_text

KEY = 16
"""Bytes of a hash that are kept: nobody can make two ciphertexts that collide."""
ENTRY = KEY + 4
BUCKETS = 256


def fingerprint(text: str) -> bytes:
    """What is remembered of a ciphertext, from the text of its alpha."""
    return hashlib.sha256(text.encode()).digest()[:KEY]


class Duplicates:
    """Fingerprints with the number of their owner, in buckets that are sorted one at a time."""

    def __init__(self) -> None:
        self._buckets = [bytearray() for _ in range(BUCKETS)]

    def add(self, key: bytes, owner: int) -> None:
        """Remember that ``owner`` has used ``key``."""
        bucket = self._buckets[key[0]]
        bucket += key
        bucket += owner.to_bytes(4)

    def shared(self) -> Iterator[tuple[int, int]]:
        """Pairs of different owners of one key."""
        for bucket in self._buckets:
            entries = sorted(bytes(bucket[i : i + ENTRY]) for i in range(0, len(bucket), ENTRY))
            for before, after in pairwise(entries):
                if before[:KEY] == after[:KEY] and before != after:
                    yield int.from_bytes(before[KEY:]), int.from_bytes(after[KEY:])

    def to_json(self) -> Json:
        """The state, to be merged by another process."""
        return [base64.b64encode(bucket).decode() for bucket in self._buckets]

    def merge(self, value: Json, place: str) -> None:
        """Add a state made by ``to_json``. Raises BallotError."""
        texts = take_list(value, place, BUCKETS, "tally.shape")
        for bucket, text in zip(self._buckets, texts, strict=True):
            try:
                raw = base64.b64decode(take_text(text, place), validate=True)
            except ValueError:
                checks.fail("encoding.type", place, "must be base64")
            whole = len(raw) % ENTRY == 0
            checks.require(whole, "encoding.type", place, f"must have entries of {ENTRY} bytes")
            bucket += raw
