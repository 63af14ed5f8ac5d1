"""A ranked election in Chromium at the size of a phone: ranking, shuffling, and the rounds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from typer.testing import CliRunner

from ballots import ballot
from tests.frontend.live import chromium, context_for, serving
from tests.frontend.stage import Stage, choose_file
from tests.voting.scenario import Scenario
from tests.voting.test_mixing import RANKED, ranks
from voting.models import CLOSED, DIRECT, MIXED, TALLIED, Contest
from voting.registry.models import Person
from web.cli import app
from web.identity.roles import Role

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("site")
    with serving(folder) as site, chromium() as browser:
        scenario = Scenario(site.database).organise()
        stage = Stage(site, browser, scenario, folder)
        stage.election = scenario.prepare(
            DIRECT, code="ranked-2026", constituencies=["K1"], profile=RANKED
        )
        with site.database.read() as uow:
            numbers = {p.id: p.member_no for p in uow.session.scalars(select(Person))}
        stage.secrets = {numbers[who]: secret for (_, who), secret in scenario.secrets.items()}
        yield stage


def enter(stage: Stage, number: int, language: str) -> tuple[Page, str]:
    person, secret = stage.voters()[number]
    page = stage.signed_in(Role.MEMBER, person=person, language=language).new_page()
    page.goto(f"/ballots/{stage.uuid}")
    stage.shot(page, f"ranked-0-intro-{language}")
    page.click("main form button.big")
    expect(page.locator("#step-choose")).to_be_visible()
    return page, secret


def seal(page: Page, secret: str) -> None:
    page.click("#review-next")
    page.fill("#credential", secret)
    page.click("#credential-form button.big")
    expect(page.locator("#step-ready")).to_be_visible()


def cast(page: Page) -> None:
    page.click("#cast")
    expect(page.locator("#step-receipt")).to_be_visible()


def order(page: Page) -> list[str]:
    return page.locator("#choose-answers .ranking .name").all_inner_texts()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_voter_ranks_by_touching_names(stage: Stage, language: str) -> None:
    page, secret = enter(stage, 0 if language == "en" else 1, language)
    stage.shot(page, f"ranked-1-empty-{language}")
    page.click("#choose-next")
    expect(page.locator("#choose-note")).to_be_visible()
    names = page.locator("#choose-answers .choice.rank .name").all_inner_texts()
    buttons = page.locator("#choose-answers button.choice")
    for index in (2, 0, 1):
        buttons.nth(index).click()
    assert order(page) == [names[2], names[0], names[1]]
    expect(buttons.nth(2)).to_have_attribute("aria-pressed", "true")
    first = "choice 1" if language == "en" else "第 1 选择"
    expect(buttons.nth(2)).to_contain_text(first)
    expect(page.locator("#live")).to_contain_text(names[1])
    stage.shot(page, f"ranked-2-order-{language}")
    page.locator("[data-move=up-1]").click()
    assert order(page) == [names[2], names[1], names[0]]
    buttons.nth(2).click()  # taken out where it was put in
    assert order(page) == [names[1], names[0]]
    page.click("#choose-next")
    expect(page.locator("#step-review .final-order li")).to_have_text([names[1], names[0]])
    expect(page.locator("#step-review")).to_contain_text(names[2])
    stage.shot(page, f"ranked-3-review-{language}")
    page.go_back()
    assert order(page) == [names[1], names[0]]
    page.click("#choose-next")
    seal(page, secret)
    stage.shot(page, f"ranked-4-ready-{language}")
    cast(page)


def test_everything_by_keyboard(stage: Stage) -> None:
    """Focus stays where the hand is, and a moved name keeps it."""
    page, secret = enter(stage, 2, "en")
    buttons = page.locator("#choose-answers button.choice")
    buttons.nth(0).focus()
    page.keyboard.press("Space")
    expect(buttons.nth(0)).to_be_focused()
    page.keyboard.press("Tab")
    while not page.evaluate("document.activeElement.matches('button.choice')"):
        page.keyboard.press("Tab")  # past what is said about the name
    page.keyboard.press("Enter")
    names = order(page)
    page.locator("[data-move=down-0]").focus()
    page.keyboard.press("Enter")
    assert order(page) == names[::-1]
    expect(page.locator("[data-move=up-0]")).to_be_focused()  # at the end: the way back
    page.locator("[data-move=out-0]").focus()
    page.keyboard.press("Enter")
    expect(buttons.nth(0)).to_be_focused()
    assert order(page) == names[1:]
    page.locator("#choose-next").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#step-review")).to_be_visible()
    seal(page, secret)
    cast(page)


def test_a_blank_ballot_is_chosen_on_purpose(stage: Stage) -> None:
    page, secret = enter(stage, 3, "en")
    page.locator("#choose-answers button.choice").nth(0).click()
    page.locator("#q0-blank").check()
    assert order(page) == []
    stage.shot(page, "ranked-5-blank-en")
    page.click("#choose-next")
    expect(page.locator("#step-review")).to_contain_text("Blank ballot")
    seal(page, secret)
    cast(page)
    # and again, with an order: the last ballot counts
    page, secret = enter(stage, 3, "en")
    page.locator("#choose-answers button.choice").nth(1).click()
    page.click("#choose-next")
    seal(page, secret)
    cast(page)
    expect(page.locator("#receipt-revote")).to_be_visible()


def test_second_look_at_an_order(stage: Stage) -> None:
    page, secret = enter(stage, 4, "en")
    names = page.locator("#choose-answers .choice.rank .name").all_inner_texts()
    for index in (1, 0):
        page.locator("#choose-answers button.choice").nth(index).click()
    page.click("#choose-next")
    seal(page, secret)
    page.click("#step-ready summary")
    page.click("#open")
    expect(page.locator("#opened-qr svg")).to_be_visible()
    link = page.evaluate("document.querySelector('#opened-qr').dataset.link")
    second = context_for(stage.browser, stage.site, "", language="en").new_page()
    second.goto(link)
    expect(second.locator("#open-result")).to_be_visible()
    shown = second.locator("#open-choices li").all_inner_texts()
    assert shown == [f"1. {names[1]}", f"2. {names[0]}"]
    with page.expect_download() as saved:
        page.click("#opened-save-opening")
    opening = ballot.parse_opening(Path(saved.value.path()).read_bytes())
    assert opening.choices == [[2, 1, *[0] * (len(names) - 2)]]
    page.click("#opened-next")
    expect(page.locator("#step-ready")).to_be_visible()
    cast(page)


def trustee(stage: Stage, number: int, language: str) -> Page:
    context = stage.signed_in(Role.TRUSTEE, account=f"Trustee {number}", language=language)
    page = context.new_page()
    page.goto(f"/trustees/{stage.code}")
    return page


def test_the_trustees_shuffle_in_turn(stage: Stage, tmp_path: Path) -> None:
    for number, person in enumerate(stage.scenario.voters(stage.uuid)[5:12]):
        order = list(ranks(stage.scenario.paper(stage.uuid), 1)[0])
        choices = [order if number else order[::-1]]  # most for the first: votes move in rounds
        raw = stage.scenario.encrypt(stage.uuid, person, choices)
        stage.scenario.cast(stage.uuid, person, raw)
    stage.scenario.close(stage.election)
    second = trustee(stage, 2, "zh")
    expect(second.locator("#wait-reason")).to_contain_text("Trustee 1")
    stage.shot(second, "ranked-6-waiting-zh")
    commission = stage.signed_in(Role.COMMISSION).new_page()
    commission.goto(f"/commission/{stage.code}")
    expect(commission.locator(".lead-card")).to_contain_text("Trustee 1")
    stage.shot(commission, "ranked-6-commission-en")

    first = trustee(stage, 1, "en")
    expect(first.locator("#room-shuffle")).to_be_visible()
    stage.shot(first, "ranked-7-shuffle-en")
    first.click("#shuffle-go")
    expect(first.locator("#room-wait, #room-done").locator("visible=true")).to_contain_text(
        "Trustee 2", timeout=60_000
    )
    assert stage.scenario.state(stage.election) == CLOSED
    by_command(stage, second, tmp_path)
    assert stage.scenario.state(stage.election) == MIXED


def by_command(stage: Stage, page: Page, folder: Path) -> None:
    """The second one lets the command shuffle, and sends its file from the page."""
    page.click("#wait-again")
    expect(page.locator("#room-shuffle")).to_be_visible()
    page.click("#shuffle-list summary")
    stage.shot(page, "ranked-7-command-zh")
    with page.expect_download() as download:
        page.click("#shuffle-list a")
    archive = folder / download.value.suggested_filename
    download.value.save_as(archive)
    words = page.inner_text("#shuffle-list code").split()
    assert words[:3] == ["mandate", "trustee", "shuffle"]
    words[words.index(archive.name)] = str(archive)
    words[-1] = str(folder / words[-1])
    said = CliRunner().invoke(app, words[1:])
    assert said.exit_code == 0, said.output
    made = Path(words[-1])
    wrong = json.loads(made.read_bytes())
    wrong["proofs"][0][1][0] = "1"
    strange = folder / "wrong.json"
    strange.write_text(json.dumps(wrong, separators=(",", ":")))
    field = f"shuffled-{stage.uuid}"
    choose_file(page, field, strange)
    page.click("#shuffle-list details button")
    expect(page.locator("#room-trouble")).to_contain_text("Trustee 2")
    choose_file(page, field, made)
    page.click("#shuffle-list details button")
    expect(page.locator("#room-decrypt")).to_be_visible(timeout=30_000)


def test_the_trustees_decrypt_what_was_shuffled(stage: Stage, tmp_path: Path) -> None:
    """Every ballot and every shuffle is checked in the browser before the key is used."""
    for number, held in enumerate(stage.scenario.held[stage.election], 1):
        key = tmp_path / f"key-{number}.json"
        named = {"format": "mandate-trustee/1", "election": stage.code, "kind": "single"}
        key.write_text(json.dumps({**named, "private_key": held.private, "public_key": None}))
        page = trustee(stage, number, "en")
        expect(page.locator("#room-decrypt")).to_be_visible()
        page.click("#decrypt-check")
        expect(page.locator("#decrypt-ready")).to_be_visible(timeout=30_000)
        choose_file(page, "decrypt-file", key)
        page.click("#decrypt-go")
        page.check("#log-same")  # a key file of the command line remembers no log
        page.click("#decrypt-go")
        expect(page.locator("#room-done")).to_be_visible(timeout=60_000)
    assert stage.scenario.state(stage.election) == TALLIED
    stage.scenario.declare(stage.election)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_everyone_reads_the_rounds(stage: Stage, language: str) -> None:
    page = context_for(stage.browser, stage.site, "", language=language).new_page()
    with stage.site.database.read() as uow:
        contest = uow.session.scalars(select(Contest).where(Contest.uuid == stage.uuid)).one().code
    page.goto(f"/elections/{stage.code}/contests/{contest}")
    expect(page.locator("details table").last).to_be_visible()
    stage.shot(page, f"ranked-8-rounds-{language}")
