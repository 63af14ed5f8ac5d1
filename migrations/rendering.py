"""How types of ours stand in a migration."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import DefaultClause, False_, True_

from audit.database import UtcDateTime

_TRUTH: dict[type, str] = {False_: "sa.false()", True_: "sa.true()"}


def as_plain(kind: str, item: object, _context: object) -> str | Literal[False]:
    """A migration must not depend on the program's own types, which move on."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "server_default" and isinstance(item, DefaultClause):
        # alembic would write it as the database at hand spells it: 0, which PostgreSQL refuses
        return _TRUTH.get(type(item.arg), False)
    return False
