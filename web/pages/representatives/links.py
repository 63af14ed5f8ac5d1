"""A linked constituent confirms or disputes what a representative claims."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from accountability import contacts
from web.http.dependencies import CurrentAccount, Read, Uow, require
from web.http.forms import attempt, page
from web.identity.roles import Role
from web.term.viewers import ballot_open, constituent
from web.texts.i18n import _

router = APIRouter(prefix="/contacts", dependencies=[require(Role.MEMBER)])


@router.get("")
def index(request: Request, uow: Read, account: CurrentAccount) -> Response:
    claimed = contacts.for_constituent(uow, constituent(uow, account))
    return page(
        request,
        "links/index.html",
        waiting=[c for c in claimed if c.state == "claimed"],
        past=[c for c in claimed if c.state != "claimed"],
        ballot_open=ballot_open(uow),
    )


@router.post("/{contact_id}")
def answer(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    contact_id: str,
    verdict: Annotated[str, Form()],
    code: Annotated[str, Form()] = "",
) -> Response:
    def act() -> None:
        contacts.answer(
            uow,
            constituent(uow, account),
            contact_id,
            confirmed=contacts.is_yes(verdict),
            code=code,
            ballot_open=ballot_open(uow),
        )

    return attempt(request, uow, "/contacts", act, _("Thank you. Your answer is recorded."))
