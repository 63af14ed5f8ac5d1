"""Nobody counts a vote in which they stand; a draft is the business of the commission alone."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.voting.scenario import Scenario
from tests.web.site import Site, site, site_settings  # noqa: F401 - fixtures
from voting.models import DIRECT, Candidacy, Election, Exclusion, RollEntry
from voting.registry.models import Person
from web.identity.roles import Role

CODE = "direct-1"


@pytest.fixture
def scenario(site: Site) -> Scenario:  # noqa: F811 - pytest hands fixtures over by name
    return Scenario(site.database).organise()


@pytest.fixture
def candidate(scenario: Scenario) -> Candidacy:
    return scenario.candidacies(scenario.draft(DIRECT, code=CODE, constituencies=["K1"]))[0]


PRESSED = {
    "acts/freeze": {},
    "acts/cancel": {"reason": "I might lose"},
    "contests/K1/remove": {},
    "contests/K1/candidates/{candidacy}/withdrawn": {},
    "trustees/threshold": {"threshold": "1"},
}


@pytest.mark.parametrize("path", PRESSED)
def test_who_stands_does_nothing_for_the_commission_in_that_election(
    site: Site,  # noqa: F811
    scenario: Scenario,
    candidate: Candidacy,
    path: str,
) -> None:
    own = site.sign_in(Role.COMMISSION, person_id=candidate.person_id)
    where = f"/commission/{CODE}/{path.format(candidacy=candidate.id)}"
    answer = own.submit(where, PRESSED[path])
    assert answer.status_code == 403
    assert "You stand in this election" in answer.text
    assert own.get(f"/commission/{CODE}").status_code == 200
    with site.database.read() as uow:
        assert uow.session.query(Election).one().state == "draft"


def test_somebody_else_of_the_commission_acts(
    site: Site,  # noqa: F811
    scenario: Scenario,
    candidate: Candidacy,
) -> None:
    other = site.sign_in(Role.COMMISSION, person_id=site.make_person())
    assert other.submit(f"/commission/{CODE}/acts/freeze").status_code == 303


@pytest.mark.parametrize("path", ["", "/contests/K1/trackers"])
def test_a_draft_is_not_public_as_json_either(
    site: Site,  # noqa: F811
    candidate: Candidacy,
    path: str,
) -> None:
    answer = site.browser().get(f"/api/v1/elections/{CODE}{path}")
    assert answer.status_code == 404
    assert "Test election" not in answer.text


def test_an_exclusion_from_those_expected_takes_two_people(
    site: Site,  # noqa: F811
    scenario: Scenario,
) -> None:
    election_id = scenario.draft(DIRECT, code=CODE, constituencies=["K3"])
    scenario.freeze(election_id)
    with site.database.read() as uow:
        voters = select(Person).join(RollEntry, RollEntry.person_id == Person.id)
        number = uow.session.scalars(voters.order_by(Person.member_no)).all()[0].member_no
    page = f"/commission/{CODE}/exclusions"
    one, other = site.sign_in(Role.COMMISSION), site.sign_in(Role.COMMISSION, language="zh")
    form = {"contest": "K3", "member_no": number, "ground": "ill"}
    assert "not on the roll" in one.submit(page, {**form, "member_no": "RV0000"}).text
    assert one.submit(page, form).status_code == 303
    with site.database.read() as uow:
        waiting = uow.session.query(Exclusion).one().id
    assert "/approve" not in one.get(page).text
    assert one.submit(f"{page}/{waiting}/approve").status_code == 403
    assert other.submit(f"{page}/{waiting}0/approve").status_code == 404
    assert other.submit(f"{page}/{waiting}/approve").status_code == 303
    assert "已批准" in other.get(page).text
    assert one.submit(f"{page}/{waiting}/withdraw").status_code == 303
    assert number not in one.get(page).text
