"""mandate db: the tables."""

from __future__ import annotations

import typer
from alembic import command

from web.database.opening import open_database
from web.database.schema import UPGRADE, alembic_config, is_current, upgrade_database
from web.settings import Settings

app = typer.Typer(help="Make or change the tables of the database.", no_args_is_help=True)


@app.command()
def upgrade(revision: str = "head") -> None:
    """Bring the tables to the newest version, or to REVISION."""
    settings = Settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = open_database(settings)
    try:
        upgrade_database(database, revision)
    finally:
        database.close()
    typer.echo("The tables are up to date.")


@app.command()
def downgrade(revision: str) -> None:
    """Take the tables back to REVISION. Data that only newer tables hold is lost."""
    settings = Settings()
    database = open_database(settings)
    try:
        with database.engine.begin() as connection:
            command.downgrade(alembic_config(connection), revision)
    finally:
        database.close()
    typer.echo(f"The tables are those of {revision}.")


@app.command()
def check() -> None:
    """Exit with 1 when the tables are not those of this version."""
    database = open_database(Settings())
    try:
        current = is_current(database)
    finally:
        database.close()
    if not current:
        typer.echo(f"The tables are not those of this version: run  {UPGRADE}", err=True)
        raise typer.Exit(1)
    typer.echo("The tables are those of this version.")
