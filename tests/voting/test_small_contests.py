"""A contest of so few voters that its counts would reveal votes: nothing published lets anyone
count, neither the record nor the hashes in the public log."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from audit.database import Database
from audit.models import LogEntry
from audit.types import Heartbeat
from ballots.archive import event_bytes
from ballots.encoding import dumps, sha256_hex
from tests.voting.scenario import COMMISSION, Scenario, rows
from tests.voting.test_record import log_of
from voting import drafts, papers, publication, results, rules
from voting.errors import Conflict
from voting.models import DIRECT, Contest, Declared, Election
from voting.record import verify_bundle, write_folder
from voting.registry.models import Affiliation
from voting.rules import counting


@pytest.fixture
def scenario(sqlite_database: Database) -> Scenario:
    """K3 has its candidates and two more members."""
    scenario = Scenario(sqlite_database).organise()
    listed = rows(scenario.folder / "candidates.csv")
    keep = {r["member_no"] for r in listed if r["constituency"] == "K3"} | {"RB0040", "RB0041"}
    with scenario.database.transaction() as uow:
        places = uow.session.scalars(select(Affiliation).where(Affiliation.voting)).all()
        for affiliation in places:
            person = affiliation.person
            if affiliation.unit.code in ("RE1", "RA1") and person.member_no not in keep:
                person.status = "suspended"
        uow.record(Heartbeat())
    return scenario


@pytest.fixture
def counted(scenario: Scenario) -> str:
    """Certified, without counts."""
    election_id = scenario.draft(DIRECT, constituencies=["K3"])
    with pytest.raises(Conflict, match="would reveal"):
        scenario.freeze(election_id)
    with scenario.database.transaction(COMMISSION) as uow:
        drafts.change(uow, election_id, aggregate_small=True)
    for step in (
        scenario.freeze, scenario.make_keys, scenario.issue_credentials, scenario.seal,
        scenario.rehearse, scenario.open, scenario.vote, scenario.count,
    ):  # fmt: skip
        step(election_id)
    return election_id


def _contest(scenario: Scenario, election_id: str) -> Contest:
    with scenario.database.read() as uow:
        (contest,) = uow.session.get_one(Election, election_id).contests
        _ = contest.election, contest.candidacies
        return contest


def _logged(scenario: Scenario, uuid: str | None) -> list[dict[str, Any]]:
    with scenario.database.read() as uow:
        found = select(LogEntry.entry).where(LogEntry.subject == f"contest/{uuid}")
        return [json.loads(raw) for raw in uow.session.scalars(found.order_by(LogEntry.queued))]


def test_it_is_reported_without_counts(scenario: Scenario, counted: str, tmp_path: Path) -> None:
    log = log_of(scenario.database, tmp_path)
    path = tmp_path / "record"
    with scenario.database.read() as uow:
        write_folder(path, publication.source_of(uow, uow.session.get_one(Election, counted), log))
    declaration = path / "contests" / "K3" / "declaration.json"
    shown = json.loads(declaration.read_bytes())
    assert "candidates" not in shown
    assert len(shown["elected"]) == 1
    (archive,) = path.glob("contests/K3/*.bel")
    assert b"PartialDecryption" not in archive.read_bytes()
    report = verify_bundle(path)
    assert report.to_json()["faults"] == []
    assert "record.declaration" in [warning.check for warning in report.warnings]
    declaration.write_bytes(declaration.read_bytes().replace(b'"open_seats":0', b'"open_seats":1'))
    assert "record.log-facts" in {fault.check for fault in verify_bundle(path).faults}


def test_no_event_in_the_log_is_the_hash_of_a_result_that_can_be_guessed(
    scenario: Scenario, counted: str
) -> None:
    """So few ballots have few results: each is tried at each height of the chain."""
    contest = _contest(scenario, counted)
    events = [
        e["data"]
        for e in _logged(scenario, contest.uuid)
        if e["type"] in ("archive.event", "ballot.accepted")
    ]
    hashes = {event["height"]: event["event"] for event in events}
    answers = scenario.paper(contest.uuid or "").questions[0].size
    assert contest.result_json in {
        dumps({"result": [list(counts)]}).decode()
        for counts in itertools.product(range(contest.roll_count + 1), repeat=answers)
    }
    for counts in itertools.product(range(contest.roll_count + 1), repeat=answers):
        payload = sha256_hex(dumps({"result": [list(counts)]}))
        for height, event in hashes.items():
            made = event_bytes(hashes.get(height - 1), height, "Result", payload)
            assert sha256_hex(made) != event, f"the log tells that the result is {counts}"


def test_the_logged_declaration_is_the_one_that_is_shown(scenario: Scenario, counted: str) -> None:
    """The hash of the whole one could be guessed: everything in it is public but the counts."""
    contest = _contest(scenario, counted)
    (declared,) = [e for e in _logged(scenario, contest.uuid) if e["type"] == "contest.declared"]
    with scenario.database.read() as uow:
        row = uow.session.get_one(Declared, contest.id)
        election = uow.session.get_one(Election, counted)
        shown = results.shown(election, contest, row)
    assert declared["data"]["sha256"] == sha256_hex(shown.encode())
    guessed = counting.totals_from(
        DIRECT,
        papers.profile_of(election),
        papers.candidates_of(contest),
        json.loads(contest.result_json or "")["result"],
        seats=1,
        entitled=contest.roll_count,
        present=contest.issued,
        issued=contest.issued,
        returned=contest.tally_count,
    )
    whole = rules.outcome(papers.profile_of(election), guessed).to_json()
    assert sha256_hex(whole) != declared["data"]["sha256"]
