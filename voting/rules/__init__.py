"""Counting rules as data. Pure: no database, no clock, no floating point.

`profiles.load(id)` reads a rule profile; `marks` says what the ballot asks and what a mark means;
`outcome(profile, totals)` declares.
"""

from voting.rules.declaration import Declaration, void_reasons
from voting.rules.outcomes import outcome, outcome_with_lot
from voting.rules.schema import Profile, parse
from voting.rules.totals import Candidate, CandidateTotals, Totals

__all__ = [
    "Candidate",
    "CandidateTotals",
    "Declaration",
    "Profile",
    "Totals",
    "outcome",
    "outcome_with_lot",
    "parse",
    "void_reasons",
]
