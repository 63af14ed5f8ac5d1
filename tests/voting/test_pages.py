"""The commission's room and the public pages of elections, through HTTP."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.voting.scenario import SMALL, Clock, Held, Scenario
from tests.web.site import (  # noqa: F401 - fixtures
    Browser,
    Site,
    quick_passwords,
    running,
    site_settings,
)
from voting import states
from voting.models import DIRECT, Election
from voting.record import verify_bundle
from web.identity.roles import LABELS, Role
from web.settings import Settings


@pytest.fixture
def site(site_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:  # noqa: F811
    """At the scenario's time from the first entry on: a history never runs backwards."""
    quick_passwords(monkeypatch)
    with running(site_settings, Clock()) as site:
        yield site


@pytest.fixture
def scenario(site: Site) -> Scenario:
    return Scenario(site.database).organise()


NEW = {
    "kind": "direct",
    "code": "2026-direct",
    "title_zh": "代表选举",
    "title_en": "Election of representatives",
    "term": "2026-2031",
    "opens_at": "2026-11-10T08:00",
    "closes_at": "2026-11-17T18:00",
    "profile": "party-basic-2020",
}
CODE = "2026-direct"


def election_of(site: Site) -> Election:
    with site.database.read() as uow:
        return states.by_code(uow, CODE)


def test_from_the_empty_form_to_the_published_record(
    site: Site,
    scenario: Scenario,
    tmp_path: Path,
) -> None:
    commission = site.sign_in(Role.COMMISSION)
    people = [site.sign_in(Role.TRUSTEE) for _ in range(2)]
    public = site.browser()

    def press(path: str, data: dict[str, Any] | None = None, **more: Any) -> str:
        answer = commission.submit(f"/commission{path}", data, **more)
        assert answer.status_code == 303, answer.text
        return str(commission.get(answer.headers["location"]).text)

    def signed(role: Role) -> str:
        """Another person finds what waits on the own desk, and signs it."""
        second = site.sign_in(role)
        page = second.get("/signatures").text
        (path,) = re.findall(r'action="(/signatures/[0-9a-f]{32}/sign)"', page)
        assert second.submit(path, page="/signatures").status_code == 303
        return str(commission.get(f"/commission/{CODE}").text)

    assert "3 constituencies" in commission.get("/commission/new").text
    page = press("", NEW)
    assert "At least 2 trustees are needed" in page
    assert "has 0 candidates for 3 seats" in page
    assert public.get(f"/elections/{CODE}").status_code == 404
    csv = (SMALL / "candidates.csv").read_bytes()
    press(f"/{CODE}/import", files={"file": ("candidates.csv", csv, "text/csv")})
    for person in people:
        press(f"/{CODE}/trustees", {"account": person.account_id})
    assert "Fix candidates, rules and rolls" in commission.get(f"/commission/{CODE}").text
    press(f"/{CODE}/acts/freeze")

    election_id = election_of(site).id
    scenario.held[election_id] = [Held(person.account_id) for person in people]
    refused = commission.submit(f"/commission/{CODE}/acts/seal")
    assert refused.status_code == 422
    assert "Not every trustee has made a key" in refused.text
    scenario.make_keys(election_id)
    scenario.issue_credentials(election_id)
    press(f"/{CODE}/acts/seal")
    scenario.rehearse(election_id)
    page = press(f"/{CODE}/acts/open", {"reason": "all are here"})
    assert "Waits for a second signature" in page
    assert "Sign and do it" not in page  # not by who asked
    assert "Ballots issued" in signed(Role.COMMISSION)
    (uuid, *_) = scenario.uuids(election_id)
    for voter in scenario.voters(uuid):
        scenario.cast(uuid, voter)
    page = commission.get(f"/commission/{CODE}").text
    assert "Ballots issued" in page
    assert commission.submit(f"/commission/{CODE}/acts/close").status_code == 422
    scenario.close(election_id)
    scenario.decrypt(election_id)
    commission = site.sign_in(Role.COMMISSION)  # a fortnight has passed
    press(f"/{CODE}/acts/declare")
    early = commission.submit(f"/commission/{CODE}/acts/certify")
    assert early.status_code == 422
    assert "certification waits" in early.text
    scenario.clock.forward(days=15)
    commission = site.sign_in(Role.COMMISSION)
    press(f"/{CODE}/acts/certify")
    page = signed(Role.CERTIFIER)
    assert "Everything is done" in page
    assert "Repeat the ballot" in page  # nobody voted in two of the constituencies

    site.app.state.log.run_once()
    page = public.get(f"/elections/{CODE}/contests/K1").text
    assert '<svg class="bars"' in page
    assert '<span class="badge good">elected</span>' in page
    assert "void" in public.get(f"/elections/{CODE}/contests/K2").text
    assert len(public.get(f"/elections/{CODE}/contests/K1/trackers").text.split("<code>")) == 19
    path = tmp_path / "record.zip"
    path.write_bytes(public.get(f"/elections/{CODE}/record.zip").content)
    assert verify_bundle(path).to_json()["faults"] == []
    assert "election.json" in zipfile.ZipFile(path).namelist()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_of_a_draft_and_of_a_finished_election(
    site: Site,
    scenario: Scenario,
    language: str,
) -> None:
    draft = scenario.draft(DIRECT, code="draft")
    done = scenario.run(DIRECT, code="done", constituencies=["K3"])
    assert draft != done
    commission = site.sign_in(Role.COMMISSION, language=language)
    for path in ("", "/new"):
        assert commission.get(f"/commission{path}").status_code == 200
    for code in ("draft", "done"):
        for path in ("", "/settings", "/contests", "/contests/K3", "/trustees"):
            assert commission.get(f"/commission/{code}{path}").status_code == 200, path
    public = site.browser(language)
    for path in ("", "/done", "/done/contests/K3", "/done/contests/K3/trackers"):
        assert public.get(f"/elections{path}").status_code == 200, path
    assert public.get("/elections/done/profile.json").json()["id"] == "party-basic-2020"


def test_a_form_with_a_mistake_comes_back_with_what_was_typed(
    site: Site,
    scenario: Scenario,
) -> None:
    commission = site.sign_in(Role.COMMISSION)
    answer = commission.submit("/commission", NEW | {"closes_at": "2026-11-01T08:00"})
    assert answer.status_code == 422
    assert "Voting must end after it begins" in answer.text
    assert "Election of representatives" in answer.text
    answer = commission.submit("/commission", NEW | {"code": "no spaces"})
    assert answer.status_code == 422


def test_a_file_with_mistakes_changes_nothing(
    site: Site,
    scenario: Scenario,
) -> None:
    election_id = scenario.draft(DIRECT, code="draft", constituencies=["K3"])
    before = len(scenario.candidacies(election_id))
    commission = site.sign_in(Role.COMMISSION)
    bad = (
        "constituency,member_no,position,statement_zh,statement_en\n"
        "K3,RB0040,3,,\nK3,NOBODY,4,,\nK9,RB0041,5,,\nK3,RB0001,6,,\nK3,RB0042,x,,\n"
    )
    answer = commission.submit(
        "/commission/draft/import", files={"file": ("c.csv", bad.encode(), "text/csv")}
    )
    assert answer.status_code == 422
    for text in ("Row 3", "NOBODY", "Row 4", "K9", "Row 5", "does not belong", "Row 6"):
        assert text in answer.text
    assert len(scenario.candidacies(election_id)) == before


def test_the_commissions_room_is_closed_to_everyone_else(
    site: Site,
    scenario: Scenario,
) -> None:
    scenario.draft(DIRECT, code="draft")
    for role in LABELS:
        if role in (Role.COMMISSION, Role.REPRESENTATIVE):
            continue
        browser = site.sign_in(role)
        for path in ("", "/new", "/draft", "/draft/settings", "/draft/contests", "/draft/trustees"):
            assert browser.get(f"/commission{path}").status_code == 403, (role, path)
        for path in ("/draft/acts/freeze", "/draft/acts/cancel", "/draft/trustees"):
            answer = browser.submit(f"/commission{path}", {"reason": "x"})
            assert answer.status_code == 403, (role, path)
    assert site.browser().get("/commission", follow_redirects=False).status_code == 303


def test_the_api_of_an_election(site: Site, scenario: Scenario) -> None:
    election_id = scenario.prepare(DIRECT, constituencies=["K3"])
    (uuid,) = scenario.uuids(election_id)
    voter = scenario.voters(uuid)[0]
    member = site.sign_in(Role.MEMBER, person_id=voter)
    raw = scenario.encrypt(uuid, voter)
    accepted = cast(member, uuid, raw).json()
    site.app.state.log.run_once()
    tracker = accepted["tracker"].replace("+", "-").replace("/", "_")
    found = site.browser().get(f"/api/v1/contests/{uuid}/ballots/{tracker}").json()
    assert found["status"] == "on_board"  # what became of it is the voter's alone
    assert found["receipt"] == accepted["receipt"]
    assert found["proof"].startswith("c2sp.org/tlog-proof@v1\n")
    assert cast(member, uuid, raw).json() == accepted
    other = site.sign_in(Role.MEMBER, person_id=scenario.voters(uuid)[1])
    assert cast(other, uuid, raw).status_code == 403
    assert cast(site.sign_in(Role.MEMBER), uuid, raw).status_code == 403
    assert cast(site.browser(), uuid, raw).status_code == 401
    assert cast(member, uuid, b"{}").status_code == 422
    sent = site.browser().get(f"/api/v1/contests/{uuid}/archive").content
    assert sent.startswith(b"BELENIOS")
    assert site.browser().get("/api/v1/elections").json()[0]["code"] == "direct-1"


def cast(browser: Browser, uuid: str, raw: bytes) -> Any:
    headers = {"x-csrf-token": browser.token(), "content-type": "application/json"}
    return browser.post(f"/api/v1/contests/{uuid}/ballots", content=raw, headers=headers)


def test_a_trustee_sees_only_the_own_task(site: Site, scenario: Scenario) -> None:
    election_id = scenario.draft(DIRECT, constituencies=["K3"])
    scenario.freeze(election_id)
    stranger = site.sign_in(Role.TRUSTEE)
    assert stranger.get("/api/v1/elections/direct-1/trustee").status_code == 403
    answer = stranger.send_json("/api/v1/elections/direct-1/trustee/steps/commit", "0" * 64)
    assert answer.status_code == 403
