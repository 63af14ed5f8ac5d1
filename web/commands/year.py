"""mandate year: the places, meetings, links and rosters of a year of the term."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from accountability import retention, year_calendars
from audit.database import Actor, UnitOfWork
from audit.errors import DomainError
from voting.registry.models import Term
from web.database.opening import open_database
from web.settings import Settings
from web.term import years

app = typer.Typer(help="A year of the term: places, meetings, duties.", no_args_is_help=True)
OPERATOR = Actor("operator")


@contextmanager
def _transaction() -> Iterator[UnitOfWork]:
    """All or nothing; what is wrong is said in words."""
    database = open_database(Settings())
    try:
        with database.transaction(OPERATOR) as uow:
            yield uow
    except DomainError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    finally:
        database.close()


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _term(uow: UnitOfWork, code: str) -> Term:
    term = uow.session.scalars(select(Term).where(Term.code == code)).one_or_none()
    if term is None:
        raise typer.BadParameter(f"there is no term {code}")
    return term


CsvFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV file, UTF-8.")]
TermCode = Annotated[str, typer.Option(help="Code of the term.")]


@app.command()
def bodies(file: CsvFile) -> None:
    """Set the responsible bodies: code, name, name_en, categories, sla_working_days."""
    with _transaction() as uow:
        count = years.set_bodies(uow, _rows(file))
    typer.echo(f"{count} bodies set")


@app.command()
def points(file: CsvFile) -> None:
    """Set the reception points: code, unit, address, hours."""
    with _transaction() as uow:
        count = years.set_points(uow, _rows(file))
    typer.echo(f"{count} reception points set")


@app.command()
def meetings(file: CsvFile, term: TermCode) -> None:
    """Announce meetings: code, kind, date, place, title_zh, title_en."""
    with _transaction() as uow:
        count = years.set_meetings(uow, _term(uow, term), _rows(file))
    typer.echo(f"{count} meetings set")


@app.command()
def calendar(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON file, UTF-8.")],
) -> None:
    """Add the calendar of working days of a year; provisional dates are counted anew."""
    with _transaction() as uow:
        added = year_calendars.add(uow, file.read_bytes())
    typer.echo(f"{added.version}: working days of {', '.join(map(str, sorted(added.years)))}")


@app.command()
def forget(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many it is.")] = False,
) -> None:
    """Erase what is left of settled matters of past terms; the server does it every hour."""
    database = open_database(Settings())
    try:
        if dry_run:
            with database.read() as uow:
                count = len(retention.due(uow, most=None))
            typer.echo(f"{count} matters would be erased")
        else:
            typer.echo(f"{years.forget(database)} matters erased")
    finally:
        database.close()


@app.command()
def begin(
    year: Annotated[int, typer.Argument(min=2025, max=2100, help="The year.")],
    term: TermCode,
    seed: Annotated[str, typer.Option(help="A public seed nobody could choose, for the lots.")],
    each: Annotated[int, typer.Option(min=1, max=10, help="Representatives a reception.")] = 2,
) -> None:
    """Draw the linked constituents, generate what is owed, set the roster."""
    with _transaction() as uow:
        made = years.begin(uow, _term(uow, term), year, seed=seed, each=each)
    typer.echo(", ".join(f"{count} {kind}" for kind, count in sorted(made.items())))
