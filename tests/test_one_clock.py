"""There is one clock and one zone: what reads another one, or guesses a day, is named here."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("ballots", "audit", "voting", "accountability", "web")
CLOCK = "audit/clock.py"
# each with its reason; an exception that nothing needs any more fails
ALLOWED = {
    ("audit/models.py", "replace(tzinfo)"): "SQLite gives back what was stored as UTC, bare",
    ("audit/kinds.py", "replace(tzinfo)"): "an entry's time ends in Z, which strptime drops",
    ("voting/ballot_box.py", "replace(tzinfo)"): "rows read without the ORM: stored as UTC, bare",
    ("voting/registry/importing/normalise.py", ".date()"): "a cell of a sheet is no instant",
    ("voting/registry/importing/reading.py", "datetime.combine"): "a cell of a sheet, in words",
    ("web/pages/commission/checklist.py", "datetime.combine"): "a proposal in a form",
}


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _of_call(node: ast.Call) -> str | None:
    """What this call does with clocks, days or zones that only audit.clock may do."""
    name = _name(node.func)
    owner = _name(node.func.value) if isinstance(node.func, ast.Attribute) else ""
    keywords = {keyword.arg for keyword in node.keywords}
    given = {keyword.arg for keyword in node.keywords} | set(range(len(node.args)))
    found = {
        ".date()": name == "date" and isinstance(node.func, ast.Attribute) and not given,
        "datetime.now": owner in {"datetime", "date"} and name in {"now", "utcnow", "today"},
        "datetime.combine": owner == "datetime" and name == "combine",
        "replace(tzinfo)": name == "replace" and "tzinfo" in keywords,
        "astimezone()": name == "astimezone" and not given,
        "naive fromtimestamp": name == "fromtimestamp" and given == {0},
        "utcfromtimestamp": name == "utcfromtimestamp",
        "system clock": owner == "time" and name in {"localtime", "gmtime", "ctime", "strftime"},
        "ZoneInfo": name == "ZoneInfo",
        "fixed zone": name == "timezone" and bool(node.args),
        "database's day": name in {"current_date", "current_timestamp"},
    }
    return next((kind for kind, is_it in found.items() if is_it), None)


def breaches(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (kind := _of_call(node)):
            yield node.lineno, kind
        day = isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice)
        if day and isinstance(node.value, ast.Call) and _name(node.value.func) == "isoformat":
            yield node.lineno, "isoformat()[:]"


def _all() -> Iterator[tuple[str, int, str]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if name != CLOCK and "node_modules" not in name:
                for line, kind in breaches(ast.parse(path.read_text("utf-8"))):
                    yield name, line, kind


def test_one_clock_one_zone_one_day() -> None:
    found = list(_all())
    wrong = [f"{name}:{line} {kind}" for name, line, kind in found if (name, kind) not in ALLOWED]
    assert not wrong, "use uow.now, uow.today, uow.day_of or audit.clock"
    assert {(name, kind) for name, _, kind in found} == set(ALLOWED)


def test_the_database_is_opened_with_the_zone_of_the_settings() -> None:
    for path in (ROOT / "web").rglob("*.py"):
        if path == ROOT / "web" / "database" / "opening.py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            opens = isinstance(node, ast.Call) and _name(node.func) == "Database"
            assert not opens, f"{path}:{node.lineno}: use web.database.opening"


@pytest.mark.parametrize(
    "line",
    [
        "uow.now.date()", "election.opens_at.date()", "datetime.now(UTC)", "date.today()",
        "datetime.utcnow()", "datetime.combine(day, clock)", "now.replace(tzinfo=zone)",
        "now.astimezone()", "datetime.fromtimestamp(0)", "time.localtime()", "ZoneInfo('UTC')",
        "timezone(timedelta(hours=8))", "func.current_date()", "now.isoformat()[:10]",
        "f().date()",
    ],
)  # fmt: skip
def test_the_lint_can_fail(line: str) -> None:
    assert list(breaches(ast.parse(line)))


def test_the_lint_lets_pass_what_is_right() -> None:
    right = (
        "uow.today\ndate(2026, 1, 1)\nuow.day_of(x)\nfromtimestamp(0, UTC)\ntext.replace('a', 'b')"
    )
    assert not list(breaches(ast.parse(right)))
