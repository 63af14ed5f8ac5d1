"""Contact details for an auditor: two of them, one reason, one day, and the owner is told."""

from __future__ import annotations

from accountability import validation, viewing
from accountability.access import Role, Viewer, require_role
from accountability.entries import GlassBroken
from accountability.errors import Conflict, Forbidden
from accountability.matters import note_event
from accountability.models import BreakGlass, Matter
from accountability.words import Step
from audit.database import UnitOfWork


def ask(uow: UnitOfWork, viewer: Viewer, matter_id: str, reason: str) -> BreakGlass:
    require_role(viewer, Role.AUDITOR)
    matter, _between = viewing.admit(uow, viewer, matter_id)
    glass = BreakGlass(
        matter_id=matter.id,
        reason=validation.some_text(reason, "reason", 300),
        asked_by=viewer.account_id,
        asked_at=uow.now,
    )
    uow.session.add(glass)
    uow.session.flush()
    uow.record(GlassBroken(matter=matter.id, step="asked"))
    return glass


def allow(uow: UnitOfWork, viewer: Viewer, glass_id: str) -> None:
    """The second auditor allows it for a day. The owner is told in the course of the matter."""
    require_role(viewer, Role.AUDITOR)
    glass = uow.lock(BreakGlass, glass_id)
    viewing.admit(uow, viewer, glass.matter_id)
    if glass.allowed_by is not None:
        raise Conflict("This is allowed already.")
    if glass.asked_by == viewer.account_id:
        raise Forbidden("A second auditor has to allow it.")
    glass.allowed_by, glass.allowed_at = viewer.account_id, uow.now
    uow.session.flush()
    matter = uow.lock(Matter, glass.matter_id)
    note_event(uow, matter, Step.GLASS_BROKEN, note=glass.reason)
    uow.record(GlassBroken(matter=matter.id, step="allowed"))
