"""Every text that a person may read, with the file it stands in.

`python -m tests.web.messages [part of a path]` prints the ones that lack Chinese, ready for a .po.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from jinja2 import Environment

ROOT = Path(__file__).parents[2]
ROOMS = ("audit", "voting", "accountability", "web")
MARKS = {"_", "N_", "gettext", "ngettext"}
ERRORS = {"DomainError", "NotFound", "Forbidden", "Conflict", "Invalid", "TooLate"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@cache
def all_messages() -> dict[str, set[str]]:
    """English text -> files."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "web" / "templates").rglob("*.html")):
        for text in _of_template(path):
            found.setdefault(text, set()).add(str(path.relative_to(ROOT)))
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for text in _of_python(path):
                found.setdefault(text, set()).add(str(path.relative_to(ROOT)))
    return found


def _of_template(path: Path) -> Iterator[str]:
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for _line, _function, message in environment.extract_translations(path.read_text()):  # type: ignore[attr-defined]
        first = message[0] if isinstance(message, tuple) else message
        if isinstance(first, str):
            yield first


def error_names(tree: ast.AST) -> set[str]:
    """The errors of the domain, and classes of this file that derive from them."""
    names = set(ERRORS)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(_name(base) in names for base in node.bases):
            names.add(node.name)
    return names


@cache
def _all_error_names() -> frozenset[str]:
    names: set[str] = set()
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            names |= error_names(ast.parse(path.read_text()))
    return frozenset(names)


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _of_python(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        name = _name(node.func)
        if node.args and name in MARKS | _all_error_names():
            yield from _texts(node.args[0])
        if name == "Kind":  # of a problem in a file: the outcome, what it is, what to do
            for argument in node.args[1:]:
                yield from _texts(argument)
        if name == "declare":
            for keyword in node.keywords:
                if keyword.arg == "text":
                    yield from _texts(keyword.value)


def _texts(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)


@cache
def computed() -> set[str]:
    """All texts of the program: some are chosen by a table and reach gettext as a variable."""
    return {
        " ".join(node.value.split())  # a docstring is folded when it is read
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def missing(part: str = "") -> dict[str, set[str]]:
    from web.texts.i18n import catalogue

    known = catalogue()
    return {
        text: files
        for text, files in all_messages().items()
        if text and not known.get(text) and any(part in file for file in files)
    }


if __name__ == "__main__":
    for text, files in missing(*sys.argv[1:2]).items():
        sys.stdout.write(f"#: {' '.join(sorted(files))}\n")
        sys.stdout.write(f'msgid {json.dumps(text, ensure_ascii=False)}\nmsgstr ""\n\n')
