"""The end of an office before its term: who has died, left or resigned is on no later roll."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from audit.errors import Invalid, NotFound
from voting.registry import people
from voting.registry.models import Office
from web.http.dependencies import AppSettings, Uow, require
from web.http.rendering import flash, see_other
from web.identity.roles import Role
from web.pages.registrar.roll import date_of
from web.texts.i18n import N_, _

router = APIRouter(
    prefix="/registrar/people/{person_id}/offices", dependencies=[require(Role.REGISTRAR)]
)


@router.post("/{office_id}/end")
def end(
    request: Request,
    uow: Uow,
    settings: AppSettings,
    person_id: str,
    office_id: str,
    on: Annotated[str, Form(max_length=10)],
    reason: Annotated[str, Form(max_length=20)],
) -> Response:
    """`on` is the first day without the office; the reason is published with it."""
    office = uow.session.get(Office, office_id)
    if office is None or office.person_id != person_id:
        raise NotFound(N_("There is no such office."))
    day = date_of(on)
    if day < uow.today:
        raise Invalid(
            N_("An office ends today or later: rolls that were fixed before stand."), field="on"
        )
    people.end_office(uow, office, day, reason)
    flash(request, _("The office ends on that day. Rolls that are fixed from then on show it."))
    return see_other(f"/registrar/people/{person_id}")
