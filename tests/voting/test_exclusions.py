"""Who is not counted among those expected: by a class of the rules, with two approvals, before the
vote; logged without a name, shown in the balance, and used by the declaration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from audit.database import Actor, Database
from audit.models import LogEntry
from tests.voting.scenario import Scenario
from tests.voting.test_record import log_of
from voting import exclusions, lifecycle, publication
from voting.errors import Conflict, Forbidden, Invalid, NotFound, WrongState
from voting.models import DIRECT, Contest, Declared, Election, Exclusion
from voting.record import verify_bundle, write_folder
from voting.record.layout import canonical, manifest_of
from voting.registry import people
from voting.registry.models import Person

ONE, OTHER = Actor("commission", "commission-1"), Actor("commission", "commission-2")


@pytest.fixture
def scenario(database: Database) -> Scenario:
    return Scenario(database).organise()


@pytest.fixture
def sealed(scenario: Scenario) -> str:
    """K3 has 19 voters: with none excluded 4/5 of them are 16."""
    election_id = scenario.draft(DIRECT, constituencies=["K3"])
    for step in (
        scenario.freeze, scenario.make_keys, scenario.issue_credentials, scenario.seal,
        scenario.rehearse,
    ):  # fmt: skip
        step(election_id)
    return election_id


def _numbers(scenario: Scenario, election_id: str) -> list[str]:
    (uuid,) = scenario.uuids(election_id)
    with scenario.database.read() as uow:
        wanted = Person.id.in_(scenario.voters(uuid))
        return list(uow.session.scalars(select(Person.member_no).where(wanted).order_by(Person.id)))


def _enter(scenario: Scenario, election_id: str, number: str, ground: str = "ill") -> str:
    (contest_id,) = scenario.contest_ids(election_id)
    with scenario.database.transaction(ONE) as uow:
        return exclusions.enter(uow, contest_id, number, ground).id


def _approve(scenario: Scenario, exclusion_id: str, actor: Actor = OTHER) -> None:
    with scenario.database.transaction(actor) as uow:
        exclusions.approve(uow, exclusion_id)


def _exclude(scenario: Scenario, election_id: str, numbers: list[str]) -> None:
    for number in numbers:
        _approve(scenario, _enter(scenario, election_id, number))


def _vote(scenario: Scenario, election_id: str, numbers: list[str]) -> None:
    (uuid,) = scenario.uuids(election_id)
    with scenario.database.read() as uow:
        ids = list(uow.session.scalars(select(Person.id).where(Person.member_no.in_(numbers))))
    for person_id in ids:
        scenario.cast(uuid, person_id)


def _declared(scenario: Scenario, election_id: str) -> Any:
    (contest_id,) = scenario.contest_ids(election_id)
    with scenario.database.read() as uow:
        return json.loads(uow.session.get_one(Declared, contest_id).content)


@pytest.mark.parametrize(("excluded", "void"), [(0, ["no_quorum"]), (4, [])])
def test_fewer_expected_make_the_quorum(
    scenario: Scenario, sealed: str, excluded: int, void: list[str], tmp_path: Path
) -> None:
    """12 come: too few of 19, enough of 15; the record says so and verifies."""
    numbers = _numbers(scenario, sealed)
    _exclude(scenario, sealed, numbers[:excluded])
    scenario.open(sealed)
    _vote(scenario, sealed, numbers[-12:])
    scenario.count(sealed)
    declared = _declared(scenario, sealed)
    assert declared["void"] == void
    assert declared["balance"]["excluded"] == ({"ill": 4} if excluded else {})
    assert declared["balance"]["expected"] == 19 - excluded
    log = log_of(scenario.database, tmp_path)
    path = tmp_path / "record"
    with scenario.database.read() as uow:
        election = uow.session.get_one(Election, sealed)
        write_folder(path, publication.source_of(uow, election, log))
    assert verify_bundle(path).to_json()["faults"] == []
    state = json.loads((path / "state.json").read_bytes())
    state["contests"][0]["excluded"] = {"ill": 5}
    (path / "state.json").write_bytes(canonical(state))
    (path / "manifest.json").write_bytes(manifest_of(path))
    checks = {fault.check for fault in verify_bundle(path).faults}
    assert checks == {"record.state"}


def test_who_comes_all_the_same_is_expected(scenario: Scenario, sealed: str) -> None:
    numbers = _numbers(scenario, sealed)
    _exclude(scenario, sealed, numbers[:4])
    scenario.open(sealed)
    _vote(scenario, sealed, numbers[3:15])
    scenario.count(sealed)
    assert _declared(scenario, sealed)["balance"]["excluded"] == {"ill": 3}


def test_one_approval_is_none(scenario: Scenario, sealed: str) -> None:
    numbers = _numbers(scenario, sealed)
    waiting = _enter(scenario, sealed, numbers[0])
    with pytest.raises(Forbidden, match="somebody else"):
        _approve(scenario, waiting, ONE)
    scenario.open(sealed)
    _vote(scenario, sealed, numbers[1:17])
    scenario.count(sealed)
    assert _declared(scenario, sealed)["balance"]["excluded"] == {}


def test_what_is_refused(scenario: Scenario, sealed: str) -> None:
    numbers = _numbers(scenario, sealed)
    with pytest.raises(Invalid, match="no such ground"):
        _enter(scenario, sealed, numbers[0], "absent")
    with pytest.raises(NotFound, match="not on the roll"):
        _enter(scenario, sealed, "RA0001")
    first = _enter(scenario, sealed, numbers[0])
    with pytest.raises(Conflict, match="entered already"):
        _enter(scenario, sealed, numbers[0], "abroad")
    _approve(scenario, first)
    with pytest.raises(Conflict, match="approved already"):
        _approve(scenario, first)
    waiting = _enter(scenario, sealed, numbers[1])
    scenario.open(sealed)
    with pytest.raises(WrongState):  # from now on somebody knows who has come
        _enter(scenario, sealed, numbers[2])
    with pytest.raises(WrongState):
        _approve(scenario, waiting)
    with pytest.raises(WrongState), scenario.database.transaction(ONE) as uow:
        exclusions.withdraw(uow, first)


def test_the_log_names_nobody(scenario: Scenario, sealed: str) -> None:
    (contest_id,) = scenario.contest_ids(sealed)
    numbers = _numbers(scenario, sealed)
    first, second = (_enter(scenario, sealed, number) for number in numbers[:2])
    _approve(scenario, first)
    with scenario.database.transaction(ONE) as uow:
        exclusions.withdraw(uow, second)
    with scenario.database.read() as uow:
        contest = uow.session.get_one(Contest, contest_id)
        found = select(LogEntry.entry).where(LogEntry.subject == f"contest/{contest.uuid}")
        raw = list(uow.session.scalars(found.order_by(LogEntry.queued)))
        person = uow.session.query(Person).filter_by(member_no=numbers[0]).one()
        told = (person.member_no, person.name, person.id, people.commitment(person), first)
    logged = [e for e in map(json.loads, raw) if e["type"].startswith("exclusion.")]
    assert [(e["type"], e["actor"]) for e in logged] == [
        ("exclusion.entered", "commission-1"),
        ("exclusion.entered", "commission-1"),
        ("exclusion.approved", "commission-2"),
        ("exclusion.withdrawn", "commission-1"),
    ]
    assert logged[0]["data"]["ground"] == "ill"
    assert logged[0]["data"]["member"] == logged[2]["data"]["member"]
    for entry in logged:
        assert not any(word in json.dumps(entry) for word in told)


@pytest.mark.parametrize("cancelled", [False, True])
def test_why_somebody_was_excluded_is_forgotten(
    scenario: Scenario, sealed: str, cancelled: bool
) -> None:
    _exclude(scenario, sealed, _numbers(scenario, sealed)[:1])
    if cancelled:
        scenario.both("cancel", f"election/{sealed}")
    else:
        scenario.open(sealed)
        scenario.vote(sealed)
        scenario.count(sealed)
        scenario.clock.forward(days=400)
        assert lifecycle.tick(scenario.database) == ["erase:direct-1"]
    with scenario.database.read() as uow:
        assert uow.session.scalar(select(func.count()).select_from(Exclusion)) == 0
