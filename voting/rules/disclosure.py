"""What may be published of a contest: so few ballots have so few results that counts tell votes.

One rule for the service, which keeps back, and for the verifier, which refuses what was not kept
back. Everything that it asks is public.
"""

from __future__ import annotations

from typing import Any, Literal

from voting.rules.schema import Profile

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
