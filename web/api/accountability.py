"""Public JSON: representatives, their scorecards, and matters as Open311 counts, de-identified."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import select

from accountability import matters, routing, scorecard_rows
from accountability.models import Dossier, Matter
from accountability.scorecards import Card
from accountability.words import Category
from audit.errors import Conflict, NotFound
from voting.registry import people
from voting.registry.models import Office
from web.api import answers
from web.api.lists import MOST, Paged, Tagged
from web.http.dependencies import PUBLIC, Read, require
from web.identity.roles import Role
from web.term.offices import the_office, the_term
from web.texts.i18n import N_

router = APIRouter(prefix="/api/v1", route_class=Tagged)


@router.get("/representatives", dependencies=[PUBLIC], response_model=list[answers.Representative])
def representatives(uow: Read, page: Paged) -> list[dict[str, Any]]:
    """Popolo names: person, post, area."""
    term = the_term(uow)
    found = people.offices(uow, term, uow.today) if term else []
    by_id = sorted(found, key=lambda office: office.id)
    return [_office(office) for office in page.take(by_id, lambda office: office.id)]


def _office(office: Office) -> dict[str, Any]:
    area = office.constituency
    return {
        "id": office.id,
        "person": {"name": office.person.name},
        "post": office.kind,
        "area": {"code": area.code, "name": area.name, "name_en": area.name_en} if area else None,
        "start_date": office.starts_on.isoformat(),
        "end_date": office.ends_on.isoformat(),
    }


@router.get("/representatives/{office_id}/scorecard", dependencies=[PUBLIC], response_model=Card)
def scorecard(uow: Read, office_id: str) -> dict[str, Any]:
    office = the_office(uow, office_id)
    return scorecard_rows.card(uow, office, uow.today).to_json()


@router.get(
    "/representatives/{office_id}/facts",
    dependencies=[require(Role.AUDITOR)],
    response_model=dict[str, Any],
)
def rows(uow: Read, office_id: str) -> dict[str, Any]:
    """What a scorecard is computed from: for auditors, who compute it again."""
    office = the_office(uow, office_id)
    if scorecard_rows.final(uow, office.id) is not None:
        raise Conflict(N_("The term is long over: the figures are kept, the rows are erased."))
    return scorecard_rows.collect(uow, office, uow.today).to_json()


# Open311 GeoReport v2: https://wiki.open311.org/GeoReport_v2/


@router.get(
    "/open311/services.json", dependencies=[PUBLIC], response_model=list[answers.Open311Service]
)
def services(uow: Read) -> list[dict[str, Any]]:
    bodies = {category: b for b in routing.bodies(uow) for category in b.categories.split(";")}
    return [
        {
            "service_code": category,
            "service_name": category,
            "description": bodies[category].name_en if category in bodies else "",
            "metadata": False,
            "type": "batch",
            "keywords": "",
            "group": bodies[category].code if category in bodies else "",
        }
        for category in Category
    ]


@router.get(
    "/open311/requests.json", dependencies=[PUBLIC], response_model=list[answers.Open311Request]
)
def requests(
    uow: Read,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    page_size: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> list[dict[str, Any]]:
    """Rows that at least ten matters share, word for word: no place, text, number or exact day.

    What a row says is the month, else the year, that is common enough; the rest is not listed.
    """
    query = select(Matter.category, Matter.state, Matter.received_on)
    found = [
        (category, "closed" if state in ("accepted", "closed") else "open", day)
        for category, state, day in uow.session.execute(query)
    ]
    rows = sorted(matters.common_enough(found))
    start = (page - 1) * page_size  # pages as GeoReport v2 has them: these rows have no keys
    return [_request(*row) for row in rows[start : start + page_size]]


def _request(category: str, status: str, since: date) -> dict[str, Any]:
    return {
        "service_request_id": None,
        "status": status,
        "service_code": category,
        "requested_datetime": f"{since.isoformat()}T00:00:00+08:00",
        "media_url": None,
    }


@router.get("/open311/counts.json", dependencies=[PUBLIC], response_model=dict[str, int | None])
def counts(uow: Read) -> dict[str, int | None]:
    """Category -> matters; null where there are some, but fewer than ten."""
    return matters.public_counts(uow)


@router.get("/dossiers/{dossier_id}", dependencies=[PUBLIC], response_model=answers.Dossier)
def dossier(uow: Read, dossier_id: str) -> dict[str, Any]:
    found = uow.session.get(Dossier, dossier_id)
    if found is None:
        raise NotFound(N_("There is no such dossier."))
    return {
        "id": found.id,
        "office": found.office_id,
        "kind": found.kind,
        "ballot": found.ballot,
        "sha256": found.sha256,
        "content": f"/dossiers/{found.id}/content.json",
        "addenda": [
            {"position": a.position, "author": a.author, "sha256": a.sha256, "text": a.text}
            for a in found.addenda
        ],
    }
