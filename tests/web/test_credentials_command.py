"""mandate credentials: the secrets stay in one file that only its owner reads."""

from __future__ import annotations

import csv
import stat
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from typer.testing import CliRunner

from audit.database import Base, Database
from ballots import credentials
from ballots.encoding import loads_strict
from ballots.group import get_group
from tests.voting.scenario import Scenario
from voting.models import DIRECT, Contest
from web.cli import app

RUN = CliRunner()


@pytest.fixture
def uuid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("MANDATE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("MANDATE_DATABASE_URL", f"sqlite:///{tmp_path / 'mandate.sqlite'}")
    database = Database(f"sqlite:///{tmp_path / 'mandate.sqlite'}")
    Base.metadata.create_all(database.engine)
    scenario = Scenario(database).organise()
    election = scenario.draft(DIRECT, constituencies=["K3"])
    scenario.freeze(election)
    (uuid,) = scenario.uuids(election)
    database.close()
    return uuid


def test_roll_issue_publish(uuid: str, tmp_path: Path) -> None:
    roll, private, public = (
        tmp_path / name for name in ("roll.json", "private.csv", "public.json")
    )
    assert RUN.invoke(app, ["credentials", "roll", uuid, "--out", str(roll)]).exit_code == 0
    issue = ["credentials", "issue", str(roll), "--private", str(private), "--public", str(public)]
    done = RUN.invoke(app, [*issue, "--mail"])
    assert done.exit_code == 0, done.output
    for secret_file in (roll, private):
        assert stat.S_IMODE(secret_file.stat().st_mode) == 0o600
    with private.open(encoding="utf-8-sig", newline="") as file:
        secrets = {row["member_no"]: row["credential"] for row in csv.DictReader(file)}
    listed = loads_strict(public.read_bytes(), "public")
    group = get_group("Ed25519")
    assert sorted(listed) == sorted(
        credentials.public_credential(group, uuid, secret) for secret in secrets.values()
    )
    letters = [p.read_bytes() for p in (tmp_path / "outbox").glob("*.eml")]
    texts = [message_from_bytes(raw, policy=default).get_content() for raw in letters]
    assert texts
    assert all(sum(secret in text for secret in secrets.values()) == 1 for text in texts)
    done = RUN.invoke(app, ["credentials", "publish", uuid, str(public)])
    assert done.exit_code == 0, done.output
    database = Database(f"sqlite:///{tmp_path / 'mandate.sqlite'}")
    with database.read() as uow:
        (contest,) = uow.session.query(Contest).filter_by(uuid=uuid)
        assert contest.credentials_json == public.read_text()
    raw = (tmp_path / "mandate.sqlite").read_bytes()
    assert not any(secret.encode() in raw for secret in secrets.values())
    database.close()


def test_nothing_is_overwritten(uuid: str, tmp_path: Path) -> None:
    roll, private = tmp_path / "roll.json", tmp_path / "private.csv"
    RUN.invoke(app, ["credentials", "roll", uuid, "--out", str(roll)])
    private.write_text("the only copy")
    issue = ["credentials", "issue", str(roll), "--private", str(private)]
    done = RUN.invoke(app, [*issue, "--public", str(tmp_path / "public.json")])
    assert done.exit_code == 2
    assert private.read_text() == "the only copy"


def test_a_wrong_file_says_why(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"uuid":"x"}')
    issue = ["credentials", "issue", str(wrong), "--private", str(tmp_path / "a")]
    done = RUN.invoke(app, [*issue, "--public", str(tmp_path / "b")])
    assert done.exit_code == 2
    assert "wrong.json" in done.output
