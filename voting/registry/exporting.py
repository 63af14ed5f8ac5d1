"""The roll as a table, in the columns of the import: what is written can be read back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain

from sqlalchemy import select
from sqlalchemy.orm import aliased

from audit.database import UnitOfWork
from voting.registry.importing.normalise import is_formula
from voting.registry.models import Affiliation, Person, Unit
from voting.registry.people import holds_on, votes_on

COLUMNS = (
    "member_no",
    "name",
    "sex",
    "birth_date",
    "joined_on",
    "status",
    "unit",
    "secondary_unit",
    "email",
    "phone",
    "language",
)
FULL_WIDTH = ("＝", "＋", "－", "＠")  # spreadsheets of East Asia run these too
BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads UTF-8 as the code page of the machine


def safe(text: str) -> str:
    """Text that a spreadsheet would run is shown by it as text, after an apostrophe."""
    risky = is_formula(text) or text[:1] in ("\t", "\r", *FULL_WIDTH)
    return f"'{text}" if risky else text


def rows(uow: UnitOfWork, on: date) -> Iterator[list[str]]:
    """Everyone who votes somewhere on the date, by member number."""
    second = aliased(Unit)
    others = {
        row[0]: row[1]
        for row in uow.session.execute(
            select(Affiliation.person_id, second.code)
            .join(second, second.id == Affiliation.unit_id)
            .where(Affiliation.voting.is_(False), holds_on(on))
        )
    }
    found = uow.session.execute(
        select(Person, Unit.code)
        .join(Affiliation, Affiliation.person_id == Person.id)
        .join(Unit, Unit.id == Affiliation.unit_id)
        .where(votes_on(on))
        .order_by(Person.member_no)
        .execution_options(yield_per=2_000)
    )
    for person, unit in found:
        values = {"unit": unit, "secondary_unit": others.get(person.id, "")}
        yield [str(values.get(c, getattr(person, c, None)) or "") for c in COLUMNS]


def to_csv(header: tuple[str, ...], lines: Iterable[list[str]]) -> Iterator[str]:
    """CSV for a spreadsheet, line by line; no cell can run."""
    yield BYTE_ORDER_MARK
    for cells in chain([header], lines):
        out = io.StringIO()
        csv.writer(out, lineterminator="\r\n").writerow([safe(cell) for cell in cells])
        yield out.getvalue()
