"""What a verification found, in words for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from ballots.encoding import dumps
from ballots.verifier import Fault, Report
from web.texts.i18n import N_, Language, _, check_sentence

COUNTS = {
    "ballots": N_("%(count)s ballots"),
    "contests": N_("%(count)s contests"),
    "counted": N_("%(count)s counted"),
    "credentials": N_("%(count)s credentials"),
    "events": N_("%(count)s events"),
    "trustees": N_("%(count)s trustees"),
    "voted": N_("%(count)s voted"),
    "voters": N_("%(count)s on the roll"),
}


def language_of(locale: str) -> Language:
    """Of `zh`, `zh_CN.UTF-8`, and whatever else a terminal may say."""
    return "zh" if locale.lower().startswith("zh") else "en"


def printable(text: str) -> str:
    """Text from a file, without characters that would steer the terminal."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )


def lines(report: Report) -> Iterator[str]:
    """Everything that the report has; of faults first what they mean, then where and why."""
    for name, found in report.election.items():
        yield f"{name}: {printable(found)}"
    yield ", ".join(_count(name, count) for name, count in report.counts.items())
    yield from _faults(_("warning"), report.warnings)
    yield from _faults(_("FAULT"), report.faults)
    if report.results is not None:
        yield _("result: %(counts)s", counts=dumps(report.results).decode())
    yield _verdict(report)


def _count(name: str, count: int) -> str:
    return _(COUNTS[name], count=count) if name in COUNTS else f"{count} {printable(name)}"


def _faults(word: str, faults: list[Fault]) -> Iterator[str]:
    """What a check says stands once before all that it found in a row."""
    before = ""
    for fault in faults:
        if fault.check != before:
            sentence = check_sentence(fault.check)
            yield f"{word} {fault.number} {printable(fault.check)}: {sentence}".rstrip(": ")
        before = fault.check
        yield f"    {printable(fault.place)}: {printable(fault.message)}"


def _verdict(report: Report) -> str:
    if report.unreadable:
        return _("UNREADABLE")
    if not report.valid:
        return _("INVALID: %(count)s faults", count=len(report.faults))
    if report.partial is not None:
        return _("this part is VALID; the whole is not judged")
    return _("VALID so far; the election is in progress") if report.in_progress else _("VALID")
