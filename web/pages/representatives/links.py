"""A linked constituent confirms or disputes what a representative claims, from the own account."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from accountability import contacts
from accountability.models import Contact
from audit.database import UnitOfWork
from voting.registry import people
from web.http.dependencies import CurrentAccount, Read, Uow, require
from web.http.rendering import local
from web.identity.roles import Role
from web.mail.mailer import compose
from web.mail.outgoing import CONTACT, send
from web.term.viewers import ballot_open, constituent
from web.texts.accountability import attempt, page
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


def send_code(request: Request, uow: UnitOfWork, contact: Contact, code: str) -> None:
    """To the constituent's mailbox alone. Without one, an auditor rings up."""
    person = people.get_person(uow, contact.link.constituent_id)
    if not person.email:
        return
    settings = request.app.state.settings
    text = _(
        "Dear %(name)s,\n\n%(holder)s says that you were in contact on %(date)s.\n"
        "Is that so? Please say yes or no here, with the code below:\n\n"
        "%(link)s\n\nYour code: %(code)s\n\n"
        "Only you have this code. %(holder)s does not see what you answer.\n"
        "If somebody asks you for it, please do not give it away.\n",
        name=person.name,
        holder=contact.link.office.person.name,
        date=contact.held_on.isoformat(),
        link=f"{settings.base_url}/contacts",
        code=f"{code[:4]} {code[4:]}",
    )
    subject = _("Were you contacted? A question of %(site)s", site=local(settings, "organisation"))
    made = compose(settings, person.email, subject, text)
    send(request, uow, made, CONTACT, person_id=person.id)
