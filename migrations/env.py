"""Alembic's entry: one connection, one transaction, and no long wait for a lock."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, text

import web.database.tables  # noqa: F401 - every table of the product registers itself
from audit.database import Base, Database
from migrations.rendering import as_plain
from web.settings import Settings


def migrate(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # a migration that cannot have its lock at once gives way to the people who vote
        connection.execute(text("SET lock_timeout = '5s'"))
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_server_default=True,
        render_item=as_plain,
    )
    with context.begin_transaction():
        context.run_migrations()


def run() -> None:
    given = context.config.attributes.get("connection")
    if given is not None:
        migrate(given)
        return
    database = Database(Settings().database_url)
    with database.engine.begin() as connection:
        migrate(connection)


run()
