"""What a verification found, for people and for programs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from ballots import BallotError, checks
from ballots.encoding import Json, take_int, take_object, take_text

VALID, INVALID, UNREADABLE, TROUBLE = 0, 1, 2, 3
"""Exit codes of ``mandate verify``; 3: the machine failed, and nothing was judged."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: the check that failed, where, and why in plain words."""

    check: str
    number: int
    place: str
    message: str

    @classmethod
    def from_json(cls, value: Json, place: str) -> Self:
        """A fault from a report in JSON. Raises BallotError."""
        fields = take_object(value, place, "check", "number", "place", "message")
        texts = {name: take_text(fields[name], place) for name in fields if name != "number"}
        return cls(number=take_int(fields["number"], place), **texts)

    def to_json(self) -> Json:
        """For ``--json``."""
        return {
            "check": self.check,
            "number": self.number,
            "place": self.place,
            "message": self.message,
        }


@dataclass
class Report:
    """The outcome. ``results`` are those of a valid, finished election, else None.

    An archive may stop after any event: then ``in_progress`` is set, and ``valid`` speaks of what
    is there. ``counts`` and ``election`` are for display.
    """

    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    unreadable: bool = False
    in_progress: bool = True
    published: Json = None
    counts: dict[str, int] = field(default_factory=dict)
    election: dict[str, str] = field(default_factory=dict)
    head: str = ""
    """Hash of the last event, which commits to the whole archive."""
    partial: Json = None
    """What ``merge`` needs, when only a part of the ballots was checked."""

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong with what is there."""
        return not self.faults and not self.unreadable

    @property
    def results(self) -> Json:
        """The published counts, nested as in the Result record, of a valid election only."""
        return self.published if self.valid else None

    @property
    def exit_code(self) -> int:
        """Of ``mandate verify``."""
        if self.unreadable:
            return UNREADABLE
        return VALID if self.valid else INVALID

    def add(self, error: BallotError) -> None:
        """A sink: note a fault, or a warning where its check only warns."""
        check = checks.CHECKS[error.check or "container.header"]
        fault = Fault(check.name, check.number, error.place, error.reason)
        (self.warnings if check.warning else self.faults).append(fault)

    def warn(self, error: BallotError) -> None:
        """Note as a warning what is wrong and does no harm, because enough else is right."""
        check = checks.CHECKS[error.check or "container.header"]
        self.warnings.append(Fault(check.name, check.number, error.place, error.reason))

    def note(self, place: str, reason: str) -> None:
        """Why the archive cannot be read."""
        self.faults.append(Fault("archive", 0, place, reason))

    def to_json(self) -> Json:
        """For ``--json``."""
        return {
            "valid": self.valid,
            "unreadable": self.unreadable,
            "in_progress": self.in_progress,
            "faults": [fault.to_json() for fault in self.faults],
            "warnings": [fault.to_json() for fault in self.warnings],
            "results": self.results,
            "election": self.election,
            "counts": self.counts,
            "head": self.head,
            **({} if self.partial is None else {"partial": self.partial}),
        }
