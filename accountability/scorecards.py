"""The scorecard: a table of figures with their definitions. No sum of points, no ranking.

`compute` is a pure function of the rows: anyone who has them gets the same card. A figure of fewer
than ten is suppressed; a share stands with its Wilson interval at 95 %, in thousandths.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Any

DEFINITIONS = "2026.1"  # frozen for a term; a change is a new version
SMALLEST = 10
Z = 1.96
OLD_AFTER_DAYS = 60

DEFINED: Mapping[str, str] = {
    "contact_coverage": "Contacts confirmed by the linked constituent, of those owed:"
    " one for each of five links and each finished quarter."
    " More contacts with one person add nothing.",
    "reception_presence": "Reception sessions signed in to with the site keeper's code,"
    " of those on the roster.",
    "attendance": "Meetings attended, of those due while in office."
    " Absences are listed with their reasons; a substitute is not attendance.",
    "first_reply": "Working days until the first answer to the substance."
    " An acknowledgement does not count, and matters still open are not left out.",
    "on_time": "Answers by the original due date, of all that have fallen due.",
    "on_time_extended": "Answers by the due date that held in the end,"
    " after clock stops and extensions.",
    "reopened": "Matters disputed or reopened, of those answered and settled.",
    "open_age": "Matters still open: how many, the age of the oldest, and how many over 60 days.",
    "inspection_followup": "Findings of inspections whose outcome someone else has verified,"
    " of all findings.",
    "report_on_time": "Duty reports submitted by their due date, of those that have fallen due.",
    "report_evidence": "Statements in duty reports that cite a logged activity or a commitment.",
    "report_questions": "Questions about duty reports that were answered.",
    "late_entry": "Activities and contacts written down more than seven days after.",
}


@dataclass(frozen=True)
class Facts:
    """The rows behind a card, as of a day. Dates are text (2026-11-23) and compare as such."""

    on: str
    calendar: str
    owed_contacts: tuple[tuple[str, str], ...] = ()  # (slot, finished quarter)
    contacts: tuple[tuple[str, str, str], ...] = ()  # (slot, quarter, state)
    duties: tuple[bool, ...] = ()  # attended
    meetings: tuple[str, ...] = ()  # present, absent, substitute, unrecorded
    replies: tuple[tuple[int, bool], ...] = ()  # (working days so far, answered)
    outcomes: tuple[tuple[str, str, str | None], ...] = ()  # (original due, due, answered on)
    settled: tuple[bool, ...] = ()  # disputed or reopened
    open_ages: tuple[int, ...] = ()  # days
    findings: tuple[str, ...] = ()  # state
    reports: tuple[tuple[str, str | None], ...] = ()  # (due, submitted on)
    statements: tuple[bool, ...] = ()  # supported
    questions: tuple[bool, ...] = ()  # answered
    recorded: tuple[bool, ...] = ()  # late

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Facts:
        def tuples(value: Any) -> Any:
            return tuple(map(tuples, value)) if isinstance(value, (list, tuple)) else value

        return cls(**{name: tuples(value) for name, value in data.items()})


@dataclass(frozen=True)
class Metric:
    """`n` and the rest are None where it is suppressed; shares and their limits in thousandths."""

    key: str
    suppressed: bool
    n: int | None = None
    count: int | None = None
    share: int | None = None
    low: int | None = None
    high: int | None = None
    detail: Mapping[str, int | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Card:
    on: str
    calendar: str
    definitions: str
    metrics: tuple[Metric, ...]

    def __getitem__(self, key: str) -> Metric:
        return next(metric for metric in self.metrics if metric.key == key)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Card:
        return cls(**{**data, "metrics": tuple(Metric(**metric) for metric in data["metrics"])})


def compute(facts: Facts) -> Card:
    """The card of these rows. Every figure has its definition in `DEFINED`."""
    owed = set(facts.owed_contacts)
    confirmed = {(slot, q) for slot, q, state in facts.contacts if state == "confirmed"} & owed
    due = [row for row in facts.outcomes if row[0] < facts.on]
    due_extended = [row for row in facts.outcomes if row[1] < facts.on]
    reports = [row for row in facts.reports if row[0] < facts.on]
    metrics = (
        share("contact_coverage", len(confirmed), len(owed)),
        share("reception_presence", sum(facts.duties), len(facts.duties)),
        _attendance(facts.meetings),
        _first_reply(facts.replies),
        share("on_time", sum(_by(a, original) for original, _d, a in due), len(due)),
        share("on_time_extended", sum(_by(a, d) for _o, d, a in due_extended), len(due_extended)),
        share("reopened", sum(facts.settled), len(facts.settled)),
        _open_age(facts.open_ages),
        share("inspection_followup", facts.findings.count("verified"), len(facts.findings)),
        share("report_on_time", sum(_by(s, d) for d, s in reports), len(reports)),
        share("report_evidence", sum(facts.statements), len(facts.statements)),
        share("report_questions", sum(facts.questions), len(facts.questions)),
        share("late_entry", sum(facts.recorded), len(facts.recorded)),
    )
    return Card(facts.on, facts.calendar, DEFINITIONS, metrics)


def _by(done: str | None, due: str) -> bool:
    return done is not None and done <= due


def share(key: str, count: int, n: int, detail: Mapping[str, int | None] | None = None) -> Metric:
    if n < SMALLEST:
        return Metric(key, suppressed=True)
    low, high = wilson(count, n)
    return Metric(
        key,
        suppressed=False,
        n=n,
        count=count,
        share=(2000 * count + n) // (2 * n),
        low=low,
        high=high,
        detail=detail or {},
    )


def wilson(count: int, n: int) -> tuple[int, int]:
    """Limits of the score interval (Wilson 1927) in thousandths, rounded outwards."""
    middle = count + Z * Z / 2
    spread = Z * math.sqrt(count * (n - count) / n + Z * Z / 4)
    low = 1000 * (middle - spread) / (n + Z * Z)
    high = 1000 * (middle + spread) / (n + Z * Z)
    # 1e-9: a limit that is a whole number must not be pushed to the next one by rounding
    return max(0, math.floor(low + 1e-9)), min(1000, math.ceil(high - 1e-9))


def _attendance(meetings: Sequence[str]) -> Metric:
    detail = {"substitute": meetings.count("substitute"), "absent": meetings.count("absent")}
    return share("attendance", meetings.count("present"), len(meetings), detail)


def _first_reply(replies: Sequence[tuple[int, bool]]) -> Metric:
    if len(replies) < SMALLEST:
        return Metric("first_reply", suppressed=True)
    detail = {
        "median": quantile(replies, Fraction(1, 2)),
        "p90": quantile(replies, Fraction(9, 10)),
        "open": sum(not answered for _days, answered in replies),
    }
    return Metric("first_reply", suppressed=False, n=len(replies), detail=detail)


def quantile(replies: Sequence[tuple[int, bool]], wanted: Fraction) -> int | None:
    """Kaplan and Meier (1958): what is still open counts as waiting at least so long.

    None when so many are open that the quantile is not reached.
    """
    waiting = Fraction(1)
    for days in sorted({days for days, answered in replies if answered}):
        at_risk = sum(d >= days for d, _answered in replies)
        answered_now = sum(d == days and answered for d, answered in replies)
        waiting *= 1 - Fraction(answered_now, at_risk)
        if 1 - waiting >= wanted:
            return days
    return None


def _open_age(ages: Sequence[int]) -> Metric:
    if len(ages) < SMALLEST:
        return Metric("open_age", suppressed=True)
    detail = {"oldest": max(ages), "over_60": sum(age > OLD_AFTER_DAYS for age in ages)}
    return Metric("open_age", suppressed=False, n=len(ages), detail=detail)
