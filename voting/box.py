"""The ballot box in SQL: the few statements of a cast, spelt out, the same for both databases.

They are text because a cast should spend its time on proofs; and because the conditions on which
everything rests can then be read where they stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Boolean, Connection, TextClause, bindparam, text

from audit.database import UnitOfWork, UtcDateTime

# SQLite locks the whole database when the transaction begins, and knows no FOR UPDATE
_FIND = "SELECT id FROM contest WHERE uuid = :uuid"
LOCK = {"sqlite": text(_FIND), "postgresql": text(f"{_FIND} FOR UPDATE")}

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
_TYPES: dict[str, Any] = {"opens_at": UtcDateTime, "closes_at": UtcDateTime}
LOOK = text(_STATE + _FROM).columns(**_TYPES)
KNOWN = (
    text(
        _STATE  # noqa: S608 - constants of this file
        + """,
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
                    WHERE contest_id = contest.id AND hash IN :hashes
                      AND credential <> :credential) AS copied
"""
        + _FROM
    )
    .bindparams(bindparam("hashes", expanding=True))
    .columns(**_TYPES, on_roll=Boolean, listed=Boolean, spoilt=Boolean, copied=Boolean)
)
# the chain goes on only from the end that was seen, and only while the election is open
ADVANCE = text("""
    UPDATE contest SET height = :height, tail_hash = :event
     WHERE id = :contest AND height = :height - 1
       AND EXISTS (SELECT 1 FROM election
                    WHERE election.id = contest.election_id AND election.state = 'open')
""")
REPLACE = text("""
    UPDATE cast_ballot SET counts = FALSE
     WHERE contest_id = :contest AND credential = :credential AND counts
""")
BIND = text("""
    INSERT INTO credential_binding (contest_id, person_id, credential)
    VALUES (:contest, :person, :credential)
""")
CHECK_IN = text("""
    INSERT INTO check_in (contest_id, person_id) VALUES (:contest, :person)
    ON CONFLICT DO NOTHING
""")
CAST = text("""
    INSERT INTO cast_ballot (contest_id, height, credential, tracker, event, raw, counts)
    VALUES (:contest, :height, :credential, :tracker, :event, :raw, TRUE)
""")


@cache
def spend(rows: int) -> TextClause:
    """One statement for all ciphertexts of a ballot: h0, h1, ... are their hashes."""
    values = ", ".join(f"(:contest, :h{row}, :credential)" for row in range(rows))
    return text(
        "INSERT INTO spent_ciphertext (contest_id, hash, credential)"  # noqa: S608 - no value in it
        f" VALUES {values} ON CONFLICT DO NOTHING"
    )


@dataclass(frozen=True)
class Known:
    """What the database knows of the contest, this voter, this credential and this ballot."""

    id: str
    height: int
    tail_hash: str
    state: str
    opens_at: datetime
    closes_at: datetime
    on_roll: bool
    bound_credential: str | None
    bound_person: str | None
    listed: bool
    counting: str | None  # the tracker of the ballot of this credential that counts
    event: str | None  # the place of this very ballot in the chain
    spoilt: bool
    copied: bool  # a ciphertext of it was cast by another voter


def connection_of(uow: UnitOfWork) -> Connection:
    return uow.session.connection()


def lock(uow: UnitOfWork, uuid: str) -> bool:
    """Hold the contest until the end of the transaction. -> whether there is one"""
    connection = connection_of(uow)
    return connection.execute(LOCK[connection.dialect.name], {"uuid": uuid}).first() is not None


def look(uow: UnitOfWork, uuid: str) -> Any:
    """The contest with the state and the window of its election, or None."""
    return connection_of(uow).execute(LOOK, {"uuid": uuid}).one_or_none()


def known(
    uow: UnitOfWork,
    uuid: str,
    person_id: str,
    credential: str,
    tracker: str,
    hashes: Sequence[str],
) -> Known:
    values = {
        "uuid": uuid,
        "person": person_id,
        "credential": credential,
        "tracker": tracker,
        "hashes": list(hashes),
    }
    return Known(*connection_of(uow).execute(KNOWN, values).one())


def check_in(uow: UnitOfWork, contest_id: str, person_id: str) -> None:
    connection_of(uow).execute(CHECK_IN, {"contest": contest_id, "person": person_id})


def put(
    uow: UnitOfWork,
    values: dict[str, Any],
    hashes: Sequence[str],
    *,
    bind: bool,
    replace: bool,
) -> bool:
    """Write a ballot; `values` has contest, person, credential, tracker, event, height, raw.
    -> False when the chain has grown, or the election was closed, since it was looked at."""
    connection = connection_of(uow)
    if connection.execute(ADVANCE, values).rowcount != 1:
        return False
    if replace:
        connection.execute(REPLACE, values)
    if bind:
        connection.execute(CHECK_IN, values)
        connection.execute(BIND, values)
    connection.execute(CAST, values)
    connection.execute(
        spend(len(hashes)), values | {f"h{row}": digest for row, digest in enumerate(hashes)}
    )
    return True
