"""From a dry run to the registry: what is added, changed, ended, and what refuses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from audit.database import Actor, Database
from audit.errors import Conflict, NotFound
from tests.voting.registry.rolls import AS_OF, SMALL, line, roll, set_up
from voting.registry import importing, people, structure
from voting.registry.entries import RollImported
from voting.registry.errors import RollRefused
from voting.registry.importing.apply import roll_commitment
from voting.registry.models import Affiliation, Person, RollImport

NEXT = AS_OF + timedelta(days=30)
SMALL_ROLL = (SMALL / "members.csv").read_bytes()


def test_the_small_roll_gives_the_electorates(database: Database) -> None:
    with database.transaction() as uow:
        set_up(uow, SMALL)
        record, _ = importing.import_now(uow, "members.csv", SMALL_ROLL, AS_OF)
        assert record.content is None
    with database.transaction() as uow:
        assert uow.session.scalar(select(func.count()).select_from(Person)) == 60
        assert people.unassigned(uow, AS_OF) == []
        sizes = people.electorate_sizes(uow, AS_OF)
        assert sum(sizes.values()) == 57  # two are probationary and one is suspended
        for constituency in structure.constituencies(uow):
            electors = people.electorate(uow, constituency, AS_OF)
            assert len(electors) == sizes[constituency.id] == len(set(electors))
        assert structure.total_seats(uow) == 10
        others = select(func.count()).select_from(Affiliation).where(Affiliation.voting.is_(False))
        assert uow.session.scalar(others) == 3


def test_the_log_gets_counts_and_a_commitment_only(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as uow:
        set_up(uow, SMALL)
        record, examination = importing.import_now(uow, "members.csv", SMALL_ROLL, AS_OF)
        logged = uow.entries[-1]
        assert isinstance(logged, RollImported) and logged.roll == record.id
        assert logged.commitment == roll_commitment(record.salt, examination.roll.members)
        assert logged.commitment != roll_commitment("other", examination.roll.members)
        assert (logged.added, logged.changed, logged.ended, logged.members) == (60, 0, 0, 60)


def test_a_second_import_shows_and_does_what_changed(database: Database) -> None:
    first = roll(line("M1"), line("M2", birth_date="1981-01-01"), line("M3", sex="M"))
    second = roll(
        line("M1", unit="RV2", secondary_unit="RE1"),
        line("M2", birth_date="1981-01-01"),
        line("M4", name="新人"),
    )
    with database.transaction() as uow:
        set_up(uow, SMALL)
        importing.import_now(uow, "1.csv", first, AS_OF)
    with database.transaction() as uow:
        plan = importing.examine(uow, second, NEXT).plan
        assert [m.member_no for m in plan.add] == ["M4"]
        assert [(c.member.member_no, c.fields) for c in plan.change] == [
            ("M1", ("unit", "secondary_unit"))
        ]
        assert [number for _, number in plan.end] == ["M3"]
        assert plan.unchanged == 1
        importing.import_now(uow, "2.csv", second, NEXT)
    with database.transaction() as uow:
        moved = people.find_by_member_no_or_email(uow, "M1")
        gone = people.find_by_member_no_or_email(uow, "M3")
        assert moved is not None
        assert gone is not None
        before, after = (people.voting_unit(uow, moved, d) for d in (AS_OF, NEXT))
        assert (before and before.code, after and after.code) == ("RV1", "RV2")
        assert people.voting_unit(uow, gone, AS_OF) is not None
        assert people.voting_unit(uow, gone, NEXT) is None
        again = importing.examine(uow, second, NEXT)
        assert again.plan.counts() == {"add": 0, "change": 0, "end": 0, "unchanged": 3}


def test_who_comes_back_votes_again(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as uow:
        set_up(uow, SMALL)
        importing.import_now(uow, "1.csv", roll(line("M1"), line("M2", sex="M")), AS_OF)
        importing.import_now(uow, "2.csv", roll(line("M2", sex="M")), NEXT)
        _, done = importing.import_now(
            uow, "3.csv", roll(line("M1"), line("M2", sex="M")), NEXT + timedelta(days=9)
        )
        assert done.plan.counts() == {"add": 0, "change": 1, "end": 0, "unchanged": 1}
        person = people.find_by_member_no_or_email(uow, "M1")
        assert person is not None
        assert people.voting_unit(uow, person, NEXT + timedelta(days=8)) is None
        assert people.voting_unit(uow, person, NEXT + timedelta(days=9)) is not None


def test_a_correction_on_the_same_day_leaves_one_vote(database: Database) -> None:
    with database.transaction() as uow:
        set_up(uow, SMALL)
        importing.import_now(uow, "1.csv", roll(line("M1", joined_on=AS_OF.isoformat())), AS_OF)
        importing.import_now(
            uow, "2.csv", roll(line("M1", unit="RV2", joined_on=AS_OF.isoformat())), AS_OF
        )
        votes = uow.session.scalars(select(Affiliation).where(Affiliation.voting)).all()
        assert [(a.unit.code, a.valid_to) for a in votes] == [("RV2", None)]


def test_errors_refuse_the_whole_roll_unless_left_out(sqlite_database: Database) -> None:
    raw = roll(line("M1"), line("M2", unit="XX"))
    with sqlite_database.transaction() as uow:
        set_up(uow, SMALL)
        importing.import_now(uow, "0.csv", roll(line("M1"), line("M2"), line("M3")), AS_OF)
        with pytest.raises(RollRefused):
            importing.import_now(uow, "1.csv", raw, NEXT)
        _, done = importing.import_now(uow, "1.csv", raw, NEXT, leave_out_errors=True)
        assert done.plan.end == []  # a roll with rows left out ends nobody


def test_an_older_roll_cannot_follow(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as uow:
        set_up(uow, SMALL)
        importing.import_now(uow, "1.csv", roll(line("M1")), NEXT)
        with pytest.raises(RollRefused):
            importing.examine(uow, roll(line("M1")), AS_OF)


def test_a_failure_in_the_middle_leaves_nothing(database: Database) -> None:
    with database.transaction() as uow:
        set_up(uow, SMALL)

    def broken(step: str, done: int, _total: int) -> None:
        if step == "add" and done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), database.transaction() as uow:
        importing.import_now(uow, "1.csv", SMALL_ROLL, AS_OF, progress=broken)
    with database.transaction() as uow:
        assert uow.session.scalar(select(func.count()).select_from(Person)) == 0
        assert importing.history(uow) == []


def test_what_is_confirmed_is_what_was_shown(database: Database) -> None:
    with database.transaction(Actor("registrar", "r1")) as uow:
        set_up(uow, SMALL)
        record, _ = importing.stage(uow, "1.csv", SMALL_ROLL, AS_OF)
        assert record.staged_by == "r1"
    with database.transaction() as uow:
        _, examination = importing.staged(uow, record.id)
        assert examination.summary()["add"] == 60
        importing.confirm(uow, record.id, leave_out_errors=False)
    with database.transaction() as uow:
        assert uow.session.scalar(select(func.count()).select_from(Person)) == 60
        with pytest.raises(Conflict):
            importing.confirm(uow, record.id, leave_out_errors=False)


def test_a_registry_that_moved_on_asks_for_another_dry_run(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as uow:
        set_up(uow, SMALL)
        record, _ = importing.stage(uow, "1.csv", roll(line("M1")), AS_OF)
        importing.import_now(uow, "2.csv", roll(line("M2")), AS_OF)
        with pytest.raises(Conflict):
            importing.confirm(uow, record.id, leave_out_errors=False)


def test_a_staged_roll_can_be_withdrawn_and_expires(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as uow:
        set_up(uow, SMALL)
        gone, _ = importing.stage(uow, "1.csv", roll(line("M1")), AS_OF)
        importing.withdraw(uow, gone.id)
        with pytest.raises(NotFound):
            importing.staged(uow, gone.id)
        old, _ = importing.stage(uow, "2.csv", roll(line("M1")), AS_OF)
        uow.now += timedelta(days=1)
        with pytest.raises(NotFound):
            importing.confirm(uow, old.id, leave_out_errors=False)
        importing.stage(uow, "3.csv", roll(line("M1")), AS_OF)
        uow.session.expire_all()
        assert uow.session.get_one(RollImport, old.id).content is None


def test_no_units_no_roll(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as uow, pytest.raises(RollRefused):
        importing.examine(uow, SMALL_ROLL, date(2026, 10, 31))


def test_two_who_confirm_at_once_import_once(database: Database) -> None:
    with database.transaction() as uow:
        set_up(uow, SMALL)
        record, _ = importing.stage(uow, "1.csv", SMALL_ROLL, AS_OF)

    def confirm(_: int) -> bool:
        try:
            with database.transaction() as uow:
                importing.confirm(uow, record.id)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(confirm, range(2))) == [False, True]
    with database.read() as uow:
        assert uow.session.scalar(select(func.count()).select_from(Person)) == 60
