"""Confidence and satisfaction: every subject falls into a band, and the band has its consequence.

Nothing here ends an office by itself; `end_office` in a band is a duty of the body to act on it.
"""

from __future__ import annotations

from voting.rules.declaration import Declaration, Verdict, check, quorum_and_void
from voting.rules.schema import Profile
from voting.rules.totals import CandidateTotals, Totals


def outcome(profile: Profile, totals: Totals) -> Declaration:
    quorum, void = quorum_and_void(profile, totals)
    verdicts = tuple(
        Verdict(c, "void", consequence="publish") if void else _verdict(profile, totals, c)
        for c in totals.candidates
    )
    again = ("another_ballot",) if void else ()
    return Declaration(profile, totals, quorum, void, verdicts, "bands", next=again)


def outcomes(profile: Profile) -> dict[str, str | None]:
    """What can be said of a subject, and the consequence."""
    bands: dict[str, str | None] = {band.name: band.consequence for band in profile.bands}
    return bands | {"not_judged": "publish", "gone": "publish"}


def _verdict(profile: Profile, totals: Totals, subject: CandidateTotals) -> Verdict:
    if subject.gone:
        return Verdict(subject, "gone", consequence="publish")
    if not subject.for_ + subject.against:
        return Verdict(subject, "not_judged", consequence="publish")
    checks = []
    for band in profile.bands:
        if band.threshold is None:
            break
        whole = totals.base(band.threshold.base, subject)
        checks.append(check(band.name, band.threshold, subject.for_, whole))
        if checks[-1].met:
            break
    return Verdict(subject, band.name, tuple(checks), band.consequence)
