"""mandate demo: a seeded organisation to look around in, or a whole term without a person."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from audit.clock import day_of, utc_now
from web.demo import script as script_
from web.demo import tour
from web.settings import Settings


def demo(
    script: Annotated[
        bool, typer.Option("--script", help="Run a whole term without a person, and end.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the records and the log; with --script.")
    ] = None,
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port of the site on this machine.")
    ] = 8000,
    data: Annotated[Path, typer.Option(help="Where the demonstration keeps its data.")] = Path(
        "var/demo"
    ),
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew, and forget what is in the data folder.")
    ] = False,
) -> None:
    """Serve a seeded organisation in the middle of a term, on this machine only."""
    console = Console(stderr=True, highlight=False)
    if not script:
        try:
            tour.serve(data, port, fresh, console)
        except tour.CannotServeError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(2) from None
        return
    if out is None:
        typer.echo("--script needs --out DIR, a folder that does not exist yet.", err=True)
        raise typer.Exit(2)
    if out.exists() and any(out.iterdir()):
        typer.echo(f"{out} is not empty: nothing was changed. Name a new folder.", err=True)
        raise typer.Exit(2)
    with console.status("a term of five years") as status:
        today = day_of(utc_now(), Settings().zone)
        codes = script_.run_term(out, today, lambda text: _say(status, text))
    console.print(f"{len(codes)} elections are certified: {', '.join(codes)}")
    typer.echo(f"mandate verify {out}")


def _say(status: object, text: str) -> None:
    status.update(text)  # type: ignore[attr-defined]
    status.console.print(f"  {text}", style="dim")  # type: ignore[attr-defined]
