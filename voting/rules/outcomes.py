"""`outcome`: from a profile and the whole balance to the declaration, and nothing else is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from audit.errors import Invalid
from voting.rules import choice, opinions, stv
from voting.rules.declaration import Declaration
from voting.rules.schema import Profile
from voting.rules.totals import Totals


def outcome(profile: Profile, totals: Totals) -> Declaration:
    """Pure: no clock, no database, no chance. The same input gives the same bytes anywhere."""
    if totals.kind not in profile.kinds:
        raise Invalid("The rule profile %(id)s is not for this kind of ballot.", id=profile.id)
    if profile.marks.form == "ranked":
        return stv.outcome(profile, totals)
    if profile.bands:
        return opinions.outcome(profile, totals)
    return choice.outcome(profile, totals)


def outcome_with_lot(profile: Profile, totals: Totals, draw: Callable[[], str]) -> Declaration:
    """The outcome; `draw` gives the seed, and is asked only where the rules need a lot."""
    found = outcome(profile, totals)
    if "lot" not in found.next:
        return found
    return outcome(profile, replace(totals, seed=draw()))
