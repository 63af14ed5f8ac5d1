"""The ballot box in SQL: the few statements of a cast, spelt out, the same for both databases.

They are text because a cast should spend its time on proofs; and because the conditions on which
everything rests can then be read where they stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from audit.database import UnitOfWork
from audit.statements import Statement, together

# SQLite locks the whole database when the transaction begins, and knows no FOR UPDATE
_FIND = "SELECT id FROM contest WHERE uuid = :uuid"
LOCK = {"sqlite": Statement(_FIND), "postgresql": Statement(f"{_FIND} FOR UPDATE")}

# A statement of its own after the lock: one that waited for the lock would still see the election
# as it was before the wait, open though it is closed.
_STATE = """
    SELECT contest.id, contest.height, contest.tail_hash,
           election.state, election.opens_at, election.closes_at
"""
_FROM = """
      FROM contest JOIN election ON election.id = contest.election_id
     WHERE contest.uuid = :uuid
"""
_KNOWN = """,
           EXISTS (SELECT 1 FROM roll_entry
                    WHERE contest_id = contest.id AND person_id = :person) AS on_roll,
           (SELECT credential FROM credential_binding
             WHERE contest_id = contest.id AND person_id = :person) AS bound_credential,
           (SELECT person_id FROM credential_binding
             WHERE contest_id = contest.id AND credential = :credential) AS bound_person,
           EXISTS (SELECT 1 FROM public_credential
                    WHERE contest_id = contest.id AND credential = :credential) AS listed,
           (SELECT tracker FROM cast_ballot
             WHERE contest_id = contest.id AND credential = :credential AND counts) AS counting,
           (SELECT event FROM cast_ballot
             WHERE contest_id = contest.id AND tracker = :tracker) AS event,
           EXISTS (SELECT 1 FROM spoilt_ballot
                    WHERE contest_id = contest.id AND tracker = :tracker) AS spoilt,
           EXISTS (SELECT 1 FROM spent_ciphertext
                    WHERE contest_id = contest.id AND hash IN ({hashes})
                      AND credential <> :credential) AS copied
"""
LOOK = Statement(_STATE + _FROM)
# the chain goes on only from the end that was seen, and only while the election is open
ADVANCE = Statement("""
    UPDATE contest SET height = :height, tail_hash = :event
     WHERE id = :contest AND height = :height - 1
       AND EXISTS (SELECT 1 FROM election
                    WHERE election.id = contest.election_id AND election.state = 'open')
""")
REPLACE = Statement("""
    UPDATE cast_ballot SET counts = FALSE
     WHERE contest_id = :contest AND credential = :credential AND counts
""")
BIND = Statement("""
    INSERT INTO credential_binding (contest_id, person_id, credential)
    VALUES (:contest, :person, :credential)
""")
CHECK_IN = Statement("""
    INSERT INTO check_in (contest_id, person_id) VALUES (:contest, :person)
    ON CONFLICT DO NOTHING
""")
CAST = Statement("""
    INSERT INTO cast_ballot (contest_id, height, credential, tracker, event, raw, counts)
    VALUES (:contest, :height, :credential, :tracker, :event, :raw, TRUE)
""")


@cache
def know(ciphertexts: int) -> Statement:
    """Everything at once; h0, h1, ... are the hashes of the ballot's ciphertexts."""
    hashes = ", ".join(f":h{row}" for row in range(ciphertexts))
    return Statement((_STATE + _KNOWN + _FROM).format(hashes=hashes))


@cache
def spend(ciphertexts: int) -> Statement:
    """One statement for all ciphertexts of a ballot."""
    values = ", ".join(f"(:contest, :h{row}, :credential)" for row in range(ciphertexts))
    return Statement(
        "INSERT INTO spent_ciphertext (contest_id, hash, credential)"  # noqa: S608 - no value in it
        f" VALUES {values} ON CONFLICT DO NOTHING"
    )


def _named(hashes: Sequence[str]) -> dict[str, str]:
    return {f"h{row}": digest for row, digest in enumerate(hashes)}


@dataclass(frozen=True)
class Place:
    """A contest: the end of its chain, the state and the window of its election."""

    id: str
    height: int
    tail_hash: str
    state: str
    opens_at: datetime
    closes_at: datetime

    @classmethod
    def of(cls, row: Sequence[Any]) -> Place:
        contest, height, tail_hash, state, opens_at, closes_at = row[:6]
        return cls(contest, height, tail_hash, state, _time(opens_at), _time(closes_at))


def _time(value: datetime | str) -> datetime:
    """SQLite keeps text, in UTC without saying so."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value


@dataclass(frozen=True)
class Known:
    """What the database knows of the contest, this voter, this credential and this ballot."""

    place: Place
    on_roll: bool
    bound_credential: str | None
    bound_person: str | None
    listed: bool
    counting: str | None  # the tracker of the ballot of this credential that counts
    event: str | None  # the place of this very ballot in the chain
    spoilt: bool
    copied: bool  # a ciphertext of it was cast by another voter


def look(uow: UnitOfWork, uuid: str) -> Place | None:
    row = LOOK.run(uow.connection, {"uuid": uuid}).fetchone()
    return None if row is None else Place.of(row)


def lock(
    uow: UnitOfWork,
    uuid: str,
    person_id: str,
    credential: str,
    tracker: str,
    hashes: Sequence[str],
) -> Known | None:
    """Hold the contest until the end of the transaction, and then look; None: there is no such."""
    values = {
        "uuid": uuid,
        "person": person_id,
        "credential": credential,
        "tracker": tracker,
        **_named(hashes),
    }
    connection = uow.connection
    with together(connection):
        LOCK[connection.dialect.name].run(connection, values)
        known = know(len(hashes)).run(connection, values)
    row = known.fetchone()
    return None if row is None else Known(Place.of(row), *row[6:])


def check_in(uow: UnitOfWork, contest_id: str, person_id: str) -> None:
    CHECK_IN.run(uow.connection, {"contest": contest_id, "person": person_id})


def put(
    uow: UnitOfWork,
    values: dict[str, Any],
    hashes: Sequence[str],
    *,
    bind: bool,
    replace: bool,
) -> bool:
    """Write a ballot; `values` has contest, person, credential, tracker, event, height, raw.
    -> False when the chain has grown, or the election was closed, since it was looked at: then
    the caller must undo the transaction."""
    connection = uow.connection
    with together(connection):
        advanced = ADVANCE.run(connection, values)
        if replace:
            REPLACE.run(connection, values)
        if bind:
            CHECK_IN.run(connection, values)
            BIND.run(connection, values)
        CAST.run(connection, values)
        spend(len(hashes)).run(connection, values | _named(hashes))
    return bool(advanced.rowcount == 1)
