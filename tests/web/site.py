"""A running site for tests, and a quick way to be somebody on it.

    def test_page(site):
        clerk = site.sign_in(Role.CLERK)
        answer = clerk.submit("/matters", {"title": "..."}, page="/matters/new")

Other folders take the fixtures with `from tests.web.site import site, site_settings`.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient

from audit.clock import Clock
from audit.database import Actor, Base, Database, new_id
from voting.registry.models import REPRESENTATIVE, Office, Person, Term
from web.app import create_app
from web.identity import passwords
from web.identity.cookies import session_cookie
from web.identity.entries import AccountsCreated
from web.identity.keys import sha256
from web.identity.models import ACTIVE, Account, AccountRole, WebSession
from web.identity.roles import DERIVED, Role
from web.settings import Settings

BASE = "http://127.0.0.1:8000"


class Browser(TestClient):
    """A client with a cookie jar of its own that sends the token of the page, as a browser does."""

    account_id: str = ""
    person_id: str | None = None

    def token(self, page: str = "/") -> str:
        found = re.search(r'<meta name="csrf-token" content="(\w+)">', self.get(page).text)
        assert found, f"{page} is not a page with a form"
        return found[1]

    def submit(
        self, path: str, data: dict[str, Any] | None = None, *, page: str = "/", **more: Any
    ) -> Any:
        """POST a form; `page` is where the form would be. Redirects are not followed."""
        fields = {"csrf_token": self.token(page), **(data or {})}
        return self.post(path, data=fields, follow_redirects=False, **more)

    def send_json(self, path: str, json: Any, *, page: str = "/") -> Any:
        return self.post(path, json=json, headers={"x-csrf-token": self.token(page)})


class Site:
    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.database: Database = app.state.database
        self.settings: Settings = app.state.settings

    def browser(self, language: str = "en", address: str = "testclient") -> Browser:
        """Somebody who has not signed in. The lifespan of the app is not started again."""
        return Browser(
            self.app,
            base_url=BASE,
            client=(address, 50000),
            headers={"accept-language": language},
            raise_server_exceptions=True,
        )

    def sign_in(
        self, *roles: Role, person_id: str | None = None, scope: str = "", language: str = "en"
    ) -> Browser:
        """A browser with a session of a new account, or of the account of this person.

        `Role.MEMBER` and `Role.REPRESENTATIVE` without a person make one.
        """
        if not DERIVED.isdisjoint(roles) and person_id is None:
            person_id = self.make_person()
        if Role.REPRESENTATIVE in roles and person_id is not None:
            self.seat(person_id)
        token = secrets.token_urlsafe(32)
        with self.database.transaction(Actor("test")) as uow:
            account = Account(
                login=f"user-{new_id()[:8]}", name="Test Person", person_id=person_id, state=ACTIVE
            )
            account.roles = [
                AccountRole(role=role.value, scope=scope) for role in roles if role not in DERIVED
            ]
            uow.session.add(account)
            uow.session.flush()
            session = WebSession(
                token_hash=sha256(token),
                account_id=account.id,
                expires_on=uow.today + timedelta(days=1),
            )
            uow.session.add(session)
            uow.record(AccountsCreated(count=1))
            account_id = account.id
        browser = self.browser(language)
        browser.cookies.set(session_cookie(self.settings.https), token)
        browser.account_id, browser.person_id = account_id, person_id
        return browser

    def seat(self, person_id: str) -> None:
        """A current seat as a representative, in a term made for it."""
        with self.database.transaction(Actor("test")) as uow:
            today = uow.today
            begin, end = today - timedelta(days=100), today + timedelta(days=1000)
            term = Term(code=new_id()[:8], name="届", starts_on=begin, ends_on=end)
            uow.session.add(term)
            uow.session.flush()
            office = Office(
                person_id=person_id,
                term_id=term.id,
                kind=REPRESENTATIVE,
                starts_on=begin,
                ends_on=end,
            )
            uow.session.add(office)
            uow.record(AccountsCreated(count=1))

    def make_person(self, **fields: Any) -> str:
        number = new_id()[:8].upper()
        defaults = {"member_no": number, "name": f"张{number}", "status": "full"}
        with self.database.transaction(Actor("test")) as uow:
            person = Person(**{**defaults, **fields})
            uow.session.add(person)
            uow.session.flush()
            uow.record(AccountsCreated(count=1))
            return person.id


@pytest.fixture
def site_settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, base_url=BASE, log_level="error", demo=True)


@pytest.fixture
def site(site_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """On SQLite. What is decided by the database has its tests in the rooms, on both databases."""
    quick_passwords(monkeypatch)
    with running(site_settings) as site:
        yield site


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def either_site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """Once on each database, for what is promised of both; one site for all tests of a module."""
    postgres = request.param == "postgresql"
    url = request.getfixturevalue("postgres").new_database() if postgres else ""
    folder = tmp_path_factory.mktemp(request.param)
    settings = Settings(
        data_dir=folder, base_url=BASE, log_level="error", demo=True, database_url=url
    )
    with pytest.MonkeyPatch.context() as patch, running(settings) as site:
        quick_passwords(patch)
        yield site


@contextmanager
def running(settings: Settings, clock: Clock | None = None) -> Iterator[Site]:
    """A site with its threads, its log and its tables; `clock`: for a history of another time."""
    app = create_app(settings)
    if clock is not None:
        app.state.database.clock = clock
    Base.metadata.create_all(app.state.database.engine)
    with TestClient(app, base_url=BASE):
        yield Site(app)
    app.state.database.close()


def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", hasher)
    monkeypatch.setattr(passwords, "_nobody", hasher.hash("nobody's"))
