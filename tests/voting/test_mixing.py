"""A whole ranked election: everyone ranks, trustees shuffle in turn, and the record verifies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audit.database import Actor, Database
from ballots import shuffle
from ballots.election import Election as BallotPaper
from ballots.encoding import dumps
from tests.voting.scenario import Held, Scenario
from tests.voting.test_record import log_of
from voting import contest_archive, integrity, mixing, publication, readiness
from voting.errors import Conflict, Forbidden, Invalid, ShareRefused, WrongState
from voting.models import (
    CERTIFIED,
    CLOSED,
    DECLARED,
    DIRECT,
    MIXED,
    OPEN,
    ArchiveRecord,
    Contest,
    Election,
)
from voting.record import verify_bundle, write_folder

RANKED = "stv-scottish"
K3 = {"constituencies": ["K3"], "profile": RANKED}


def ranks(paper: BallotPaper, number: int) -> list[list[int]]:
    """First the first or the last candidate, by turns; every fifth voter ranks nobody."""
    (question,) = paper.questions
    order = list(range(1, len(question.answers) + 1))  # type: ignore[attr-defined]
    if number % 5 == 4:
        return [[0] * len(order)]
    return [order if number % 3 else order[::-1]]


@pytest.fixture
def scenario(database: Database) -> Scenario:
    return Scenario(database).organise()


@pytest.fixture
def small(sqlite_database: Database) -> Scenario:
    return Scenario(sqlite_database).organise()


def closed(scenario: Scenario, **options: object) -> str:
    election_id = scenario.prepare(DIRECT, **{**K3, "singles": 3, **options})
    (uuid,) = scenario.uuids(election_id)
    for number, voter in enumerate(scenario.voters(uuid)[:6]):
        raw = scenario.encrypt(uuid, voter, ranks(scenario.paper(uuid), number))
        scenario.cast(uuid, voter, raw)
    scenario.close(election_id)
    return election_id


def written(scenario: Scenario, election_id: str, folder: Path) -> Path:
    log = log_of(scenario.database, folder)
    path = folder / "record"
    with scenario.database.read() as uow:
        election = uow.session.get_one(Election, election_id)
        write_folder(path, publication.source_of(uow, election, log))
    return path


def test_a_whole_ranked_election(scenario: Scenario, tmp_path: Path) -> None:
    """Threshold and single trustees, two contests, re-votes; the rounds are in the declaration."""
    election_id = scenario.prepare(
        DIRECT, constituencies=["K2", "K3"], profile=RANKED, singles=1, ring=(2, 3)
    )
    scenario.vote(election_id, ranks)
    for uuid in scenario.uuids(election_id):
        paper = scenario.paper(uuid)
        for voter in scenario.voters(uuid)[:3]:
            again = scenario.encrypt(uuid, voter, ranks(paper, 0))
            assert scenario.cast(uuid, voter, again).revote
    scenario.count(election_id)
    assert scenario.state(election_id) == CERTIFIED
    path = written(scenario, election_id, tmp_path)
    report = verify_bundle(path)
    assert report.to_json()["faults"] == []
    (uuid,) = [u for u in scenario.uuids(election_id) if list(path.glob(f"contests/K3/{u}.bel"))]
    expected = [ranks(scenario.paper(uuid), 0)[0]] * 3
    expected += [ranks(scenario.paper(uuid), n)[0] for n in range(3, len(scenario.voters(uuid)))]
    assert sorted(report.results[uuid][0]) == sorted(expected)
    declared = json.loads((path / "contests" / "K3" / "declaration.json").read_bytes())
    assert declared["stages"][0]["action"] == "first_preferences"
    assert declared["balance"]["blank"] == sum(not any(order) for order in expected)
    assert len(declared["elected"]) == declared["seats"]


def test_nobody_voted(small: Scenario) -> None:
    election_id = small.prepare(DIRECT, **K3)
    small.count(election_id)
    assert small.state(election_id) == DECLARED  # a void contest is not certified


def test_two_shuffles_one_after_the_other_and_a_restart_between(
    scenario: Scenario, tmp_path: Path
) -> None:
    election_id = closed(scenario)
    first, second, third = scenario.held[election_id]
    (uuid,) = scenario.uuids(election_id)
    scenario.shuffle_one(election_id, uuid, first)
    with scenario.database.read() as uow:
        assert integrity.check_contests(uow) == []  # what a server looks at when it starts
        before = mixing.look(uow, election_id, second.account_id, uuid)
    # the process ends here; another one goes on with what is in the database
    again = Database(scenario.database.url, scenario.clock)
    with again.read() as uow:
        seen = mixing.look(uow, election_id, second.account_id, uuid)
    assert (seen.position, seen.ciphertexts) == (before.position, before.ciphertexts)
    again.close()
    scenario.shuffle_one(election_id, uuid, second)
    with pytest.raises(WrongState, match="it must be mixed"):
        scenario.decrypt_one(election_id, uuid, first)
    scenario.shuffle_one(election_id, uuid, third)
    assert scenario.state(election_id) == MIXED
    with scenario.database.read() as uow:
        assert integrity.check_contests(uow) == []
    for held in scenario.held[election_id]:
        scenario.decrypt_one(election_id, uuid, held)
    scenario.declare(election_id)
    assert verify_bundle(written(scenario, election_id, tmp_path)).to_json()["faults"] == []


def test_who_may_not_shuffle(small: Scenario) -> None:
    election_id = small.prepare(DIRECT, **K3)
    (uuid,) = small.uuids(election_id)
    first, second = small.held[election_id]
    with pytest.raises(WrongState):
        small.shuffle_one(election_id, uuid, first)
    assert small.state(election_id) == OPEN
    small.vote(election_id, ranks)
    small.close(election_id)
    with pytest.raises(Forbidden):
        small.shuffle_one(election_id, uuid, Held("somebody-else"))
    with pytest.raises(Conflict, match="not your turn: Trustee 1"):
        small.shuffle_one(election_id, uuid, second)
    small.shuffle_one(election_id, uuid, first)
    with pytest.raises(Conflict, match="already"):
        small.shuffle_one(election_id, uuid, first)
    small.shuffle_one(election_id, uuid, second)
    with pytest.raises(WrongState):
        small.shuffle_one(election_id, uuid, second)


def test_one_checked_shuffle_is_taken_once(small: Scenario) -> None:
    """Checked twice at the same moment, as when a button is pressed twice."""
    election_id = closed(small)
    (uuid,) = small.uuids(election_id)
    first = small.held[election_id][0]
    with small.database.read() as uow:
        before = mixing.look(uow, election_id, first.account_id, uuid)
    paper = before.paper
    raw = shuffle.shuffle(paper.group, paper.public_key, paper.fingerprint, before.ciphertexts)
    checked = mixing.check(before, raw)
    with small.database.transaction() as uow:
        mixing.take(uow, election_id, first.account_id, checked)
    with pytest.raises(Conflict, match="already"), small.database.transaction() as uow:
        mixing.take(uow, election_id, first.account_id, checked)


def test_a_wrong_shuffle_is_refused_and_nothing_is_lost(small: Scenario) -> None:
    """A ballot exchanged, a proof changed, ballots left out, the shuffle of another election."""
    election_id = closed(small)
    (uuid,) = small.uuids(election_id)
    first, second, _ = small.held[election_id]
    with small.database.read() as uow:
        before = mixing.look(uow, election_id, first.account_id, uuid)
    paper = before.paper
    right = shuffle.shuffle(paper.group, paper.public_key, paper.fingerprint, before.ciphertexts)
    exchanged = json.loads(right)
    exchanged["ciphertexts"][0][0] = exchanged["ciphertexts"][0][1]
    unproved = json.loads(right)
    unproved["proofs"][0][1][0] = "1"
    shorter = [before.ciphertexts[0][1:]]
    strange = [before.ciphertexts[0][1:] + before.ciphertexts[0][:1]]
    for raw in (
        dumps(exchanged),
        dumps(unproved),
        shuffle.shuffle(paper.group, paper.public_key, paper.fingerprint, shorter),
        shuffle.shuffle(paper.group, paper.public_key, "A" * 43, before.ciphertexts),
        dumps({"ciphertexts": [[c.to_json() for c in strange[0]]], "proofs": []}),
        b"{}",
        b"\xff",
    ):
        with pytest.raises(ShareRefused, match=r"shuffle of Trustee 1 is refused"):
            small.shuffle_one(election_id, uuid, first, raw)
    small.shuffle_one(election_id, uuid, first, right)
    # what was right before the first shuffle is no shuffle of its output
    with pytest.raises(ShareRefused, match="Trustee 2"):
        small.shuffle_one(election_id, uuid, second, right)


def test_an_absent_trustee(scenario: Scenario, tmp_path: Path) -> None:
    """Two of three threshold trustees shuffle and decrypt; the third is away, and all know it."""
    election_id = closed(scenario, singles=0, ring=(2, 3))
    (uuid,) = scenario.uuids(election_id)
    ids = trustee_ids(scenario, election_id)
    with pytest.raises(Invalid, match="reason"):
        absent(scenario, ids[1], "  ")
    absent(scenario, ids[1], "in hospital")
    with pytest.raises(Conflict, match="absent already"):
        absent(scenario, ids[1], "again")
    with pytest.raises(Conflict, match="At least 2"):
        absent(scenario, ids[0], "also away")
    first, second, third = scenario.held[election_id]
    scenario.shuffle_one(election_id, uuid, first)
    with pytest.raises(Conflict, match="not your turn: Trustee 3"):
        scenario.shuffle_one(election_id, uuid, second)
    scenario.shuffle_one(election_id, uuid, third)
    assert scenario.state(election_id) == MIXED
    scenario.decrypt(election_id, (0, 2))
    scenario.declare(election_id)
    assert verify_bundle(written(scenario, election_id, tmp_path)).to_json()["faults"] == []


def test_the_last_who_is_waited_for_is_declared_absent(small: Scenario) -> None:
    election_id = closed(small, singles=0, ring=(2, 3))
    (uuid,) = small.uuids(election_id)
    for held in small.held[election_id][:2]:
        small.shuffle_one(election_id, uuid, held)
    assert small.state(election_id) == CLOSED
    absent(small, trustee_ids(small, election_id)[2], "away")
    assert small.state(election_id) == MIXED
    small.decrypt(election_id, (0, 1))
    small.declare(election_id)


def absent(scenario: Scenario, trustee_id: str, reason: str) -> None:
    scenario.both(mixing.ABSENCE, f"trustee/{trustee_id}", reason=reason)


def trustee_ids(scenario: Scenario, election_id: str) -> list[str]:
    with scenario.database.read() as uow:
        return [trustee.id for trustee in uow.session.get_one(Election, election_id).trustees]


def test_an_election_that_is_added_up_has_no_shuffles(small: Scenario) -> None:
    election_id = small.prepare(DIRECT, constituencies=["K3"])
    small.vote(election_id)
    small.close(election_id)
    (uuid,) = small.uuids(election_id)
    with pytest.raises(Conflict, match="need no shuffle"):
        small.shuffle_one(election_id, uuid, small.held[election_id][0])
    with pytest.raises(Conflict, match="need no shuffle"):
        absent(small, trustee_ids(small, election_id)[0], "away")
    assert "shuffle" not in steps(small, election_id)


def steps(scenario: Scenario, election_id: str) -> dict[str, readiness.Step]:
    with scenario.database.read() as uow:
        election = uow.session.get_one(Election, election_id)
        return {step.key: step for step in readiness.readiness(uow, election)}


def test_the_checklist_says_whose_turn_it_is(small: Scenario) -> None:
    election_id = closed(small)
    (uuid,) = small.uuids(election_id)
    for held, name in zip(small.held[election_id], ("1", "2", "3"), strict=True):
        step = steps(small, election_id)["shuffle"]
        assert (step.current, step.actor) == (True, "trustee")
        assert step.params["waiting"] == [f"Trustee {name}"]
        small.shuffle_one(election_id, uuid, held)
    assert steps(small, election_id)["shuffle"].done
    assert steps(small, election_id)["decrypt"].current


def test_more_candidates_than_a_ranked_ballot_holds(
    small: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    election_id = small.draft(DIRECT, **K3)
    with small.database.read() as uow:
        group = type(uow.session.get_one(Election, election_id).ballot_group)
    monkeypatch.setattr(group, "embedding_limit", 1)
    with pytest.raises(Invalid, match=r"candidates; a ballot that ranks them holds at most 1"):
        small.freeze(election_id)


def test_a_shuffle_that_was_changed_in_the_database(small: Scenario) -> None:
    election_id = closed(small)
    (uuid,) = small.uuids(election_id)
    first, second, _ = small.held[election_id]
    small.shuffle_one(election_id, uuid, first)
    with small.database.engine.begin() as connection:
        rows = ArchiveRecord.__table__
        changed = rows.update().where(rows.c.content.like('{"ciphertexts"%'))
        connection.execute(changed.values(content='{"ciphertexts":[[]],"proofs":[]}'))
    with small.database.read() as uow:
        assert "the ballots and events are not those" in integrity.check_contests(uow)[0]
    with pytest.raises(Conflict, match="not what the log says"):
        small.shuffle_one(election_id, uuid, second)


def test_small_contests_publish_the_shuffles_and_no_shares(small: Scenario, tmp_path: Path) -> None:
    election_id = closed(small)
    small.shuffle(election_id)
    small.decrypt(election_id)
    with small.database.read() as uow:
        contest = uow.session.query(Contest).filter_by(election_id=election_id).one()
        until = contest_archive.published_until(contest, withheld=True, mixed=True)
        raw = b"".join(contest_archive.file_of(uow.session, contest, until=until))
    assert b'"type":"EndShuffles"' in raw
    assert b"PartialDecryption" not in raw


def test_the_actor_of_a_shuffle_is_the_trustee(small: Scenario) -> None:
    """The role is in the log, the name of the account is not."""
    election_id = closed(small)
    (uuid,) = small.uuids(election_id)
    with small.database.read() as uow:
        before = mixing.look(uow, election_id, "trustee-1", uuid)
    raw = shuffle.shuffle(
        before.paper.group, before.paper.public_key, before.paper.fingerprint, before.ciphertexts
    )
    with small.database.transaction(Actor("trustee", "trustee-1")) as uow:
        mixing.take(uow, election_id, "trustee-1", mixing.check(before, raw))
        assert all("trustee-1" not in str(entry) for entry in uow.entries)
