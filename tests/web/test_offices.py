"""The registrar ends an office: from then on the person is on no roll for it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.web.site import Browser, Site
from voting.registry import people
from voting.registry.models import Office
from web.identity.roles import Role


@pytest.fixture
def registrar(site: Site) -> Browser:
    return site.sign_in(Role.REGISTRAR)


def _office(site: Site, person_id: str) -> Office:
    with site.database.read() as uow:
        return uow.session.scalars(select(Office).where(Office.person_id == person_id)).one()


def test_who_resigned_is_no_representative_from_that_day_on(site: Site, registrar: Browser) -> None:
    person_id = site.make_person()
    site.seat(person_id)
    office = _office(site, person_id)
    page = f"/registrar/people/{person_id}"
    assert f"{page}/offices/{office.id}/end" in registrar.get(page).text
    with site.database.read() as uow:
        today = uow.today
    where = f"{page}/offices/{office.id}/end"
    late = (today - timedelta(days=1)).isoformat()
    refused = registrar.submit(where, {"on": late, "reason": "resigned"})
    assert "ends today or later" in refused.text
    assert registrar.submit(where, {"on": today.isoformat(), "reason": "bored"}).status_code == 422
    done = registrar.submit(where, {"on": today.isoformat(), "reason": "resigned"})
    assert done.status_code == 303
    with site.database.read() as uow:
        office = uow.session.get_one(Office, office.id)
        assert people.representatives(uow, office.term, today) == []
    assert "/end" not in registrar.get(page).text


def test_only_the_registrar_and_only_of_that_person(site: Site, registrar: Browser) -> None:
    one, other = site.make_person(), site.make_person()
    site.seat(one)
    office = _office(site, one)
    form = {"on": "2999-01-01", "reason": "died"}
    foreign = f"/registrar/people/{other}/offices/{office.id}/end"
    assert registrar.submit(foreign, form).status_code == 404
    own = f"/registrar/people/{one}/offices/{office.id}/end"
    assert site.sign_in(Role.COMMISSION).submit(own, form).status_code == 403
