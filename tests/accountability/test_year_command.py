from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from accountability.models import Body, Duty, Link, Meeting, Obligation, Point
from tests.accountability.organisation import populate
from web.cli import app
from web.demo.organisation import FOLDER

run = CliRunner()


def test_a_year_begins_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, _term = populate(tmp_path)
    database.close()
    monkeypatch.setenv("MANDATE_DATABASE_URL", database.url)
    monkeypatch.setenv("MANDATE_DATA_DIR", str(tmp_path))

    def mandate(*words: str) -> str:
        done = run.invoke(app, ["year", *words])
        assert done.exit_code == 0, done.output
        return done.output

    assert "8 bodies" in mandate("bodies", str(FOLDER / "responsible_bodies.csv"))
    assert "4 reception points" in mandate("points", str(FOLDER / "reception_points.csv"))
    assert "13 meetings" in mandate("meetings", str(FOLDER / "meetings.csv"), "--term", "T")
    said = mandate("begin", "2026", "--term", "T", "--seed", "lottery")
    assert "200 contact" in said
    assert "192 reception" in said
    with database.read() as uow:
        assert len(uow.session.scalars(select(Body)).all()) == 8
        assert len(uow.session.scalars(select(Point)).all()) == 4
        assert len(uow.session.scalars(select(Meeting)).all()) == 13
        assert len(uow.session.scalars(select(Duty)).all()) == 192
        assert set(Counter(uow.session.scalars(select(Link.office_id))).values()) == {5}
        kinds = Counter(uow.session.scalars(select(Obligation.kind)))
        assert kinds["contact"] == 200
    again = run.invoke(app, ["year", "begin", "2026", "--term", "T", "--seed", "another lottery"])
    assert again.exit_code == 1
    assert "drawn already" in again.output
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("code,name\nB9,x\n", encoding="utf-8")
    refused = run.invoke(app, ["year", "bodies", str(wrong)])
    assert refused.exit_code == 1
    assert "Line 2 lacks the column name_en." in refused.output
    database.close()
