"""What is erased when: texts four weeks after a matter is settled (`matters.erase_due`), the rest
after the term and the time in which a ballot of that term can be challenged.

The figures of each office are kept before the rows behind them go, with their hash in the public
log. A matter that is still open stays, however old: nobody gets rid of a matter by waiting.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import delete, or_, select

from accountability import draws, matters, pictures, scorecard_rows
from accountability.access import Role, Viewer, require_role
from accountability.entries import CardFinal, MattersForgotten
from accountability.models import (
    BreakGlass,
    Event,
    FinalCard,
    Matter,
    Opening,
    Pause,
    Routing,
)
from audit.database import UnitOfWork
from voting.registry.models import Office, Term

KEEP_AFTER_TERM = timedelta(days=180)  # longer than any challenge of its last ballot
BATCH = 500


def past_terms(uow: UnitOfWork) -> list[Term]:
    """Terms that are over for so long that nothing of them can be challenged any more."""
    query = select(Term).where(Term.ends_on <= uow.today - KEEP_AFTER_TERM)
    return list(uow.session.scalars(query.order_by(Term.ends_on)))


def keep_cards(uow: UnitOfWork, viewer: Viewer) -> int:
    """The last figures of each office of a past term, once."""
    require_role(viewer, Role.SYSTEM)
    kept = 0
    for term in past_terms(uow):
        done = select(FinalCard.office_id)
        query = select(Office).where(Office.term_id == term.id, Office.id.not_in(done))
        for office in uow.session.scalars(query.order_by(Office.id)).all():
            _keep(uow, office)
            kept += 1
    return kept


def _keep(uow: UnitOfWork, office: Office) -> None:
    raw = draws.canonical(scorecard_rows.card(uow, office, uow.today).to_json())
    card = FinalCard(office_id=office.id, content=raw.decode(), sha256=draws.sha256(raw))
    uow.session.add(card)
    uow.session.flush()
    uow.record(CardFinal(office=office.id, sha256=card.sha256))


def due(uow: UnitOfWork, most: int | None = BATCH) -> list[str]:
    """Ids of settled matters of past terms, with those that repeat them."""
    terms = past_terms(uow)
    if not terms:
        return []
    ended = select(Office.id).where(Office.term_id.in_([term.id for term in terms]))
    query = select(Matter.id).where(
        Matter.received_on < terms[-1].ends_on,
        Matter.closed_on <= uow.today - matters.ERASE_AFTER,
        Matter.erased_on.is_not(None),
        or_(Matter.office_id.is_(None), Matter.office_id.in_(ended)),
    )
    found = set(uow.session.scalars(query.order_by(Matter.id).limit(most)))
    repeats = found
    while repeats:
        more = select(Matter.id).where(Matter.joined_to_id.in_(repeats))
        repeats = set(uow.session.scalars(more)) - found
        found |= repeats
    return sorted(found)


def forget(uow: UnitOfWork, viewer: Viewer) -> int:
    """Erase one batch; again until none is left. Rows of any other matter are not touched."""
    require_role(viewer, Role.SYSTEM)
    keep_cards(uow, viewer)
    ids = due(uow)
    if not ids:
        return 0
    pictures.forget(uow, ids)
    _delete_all(uow, ids)
    until = past_terms(uow)[-1].ends_on
    uow.record(MattersForgotten(until=until, count=len(ids)))
    return len(ids)


def _delete_all(uow: UnitOfWork, ids: Collection[str]) -> None:
    routings = select(Routing.id).where(Routing.matter_id.in_(ids)).scalar_subquery()
    uow.session.execute(delete(Pause).where(Pause.routing_id.in_(routings)))
    for model in (Routing, Event, Opening, BreakGlass):
        uow.session.execute(delete(model).where(model.matter_id.in_(ids)))
    uow.session.execute(delete(Matter).where(Matter.id.in_(ids)))
    uow.session.expire_all()
