"""The command `mandate`. Each area adds its commands here, by name."""

from __future__ import annotations

from typing import Annotated

import typer

from web import __version__
from web.commands import (
    archive,
    ballot,
    credentials,
    database,
    demo,
    election,
    log,
    receipt,
    roll,
    serve,
    trustee,
    users,
    verify,
    witness,
    year,
)

app = typer.Typer(
    name="mandate",
    help="The whole term of a mandate in a member organisation, so that anyone can check it.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # they hold passwords and keys
    add_completion=False,
)

app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("verify")(verify.verify)
app.add_typer(archive.app, name="archive")
app.add_typer(ballot.app, name="ballot")
app.add_typer(credentials.app, name="credentials")
app.add_typer(database.app, name="db")
app.add_typer(election.app, name="election")
app.add_typer(log.app, name="log")
app.add_typer(receipt.app, name="receipt")
app.add_typer(roll.app, name="roll")
app.add_typer(trustee.app, name="trustee")
app.add_typer(users.app, name="user")
app.add_typer(witness.app, name="witness")
app.add_typer(year.app, name="year")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mandate {__version__}")
        raise typer.Exit


@app.callback()
def main(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    pass
