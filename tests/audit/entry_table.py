"""The table of entry types in docs/log.md, made from their declarations.

python -m tests.audit.entry_table    writes it anew
"""

from __future__ import annotations

import re
from pathlib import Path

import accountability.entries
import audit.types
import voting.entries
import voting.registry.entries
import web.identity.entries
from audit.entries import TYPES, Entry

ROOMS = (
    audit.types,
    voting.entries,
    voting.registry.entries,
    accountability.entries,
    web.identity.entries,
)
PAGE = Path(__file__).parents[2] / "docs" / "log.md"
_PART = re.compile(r"(?<=<!-- entries -->\n).*(?=<!-- end -->)", re.DOTALL)


def declared() -> dict[str, type[Entry]]:
    """Those of the product; tests declare some of their own."""
    rooms = {room.__name__ for room in ROOMS}
    return {name: entry for name, entry in TYPES.items() if entry.__module__ in rooms}


def table() -> str:
    lines = ["", "| type | log | subject | says | fields |", "|---|---|---|---|---|"]
    for name, entry in sorted(declared().items()):
        says = f"{entry.TEXT}{' Time to the hour.' if entry.COARSE else ''}"
        fields = ", ".join(f"`{field}` ({kind.name})" for field, kind in entry.FIELDS.items())
        cells = (f"`{name}`", entry.LOG, f"`{entry.SUBJECT}`", says, fields or "none")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n\n"


def written() -> str:
    found = _PART.search(PAGE.read_text())
    assert found is not None, "docs/log.md lacks the marks between which the table goes"
    return found[0]


if __name__ == "__main__":
    PAGE.write_text(_PART.sub(lambda _: table(), PAGE.read_text()))
