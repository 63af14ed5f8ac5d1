"""Public promises with a date, who answers for them, their state and the evidence."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from accountability import validation
from accountability.access import Viewer, require_office
from accountability.entries import CommitmentSet
from accountability.errors import Conflict, Invalid
from accountability.models import Commitment
from accountability.words import CommitmentState
from audit.database import UnitOfWork

SETTLED = (CommitmentState.DONE, CommitmentState.DROPPED)
ORDER = tuple(CommitmentState)


def make(
    uow: UnitOfWork,
    viewer: Viewer,
    office_id: str,
    *,
    title_zh: str,
    title_en: str,
    due_on: date,
) -> Commitment:
    require_office(viewer, office_id)
    if not (title_zh.strip() or title_en.strip()):
        raise Invalid("Please write something here.", field="title_zh")
    commitment = Commitment(
        office_id=office_id,
        title_zh=title_zh.strip()[:300],
        title_en=title_en.strip()[:300],
        due_on=due_on,
    )
    uow.session.add(commitment)
    uow.session.flush()
    _record(uow, commitment)
    return commitment


def move(
    uow: UnitOfWork, viewer: Viewer, commitment_id: str, *, state: str, evidence: str
) -> Commitment:
    """Text and date never change; "done" needs evidence and "dropped" needs a reason, and then
    nothing changes any more: what was said to show it cannot be written anew."""
    commitment = uow.lock(Commitment, commitment_id)
    require_office(viewer, commitment.office_id)
    to = validation.word(CommitmentState, state, "state")
    if commitment.state in SETTLED:
        raise Conflict("This commitment is settled. What was said of it stays.")
    if ORDER.index(to) < ORDER.index(commitment.state):
        raise Conflict("A commitment that is under way does not become planned again.")
    if to in SETTLED and not evidence.strip():
        raise Invalid("Please say what shows it, or why it was dropped.", field="evidence")
    commitment.state = to
    commitment.evidence = evidence.strip()[:1000]
    uow.session.flush()
    _record(uow, commitment)
    return commitment


def _record(uow: UnitOfWork, commitment: Commitment) -> None:
    uow.record(
        CommitmentSet(
            commitment=commitment.id,
            office=commitment.office_id,
            state=commitment.state,
            due_on=commitment.due_on,
            evidence=bool(commitment.evidence),
        )
    )


def of_office(uow: UnitOfWork, office_id: str) -> list[Commitment]:
    query = select(Commitment).where(Commitment.office_id == office_id)
    return list(uow.session.scalars(query.order_by(Commitment.due_on, Commitment.id)))
