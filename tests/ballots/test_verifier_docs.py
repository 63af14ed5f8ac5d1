"""docs/verifier.md lists exactly the checks that there are."""

from __future__ import annotations

from pathlib import Path

from ballots.checks import CHECKS

DOCUMENT = Path(__file__).parents[2] / "docs" / "verifier.md"


def table() -> str:
    """The table as it must stand in the document."""
    rows = ["| number | check | speaks | what it protects from |", "|---|---|---|---|"]
    for check in sorted(CHECKS.values(), key=lambda check: check.number):
        level = "warns" if check.warning else "refuses"
        rows.append(f"| {check.number} | `{check.name}` | {level} | {check.protects_from} |")
    return "\n".join(rows)


def test_the_document_has_every_check() -> None:
    assert table() in DOCUMENT.read_text()
