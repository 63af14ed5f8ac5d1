"""Guessing is slow: waiting times that double, kept in memory and forgotten.

No address is kept: the keys are MACs under a key of this process. Members of an office share one
address, so an address is allowed many failures; one account from one address few; and one account
from everywhere some, so that nobody can lock a member out for the length of a vote.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    free: int  # failures before the first wait
    first: float  # seconds of the first wait
    longest: float
    forget: float  # seconds without failure after which all is forgotten


PAIR = Rule(free=5, first=30, longest=3600, forget=6 * 3600)
ACCOUNT = Rule(free=20, first=15, longest=300, forget=3600)
ADDRESS = Rule(free=100, first=10, longest=300, forget=3600)
MAIL = Rule(free=3, first=60, longest=3600, forget=6 * 3600)

MOST_KEYS = 100_000


@dataclass
class _Count:
    failures: int
    last: float
    until: float


class Throttle:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._counts: dict[bytes, _Count] = {}
        self._lock = threading.Lock()

    def _name(self, *parts: str) -> bytes:
        text = "\0".join(parts).encode()
        return hmac.digest(self._key, text, hashlib.sha256)[:16]

    def wait(self, rule: Rule, *parts: str) -> int:
        """Seconds that this key has to wait; 0 when it may go on."""
        with self._lock:
            count = self._counts.get(self._name(*parts))
            if count is None or self._clock() - count.last > rule.forget:
                return 0
            return max(0, round(count.until - self._clock() + 0.5))

    def fail(self, rule: Rule, *parts: str) -> int:
        """Count one; the seconds of the wait that begins now, 0 when none does."""
        now = self._clock()
        name = self._name(*parts)
        with self._lock:
            count = self._counts.get(name)
            if count is None or now - count.last > rule.forget:
                self._make_room()
                count = self._counts[name] = _Count(0, now, now)
            count.failures += 1
            count.last = now
            over = count.failures - rule.free
            if over <= 0:
                return 0
            pause = min(rule.longest, rule.first * 2.0 ** min(over - 1, 20))
            count.until = now + pause
            return round(pause)

    def forgive(self, *parts: str) -> None:
        with self._lock:
            self._counts.pop(self._name(*parts), None)

    def _make_room(self) -> None:
        if len(self._counts) >= MOST_KEYS:
            oldest = sorted(self._counts, key=lambda key: self._counts[key].last)
            for key in oldest[: MOST_KEYS // 4]:
                del self._counts[key]
