"""The record of a term: who held which office when is what the log said at the time.

A roll derives from the offices, so a hand on the offices is a hand on the roll.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from audit.database import Base, Database
from audit.types import Heartbeat
from tests.voting.scenario import COMMISSION, REGISTRAR, Scenario
from tests.voting.test_record import log_of
from voting import drafts, publication
from voting.models import COMMITTEE, DIRECT, Candidacy, Election
from voting.record import verify_bundle, write_term
from voting.record.layout import canonical, manifest_of
from voting.registry import people, structure
from voting.registry.models import REPRESENTATIVE, Office


@pytest.fixture(scope="module")
def elected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A database in which the representatives of K1 and K3 are elected."""
    path = tmp_path_factory.mktemp("elected") / "mandate.sqlite"
    database = Database(f"sqlite:///{path}")
    Base.metadata.create_all(database.engine)
    scenario = Scenario(database).organise()
    scenario.run(DIRECT, constituencies=["K1", "K3"])
    database.close()
    yield path


@pytest.fixture
def scenario(elected: Path, tmp_path: Path) -> Iterator[Scenario]:
    shutil.copyfile(elected, tmp_path / "mandate.sqlite")
    database = Database(f"sqlite:///{tmp_path / 'mandate.sqlite'}")
    scenario = Scenario(database)
    scenario.clock.forward(days=40)
    yield scenario
    database.close()


def _record(scenario: Scenario, folder: Path) -> Path:
    log = log_of(scenario.database, folder)
    with scenario.database.read() as uow:
        term = structure.get_term(uow, scenario.term)
        write_term(folder / "term", *publication.term_of(uow, term, log))
    return folder / "term"


def _faults(path: Path) -> list[str]:
    return [f"{fault.check}: {fault.message}" for fault in verify_bundle(path).faults]


def _one_seat(scenario: Scenario) -> Office:
    with scenario.database.read() as uow:
        found = select(Office).where(Office.kind == REPRESENTATIVE).order_by(Office.id)
        office = uow.session.scalars(found).first()
        assert office is not None
        return office


def _behind(scenario: Scenario, statement: object) -> None:
    with scenario.database.transaction() as uow:
        uow.session.execute(statement)  # type: ignore[call-overload]
        uow.record(Heartbeat())


def _committee(scenario: Scenario) -> None:
    election_id = scenario.draft(COMMITTEE, seats=3)
    with scenario.database.transaction(COMMISSION) as uow:
        drafts.change(uow, election_id, aggregate_small=True)
    for step in (
        scenario.freeze, scenario.make_keys, scenario.issue_credentials, scenario.seal,
    ):  # fmt: skip
        step(election_id)


def test_an_office_that_ended_early_as_the_log_says(scenario: Scenario, tmp_path: Path) -> None:
    with scenario.database.transaction(REGISTRAR) as uow:
        office = uow.session.get_one(Office, _one_seat(scenario).id)
        people.end_office(uow, office, uow.today, "resigned")
    _committee(scenario)
    assert _faults(_record(scenario, tmp_path)) == []


def test_a_representative_taken_from_the_roll_by_ending_the_office_silently(
    scenario: Scenario, tmp_path: Path
) -> None:
    office = _one_seat(scenario)
    ended = office.starts_on + timedelta(days=1)
    _behind(scenario, update(Office).where(Office.id == office.id).values(ends_on=ended))
    _committee(scenario)
    faults = " ".join(_faults(_record(scenario, tmp_path)))
    assert "record.term: offices: the log does not say" in faults
    assert "record.chain: the roll is not that of the representatives" in faults


def test_a_representative_whose_office_is_gone(scenario: Scenario, tmp_path: Path) -> None:
    _behind(scenario, delete(Office).where(Office.id == _one_seat(scenario).id))
    _committee(scenario)
    faults = " ".join(_faults(_record(scenario, tmp_path)))
    assert "record.term: offices: only the log says" in faults


def test_an_office_that_is_held_longer_than_it_was_granted(
    scenario: Scenario, tmp_path: Path
) -> None:
    path = _record(scenario, tmp_path)

    def lengthen(term: Any) -> None:
        term["offices"][0]["ends_on"] = date(2032, 1, 1).isoformat()

    _rewrite(path, lengthen)
    assert "record.term: offices: the log does not say" in " ".join(_faults(path))


def test_a_record_made_anew_after_an_erasure_is_the_same(
    scenario: Scenario, tmp_path: Path
) -> None:
    """Roll, candidates, offices and outcome name people by what stood for them in the log."""
    _committee(scenario)
    with scenario.database.read() as uow:
        committee = uow.session.query(Election).filter_by(kind=COMMITTEE).one().id
    scenario.both("cancel", f"election/{committee}")
    before = _described(scenario)
    scenario.clock.move_to(datetime(2032, 1, 1, 8, tzinfo=UTC))
    with scenario.database.transaction(REGISTRAR) as uow:
        standing = uow.session.scalars(select(Candidacy)).all()
        assert {True, False} == {
            uow.session.query(Office).filter_by(person_id=c.person_id).count() > 0 for c in standing
        }
        for person in {candidacy.person for candidacy in standing}:
            for affiliation in person.affiliations:
                affiliation.valid_to = date(2031, 12, 31)
            uow.session.flush()
            people.erase(uow, person)
    assert _described(scenario) == before
    assert _faults(_record(scenario, tmp_path)) == []


def _described(scenario: Scenario) -> list[Any]:
    with scenario.database.read() as uow:
        chain, records = publication.term_of(uow, structure.get_term(uow, scenario.term), None)
        return [chain, *(source.election for _, source in records)]


def _rewrite(path: Path, change: Callable[[Any], None]) -> None:
    value = json.loads((path / "term.json").read_bytes())
    change(value)
    (path / "term.json").write_bytes(canonical(value))
    (path / "manifest.json").write_bytes(manifest_of(path))
