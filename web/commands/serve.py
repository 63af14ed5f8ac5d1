"""mandate serve: the site, in one process or several."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated, Any

import typer
import uvicorn

from web.database.opening import open_database
from web.http import readiness
from web.settings import Settings, unknown_variables

MAX_HEAD = 32 * 1024  # bytes of a request that are not its body


def _require_ready(settings: Settings) -> None:
    database = open_database(settings)
    found = readiness.problems(database)
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
    _require_ready(settings)
    uvicorn.run(
        "web.app:from_environment", host=host, port=port, workers=workers, **options(settings)
    )


def options(settings: Settings) -> dict[str, Any]:
    """How uvicorn serves this site, here and where it is measured."""
    return {
        **limits(),
        "factory": True,
        "loop": "auto",  # uvloop where it is installed
        "proxy_headers": bool(settings.trusted_proxies),
        "forwarded_allow_ips": settings.trusted_proxies,
        "log_level": settings.log_level,
    }


def limits() -> dict[str, Any]:
    """What one client may take of a server: of the site, and of a witness."""
    fast = find_spec("httptools") is not None
    return {
        "http": "web.http.protocol:BoundedProtocol" if fast else "h11",
        "h11_max_incomplete_event_size": MAX_HEAD,
        "access_log": False,  # it would keep addresses and paths
        "server_header": False,
        "timeout_keep_alive": 15,
        "timeout_graceful_shutdown": 30,
        "limit_concurrency": 1000,
    }
