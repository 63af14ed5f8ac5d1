"""Two people for a dangerous act: one asks, another does it, within a day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from audit.database import Actor, Database, UnitOfWork
from audit.models import LogEntry
from tests.voting.scenario import Clock
from voting import two_people
from voting.entries import ActWithdrawn
from voting.errors import Conflict, Forbidden, Invalid

ONE, TWO = (
    Actor("commission", "account-1", "person-1"),
    Actor("commission", "account-2", "person-2"),
)
AGAIN = Actor("commission", "account-3", "person-1")  # another account of the first person
SUBJECT = "election/42"
DONE: list[tuple[str, Mapping[str, Any]]] = []


@pytest.fixture(autouse=True)
def act() -> Iterator[None]:
    """An act that is refused with `fail`, and that must not be done by one."""

    def run(uow: UnitOfWork, key: str, params: Mapping[str, Any]) -> None:
        two_people.require(uow, "test.act", f"election/{key}")
        if params.get("fail"):
            raise Conflict("It is too late.")
        uow.record(ActWithdrawn(about="test", act="the act itself", ask=""))
        DONE.append((key, params))

    DONE.clear()
    two_people.declare("test.act", asks=["commission"], signs=["commission", "certifier"], run=run)
    yield
    del two_people.ACTS["test.act"]


def ask(database: Database, actor: Actor = ONE, **params: Any) -> str:
    DONE.clear()
    with database.transaction(actor) as uow:
        made = two_people.ask(uow, "test.act", SUBJECT, reason="fire", **params)
        DONE.clear()  # of the rehearsal
        return made.id


def sign(database: Database, pending: str, actor: Actor = TWO) -> None:
    with database.transaction(actor) as uow:
        two_people.sign(uow, pending)


def test_one_asks_and_another_does_it(database: Database) -> None:
    pending = ask(database, hours=3)
    assert DONE == []
    sign(database, pending)
    assert DONE == [("42", {"hours": 3, "reason": "fire"})]
    with database.read() as uow:
        log = [bytes(raw) for raw in uow.session.scalars(select(LogEntry.entry))]
        assert [b"act.asked" in raw or b"act.signed" in raw for raw in log].count(True) == 2
        assert any(b"account-1" in raw and b"account-2" in raw for raw in log)
        assert not any(b"person-" in raw for raw in log)
        # what was tried and undone left no entry
        assert sum(b"the act itself" in raw for raw in log) == 1
    with pytest.raises(Conflict, match="just decided"):
        sign(database, pending)


def test_the_act_alone_is_refused(sqlite_database: Database) -> None:
    run = two_people.ACTS["test.act"].run
    with pytest.raises(Forbidden, match="two people"), sqlite_database.transaction(ONE) as uow:
        run(uow, "42", {})


@pytest.mark.parametrize(
    "actor",
    [
        ONE,
        AGAIN,
        Actor("commission", "account-1", "person-9"),
        Actor("clerk", "account-2", "person-2"),
        Actor("commission"),
    ],
)
def test_who_must_not_sign(database: Database, actor: Actor) -> None:
    pending = ask(database)
    with pytest.raises(Forbidden):
        sign(database, pending, actor)
    assert DONE == []
    sign(database, pending)


def test_who_must_not_ask(sqlite_database: Database) -> None:
    for actor in (Actor("certifier", "c", "c"), Actor("commission")):
        with pytest.raises(Forbidden):
            ask(sqlite_database, actor)
    with pytest.raises(Invalid, match="reason"), sqlite_database.transaction(ONE) as uow:
        two_people.ask(uow, "test.act", SUBJECT, reason="  ")


def test_what_would_be_refused_is_refused_when_it_is_asked_for(sqlite_database: Database) -> None:
    with pytest.raises(Conflict, match="too late"):
        ask(sqlite_database, fail=True)
    ask(sqlite_database)


def test_one_of_a_kind_waits_and_it_lasts_a_day(database: Database) -> None:
    database.clock = clock = Clock()
    pending = ask(database)
    with pytest.raises(Conflict, match="already"):
        ask(database, TWO)
    with database.read() as uow:
        assert [found.id for found in two_people.waiting(uow, [SUBJECT])] == [pending]
        (found,) = two_people.waiting(uow)
        assert two_people.may_sign(found, TWO, ["commission"])
        assert not two_people.may_sign(found, AGAIN, ["commission"])
        assert not two_people.may_sign(found, TWO, ["clerk"])
    clock.now += timedelta(days=1)
    with database.read() as uow:
        assert two_people.waiting(uow) == []
    with pytest.raises(Conflict, match="within a day"):
        sign(database, pending)
    sign(database, ask(database))


def test_it_can_be_withdrawn_or_refused(sqlite_database: Database) -> None:
    for actor in (ONE, TWO):
        pending = ask(sqlite_database)
        with sqlite_database.transaction(actor) as uow:
            two_people.withdraw(uow, pending)
        with pytest.raises(Conflict):
            sign(sqlite_database, pending)
    assert DONE == []


def test_of_two_who_sign_at_once_one_does_it(database: Database) -> None:
    pending = ask(database)
    others = [Actor("commission", f"account-{n}", f"person-{n}") for n in (2, 4, 5, 6)]

    def attempt(actor: Actor) -> bool:
        try:
            sign(database, pending, actor)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, others)) == [False, False, False, True]
    assert len(DONE) == 1
    with database.read() as uow:
        assert uow.session.scalar(select(func.count()).select_from(two_people.PendingAct)) == 1
