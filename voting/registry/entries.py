"""What the log says of the registry: counts, codes and salted commitments, never a person."""

from __future__ import annotations

from audit.entries import HASH, INT, NULLABLE, PUBLIC, SECURITY, TEXT, declare

UNITS_CHANGED = declare(
    "units.changed",
    log=PUBLIC,
    fields={
        "as_of": TEXT,
        "added": INT,
        "changed": INT,
        "ended": INT,
        "units": INT,
        "sha256": HASH,
    },
    text="The tree of units was changed.",
)
CONSTITUENCIES_CHANGED = declare(
    "constituencies.changed",
    log=PUBLIC,
    fields={
        "added": INT,
        "changed": INT,
        "ended": INT,
        "constituencies": INT,
        "seats": INT,
        "sha256": HASH,
    },
    text="The constituencies, their units and seats were set.",
)
ROLL_STAGED = declare(
    "roll.staged",
    log=SECURITY,
    fields={"kind": TEXT, "sha256": HASH, "as_of": TEXT, "errors": INT, "warnings": INT},
    text="A file of the roll was uploaded and checked; nothing was imported yet.",
)
ROLL_WITHDRAWN = declare(
    "roll.withdrawn",
    log=SECURITY,
    fields={"sha256": HASH},
    text="An uploaded file was withdrawn and forgotten; nothing was imported.",
)
ROLL_IMPORTED = declare(
    "roll.imported",
    log=PUBLIC,
    fields={
        "as_of": TEXT,
        "added": INT,
        "changed": INT,
        "ended": INT,
        "members": INT,
        "commitment": HASH,
    },
    text="A roll of members was imported.",
)
ROLL_EXPORTED = declare(
    "roll.exported",
    log=SECURITY,
    fields={"members": INT},
    text="The roll was taken out as a file.",
)
PERSON_CHANGED = declare(
    "person.changed",
    log=SECURITY,
    fields={"person": HASH, "what": TEXT},
    text="The registrar changed the record of one member.",
)
PERSON_ERASED = declare(
    "person.erased",
    log=SECURITY,
    fields={"person": HASH},
    text="The record of a former member was erased; the commitment no longer leads to anyone.",
)
TERM_CREATED = declare(
    "term.created",
    log=PUBLIC,
    fields={"code": TEXT, "starts_on": TEXT, "ends_on": TEXT},
    text="A term of office was set.",
)
OFFICE_GRANTED = declare(
    "office.granted",
    log=PUBLIC,
    fields={
        "holder": HASH,
        "kind": TEXT,
        "term": TEXT,
        "constituency": NULLABLE(TEXT),
        "election": NULLABLE(TEXT),
        "starts_on": TEXT,
        "ends_on": TEXT,
    },
    text="An office was taken up.",
)
OFFICE_ENDED = declare(
    "office.ended",
    log=PUBLIC,
    fields={"holder": HASH, "kind": TEXT, "term": TEXT, "ends_on": TEXT, "reason": TEXT},
    text="An office ended before its term.",
)
