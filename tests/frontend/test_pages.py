"""A whole election through the pages, in Chromium: keys, credentials, rehearsal, booth, decryption.

What the commission does goes through the services; its pages have tests of their own.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from ballots import ballot
from ballots.questions import HomomorphicQuestion
from tests.frontend.live import DESKTOP, chromium, context_for, serving
from tests.frontend.stage import Stage, choose_file, decrypt
from tests.voting.scenario import Scenario
from voting.models import DIRECT, Contest, Election
from web.commands.checker import make_page
from web.identity.roles import Role

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Where to leave a picture of each page; nowhere unless asked
SHOTS = os.environ.get("MANDATE_TEST_SCREENSHOTS", "")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("site")
    with serving(folder) as site, chromium() as browser:
        scenario = Scenario(site.database).organise()
        stage = Stage(site, browser, scenario, folder)
        stage.election = scenario.draft(DIRECT, code="direct-2026", constituencies=["K1"])
        scenario.freeze(stage.election)
        yield stage


def test_trustees_make_their_keys(stage: Stage) -> None:
    pages = []
    for number in (1, 2):
        language = "en" if number == 1 else "zh"
        name = f"Trustee {number}"
        context = stage.signed_in(Role.TRUSTEE, account=name, language=language)
        page = context.new_page()
        page.goto(f"/trustees/{stage.code}")
        expect(page.locator("#room-make")).to_be_visible()
        stage.shot(page, f"trustee-make-{language}")
        with page.expect_download() as download:
            page.click("#make-save")
        path = stage.folder / f"key-{number}.json"
        download.value.save_as(path)
        stage.key_files[number] = path
        choose_file(page, "make-file", path)
        pages.append(page)
    first, second = pages
    # the second has committed too: now both show their public halves
    expect(second.locator("#room-use")).to_be_visible()
    second.click("#use-go")
    expect(second.locator("#room-wait")).to_be_visible()
    first.click("#wait-again")
    expect(first.locator("#room-use")).to_be_visible()
    stage.shot(first, "trustee-use-en")
    first.click("#use-go")
    expect(first.locator("#wait-reason")).to_contain_text("Your key is made")
    with stage.site.database.read() as uow:
        assert uow.session.get_one(Election, stage.election).trustees_json is not None


def test_the_registrar_issues_credentials(stage: Stage) -> None:
    context = stage.signed_in(Role.REGISTRAR, viewport=DESKTOP)
    page = context.new_page()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    page.goto(f"/credentials/{stage.code}")
    page.click("#make")
    expect(page.locator("#step-save")).to_be_visible()
    with page.expect_download() as download:
        page.click("#save")
    path = stage.folder / "credentials.csv"
    download.value.save_as(path)
    page.evaluate("window.print = () => undefined")
    page.click("#print")
    stage.shot(page, "credentials-en")
    page.click("#publish")
    expect(page.locator("#step-done")).to_be_visible()
    with path.open(encoding="utf-8-sig", newline="") as file:
        listed = list(csv.DictReader(file))
    stage.secrets = {row["member_no"]: row["credential"] for row in listed}
    with stage.site.database.read() as uow:
        contest = uow.session.scalars(select(Contest).where(Contest.uuid == stage.uuid)).one()
        assert contest.roll_count == len(stage.secrets)
        assert contest.credentials_json is not None
    replace_a_lost_one(stage, page)
    # no secret ever left the browser
    assert not any(secret in body for body in sent for secret in stage.secrets.values())
    stage.scenario.seal(stage.election)


def replace_a_lost_one(stage: Stage, page: Page) -> None:
    number, lost = max(stage.secrets.items())
    page.goto(f"/credentials/{stage.code}")
    page.fill("#replace-old", lost[:-1])
    page.click("#replace")
    expect(page.locator("#trouble")).to_contain_text("not a credential")
    page.fill("#replace-old", lost)
    page.click("#replace")
    expect(page.locator("#replaced")).to_be_visible()
    stage.shot(page, "credentials-replaced-en")
    stage.secrets[number] = page.inner_text("#replaced-secret")
    with stage.site.database.read() as uow:
        contest = uow.session.scalars(select(Contest).where(Contest.uuid == stage.uuid)).one()
        assert contest.reissued == 1
        assert contest.roll_count == len(stage.secrets)


def test_the_rehearsal(stage: Stage, tmp_path: Path) -> None:
    strange = tmp_path / "other.json"
    strange.write_text(stage.key_files[1].read_text().replace("direct-2026", "another"))
    for number in (1, 2):
        context = stage.signed_in(Role.TRUSTEE, account=f"Trustee {number}")
        page = context.new_page()
        page.goto(f"/trustees/{stage.code}")
        expect(page.locator("#room-use")).to_be_visible()
        choose_file(page, "use-file", strange)
        page.click("#use-go")
        expect(page.locator("#room-trouble")).to_contain_text("of another election")
        choose_file(page, "use-file", stage.key_files[number])
        page.click("#use-go")
        expect(page.locator("#wait-reason")).to_contain_text("rehearsal has succeeded")
    stage.scenario.open(stage.election)


def enter(stage: Stage, person: str, language: str) -> Page:
    context = stage.signed_in(Role.MEMBER, person=person, language=language)
    page = context.new_page()
    page.goto("/ballots")
    stage.shot(page, f"booth-0-list-{language}")
    page.click("a.big")
    stage.shot(page, f"booth-1-intro-{language}")
    page.click("main form button.big")
    expect(page.locator("#step-choose")).to_be_visible()
    return page


def seal(stage: Stage, page: Page, secret: str, language: str) -> None:
    page.click("#choose-next")
    expect(page.locator("#step-review")).to_be_visible()
    stage.shot(page, f"booth-3-review-{language}")
    page.click("#review-next")
    page.fill("#credential", secret)
    stage.shot(page, f"booth-4-credential-{language}")
    page.click("#credential-form button.big")
    expect(page.locator("#step-ready")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_voter_votes(stage: Stage, language: str) -> None:
    person, secret = stage.voters()[0 if language == "en" else 1]
    page = enter(stage, person, language)
    expect(page.locator("#choose-title")).to_be_focused()
    page.click("#choose-next")
    expect(page.locator("#choose-note")).to_be_visible()
    boxes = page.locator("#choose-answers ol input")
    boxes.nth(0).check()
    stage.shot(page, f"booth-2-choose-{language}")
    # more names than seats: not possible, and explained
    for index in range(1, boxes.count()):
        boxes.nth(index).click()
    expect(page.locator("#choose-note")).to_be_visible()
    checked = page.locator("#choose-answers ol input:checked").count()
    assert checked < boxes.count()
    stage.shot(page, f"booth-2-full-{language}")
    page.click("#choose-next")
    # back and forth: nothing is lost
    page.go_back()
    assert page.locator("#choose-answers ol input:checked").count() == checked
    seal(stage, page, secret, language)
    stage.shot(page, f"booth-5-ready-{language}")
    page.click("#cast")
    expect(page.locator("#step-receipt")).to_be_visible()
    expect(page.locator("#receipt-signed.good")).to_be_visible()
    expect(page.locator("#receipt-logged.good")).to_be_visible(timeout=20_000)
    stage.shot(page, f"booth-6-receipt-{language}")
    with page.expect_download() as saved:
        page.click("#receipt-save")
    receipt = saved.value.path().read_text()
    page.click("#receipt-check")
    expect(page.locator("#check-log.good")).to_be_visible()
    # as it comes back from an office that answers mails
    page.fill("#kept", "Dear voter,\n> " + receipt.replace("\n", "\n> ").replace("\u2014", "--"))
    expect(page.locator("#kept-receipt.good")).to_be_visible()
    expect(page.locator("#kept-log.good")).to_be_visible()
    stage.shot(page, f"booth-7-check-{language}")
    page.fill("#kept", receipt.replace("\nabc", "\nabd")[:-20])
    expect(page.locator("#kept-receipt.waiting")).to_be_visible()
    own = receipt.split("\n")[3]
    page.fill("#kept", receipt.replace(own, own[::-1]))
    expect(page.locator("#kept-receipt.bad")).to_be_visible()
    expect(page.locator("#kept-log")).to_be_empty()


def test_a_credential_is_checked_before_anything_is_encrypted(stage: Stage) -> None:
    person, secret = stage.voters()[2]
    page = enter(stage, person, "en")
    page.locator("#choose-answers ol input").nth(0).check()
    page.click("#choose-next")
    page.click("#review-next")
    for typed, said in (
        ("", "type the voting credential"),
        (secret[:-1], "you typed 21"),
        (secret[:-1] + "0", "never part of a credential"),
        (secret[:-1] + ("a" if secret[-1] != "a" else "b"), "does not belong to this ballot"),
    ):
        page.fill("#credential", typed)
        page.click("#credential-form button.big")
        expect(page.locator("#credential-note")).to_contain_text(said)
    page.fill("#credential", f" {secret.replace('-', ' — ')} ")
    page.click("#credential-form button.big")
    expect(page.locator("#step-ready")).to_be_visible()


def test_after_a_reload_the_way_back_does_not_lead_past_the_questions(stage: Stage) -> None:
    person, _ = stage.voters()[2]
    page = enter(stage, person, "en")
    page.locator("#choose-answers ol input").nth(0).check()
    page.click("#choose-next")
    page.click("#review-next")
    expect(page.locator("#step-credential")).to_be_visible()
    page.reload()
    expect(page.locator("#step-choose")).to_be_visible()
    page.go_back()  # to the review of choices that are gone
    expect(page.locator("#step-choose")).to_be_visible()
    expect(page.locator("#step-review")).to_be_hidden()


def test_a_cut_line_and_an_ended_session_lose_nothing(stage: Stage) -> None:
    person, secret = stage.voters()[3]
    page = enter(stage, person, "en")
    page.locator("#choose-answers ol input").nth(0).check()
    seal(stage, page, secret, "en")
    tracker = page.inner_text("#ready-tracker")
    page.context.set_offline(True)
    page.click("#cast")
    expect(page.locator("#cast-trouble")).to_contain_text("could not be reached")
    stage.shot(page, "booth-8-offline-en")
    page.context.set_offline(False)
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.click("#cast")
    expect(page.locator("#cast-trouble")).to_contain_text("signed out")
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    page.click("#cast")
    expect(page.locator("#step-receipt")).to_be_visible()
    assert page.inner_text("#receipt-tracker") == tracker
    # the browser's back button does not undo what was cast
    page.go_back()
    expect(page.locator("#step-receipt")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_second_look_on_a_second_device(stage: Stage, language: str) -> None:
    person, secret = stage.voters()[4 if language == "en" else 5]
    page = enter(stage, person, language)
    page.locator("#choose-answers ol input").nth(1).check()
    name = page.inner_text("#choose-answers ol li:nth-child(2) .name")
    seal(stage, page, secret, language)
    page.click("#step-ready summary")
    page.click("#open")
    expect(page.locator("#step-opened")).to_be_visible()
    expect(page.locator("#opened-qr svg")).to_be_visible()
    command_line_agrees(stage, page, name)
    stage.shot(page, f"booth-9-opened-{language}")
    tracker = page.inner_text("#opened-tracker")
    link = page.evaluate("document.querySelector('#opened-qr').dataset.link")
    second = context_for(stage.browser, stage.site, "", language=language).new_page()
    second.goto(link)
    expect(second.locator("#open-result")).to_be_visible()
    assert second.inner_text("#open-tracker") == tracker
    assert name in second.inner_text("#open-choices")
    stage.shot(second, f"booth-9-second-device-{language}")
    independent_checker_agrees(stage, page, link, tracker, name, language)
    # a new ballot with the same choice can be cast; the opened one is void
    page.click("#opened-next")
    expect(page.locator("#step-ready")).to_be_visible()
    assert page.inner_text("#ready-tracker") != tracker
    page.click("#cast")
    expect(page.locator("#step-receipt")).to_be_visible()
    query = urlencode({"contest": stage.uuid, "tracker": "".join(tracker.split())})
    second.goto(f"/ballots/check?{query}")
    expect(second.locator(".notice.note")).to_be_visible()


def independent_checker_agrees(
    stage: Stage, page: Page, link: str, tracker: str, name: str, language: str
) -> None:
    """From a disk, from a pasted text and from a picture of the code; then a red result."""
    file = stage.folder / "checker" / "index.html"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(make_page(stage.site.settings.base_url, [], [], {}))
    page.locator("#opened-qr").screenshot(path=str(stage.folder / "code.png"))
    other = context_for(stage.browser, stage.site, "", language=language).new_page()
    blocked: list[str] = []
    other.on("console", lambda message: blocked.append(message.text))
    other.goto(file.as_uri())
    other.click(f"button[data-language={language}]")
    other.fill("#text", f"https://evil.example/#{link.partition('#')[2]}")
    other.click("#check")
    expect(other.locator("#result")).to_be_visible()
    assert "".join(other.inner_text("#result-tracker").split()) == "".join(tracker.split())
    assert name in other.inner_text("#result-choices")
    other.reload()
    other.click(f"button[data-language={language}]")
    other.set_input_files("#picture", stage.folder / "code.png")
    expect(other.locator("#result")).to_be_visible()
    assert "".join(other.inner_text("#result-tracker").split()) == "".join(tracker.split())
    stage.shot(other, f"checker-1-result-{language}")
    other.click("#other-choice")
    expect(other.locator("#bad")).to_be_visible()
    stage.shot(other, f"checker-2-bad-{language}")
    with other.expect_download() as download:
        other.click("#evidence")
    evidence = json.loads(download.value.path().read_text())
    assert evidence["kind"] == "choice"
    assert evidence["tracker"] == "".join(tracker.split())
    other.fill("#text", "no code")
    other.click("#check")
    expect(other.locator("#unreadable")).to_be_visible()
    assert not [text for text in blocked if "Content Security Policy" in text], blocked


def command_line_agrees(stage: Stage, page: Page, name: str) -> None:
    paths = {}
    for button in ("opened-save", "opened-save-opening"):
        with page.expect_download() as download:
            page.click(f"#{button}")
        paths[button] = stage.folder / download.value.suggested_filename
        download.value.save_as(paths[button])
    paper = stage.scenario.paper(stage.uuid)
    opening = ballot.parse_opening(paths["opened-save-opening"].read_bytes())
    (bits,) = ballot.open_(paper, paths["opened-save"].read_bytes(), opening)
    question = paper.questions[0]
    assert isinstance(question, HomomorphicQuestion)
    marked = zip(question.answers, bits[1:], strict=True)
    assert [answer for answer, bit in marked if bit] == [name]


def test_a_server_that_lies_is_found_out(stage: Stage) -> None:
    """ATTACKS 14: another paper than the published one; a receipt that is not for this ballot."""
    person, secret = stage.voters()[6]
    page = enter(stage, person, "en")

    def other_paper(route: Route) -> None:
        text = route.fetch().text()
        route.fulfill(body=text.replace("Test election", "Other election"))

    page.route("**/election", other_paper)
    page.reload()
    expect(page.locator("#broken-reason")).to_contain_text("not the one that was published")
    page.unroute("**/election")
    page.click("#broken-again")
    expect(page.locator("#step-choose")).to_be_visible()
    page.locator("#choose-answers ol input").nth(0).check()
    seal(stage, page, secret, "en")

    def other_receipt(route: Route) -> None:
        answer = route.fetch().json()
        lines = answer["receipt"].split("\n")
        lines[3] = lines[3][::-1]
        route.fulfill(json={**answer, "receipt": "\n".join(lines)})

    page.route("**/ballots", other_receipt)
    page.click("#cast")
    expect(page.locator("#receipt-signed.bad")).to_contain_text("not right")
    expect(page.locator("#receipt-save")).to_be_visible()


def test_voting_again_replaces(stage: Stage) -> None:
    person, secret = stage.voters()[0]
    page = enter(stage, person, "en")
    page.locator("#q0-blank").check()
    seal(stage, page, secret, "en")
    page.click("#cast")
    expect(page.locator("#receipt-revote")).to_be_visible()


def test_trustees_decrypt(stage: Stage) -> None:
    stage.everyone_votes()
    stage.scenario.close(stage.election)
    for number, language in ((1, "en"), (2, "zh")):
        context = stage.signed_in(Role.TRUSTEE, account=f"Trustee {number}", language=language)
        page = context.new_page()
        page.goto(f"/trustees/{stage.code}")
        expect(page.locator("#room-decrypt")).to_be_visible()
        stage.shot(page, f"trustee-decrypt-{language}")
        decrypt(page, stage.key_files[number])
        expect(page.locator("#room-done")).to_be_visible(timeout=60_000)
        stage.shot(page, f"trustee-done-{language}")
    assert stage.scenario.state(stage.election) == "tallied"
