"""The report of a verification as a page that an auditor can print and sign, in both languages."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import jinja2

from ballots.machine import machine
from ballots.verifier import Fault, Report
from voting.record.reading import ElectionReading, Reading
from web import __version__
from web.texts.elections import KIND_NAMES, STATE_NAMES
from web.texts.i18n import Language, _, speaking
from web.texts.verdicts import (
    OWN_KEY,
    faults_in_words,
    outcome,
    printable,
    title,
    verdict_of,
)

TEMPLATES = Path(__file__).parent.parent / "templates" / "verification"


@dataclass(frozen=True)
class Checked:
    """What was verified and against what. `key`: of the log, as given; empty: the record's own."""

    path: Path
    report: Report
    reading: Reading
    key: str
    now: datetime


def write_report(target: Path, checked: Checked, first: Language) -> None:
    """Raises MachineError when it cannot be written."""
    languages = sorted(get_args(Language), key=lambda language: language != first)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined
    )
    pages = [_page(checked, language) for language in languages]
    text = environment.get_template("report.html").render(reports=pages)
    with machine():
        target.write_text(text, encoding="utf-8")


def _page(checked: Checked, language: Language) -> dict[str, Any]:
    report = checked.report
    with speaking(language):
        return {
            "language": "zh-Hans" if language == "zh" else "en",
            "heading": _("Report on the verification of a published record"),
            "valid": report.valid,
            "verdict": verdict_of(report),
            "facts": list(_facts(checked)),
            "notes": list(_notes(checked)),
            "heads": [_("Contest"), _("Seats"), _("On the roll"), _("Outcome")],
            "elections": [_election(election) for election in checked.reading.elections],
            "faults": [
                (heading, list(faults_in_words(found)))
                for heading, found in _found(report)
                if found
            ],
            "statement_heading": _("Statement"),
            "statement": _(
                "I ran this program on a machine of my own, on the file with the hash above, and "
                "it reported what stands on this page."
            ),
            "lines": [_("Place and date"), _("Name"), _("Function"), _("Signature")],
        }


def _found(report: Report) -> Iterator[tuple[str, list[Fault]]]:
    yield _("What is wrong"), report.faults
    yield _("What to know"), report.warnings


def _facts(checked: Checked) -> Iterator[tuple[str, str]]:
    yield _("Record"), printable(checked.path.name)
    yield _("SHA-256 of the zip, or of its manifest"), _hash(checked.path)
    yield _("Checked at"), checked.now.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    yield _("Program"), f"mandate-elections {__version__}"
    yield _("Key of the log"), printable(checked.key.strip()) or _("the one in the record")


def _notes(checked: Checked) -> Iterator[str]:
    if not checked.report.valid:
        yield _("What follows is what the record says. It is NOT proven: see the faults below.")
    if not checked.key:
        yield _(OWN_KEY)


def _hash(path: Path) -> str:
    file = path / "manifest.json" if path.is_dir() else path
    digest = hashlib.sha256()
    try:
        with machine(), file.open("rb") as stream:
            while part := stream.read(1 << 20):
                digest.update(part)
    except OSError:
        return "-"
    return digest.hexdigest()


def _election(election: ElectionReading) -> dict[str, Any]:
    words = (KIND_NAMES.get(election.kind, ""), STATE_NAMES.get(election.state, ""))
    about = [*(_(word) for word in words if word), f"{election.opens_at} - {election.closes_at}"]
    return {
        "title": f"{title(election)} ({printable(election.code)})",
        "about": printable(", ".join(about)),
        "rows": [
            (title(contest), str(contest.seats or ""), str(contest.voters), outcome(contest))
            for contest in election.contests
        ],
    }
