"""A candidate or subject who is gone: withdrew, died, or lost the right to stand.

Before the papers are sealed the name comes off the list. After that it stays on them, and while the
vote runs the profile (`course.gone`) says what becomes of votes for it; the declaration shows it.
Who is gone after the vote takes no office.
"""

from __future__ import annotations

from audit.database import UnitOfWork
from voting import states, two_people
from voting.course import notice, reason_of
from voting.entries import CandidateGone
from voting.errors import Conflict, Invalid, NotFound
from voting.models import (
    ACCEPTED,
    CLOSED,
    DECLARED,
    FROZEN,
    GONE,
    MIXED,
    OPEN,
    SEALED,
    SUSPENDED,
    TALLIED,
    WITHDRAWN,
    Candidacy,
)
from voting.models import CANDIDATE_GONE as NOTICE
from voting.registry import people

ACT = "candidate_gone"
VOTING = (SEALED, OPEN, SUSPENDED)
AFTER = (CLOSED, MIXED, TALLIED, DECLARED)


def mark(uow: UnitOfWork, candidacy_id: str, why: str, reason: str) -> Candidacy:
    """Two officials stand for it; it is shown at once beside the ballot."""
    found = uow.session.get(Candidacy, candidacy_id)
    if found is None:
        raise NotFound("There is no such candidacy.")
    election, contest = states.lock_contest(uow, found.contest_id, FROZEN, *VOTING, *AFTER)
    candidacy = uow.lock(Candidacy, candidacy_id)
    two_people.require(uow, ACT, f"candidacy/{candidacy.id}")
    if why not in GONE:
        raise Invalid("There is no reason %(reason)s.", field="why", reason=why)
    reason = reason_of(reason)
    if candidacy.state != ACCEPTED or candidacy.gone is not None:
        raise Conflict("%(name)s is not on the ballot any more.", name=candidacy.person.name)
    if contest.certified_at is not None:
        raise Conflict("The outcome is certified: it is the office that ends.")
    candidacy.gone = why
    if election.state == FROZEN:
        candidacy.state = WITHDRAWN
    candidacy.votes_void = election.state in VOTING
    uow.session.flush()
    uow.session.expire(contest, ["candidacies"])
    uow.record(
        CandidateGone(
            uuid=contest.frozen_uuid,
            candidate=people.commitment(candidacy.person),
            why=why,
            state=election.state,
        )
    )
    notice(uow, election, NOTICE, reason, contest=contest, candidacy=candidacy)
    return candidacy
