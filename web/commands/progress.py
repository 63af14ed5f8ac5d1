"""A progress bar on the error channel, for what takes longer than a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

ERRORS = Console(stderr=True, highlight=False)


@contextmanager
def progress_of(what: str) -> Iterator[Callable[[int, int], None]]:
    """Yields a function told how much is done, of how much."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # No thread to refresh it: processes are forked meanwhile.
    with Progress(*columns, console=ERRORS, transient=True, auto_refresh=False) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total, refresh=True)
