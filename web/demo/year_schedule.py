"""A living year in the demo: its days in order, and what is set up on the first.

Chance is seeded; only what hangs on random ids (who is linked, who is on duty where) differs from
run to run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, time
from itertools import groupby
from random import Random

from sqlalchemy import select

from accountability import calendar
from accountability.access import Role, Viewer
from accountability.models import Body
from audit.clock import at
from audit.database import Actor, Database, UnitOfWork
from voting.registry import people
from voting.registry.models import REPRESENTATIVE, Office, Term
from web.demo.organisation import rows
from web.term import years

SEED = "demo lottery 20260105: 03 11 17 22 29 33"
CLERK = Viewer(Role.CLERK, "demo-clerk")
DATA_YEAR = 2026  # the year that the meetings and matters of the data are in

# the day, the time of the wall clock, who acts, and how
Step = tuple[date, time, Role, Callable[[UnitOfWork], None]]


class Schedule:
    """One year of a term: steps are added in any order and taken in that of their days."""

    def __init__(
        self, database: Database, term_id: str, persons: Iterable[str], year: int, today: date
    ) -> None:
        self.database, self.term_id, self.year, self.today = database, term_id, year, today
        self.persons = set(persons)
        self.cal = calendar.load()
        self.steps: list[Step] = []
        self.start = date(year, 1, 5)

    def found(self) -> bool:
        """Set up the year on its first working day; False when that has not come yet."""
        with self.database.read() as uow:
            term = uow.session.get_one(Term, self.term_id)
            self.start = self.cal.on_or_after(max(self.start, term.starts_on))
        if self.start > self.today:
            return False
        self._run([(self.start, time(9), Role.SYSTEM, self._found)])
        return True

    def live(self) -> None:
        self._run(sorted(self.steps, key=lambda step: step[:2]))

    def _run(self, steps: list[Step]) -> None:
        """One transaction for what one role did on one day."""
        for (day, role), group in groupby(steps, key=lambda step: (step[0], step[2])):
            if day > self.today:
                return
            due = [(at(day, clock, self.database.zone), act) for _, clock, _, act in group]
            self.database.clock = lambda moment=due[0][0]: moment  # type: ignore[misc]
            with self.database.transaction(Actor(role.value)) as uow:
                for moment, act in due:
                    uow.now = moment
                    act(uow)

    def random(self, *parts: str) -> Random:
        return Random("/".join((SEED, str(self.year), *parts)))  # noqa: S311 - a play, no secret

    def add(
        self,
        day: date,
        role: Role,
        act: Callable[[UnitOfWork], object],
        hour: int = 9,
        minute: int = 0,
    ) -> None:
        def step(uow: UnitOfWork) -> None:
            act(uow)

        self.steps.append((max(day, self.start), time(hour, minute), role, step))

    def _found(self, uow: UnitOfWork) -> None:
        term = uow.session.get_one(Term, self.term_id)
        if uow.session.scalar(select(Body.id).limit(1)) is None:
            years.set_bodies(uow, rows("responsible_bodies.csv"))
            years.set_points(uow, rows("reception_points.csv"))
        years.set_meetings(uow, term, map(self._meeting, rows("meetings.csv")))
        years.begin(uow, term, self.year, seed=SEED)

    def _meeting(self, row: dict[str, str]) -> dict[str, str]:
        """As in the data, or on the same day of another year."""
        if self.year == DATA_YEAR:
            return row
        held_on = self.cal.on_or_after(self.shifted(row["date"]))
        return {**row, "code": f"{self.year}-{row['code']}", "date": held_on.isoformat()}

    def shifted(self, text: str) -> date:
        day = date.fromisoformat(text)
        year = day.year + self.year - DATA_YEAR
        return day.replace(year=year, day=28 if (day.month, day.day) == (2, 29) else day.day)

    def offices(self, uow: UnitOfWork, kinds: Sequence[str]) -> list[Office]:
        term = uow.session.get_one(Term, self.term_id)
        offices = people.offices(uow, term, self.start, kinds)
        return [o for o in offices if o.kind != REPRESENTATIVE or o.person_id in self.persons]
