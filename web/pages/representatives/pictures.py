"""Pictures: sent with a form of their own, made anew before anything is kept, given back as files.

An answer that holds a picture is a download that no browser reads as a page: its type is fixed, it
may not be guessed, and a policy of its own lets nothing in it run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import Response

from accountability import imaging, pictures, viewing
from accountability.imaging import Pixels
from audit.errors import Invalid
from web.http.dependencies import PUBLIC, CurrentAccount, Read, Uow, require
from web.http.forms import attempt, page
from web.identity.roles import Role
from web.term.offices import the_office
from web.term.viewers import at_desk, backfill_rests, constituent, holder
from web.texts.i18n import N_, _

router = APIRouter()
AT_DESKS = require(Role.CLERK, Role.BODY, Role.REPRESENTATIVE, Role.AUDITOR)


@dataclass(frozen=True)
class Upload:
    """What the decoder made of the file, before the transaction of the route began: nobody waits
    for the database's lock while a picture is decoded."""

    pixels: Pixels | None
    error: Invalid | None = None

    def take(self) -> Pixels:
        if self.error is not None:
            raise self.error
        if self.pixels is None:
            raise Invalid(N_("Please choose a picture."), field="picture")
        return self.pixels


def uploaded(picture: Annotated[UploadFile, File()]) -> Upload:
    """The name and the type that the client gives are not looked at."""
    try:
        return Upload(imaging.clean(picture.file.read(imaging.MAX_BYTES + 1)))
    except Invalid as error:
        return Upload(None, error)


Sent = Annotated[Upload, Depends(uploaded)]
Title = Annotated[str, Form()]


def file_of(content: bytes, name: str, *, cache: str = "no-store") -> Response:
    return Response(
        content,
        media_type="image/jpeg",
        headers={
            "content-disposition": f'attachment; filename="picture-{name[:8]}.jpg"',
            "content-security-policy": "default-src 'none'; sandbox",
            "cache-control": cache,
        },
    )


@router.get("/pictures/{picture_id}", dependencies=[PUBLIC])
def public(uow: Read, picture_id: str) -> Response:
    # briefly: a picture that is removed shall be gone
    return file_of(pictures.public(uow, picture_id), picture_id, cache="public, max-age=300")


@router.post("/work/{office_id}/pictures", dependencies=[require(Role.MEMBER)])
def add_public(
    request: Request,
    sent: Sent,
    uow: Uow,
    account: CurrentAccount,
    office_id: str,
    of: Annotated[str, Form()],
    title: Title = "",
) -> Response:
    """`of` is `activity:ID` or `report:ID`."""
    kind, _colon, key = of.partition(":")
    seat = holder(uow, account)
    the_office(uow, office_id)
    add = pictures.add_to_report if kind == "report" else pictures.add_to_activity

    def act() -> None:
        add(uow, seat, key, sent.take(), title, ballot_open=backfill_rests(uow))

    url = f"/reports/{key}" if kind == "report" else f"/work/{office_id}"
    return attempt(request, uow, url, act, _("The picture is public."))


@router.post("/work/{office_id}/pictures/{picture_id}", dependencies=[require(Role.MEMBER)])
def remove_own(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    office_id: str,
    picture_id: str,
    reason: Annotated[str, Form()] = "",
) -> Response:
    def act() -> None:
        pictures.remove(uow, holder(uow, account), picture_id, reason)

    return attempt(request, uow, f"/work/{office_id}", act, _("The picture is removed."))


@router.post("/matters/{matter_id}/pictures", dependencies=[require(Role.MEMBER)])
def add_own(
    request: Request,
    sent: Sent,
    uow: Uow,
    account: CurrentAccount,
    matter_id: str,
    title: Title = "",
) -> Response:
    def act() -> None:
        pictures.add_to_matter(uow, constituent(uow, account), matter_id, sent.take(), title)

    return attempt(request, uow, f"/matters/{matter_id}", act, _("The picture is added."))


@router.get("/matters/{matter_id}/pictures/{picture_id}", dependencies=[require(Role.MEMBER)])
def own(uow: Read, account: CurrentAccount, matter_id: str, picture_id: str) -> Response:
    content = viewing.picture(uow, constituent(uow, account), matter_id, picture_id)
    return file_of(content, picture_id)


@router.post("/desk/{desk}/matters/{matter_id}/pictures", dependencies=[AT_DESKS])
def add_at_desk(
    request: Request,
    sent: Sent,
    uow: Uow,
    account: CurrentAccount,
    desk: str,
    matter_id: str,
    title: Title = "",
) -> Response:
    viewer = at_desk(uow, account, desk)

    def act() -> None:
        pictures.add_to_matter(uow, viewer, matter_id, sent.take(), title)

    url = f"/desk/{desk}/matters/{matter_id}"
    return attempt(request, uow, url, act, _("The picture is added."))


@router.get("/desk/{desk}/matters/{matter_id}/pictures/{picture_id}", dependencies=[AT_DESKS])
def at_the_desk(
    uow: Uow, account: CurrentAccount, desk: str, matter_id: str, picture_id: str
) -> Response:
    """Writes, like the page that shows it: the owner sees who looked."""
    viewer = at_desk(uow, account, desk)
    return file_of(viewing.picture(uow, viewer, matter_id, picture_id), picture_id)


@router.get("/desk/clerk/pictures", dependencies=[require(Role.CLERK)])
def newest(request: Request, uow: Read, account: CurrentAccount) -> Response:
    """Published pictures, for officials who are asked to take one down."""
    found = pictures.newest(uow, at_desk(uow, account, "clerk"))
    rows = [(picture, the_office(uow, pictures.office_of(uow, picture))) for picture in found]
    return page(request, "desk/pictures.html", rows=rows)


@router.post("/desk/clerk/pictures/{picture_id}", dependencies=[require(Role.CLERK)])
def remove_for_someone(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    picture_id: str,
    reason: Annotated[str, Form()] = "",
) -> Response:
    def act() -> None:
        pictures.remove(uow, at_desk(uow, account, "clerk"), picture_id, reason)

    return attempt(request, uow, "/desk/clerk/pictures", act, _("The picture is removed."))
