"""A candidate is gone while the vote runs: what the rules make of it, and who can check that."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from audit.database import Database
from tests.voting.scenario import Scenario
from tests.voting.test_record import log_of
from voting import drafts, followups, papers, publication, results
from voting.models import DIRECT, TALLIED, Election
from voting.record import verify_bundle, write_folder
from voting.registry import people
from voting.rules import Candidate, Profile, parse
from voting.rules.profiles import load


def ruled(profile_id: str, gone: str) -> Profile:
    document = json.loads(load(profile_id).raw)
    document["course"]["gone"] = gone
    return parse(json.dumps(document).encode())


@pytest.fixture
def scenario(sqlite_database: Database) -> Scenario:
    return Scenario(sqlite_database).organise()


def most_for_the_first(paper: Any, number: int) -> list[list[int]]:
    """Twelve for the first of the paper, the rest for the second."""
    question = paper.questions[0]
    chosen = int(number >= 12) + int(question.blank)
    return [[int(place == chosen) for place in range(question.size)]]


def vote(scenario: Scenario, monkeypatch: pytest.MonkeyPatch, gone: str) -> tuple[str, str]:
    """The first candidate dies while the vote is open. -> election, key of the candidate"""
    adopted = ruled("union-plurality", gone)
    monkeypatch.setattr(drafts.profiles, "load", lambda _id: adopted)
    election_id = scenario.prepare(DIRECT, constituencies=["K3"], profile="union-plurality")
    scenario.vote(election_id, most_for_the_first)
    with scenario.database.read() as uow:
        (contest,) = uow.session.get_one(Election, election_id).contests
        first = min(contest.candidacies, key=lambda c: c.position)
        subject, key = f"candidacy/{first.id}", people.commitment(first.person)
    scenario.both("candidate_gone", subject, why="died")
    scenario.close(election_id)
    return election_id, key


def record_of(scenario: Scenario, election_id: str, folder: Path) -> Path:
    log = log_of(scenario.database, folder)
    with scenario.database.read() as uow:
        election = uow.session.get_one(Election, election_id)
        write_folder(folder / "record", publication.source_of(uow, election, log))
    return folder / "record"


def declaration(record: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((record / "contests/K3/declaration.json").read_bytes())
    return found


def paper_candidates(scenario: Scenario, election_id: str) -> list[Candidate]:
    with scenario.database.read() as uow:
        (contest,) = uow.session.get_one(Election, election_id).contests
        return papers.candidates_of(contest)


def offered(scenario: Scenario, election_id: str) -> Sequence[tuple[str, tuple[str, ...]]]:
    with scenario.database.read() as uow:
        found = followups.of_election(uow, uow.session.get_one(Election, election_id))
        return [(one.offer.what, one.offer.candidates) for one in found]


def test_votes_for_who_is_gone_are_void(
    scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    election_id, key = vote(scenario, monkeypatch, "votes_void")
    for step in (scenario.decrypt, scenario.declare):
        step(election_id)
    record = record_of(scenario, election_id, tmp_path)
    shown = declaration(record)
    judged = {one["key"]: (one["outcome"], one["for"]) for one in shown["candidates"]}
    assert judged.pop(key) == ("gone", 12)
    assert list(judged.values()) == [("elected", 7)]
    assert shown["elected"] == list(judged)
    report = verify_bundle(record)
    assert report.to_json()["faults"] == []


def test_a_declaration_that_elects_who_is_gone_is_found(
    scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log says that the candidate was gone; the service forgets it before it declares."""
    election_id, key = vote(scenario, monkeypatch, "votes_void")
    scenario.decrypt(election_id)
    forgotten = [replace(c, gone=False) for c in paper_candidates(scenario, election_id)]
    monkeypatch.setattr(results, "candidates_of", lambda _contest: forgotten)
    scenario.declare(election_id)
    record = record_of(scenario, election_id, tmp_path)
    assert declaration(record)["elected"] == [key]
    assert {fault.check for fault in verify_bundle(record).faults} == {"record.declaration"}


def test_the_contest_is_void_and_nothing_is_decrypted(
    scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    election_id, key = vote(scenario, monkeypatch, "contest_void")
    assert scenario.state(election_id) == TALLIED, "no trustee is asked for anything"
    scenario.declare(election_id)
    record = record_of(scenario, election_id, tmp_path)
    shown = declaration(record)
    assert shown["void"] == ["candidate_gone"]
    assert shown["withheld"] == "void"
    assert shown["elected"] == []
    assert verify_bundle(record).to_json()["faults"] == []
    ((what, candidates),) = offered(scenario, election_id)
    assert what == "repeat"
    assert key not in candidates
