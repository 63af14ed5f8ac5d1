"""What the site does by the clock: one thread, each job at its interval, one failing job alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

log = structlog.get_logger("web.jobs.ticker")


@dataclass
class Job:
    name: str
    every: float  # seconds
    run: Callable[[], object]
    due: float = 0.0


class Ticker:
    """Every process has one: each job has to bear that another process does it as well."""

    def __init__(self, jobs: Sequence[Job], *, pause: float) -> None:
        self.jobs = jobs
        self._pause = pause
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=30)

    def tick(self, *, all_jobs: bool = False) -> None:
        """Do what is due now; `all_jobs` does not ask whether it is."""
        for job in self.jobs:
            if all_jobs or job.due <= time.monotonic():
                job.due = time.monotonic() + job.every
                try:
                    job.run()
                except Exception:
                    log.exception("job_failed", job=job.name)

    def _run(self) -> None:
        while not self._stop.wait(self._pause):
            self.tick()
