"""The mandate of a term: who is elected votes on the committee, and later on confidence in it.

Each roll derives from the certified result before it; each window derives from the term.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import delete, select

from audit.database import UnitOfWork
from voting.errors import Conflict
from voting.models import (
    CERTIFIED,
    COMMITTEE,
    CONFIDENCE,
    DIRECT,
    SATISFACTION,
    SUBJECT_KINDS,
    Candidacy,
    Contest,
    Declared,
    Election,
    SubjectBallot,
)
from voting.registry import people
from voting.registry.models import COMMITTEE_KINDS, REPRESENTATIVE, Office, Person, Term

COMMITTEE_MEMBER = "member"
BEFORE_TERM = timedelta(days=180)


@dataclass(frozen=True)
class Window:
    """Voting takes place from `first` to `last`, both included."""

    first: date
    last: date

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


def window(term: Term, kind: str) -> Window:
    """Election in the first tenth of the term or the half year before it, confidence in the fifth
    around its middle, satisfaction in its last fifth."""
    length = term.ends_on - term.starts_on
    last = term.ends_on - timedelta(days=1)
    middle = term.starts_on + length / 2
    return {
        DIRECT: Window(term.starts_on - BEFORE_TERM, term.starts_on + length / 10),
        COMMITTEE: Window(term.starts_on - BEFORE_TERM, term.starts_on + length / 10),
        CONFIDENCE: Window(middle - length / 10, middle + length / 10),
        SATISFACTION: Window(last - length / 5, last),
    }[kind]


def in_window(uow: UnitOfWork, election: Election) -> bool:
    found = window(election.term, election.kind)
    return all(found.holds(uow.day_of(end)) for end in (election.opens_at, election.closes_at))


def _on(uow: UnitOfWork, election: Election) -> date:
    """The day whose office holders count: today, or the first day of a term that is to begin."""
    return max(uow.today, election.term.starts_on)


def electorate(uow: UnitOfWork, election: Election) -> list[Person]:
    """Who votes on the committee: the representatives of the term."""
    return people.representatives(uow, election.term, _on(uow, election))


def subjects(uow: UnitOfWork, election: Election) -> list[Person]:
    """On whom confidence and satisfaction are voted: the members of the committee."""
    return people.committee_members(uow, election.term, _on(uow, election))


def seated(uow: UnitOfWork, election: Election) -> set[str]:
    """Who holds the office that is voted on, now or later in the term: stands for it no more."""
    kinds = {DIRECT: [REPRESENTATIVE], COMMITTEE: list(COMMITTEE_KINDS)}.get(election.kind)
    if kinds is None:
        return set()
    return set(
        uow.session.scalars(
            select(Office.person_id).where(
                Office.term_id == election.term_id,
                Office.kind.in_(kinds),
                Office.ends_on > _on(uow, election),
            )
        )
    )


def sources(uow: UnitOfWork, election: Election) -> list[Election]:
    """The certified elections that the roll of this one derives from."""
    if election.kind == DIRECT:
        return []
    return list(
        uow.session.scalars(
            select(Election)
            .where(
                Election.term_id == election.term_id,
                Election.kind == DIRECT,
                Election.state == CERTIFIED,
            )
            .order_by(Election.certified_at)
        )
    )


def claim_subjects(uow: UnitOfWork, election: Election, persons: list[Person]) -> None:
    """One ballot of a kind for each subject in a term; a cancelled election gives it back."""
    if election.kind not in SUBJECT_KINDS:
        return
    taken = uow.session.scalars(
        select(Person)
        .join(SubjectBallot, SubjectBallot.person_id == Person.id)
        .where(
            SubjectBallot.term_id == election.term_id,
            SubjectBallot.kind == election.kind,
            SubjectBallot.person_id.in_([person.id for person in persons]),
        )
    ).first()
    if taken is not None:
        raise Conflict(
            "%(name)s has had this ballot in this term already; there is one in a term.",
            name=taken.name,
        )
    uow.session.add_all(
        SubjectBallot(
            term_id=election.term_id,
            kind=election.kind,
            person_id=person.id,
            election_id=election.id,
        )
        for person in persons
    )
    uow.session.flush()


def release_subjects(uow: UnitOfWork, election: Election) -> None:
    """The subjects are free again: the ballot was cancelled, void or annulled."""
    uow.session.execute(delete(SubjectBallot).where(SubjectBallot.election_id == election.id))


def require_source(uow: UnitOfWork, election: Election) -> None:
    """A roll of representatives exists only after their election is certified."""
    if election.kind != DIRECT and not sources(uow, election):
        raise Conflict(
            "The direct election of this term is not certified: there is no roll to derive from."
        )


def take_office(uow: UnitOfWork, contest: Contest) -> int:
    """Give the elected of a certified contest their offices. -> how many"""
    election = contest.election
    if election.kind not in (DIRECT, COMMITTEE):
        return 0
    kind = REPRESENTATIVE if election.kind == DIRECT else COMMITTEE_MEMBER
    starts_on = _on(uow, election)
    given = 0
    for candidacy in elected_in(uow, contest):
        if candidacy.gone is not None:
            continue  # the seat stays open, for a by-election
        people.grant_office(
            uow,
            candidacy.person,
            election.term,
            kind,
            starts_on=starts_on,
            constituency=contest.constituency,
            election_id=election.id,
        )
        given += 1
    return given


def elected_in(uow: UnitOfWork, contest: Contest) -> list[Candidacy]:
    """The candidacies that the declaration of a contest names as elected."""
    declared = uow.session.get(Declared, contest.id)
    keys = json.loads(declared.content)["elected"] if declared else []
    return [c for c in contest.candidacies if people.commitment(c.person) in keys]


def elected(uow: UnitOfWork, election: Election) -> list[tuple[Contest, Candidacy]]:
    """The candidacies that the declarations of an election name as elected."""
    return [(contest, c) for contest in election.contests for c in elected_in(uow, contest)]
