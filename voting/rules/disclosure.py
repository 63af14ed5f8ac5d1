"""What may be published of a contest: so few ballots have so few results that counts tell votes.

One rule for the service, which keeps back, and for the verifier, which refuses what was not kept
back. Everything that it asks is public.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from audit.errors import Invalid
from voting.rules import choice, counting, opinions, stv
from voting.rules.declaration import Declaration, Verdict, quorum_and_void
from voting.rules.schema import Profile
from voting.rules.totals import Totals

Withheld = Literal["void", "small_electorate", "few_ballots"]

# of a declaration, what tells nothing of a count
_KEPT = ("format", "profile", "kind", "seats", "void", "quorum", "open_seats", "next", "seed")
_BALANCE = ("entitled", "excluded", "expected", "present", "issued", "returned")
_OUTCOME = ("key", "label", "outcome", "consequence")


def withheld(
    profile: Profile, *, entitled: int, returned: int | None, void: bool
) -> Withheld | None:
    """Why the counts of a contest are kept back, if they are.

    `returned` is the number of ballots that count, nothing while the vote is open; `void` says that
    the vote counts for nothing, which is known before anything is decrypted.
    """
    if void:
        return "void"
    if profile.disclosure.small_electorate == "publish":
        return None
    if entitled < profile.disclosure.smallest:
        return "small_electorate"
    if returned is not None and returned < profile.disclosure.smallest:
        return "few_ballots"
    return None


def without_counts(whole: dict[str, Any], reason: Withheld) -> dict[str, Any]:
    """A declaration as it is published when counts are kept back: what follows, and no number from
    which a vote follows. Names stand in the order of their keys: any other would rank them."""
    shown = {name: whole[name] for name in _KEPT}
    judged = [{name: one[name] for name in _OUTCOME} for one in whole["candidates"]]
    return shown | {
        "withheld": reason,
        "balance": {name: whole["balance"][name] for name in _BALANCE},
        "outcomes": sorted(judged, key=lambda one: str(one["key"])),
        "elected": sorted(whole["elected"]),
        "tied": sorted(whole["tied"]),
    }


def could_be(
    profile: Profile, totals: Totals, declared: Mapping[str, Any], reason: Withheld
) -> dict[str, Any]:
    """The declaration without counts as it must be when the candidates have the outcomes, and the
    lot the seed, that `declared` says. `totals` have no votes. Raises Invalid where the rules can
    give no such outcomes, KeyError or TypeError where `declared` is of another form.
    """
    said = {one["key"]: one["outcome"] for one in declared["outcomes"]}
    outcomes = {candidate.key: said[candidate.key] for candidate in totals.candidates}
    elected = [key for key, outcome in outcomes.items() if outcome == "elected"]
    tied = [key for key, outcome in outcomes.items() if outcome == "tied"]
    judged = bool(profile.bands)
    open_seats = 0 if judged else totals.seats - len(elected)
    if open_seats < 0 or (tied and len(tied) <= open_seats):
        raise Invalid("More people are elected or tied than there are seats for.")
    if counting.mixed(profile):
        then, words = stv.next_steps(profile, open_seats, tied), stv.OUTCOMES
    elif judged:
        then, words = (), opinions.outcomes(profile)
    else:
        then, words = choice.next_steps(profile, open_seats, tied), choice.OUTCOMES
    if not set(outcomes.values()) <= words.keys():
        raise Invalid("The rules know no such outcome.")
    if {key for key, outcome in outcomes.items() if outcome == "gone"} != {
        candidate.key for candidate in totals.candidates if candidate.gone
    }:
        raise Invalid("Others are gone than the log says.")
    if "lot" in then or (declared["seed"] is not None and not _by_lot(profile)):
        raise Invalid("A lot is lacking, or was drawn where the rules have none.")
    quorum, void = quorum_and_void(profile, totals)
    verdicts = tuple(
        Verdict(candidate, outcomes[candidate.key], consequence=words[outcomes[candidate.key]])
        for candidate in totals.candidates
    )
    whole = Declaration(
        profile,
        replace(totals, seed=declared["seed"]),
        quorum,
        void,
        verdicts,
        by_rule="",
        open_seats=open_seats,
        next=then,
    )
    return without_counts(whole.as_dict(), reason)


def _by_lot(profile: Profile) -> bool:
    return counting.mixed(profile) or profile.tie == "lot"
