"""ATTACKS 9 and 13 in the trustee's browser: a hidden ballot is refused before any key.

The archive without the ballot is made anew, with the right fingerprint and a right chain; only the
public log tells it from the true one, and only a memory of the log tells a log made for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from audit.keyfiles import LogKeys
from tests.attacks.election import Closed, forked_log, rebuilt
from tests.frontend.live import chromium, serving
from tests.frontend.stage import Stage, choose_file, decrypt
from tests.voting.scenario import Scenario
from voting.models import DIRECT
from voting.record.events import events_of
from web.identity.roles import Role

pytestmark = [pytest.mark.browser, pytest.mark.slow]

VOTERS = 4
HIDDEN = 2  # the height of the ballot that is left out


@dataclass
class Box(Closed):
    """The closed box of a site that serves."""

    stage: Stage | None = None

    @property
    def served(self) -> Stage:
        assert self.stage is not None
        return self.stage

    @property
    def keys(self) -> LogKeys:
        keys: LogKeys = self.served.site.app.state.log.keys
        return keys

    def page(self, number: int, language: str = "en") -> Page:
        """A trustee before the decryption; what the browser sends is kept in `sent`."""
        account = f"Trustee {number}"
        self.served.sessions.pop(None, None)
        context = self.served.signed_in(Role.TRUSTEE, account=account, language=language)
        page = context.new_page()
        page.goto(f"/trustees/{self.served.code}")
        expect(page.locator("#room-decrypt")).to_be_visible()
        return page

    def key(self, number: int, *, remembers: bool = True) -> Path:
        """The file of a trustee; `remembers`: with the log as it was when the key was made."""
        log = self.served.site.settings.log_dir / "public"
        file: dict[str, Any] = {
            "format": "mandate-trustee/1",
            "election": self.served.code,
            "kind": "single",
            "private_key": self.scenario.held[self.election_id][number - 1].private,
            "public_key": {},
        }
        if remembers:
            head = (log / "checkpoint").read_text()
            file["log"] = {"keys": [self.log_key], "checkpoint": head, "policy": None}
        path = self.folder / f"key-{number}-{remembers}.json"
        path.write_text(json.dumps(file))
        return path

    def hiding(self, name: str) -> Path:
        return rebuilt(self, self.folder / f"{name}.bel", lambda height: height != HIDDEN)


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    folder = tmp_path_factory.mktemp("site")
    with serving(folder) as site, chromium() as browser:
        scenario = Scenario(site.database).organise()
        election = scenario.prepare(
            DIRECT, code="direct-2026", constituencies=["K3"], profile="union-plurality"
        )
        stage = Stage(site, browser, scenario, folder, election)
        (uuid,) = scenario.uuids(election)
        for voter in scenario.voters(uuid)[:VOTERS]:
            scenario.cast(uuid, voter)
        scenario.close(election)
        site.app.state.log.run_once()
        yield Box(folder, scenario, election, uuid, stage=stage)


def serve_archive(page: Page, archive: Path) -> None:
    page.route("**/archive", lambda route: route.fulfill(body=archive.read_bytes()))


def serve_log(page: Page, log: Path) -> None:
    def answer(route: Route) -> None:
        path = log / route.request.url.partition("/log/")[2]
        if path.is_file():
            route.fulfill(body=path.read_bytes())
        elif path.name == "public.vkey":
            route.continue_()
        else:
            route.fulfill(status=404)

    page.route("**/log/**", answer)


def sent_by(page: Page) -> list[str]:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    return sent


SAID = {
    "en": ("Somebody has changed it", "Call the other trustees now"),
    "zh": ("有人改动了它", "请立即打电话给其他保管人"),
}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_server_that_hides_a_ballot(box: Box, language: str) -> None:
    page = box.page(1, language)
    sent = sent_by(page)
    box.served.shot(page, f"trustee-compare-{language}")
    serve_archive(page, box.hiding(f"hiding-{language}"))
    page.click("#decrypt-check")
    expect(page.locator("#decrypt-refused")).to_be_visible()
    why, what_to_do = SAID[language]
    expect(page.locator("#refused-why")).to_contain_text(why)
    expect(page.locator("#refused-do")).to_contain_text(what_to_do)
    # the key is not asked for, and nothing was sent
    expect(page.locator("#decrypt-file")).to_be_hidden()
    expect(page.locator("#decrypt-go")).to_be_hidden()
    assert not [line for line in sent if line.startswith("POST")]
    box.served.shot(page, f"trustee-refused-{language}")
    with page.expect_download() as download:
        page.click("#refused-save")
    evidence = json.loads(download.value.path().read_text())
    assert evidence["height"] == HIDDEN and evidence["uuid"] == box.uuid
    assert evidence["head"].startswith(box.served.site.settings.log_origin)


def test_a_hidden_ballot_is_not_decrypted_by_an_impatient_trustee(box: Box) -> None:
    """Who presses the hidden button by other means gets no further."""
    page = box.page(1)
    serve_archive(page, box.hiding("impatient"))
    page.click("#decrypt-check")
    expect(page.locator("#decrypt-refused")).to_be_visible()
    sent = sent_by(page)
    choose_file(page, "decrypt-file", box.key(1))
    page.evaluate("document.querySelector('#decrypt-go').click()")
    expect(page.locator("#room-trouble")).to_contain_text("Compare with the public log first")
    assert not [line for line in sent if line.startswith("POST")]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_log_made_for_this_trustee(box: Box, language: str) -> None:
    """The server has the log's key; the file remembers the true log, and so does a kept head."""
    archive = box.hiding(f"fork-{language}")
    fork = forked_log(box, archive, box.folder / f"fork-{language}")
    assert len(events_of(archive).ballots) == VOTERS - 1
    for remembers in (True, False):
        page = box.page(1, language)
        sent = sent_by(page)
        serve_archive(page, archive)
        serve_log(page, fork)
        page.click("#decrypt-check")
        expect(page.locator("#decrypt-ready")).to_be_visible()
        choose_file(page, "decrypt-file", box.key(1, remembers=remembers))
        if not remembers:
            page.click("#log-details summary")
            kept = box.folder / "kept.txt"
            kept.write_bytes((box.served.site.settings.log_dir / "public/checkpoint").read_bytes())
            choose_file(page, "kept-file", kept)
        page.click("#decrypt-go")
        expect(page.locator("#decrypt-refused")).to_be_visible()
        said = {"en": "history of the public log was changed", "zh": "公开日志的历史被改动"}
        expect(page.locator("#refused-why")).to_contain_text(said[language])
        assert not [line for line in sent if line.startswith("POST")]


def test_a_log_that_cannot_be_read(box: Box) -> None:
    page = box.page(1)
    page.route("**/log/tile/**", lambda route: route.abort())
    page.click("#decrypt-check")
    expect(page.locator("#refused-why")).to_contain_text("could not be read", timeout=20_000)
    expect(page.locator("#refused-do")).to_contain_text("Wait a minute")
    page.unroute("**/log/tile/**")
    page.click("#decrypt-check")
    expect(page.locator("#decrypt-ready")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_file_that_does_not_know_the_log(box: Box, language: str) -> None:
    """The key of the log is compared with the printed one, by eye."""
    page = box.page(1, language)
    page.click("#decrypt-check")
    expect(page.locator("#decrypt-ready")).to_be_visible()
    choose_file(page, "decrypt-file", box.key(1, remembers=False))
    page.click("#decrypt-go")
    expect(page.locator("#log-compare")).to_be_visible()
    shown = "".join(page.inner_text("#log-key").split())
    assert shown == box.log_key
    box.served.shot(page, f"trustee-compare-key-{language}")
    if language == "zh":
        page.check("#log-same")
        page.click("#decrypt-go")
        expect(page.locator("#room-done")).to_be_visible(timeout=60_000)


def test_the_true_archive_and_log_are_decrypted(box: Box) -> None:
    page = box.page(2)
    page.click("#decrypt-check")
    expect(page.locator("#compare-found")).to_contain_text(f"{VOTERS} ballots")
    box.served.shot(page, "trustee-ready-en")
    page.reload()
    decrypt(page, box.key(2))
    expect(page.locator("#room-done")).to_be_visible(timeout=60_000)
    assert box.scenario.state(box.election_id) == "tallied"
