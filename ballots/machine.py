"""Trouble of the machine that verifies: it says nothing of the evidence and must not look so."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

NOT_EVIDENCE = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EFBIG,
        errno.EROFS,
        errno.EACCES,
        errno.EPERM,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOMEM,
        errno.EIO,
        errno.EAGAIN,
        errno.ENOSYS,
        errno.ESTALE,
    }
)


class MachineError(Exception):
    """The machine failed, not the evidence: no space, no memory, no permission, a dead process."""


@contextmanager
def machine() -> Iterator[None]:
    """Raises MachineError for what is no property of the files that are read inside.

    It is no OSError, so nothing that takes an OSError for a damaged file can take it for one.
    """
    try:
        yield
    except MemoryError as error:
        raise MachineError("there is not enough memory") from error
    except BrokenProcessPool as error:
        raise MachineError(
            f"a process was ended from outside, often for memory: {error}"
        ) from error
    except OSError as error:
        if error.errno in NOT_EVIDENCE:
            raise MachineError(str(error)) from error
        raise


def processes(jobs: int, *arguments: Any) -> ProcessPoolExecutor:
    """A pool. Raises MachineError where it cannot be: without /dev/shm there are no semaphores."""
    try:
        return ProcessPoolExecutor(jobs, *arguments)
    except (OSError, ImportError) as error:
        reason = f"no processes can be started, try --jobs 1: {error}"
        raise MachineError(reason) from error
