"""The whole balance of one contest: what an outcome is computed from, and nothing else is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from audit.errors import Invalid


@dataclass(frozen=True)
class Candidate:
    """`key` is public and stable; `seniority` (1 is the most senior) is for a tie rule; `gone` is
    who withdrew, died or lost the right to stand while the vote ran."""

    key: str
    label: str
    seniority: int = 0
    gone: bool = False


@dataclass(frozen=True)
class CandidateTotals:
    """What one candidate or subject received; for + against + abstain are all valid ballots.
    Of one who is gone the votes are counted and shown, and elect nobody."""

    key: str
    label: str
    for_: int
    against: int
    abstain: int
    write_in: int = 0
    grades: tuple[tuple[str, int], ...] = ()
    seniority: int = 0
    gone: bool = False

    @property
    def support(self) -> int:
        return self.for_ + self.write_in

    def as_dict(self) -> dict[str, object]:
        counts: dict[str, object] = {
            "key": self.key,
            "label": self.label,
            "for": self.for_,
            "against": self.against,
            "abstain": self.abstain,
            "write_in": self.write_in,
        }
        if self.grades:
            counts["grades"] = dict(self.grades)
        return counts


@dataclass(frozen=True)
class Totals:
    """`excluded` counts by class; `ranked` is (order of candidate indices, number of ballots);
    `each_alone`: every ballot says for, against or abstain of every candidate;
    `seed` is public and was unknown before the close: lots are drawn from it."""

    kind: str
    seats: int
    entitled: int
    present: int
    issued: int
    returned: int
    valid: int
    blank: int
    candidates: tuple[CandidateTotals, ...]
    each_alone: bool = False
    excluded: Mapping[str, int] = field(default_factory=dict)
    ranked: tuple[tuple[tuple[int, ...], int], ...] = ()
    seed: str | None = None

    def __post_init__(self) -> None:
        numbers = (self.entitled, self.present, self.issued, self.returned, self.valid, self.blank)
        if min(*numbers, *self.excluded.values()) < 0 or self.seats < 1:
            raise Invalid("A count is negative, or there is no seat.")
        if self.expected < 0 or self.present > self.entitled:
            raise Invalid("More people are excluded or present than are entitled.")
        if not self.blank <= self.valid <= self.returned:
            raise Invalid("More ballots are blank than valid, or valid than returned.")
        keys = [candidate.key for candidate in self.candidates]
        if len(set(keys)) != len(keys):
            raise Invalid("A candidate is counted twice.")
        for candidate in self.candidates:
            self._check(candidate)

    def _check(self, candidate: CandidateTotals) -> None:
        parts = (candidate.for_, candidate.against, candidate.abstain, candidate.write_in)
        if min(parts) < 0 or sum(parts) != self.valid:
            raise Invalid(
                "The counts of %(candidate)s do not add up to the valid ballots.",
                candidate=candidate.label,
            )

    @property
    def expected(self) -> int:
        return self.entitled - sum(self.excluded.values())

    def base(self, name: str, candidate: CandidateTotals | None = None) -> int:
        """The number behind the name of a base. Where each candidate is judged alone, those who
        abstain on that candidate have cast a blank on them, and only on them."""
        if name == "cast_nonblank":
            if self.each_alone and candidate is not None:
                return candidate.support + candidate.against
            return self.valid - self.blank
        return {
            "valid": self.valid,
            "returned": self.returned,
            "present": self.present,
            "expected": self.expected,
            "entitled": self.entitled,
        }[name]

    def balance(self) -> dict[str, object]:
        return {
            "entitled": self.entitled,
            "excluded": dict(self.excluded),
            "expected": self.expected,
            "present": self.present,
            "issued": self.issued,
            "returned": self.returned,
            "valid": self.valid,
            "invalid": self.returned - self.valid,
            "blank": self.blank,
        }
