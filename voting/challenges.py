"""Challenges of a declared outcome: lodged in time, answered by the commission, decided by the body
above it. Certification waits for both the time and the decisions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from audit.database import UnitOfWork
from voting import papers, states
from voting.entries import ChallengeAnswered, ChallengeDecided, ChallengeLodged
from voting.errors import Conflict, Forbidden, Invalid, NotFound, TooLate
from voting.models import DECLARED, Candidacy, Challenge, Contest, Election, RollEntry

UPHELD, REJECTED = "upheld", "rejected"
LONGEST = 4000


def until(election: Election) -> datetime | None:
    """When the time for challenge ends; nothing before the declaration."""
    if election.declared_at is None:
        return None
    days = papers.profile_of(election).certification.challenge_days
    return election.declared_at + timedelta(days=days)


def lodge(uow: UnitOfWork, contest_id: str, person_id: str, text: str) -> Challenge:
    """By whoever may vote or stands in the contest, once. The receipt is `receipt`."""
    election, contest = states.lock_contest(uow, contest_id, DECLARED)
    end = until(election)
    if end is None or uow.now >= end:
        raise TooLate("The time for challenge is over.")
    if contest.certified_at is not None or contest.outcome == "annulled":
        raise Conflict("This contest cannot be challenged any more.")
    if not _entitled(uow, contest, person_id):
        raise Forbidden("Only who may vote or stands in a contest can challenge it.")
    if not 0 < len(text.strip()) <= LONGEST:
        raise Invalid(
            "Say what is wrong, in at most %(limit)s characters.", field="text", limit=LONGEST
        )
    held = Challenge.contest_id == contest.id, Challenge.person_id == person_id
    if uow.session.scalar(select(Challenge.id).where(*held)):
        raise Conflict("You have challenged this contest already.")
    challenge = Challenge(
        contest_id=contest.id, person_id=person_id, text=text.strip(), lodged_at=uow.now
    )
    uow.session.add(challenge)
    uow.session.flush()
    uow.record(ChallengeLodged(uuid=contest.frozen_uuid, challenge=receipt(challenge)))
    return challenge


def receipt(challenge: Challenge) -> str:
    """What is logged and printed: who has the text and the random id can show what was lodged."""
    text = f"mandate/challenge\n{challenge.id}\n{challenge.text}"
    return hashlib.sha256(text.encode()).hexdigest()


def _entitled(uow: UnitOfWork, contest: Contest, person_id: str) -> bool:
    if uow.session.get(RollEntry, (contest.id, person_id)) is not None:
        return True
    stands = Candidacy.contest_id == contest.id, Candidacy.person_id == person_id
    return uow.session.scalar(select(Candidacy.id).where(*stands).limit(1)) is not None


def _open(uow: UnitOfWork, challenge_id: str) -> tuple[Contest, Challenge]:
    found = uow.session.get(Challenge, challenge_id)
    if found is None:
        raise NotFound("There is no such challenge.")
    _, contest = states.lock_contest(uow, found.contest_id, DECLARED)
    challenge = uow.lock(Challenge, challenge_id)
    if challenge.decision is not None:
        raise Conflict("This challenge is decided already.")
    return contest, challenge


def answer(uow: UnitOfWork, challenge_id: str, text: str) -> Challenge:
    """What the commission says to it, before it is decided."""
    contest, challenge = _open(uow, challenge_id)
    if not 0 < len(text.strip()) <= LONGEST:
        raise Invalid("An answer of at most %(limit)s characters.", field="answer", limit=LONGEST)
    challenge.answer, challenge.answered_by = text.strip(), uow.actor.id
    uow.session.flush()
    uow.record(ChallengeAnswered(uuid=contest.frozen_uuid, challenge=receipt(challenge)))
    return challenge


def decide(uow: UnitOfWork, challenge_id: str, decision: str, reason: str) -> Challenge:
    """By the body that certifies, not by who answered. Upheld, the contest is to be annulled."""
    contest, challenge = _open(uow, challenge_id)
    if decision not in (UPHELD, REJECTED):
        raise Invalid("A challenge is upheld or rejected.", field="decision")
    if not challenge.answer:
        raise Conflict("The commission has not answered this challenge yet.")
    if challenge.answered_by == uow.actor.id:
        raise Forbidden("You answered this challenge: somebody else decides on it.")
    if not reason.strip():
        raise Invalid("A reason is needed; it is published.", field="reason")
    challenge.decision, challenge.decision_reason = decision, reason.strip()
    challenge.decided_by = uow.actor.id
    uow.session.flush()
    uow.record(
        ChallengeDecided(uuid=contest.frozen_uuid, challenge=receipt(challenge), decision=decision)
    )
    return challenge


def of_election(uow: UnitOfWork, election: Election) -> Sequence[Challenge]:
    return uow.session.scalars(
        select(Challenge)
        .join(Contest, Contest.id == Challenge.contest_id)
        .where(Contest.election_id == election.id)
        .order_by(Challenge.lodged_at, Challenge.id)
    ).all()


def require_over(uow: UnitOfWork, contest: Contest) -> None:
    """Certification waits for the time for challenge, and for every decision."""
    end = until(contest.election)
    if end is None or uow.now < end:
        raise Conflict(
            "The time for challenge ends on %(date)s; certification waits for it.",
            date=uow.day_of(end).isoformat() if end else "-",
        )
    decisions = uow.session.scalars(
        select(Challenge.decision).where(Challenge.contest_id == contest.id)
    ).all()
    if None in decisions:
        raise Conflict("A challenge of contest %(code)s is not decided.", code=contest.code)
    if UPHELD in decisions:
        raise Conflict(
            "A challenge of contest %(code)s was upheld: annul the contest, and repeat it.",
            code=contest.code,
        )
