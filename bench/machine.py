"""What a measurement must say of itself: the machine, and how much of it others were using."""

from __future__ import annotations

import os
import platform
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nacl
import sqlalchemy


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def model() -> str:
    info = Path("/proc/cpuinfo")
    for line in info.read_text().splitlines() if info.exists() else []:
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def memory() -> float:
    """Gigabytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def describe() -> str:
    return (
        f"{cores()} x {model()}, {memory():.0f} GB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, PyNaCl {nacl.__version__}, "
        f"SQLAlchemy {sqlalchemy.__version__}, load {os.getloadavg()[0]:.1f}"
    )


def database_version(engine: sqlalchemy.Engine) -> str:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            found = connection.exec_driver_sql("SELECT sqlite_version()").scalar()
            return f"SQLite {found}, WAL, synchronous=FULL"
        show = "SELECT current_setting('server_version'), current_setting('synchronous_commit'), "
        row = connection.exec_driver_sql(show + "current_setting('fsync')").one()
        return f"PostgreSQL {row[0]}, synchronous_commit={row[1]}, fsync={row[2]}"


def peak_memory() -> float:
    """Megabytes that this process had at most; the kernel counts in KiB, macOS in bytes."""
    unit = 1 if platform.system() == "Darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


class Table:
    """Prints a line as soon as a step is done: seconds by the clock and of the processor."""

    def __init__(self, title: str) -> None:
        self.figures: dict[str, float] = {}
        print(f"\n{title}\n{'':44}{'clock s':>9}{'cpu s':>9}")

    @contextmanager
    def step(self, name: str) -> Iterator[dict[str, str]]:
        """`with table.step("freeze") as note: ...; note["is"] = "255 contests"`."""
        note: dict[str, str] = {}
        clock, processor = time.perf_counter(), _processor()
        yield note
        self.line(
            name, time.perf_counter() - clock, _processor() - processor, " ".join(note.values())
        )

    def line(self, name: str, clock: float, processor: float | None = None, note: str = "") -> None:
        self.figures[name] = clock
        used = "" if processor is None else f"{processor:9.1f}"
        print(f"  {name:42}{clock:9.1f}{used:>9}   {note}".rstrip(), flush=True)

    def say(self, text: str) -> None:
        print(f"  {text}", flush=True)


def _processor() -> float:
    """Of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
