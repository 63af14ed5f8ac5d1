"""mandate archive: look into archives, and compare an old one with a new one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ballots import BallotError
from ballots.archive import Reader, UnreadableError, diff, steps
from ballots.verifier import INVALID, UNREADABLE
from web.commands.progress import ERRORS
from web.texts.verdicts import printable

app = typer.Typer(help="Archives of elections (.bel).", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@contextmanager
def judged() -> Iterator[None]:
    """What is refused ends with 1, what cannot be read with 2, each with its reason."""
    try:
        yield
    except (UnreadableError, OSError) as error:
        ERRORS.print(printable(str(error)), style="red", markup=False)
        raise typer.Exit(UNREADABLE) from None
    except BallotError as error:
        ERRORS.print(printable(str(error)), style="red", markup=False)
        raise typer.Exit(INVALID) from None


@app.command("diff")
def compare(old: Path, new: Path, as_json: AsJson = False) -> None:
    """Prove that NEW only extends OLD: nothing removed, exchanged or inserted."""
    with judged():
        extension = diff(old, new)
    if as_json:
        typer.echo(json.dumps(asdict(extension)))
        return
    added = ", ".join(f"{count} {type_}" for type_, count in extension.added.items())
    typer.echo(f"NEW contains all {extension.old_events} events of OLD; added: {added or 'none'}")


@app.command()
def show(path: Path, as_json: AsJson = False) -> None:
    """List the events of an archive. Container and chain are checked, proofs are not."""
    found: Counter[str] = Counter()
    with judged(), path.open("rb") as stream:
        for step in steps(Reader(stream)):
            found[step.event.type] += 1
            if not as_json:
                typer.echo(f"{step.event.height:>8} {step.event.type:<18} {step.digest}")
    if as_json:
        typer.echo(json.dumps({"events": found.total(), "types": dict(found)}))
    else:
        typer.echo(f"{found.total()} events")
