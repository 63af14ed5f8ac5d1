"""The archive of a ranked election held by this service: the other program accepts it."""

from __future__ import annotations

import pytest

from audit.database import Database
from tests.interop.tool import HOW, find
from tests.voting.scenario import Scenario
from tests.voting.test_mixing import closed
from voting import contest_archive, states


def test_an_archive_of_this_service(sqlite_database: Database) -> None:
    tool = find()
    if tool is None:
        pytest.skip(HOW)
    scenario = Scenario(sqlite_database).organise()
    election_id = closed(scenario, singles=1, ring=(2, 3))
    (uuid,) = scenario.uuids(election_id)

    def archive() -> bytes:
        with sqlite_database.read() as uow:
            contest = states.contest_by_uuid(uow, uuid)
            return b"".join(contest_archive.file_of(uow.session, contest))

    for act in (scenario.shuffle, scenario.decrypt):
        assert tool.refusal(archive()) == ""
        act(election_id)
    whole = archive()
    assert tool.refusal(whole) == ""
    place = whole.rindex(b'{"ciphertexts":[[{"alpha":"') + 40
    changed = whole[:place] + (b"1" if whole[place] != ord("1") else b"2") + whole[place + 1 :]
    assert tool.refusal(changed) != ""
