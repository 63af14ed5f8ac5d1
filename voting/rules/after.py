"""What a declaration makes of its contest, and which ballot may come after it. Pure.

The commission's page offers just this, a follow-up is drafted from just this, and whoever reads a
record can ask the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from voting.rules.schema import Profile

Outcome = Literal["elected", "partly", "tied", "judged", "void"]
What = Literal["re_ballot", "another_ballot", "repeat", "fewer_seats"]
OPINIONS = ("confidence", "satisfaction")


@dataclass(frozen=True)
class Offer:
    """A next step that the rules allow: for so many seats, among these candidates by their keys.

    `fixed`: nobody else may stand. Otherwise nominations are open again.
    """

    what: What
    seats: int
    candidates: tuple[str, ...] = ()
    fixed: bool = False


def outcome_of(declared: Mapping[str, Any]) -> Outcome:
    """Of the sentence that everyone may read: of a small contest that is the one without counts.

    `partly`: seats are open, because too few were elected or because of a tie behind the elected.
    """
    if declared["void"]:
        return "void"
    if declared["kind"] in OPINIONS:
        return "judged"
    if not declared["open_seats"]:
        return "elected"
    return "tied" if declared["tied"] and not declared["elected"] else "partly"


def offers(
    profile: Profile,
    declared: Mapping[str, Any],
    *,
    annulled: bool = False,
    waived: int = 0,
    gone: frozenset[str] = frozenset(),
    earlier: int = 0,
) -> list[Offer]:
    """`waived`: seats given up by consent; `gone`: who stands no more; `earlier`: how many void
    ballots came before this one in the same chain."""
    listed = declared.get("candidates") or declared.get("outcomes") or []
    everyone = tuple(one["key"] for one in listed if one["key"] not in gone)
    if annulled or declared["void"]:
        again = earlier < profile.course.repeats or declared["kind"] not in OPINIONS
        return [Offer("repeat", declared["seats"], everyone)] if again else []
    still_open = declared["open_seats"] - waived
    if declared["kind"] in OPINIONS or still_open <= 0:
        return []
    tied = tuple(key for key in declared["tied"] if key not in gone)
    if len(tied) > still_open and profile.tie != "repeat_ballot":
        return [Offer("re_ballot", still_open, tied, fixed=True)]
    rest = tuple(key for key in everyone if key not in declared["elected"])
    found = [Offer("another_ballot", still_open, rest)]
    if "reduced_seats" in profile.shortfall and not tied:
        found.append(Offer("fewer_seats", still_open))
    return found


def least_candidates(profile: Profile, seats: int, *, purpose: str) -> int:
    """A re-ballot is among the tied, who are more than the seats; the surplus of the rules is not
    asked of it a second time."""
    return seats + 1 if purpose == "re_ballot" else profile.least_candidates(seats)
