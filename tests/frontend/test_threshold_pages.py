"""Two of three trustees' keys made in the browser, and a confidence ballot, in Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.live import chromium, serving
from tests.frontend.stage import Stage, choose_file, decrypt
from tests.voting.scenario import Held, Scenario
from voting.models import COMMITTEE, CONFIDENCE, DIRECT, Election
from web.identity.roles import Role

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TAKEOFF = datetime(2026, 12, 10, 8, tzinfo=UTC)
MIDDLE = datetime(2029, 6, 1, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """In mid-term: representatives and a committee are elected, a confidence ballot is frozen."""
    folder = tmp_path_factory.mktemp("site")
    with serving(folder) as site, chromium() as browser:
        scenario = Scenario(site.database).organise()
        scenario.run(DIRECT)
        scenario.clock.move_to(TAKEOFF)
        scenario.run(COMMITTEE, seats=2)
        scenario.clock.move_to(MIDDLE)
        stage = Stage(site, browser, scenario, folder)
        stage.election = scenario.draft(CONFIDENCE, singles=1, ring=(2, 3))
        scenario.freeze(stage.election)
        yield stage


class Ceremony:
    """Two browsers and two command lines, each doing its step when it can."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        everyone = stage.scenario.held[stage.election]
        self.python = [held for held in everyone if not self._in_browser(held)]
        self.pages: dict[str, Page] = {}
        self.files: dict[str, Path] = {}
        for held in everyone:
            if self._in_browser(held):
                name = f"Trustee {held.account_id.removeprefix('trustee-')}"
                page = stage.signed_in(Role.TRUSTEE, account=name).new_page()
                page.goto(f"/trustees/{stage.code}")
                self.pages[name] = page

    @staticmethod
    def _in_browser(held: Held) -> bool:
        return held.account_id in ("trustee-2", "trustee-3")

    def save(self, name: str, click: str) -> None:
        page = self.pages[name]
        with page.expect_download() as download:
            page.click(click)
        path = self.stage.folder / f"{name}.json"
        download.value.save_as(path)
        self.files[name] = path
        choose_file(page, "make-file", path)

    def all_steps_of_python(self) -> None:
        while any(self.stage.scenario.next_step(self.stage.election, held) for held in self.python):
            pass

    def go_on(self, name: str) -> None:
        """One step with the key file; the page then shows the next one, or whom it waits for."""
        page = self.look(name)
        expect(page.locator("#room-use")).to_be_visible()
        before = page.inner_text("#use-text")
        choose_file(page, "use-file", self.files[name])
        page.click("#use-go")
        page.wait_for_function(
            "before => document.querySelector('#room-use').hidden"
            " || document.querySelector('#use-text').textContent !== before",
            arg=before,
        )

    def look(self, name: str) -> Page:
        page = self.pages[name]
        page.goto(f"/trustees/{self.stage.code}")
        return page


def test_the_ceremony(stage: Stage) -> None:
    ceremony = Ceremony(stage)
    for name in ceremony.pages:  # certificates
        ceremony.look(name)
        ceremony.save(name, "#make-save")
        expect(ceremony.pages[name].locator("#room-make")).to_be_hidden()
    ceremony.all_steps_of_python()
    for name in ceremony.pages:  # polynomials, committed to and kept in a new file
        page = ceremony.look(name)
        expect(page.locator("#room-use")).to_be_visible()
        choose_file(page, "use-file", ceremony.files[name])
        ceremony.save(name, "#use-go")
        expect(page.locator("#room-make")).to_be_hidden()
    ceremony.all_steps_of_python()
    for _ in range(2):  # what was committed to is shown; then each makes its share
        for name in ceremony.pages:
            ceremony.go_on(name)
        ceremony.all_steps_of_python()
    with stage.site.database.read() as uow:
        assert uow.session.get_one(Election, stage.election).trustees_json is not None
    stage.scenario.issue_credentials(stage.election)
    stage.scenario.seal(stage.election)
    for name, page in ceremony.pages.items():
        ceremony.look(name)
        choose_file(page, "use-file", ceremony.files[name])
        page.click("#use-go")
        expect(page.locator("#wait-reason")).to_contain_text("rehearsal has succeeded")
        stage.key_files[int(name.split()[1])] = ceremony.files[name]
    stage.scenario.held[stage.election] = ceremony.python
    stage.scenario.rehearse(stage.election)
    stage.scenario.open(stage.election)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_confidence_ballot(stage: Stage, language: str) -> None:
    voters = stage.scenario.voters(stage.uuid)
    person = voters[0 if language == "en" else 1]
    secret = stage.scenario.secrets[stage.uuid, person]
    page = stage.signed_in(Role.MEMBER, person=person, language=language).new_page()
    page.goto(f"/ballots/{stage.uuid}")
    page.click("main form button.big")
    subjects = 2
    for number in range(subjects):
        expect(page.locator("#choose-title")).to_be_focused()
        expect(page.locator("#choose-number")).to_contain_text(str(number + 1))
        page.locator("#choose-answers input").nth(number).check()
        if number == 0:
            stage.shot(page, f"booth-confidence-{language}")
        page.click("#choose-next")
    expect(page.locator("#step-review")).to_be_visible()
    stage.shot(page, f"booth-confidence-review-{language}")
    # change the first answer, and come straight back
    page.locator("#review-list button").first.click()
    page.locator("#choose-answers input").nth(2).check()
    page.click("#choose-next")
    expect(page.locator("#step-review")).to_be_visible()
    page.click("#review-next")
    page.fill("#credential", secret)
    page.press("#credential", "Enter")
    page.click("#cast")
    expect(page.locator("#receipt-logged.good")).to_be_visible(timeout=20_000)


def test_two_of_three_decrypt(stage: Stage) -> None:
    stage.everyone_votes()
    stage.scenario.close(stage.election)
    stage.scenario.decrypt(stage.election, [0])  # the single key, on the command line
    for number in (2, 3):
        context = stage.signed_in(Role.TRUSTEE, account=f"Trustee {number}")
        page = context.new_page()
        page.goto(f"/trustees/{stage.code}")
        decrypt(page, stage.key_files[number])
        expect(page.locator("#room-done")).to_be_visible(timeout=60_000)
    assert stage.scenario.state(stage.election) == "tallied"
