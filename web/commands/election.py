"""mandate election: an election from a file, its steps by hand, its record as files."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel, ConfigDict, ValidationError

from audit.database import Actor, Database, UnitOfWork
from audit.entries import PUBLIC
from audit.errors import DomainError, NotFound
from audit.folder import LogFolder
from voting import (
    acts,
    certifying,
    drafts,
    lifecycle,
    mixing,
    nominations,
    publication,
    readiness,
    results,
    states,
    trustees,
    two_people,
)
from voting.models import DIRECT, DRAFT, SUBJECT_KINDS, Election
from voting.record import write_folder, write_term, write_zip
from voting.registry import structure
from web.commands import days
from web.commands.log_keeping import open_log
from web.commands.processes import usable
from web.commands.progress import progress_of
from web.database.opening import open_database
from web.identity import accounts
from web.settings import Settings
from web.term import sealing
from web.texts.elections import STEP_NAMES

app = typer.Typer(help="Elections: set up, run, publish.", no_args_is_help=True)

COMMISSION = Actor(acts.COMMISSION, "command-line")

Code = Annotated[str, typer.Argument(help="Code of the election.")]
Reason = Annotated[str, typer.Option(help="Published with the act.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="A folder that does not exist, or a .zip.")]


@contextmanager
def _database() -> Iterator[Database]:
    database = open_database(Settings())
    try:
        yield database
    except DomainError as error:
        typer.echo(str(error), err=True)
        if isinstance(error, nominations.ImportRefused):
            for problem in error.problems:
                typer.echo(f"  row {problem.row}: {problem.error}", err=True)
        raise typer.Exit(1) from None
    finally:
        database.close()


@contextmanager
def _act(code: str) -> Iterator[tuple[UnitOfWork, Election]]:
    with _database() as database:
        with database.transaction(COMMISSION) as uow:
            election = states.by_code(uow, code)
            yield uow, election
        with database.read() as uow:
            typer.echo(f"{code}: {states.by_code(uow, code).state}")


def _ask(uow: UnitOfWork, act: str, subject: str, reason: str) -> None:
    """What needs two people is asked for here, and done by somebody with an own account."""
    two_people.ask(uow, act, subject, reason=reason)
    typer.echo("asked for; it waits for a second person, who signs at the desk within a day")


class _TrusteeFile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    login: str
    kind: str = "single"


class _ElectionFile(BaseModel):
    """`election.json` of `mandate election create`."""

    model_config = ConfigDict(extra="forbid")
    code: str
    kind: str
    title_zh: str
    title_en: str
    term: str
    opens_at: datetime
    closes_at: datetime
    profile: str
    constituencies: list[str] | None = None  # of a direct election; None: all
    seats: int = 0
    threshold: int | None = None
    trustees: list[_TrusteeFile] = []
    previous: str | None = None
    window_reason: str = ""
    aggregate_small: bool = False
    scheduled: bool = True


@app.command()
def create(
    path: Annotated[
        Path,
        typer.Argument(
            exists=True,
            help="election.json, or a folder with it and candidates.csv (see docs/commission.md).",
        ),
    ],
) -> None:
    """Make a draft from a file: contests, candidates, rules, trustees."""
    folder = path if path.is_dir() else path.parent
    try:
        raw = (folder / "election.json" if path.is_dir() else path).read_bytes()
        given = _ElectionFile.model_validate_json(raw)
    except (OSError, ValidationError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    if given.opens_at.tzinfo is None or given.closes_at.tzinfo is None:
        typer.echo(
            "opens_at and closes_at need a time zone, as 2026-11-10T08:00:00+08:00", err=True
        )
        raise typer.Exit(1)
    with _database() as database, database.transaction(COMMISSION) as uow:
        election = _create(uow, given)
        candidates = folder / "candidates.csv"
        added = 0
        if path.is_dir() and candidates.exists():
            added = nominations.import_csv(uow, election.id, candidates.read_bytes())
        typer.echo(f"{election.code}: {len(election.contests)} contests, {added} candidates")


def _create(uow: UnitOfWork, given: _ElectionFile) -> Election:
    election = drafts.create(
        uow,
        code=given.code,
        kind=given.kind,
        title_zh=given.title_zh,
        title_en=given.title_en,
        term=structure.get_term(uow, given.term),
        opens_at=given.opens_at,
        closes_at=given.closes_at,
        previous=states.by_code(uow, given.previous) if given.previous else None,
        scheduled=given.scheduled,
        window_reason=given.window_reason,
    )
    drafts.adopt_profile(uow, election.id, given.profile)
    _add_contests(uow, election, given)
    for trustee in given.trustees:
        _appoint(uow, election, trustee)
    drafts.change(
        uow, election.id, threshold=given.threshold, aggregate_small=given.aggregate_small
    )
    return election


def _add_contests(uow: UnitOfWork, election: Election, given: _ElectionFile) -> None:
    if election.kind == DIRECT:
        wanted = [
            constituency
            for constituency in structure.constituencies(uow)
            if given.constituencies is None or constituency.code in given.constituencies
        ]
        drafts.add_constituencies(uow, election.id, wanted)
        return
    drafts.add_contest(
        uow,
        election.id,
        title_zh=given.title_zh,
        title_en=given.title_en,
        seats=0 if election.kind in SUBJECT_KINDS else given.seats,
    )
    if election.kind in SUBJECT_KINDS:
        nominations.add_subjects(uow, election.id)


def _appoint(uow: UnitOfWork, election: Election, wanted: _TrusteeFile) -> None:
    account = accounts.find_by_login(uow, wanted.login)
    if account is None:
        typer.echo(f"there is no account {wanted.login}", err=True)
        raise typer.Exit(1)
    accounts.require_trustee(uow, account)
    trustees.invite(
        uow,
        election.id,
        account_id=account.id,
        person_id=account.person_id,
        name=accounts.address_of(uow, account)[0] or account.login,
        kind=wanted.kind,
    )


@app.command()
def term(
    code: Annotated[str, typer.Argument(help="Code of the term, for example 2026-2031.")],
    starts_on: Annotated[date, typer.Option(parser=days.day, metavar=days.FORM, help="First day.")],
    ends_on: Annotated[
        date,
        typer.Option(parser=days.day, metavar=days.FORM, help="First day that is not of the term."),
    ],
    name: Annotated[str, typer.Option(help="Name in Chinese.")],
    name_en: Annotated[str, typer.Option(help="Name in English.")] = "",
) -> None:
    """Set a term of office: every election belongs to one."""
    with _database() as database, database.transaction(COMMISSION) as uow:
        structure.create_term(
            uow,
            code=code,
            name=name,
            name_en=name_en,
            starts_on=starts_on,
            ends_on=ends_on,
        )
        typer.echo(f"term {code}")


@app.command()
def show(
    code: Annotated[str, typer.Argument(help="Code of the election; without it, all.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """The checklist of an election: what is done, what is next, what stands in the way."""
    with _database() as database, database.read() as uow:
        if not code:
            for election in uow.session.query(Election).order_by(Election.opens_at):
                typer.echo(f"{election.code}\t{election.kind}\t{election.state}")
            return
        steps = [_step(step) for step in readiness.readiness(uow, states.by_code(uow, code))]
    if as_json:
        typer.echo(json.dumps(steps, ensure_ascii=False))
        return
    for step in steps:
        mark = "x" if step["done"] else (">" if step["current"] else " ")
        typer.echo(f"[{mark}] {STEP_NAMES[step['key']]} ({step['actor']})")
        for problem in step["blocked_by"] if step["current"] else ():
            typer.echo(f"      {problem}")


def _step(step: readiness.Step) -> dict[str, Any]:
    return {
        "key": step.key,
        "actor": step.actor,
        "done": step.done,
        "current": step.current,
        "blocked_by": [str(error) for error in step.blocked_by],
        "params": step.params,
    }


@app.command()
def freeze(code: Code) -> None:
    """Fix candidates, rules and rolls."""
    with _act(code) as (uow, election):
        lifecycle.freeze(uow, election.id)


@app.command()
def seal(code: Code) -> None:
    """Seal the ballot papers."""
    with _act(code) as (uow, election):
        sealing.seal(uow, election)


@app.command("open")
def open_(code: Code, reason: Reason = "") -> None:
    """Open voting: at its time; before it this asks a second person, who signs at the desk."""
    with _act(code) as (uow, election):
        if election.scheduled and uow.now >= election.opens_at:
            lifecycle.open_voting(uow, election.id)
        else:
            _ask(uow, lifecycle.OPEN_NOW, f"election/{election.id}", reason)


@app.command()
def close(code: Code, reason: Reason = "") -> None:
    """Close voting: at its time; before it this asks a second person, with a reason."""
    with _act(code) as (uow, election):
        if uow.now >= election.closes_at:
            lifecycle.close_voting(uow, election.id)
        else:
            _ask(uow, lifecycle.CLOSE_NOW, f"election/{election.id}", reason)


@app.command()
def tally(
    code: Code, jobs: Annotated[int, typer.Option(min=1, help="Processes to use.")] = 1
) -> None:
    """Add up the sealed ballots of a closed election; goes on where it was interrupted."""
    with _database() as database:
        with database.read() as uow:
            election_id = states.by_code(uow, code).id
        with progress_of("contests") as progress:
            count = results.encrypt_tallies(
                database, election_id, jobs=usable(jobs), progress=progress
            )
    typer.echo(f"{code}: {count} contests added up")


@app.command()
def absent(
    code: Code,
    trustee: Annotated[int, typer.Argument(min=1, help="Number of the trustee.")],
    reason: Reason,
) -> None:
    """Ask that ranked ballots are shuffled without a trustee; a second person signs at the desk."""
    with _act(code) as (uow, election):
        listed = trustees.in_order(election)
        if trustee > len(listed):
            raise NotFound("There is no such trustee.")
        _ask(uow, mixing.ABSENCE, f"trustee/{listed[trustee - 1].id}", reason)


@app.command()
def declare(code: Code) -> None:
    """Declare the outcome by the adopted rules, once the witnesses of the log have confirmed it."""
    with _act(code) as (uow, election), open_log() as log:
        log.confirm_witnessed(uow, f"election/{election.id}")
        lifecycle.declare(uow, election.id)


@app.command()
def certify(code: Code) -> None:
    """Ask that the outcome is certified; who certifies signs at the desk."""
    with _act(code) as (uow, election):
        _ask(uow, certifying.CERTIFY, f"election/{election.id}", "")


@app.command()
def cancel(code: Code, reason: Reason) -> None:
    """End an election without a result; past the draft this asks a second person."""
    with _act(code) as (uow, election):
        if election.state == DRAFT:
            lifecycle.cancel(uow, election.id, reason)
        else:
            _ask(uow, lifecycle.CANCEL, f"election/{election.id}", reason)


@app.command("forget-voters")
def forget_voters(code: Code) -> None:
    """After the time for challenge: destroy the link between voters and credentials."""
    with _act(code) as (uow, election):
        lifecycle.destroy_bindings(uow, election.id)


@app.command()
def tick() -> None:
    """Open, close and add up what is due; the running site does this by itself."""
    with _database() as database:
        for done in lifecycle.tick(database):
            typer.echo(done)


@app.command()
def record(code: Code, out: Out) -> None:
    """Write the published record: a folder or a zip that `mandate verify` checks."""
    _require_new(out)
    checkpoint = _checkpoint()
    with _database() as database, database.read() as uow:
        source = publication.source_of(uow, states.by_code(uow, code), _log(), checkpoint)
        if out.suffix != ".zip":
            write_folder(out, source)
            return
        with tempfile.TemporaryDirectory(prefix="mandate-record-") as name:
            write_folder(Path(name) / code, source)
            with out.open("wb") as file:
                write_zip(Path(name) / code, file)


@app.command("term-record")
def term_record(
    code: Annotated[str, typer.Argument(help="Code of the term.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="A folder that does not exist.")],
) -> None:
    """Write the record of a whole term: its elections and the chain that joins them."""
    _require_new(out)
    checkpoint = _checkpoint()
    with _database() as database, database.read() as uow:
        term = structure.get_term(uow, code)
        write_term(out, *publication.term_of(uow, term, _log(), checkpoint))


def _require_new(out: Path) -> None:
    if out.exists():
        typer.echo(f"{out} exists already; nothing is overwritten", err=True)
        raise typer.Exit(1)


def _log() -> Path:
    return Settings().log_dir / PUBLIC


def _checkpoint() -> bytes | None:
    """Read before the transaction, which then has all that is under it."""
    return LogFolder(_log()).checkpoint()
