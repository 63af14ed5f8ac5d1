"""The command `mandate`: each area adds its commands here, by name."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from web import __version__
from web.commands.lazy import Lazy, group_of

SERVER = "server"

COMMANDS = {
    # what an auditor, a trustee or a voter runs: the base installation has them
    "verify": Lazy("web.commands.verify:verify", "Verify an election from what it has published."),
    "log": Lazy("web.commands.log:app", "The audit log."),
    "receipt": Lazy("web.commands.receipt:app", "Receipts for ballots."),
    "ballot": Lazy("web.commands.ballot:app", "Ballots: check one, or look into an opened one."),
    "archive": Lazy("web.commands.archive:app", "Archives of elections (.bel)."),
    "trustee": Lazy(
        "web.commands.trustee:app", "What a trustee does, on the trustee's own machine."
    ),
    "witness": Lazy("web.commands.witness:app", "Cosign the logs of others."),
    "checker": Lazy(
        "web.commands.checker:checker",
        "Build the page that checks opened ballots and receipts, apart from the voting service.",
    ),
    # what runs a site
    "demo": Lazy(
        "web.commands.demo:demo",
        "Serve a seeded organisation in the middle of a term, on this machine only.",
        "demo",
    ),
    "serve": Lazy(
        "web.commands.serve:serve",
        "Run the site. Put a server that speaks TLS in front of it.",
        SERVER,
    ),
    "db": Lazy("web.commands.database:app", "Make or change the tables of the database.", SERVER),
    "user": Lazy("web.commands.users:app", "Accounts of officials and members.", SERVER),
    "roll": Lazy("web.commands.roll:app", "The roll of members.", SERVER),
    "election": Lazy("web.commands.election:app", "Elections: set up, run, publish.", SERVER),
    "credentials": Lazy(
        "web.commands.credentials:app", "Voting credentials, made away from the server.", SERVER
    ),
    "year": Lazy("web.commands.year:app", "A year of the term: places, meetings, duties.", SERVER),
}

app = typer.Typer(
    name="mandate",
    cls=group_of(COMMANDS),
    help="The whole term of a mandate in a member organisation, so that anyone can check it.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # they hold passwords and keys
    add_completion=False,
)


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
    os.umask(0o077)  # databases, logs and keys are nobody else's
