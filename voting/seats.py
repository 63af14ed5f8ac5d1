"""The account of seats: pure, the same for the service that fills them and the verifier.

A body is the constituency that elects representatives, by its code, or the committee. Its seats are
held by different people; nobody holds two of one body at once. An office is held from its first day
up to, not including, its last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

COMMITTEE = ""  # the body that is elected by the representatives of all constituencies


@dataclass(frozen=True)
class Held:
    """One person in one seat of a body."""

    body: str
    holder: str
    since: date
    until: date

    def on(self, day: date) -> bool:
        return self.since <= day < self.until


@dataclass(frozen=True)
class Excess:
    """On `day` for the first time more people hold seats of a body than it has."""

    body: str
    day: date
    held: int
    seats: int


def holders(offices: Iterable[Held], body: str, day: date) -> set[str]:
    return {office.holder for office in offices if office.body == body and office.on(day)}


def most_held(offices: Iterable[Held], body: str, since: date, until: date) -> int:
    """The most seats of a body that are held at one instant from `since` to before `until`."""
    listed = [office for office in offices if office.body == body]
    # the number grows only on a first day
    days = {since} | {o.since for o in listed if since < o.since < until}
    return max(len(holders(listed, body, day)) for day in days)


def open_seats(
    seats: int, offices: Iterable[Held], body: str, since: date, until: date, *, promised: int = 0
) -> int:
    """How many seats can be filled for the whole time; `promised`: by ballots that run already."""
    return max(0, seats - most_held(offices, body, since, until) - promised)


def excesses(seats: Mapping[str, int], offices: Iterable[Held]) -> Iterator[Excess]:
    """Each body of which more seats are held than there are: the first day of it. A body that has
    no number here has no seats."""
    listed = list(offices)
    for body in sorted({office.body for office in listed}):
        limit = seats.get(body, 0)
        for day in sorted({office.since for office in listed if office.body == body}):
            held = len(holders(listed, body, day))
            if held > limit:
                yield Excess(body, day, held, limit)
                break
