"""A job that one process at a time does: who holds its lease, by the clock of the site."""

from __future__ import annotations

from audit.database import SYSTEM, Database
from audit.statements import Statement

# the condition is in the statement: of two that ask at once, one gets a row back. A lease that
# ends later than any that is given is of a clock that was set back
_TAKE = Statement("""
INSERT INTO job_lease (job, holder, until) VALUES (:job, :holder, :until)
ON CONFLICT (job) DO UPDATE SET holder = :holder, until = :until
WHERE job_lease.holder = :holder OR job_lease.until <= :now OR job_lease.until > :furthest
RETURNING holder
""")
_FREE = Statement("DELETE FROM job_lease WHERE job = :job AND holder = :holder")
LONGEST = 3600


def take(database: Database, job: str, holder: str, seconds: int) -> bool:
    """Take the lease, or hold on to it for longer; False while another process has it."""
    with database.transaction(SYSTEM) as uow:
        now = int(uow.now.timestamp())
        values = {
            "job": job,
            "holder": holder,
            "now": now,
            "until": now + min(seconds, LONGEST),
            "furthest": now + LONGEST,
        }
        return _TAKE.run(uow.connection, values).fetchone() is not None


def free(database: Database, job: str, holder: str) -> None:
    with database.transaction(SYSTEM) as uow:
        _FREE.run(uow.connection, {"job": job, "holder": holder})
