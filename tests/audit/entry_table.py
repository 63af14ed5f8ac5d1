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
import web.entries
from audit.entries import TYPES

ROOMS = (
    audit.types,
    voting.entries,
    voting.registry.entries,
    accountability.entries,
    web.entries,
)
PAGE = Path(__file__).parents[2] / "docs" / "log.md"
_PART = re.compile(r"(?<=<!-- entries -->\n).*(?=<!-- end -->)", re.DOTALL)


def table() -> str:
    """Of the product only: the types that tests declare are not in a room."""
    names = {name for room in ROOMS for name in dir(room)}
    assert names  # the imports above are what declares the types
    lines = ["", "| type | log | says | fields |", "|---|---|---|---|"]
    for name in sorted(TYPES):
        kind = TYPES[name]
        if name.startswith(("test.", "bench.")):
            continue
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
