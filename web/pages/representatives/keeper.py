"""The site keeper's screen: the code of the minute, large enough to read across a counter."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import select

from accountability import access, receptions
from accountability.models import Point
from web.http.dependencies import CurrentAccount, Read, require
from web.http.forms import page
from web.identity.roles import Role
from web.term.viewers import viewer

router = APIRouter(prefix="/points", dependencies=[require(Role.SITE_KEEPER)])


@router.get("")
def codes(request: Request, uow: Read, account: CurrentAccount) -> Response:
    keeper = viewer(uow, account, access.Role.SITE_KEEPER)
    points = uow.session.scalars(select(Point).where(Point.code.in_(keeper.points)))
    rows = [(point, receptions.current_code(uow, keeper, point.id)) for point in points]
    seconds = receptions.CODE_SECONDS - int(uow.now.timestamp()) % receptions.CODE_SECONDS
    return page(request, "work/codes.html", rows=rows, seconds=seconds)
