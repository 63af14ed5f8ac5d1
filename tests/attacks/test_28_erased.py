"""28. What is said to be erased is looked for in the files of the database, on both engines."""

from __future__ import annotations

import sqlite3
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from audit.database import Database
from tests.voting.scenario import VOTER, Scenario
from voting import casting, lifecycle
from voting.models import DIRECT, Candidacy, CheckIn, CredentialBinding, RollEntry
from web.http import readiness


@pytest.fixture
def certified(database: Database) -> tuple[Scenario, str, list[tuple[str, str]]]:
    """Two elections: one certified a while ago, and one that is open. -> (contest, person) of the
    first, who came"""
    scenario = Scenario(database).organise()
    done = scenario.prepare(DIRECT, code="done", constituencies=["K3"], profile="union-plurality")
    (uuid,) = scenario.uuids(done)
    for person in scenario.voters(uuid)[:-1]:  # somebody stays away
        with database.transaction(VOTER) as uow:
            casting.check_in(uow, person, uuid)
        scenario.cast(uuid, person)
    with database.read() as uow:
        came = [(row.contest_id, row.person_id) for row in uow.session.scalars(select(CheckIn))]
    scenario.count(done)
    other = scenario.prepare(DIRECT, code="other", constituencies=["K1"], profile="union-plurality")
    (still,) = scenario.uuids(other)
    voter = scenario.voters(still)[0]
    with database.transaction(VOTER) as uow:
        casting.check_in(uow, voter, still)
    scenario.cast(still, voter)
    return scenario, done, came


def test_who_came_and_with_which_credential_is_gone_from_the_files(
    certified: tuple[Scenario, str, list[tuple[str, str]]],
) -> None:
    scenario, _, came = certified
    database = scenario.database
    with database.read() as uow:
        on_roll = select(RollEntry.person_id).where(RollEntry.contest_id == came[0][0])
        roll = set(uow.session.scalars(on_roll))
        stand = set(uow.session.scalars(select(Candidacy.person_id)))  # in another table too
    (away,) = (f"{came[0][0]}{person}".encode() for person in roll - {person for _, person in came})
    pairs = [f"{contest}{person}".encode() for contest, person in came if person not in stand]
    before = _files(database)
    assert all(before.count(pair) > before.count(away) for pair in pairs)
    scenario.clock.forward(days=29)
    assert "erase:done" in lifecycle.tick(database)
    left = _files(database)
    assert {left.count(pair) for pair in pairs} == {left.count(away)}, "the files tell who came"
    with database.read() as uow:
        rows = [
            uow.session.scalar(select(func.count()).select_from(m))
            for m in (CheckIn, CredentialBinding)
        ]
    assert rows == [1, 1], "of the other election nothing is erased"


def test_not_a_day_too_early(certified: tuple[Scenario, str, list[tuple[str, str]]]) -> None:
    """28 days for challenges, by the profile."""
    scenario, _, came = certified
    begun = scenario.clock()
    scenario.clock.move_to(begun + timedelta(days=24))
    assert "erase:done" not in lifecycle.tick(scenario.database)
    with scenario.database.read() as uow:
        assert uow.session.scalar(select(func.count()).select_from(CheckIn)) == len(came) + 1


def _files(database: Database) -> bytes:
    """What whoever copies the files has: of SQLite all of them, of PostgreSQL the tables'."""
    if database.engine.dialect.name == "sqlite":
        path = Path(str(database.engine.url.database))
        return b"".join(p.read_bytes() for p in sorted(path.parent.glob(f"{path.name}*")))
    with database.engine.connect() as connection:
        connection.execute(text("COMMIT"))
        connection.execute(text("CHECKPOINT"))
        raw = b""
        for table in ("check_in", "credential_binding"):
            where = connection.scalar(text(f"SELECT pg_relation_filepath('{table}')"))
            raw += bytes(connection.scalar(text(f"SELECT pg_read_binary_file('{where}')")) or b"")
        # in a row of PostgreSQL each text of 32 characters has one byte of length before it
        return raw.replace(b"C", b"")


def test_files_that_others_may_read_stop_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    (folder / "log" / "security").mkdir(parents=True, mode=0o700)
    path = folder / "mandate.sqlite"
    sqlite3.connect(path).close()
    path.chmod(0o600)
    (folder / "log" / "security").chmod(0o700)
    assert readiness.open_to_others(folder) == []
    path.chmod(0o644)
    (line,) = readiness.open_to_others(folder)
    assert f"chmod -R go= {path}" in line
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
