"""Finding an entry: each voter's page asks for its entry, moments after it was logged."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.engine import CursorResult

from audit import queue
from audit.database import Database, new_id
from audit.entries import PUBLIC, encode
from audit.models import LogEntry
from voting.entries import BallotSpoilt

UUID = "LargeLargeLarge"
SUBJECT = f"contest/{UUID}"
MANY = 1000


@pytest.fixture
def large(database: Database) -> Database:
    """The log of a contest with a thousand entries."""
    made = []
    for position in range(MANY):
        entry_id = new_id()
        raw = encode(
            BallotSpoilt(uuid=UUID, tracker=f"tracker-{position}"),
            id=entry_id,
            time=datetime(2026, 11, 2, tzinfo=UTC),
            actor_role="voter",
            actor="",
        )
        made.append(
            {
                "id": entry_id,
                "log": PUBLIC,
                "position": position,
                "subject": SUBJECT,
                "entry": raw,
            }
        )
    with database.engine.begin() as connection:
        connection.execute(insert(LogEntry), made)
    return database


@pytest.mark.parametrize("position", [0, 1, 500, MANY - 1])
def test_each_is_found(large: Database, position: int) -> None:
    assert queue.find(large, PUBLIC, SUBJECT, tracker=f"tracker-{position}") == position


@pytest.mark.parametrize("tracker", ["tracker", "tracker-", "tracker-1000", "%", ""])
def test_what_is_part_of_another_is_not(large: Database, tracker: str) -> None:
    assert queue.find(large, PUBLIC, SUBJECT, tracker=tracker) is None


def test_the_newest_is_found_without_reading_all(
    large: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a voter, with a whole contest behind it, would be a square of the voters."""
    read: list[int] = []
    fetch = CursorResult._fetchmany_impl

    def counted(self: Any, size: int | None = None) -> Any:
        found = fetch(self, size)
        read.append(len(found))
        return found

    def never(self: Any) -> Any:
        raise AssertionError("all rows were read")

    monkeypatch.setattr(CursorResult, "_fetchmany_impl", counted)
    monkeypatch.setattr(CursorResult, "_fetchall_impl", never)
    assert queue.find(large, PUBLIC, SUBJECT, tracker=f"tracker-{MANY - 1}") == MANY - 1
    assert 0 < sum(read) <= queue.LOOKED_AT
