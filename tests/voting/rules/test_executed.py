"""An adopted rule that nothing executes is a false statement with a signature on it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from voting.rules import schema
from voting.rules.schema import BothLanguages, Citation, Fraction, Profile, Threshold

ROOT = Path(__file__).parents[3]
SCHEMA = ROOT / "voting" / "rules" / "schema.py"

# What a body adopts and nothing in the product reads yet, with the reason. It may only shrink: who
# executes one takes its line away, and a new parameter is executed or it is not added.
WAITS = {
    "order": "candidates stand as nominated; no strokes, pinyin or lot for each ballot",
    "certification.declares": "a wording; the commission declares, whatever it says",
    "certification.reports": "a wording; nobody is asked for a report",
    "certification.certifies": "a wording; the role `certifier` certifies, whatever it says",
    "certification.independent_scrutineer": "there is no such role and no report of one",
    "monotone.marks": "a statement on the profile; only tests hold it to it, no page shows it",
    "monotone.turnout": "a statement on the profile; only tests hold it to it, no page shows it",
    "monotone.note": "a statement on the profile; only tests hold it to it, no page shows it",
}
MOST_WAITING = 8
# Read, so the walk does not see them, and executed in part only.
PARTLY = {
    "marks.write_in": "the count reads it; booth and paper offer no place for another person",
    "disclosure.small_electorate": "`merge` and `aggregate` do the same: the commission chooses",
}
NAMES = {"format", "id"}  # say which profile it is, and rule nothing

VALUES = (BothLanguages, Fraction, Threshold)  # one parameter, whatever it is made of
CALLED = {"bands": ("band",), "citations": ("citation",)}  # one of a list
PROFILE = ("profile", "profile_of", "p")


def parameters(model: type[BaseModel] = Profile, path: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        nested = [part for part in _models(field.annotation) if part not in VALUES]
        if not nested:
            yield path + name
        for part in nested:
            yield from parameters(part, f"{path}{name}.")


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _reads(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """`a.b.c` and `a(x).b.c` read b of a, and c of b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            of = node.value.func if isinstance(node.value, ast.Call) else node.value
            name = getattr(of, "attr", getattr(of, "id", ""))
            yield name, node.attr


def product_reads() -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for room in ("voting", "web"):
        for path in (ROOT / room).rglob("*.py"):
            if path != SCHEMA and "node_modules" not in path.parts:
                found.update(_reads(ast.parse(path.read_text(encoding="utf-8"))))
    for path in (ROOT / "web" / "templates").rglob("*.html"):
        for shown in re.findall(r"\{[{%](.*?)[%}]\}", path.read_text(encoding="utf-8"), re.S):
            found.update(re.findall(r"(?=\b(\w+)\.(\w+))", shown))
    return found | set(_through_methods({name for _, name in found}))


def _through_methods(used: set[str]) -> Iterator[tuple[str, str]]:
    """What a method of the profile reads is read where the product calls the method."""
    for node in ast.parse(SCHEMA.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) and node.name == "Profile":
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and method.name in used:
                    for of, name in _reads(method):
                        yield ("profile" if of == "self" else of), name


def unread() -> set[str]:
    found = product_reads()
    return {path for path in parameters() if not _is_read(path, found)} - NAMES


def _is_read(path: str, found: set[tuple[str, str]]) -> bool:
    parent, _, name = path.rpartition(".")
    part = parent.rpartition(".")[2]
    return any((of, name) in found for of in CALLED.get(part, (part,) if part else PROFILE))


def test_every_parameter_is_executed_or_waits_in_sight() -> None:
    assert unread() == set(WAITS)
    assert len(WAITS) <= MOST_WAITING
    assert set(PARTLY) <= set(parameters()) - set(WAITS)


def test_the_walk_sees_every_part_of_the_schema() -> None:
    found = set(parameters())
    assert {"tie", "course.gone", "bands.threshold", "citations.rule", "quorum"} <= found
    models = {m for m in vars(schema).values() if isinstance(m, type) and issubclass(m, BaseModel)}
    walked = {name for path in found for name in path.split(".")}
    for model in models - {BaseModel, *VALUES}:
        assert set(model.model_fields) <= walked, model.__name__


def test_a_parameter_that_nothing_reads_is_found() -> None:
    class Bigger(Profile):
        spares: Fraction

    assert "spares" in set(parameters(Bigger))
    assert not _is_read("spares", product_reads())
    assert not _is_read("course.spares", product_reads())
    assert Citation.model_fields
