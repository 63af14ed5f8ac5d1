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
from audit.errors import DomainError
from ballots import BallotError, credentials
from ballots.encoding import dumps, loads_strict, take_list, take_object, take_text
from ballots.group import get_group
from web.commands.trustee import write_secret
from web.database.opening import open_database
from web.mail.credential_letters import letter
from web.mail.mailer import make_transport
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
) -> None:
    """On the server: publish the public credentials of a contest."""
    from web.api import credentials as credentials_api  # brings the whole site

    with _database() as database, database.transaction(Actor("registrar")) as uow:
        found = credentials_api.publish(uuid, public.read_bytes().strip(), uow)
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
) -> None:
    """Make a secret credential for each voter. Only the public list goes to the server."""
    try:
        contest = _read(file)
    except (BallotError, OSError) as error:
        typer.echo(f"{file}: {error}", err=True)
        raise typer.Exit(2) from None
    for new in (private, public):
        if new.exists():
            typer.echo(f"{new} exists: nothing was made. Name a new file.", err=True)
            raise typer.Exit(2)
    console = Console(stderr=True)
    group = get_group(contest["group"])
    made = [
        (voter, credentials.generate())
        for voter in track(contest["roll"], "credentials", console=console, transient=True)
    ]
    listed = [credentials.public_credential(group, contest["uuid"], secret) for _v, secret in made]
    _write_private(private, made)
    public.write_bytes(dumps(list(credentials.sort_public(group, listed))))
    sent = _send(contest, made, console) if mail else 0
    typer.echo(f"{len(made)} credentials, {sent} letters, {len(made) - sent} to hand over on paper")


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


def _write_private(path: Path, made: list[tuple[dict[str, str], str]]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(FIELDS)
        writer.writerows((voter["member_no"], voter["name"], secret) for voter, secret in made)


def _send(contest: dict[str, Any], made: list[tuple[dict[str, str], str]], console: Console) -> int:
    settings = Settings()
    transport = make_transport(settings)
    sent = 0
    for voter, secret in track(made, "letters", console=console, transient=True):
        message = letter(settings, contest, voter, secret)
        if message is not None:
            transport.send(message)
            sent += 1
    return sent
