"""Which seats of a term are open: the account of `voting.seats`, read from the database.

Asked before a ballot is drafted, frozen and certified. Whoever certifies holds the lock on the
term, so two ballots never fill the same seat.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from sqlalchemy import select

from audit.database import UnitOfWork
from voting import seats
from voting.errors import Conflict
from voting.models import (
    ANNULLED,
    CANCELLED,
    COMMITTEE,
    DIRECT,
    DRAFT,
    TIED,
    VOID,
    Contest,
    Declared,
    Election,
)
from voting.registry import structure
from voting.registry.models import REPRESENTATIVE, Constituency, Office, Term
from voting.seats import Held

WITH_SEATS = (DIRECT, COMMITTEE)
FILLS_NOTHING = (VOID, TIED, ANNULLED)
NOWHERE = "-"  # a representative of no constituency; no code begins with a dash


def body_of(contest: Contest) -> str:
    return contest.constituency.code if contest.constituency else seats.COMMITTEE


def held(uow: UnitOfWork, term: Term) -> list[Held]:
    """Every office of the term, whenever it was or will be held."""
    return [
        Held(_body(office), office.person_id, office.starts_on, office.ends_on)
        for office in uow.session.scalars(select(Office).where(Office.term_id == term.id))
        if office.starts_on < office.ends_on
    ]


def _body(office: Office) -> str:
    if office.kind != REPRESENTATIVE:
        return seats.COMMITTEE
    return office.constituency.code if office.constituency else NOWHERE


def numbers(uow: UnitOfWork, term: Term) -> dict[str, int]:
    """The seats of each body: those of the constituencies, and those for which the committee was
    elected first, less what was given up by consent. A committee that was never voted on has none.
    """
    found = {c.code: c.seats for c in uow.session.scalars(select(Constituency))}
    waived: dict[str, int] = defaultdict(int)
    for election, contest in _contests(uow, term):
        body = body_of(contest)
        if body == seats.COMMITTEE and not election.purpose:
            found.setdefault(body, contest.seats)
        waived[body] += contest.waived_seats
    return {body: number - waived[body] for body, number in found.items()}


def _contests(uow: UnitOfWork, term: Term) -> list[tuple[Election, Contest]]:
    """Those that were fixed, the oldest first."""
    rows = uow.session.execute(
        select(Election, Contest)
        .join(Contest, Contest.election_id == Election.id)
        .where(
            Election.term_id == term.id,
            Election.kind.in_(WITH_SEATS),
            Election.state.not_in((DRAFT, CANCELLED)),
        )
        .order_by(Election.created_at, Election.code, Contest.code)
    )
    return [(election, contest) for election, contest in rows]


def promised(uow: UnitOfWork, term: Term, besides: Contest | None = None) -> dict[str, int]:
    """Seats that a ballot that runs, or was not certified yet, may still fill."""
    found: dict[str, int] = defaultdict(int)
    for _, contest in _contests(uow, term):
        if besides is not None and contest.id == besides.id:
            continue
        if contest.certified_at is None and contest.outcome not in FILLS_NOTHING:
            found[body_of(contest)] += _may_fill(uow, contest)
    return found


def _may_fill(uow: UnitOfWork, contest: Contest) -> int:
    if contest.outcome is None:
        return contest.seats
    declared = uow.session.get(Declared, contest.id)
    return len(json.loads(declared.content)["elected"]) if declared else contest.seats


def since(uow: UnitOfWork, term: Term) -> date:
    """The first day of an office that is given now."""
    return max(uow.today, term.starts_on)


def open_in(uow: UnitOfWork, term: Term, besides: Contest | None = None) -> dict[str, int]:
    """Body -> seats that nobody holds and that no other ballot may fill."""
    offices, taken = held(uow, term), promised(uow, term, besides)
    return {
        body: seats.open_seats(
            number, offices, body, since(uow, term), term.ends_on, promised=taken.get(body, 0)
        )
        for body, number in numbers(uow, term).items()
    }


def lock(uow: UnitOfWork, election: Election) -> None:
    """Nobody else fills seats of this term until the transaction ends."""
    uow.lock(Term, election.term_id)


def too_many(uow: UnitOfWork, election: Election) -> Iterator[Conflict]:
    """Contests that would fill more seats than are open."""
    if election.kind not in WITH_SEATS:
        return
    for contest in election.contests:
        free = open_in(uow, election.term, contest).get(body_of(contest))
        wanted = _may_fill(uow, contest)
        if free is not None and wanted > free:
            yield Conflict(
                "Contest %(code)s is for %(seats)s seats, and only %(free)s are open in this term.",
                code=contest.code,
                seats=wanted,
                free=free,
            )


def require_room(uow: UnitOfWork, contest: Contest) -> None:
    """Under the lock of the term, before the elected of a contest take office."""
    election = contest.election
    free = open_in(uow, election.term, contest).get(body_of(contest))
    if free is not None and _may_fill(uow, contest) > free:
        raise Conflict(
            "Contest %(code)s is for %(seats)s seats, and only %(free)s are open in this term.",
            code=contest.code,
            seats=_may_fill(uow, contest),
            free=free,
        )


def vacant(uow: UnitOfWork, term: Term) -> list[tuple[Constituency | None, int]]:
    """Bodies that were elected in this term and have open seats which no ballot is about to fill:
    constituencies in the order of their codes, then the committee (None)."""
    elected = {body_of(contest) for _, contest in _contests(uow, term) if contest.outcome}
    free = open_in(uow, term)
    found: list[tuple[Constituency | None, int]] = [
        (constituency, free[constituency.code])
        for constituency in structure.constituencies(uow)
        if constituency.code in elected and free.get(constituency.code, 0) > 0
    ]
    if seats.COMMITTEE in elected and free.get(seats.COMMITTEE, 0) > 0:
        found.append((None, free[seats.COMMITTEE]))
    return found
