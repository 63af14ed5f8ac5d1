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
from audit.entries import EntryType

ROOMS = (
    audit.types,
    voting.entries,
    voting.registry.entries,
    accountability.entries,
    web.identity.entries,
)
PAGE = Path(__file__).parents[2] / "docs" / "log.md"
_PART = re.compile(r"(?<=<!-- entries -->\n).*(?=<!-- end -->)", re.DOTALL)


def declared() -> dict[str, EntryType]:
    """The types of the product; tests declare some of their own."""
    found = [kind for room in ROOMS for kind in vars(room).values() if isinstance(kind, EntryType)]
    return {kind.name: kind for kind in found}


def table() -> str:
    lines = ["", "| type | log | says | fields |", "|---|---|---|---|"]
    for name, kind in sorted(declared().items()):
        time = " Time to the hour." if kind.coarse_time else ""
        fields = ", ".join(f"`{field}` ({what.name})" for field, what in kind.fields.items())
        lines.append(f"| `{name}` | {kind.log} | {kind.text}{time} | {fields or 'none'} |")
    return "\n".join(lines) + "\n\n"


def written() -> str:
    found = _PART.search(PAGE.read_text())
    assert found is not None, "docs/log.md lacks the marks between which the table goes"
    return found[0]


if __name__ == "__main__":
    PAGE.write_text(_PART.sub(lambda _: table(), PAGE.read_text()))
