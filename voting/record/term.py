"""The record of a term: all its elections that were sealed, and the offices that they gave."""

from __future__ import annotations

from pathlib import Path

from ballots.verifier import Report
from voting.record import derive, schema
from voting.record.history import History
from voting.record.layout import TERM, Malformed, add_fault, read_document


def check(folder: Path, report: Report, found: list[str], history: History | None) -> None:
    """`term.json` is what the log says of the term; `found` are the folders of its records."""
    try:
        term = schema.Term.of(read_document(folder, TERM))
    except (Malformed, OSError) as error:
        add_fault(report, "record.term", TERM, f"cannot be used: {error}")
        return
    report.election = {"term": term.code, "elections": ", ".join(found)}
    if history is None:
        return
    expected = derive.term(history, term.code)
    if expected is None:
        add_fault(report, "record.term", TERM, "the log has no such term")
        return
    here, there = term.model_dump(), expected.model_dump()
    for name in here:
        if here[name] != there[name]:
            for message in _said(name, here[name], there[name]):
                add_fault(report, "record.term", TERM, message)
    published = {named.code for named in expected.elections if named.published}
    for code in sorted(published - set(found)):
        add_fault(report, "record.complete", code, "the record of this election is left out")
    for code in sorted(set(found) - published):
        add_fault(report, "record.complete", code, "the log has no such election of this term")


def _said(name: str, here: object, there: object) -> list[str]:
    if not isinstance(here, list) or not isinstance(there, list):
        return [f"{name} is {here!r} here, and {there!r} in the log"]
    extra = [f"{name}: the log does not say {one!r}" for one in here if one not in there]
    lacking = [f"{name}: only the log says {one!r}" for one in there if one not in here]
    return [*extra, *lacking] or [f"{name} are in another order, or one is there twice"]
