"""What is installed is written down: declared in pyproject.toml, and locked with hashes."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCKS = {path.stem: path.read_text() for path in (ROOT / "requirements").glob("*.txt")}
TOLD = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = TOLD["project"]
EXTRAS = PROJECT["optional-dependencies"]
ROOMS = ("accountability", "audit", "ballots", "migrations", "voting", "web")


def needs(name: str, table: dict[str, list[object]]) -> list[Requirement]:
    """Of an extra or a group, with those that it includes."""
    found = []
    for need in table[name]:
        if isinstance(need, dict):
            found += needs(need["include-group"], table)
        elif (requirement := Requirement(str(need))).name == PROJECT["name"]:
            found += [one for extra in requirement.extras for one in needs(extra, EXTRAS)]
        else:
            found.append(requirement)
    return found


BASE = [Requirement(need) for need in PROJECT["dependencies"]]
GROUPS = TOLD["dependency-groups"]
WANTED = {
    "demo": [*BASE, *needs("demo", EXTRAS), *needs("build", GROUPS)],
    "test": [*BASE, *needs("dev", GROUPS)],
    "node": needs("node", GROUPS),
    "database": needs("database", GROUPS),
}


def pinned(lock: str) -> dict[str, set[str]]:
    """Versions; there are two of what has another one for an older Python."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([\w.!+-]+)", LOCKS[lock], re.MULTILINE):
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found


@pytest.mark.parametrize("lock", sorted(LOCKS))
def test_a_lock_has_hashes_and_names_no_place(lock: str) -> None:
    """What pip looks up is a name, a version and a hash: never a host, a path or an option."""
    pin = r"[\w.-]+==[\w.!+-]+( ; [\w\s.'=!<>()]+)? \\\n"
    hashes = r"    --hash=sha256:[0-9a-f]{64}( \\\n    --hash=sha256:[0-9a-f]{64})*\n"
    assert re.fullmatch(f"({pin}{hashes})+", LOCKS[lock])


@pytest.mark.parametrize("lock", sorted(LOCKS))
def test_a_lock_has_all_that_is_declared(lock: str) -> None:
    """When this fails: make lock"""
    versions = pinned(lock)
    for need in WANTED[lock]:
        assert any(v in need.specifier for v in versions[canonicalize_name(need.name)]), need


def test_the_demonstration_is_what_is_tested_and_has_none_of_the_tools() -> None:
    demo, tested = pinned("demo"), pinned("test")
    assert demo.items() <= tested.items()
    assert not demo.keys() & {"pytest", "playwright", "mypy", "ruff", "hypothesis", "atheris"}


def test_what_is_imported_is_declared() -> None:
    declared = {canonicalize_name(need.name) for need in [*BASE, *needs("all", EXTRAS)]}
    homes = packages_distributions()
    undeclared = set()
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            for name in _imported(path) - set(ROOMS) - sys.stdlib_module_names:
                if not declared & {canonicalize_name(home) for home in homes.get(name, [name])}:
                    undeclared.add(f"{path.relative_to(ROOT)}: {name}")
    assert not undeclared


def _imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found
