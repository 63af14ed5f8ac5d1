"""mandate credentials: the registrar's work without a browser. `roll` and `publish` run on the
server; `issue` on the registrar's own machine, and what it keeps must never come to the server."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track

from audit.database import Actor, Database
from audit.errors import DomainError, Invalid
from ballots import BallotError, credentials
from ballots.encoding import dumps, loads_strict, take_list, take_object, take_text
from ballots.group import get_group
from web.commands import mailing
from web.commands.trustee import write_secret
from web.database.opening import open_database
from web.settings import Settings

app = typer.Typer(help="Voting credentials, made away from the server.", no_args_is_help=True)
MAX_ROLL = 256 << 20
FIELDS = ("member_no", "name", "credential")

Roll = Annotated[Path, typer.Argument(help="The roll of a contest, made by `roll`.")]
Private = Annotated[Path, typer.Option(help="New CSV file for the secrets; only you can read it.")]
Public = Annotated[Path, typer.Option(help="New file for the list that is published.")]


@app.command()
def roll(
    uuid: Annotated[str, typer.Argument(help="Identifier of the contest.")],
    out: Annotated[Path, typer.Option(help="New file; it holds names and addresses.")],
) -> None:
    """On the server: write the frozen roll of a contest for `issue`."""
    from web.api import credentials as credentials_api  # brings the whole site

    with _database() as database, database.read() as uow:
        content = dumps(credentials_api.roll(uuid, uow))
    write_secret(out, content.decode())
    typer.echo(f"{out}: for the registrar alone")


@app.command()
def publish(
    uuid: Annotated[str, typer.Argument(help="Identifier of the contest.")],
    public: Annotated[Path, typer.Argument(help="The list that `issue` made.")],
    replaces: Annotated[
        str, typer.Option(help="SHA-256 of the published list that this one takes the place of.")
    ] = "",
) -> None:
    """On the server: publish the public credentials of a contest."""
    from web.api import credentials as credentials_api  # brings the whole site

    with _database() as database, database.transaction(Actor("registrar")) as uow:
        found = credentials_api.publish(uuid, public.read_bytes().strip(), uow, replaces)
    typer.echo(f"{found['voters']} credentials are published")


@contextmanager
def _database() -> Iterator[Database]:
    database = open_database(Settings())
    try:
        yield database
    except (DomainError, BallotError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    finally:
        database.close()


@app.command()
def issue(
    file: Roll,
    private: Private,
    public: Public,
    mail: Annotated[
        bool, typer.Option("--mail", help="Send each voter a letter, by the mail settings.")
    ] = False,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Make nothing: mail the credentials that are there."),
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(help="What became of each letter; beside PRIVATE unless it is named."),
    ] = None,
) -> None:
    """Make a secret credential for each voter. Only the public list goes to the server.

    With --mail one refused address does not keep the others: the report says of each member
    number whether the letter was sent, and the command ends with 1 if one was not. Mend the
    addresses in the roll or the mail server, then run it again with --resume: who has got a
    letter gets no second one.
    """
    report = report or private.with_name(f"{private.stem}.mail.csv")
    try:
        contest = _read(file)
        made = _kept(contest, private, public) if resume else _made(contest, private, public)
    except (BallotError, DomainError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    addressed = sum(bool(voter["email"]) for voter, _secret in made)
    line = f"{len(made)} credentials"
    if not (mail or resume):
        typer.echo(f"{line}, {len(made)} to hand over on paper")
        return
    try:
        outcome = mailing.send(Settings(), contest, made, report)
    except (DomainError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    typer.echo(
        f"{line}, {outcome.sent} letters, {len(made) - addressed} to hand over on paper"
        + (f", {outcome.left} not sent" if outcome.left else "")
    )
    if outcome.left:
        typer.echo(f"Who got none, and why: {report}. Then run it again with --resume.", err=True)
        raise typer.Exit(1)


Made = list[tuple[dict[str, str], str]]


def _made(contest: dict[str, Any], private: Path, public: Path) -> Made:
    for new in (private, public):
        if new.exists():
            raise Invalid(
                f"{new} exists: nothing was made. Name a new file, or send what is there: --resume"
            )
    console = Console(stderr=True)
    made = [
        (voter, credentials.generate())
        for voter in track(contest["roll"], "credentials", console=console, transient=True)
    ]
    _write_private(private, made)
    public.write_bytes(_public_of(contest, made))
    return made


def _public_of(contest: dict[str, Any], made: Made) -> bytes:
    group = get_group(contest["group"])
    listed = [credentials.public_credential(group, contest["uuid"], secret) for _v, secret in made]
    return dumps(list(credentials.sort_public(group, listed)))


def _kept(contest: dict[str, Any], private: Path, public: Path) -> Made:
    """The credentials of an earlier run, with the addresses of this roll. That they are those of
    the public list is computed, so nobody is mailed a credential that does not count."""
    with private.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or set(rows[0]) != set(FIELDS):
        raise Invalid(f"{private} is not the file of secrets that this command writes")
    secrets = {row["member_no"]: row["credential"] for row in rows}
    numbers = [voter["member_no"] for voter in contest["roll"]]
    if len(secrets) != len(rows) or sorted(secrets) != sorted(numbers):
        raise Invalid(f"{private} is of other voters than the roll")
    made = [(voter, secrets[voter["member_no"]]) for voter in contest["roll"]]
    if public.read_bytes().strip() != _public_of(contest, made):
        raise Invalid(f"{public} is not the public list of the credentials in {private}")
    return made


def _read(path: Path) -> dict[str, Any]:
    value = loads_strict(path.read_bytes().strip(), path.name, max_bytes=MAX_ROLL)
    names = ("uuid", "code", "title_zh", "title_en", "group", "voters", "credentials", "reissued")
    fields = take_object(value, path.name, *names, "roll")
    get_group(take_text(fields["group"], "group"))
    for name in ("uuid", "code", "title_zh", "title_en"):
        take_text(fields[name], name)
    for i, voter in enumerate(take_list(fields["roll"], "roll")):
        place = f"roll[{i}]"
        take_object(voter, place, "member_no", "name", "email", "language")
        for name, text in voter.items():
            if text is not None:
                take_text(text, f"{place}.{name}")
    return fields


def _write_private(path: Path, made: Made) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(FIELDS)
        writer.writerows((voter["member_no"], voter["name"], secret) for voter, secret in made)
