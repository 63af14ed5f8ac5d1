"""At the start of a server: do the rows of elections still say what the log says?

The log itself is checked by `audit.startup`. A ballot slipped in, a ballot removed, a voter put on
a roll behind the program's back: the chain of events or the hash of the roll is then another one.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from sqlalchemy import select, text

from audit.database import UnitOfWork
from audit.models import LogEntry
from ballots import BallotError
from ballots.encoding import sha256_hex
from voting import contest_archive, rolls
from voting.entries import ArchiveEvent, BallotAccepted, ContestSealed, RollFrozen
from voting.errors import Conflict
from voting.models import (
    CANCELLED,
    CERTIFIED,
    DRAFT,
    CastBallot,
    Contest,
    Election,
    PublicCredential,
)

_logger = logging.getLogger("mandate.voting")
SETTLED = (DRAFT, CANCELLED, CERTIFIED)  # nothing there yet, or its record is published


def check_contests(uow: UnitOfWork) -> list[str]:
    """What is wrong, in words for the operator; empty when everything is as it was logged.

    Call it first in a transaction: others may be voting meanwhile, and rows and log have to be
    looked at as of one moment.
    """
    if uow.session.connection().dialect.name == "postgresql":
        uow.session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    contests = uow.session.scalars(
        select(Contest)
        .join(Election, Election.id == Contest.election_id)
        .where(Election.state.not_in(SETTLED))
        .order_by(Contest.code)
    )
    return [problem for contest in contests for problem in _check(uow, contest)]


def require(uow: UnitOfWork, contest: Contest) -> None:
    """Before voting opens and before ballots are added up. Raises Conflict, for the commission."""
    if problems := _check(uow, contest):
        _tell(contest.id, "; ".join(problems))
        raise Conflict(
            "What the database has of contest %(code)s is not what the log says. Do not go on: "
            "the operator has to find out who changed it, and to restore it.",
            code=contest.code,
        )


_told: dict[str, str] = {}


def _tell(contest_id: str, problems: str) -> None:
    """Once, and again when there is something new: the schedule and every look at the checklist
    come back to the same rows."""
    if _told.get(contest_id) != problems:
        _told[contest_id] = problems
        _logger.critical("%s", problems)


def _check(uow: UnitOfWork, contest: Contest) -> list[str]:
    name = f"election {contest.election.code}, contest {contest.code}"
    try:
        return _compare(uow, contest, name)
    except BallotError as error:
        return [f"{name}: what is in its rows cannot be read: {error}"]


def _compare(uow: UnitOfWork, contest: Contest, name: str) -> list[str]:
    logged = _Logged(uow, contest)
    problems = []
    if rolls.current_root(uow.session, contest) != logged.roll:
        problems.append(f"{name}: the roll is not the one that was logged")
    if contest.election_json is None:
        return problems
    listed = select(PublicCredential.credential).where(PublicCredential.contest_id == contest.id)
    sealed = sha256_hex((contest.credentials_json or "").encode()) == logged.credentials
    if not sealed or set(uow.session.scalars(listed)) != set(rolls.credentials_of(contest)):
        problems.append(f"{name}: the credentials are not those that were sealed")
    events = list(contest_archive.recomputed(uow.session, contest))
    if events != logged.events or events[-1:] != [(contest.height, contest.tail_hash)]:
        problems.append(f"{name}: the ballots and events are not those that were logged")
    if not _last_ones_count(uow, contest):
        problems.append(f"{name}: the ballots marked as counting are not the last of each voter")
    return problems


class _Logged:
    """What the log says of a contest, the newest where a thing was done again."""

    def __init__(self, uow: UnitOfWork, contest: Contest) -> None:
        self.roll: str | None = None
        self.credentials: str | None = None
        self.events: list[tuple[int, str | None]] = []
        entries = uow.session.scalars(
            select(LogEntry.entry)
            .where(LogEntry.subject == f"contest/{contest.uuid}")
            .order_by(LogEntry.queued)
            .execution_options(yield_per=contest_archive.BATCH)
        )
        for raw in entries:
            entry = json.loads(raw)
            self._note(entry["type"], entry["data"])

    def _note(self, type_: str, data: dict[str, Any]) -> None:
        if type_ == RollFrozen.TYPE:
            self.roll = data["roll"]
        elif type_ == ContestSealed.TYPE:
            self.credentials, self.events = data["credentials"], []
        elif type_ in (BallotAccepted.TYPE, ArchiveEvent.TYPE):
            self.events.append((data["height"], data["event"]))


def _last_ones_count(uow: UnitOfWork, contest: Contest) -> bool:
    newest: dict[str, bool] = {}
    rows = select(CastBallot.credential, CastBallot.counts).order_by(CastBallot.height)
    for credential, counts in uow.session.execute(rows.where(CastBallot.contest_id == contest.id)):
        if newest.get(credential):
            return False
        newest[credential] = counts
    return all(newest.values())
