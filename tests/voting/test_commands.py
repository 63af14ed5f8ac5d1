"""mandate election: from a folder with files to the record, on the command line."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from audit.database import Base, Database, utc_now
from tests.voting.scenario import SMALL, Held, Scenario
from tests.voting.test_record import log_of
from voting import states
from web.cli import app
from web.identity.entries import AccountsCreated
from web.identity.models import ACTIVE, Account, AccountRole
from web.identity.roles import Role

# the command reads the real clock, so these days are always ahead
OPENS = datetime.now(UTC).replace(microsecond=0) + timedelta(days=9)
GIVEN = {
    "code": "cli-1",
    "kind": "direct",
    "title_zh": "代表选举",
    "title_en": "Election of representatives",
    "term": "2026-2031",
    "opens_at": OPENS.isoformat(),
    "closes_at": (OPENS + timedelta(days=2)).isoformat(),
    "window_reason": "a test, whatever the day",
    "profile": "party-basic-2020",
    "trustees": [{"login": "t1"}, {"login": "t2"}],
}


@pytest.fixture
def scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scenario:
    monkeypatch.setenv("MANDATE_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    url = f"sqlite:///{tmp_path / 'mandate.sqlite'}"
    monkeypatch.setenv("MANDATE_DATABASE_URL", url)
    database = Database(url)
    Base.metadata.create_all(database.engine)
    scenario = Scenario(database).organise()
    database.clock = utc_now  # that of the commands: the times of a log do not run backwards
    with database.transaction() as uow:
        for name in ("t1", "t2"):
            account = Account(login=name, name=name, state=ACTIVE)
            account.roles = [AccountRole(role=Role.TRUSTEE.value, scope="")]
            uow.session.add(account)
        uow.session.add(Account(login="r1", name="r1", state=ACTIVE))
        uow.record(AccountsCreated(count=3))
    return scenario


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["election", *arguments])
    assert result.exit_code == code, result.output
    return result.output


def folder_with(tmp_path: Path, **changes: object) -> Path:
    folder = tmp_path / "election"
    folder.mkdir(exist_ok=True)
    (folder / "election.json").write_text(json.dumps(GIVEN | changes))
    shutil.copyfile(SMALL / "candidates.csv", folder / "candidates.csv")
    return folder


def test_an_election_on_the_command_line(scenario: Scenario, tmp_path: Path) -> None:
    assert "3 contests, 14 candidates" in run("create", str(folder_with(tmp_path)))
    assert "cli-1" in run("show")
    assert "[>] Fix candidates, rules and rolls" in run("show", "cli-1")
    assert "cli-1: frozen" in run("freeze", "cli-1")
    assert json.loads(run("show", "cli-1", "--json"))[1]["done"]
    assert "Not every trustee" in run("seal", "cli-1", code=1)
    with scenario.database.read() as uow:
        election = states.by_code(uow, "cli-1")
        election_id = election.id
        scenario.held[election_id] = [Held(t.account_id) for t in election.trustees]
    scenario.make_keys(election_id)
    scenario.issue_credentials(election_id)
    assert "cli-1: sealed" in run("seal", "cli-1")
    scenario.rehearse(election_id)
    assert "waits for a second person" in run("open", "cli-1", "--reason", "all are here")
    scenario.sign_all()
    assert "A reason is needed" in run("close", "cli-1", code=1)
    run("close", "cli-1", "--reason", "a rehearsal of the whole")
    scenario.sign_all()
    assert scenario.state(election_id) == "closed"
    assert "3 contests added up" in run("tally", "cli-1")
    scenario.decrypt(election_id)
    assert "cli-1: declared" in run("declare", "cli-1")
    assert "can be certified" in run("certify", "cli-1", code=1)  # nobody voted: it is void
    log = log_of(scenario.database, tmp_path / "data")
    assert log.exists()
    for name in ("record", "record.zip"):
        run("record", "cli-1", "--out", str(tmp_path / name))
        checked = CliRunner().invoke(app, ["verify", str(tmp_path / name)])
        assert checked.exit_code == 0, checked.output
    assert "exists already" in run("record", "cli-1", "--out", str(tmp_path / "record"), code=1)


def test_a_file_with_mistakes_makes_no_election(scenario: Scenario, tmp_path: Path) -> None:
    assert "no account" in run(
        "create", str(folder_with(tmp_path, trustees=[{"login": "nobody"}])), code=1
    )
    without = folder_with(tmp_path, trustees=[{"login": "r1"}, {"login": "t1"}])
    assert "does not have the role of a trustee" in run("create", str(without), code=1)
    assert "time zone" in run(
        "create", str(folder_with(tmp_path, opens_at="2026-12-02T08:00:00")), code=1
    )
    assert "surplus" in run("create", str(folder_with(tmp_path, surplus=1)), code=1)
    folder = folder_with(tmp_path)
    (folder / "candidates.csv").write_text(
        "constituency,member_no,position,statement_zh,statement_en\nK1,NOBODY,1,,\n"
    )
    assert "row 2: There is no member NOBODY" in run("create", str(folder), code=1)
    assert run("show") == ""


def test_a_term_and_a_cancelled_election(scenario: Scenario, tmp_path: Path) -> None:
    dates = ("--starts-on", "2031-12-01", "--ends-on", "2036-12-01", "--name", "第七届")
    assert "term 2031-2036" in run("term", "2031-2036", *dates)
    run("create", str(folder_with(tmp_path)))
    assert "cancelled" in run("cancel", "cli-1", "--reason", "wrong date")
    assert "there is nothing to publish" in run(
        "record", "cli-1", "--out", str(tmp_path / "x"), code=1
    )
