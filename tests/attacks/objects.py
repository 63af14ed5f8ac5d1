"""Routes whose path names an object of one person: what somebody else with the same role gets.

Each such route stands in OWNED, with a maker of an object, or in SHARED, with the reason why its
objects are not of one person. A route in neither fails test_18.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from tests.web.site import Browser, Site
from web.models import WebSession

# makes an object of the owner, and gives the values of the path
Maker = Callable[[Site, Browser], dict[str, str]]


def session_of(site: Site, owner: Browser) -> dict[str, str]:
    with site.database.read() as uow:
        row = uow.session.scalars(
            select(WebSession).where(WebSession.account_id == owner.account_id)
        ).one()
    return {"session_id": row.id}


OWNED: dict[str, Maker] = {
    "/account/sessions/{session_id}/end": session_of,
}

SHARED: dict[str, str] = {
    "/ballots/{uuid}": "a contest; who is not on its roll is refused (tests of voting.casting)",
    "/ballots/{uuid}/paper": "a contest; who is not on its roll is refused",
    "/api/v1/contests/{uuid}/issue": "a contest; who is not on its roll is refused",
    "/api/v1/contests/{uuid}/ballots": "a contest; who is not on its roll is refused",
    "/api/v1/contests/{uuid}/spoilt": "a contest; who is not on its roll is refused",
}
