"""The declaration: the whole balance, who is elected and by which rule, and what is open."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import rfc8785

from voting.rules.schema import Profile, Threshold
from voting.rules.totals import CandidateTotals, Totals


@dataclass(frozen=True)
class Check:
    """One comparison of integers, so that anyone can do it again: `left` against `right`."""

    rule: str
    left: int
    right: int
    strict: bool
    met: bool

    def as_dict(self) -> dict[str, Any]:
        comparison = ">" if self.strict else ">="
        return {
            "rule": self.rule,
            "left": self.left,
            "comparison": comparison,
            "right": self.right,
            "met": self.met,
        }


def check(rule: str, threshold: Threshold, part: int, whole: int) -> Check:
    left, right = threshold.sides(part, whole)
    return Check(rule, left, right, threshold.strict, threshold.met(part, whole))


@dataclass(frozen=True)
class Verdict:
    """What the rule says of one candidate or subject.

    `outcome`: elected, not_elected, tied, gone; for opinions the band; `void` when nothing counts.
    """

    candidate: CandidateTotals
    outcome: str
    checks: tuple[Check, ...] = ()
    consequence: str | None = None

    def as_dict(self) -> dict[str, Any]:
        return {
            **self.candidate.as_dict(),
            "outcome": self.outcome,
            "checks": [c.as_dict() for c in self.checks],
            "consequence": self.consequence,
        }


@dataclass(frozen=True)
class Declaration:
    """`void` says why nothing counts; `next` what the profile does about the open seats."""

    profile: Profile
    totals: Totals
    quorum: Check | None
    void: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    by_rule: str
    open_seats: int = 0
    next: tuple[str, ...] = ()
    stages: tuple[dict[str, Any], ...] = field(default=())

    @property
    def elected(self) -> tuple[str, ...]:
        """Keys of the elected, most support first."""
        return self._with_outcome("elected")

    @property
    def tied(self) -> tuple[str, ...]:
        return self._with_outcome("tied")

    def _with_outcome(self, outcome: str) -> tuple[str, ...]:
        return tuple(v.candidate.key for v in self.verdicts if v.outcome == outcome)

    def verdict(self, key: str) -> Verdict:
        return next(v for v in self.verdicts if v.candidate.key == key)

    def as_dict(self) -> dict[str, Any]:
        return {
            "format": "mandate-declaration/1",
            "profile": {"id": self.profile.id, "sha256": self.profile.hash},
            "kind": self.totals.kind,
            "seats": self.totals.seats,
            "balance": self.totals.balance(),
            "quorum": self.quorum.as_dict() if self.quorum else None,
            "void": list(self.void),
            "candidates": [v.as_dict() for v in self.verdicts],
            "elected": list(self.elected),
            "tied": list(self.tied),
            "by_rule": self.by_rule,
            "open_seats": self.open_seats,
            "next": list(self.next),
            "seed": self.totals.seed,
            "stages": list(self.stages),
        }

    def to_json(self) -> bytes:
        """Canonical (RFC 8785): the same totals and profile give the same bytes anywhere."""
        return rfc8785.dumps(self.as_dict())


def quorum_and_void(profile: Profile, totals: Totals) -> tuple[Check | None, tuple[str, ...]]:
    """The quorum and every reason why this vote counts for nothing."""
    void = []
    quorum = None
    if profile.quorum is not None:
        quorum = check("quorum", profile.quorum, totals.present, totals.base(profile.quorum.base))
        if not quorum.met:
            void.append("no_quorum")
    if profile.void_if_returned_exceeds_issued and totals.returned > totals.issued:
        void.append("returned_exceeds_issued")
    if totals.returned < profile.disclosure.least_ballots:
        void.append("too_few_ballots")
    if profile.course.gone == "contest_void" and any(c.gone for c in totals.candidates):
        void.append("candidate_gone")
    return quorum, tuple(void)


def void_reasons(profile: Profile, totals: Totals) -> tuple[str, ...]:
    """Why this vote counts for nothing, if so; it is known before anything is decrypted."""
    return quorum_and_void(profile, totals)[1]


def lot(seed: str, key: str) -> bytes:
    """The lot that a public seed gives to a key; the lowest is drawn first."""
    return hashlib.sha256(f"mandate/lot\n{seed}\n{key}".encode()).digest()
