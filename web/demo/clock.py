"""A clock that is moved by hand: a term takes minutes here."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta


class DemoClock:
    """Each look is a millisecond later, so two entries are never of one instant."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        with self._lock:
            self._now += timedelta(milliseconds=1)
            return self._now

    def move_to(self, now: datetime) -> None:
        """Forward only: a log whose clock goes back says so."""
        with self._lock:
            self._now = max(self._now, now)

    def forward(self, **by: int) -> None:
        self.move_to(self() + timedelta(**by))
