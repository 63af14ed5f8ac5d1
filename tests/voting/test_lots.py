"""The lot of a tie: a value of the trustees' key that nobody chooses, shown and drawn again."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from audit.database import Database
from ballots import lot
from ballots.encoding import dumps, loads_strict
from tests.voting.scenario import Scenario
from tests.voting.test_record import log_of
from voting import publication, results
from voting.models import DIRECT, Contest, Declared, Election
from voting.record import verify_bundle, write_folder
from voting.record.layout import manifest_of


@pytest.fixture
def scenario(sqlite_database: Database) -> Scenario:
    return Scenario(sqlite_database).organise()


def remanifest(record: Path) -> None:
    (record / "manifest.json").write_bytes(manifest_of(record))


def tie(paper: Any, number: int) -> list[list[int]]:
    """The first two candidates in turn: equal after an even number of voters."""
    question = paper.questions[0]
    chosen = number % 2 + int(question.blank)
    return [[int(place == chosen) for place in range(question.size)]]


@pytest.fixture
def tied(scenario: Scenario) -> tuple[Scenario, str, str]:
    """Two trustees of three are enough; the vote is closed with a tie that the lot decides."""
    election_id = scenario.prepare(DIRECT, constituencies=["K3"], profile="union-plurality")
    (uuid,) = scenario.uuids(election_id)
    voters = scenario.voters(uuid)
    for number, person in enumerate(voters[: len(voters) // 2 * 2]):
        raw = scenario.encrypt(uuid, person, tie(scenario.paper(uuid), number))
        scenario.cast(uuid, person, raw)
    scenario.close(election_id)
    return scenario, election_id, uuid


def declared(scenario: Scenario, uuid: str) -> dict[str, Any]:
    with scenario.database.read() as uow:
        contest = uow.session.query(Contest).filter_by(uuid=uuid).one()
        found: dict[str, Any] = json.loads(uow.session.get_one(Declared, contest.id).content)
        return found


def test_the_lot_decides_and_anyone_draws_it_again(
    tied: tuple[Scenario, str, str], tmp_path: Path
) -> None:
    scenario, election_id, uuid = tied
    scenario.decrypt(election_id)
    scenario.declare(election_id)
    outcome = declared(scenario, uuid)
    assert len(outcome["seed"]) == 64
    assert outcome["tied"] == []
    assert len(outcome["elected"]) == 1
    path = tmp_path / "record"
    log = log_of(scenario.database, tmp_path)
    with scenario.database.read() as uow:
        election = uow.session.get_one(Election, election_id)
        write_folder(path, publication.source_of(uow, election, log))
    assert verify_bundle(path).to_json()["faults"] == []
    for change in (_other_factor, _one_left_out, _swapped_owner):
        _check_refused(path, change)


def _other_factor(document: dict[str, Any]) -> None:
    document["shares"][0]["factor"] = document["shares"][1]["factor"]


def _one_left_out(document: dict[str, Any]) -> None:
    del document["shares"][0]


def _swapped_owner(document: dict[str, Any]) -> None:
    one, two, *_ = document["shares"]
    one["factor"], two["factor"] = two["factor"], one["factor"]
    one["proof"], two["proof"] = two["proof"], one["proof"]


def _check_refused(path: Path, change: Any) -> None:
    file = path / "contests" / "K3" / "lot.json"
    kept = file.read_bytes()
    document = json.loads(kept)
    change(document)
    file.write_bytes(json.dumps(document, sort_keys=True, separators=(",", ":")).encode())
    remanifest(path)
    assert "record.lot" in {fault.check for fault in verify_bundle(path).faults}, change
    file.write_bytes(kept)
    remanifest(path)


def test_new_shares_and_other_trustees_draw_the_same(tied: tuple[Scenario, str, str]) -> None:
    """Whoever comes last has nothing to choose: not the randomness, not who is missing."""
    scenario, election_id, uuid = tied
    paper = scenario.paper(uuid)
    with scenario.database.read() as uow:
        contest = uow.session.query(Contest).filter_by(uuid=uuid).one()
        structure = results.structure_of(contest.election)
        tally_hash = results.tally_hash(contest)
    held = list(enumerate(scenario.held[election_id], 1))
    seeds = set()
    for _ in range(2):
        shares = {n: lot.share(paper, tally_hash, one.private) for n, one in held}
        seeds.add(lot.seed(paper, structure, tally_hash, shares))
    assert len(seeds) == 1


def test_a_share_of_the_lot_is_checked_when_it_comes(tied: tuple[Scenario, str, str]) -> None:
    scenario, election_id, uuid = tied
    first, second = scenario.held[election_id][:2]
    given = loads_strict(scenario.share(uuid, first), "share")
    other = loads_strict(scenario.share(uuid, second), "share")
    for bad in ({"share": given["share"], "lot": other["lot"]}, {"share": given["share"]}):
        with pytest.raises(Exception, match="refused"):
            scenario.decrypt_one(election_id, uuid, first, dumps(bad))


def test_no_lot_where_none_is_needed(scenario: Scenario, tmp_path: Path) -> None:
    election_id = scenario.run(DIRECT, constituencies=["K3"])
    (uuid,) = scenario.uuids(election_id)
    assert declared(scenario, uuid)["seed"] is None
    path = tmp_path / "record"
    log = log_of(scenario.database, tmp_path)
    with scenario.database.read() as uow:
        election = uow.session.get_one(Election, election_id)
        write_folder(path, publication.source_of(uow, election, log))
    assert not list(path.glob("contests/*/lot.json"))
    (path / "contests" / "K3" / "lot.json").write_bytes(b"{}")
    remanifest(path)
    assert "record.lot" in {fault.check for fault in verify_bundle(path).faults}


def test_seeds_of_contests_differ(tied: tuple[Scenario, str, str]) -> None:
    scenario, _, uuid = tied
    paper = scenario.paper(uuid)
    points = {lot.point(paper, f"{number:064x}").text for number in range(4)}
    assert len(points) == 4
    assert all(a != b for a, b in itertools.combinations(points, 2))
