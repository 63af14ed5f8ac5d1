"""The deliberate differences as docs/verifier.md lists them.

python -m tests.interop.table
"""

from __future__ import annotations

import sys

from ballots.checks import CHECKS
from tests.interop.differences import STRICTER, WARNED


def table() -> str:
    """Rows in the order of the checks' numbers."""
    rows = ["| check | belenios-tool 3.3.0 | Mandate |", "|---|---|---|"]
    told = {check: (row.reason, "refuses") for check, row in STRICTER.items()}
    told |= {check: (f"refuses {what}", "warns") for check, what in WARNED.items()}
    for check in sorted(told, key=lambda name: CHECKS[name].number if name in CHECKS else 0):
        what, does = told[check]
        number = f"{CHECKS[check].number} `{check}`" if check in CHECKS else "unreadable"
        rows.append(f"| {number} | {what} | {does} |")
    return "\n".join(rows)


if __name__ == "__main__":
    sys.stdout.write(f"{table()}\n")
