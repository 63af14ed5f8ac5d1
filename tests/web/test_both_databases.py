"""What the database decides about accounts, on SQLite and PostgreSQL alike."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import select

from audit.database import Actor, Database
from audit.errors import DomainError
from tests.web.site import quick_passwords
from web.identity import accounts, codes, links, sign_in
from web.identity.keys import Keys
from web.identity.models import ENROL, Account, RecoveryCode, WebSession
from web.identity.roles import Role
from web.settings import Settings

PASSWORD = "correct horse battery"


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Keys:
    quick_passwords(monkeypatch)
    return Keys.load(tmp_path / "secret.key")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


def enrolled(database: Database, keys: Keys) -> tuple[str, pyotp.TOTP, list[str]]:
    with database.transaction(Actor("test")) as uow:
        account = accounts.create(uow, "wang")
        token = links.make(uow, account, ENROL, 2)
    phone = pyotp.TOTP(codes.secret_for(keys, token))
    with database.transaction(Actor("test")) as uow:
        recovery = links.enrol(uow, keys, token, PASSWORD, phone.at(uow.now))
    return account.id, phone, recovery


def at_once(count: int, act: Callable[[int], bool]) -> int:
    """How many of `count` threads, begun together, got what they asked for."""
    barrier = threading.Barrier(count)

    def run(index: int) -> bool:
        barrier.wait(timeout=20)
        return act(index)

    with ThreadPoolExecutor(count) as pool:
        return sum(pool.map(run, range(count)))


@pytest.mark.parametrize("kind", ["phone", "recovery"])
def test_one_code_signs_in_once(
    database: Database, keys: Keys, settings: Settings, kind: str
) -> None:
    _id, phone, recovery = enrolled(database, keys)
    code = phone.at(database.clock(), counter_offset=1) if kind == "phone" else recovery[0]

    def try_it(_index: int) -> bool:
        attempt = sign_in.begin(database, keys, "wang", "", lambda _id: "")
        done = sign_in.sign_in(
            database, keys, settings, attempt, password=PASSWORD, code=code, device=""
        )
        return done is not None

    assert at_once(6, try_it) == 1
    with database.read() as uow:
        assert len(uow.session.scalars(select(WebSession)).all()) == 1


def test_one_link_enrols_once(database: Database, keys: Keys) -> None:
    with database.transaction(Actor("test")) as uow:
        account = accounts.create(uow, "wang")
        token = links.make(uow, account, ENROL, 2)
    phone = pyotp.TOTP(codes.secret_for(keys, token))

    def try_it(index: int) -> bool:
        try:
            with database.transaction(Actor("test")) as uow:
                links.enrol(uow, keys, token, f"{PASSWORD} {index}", phone.at(uow.now))
        except DomainError:
            return False
        return True

    assert at_once(4, try_it) == 1
    with database.read() as uow:
        assert len(uow.session.scalars(select(RecoveryCode)).all()) == codes.RECOVERY_CODES


def test_two_roles_that_conflict_are_not_granted_at_once(database: Database) -> None:
    with database.transaction(Actor("test")) as uow:
        account_id = accounts.create(uow, "wang").id
    wanted = [Role.REGISTRAR, Role.COMMISSION]

    def try_it(index: int) -> bool:
        try:
            with database.transaction(Actor("test")) as uow:
                accounts.grant(uow, account_id, wanted[index])
        except DomainError:
            return False
        return True

    assert at_once(2, try_it) == 1
    with database.read() as uow:
        assert len(accounts.get(uow, account_id).roles) == 1


def test_what_has_expired_is_deleted(database: Database, keys: Keys, settings: Settings) -> None:
    account_id, _phone, _recovery = enrolled(database, keys)
    with database.transaction(Actor("test")) as uow:
        account = accounts.get(uow, account_id)
        sign_in.open_session(uow, settings, account, "")
        links.make(uow, account, "reset", 2)
    clock = database.clock
    database.clock = lambda: clock() + timedelta(days=3)
    with database.transaction(Actor("test")) as uow:
        sign_in.purge(uow)
    with database.read() as uow:
        for model in (WebSession, codes.UsedCode, links.OneTimeLink):
            assert not uow.session.scalars(select(model)).all(), model
        assert uow.session.scalars(select(Account)).one().state == "active"
