"""From the declared outcome to the certified one: contest by contest, after the time for challenge.

Void, tied and annulled contests have nothing to certify; a follow-up completes them.
"""

from __future__ import annotations

from sqlalchemy import func, select

from audit.database import UnitOfWork
from voting import challenges, mandates, states, two_people, vacancies
from voting.course import notice, reason_of
from voting.entries import ContestAnnulled, ContestCertified, ElectionCertified
from voting.errors import Conflict
from voting.models import ANNULLED, CERTIFIABLE, CERTIFIED, DECLARED, Contest, Election
from voting.registry.models import Office

CERTIFY, CERTIFY_CONTEST, ANNUL = "certify", "certify_contest", "annul"  # acts of two people


def certifiable(election: Election) -> list[Contest]:
    """Contests whose outcome can be made final: not the void, the tied, the annulled."""
    return [
        contest
        for contest in election.contests
        if contest.outcome in CERTIFIABLE and contest.certified_at is None
    ]


def certify(uow: UnitOfWork, election_id: str) -> Election:
    """Make the outcome of each contest final that has one; the elected take up their offices."""
    election = states.lock(uow, election_id, DECLARED)
    two_people.require(uow, CERTIFY, f"election/{election.id}")
    waiting = certifiable(election)
    if not waiting:
        raise Conflict("No contest of this election has an outcome that can be certified.")
    for contest in waiting:
        _certify(uow, election, contest)
    return _certified_when_complete(uow, election)


def certify_contest(uow: UnitOfWork, contest_id: str) -> Election:
    """Each contest by itself."""
    election, contest = states.lock_contest(uow, contest_id, DECLARED)
    two_people.require(uow, CERTIFY_CONTEST, f"contest/{contest.id}")
    if contest not in certifiable(election):
        raise Conflict("The outcome of contest %(code)s cannot be certified.", code=contest.code)
    _certify(uow, election, contest)
    return _certified_when_complete(uow, election)


def _certify(uow: UnitOfWork, election: Election, contest: Contest) -> None:
    challenges.require_over(uow, contest)
    vacancies.lock(uow, election)
    vacancies.require_room(uow, contest)
    contest.certified_at = uow.now
    uow.session.flush()
    offices = mandates.take_office(uow, contest)
    uow.record(ContestCertified(uuid=contest.frozen_uuid, offices=offices))


def _certified_when_complete(uow: UnitOfWork, election: Election) -> Election:
    if certifiable(election):
        return election
    election.certified_at = uow.now
    states.move(uow, election, CERTIFIED)
    held = select(func.count()).select_from(Office).where(Office.election_id == election.id)
    offices = uow.session.scalar(held) or 0
    uow.record(ElectionCertified(election=election.id, offices=offices))
    return election


def annul(uow: UnitOfWork, contest_id: str, reason: str) -> Contest:
    """A declared contest counts for nothing, with the reason; it can be repeated."""
    election, contest = states.lock_contest(uow, contest_id, DECLARED)
    two_people.require(uow, ANNUL, f"contest/{contest.id}")
    reason = reason_of(reason)
    if contest.certified_at is not None or contest.outcome == ANNULLED:
        raise Conflict("Contest %(code)s cannot be annulled any more.", code=contest.code)
    contest.outcome = ANNULLED
    uow.session.flush()
    mandates.release_subjects(uow, election)
    uow.record(ContestAnnulled(uuid=contest.frozen_uuid, reason=reason))
    notice(uow, election, ANNULLED, reason, contest=contest)
    if any(other.certified_at for other in election.contests):
        _certified_when_complete(uow, election)
    return contest
