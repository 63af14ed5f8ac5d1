"""When a vote does not go by its plan: new times, extension, suspension; what the public is told.

Each has a reason, is logged, and is published at once as a notice. What touches a vote that runs
needs two people (voting.two_people).
"""

from __future__ import annotations

from datetime import datetime

from audit.database import UnitOfWork
from voting import mandates, states, two_people
from voting.drafts import check_times
from voting.entries import (
    ElectionExtended,
    ElectionRescheduled,
    ElectionResumed,
    ElectionSuspended,
)
from voting.errors import Invalid, TooLate
from voting.models import (
    EXTENDED,
    FROZEN,
    OPEN,
    RESCHEDULED,
    RESUMED,
    SEALED,
    SUSPENDED,
    Candidacy,
    Contest,
    Election,
    Notice,
)

EXTEND, SUSPEND, RESUME = "extend", "suspend", "resume"


def reason_of(text: str) -> str:
    if not text.strip():
        raise Invalid("A reason is needed; it is published.", field="reason")
    return text.strip()


def notice(
    uow: UnitOfWork,
    election: Election,
    what: str,
    reason: str,
    *,
    contest: Contest | None = None,
    candidacy: Candidacy | None = None,
    times: bool = False,
) -> None:
    """Tell the public. With `times` it says until when the vote is now."""
    uow.session.add(
        Notice(
            election_id=election.id,
            number=1 + len(election.notices),
            contest_id=contest.id if contest else None,
            candidacy_id=candidacy.id if candidacy else None,
            at=uow.now,
            what=what,
            reason=reason,
            opens_at=election.opens_at if times else None,
            closes_at=election.closes_at if times else None,
        )
    )
    uow.session.flush()
    uow.session.expire(election, ["notices"])


def reschedule(
    uow: UnitOfWork, election_id: str, opens_at: datetime, closes_at: datetime, reason: str
) -> Election:
    """New times before voting begins. The sealed papers do not hold them."""
    election = states.lock(uow, election_id, FROZEN, SEALED)
    reason = reason_of(reason)
    check_times(opens_at, closes_at)
    if closes_at <= uow.now:
        raise Invalid("Voting must end later than now.", field="closes_at")
    election.opens_at, election.closes_at = opens_at, closes_at
    if not mandates.in_window(uow, election) and not election.window_reason:
        election.window_reason = reason
    uow.session.flush()
    uow.record(
        ElectionRescheduled(
            election=election.id, opens_at=opens_at, closes_at=closes_at, reason=reason
        )
    )
    notice(uow, election, RESCHEDULED, reason, times=True)
    return election


def extend(uow: UnitOfWork, election_id: str, closes_at: datetime, reason: str) -> Election:
    """A later end of a vote that runs."""
    election = states.lock(uow, election_id, OPEN)
    two_people.require(uow, EXTEND, f"election/{election.id}")
    reason = reason_of(reason)
    if uow.now >= election.closes_at:
        raise TooLate("Voting has ended.")
    if closes_at <= election.closes_at:
        raise Invalid("The new end must be later than the present one.", field="closes_at")
    election.closes_at = closes_at
    uow.session.flush()
    uow.record(ElectionExtended(election=election.id, closes_at=closes_at, reason=reason))
    notice(uow, election, EXTENDED, reason, times=True)
    return election


def suspend(uow: UnitOfWork, election_id: str, reason: str) -> Election:
    """No ballot is taken until the vote goes on; those in the box stay there."""
    election = states.lock(uow, election_id, OPEN)
    two_people.require(uow, SUSPEND, f"election/{election.id}")
    reason = reason_of(reason)
    if uow.now >= election.closes_at:
        raise TooLate("Voting has ended.")
    states.move(uow, election, SUSPENDED)
    uow.record(ElectionSuspended(election=election.id, reason=reason))
    notice(uow, election, SUSPENDED, reason)
    return election


def resume(uow: UnitOfWork, election_id: str, closes_at: datetime, reason: str) -> Election:
    """The vote goes on, to an end that is not earlier than the one it had."""
    election = states.lock(uow, election_id, SUSPENDED)
    two_people.require(uow, RESUME, f"election/{election.id}")
    reason = reason_of(reason)
    if closes_at <= uow.now or closes_at < election.closes_at:
        raise Invalid(
            "The vote ends later than now, and not earlier than was announced.", field="closes_at"
        )
    election.closes_at = closes_at
    states.move(uow, election, OPEN)
    uow.record(ElectionResumed(election=election.id, closes_at=closes_at, reason=reason))
    notice(uow, election, RESUMED, reason, times=True)
    return election
