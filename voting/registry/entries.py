"""What the log says of the registry: counts, codes and salted commitments, never a person."""

from __future__ import annotations

from datetime import date

from audit.entries import PUBLIC, SECURITY, Entry, Hash, Key


class UnitsChanged(Entry, type="units.changed", log=PUBLIC, subject="registry/units"):
    """The tree of units was changed."""

    as_of: date
    added: int
    changed: int
    ended: int
    units: int
    sha256: Hash


class ConstituenciesChanged(
    Entry, type="constituencies.changed", log=PUBLIC, subject="registry/constituencies"
):
    """The constituencies, their units and seats were set."""

    added: int
    changed: int
    ended: int
    constituencies: int
    seats: int
    by_constituency: dict[str, int]
    sha256: Hash


class RollStaged(Entry, type="roll.staged", log=SECURITY, subject="roll/{roll}"):
    """A file of the roll was uploaded and checked; nothing was imported yet."""

    roll: Key
    kind: str
    sha256: Hash
    as_of: date
    errors: int
    warnings: int


class RollWithdrawn(Entry, type="roll.withdrawn", log=SECURITY, subject="roll/{roll}"):
    """An uploaded file was withdrawn and forgotten; nothing was imported."""

    roll: Key
    sha256: Hash


class RollImported(Entry, type="roll.imported", log=PUBLIC, subject="roll/{roll}"):
    """A roll of members was imported."""

    roll: Key
    as_of: date
    added: int
    changed: int
    ended: int
    members: int
    commitment: Hash


class RollExported(Entry, type="roll.exported", log=SECURITY, subject="registry/roll"):
    """The roll was taken out as a file."""

    members: int


class PersonChanged(Entry, type="person.changed", log=SECURITY, subject="person/{person_id}"):
    """The registrar changed the record of one member."""

    person_id: Key
    person: Hash
    what: str


class PersonErased(Entry, type="person.erased", log=SECURITY, subject="person/{person_id}"):
    """The record of a former member was erased; the commitment no longer leads to anyone."""

    person_id: Key
    person: Hash


class TermCreated(Entry, type="term.created", log=PUBLIC, subject="term/{code}"):
    """A term of office was set."""

    code: str
    starts_on: date
    ends_on: date


class OfficeGranted(Entry, type="office.granted", log=PUBLIC, subject="office/{office}"):
    """An office was taken up."""

    office: Key
    holder: Hash
    kind: str
    term: str
    constituency: str | None
    election: str | None
    starts_on: date
    ends_on: date


class OfficeEnded(Entry, type="office.ended", log=PUBLIC, subject="office/{office}"):
    """An office ended before its term."""

    office: Key
    holder: Hash
    kind: str
    term: str
    ends_on: date
    reason: str
