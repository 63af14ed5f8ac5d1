"""How many processes this machine can have."""

from __future__ import annotations

import multiprocessing

from web.commands.progress import ERRORS


def usable(jobs: int) -> int:
    """As many as wanted, or one, with a note, where the machine has no means for several.

    They share semaphores; without a /dev/shm that can be written there are none.
    """
    if jobs > 1:
        try:
            multiprocessing.get_context("spawn").Lock()
        except (OSError, ImportError) as error:
            ERRORS.print(
                f"note: one process is used: this machine has no means for {jobs} "
                f"({error}; is /dev/shm writable?)",
                markup=False,
                soft_wrap=True,
            )
            return 1
    return jobs
