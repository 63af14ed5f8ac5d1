"""A site in the middle of an election, and browsers of the people in it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select, update

from ballots import ballot
from tests.frontend.live import DESKTOP, PHONE, context_for, fits
from tests.voting.scenario import VOTER, Scenario, first_ones
from tests.web.site import Site
from voting import casting
from voting.models import Contest, Election, RollEntry, Trustee
from voting.registry.models import Person
from web.identity.cookies import session_cookie
from web.identity.roles import Role

# Where to leave a picture of each page; nowhere unless asked
SHOTS = os.environ.get("MANDATE_TEST_SCREENSHOTS", "")


@dataclass
class Stage:
    site: Site
    browser: Browser
    scenario: Scenario
    folder: Path
    election: str = ""
    secrets: dict[str, str] = field(default_factory=dict)  # member number -> credential
    key_files: dict[int, Path] = field(default_factory=dict)
    sessions: dict[str | None, str] = field(default_factory=dict)
    console: list[str] = field(default_factory=list)

    def signed_in(
        self, *roles: Role, account: str = "", person: str | None = None, **options: Any
    ) -> BrowserContext:
        """A new session at the scenario's time; `account` takes over an account that exists."""
        if person is None or person not in self.sessions:
            client = self.site.sign_in(*roles, person_id=person)
            self.sessions[person] = client.cookies[session_cookie(False)]
            if account:
                self._hand_over(client.account_id, account)
        context = context_for(self.browser, self.site, self.sessions[person], **options)
        context.on("console", lambda message: self.console.append(message.text))
        return context

    def _hand_over(self, made: str, trustee: str) -> None:
        # beside the unit of work: no product code changes who a trustee is
        with self.site.database.engine.begin() as connection:
            wanted = update(Trustee).where(Trustee.name == trustee)
            connection.execute(wanted.values(account_id=made))

    def shot(self, page: Page, name: str) -> None:
        """Fits on a phone, has no fault that axe finds; and a picture of it, when asked for."""
        fits(page)
        blocked = [text for text in self.console if "Content Security Policy" in text]
        assert not blocked, f"{name}: {blocked}"
        found = Axe().run(page).response["violations"]
        assert not found, f"{name}: " + "; ".join(
            f"{item['id']} {[node['html'][:120] for node in item['nodes']]}" for item in found
        )
        if SHOTS:
            for size, label in ((PHONE, "phone"), (DESKTOP, "desktop")):
                page.set_viewport_size(size)  # type: ignore[arg-type]
                page.screenshot(path=str(Path(SHOTS) / f"{name}-{label}.png"), full_page=True)
            page.set_viewport_size(PHONE)  # type: ignore[arg-type]
            fits(page)

    @property
    def code(self) -> str:
        with self.site.database.read() as uow:
            return uow.session.get_one(Election, self.election).code

    def voters(self) -> list[tuple[str, str]]:
        """(person, credential) of everyone on the roll."""
        with self.site.database.read() as uow:
            contest = uow.session.scalars(select(Contest).where(Contest.uuid == self.uuid)).one()
            people = select(Person).join(RollEntry, RollEntry.person_id == Person.id)
            found = uow.session.scalars(people.where(RollEntry.contest_id == contest.id)).all()
        return [(person.id, self.secrets[person.member_no]) for person in found]

    def everyone_votes(self) -> None:
        """So that the vote counts; who voted in the browser votes again."""
        paper = self.scenario.paper(self.uuid)
        held = {
            person: s for (uuid, person), s in self.scenario.secrets.items() if uuid == self.uuid
        }
        for number, (person, secret) in enumerate(held.items() or self.voters()):
            with self.site.database.transaction(VOTER) as uow:
                casting.check_in(uow, person, self.uuid)
            raw = ballot.encrypt(paper, secret, first_ones(paper, number))
            self.scenario.cast(self.uuid, person, raw)

    @property
    def uuid(self) -> str:
        return self.scenario.uuids(self.election)[0]


def decrypt(page: Page, key: Path) -> None:
    """Compare with the log, then hand over the key."""
    page.click("#decrypt-check")
    expect(page.locator("#decrypt-ready")).to_be_visible(timeout=30_000)
    choose_file(page, "decrypt-file", key)
    page.click("#decrypt-go")


def choose_file(page: Page, field_id: str, path: Path) -> None:
    page.set_input_files(f"#{field_id}", str(path))
