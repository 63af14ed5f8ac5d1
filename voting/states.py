"""The state of an election, locked and changed. `move` is its only writer; `ways` is the table."""

from __future__ import annotations

from sqlalchemy import update

from audit.database import UnitOfWork
from voting import ways
from voting.errors import NotFound, WrongState
from voting.models import Contest, Election
from voting.words import State


def get(uow: UnitOfWork, election_id: str) -> Election:
    election = uow.session.get(Election, election_id)
    if election is None:
        raise NotFound("There is no such election.")
    return election


def by_code(uow: UnitOfWork, code: str) -> Election:
    election = uow.session.query(Election).filter_by(code=code).one_or_none()
    if election is None:
        raise NotFound("There is no election %(code)s.", code=code)
    return election


def contest_by_uuid(uow: UnitOfWork, uuid: str) -> Contest:
    contest = uow.session.query(Contest).filter_by(uuid=uuid).one_or_none()
    if contest is None:
        raise NotFound("There is no such contest.")
    return contest


def contest_of(uow: UnitOfWork, code: str, contest_code: str) -> Contest:
    election = by_code(uow, code)
    for contest in election.contests:
        if contest.code == contest_code:
            return contest
    raise NotFound("There is no contest %(code)s.", code=contest_code)


def lock(uow: UnitOfWork, election_id: str, *states: str) -> Election:
    """The election, locked, and in one of these states when any are given."""
    election = uow.lock(Election, election_id)
    if states:
        require(election, *states)
    return election


def lock_contest(uow: UnitOfWork, contest_id: str, *states: str) -> tuple[Election, Contest]:
    """The contest with its election; the lock is on the election, always taken first."""
    contest = uow.session.get(Contest, contest_id)
    if contest is None:
        raise NotFound("There is no such contest.")
    election = lock(uow, contest.election_id, *states)
    uow.session.refresh(contest)
    return election, contest


def require(election: Election, *states: str) -> None:
    if election.state not in states:
        raise WrongState(
            "This is not possible now: the election is %(state)s, and it must be %(wanted)s.",
            state=election.state,
            wanted=" / ".join(states),
        )


def move(uow: UnitOfWork, election: Election, to: str) -> None:
    """Change the state, in one statement that fails when someone else changed it first."""
    came_from = election.state
    if to not in ways.reach(State(came_from)):
        require(election, *(state for state in State if to in ways.reach(state)))
    uow.session.flush()
    moved = uow.session.execute(
        update(Election)
        .where(Election.id == election.id, Election.state == came_from)
        .values(state=to)
        .execution_options(synchronize_session=False)
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        raise WrongState("Another request changed the election at the same moment.")
    uow.session.refresh(election)
