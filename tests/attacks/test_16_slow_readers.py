"""What everyone may download must not keep anyone from voting: a slow reader of an archive holds no
connection to the database, and whoever asks for a record that is being made does not wait in line.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import QueuePool

from audit.database import Database
from tests.voting.scenario import Scenario
from tests.web.site import Site, running
from voting import contest_archive
from voting.models import DIRECT, Contest, Election
from web.api import booth
from web.pages.elections import published
from web.settings import Settings


@pytest.fixture
def scenario(database: Database) -> Scenario:
    """An open contest with five ballots."""
    scenario = Scenario(database).organise()
    (uuid,) = scenario.uuids(scenario.prepare(DIRECT, constituencies=["K3"]))
    for voter in scenario.voters(uuid)[:5]:
        scenario.cast(uuid, voter)
    return scenario


@pytest.fixture
def site(scenario: Scenario, tmp_path: Path) -> Iterator[Site]:
    settings = Settings(
        data_dir=tmp_path / "site",
        base_url="http://127.0.0.1:8000",
        log_level="error",
        database_url=scenario.database.url,
        tick_seconds=3600,
    )
    with running(settings) as site:
        yield site


def _only(scenario: Scenario) -> str:
    with scenario.database.read() as uow:
        return uow.session.query(Election).one().id


def _held(database: Database) -> int:
    pool = database.engine.pool
    assert isinstance(pool, QueuePool)
    return pool.checkedout()


def test_a_slow_reader_of_an_archive_holds_no_connection(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contest_archive, "BATCH", 2)
    database = scenario.database
    (contest_id,) = scenario.contest_ids(_only(scenario))
    with database.read() as uow:
        contest = uow.session.get_one(Contest, contest_id)
        uuid, whole = contest.uuid or "", b"".join(contest_archive.file_of(uow.session, contest))

    async def read_slowly() -> bytes:
        found = b""
        async for piece in booth.archive(uuid, database).body_iterator:
            assert _held(database) == 0
            found += bytes(piece)
        return found

    assert asyncio.run(read_slowly()) == whole


def test_what_is_cast_or_ended_meanwhile_is_not_in_it(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is the archive of one moment, though it is read in parts."""
    monkeypatch.setattr(contest_archive, "BATCH", 2)
    election_id = _only(scenario)
    (uuid,) = scenario.uuids(election_id)
    with scenario.database.read() as uow:
        contest = uow.session.get_one(Contest, scenario.contest_ids(election_id)[0])
        whole = b"".join(contest_archive.file_of(uow.session, contest))

    async def read_slowly() -> bytes:
        found, moved = b"", False
        async for piece in booth.archive(uuid, scenario.database).body_iterator:
            if not moved:
                scenario.cast(uuid, scenario.voters(uuid)[6])
                scenario.close(election_id)
                moved = True
            found += bytes(piece)
        return found

    assert asyncio.run(read_slowly()) == whole


def test_who_asks_for_a_record_that_is_being_made_is_told_so_at_once(site: Site) -> None:
    with published.MAKING:
        begun = time.monotonic()
        answers = []
        askers = [
            threading.Thread(
                target=lambda: answers.append(site.browser().get("/elections/direct-1/record.zip"))
            )
            for _ in range(5)
        ]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join(timeout=10)
        assert time.monotonic() - begun < 5
    assert [answer.status_code for answer in answers] == [429] * 5
    assert all(int(answer.headers["retry-after"]) > 0 for answer in answers)
    assert site.browser().get("/elections/direct-1/record.zip").status_code == 200
