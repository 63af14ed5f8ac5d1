"""Casting: what is refused, what a race leaves, what is left of a voter in the database."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, inspect, select, text, update
from sqlalchemy.exc import IntegrityError

from audit.database import Base, Database, UnitOfWork
from audit.models import LogEntry
from audit.receipts import verify_receipt
from ballots.encoding import sha256_base64
from ballots.verifier import verify as verify_archive
from tests.voting.scenario import RECEIPTS, VOTER, Scenario
from voting import ballot_box, casting, contest_archive, lifecycle, results
from voting.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, TooLate, WrongState
from voting.models import (
    DIRECT,
    CastBallot,
    CheckIn,
    Contest,
    CredentialBinding,
    Election,
    SpentCiphertext,
)

PARALLEL = 200
FIRST, SECOND, BLANK = [[0, 1, 0]], [[0, 0, 1]], [[1, 0, 0]]


@pytest.fixture
def scenario(database: Database) -> Scenario:
    return Scenario(database).organise()


@pytest.fixture
def opened(scenario: Scenario) -> tuple[Scenario, str, str, list[str]]:
    """An open election with one contest, and its voters."""
    election_id = scenario.prepare(DIRECT, constituencies=["K3"], profile="union-plurality")
    (uuid,) = scenario.uuids(election_id)
    return scenario, election_id, uuid, scenario.voters(uuid)


Opened = tuple[Scenario, str, str, list[str]]


def rows(scenario: Scenario, model: type[Base]) -> list[Any]:
    with scenario.database.read() as uow:
        return list(uow.session.scalars(select(model)))


def test_a_receipt_says_what_was_taken(opened: Opened) -> None:
    scenario, _, uuid, voters = opened
    accepted = scenario.cast(uuid, voters[0])
    receipt = verify_receipt(accepted.receipt.encode(), [RECEIPTS.verifier])
    assert (receipt.contest, receipt.tracker) == (uuid, accepted.tracker)
    with scenario.database.read() as uow:
        found = casting.find_tracker(uow, uuid, accepted.tracker, voters[0])
        assert casting.find_tracker(uow, uuid, accepted.tracker).status == "on_board"
        (logged,) = [
            json.loads(entry.entry)["data"]
            for entry in uow.session.scalars(select(LogEntry))
            if b'"ballot.accepted"' in entry.entry
        ]
    assert found == casting.Found("counted", receipt.event)
    assert (logged["event"], logged["tracker"]) == (receipt.event, accepted.tracker)


def test_the_same_ballot_again_gets_the_same_receipt(opened: Opened) -> None:
    scenario, _, uuid, voters = opened
    raw = scenario.encrypt(uuid, voters[0])
    assert scenario.cast(uuid, voters[0], raw) == scenario.cast(uuid, voters[0], raw)
    assert len(rows(scenario, CastBallot)) == 1


def test_the_last_vote_counts(opened: Opened) -> None:
    scenario, election_id, uuid, voters = opened
    first = scenario.encrypt(uuid, voters[0], FIRST)
    assert not scenario.cast(uuid, voters[0], first).revote
    assert scenario.cast(uuid, voters[0], scenario.encrypt(uuid, voters[0], SECOND)).revote
    with pytest.raises(Conflict, match="replaced since"):
        scenario.cast(uuid, voters[0], first)
    for voter in voters[1:3]:  # with fewer than three nothing is decrypted
        scenario.cast(uuid, voter, scenario.encrypt(uuid, voter, SECOND))
    scenario.close(election_id)
    scenario.decrypt(election_id)
    assert result_of(scenario, election_id) == [[0, 0, 3]]


def result_of(scenario: Scenario, election_id: str) -> Any:
    with scenario.database.read() as uow:
        (contest,) = uow.session.get_one(Election, election_id).contests
        return json.loads(contest.result_json or "")["result"]


def test_who_is_not_on_the_roll_cannot_vote(opened: Opened) -> None:
    scenario, _, uuid, voters = opened
    raw = scenario.encrypt(uuid, voters[0])
    with pytest.raises(Forbidden, match="not on the roll"):
        scenario.cast(uuid, "f" * 32, raw)
    with pytest.raises(NotFound):
        scenario.cast("1" * 17, voters[0], raw)


def test_a_credential_belongs_to_who_used_it_first(opened: Opened) -> None:
    scenario, _, uuid, (first, second, *_) = opened
    scenario.cast(uuid, first)
    with pytest.raises(Forbidden, match="Another voter"):
        scenario.cast(uuid, second, scenario.encrypt(uuid, first))
    scenario.cast(uuid, second)
    with pytest.raises(Forbidden, match="another credential"):
        scenario.cast(uuid, second, scenario.encrypt(uuid, first))


def test_another_voters_ballot_cannot_be_cast_again(opened: Opened) -> None:
    scenario, _, uuid, (first, second, *_) = opened
    raw = scenario.encrypt(uuid, first)
    scenario.cast(uuid, first, raw)
    with pytest.raises(Forbidden):
        scenario.cast(uuid, second, raw)


def test_a_credential_that_is_not_listed(opened: Opened) -> None:
    scenario, _, uuid, voters = opened
    scenario.secrets[uuid, voters[0]] = "11111-222222-33333-444444"
    with pytest.raises(Invalid, match="not one of this contest"):
        scenario.cast(uuid, voters[0])


def test_what_is_no_ballot_is_refused(sqlite_database: Database) -> None:
    scenario = Scenario(sqlite_database).organise()
    (uuid,) = scenario.uuids(scenario.prepare(DIRECT, constituencies=["K3"]))
    voter = scenario.voters(uuid)[0]
    raw = scenario.encrypt(uuid, voter)
    for spoilt in (
        raw[:-1],
        raw + b" ",
        raw.replace(b'"answers"', b'"Answers"'),
        b"{}",
        b"",
        b"[" * 100_000,
        b" " * (casting.MAX_BALLOT + 1),
    ):
        with pytest.raises(Invalid):
            scenario.cast(uuid, voter, spoilt)
    assert rows(scenario, CastBallot) == []


def test_a_flipped_digit_of_a_proof_is_refused(opened: Opened) -> None:
    scenario, _, uuid, voters = opened
    ballot = json.loads(scenario.encrypt(uuid, voters[0]))
    proof = ballot["answers"][0]["overall_proof"][0]
    digit = "1" if proof["response"][-1] != "1" else "2"
    proof["response"] = proof["response"][:-1] + digit
    with pytest.raises(Invalid, match="refused"):
        scenario.cast(uuid, voters[0], json.dumps(ballot, separators=(",", ":")).encode())


def test_only_between_opening_and_closing(scenario: Scenario) -> None:
    election_id = scenario.draft(DIRECT, constituencies=["K3"])
    for step in (scenario.freeze, scenario.make_keys, scenario.issue_credentials, scenario.seal):
        step(election_id)
    (uuid,) = scenario.uuids(election_id)
    voter = scenario.voters(uuid)[0]
    raw = scenario.encrypt(uuid, voter)
    with pytest.raises(WrongState, match="not begun"):
        scenario.cast(uuid, voter, raw)
    scenario.rehearse(election_id)
    scenario.open(election_id)
    with scenario.database.read() as uow:
        closes_at = uow.session.get_one(Election, election_id).closes_at
    scenario.clock.move_to(closes_at)  # nobody has closed it yet, and it is over all the same
    with pytest.raises(TooLate):
        scenario.cast(uuid, voter, raw)
    scenario.close(election_id)
    with pytest.raises(TooLate):
        scenario.cast(uuid, voter, raw)
    with pytest.raises(TooLate), scenario.database.transaction(VOTER) as uow:
        casting.check_in(uow, voter, uuid)


def test_an_opened_ballot_can_never_be_cast(opened: Opened) -> None:
    scenario, _, uuid, voters = opened
    raw = scenario.encrypt(uuid, voters[0])
    with scenario.database.transaction(VOTER) as uow:
        tracker = casting.spoil(uow, voters[0], uuid, raw)
    with pytest.raises(Conflict, match="never be cast"):
        scenario.cast(uuid, voters[0], raw)
    accepted = scenario.cast(uuid, voters[0])
    with scenario.database.read() as uow:
        assert casting.find_tracker(uow, uuid, tracker).status == "spoilt"
        mine = casting.find_tracker(uow, uuid, accepted.tracker, voters[0])
        assert mine.status == "counted"


def test_a_ballot_in_the_box_cannot_be_opened(opened: Opened) -> None:
    scenario, _, uuid, voters = opened
    raw = scenario.encrypt(uuid, voters[0])
    scenario.cast(uuid, voters[0], raw)
    with pytest.raises(Conflict, match="in the box"), scenario.database.transaction(VOTER) as uow:
        casting.spoil(uow, voters[0], uuid, raw)


def test_a_ciphertext_of_another_voter_is_a_copied_vote(opened: Opened) -> None:
    scenario, _, uuid, (first, second, *_) = opened
    checked = casting.check(scenario.paper(uuid), scenario.encrypt(uuid, second))
    with scenario.database.transaction(VOTER) as uow:
        contest = uow.session.scalars(select(Contest)).one()
        credential = scenario_credential(scenario, uuid, first)
        uow.session.add(
            SpentCiphertext(
                contest_id=contest.id, hash=checked.ciphertexts[1], credential=credential
            )
        )
        uow.record(casting.BallotSpoilt(uuid=uuid, tracker="test"))
    with pytest.raises(Conflict, match="copied"), scenario.database.transaction(VOTER) as uow:
        casting.accept(uow, second, uuid, checked, RECEIPTS)


def scenario_credential(scenario: Scenario, uuid: str, person_id: str) -> str:
    return str(json.loads(scenario.encrypt(uuid, person_id))["credential"])


# Races


def race(scenario: Scenario, uuid: str, person_id: str, ballots: list[bytes]) -> list[Any]:
    paper = scenario.paper(uuid)
    checked = [casting.check(paper, raw) for raw in ballots]

    def cast(ballot: casting.Checked) -> Any:
        try:
            with scenario.database.transaction(VOTER) as uow:
                return casting.accept(uow, person_id, uuid, ballot, RECEIPTS)
        except (DomainError, IntegrityError) as error:
            return error

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(cast, checked))


def test_parallel_casts_with_one_credential(opened: Opened, monkeypatch: Any) -> None:
    """Exactly one ballot counts, all are in one chain, and the last one is the one that counts."""
    scenario, election_id, uuid, voters = opened
    monkeypatch.setattr(casting, "check", cheap(casting.check, scenario, uuid, voters[0]))
    ballots = [scenario.encrypt(uuid, voters[0]) for _ in range(PARALLEL // 10)]
    answers = race(scenario, uuid, voters[0], ballots * 10)
    accepted = {a.tracker for a in answers if isinstance(a, casting.Accepted)}
    cast = sorted(rows(scenario, CastBallot), key=lambda row: row.height)
    assert {row.tracker for row in cast} == accepted == {tracker(raw) for raw in ballots}
    assert [row.height for row in cast] == list(range(1, len(ballots) + 1))
    assert [row.counts for row in cast] == [False] * (len(ballots) - 1) + [True]
    with scenario.database.read() as uow:
        (contest,) = uow.session.get_one(Election, election_id).contests
        assert contest_archive.recomputed_tail(uow.session, contest) == (
            contest.height,
            contest.tail_hash,
        )


def tracker(raw: bytes) -> str:
    return sha256_base64(raw)


def cheap(check: Any, scenario: Scenario, uuid: str, voter: str) -> Any:
    """The proofs of each distinct ballot are checked once; the race is about what follows."""
    known: dict[bytes, casting.Checked] = {}

    def remembered(paper: Any, raw: bytes) -> casting.Checked:
        if raw not in known:
            known[raw] = check(paper, raw)
        return known[raw]

    return remembered


def test_the_constraint_alone_keeps_one_ballot_of_a_credential(
    opened: Opened, monkeypatch: Any
) -> None:
    """With the look at what is known, the lock and the replacing removed, the index remains."""
    scenario, _, uuid, voters = opened

    def blind(uow: UnitOfWork, uuid: str, *_: Any) -> ballot_box.Known:
        nothing = (True, None, None, True, None, None, False, False)
        return ballot_box.Known(ballot_box.look(uow, uuid), *nothing)

    monkeypatch.setattr(casting, "_lock_and_look", blind)
    answers = race(
        scenario, uuid, voters[0], [scenario.encrypt(uuid, voters[0]) for _ in range(20)]
    )
    assert sum(isinstance(answer, casting.Accepted) for answer in answers) == 1
    assert [row.counts for row in rows(scenario, CastBallot)] == [True]


def test_a_ballot_that_waits_for_the_close_is_too_late(opened: Opened) -> None:
    """The cast waits for the lock that closing holds; then the election is closed for it too."""
    scenario, election_id, uuid, voters = opened
    checked = casting.check(scenario.paper(uuid), scenario.encrypt(uuid, voters[0]))
    closing, started = threading.Event(), threading.Event()

    def cast() -> object:
        closing.wait(10)
        started.set()
        try:
            with scenario.database.transaction(VOTER) as uow:
                return casting.accept(uow, voters[0], uuid, checked, RECEIPTS)
        except DomainError as error:
            return error

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(cast)
        with scenario.database.transaction() as uow:
            uow.signed = ("close", f"election/{election_id}")  # as two people would have it
            lifecycle.close_voting(uow, election_id, "a race")
            closing.set()
            started.wait(10)
            time.sleep(0.5)  # until the cast waits for the lock
        assert isinstance(waiting.result(30), TooLate)
    assert rows(scenario, CastBallot) == []
    with scenario.database.read() as uow:
        (contest,) = uow.session.get_one(Election, election_id).contests
        assert contest_archive.recomputed_tail(uow.session, contest) == (
            contest.height,
            contest.tail_hash,
        )


def test_the_chain_of_a_closed_election_does_not_grow(opened: Opened, monkeypatch: Any) -> None:
    """The condition is in the UPDATE as well: with the look removed it still holds."""
    scenario, election_id, uuid, voters = opened
    monkeypatch.setattr(casting, "_require_open", lambda *_: None)
    with scenario.database.transaction() as uow:
        uow.signed = ("close", f"election/{election_id}")
        lifecycle.close_voting(uow, election_id, "a test")
    with pytest.raises(Conflict, match="same moment"):
        scenario.cast(uuid, voters[0])


def test_two_ballots_that_count_for_one_credential_are_refused_by_the_database(
    opened: Opened,
) -> None:
    scenario, _, uuid, voters = opened
    scenario.cast(uuid, voters[0])
    scenario.cast(uuid, voters[0])
    with pytest.raises(IntegrityError), scenario.database.transaction(VOTER) as uow:
        uow.session.execute(update(CastBallot).values(counts=True))


# What is left of a voter


def test_no_time_and_no_sequence_beside_a_voter() -> None:
    for model in (CheckIn, CredentialBinding):
        for column in model.__table__.columns:  # type: ignore[attr-defined]
            assert column.type.python_type is str, column
        assert not model.__table__.kwargs.get("sqlite_with_rowid", True)


def test_after_closing_rows_about_voters_are_in_the_order_of_their_keys(opened: Opened) -> None:
    scenario, election_id, uuid, voters = opened
    for person_id in voters:
        scenario.cast(uuid, person_id)
    scenario.close(election_id)
    with scenario.database.read() as uow:
        for table in ("check_in", "credential_binding"):
            stored = [row[0] for row in uow.session.execute(text(f"SELECT person_id FROM {table}"))]  # noqa: S608
            assert stored == sorted(stored)
            assert len(stored) == len(voters)


def test_nothing_that_the_log_says_names_a_voter(opened: Opened) -> None:
    scenario, _, uuid, voters = opened
    scenario.cast(uuid, voters[0])
    with scenario.database.read() as uow:
        log = b"\n".join(uow.session.scalars(select(LogEntry.entry)))
        (entry,) = [json.loads(e) for e in log.split(b"\n") if b'"ballot.accepted"' in e]
    assert not any(person_id.encode() in log for person_id in voters)
    assert (entry["actor_role"], entry["actor"]) == ("voter", "")
    assert entry["time"].endswith(":00:00Z")


def test_the_archive_of_an_open_contest_verifies_and_has_no_count(
    opened: Opened, tmp_path: Path
) -> None:
    scenario, election_id, uuid, voters = opened
    scenario.cast(uuid, voters[0])
    with scenario.database.read() as uow:
        (contest,) = uow.session.get_one(Election, election_id).contests
        raw = b"".join(contest_archive.file_of(uow.session, contest))
        assert contest.tally_json is None
    (tmp_path / f"{uuid}.bel").write_bytes(raw)
    report = verify_archive(tmp_path / f"{uuid}.bel")
    assert report.valid
    assert report.in_progress
    assert b"EncryptedTally" not in raw


def test_a_ballot_slipped_into_the_database_is_noticed(opened: Opened) -> None:
    scenario, election_id, uuid, voters = opened
    scenario.cast(uuid, voters[0])
    with scenario.database.transaction() as uow:
        uow.session.execute(update(CastBallot).values(raw="{}"))
        uow.record(casting.BallotSpoilt(uuid=uuid, tracker="test"))
    with scenario.database.read() as uow:
        (contest,) = uow.session.get_one(Election, election_id).contests
        assert contest_archive.recomputed_tail(uow.session, contest) != (
            contest.height,
            contest.tail_hash,
        )


def test_counts_are_those_of_the_ballots(opened: Opened) -> None:
    scenario, election_id, uuid, voters = opened
    for number, person_id in enumerate(voters):
        choices = (FIRST, SECOND, BLANK)[number % 3]
        scenario.cast(uuid, person_id, scenario.encrypt(uuid, person_id, choices))
    scenario.count(election_id)
    assert result_of(scenario, election_id) == [[6, 7, 6]]


def test_nobody_votes_and_nothing_is_decrypted(opened: Opened) -> None:
    scenario, election_id, _, _ = opened
    scenario.count(election_id)
    with scenario.database.read() as uow:
        assert uow.session.scalar(select(func.count()).select_from(CastBallot)) == 0
        (contest,) = uow.session.get_one(Election, election_id).contests
        declared = results.declaration_of(uow, contest)
        assert declared is not None
        assert json.loads(declared.content)["void"] == ["too_few_ballots"]


def test_every_table_of_elections_has_its_names(scenario: Scenario) -> None:
    """The partial index is really there: on both databases."""
    found = inspect(scenario.database.engine).get_indexes("cast_ballot")
    assert "uq_cast_ballot_one_counts" in {index["name"] for index in found}
