"""mandate roll, as an operator types it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from audit.database import Base, Database
from tests.voting.registry.rolls import DIRTY, DISTRICT, SMALL, line, roll
from voting.registry.exporting import safe
from web.cli import app
from web.settings import Settings

PLACES = ["--units", f"{SMALL}/units.csv", "--constituencies", f"{SMALL}/constituencies.csv"]
ON = ["--as-of", "2026-10-31"]


@pytest.fixture(autouse=True)
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MANDATE_DATA_DIR", str(tmp_path))
    database = Database(Settings().database_url)
    Base.metadata.create_all(database.engine)
    database.close()


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["roll", *map(str, arguments)])


def _report(*arguments: object) -> Any:
    return json.loads(_run("import", "--json", *ON, *arguments).stdout)


def test_a_dry_run_shows_and_leaves_nothing() -> None:
    report = _report(SMALL / "members.csv", "--dry-run", *PLACES)
    assert report["units"] == {"add": 8, "change": 0, "end": 0}
    assert report["constituencies"]["add"] == 3
    assert report["members"]["add"] == 60
    assert report["imported"] is False
    refused = _run("import", SMALL / "members.csv", *ON)
    assert refused.exit_code == 1
    assert "import the units first" in refused.stderr


def test_import_check_and_export_come_back_the_same(tmp_path: Path) -> None:
    assert _report(SMALL / "members.csv", *PLACES)["imported"] is True
    checked = _run("check", *ON)
    assert (checked.exit_code, checked.stdout) == (0, "57 members have a vote, 0 have none.\n")
    out = tmp_path / "roll.csv"
    assert _run("export", *ON, "--out", out).exit_code == 0
    again = _report(out, "--dry-run")
    assert again["members"] | {"add": 0, "change": 0, "end": 0, "unchanged": 60} == again["members"]
    assert _run("export", *ON, "--out", out).exit_code == 2  # never over a file


def test_errors_are_listed_and_nothing_is_imported(tmp_path: Path) -> None:
    places = ["--units", DISTRICT / "units.csv"]
    done = _run("import", DIRTY / "members.xlsx", *ON, *places)
    assert done.exit_code == 1
    assert "Nothing was imported." in done.stdout
    assert "民国四十年" in done.stdout
    left_out = _report(DIRTY / "members.xlsx", "--leave-out-errors", *places)
    assert left_out["imported"] is True
    assert left_out["members"]["add"] == 53


def test_a_member_without_a_vote_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "roll.csv"
    path.write_bytes(roll(line("M1", unit="RT1")))
    assert _report(path, *PLACES)["imported"] is True
    checked = _run("check", "--json", *ON)
    assert checked.exit_code == 1
    assert json.loads(checked.stdout) == {"electors": 0, "unassigned": ["M1"]}


def test_a_file_that_is_no_roll_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "roll.xlsx"
    path.write_bytes(b"PK\x03\x04")
    done = _run("import", path, *ON, *PLACES)
    assert done.exit_code == 1
    assert "damaged" in done.stderr
    assert _run("import").exit_code == 2


@pytest.mark.parametrize("text", ["=1+1", "@x", "+cmd|' /C calc'!A0", "-2+3", "\t=1", "\r=1"])
def test_no_exported_cell_can_run(text: str) -> None:
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "沈燕", "+86 154", "-5", "O'Neill", "="])
def test_other_cells_are_exported_as_they_are(text: str) -> None:
    assert safe(text) == text
