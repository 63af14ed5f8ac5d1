"""An auditor rings up linked constituents: those without a mailbox, and some drawn by lot."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from accountability import access, contacts
from web.http.dependencies import CurrentAccount, Read, Uow, require
from web.http.forms import attempt, page
from web.identity.roles import Role
from web.term.viewers import ballot_open, viewer
from web.texts.i18n import _

router = APIRouter(prefix="/calls", dependencies=[require(Role.AUDITOR)])


@router.get("")
def index(request: Request, uow: Read, account: CurrentAccount) -> Response:
    """Without names: who it is, is shown for one call at a time."""
    resting = ballot_open(uow)
    auditor = viewer(uow, account, access.Role.AUDITOR)
    waiting = [] if resting else contacts.to_call(uow, auditor)
    return page(request, "calls/index.html", waiting=waiting, ballot_open=resting)


@router.get("/{contact_id}")
def take(request: Request, uow: Uow, account: CurrentAccount, contact_id: str) -> Response:
    """Writes: that an auditor looked at the number is in the log."""
    auditor = viewer(uow, account, access.Role.AUDITOR)
    contact = contacts.take_call(uow, auditor, contact_id, ballot_open=ballot_open(uow))
    return page(request, "calls/show.html", contact=contact, person=contact.link.constituent)


@router.post("/{contact_id}")
def answered(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    contact_id: str,
    verdict: Annotated[str, Form()],
) -> Response:
    def act() -> None:
        contacts.call_back(
            uow,
            viewer(uow, account, access.Role.AUDITOR),
            contact_id,
            confirmed=contacts.is_yes(verdict),
            ballot_open=ballot_open(uow),
        )

    return attempt(request, uow, "/calls", act, _("The person's answer is recorded."))
