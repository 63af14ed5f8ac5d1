"""Elections by marks: the majority, the highest up to the number of seats, ties, shortfall."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from voting.rules.declaration import Check, Declaration, Verdict, check, lot, quorum_and_void
from voting.rules.schema import Profile
from voting.rules.totals import CandidateTotals, Totals

Ranked = list[CandidateTotals]
# what a candidate can be by these rules, and what follows from it besides
OUTCOMES: dict[str, str | None] = {"elected": None, "not_elected": None, "tied": None, "gone": None}


def outcome(profile: Profile, totals: Totals) -> Declaration:
    quorum, void = quorum_and_void(profile, totals)
    by_rule = "majority" if profile.majority else "most_votes"
    if void:
        verdicts = tuple(Verdict(c, "void", _checks(profile, totals, c)) for c in totals.candidates)
        return Declaration(
            profile, totals, quorum, void, verdicts, by_rule, totals.seats, ("another_ballot",)
        )
    order = sorted(totals.candidates, key=lambda c: -c.support)  # stable: ballot order among equals
    standing = [c for c in order if not c.gone]
    eligible = [
        c for c in standing if all(k.met for k in _checks(profile, totals, c)) and c.support
    ]
    elected, tied = _fill(profile, totals, eligible, totals.seats)
    if not tied and len(elected) < totals.seats and "plurality_with_floor" in profile.shortfall:
        rest = [c for c in standing if c not in elected and _above_floor(profile, totals, c)]
        more, tied = _fill(profile, totals, rest, totals.seats - len(elected))
        elected += more
    open_seats = totals.seats - len(elected)
    return Declaration(
        profile,
        totals,
        quorum,
        (),
        _verdicts(profile, totals, elected, tied, order),
        by_rule,
        open_seats,
        next_steps(profile, open_seats, tied),
    )


def _checks(profile: Profile, totals: Totals, candidate: CandidateTotals) -> tuple[Check, ...]:
    asked = [("majority", profile.majority)]
    if "plurality_with_floor" not in profile.shortfall:
        asked.append(("floor", profile.floor))
    return tuple(
        check(name, threshold, candidate.support, totals.base(threshold.base, candidate))
        for name, threshold in asked
        if threshold is not None
    )


def _above_floor(profile: Profile, totals: Totals, candidate: CandidateTotals) -> bool:
    floor = profile.floor
    return floor is not None and floor.met(candidate.support, totals.base(floor.base, candidate))


def _fill(profile: Profile, totals: Totals, eligible: Ranked, seats: int) -> tuple[Ranked, Ranked]:
    """The elected, and those tied for the last seat where the rule cannot part them here."""
    if len(eligible) <= seats:
        return list(eligible), []
    last = eligible[seats - 1].support
    if eligible[seats].support < last:
        return eligible[:seats], []
    above = [c for c in eligible if c.support > last]
    level = [c for c in eligible if c.support == last]
    key = _parting(profile, totals, level)
    if key is None:
        return above, level
    drawn = sorted(level, key=key)[: seats - len(above)]
    return above + drawn, []


def _parting(
    profile: Profile, totals: Totals, level: Sequence[CandidateTotals]
) -> Callable[[CandidateTotals], bytes | int] | None:
    seed = totals.seed
    if profile.tie == "lot" and seed is not None:
        return lambda c: lot(seed, c.key)
    ages = {c.seniority for c in level}
    if profile.tie == "seniority" and 0 not in ages and len(ages) == len(level):
        return lambda c: c.seniority
    return None


def _verdicts(
    profile: Profile, totals: Totals, elected: Ranked, tied: Ranked, order: Ranked
) -> tuple[Verdict, ...]:
    outcomes = {c.key: "gone" for c in order if c.gone}
    outcomes |= {c.key: "elected" for c in elected} | {c.key: "tied" for c in tied}
    listed = elected + [c for c in order if c not in elected]
    return tuple(
        Verdict(c, outcomes.get(c.key, "not_elected"), _checks(profile, totals, c)) for c in listed
    )


def next_steps(profile: Profile, open_seats: int, tied: Sequence[object]) -> tuple[str, ...]:
    if not open_seats:
        return ()
    if tied:
        # seniority that is unknown or equal falls back to asking the voters again
        return ("re_ballot",) if profile.tie == "seniority" else (profile.tie,)
    return tuple(s for s in profile.shortfall if s != "plurality_with_floor")
