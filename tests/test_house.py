"""The house's own rules that no linter knows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PURE = [
    *sorted((ROOT / "ballots").rglob("*.py")),
    *(ROOT / "audit" / f"{name}.py" for name in ("merkle", "note", "tiles", "entries")),
    *sorted((ROOT / "voting" / "rules").rglob("*.py")),
    ROOT / "accountability" / "scorecards.py",
]
ROOMS = ("ballots", "audit", "voting", "accountability", "web")
CLOCKS = {"now", "utcnow", "today", "time", "monotonic", "time_ns", "localtime", "gmtime"}


def _calls(tree: ast.AST) -> Iterator[tuple[int, str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield node.lineno, node.value.id, node.attr


@pytest.mark.parametrize("path", PURE, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_protocol_reads_no_clock_and_no_environment(path: Path) -> None:
    for line, owner, name in _calls(ast.parse(path.read_text("utf-8"))):
        clock = owner in {"datetime", "date", "time"} and name in CLOCKS
        environment = owner == "os" and name in {"environ", "getenv"}
        assert not (clock or environment), f"{path}:{line} reads {owner}.{name}"


@pytest.mark.parametrize("room", ROOMS)
def test_only_settings_reads_the_environment(room: str) -> None:
    for path in (ROOT / room).rglob("*.py"):
        if path == ROOT / "web" / "settings.py" or "frontend" in path.parts:
            continue  # the front end's build is no part of the program
        for line, owner, name in _calls(ast.parse(path.read_text("utf-8"))):
            read = owner == "os" and name in {"environ", "getenv"}
            assert not read, f"{path}:{line} reads the environment: that is web/settings.py's work"


def test_the_checks_of_this_file_can_fail() -> None:
    tree = ast.parse("import os, datetime\nos.environ['A']\ndatetime.now()")
    assert {(o, n) for _, o, n in _calls(tree)} == {("os", "environ"), ("datetime", "now")}
