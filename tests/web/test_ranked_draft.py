"""The commission drafts and fixes a ranked election on its pages."""

from __future__ import annotations

import pytest

from tests.voting.scenario import COMMISSION, Scenario
from tests.web.site import Site
from voting import nominations, states, trustees
from voting.models import FROZEN
from voting.rules import profiles
from web.identity.roles import Role

DRAFT = {
    "kind": "direct",
    "code": "ranked-1",
    "title_zh": "排序选举",
    "title_en": "Ranked election",
    "term": "2026-2031",
    "opens_at": "2026-11-20T08:00",
    "closes_at": "2026-11-22T18:00",
    "profile": "stv-scottish",
    "window_reason": "a test",
}


@pytest.fixture
def scenario(site: Site) -> Scenario:
    return Scenario(site.database).organise()


def test_from_the_draft_to_fixed_rolls(site: Site, scenario: Scenario) -> None:
    commission = site.sign_in(Role.COMMISSION)
    title = profiles.load("stv-scottish").title.en
    assert title in commission.get("/commission/new").text
    answer = commission.submit("/commission", DRAFT, page="/commission/new")
    assert answer.headers["location"] == "/commission/ranked-1"
    with site.database.transaction(COMMISSION) as uow:
        election = states.by_code(uow, "ranked-1")
        nominations.import_csv(uow, election.id, (scenario.folder / "candidates.csv").read_bytes())
        for number in (1, 2):
            name = f"trustee-{number}"
            trustees.invite(uow, election.id, account_id=name, name=name)
    page = "/commission/ranked-1"
    fixed = commission.submit(f"{page}/acts/freeze", page=page)
    assert fixed.headers["location"] == page
    assert "Trustees shuffle the ballots" in commission.get(page).text
    with site.database.read() as uow:
        assert states.by_code(uow, "ranked-1").state == FROZEN
