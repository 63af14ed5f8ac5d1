"""mandate roll: bring a roll in, look whether everyone has a vote, take the roll out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from audit.database import Actor, UnitOfWork
from audit.errors import DomainError
from voting.registry import exporting, importing, people
from voting.registry.entries import RollExported
from voting.registry.importing import places
from voting.registry.importing.places import Places
from voting.registry.importing.problems import GUESS, NORMALISED, Problem
from web.commands import days
from web.commands.progress import progress_of
from web.database.opening import open_database
from web.settings import Settings

app = typer.Typer(help="The roll of members.", no_args_is_help=True)

OPERATOR = Actor("operator")
SHOWN = 200

Day = Annotated[
    date | None, typer.Option("--as-of", parser=days.day, metavar=days.FORM, help="A date.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]
File = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="A CSV or XLSX file.")]


class _DryRunError(Exception):
    """Ends the transaction without a commit: a dry run goes the whole way and leaves nothing."""


@contextmanager
def _transaction(*, write: bool = False) -> Iterator[UnitOfWork]:
    database = open_database(Settings())
    try:
        with database.transaction(OPERATOR) if write else database.read(OPERATOR) as uow:
            yield uow
    except _DryRunError:
        pass
    except DomainError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    finally:
        database.close()


@app.command("import")
def import_(
    file: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="A CSV or XLSX file.")
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Report only; import nothing.")] = False,
    leave_out_errors: Annotated[
        bool, typer.Option(help="Import the rows without errors; nobody is ended.")
    ] = False,
    as_of: Day = None,
    units: File = None,
    constituencies: File = None,
    as_json: Json = False,
) -> None:
    """Import units, constituencies and members, in this order, all of it or nothing.

    Exits with 1 when there are errors and nothing was imported.
    """
    if not (file or units or constituencies):
        raise typer.BadParameter("give a roll, --units or --constituencies")
    report: dict[str, Any] = {"as_of": "", "imported": False, "problems": []}
    with _transaction(write=True) as uow:
        on = as_of or uow.today
        report["as_of"] = on.isoformat()
        failed = not _import_places(uow, units, constituencies, on, report)
        if file and not failed:
            failed = not _import_roll(uow, file, on, leave_out_errors, report)
        if dry_run or failed:
            raise _DryRunError
        report["imported"] = True
    _print(report, as_json)
    if failed:
        raise typer.Exit(1)


def _import_places(
    uow: UnitOfWork,
    units: Path | None,
    constituencies: Path | None,
    on: date,
    report: dict[str, Any],
) -> bool:
    for name, path, examine, carry_out in (
        ("units", units, places.examine_units, places.apply_units),
        ("constituencies", constituencies, places.examine_constituencies,
         places.apply_constituencies),
    ):  # fmt: skip
        if path is None:
            continue
        found: Places = examine(uow, path.read_bytes(), on)
        report[name] = found.counts()
        _add_problems(report, path, found.problems)
        if found.has_errors:
            return False
        carry_out(uow, found, on)
    return True


def _import_roll(
    uow: UnitOfWork, path: Path, on: date, leave_out_errors: bool, report: dict[str, Any]
) -> bool:
    raw = path.read_bytes()
    with progress_of("Roll") as told:
        examination = importing.examine(uow, raw, on, lambda _step, done, total: told(done, total))
        report["members"] = examination.summary()
        _add_problems(report, path, examination.roll.problems)
        if examination.roll.rows_with_errors and not leave_out_errors:
            return False
        record = importing.record_of(uow, "roll", path.name, raw, on, examination)
        importing.carry_out(
            uow,
            record,
            examination,
            leave_out_errors=leave_out_errors,
            progress=lambda _step, done, total: told(done, total),
        )
    return True


def _add_problems(report: dict[str, Any], path: Path, problems: list[Problem]) -> None:
    report["problems"] += [{"file": path.name, **problem.as_dict()} for problem in problems]


def _print(report: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False, indent=1))
        return
    shown = [p for p in report["problems"] if p["outcome"] != NORMALISED]
    if shown:
        Console().print(_table(shown[:SHOWN]))
        if len(shown) > SHOWN:
            typer.echo(f"... and {len(shown) - SHOWN} more: see --json")
    for name in ("units", "constituencies", "members"):
        if name in report:
            counts = ", ".join(f"{key} {n}" for key, n in report[name].items())
            typer.echo(f"{name}: {counts}")
    typer.echo("Imported." if report["imported"] else "Nothing was imported.")


def _table(problems: list[dict[str, Any]]) -> Table:
    table = Table("Row", "Column", "Value", "What is wrong", "What to do", title="Problems")
    for problem in problems:
        style = "bold red" if problem["outcome"] == "error" else ""
        value = problem["value"]
        if problem["outcome"] == GUESS and problem["normalised"]:
            value = f"{value} → {problem['normalised']}"
        cells = (problem["row"], problem["column"], value, problem["what"])
        texts = ["" if cell is None else str(cell).replace("[", r"\[") for cell in cells]
        table.add_row(*texts, problem["todo"], style=style)
    return table


@app.command()
def check(as_of: Day = None, as_json: Json = False) -> None:
    """List members who would vote nowhere. Exits with 1 when there are any."""
    with _transaction() as uow:
        on = as_of or uow.today
        left = [person.member_no for person in people.unassigned(uow, on)]
        electors = sum(people.electorate_sizes(uow, on).values())
    if as_json:
        typer.echo(json.dumps({"electors": electors, "unassigned": left}))
    else:
        typer.echo(f"{electors} members have a vote, {len(left)} have none.")
        for number in left[:SHOWN]:
            typer.echo(number)
    if left:
        raise typer.Exit(1)


@app.command()
def export(
    as_of: Day = None,
    out: Annotated[Path | None, typer.Option(help="A file; else standard output.")] = None,
) -> None:
    """Write the roll of a date as CSV, in the columns of the import. No cell can run."""
    with _transaction(write=True) as uow:
        on = as_of or uow.today
        found = list(exporting.rows(uow, on))
        uow.record(RollExported(members=len(found)))
        lines = exporting.to_csv(exporting.COLUMNS, found)
        if out is None:
            sys.stdout.writelines(lines)
            return
        try:
            with out.open("x", encoding="utf-8", newline="") as file:
                file.writelines(lines)
        except OSError as error:
            raise typer.BadParameter(f"cannot write {out}: {error.strerror}") from error
