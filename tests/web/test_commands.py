"""mandate user, mandate db, mandate serve: what they say and how they end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from audit.database import Actor, Base, Database
from voting.registry.models import Person
from web import __version__
from web.cli import app
from web.identity.entries import AccountsCreated
from web.identity.models import Account, WebSession

runner = CliRunner()


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("MANDATE_DATA_DIR", str(tmp_path))
    made = Database(f"sqlite:///{tmp_path / 'mandate.sqlite'}")
    Base.metadata.create_all(made.engine)
    yield made
    made.close()


def people(database: Database, *emails: str) -> None:
    with database.transaction(Actor("test")) as uow:
        for number, email in enumerate(emails):
            uow.session.add(
                Person(member_no=f"M{number}", name=f"人{number}", status="full", email=email)
            )
        uow.record(AccountsCreated(count=len(emails)))


def test_version() -> None:
    assert runner.invoke(app, ["--version"]).output == f"mandate {__version__}\n"


def test_user_add_prints_the_link_and_refuses_conflicts(database: Database) -> None:
    done = runner.invoke(app, ["user", "add", "zhou", "--role", "admin", "--name", "周敏"])
    assert done.exit_code == 0, done.output
    assert "/enrol/" in done.output
    assert "zhou\tinvited\tadmin" in runner.invoke(app, ["user", "list"]).output
    both = ["user", "add", "both", "--role", "registrar", "--role", "commission"]
    refused = runner.invoke(app, both)
    assert refused.exit_code == 1
    assert "both" not in runner.invoke(app, ["user", "list"]).output
    taken = runner.invoke(app, ["user", "add", "ZHOU"])
    assert taken.exit_code == 1
    assert runner.invoke(app, ["user", "add", "x1", "--role", "member"]).exit_code == 2


def test_user_invite_is_for_those_without_an_account(database: Database, tmp_path: Path) -> None:
    people(database, "a@example.org", "b@example.org", "")
    done = runner.invoke(app, ["user", "invite"])
    assert "3 invited, 2 of them by mail." in done.output
    assert "0 invited, 0 of them by mail." in runner.invoke(app, ["user", "invite"]).output
    again = runner.invoke(app, ["user", "invite", "--again"])
    assert "3 invited, 2 of them by mail." in again.output
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == 4
    with database.read() as uow:
        assert len(uow.session.scalars(select(Account)).all()) == 3


def test_user_invite_leaves_to_the_site_what_the_mail_server_does_not_take(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(database, "a@example.org")
    monkeypatch.setenv("MANDATE_MAIL", "smtp")
    monkeypatch.setenv("MANDATE_SMTP_PORT", "1")
    done = runner.invoke(app, ["user", "invite"])
    assert done.exit_code == 1
    assert "1 are tried again by the site" in done.output


def test_sign_out_everyone(database: Database) -> None:
    runner.invoke(app, ["user", "add", "zhou"])
    with database.transaction() as uow:
        account = uow.session.scalars(select(Account)).one()
        uow.session.add(
            WebSession(token_hash="0" * 64, account_id=account.id, expires_on=uow.today)
        )
    assert runner.invoke(app, ["user", "sign-out-everyone"]).exit_code == 0
    with database.read() as uow:
        assert not uow.session.scalars(select(WebSession)).all()


def test_forget_pseudonyms_asks_first(database: Database, tmp_path: Path) -> None:
    runner.invoke(app, ["user", "add", "zhou"])
    key = tmp_path / "pseudonym.key"
    assert key.exists()
    assert runner.invoke(app, ["user", "forget-pseudonyms"], input="n\n").exit_code == 1
    assert key.exists()
    assert runner.invoke(app, ["user", "forget-pseudonyms"], input="y\n").exit_code == 0
    assert not key.exists()


def test_serve_refuses_what_is_not_ready_and_says_how_to_mend_it(database: Database) -> None:
    refused = runner.invoke(app, ["serve"])
    assert refused.exit_code == 1
    assert "mandate db upgrade" in refused.output
    several = runner.invoke(app, ["serve", "--workers", "2"])
    assert several.exit_code == 2
    assert "MANDATE_DATABASE_URL" in several.output


def test_db_check(database: Database) -> None:
    assert runner.invoke(app, ["db", "check"]).exit_code == 1
