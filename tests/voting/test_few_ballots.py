"""Few ballots tell votes whatever the roll: they are kept back, or void and never decrypted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit.database import Database
from tests.voting.scenario import Scenario
from tests.voting.test_record import log_of
from voting import contest_archive, publication, results
from voting.errors import Conflict, WrongState
from voting.models import DIRECT, TALLIED, Contest, Election, PartialDecryption
from voting.record import verify_bundle, write_folder
from voting.record.layout import canonical, manifest_of
from voting.rules import disclosure
from voting.rules.profiles import load

PLURALITY = load("union-plurality")


@pytest.fixture
def scenario(sqlite_database: Database) -> Scenario:
    return Scenario(sqlite_database).organise()


@pytest.fixture
def held(scenario: Scenario, tmp_path: Path) -> Callable[[int], tuple[str, str, Path]]:
    """A contest of K3 in which so many vote, declared. -> election, contest, record"""

    def hold(ballots: int) -> tuple[str, str, Path]:
        election_id = scenario.prepare(DIRECT, constituencies=["K3"], profile="union-plurality")
        (uuid,) = scenario.uuids(election_id)
        for person in scenario.voters(uuid)[:ballots]:
            scenario.cast(uuid, person)
        scenario.close(election_id)
        if scenario.state(election_id) != TALLIED:
            scenario.decrypt(election_id)
        scenario.declare(election_id)
        path = tmp_path / "record"
        log = log_of(scenario.database, tmp_path)
        with scenario.database.read() as uow:
            election = uow.session.get_one(Election, election_id)
            write_folder(path, publication.source_of(uow, election, log))
        return election_id, uuid, path

    return hold


def declaration(record: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((record / "contests/K3/declaration.json").read_bytes())
    return found


@pytest.mark.parametrize(
    ("entitled", "returned", "void", "reason"),
    [
        (10, 10, False, None),
        (9, 9, False, "small_electorate"),
        (10, 9, False, "few_ballots"),
        (10, None, False, None),
        (9, None, False, "small_electorate"),
        (100, 100, True, "void"),
    ],
)
def test_the_rule(entitled: int, returned: int | None, void: bool, reason: str | None) -> None:
    found = disclosure.withheld(PLURALITY, entitled=entitled, returned=returned, void=void)
    assert found == reason


def test_one_ballot_is_never_opened(
    scenario: Scenario, held: Callable[[int], tuple[str, str, Path]]
) -> None:
    election_id, uuid, record = held(2)
    shown = declaration(record)
    assert shown["void"] == ["too_few_ballots"]
    assert "candidates" not in shown
    assert shown["elected"] == []
    with scenario.database.read() as uow:
        assert uow.session.query(PartialDecryption).count() == 0
        contest = uow.session.query(Contest).filter_by(uuid=uuid).one()
        assert contest.result_json is None
    assert verify_bundle(record).to_json()["faults"] == []
    with pytest.raises(WrongState):
        scenario.decrypt_one(election_id, uuid, scenario.held[election_id][0])


def test_three_of_twenty_are_counted_and_not_shown(
    held: Callable[[int], tuple[str, str, Path]],
) -> None:
    _, uuid, record = held(3)
    shown = declaration(record)
    assert (shown["withheld"], shown["void"]) == ("few_ballots", [])
    assert not {"candidates", "valid", "blank"} & {*shown, *shown["balance"]}
    archive = (record / f"contests/K3/{uuid}.bel").read_bytes()
    assert b"PartialDecryption" not in archive
    assert b'"Result"' not in archive
    report = verify_bundle(record)
    assert report.to_json()["faults"] == []


def test_a_record_that_tells_them_is_refused(
    scenario: Scenario, held: Callable[[int], tuple[str, str, Path]]
) -> None:
    """The organisation publishes shares and whole declaration all the same."""
    _, uuid, record = held(3)
    with scenario.database.read() as uow:
        contest = uow.session.query(Contest).filter_by(uuid=uuid).one()
        whole = b"".join(contest_archive.file_of(uow.session, contest, until=None))
        content = results.declaration_of(uow, contest)
        assert content is not None
        (record / "contests/K3/declaration.json").write_text(content.content)
    (record / f"contests/K3/{uuid}.bel").write_bytes(whole)
    (record / "manifest.json").write_bytes(manifest_of(record))
    assert "record.withheld" in {fault.check for fault in verify_bundle(record).faults}


def test_a_record_that_hides_others_is_refused(
    held: Callable[[int], tuple[str, str, Path]],
) -> None:
    _, _, record = held(12)
    file = record / "state.json"
    state = json.loads(file.read_bytes())
    assert state["contests"][0]["withheld"] is None
    state["contests"][0]["withheld"] = "few_ballots"
    file.write_bytes(canonical(state))
    (record / "manifest.json").write_bytes(manifest_of(record))
    assert "record.state" in {fault.check for fault in verify_bundle(record).faults}


def test_nobody_decrypts_what_is_void(scenario: Scenario) -> None:
    """Two contests, one with two ballots: the trustees are asked for the other alone."""
    election_id = scenario.prepare(DIRECT, constituencies=["K1", "K3"], profile="union-plurality")
    one, two = scenario.uuids(election_id)
    for person in scenario.voters(one):
        scenario.cast(one, person)
    for person in scenario.voters(two)[:2]:
        scenario.cast(two, person)
    scenario.close(election_id)
    first = scenario.held[election_id][0]
    with pytest.raises(Conflict, match="void"):
        scenario.decrypt_one(election_id, two, first)
    for held in scenario.held[election_id]:
        scenario.decrypt_one(election_id, one, held)
    assert scenario.state(election_id) == TALLIED
    scenario.declare(election_id)
