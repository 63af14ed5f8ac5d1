"""`make migration`: write the one migration anew from the models, while nothing is released.

Alembic's autogenerate against an empty database gives tables, constraints and indexes. Triggers and
functions it does not see: models hang them on their table or on the metadata as SQLAlchemy's `DDL`
(`after_create`, `before_drop`, `after_drop`), and they are copied from there. The identity of the
revision is a hash of what it does, so a database made from other models is known as not current.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.operations.ops import DowngradeOps, UpgradeOps
from sqlalchemy import DDL, MetaData, Table, create_engine
from sqlalchemy.pool import StaticPool

import web.database.tables  # noqa: F401 - every table of the product registers itself
from audit.database import Base
from migrations.rendering import as_plain

PATH = Path(__file__).parent / "versions" / "2026_11_28_initial.py"

HEAD = '''"""initial: written by `make migration` from the models, not by hand

Revision: {revision}, after nothing
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = None
branch_labels = None
depends_on = None


'''

RUN = """

def _run(statement: str, dialects: tuple[str, ...]) -> None:
    if not dialects or op.get_bind().dialect.name in dialects:
        op.get_bind().exec_driver_sql(statement)
"""


def source(metadata: MetaData = Base.metadata, leave_out: str | None = None) -> str:
    """The text of the migration. Tables whose names begin with `leave_out` are not in it."""
    upgrade, downgrade = _tables(metadata, leave_out)
    tables = [t for t in metadata.sorted_tables if _kept(t.name, leave_out)]
    upgrade += _calls(_statements([*tables, metadata], "after_create"))
    before = _calls(_statements([metadata, *reversed(tables)], "before_drop"))
    after = _calls(_statements([*reversed(tables), metadata], "after_drop"))
    downgrade = before + downgrade + after
    body = f"def upgrade() -> None:\n{upgrade}\n\ndef downgrade() -> None:\n{downgrade}"
    if "_run(" in body:
        body += RUN
    return HEAD.format(revision=hashlib.sha256(body.encode()).hexdigest()[:12]) + body


def _tables(metadata: MetaData, leave_out: str | None) -> tuple[str, str]:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    options = {
        "compare_server_default": True,
        "render_item": as_plain,
        "include_name": lambda name, kind, _parents: kind != "table" or _kept(name, leave_out),
        "include_object": lambda _o, name, kind, *_more: kind != "table" or _kept(name, leave_out),
    }
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        script = produce_migrations(context, metadata)
    return _rendered(script.upgrade_ops), _rendered(script.downgrade_ops)


def _rendered(operations: UpgradeOps | DowngradeOps | None) -> str:
    if operations is None:
        raise ValueError("alembic found nothing to do")
    code = render_python_code(operations, render_item=as_plain)
    return "".join(f"    {line}\n" if line.strip() else "\n" for line in code.splitlines())


def _kept(name: str | None, leave_out: str | None) -> bool:
    return leave_out is None or not (name or "").startswith(leave_out)


def _of_sqlalchemy(listener: object) -> bool:
    """A method of one of its own types, perhaps with arguments filled in."""
    found = getattr(listener, "func", listener)
    return hasattr(found, "__self__") or type(found).__module__.startswith("sqlalchemy.")


def _statements(targets: Iterable[Table | MetaData], moment: str) -> Iterator[DDL]:
    for target in targets:
        for listener in getattr(target.dispatch, moment):
            if isinstance(listener, DDL):
                yield listener
            elif not _of_sqlalchemy(listener):
                raise TypeError(f"{target!r}: {moment} is to be a DDL, not {listener!r}")


def _calls(statements: Iterable[DDL]) -> str:
    return "".join(f"    _run({s.statement!r}, {_dialects(s)!r})\n" for s in statements)


def _dialects(statement: DDL) -> tuple[str, ...]:
    """What `execute_if(dialect=...)` said."""
    condition = statement._ddl_if
    named = condition.dialect if condition is not None else None
    if condition is not None and condition.callable_ is not None:
        raise TypeError(f"a migration cannot keep the condition of {statement.statement!r}")
    return (named,) if isinstance(named, str) else tuple(named or ())


def main() -> None:
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(source())
    for other in set(PATH.parent.glob("*_initial.py")) - {PATH}:
        other.unlink()
    for check in (["check", "--fix"], ["format"]):
        subprocess.run([sys.executable, "-m", "ruff", *check, "--quiet", PATH], check=True)  # noqa: S603
    print(f"written: {PATH}")  # noqa: T201


if __name__ == "__main__":
    main()
