"""What rules an election may adopt: asked when it adopts them, and again before it is frozen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from voting.errors import DomainError, Invalid
from voting.models import Election
from voting.registry.models import VOTING_STATUS
from voting.rules import Profile

AFFILIATION = "voting"


def problems(election: Election, profile: Profile) -> Iterator[DomainError]:
    if election.kind not in profile.kinds:
        yield Invalid(
            "The rule profile %(id)s is not for this kind of ballot.",
            field="profile",
            id=profile.id,
        )
    electorate = profile.electorate
    if electorate.affiliation != AFFILIATION or electorate.statuses != [VOTING_STATUS]:
        yield Invalid(
            "The rule profile %(id)s gives the vote to others than the rolls take: full members, "
            "by their voting affiliation.",
            field="profile",
            id=profile.id,
        )
    term = election.term
    if profile.term_too_long(term.starts_on, term.ends_on):
        yield Invalid(
            "The term from %(first)s to %(last)s is longer than the %(years)s years that the rule "
            "profile %(id)s allows. Choose other rules, or a shorter term.",
            field="profile",
            first=_day(term.starts_on),
            last=_day(term.ends_on),
            years=profile.term_years_max,
            id=profile.id,
        )


def _day(value: date) -> str:
    return value.isoformat()
