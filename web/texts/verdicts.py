"""What a verification found, in words for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from ballots.encoding import dumps
from ballots.verifier import Fault, Report
from voting.record.reading import ContestReading, ElectionReading, Reading
from web.texts.elections import KIND_NAMES, NEXT, OUTCOMES, STATE_NAMES, VOID
from web.texts.i18n import N_, Language, _, check_sentence, language

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


BY_RULE = {
    "majority": N_("by majority"),
    "most_votes": N_("by most votes"),
    "stv": N_("by transfer of votes between ranked names"),
    "bands": N_("by the bands of the rules"),
}
OWN_KEY = N_(
    "This record was checked with the key that it brings itself. Whoever made the whole record "
    "anew made that key too. Give the key of the log from paper or from the statutes (--vkey KEY), "
    "or a policy with the witnesses that you trust (--policy FILE)."
)


def language_of(locale: str) -> Language:
    """Of `zh`, `zh_CN.UTF-8`, and whatever else a terminal may say."""
    return "zh" if locale.lower().startswith("zh") else "en"


def printable(text: str) -> str:
    """Text from a file, without characters that would steer the terminal."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )


def lines(
    report: Report, reading: Reading | None = None, *, own_key: bool = False
) -> Iterator[str]:
    """What a person reads: the election and who is elected, what is wrong, and the verdict.

    `reading`: what the record says, for which `report` says whether it holds. `own_key`: nobody but
    the record itself has said which key is the log's.
    """
    if reading is not None:
        if not report.valid:
            yield _("What follows is what the record says. It is NOT proven: see the faults below.")
        for election in reading.elections:
            yield from _election(election)
    else:
        for name, found in report.election.items():
            yield f"{name}: {printable(found)}"
    yield ", ".join(_count(name, count) for name, count in report.counts.items())
    if own_key:
        yield _("warning: %(text)s", text=_(OWN_KEY))
    yield from _faults(_("warning"), report.warnings)
    yield from _faults(_("FAULT"), report.faults)
    if report.results is not None and reading is None:
        yield _("result: %(counts)s", counts=dumps(report.results).decode())
    yield verdict_of(report)


def title(part: ElectionReading | ContestReading) -> str:
    return printable(part.title_zh if language() == "zh" else part.title_en)


def _election(election: ElectionReading) -> Iterator[str]:
    kind, state = KIND_NAMES.get(election.kind, ""), STATE_NAMES.get(election.state, "")
    yield f"{title(election)} ({printable(election.code)})"
    yield "  " + ", ".join(_(word) for word in (kind, state) if word)
    rules = election.profile_zh if language() == "zh" else election.profile_en
    yield "  " + _("rules: %(name)s", name=printable(rules or election.profile_id))
    for contest in election.contests:
        yield f"  {title(contest)}: {outcome(contest)}"


def outcome(contest: ContestReading) -> str:
    """Who is elected and by which rule, or why nobody is, in one sentence."""
    parts = list(_decided(contest))
    if contest.withheld:
        parts.append(
            _("its counts are withheld, for it is small: the outcome cannot be recomputed")
        )
    return "; ".join(parts)


def _decided(contest: ContestReading) -> Iterator[str]:
    if not contest.declared:
        yield _("no outcome is declared yet")
        return
    for reason in contest.void:
        yield _("VOID: %(reason)s", reason=_(VOID[reason]) if reason in VOID else printable(reason))
    named: dict[str, list[str]] = {}
    for verdict in contest.verdicts:
        named.setdefault(verdict.outcome, []).append(printable(verdict.label))
    rule = _(BY_RULE[contest.by_rule]) if contest.by_rule in BY_RULE else printable(contest.by_rule)
    shown = [name for name in named if name not in ("not_elected", "void", "gone")]
    for name in shown:
        word = _(OUTCOMES[name]) if name in OUTCOMES else printable(name)
        yield _(
            "%(outcome)s %(rule)s: %(names)s", outcome=word, rule=rule, names=_join(named[name])
        )
    if not shown and not contest.void:
        yield _("nobody is elected (%(rule)s)", rule=rule)
    if gone := named.get("gone"):
        yield _("gone while the vote ran, no vote for them counts: %(names)s", names=_join(gone))
    if contest.lot:
        yield _("a lot decided between equals")
    if contest.open_seats:
        yield _("%(count)s seats stay open", count=contest.open_seats)
    for step in contest.next:
        yield _(NEXT[step]) if step in NEXT else printable(step)


def _join(names: list[str]) -> str:
    return ("、" if language() == "zh" else ", ").join(names)


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


def faults_in_words(faults: list[Fault]) -> Iterator[str]:
    """One line a fault, with what its check means: for a page."""
    for fault in faults:
        sentence = check_sentence(fault.check)
        place = f"{printable(fault.place)}: {printable(fault.message)}"
        yield f"{fault.number} {printable(fault.check)}: {sentence} ({place})"


def verdict_of(report: Report) -> str:
    if report.unreadable:
        return _("UNREADABLE")
    if not report.valid:
        return _("INVALID: %(count)s faults", count=len(report.faults))
    if report.partial is not None:
        return _("this part is VALID; the whole is not judged")
    return _("VALID so far; the election is in progress") if report.in_progress else _("VALID")
