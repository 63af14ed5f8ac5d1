"""What became of letters: the registrar sees each that did not arrive, and sends it once more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import func, select

from audit.database import UnitOfWork
from audit.errors import DomainError
from voting.registry.models import Person
from web.http.dependencies import Read, Uow, require
from web.http.rendering import flash, refuse, render, see_other
from web.identity.models import Account, OutgoingMail
from web.identity.roles import Role
from web.mail import outgoing
from web.texts.i18n import N_, _

router = APIRouter(prefix="/registrar/letters", dependencies=[require(Role.REGISTRAR)])

STATES = {
    outgoing.WAITING: N_("waiting"),
    outgoing.SENDING: N_("being sent"),
    outgoing.SENT: N_("sent"),
    outgoing.REFUSED: N_("refused by the mail server"),
    outgoing.BOUNCED: N_("came back"),
    outgoing.GIVEN_UP: N_("given up"),
}
KINDS = {
    outgoing.ENROLMENT: N_("enrolment link"),
    outgoing.PASSWORD: N_("new password"),
    outgoing.NEWS: N_("there is something new"),
    outgoing.CONTACT: N_("question about a contact"),
    outgoing.NOTICE: N_("notice"),
}


@dataclass(frozen=True)
class Row:
    id: str
    who: str
    number: str
    kind: str
    state: str
    problem: str
    day: date
    again: bool


@router.get("")
def index(request: Request, uow: Read) -> Response:
    return render(request, "registrar/letters.html", **_shown(uow))


def _shown(uow: UnitOfWork) -> dict[str, Any]:
    counts = select(OutgoingMail.state, func.count()).group_by(OutgoingMail.state)
    found = {row[0]: row[1] for row in uow.session.execute(counts)}
    letters = outgoing.listed(uow, *outgoing.TROUBLE, outgoing.WAITING, outgoing.SENDING)
    return {
        "counts": [(STATES[state], found[state]) for state in STATES if state in found],
        "rows": [_row(uow, letter) for letter in letters],
    }


def _row(uow: UnitOfWork, letter: OutgoingMail) -> Row:
    person = uow.session.get(Person, letter.person_id) if letter.person_id else None
    account = uow.session.get(Account, letter.account_id) if letter.account_id else None
    return Row(
        id=letter.id,
        who=(person.name if person else account.name if account else "") or "",
        number=person.member_no if person else account.login if account else "",
        kind=_(KINDS.get(letter.kind, letter.kind)),
        state=_(STATES[letter.state]),
        problem=letter.problem,
        day=letter.changed_on,
        again=letter.state in outgoing.TROUBLE and bool(letter.sealed),
    )


@router.post("/{letter_id}/again")
def again(request: Request, uow: Uow, letter_id: str) -> Response:
    try:
        outgoing.resend(uow, letter_id)
    except DomainError as error:
        return refuse(request, uow, "registrar/letters.html", error, **_shown(uow))
    flash(request, _("The letter is on its way once more."))
    return see_other("/registrar/letters")
