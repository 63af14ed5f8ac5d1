"""At the start of a server: do the rows of elections still say what the log says?

The log itself is checked by `audit.startup`. A ballot slipped in, a ballot removed, a voter put on
a roll behind the program's back: the chain of events or the hash of the roll is then another one.
"""

from __future__ import annotations

import json

from sqlalchemy import select

from audit.database import UnitOfWork
from audit.models import LogEntry
from voting import chain, rolls
from voting.entries import ARCHIVE_EVENT, BALLOT_ACCEPTED, ROLL_FROZEN
from voting.models import CANCELLED, CERTIFIED, DRAFT, Contest, Election

SETTLED = (DRAFT, CANCELLED, CERTIFIED)  # nothing there yet, or its record is published


def check_contests(uow: UnitOfWork) -> list[str]:
    """What is wrong, in words for the operator; empty when everything is as it was logged."""
    contests = uow.session.scalars(
        select(Contest)
        .join(Election, Election.id == Contest.election_id)
        .where(Election.state.not_in(SETTLED))
        .order_by(Contest.code)
    )
    return [problem for contest in contests for problem in _check(uow, contest)]


def _check(uow: UnitOfWork, contest: Contest) -> list[str]:
    name = f"election {contest.election.code}, contest {contest.code}"
    problems = []
    logged = _newest(uow, contest, (ROLL_FROZEN.name,))
    if logged is None or rolls.current_hash(uow.session, contest) != logged["roll"]:
        problems.append(f"{name}: the roll is not the one that was logged")
    if contest.election_json is None:
        return problems
    logged = _newest(uow, contest, (BALLOT_ACCEPTED.name, ARCHIVE_EVENT.name))
    if logged is None or chain.recomputed_tail(uow.session, contest) != (
        logged["height"],
        logged["event"],
    ):
        problems.append(f"{name}: the ballots and events are not those that were logged")
    return problems


def _newest(uow: UnitOfWork, contest: Contest, types: tuple[str, ...]) -> dict[str, object] | None:
    entries = uow.session.scalars(
        select(LogEntry.entry)
        .where(LogEntry.subject == f"contest/{contest.uuid}")
        .order_by(LogEntry.queued.desc())
        .execution_options(yield_per=20)
    )
    for raw in entries:
        entry = json.loads(raw)
        if entry["type"] in types:
            data: dict[str, object] = entry["data"]
            return data
    return None
