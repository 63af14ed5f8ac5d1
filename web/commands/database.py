"""mandate db: the tables."""

from __future__ import annotations

from pathlib import Path

import typer
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

import migrations
from audit.database import Database
from web.database.opening import open_database
from web.settings import Settings

app = typer.Typer(help="Make or change the tables of the database.", no_args_is_help=True)

UPGRADE = "mandate db upgrade"


def alembic_config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def upgrade_database(database: Database, revision: str = "head") -> None:
    with database.engine.begin() as connection:
        command.upgrade(alembic_config(connection), revision)


def is_current(database: Database) -> bool:
    """The tables are those of this version of the program."""
    heads = set(ScriptDirectory.from_config(alembic_config()).get_heads())
    with database.engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == heads


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
