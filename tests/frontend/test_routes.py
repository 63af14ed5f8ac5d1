"""The pages of booth, trustees and registrar as the server gives them, without scripts."""

from __future__ import annotations

import json
import re

import pytest

from tests.voting.scenario import Scenario
from tests.web.site import Browser, Site, site, site_settings  # noqa: F401 - fixtures
from voting import states
from voting.models import DIRECT
from web.http.rendering import page_json
from web.identity.roles import Role


@pytest.fixture
def scenario(site: Site) -> Scenario:  # noqa: F811 - the fixture
    return Scenario(site.database).organise()


def block(text: str, name: str) -> dict[str, object]:
    """The JSON that a page hands to its script."""
    found = re.search(
        rf'<script type="application/json" id="{name}">(.*?)</script>', text, re.DOTALL
    )
    assert found
    return json.loads(found[1])  # type: ignore[no-any-return]


def test_nothing_in_a_json_block_ends_it() -> None:
    text = page_json({"name": "</script><!--<b>&amp;", "zh": "王"})
    assert not {"<", ">", "&"} & set(text)
    assert json.loads(text)["name"] == "</script><!--<b>&amp;"


def test_who_sees_a_ballot(site: Site, scenario: Scenario) -> None:  # noqa: F811
    election = scenario.prepare(DIRECT, constituencies=["K1"])
    (uuid,) = scenario.uuids(election)
    person = scenario.voters(uuid)[0]
    voter = site.sign_in(Role.MEMBER, person_id=person)
    assert f"/ballots/{uuid}" in voter.get("/ballots").text
    assert "Start voting" in voter.get(f"/ballots/{uuid}").text
    taken = voter.submit(f"/ballots/{uuid}")
    assert taken.status_code == 303
    page = voter.get(f"/ballots/{uuid}/paper")
    data = block(page.text, "booth-data")
    assert data["fingerprint"] == scenario.paper(uuid).fingerprint
    # somebody who is not on the roll: as if it were not there
    stranger = site.sign_in(Role.MEMBER)
    for path in (f"/ballots/{uuid}", f"/ballots/{uuid}/paper"):
        assert stranger.get(path).status_code == 404
    assert stranger.submit(f"/ballots/{uuid}").status_code == 403
    for role in (Role.TRUSTEE, Role.REGISTRAR, Role.COMMISSION):
        assert site.sign_in(role).get(f"/ballots/{uuid}").status_code == 403
    assert site.browser().get(f"/ballots/{uuid}", follow_redirects=False).status_code == 303


def test_what_became_of_a_ballot(site: Site, scenario: Scenario) -> None:  # noqa: F811
    """Without JavaScript; a tracker as it is printed, in groups. That a ballot was replaced is for
    its voter alone: strangers see the same of both."""
    election = scenario.prepare(DIRECT, constituencies=["K1"])
    (uuid,) = scenario.uuids(election)
    person = scenario.voters(uuid)[0]
    first, second = (scenario.cast(uuid, person).tracker for _ in range(2))
    voter = site.sign_in(Role.MEMBER, person_id=person)
    strangers = [site.browser(), site.sign_in(Role.MEMBER), site.sign_in(Role.COMMISSION)]

    def look(contest: str, tracker: str, by: Browser = strangers[0]) -> str:
        return by.get("/ballots/check", params={"contest": contest, "tracker": tracker}).text

    assert "is in the box and counts" in look(uuid, " ".join(re.findall("..?.?.?", second)), voter)
    assert "has replaced it" in look(uuid, first, voter)
    for stranger in strangers:
        for tracker in (first, second):
            assert "is on the board" in look(uuid, tracker, stranger)
        answers = [
            stranger.get(f"/api/v1/contests/{uuid}/ballots/{t.replace('+', '-').replace('/', '_')}")
            for t in (first, second)
        ]
        assert [answer.json()["status"] for answer in answers] == ["on_board"] * 2
        code = site_code(site, uuid)
        listed = stranger.get(f"/api/v1/elections/{code}/contests/K1/trackers").json()
        assert {first, second} <= set(listed)
    assert "No ballot with this tracker" in look(uuid, "A" * 43)
    assert "no contest with this identifier" in look("<script>", second)


def site_code(site: Site, uuid: str) -> str:  # noqa: F811
    with site.database.read() as uow:
        return states.contest_by_uuid(uow, uuid).election.code


def test_before_and_after_the_vote(site: Site, scenario: Scenario) -> None:  # noqa: F811
    election = scenario.draft(DIRECT, constituencies=["K1"])
    for step in (scenario.freeze, scenario.make_keys, scenario.issue_credentials, scenario.seal):
        step(election)
    (uuid,) = scenario.uuids(election)
    voter = site.sign_in(Role.MEMBER, person_id=scenario.voters(uuid)[0])
    assert "Voting begins" in voter.get(f"/ballots/{uuid}").text
    early = voter.get(f"/ballots/{uuid}/paper", follow_redirects=False)
    assert early.headers["location"] == f"/ballots/{uuid}"
    assert voter.submit(f"/ballots/{uuid}").status_code == 409


def test_rooms_are_for_their_roles(site: Site, scenario: Scenario) -> None:  # noqa: F811
    scenario.draft(DIRECT, code="direct-1", constituencies=["K1"])
    assert site.sign_in(Role.TRUSTEE).get("/trustees").status_code == 200
    # a trustee of another election
    assert site.sign_in(Role.TRUSTEE).get("/trustees/direct-1").status_code == 403
    assert site.sign_in(Role.REGISTRAR).get("/credentials/direct-1").status_code == 200
    for role in (Role.COMMISSION, Role.MEMBER, Role.AUDITOR):
        assert site.sign_in(role).get("/credentials/direct-1").status_code == 403
        assert site.sign_in(role).get("/trustees/direct-1").status_code == 403
