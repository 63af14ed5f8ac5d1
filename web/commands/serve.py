"""mandate serve: the site, in one process or several."""

from __future__ import annotations

from typing import Annotated

import typer
import uvicorn

from audit import timestamps
from web.database.opening import open_database
from web.http import readiness
from web.http.server import options
from web.settings import Settings, unknown_variables


def _require_ready(settings: Settings) -> None:
    database = open_database(settings)
    found = readiness.problems(database) + readiness.open_to_others(settings.data_dir)
    database.close()
    for line in found:
        typer.echo(line, err=True)
    if found:
        raise typer.Exit(1)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    workers: Annotated[
        int, typer.Option(min=1, help="Processes; more than one needs PostgreSQL.")
    ] = 1,
) -> None:
    """Run the site. Put a server that speaks TLS in front of it."""
    settings = Settings()
    if workers > 1 and settings.database_url.startswith("sqlite"):
        typer.echo("Several workers need PostgreSQL: set MANDATE_DATABASE_URL.", err=True)
        raise typer.Exit(2)
    for name in unknown_variables():
        typer.echo(f"There is no setting {name}: it is not used.", err=True)
    if settings.tsa_url:
        timestamps.require_client()
    _require_ready(settings)
    uvicorn.run(
        "web.app:from_environment", host=host, port=port, workers=workers, **options(settings)
    )
