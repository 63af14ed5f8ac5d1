"""A living year for the demo: what representatives, constituents, clerks and bodies did, through
the services, on the days on which it happened. Chance is seeded; only what hangs on
random ids (who is linked, who is on duty where) differs from run to run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby
from random import Random

from sqlalchemy import select

from accountability import (
    activities,
    calendar,
    commitments,
    contacts,
    dossiers,
    matters,
    obligations,
    receptions,
    reports,
    routing,
)
from accountability.access import SYSTEM, Role, Viewer
from accountability.models import Activity, Body, Matter, Meeting, Obligation, Point
from accountability.reports import Draft
from audit.database import Actor, Database, UnitOfWork
from voting.registry import people
from voting.registry.models import COMMITTEE_KINDS, REPRESENTATIVE, Office, Person, Term, Unit
from web import term_year
from web.demo.organisation import rows
from web.demo.year_texts import ABSENT, ANSWERS, PROMISES, VISITS

SEED = "demo lottery 20260105: 03 11 17 22 29 33"
CLERK = Viewer(Role.CLERK, "demo-clerk")
COMMISSION = Viewer(Role.COMMISSION, "demo-commission")
DATA_YEAR = 2026  # the year that the meetings and matters of the data are in

Step = tuple[datetime, Role, Callable[[UnitOfWork], None]]


def live_year(
    database: Database, term: Term, representatives: Sequence[Person], today: date
) -> None:
    """Fill the year up to `today`; early in a year, the year before as well.

    Run it before anything of later date is logged: the clock is moved through the year and put
    back. Dossiers are frozen by `freeze_dossiers`, when the ballots have their contests.
    """
    first = today.year if today.month >= 7 else today.year - 1
    clock = database.clock
    try:
        for year in range(first, today.year + 1):
            _Year(database, term.id, [p.id for p in representatives], year, today).live()
    finally:
        database.clock = clock


def freeze_dossiers(
    database: Database, term: Term, kind: str, contests: Mapping[str, str]
) -> dict[str, str]:
    """Person id -> SHA-256 of the dossier; `contests` is person id -> contest id."""
    hashes = {}
    with database.transaction(Actor("commission")) as uow:
        for office in people.offices(uow, term, uow.now.date(), COMMITTEE_KINDS):
            if office.person_id in contests and office.person_id not in hashes:
                dossier = dossiers.freeze(
                    uow,
                    COMMISSION,
                    office.id,
                    kind=kind,
                    ballot=contests[office.person_id],
                    ballot_open=False,
                )
                hashes[office.person_id] = dossier.sha256
    return hashes


def _at(day: date, hour: int = 9, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), calendar.LOCAL)


class _Year:
    def __init__(
        self, database: Database, term_id: str, persons: Iterable[str], year: int, today: date
    ) -> None:
        self.database, self.term_id, self.year, self.today = database, term_id, year, today
        self.persons = set(persons)
        self.cal = calendar.load()
        self.steps: list[Step] = []
        self.codes: dict[tuple[str, str], tuple[str, str]] = {}  # (link, quarter) -> contact, code
        self.matters: dict[str, str] = {}  # code in the data -> id
        self.start = date(year, 1, 5)

    def live(self) -> None:
        with self.database.read() as uow:
            term = uow.session.get_one(Term, self.term_id)
            self.start = self.cal.on_or_after(max(self.start, term.starts_on))
        if self.start > self.today:
            return
        self._run([(_at(self.start), Role.SYSTEM, self._found)])
        with self.database.read() as uow:
            self._plan(uow)
        self._run(sorted(self.steps, key=lambda step: step[0]))

    def _run(self, steps: list[Step]) -> None:
        """One transaction for what one role did on one day."""
        for (day, role), group in groupby(steps, key=lambda step: (step[0].date(), step[1])):
            if day > self.today:
                return
            due = list(group)
            self.database.clock = lambda moment=due[0][0]: moment  # type: ignore[misc]
            with self.database.transaction(Actor(role.value)) as uow:
                for moment, _role, act in due:
                    uow.now = moment
                    act(uow)

    def _random(self, *parts: str) -> Random:
        return Random("/".join((SEED, str(self.year), *parts)))  # noqa: S311 - a play, no secret

    def _add(
        self,
        day: date,
        role: Role,
        act: Callable[[UnitOfWork], object],
        hour: int = 9,
        minute: int = 0,
    ) -> None:
        def step(uow: UnitOfWork) -> None:
            act(uow)

        self.steps.append((_at(max(day, self.start), hour, minute), role, step))

    # what is set up at the start

    def _found(self, uow: UnitOfWork) -> None:
        term = uow.session.get_one(Term, self.term_id)
        if uow.session.scalar(select(Body.id).limit(1)) is None:
            term_year.set_bodies(uow, rows("responsible_bodies.csv"))
            term_year.set_points(uow, rows("reception_points.csv"))
        term_year.set_meetings(uow, term, map(self._meeting, rows("meetings.csv")))
        term_year.begin(uow, term, self.year, seed=SEED)

    def _meeting(self, row: dict[str, str]) -> dict[str, str]:
        """As in the data, or on the same day of another year."""
        if self.year == DATA_YEAR:
            return row
        held_on = self.cal.on_or_after(self._shifted(row["date"]))
        return {**row, "code": f"{self.year}-{row['code']}", "date": held_on.isoformat()}

    def _shifted(self, text: str) -> date:
        day = date.fromisoformat(text)
        year = day.year + self.year - DATA_YEAR
        return day.replace(year=year, day=28 if (day.month, day.day) == (2, 29) else day.day)

    def _offices(self, uow: UnitOfWork, kinds: Sequence[str]) -> list[Office]:
        term = uow.session.get_one(Term, self.term_id)
        offices = people.offices(uow, term, self.start, kinds)
        return [o for o in offices if o.kind != REPRESENTATIVE or o.person_id in self.persons]

    # what each did

    def _plan(self, uow: UnitOfWork) -> None:
        for office in self._offices(uow, [REPRESENTATIVE, *COMMITTEE_KINDS]):
            number = office.person.member_no
            seat = Viewer(
                Role.REPRESENTATIVE, f"demo-{number}", office.person_id, frozenset({office.id})
            )
            care = 0.72 + 0.27 * self._random(number, "care").random()
            self._attendance(uow, office, number, care)
            self._report(seat, office.id, number)
            self._promise(seat, office.id, number)
            if office.kind == REPRESENTATIVE:
                self._receptions(uow, seat, office.id, number, care)
                self._contacts(uow, seat, office.id, number, care)
                self._visits(seat, office.id, number)
        self._casework(uow)
        for month in range(2, 13):
            self._add(
                date(self.year, month, 20),
                Role.SYSTEM,
                lambda uow: contacts.expire(uow, SYSTEM, ballot_open=False),
            )

    def _attendance(self, uow: UnitOfWork, office: Office, number: str, care: float) -> None:
        query = (
            select(Meeting)
            .join(Obligation, Obligation.reference == Meeting.id)
            .where(Obligation.office_id == office.id, Obligation.year == self.year)
        )
        for meeting in uow.session.scalars(query):
            chance = self._random(number, meeting.code)
            present = chance.random() < care + 0.1
            reason = None if present else chance.choice(ABSENT)

            def record(
                uow: UnitOfWork,
                meeting_id: str = meeting.id,
                office_id: str = office.id,
                reason: str | None = reason,
            ) -> None:
                activities.record_attendance(
                    uow,
                    CLERK,
                    meeting_id,
                    office_id,
                    attendance="absent" if reason else "present",
                    reason=reason,
                    ballot_open=False,
                )

            self._add(self.cal.add_working_days(meeting.held_on, 1), Role.CLERK, record)

    def _receptions(
        self, uow: UnitOfWork, seat: Viewer, office_id: str, number: str, care: float
    ) -> None:
        last = date(self.year, 12, 31)
        for duty in receptions.duties(uow, office_id, self.start, last):
            if (
                self._random(number, duty.session.point.code, str(duty.session.held_on)).random()
                >= care
            ):
                continue
            start, _end = receptions.spans(duty.session.point.hours)[0]

            def sign_in(
                uow: UnitOfWork, duty_id: str = duty.id, point: Point = duty.session.point
            ) -> None:
                keeper = Viewer(Role.SITE_KEEPER, "demo-keeper", points=frozenset({point.code}))
                code = receptions.current_code(uow, keeper, point.id)
                receptions.sign_in(uow, seat, duty_id, code)

            day = duty.session.held_on
            self._add(day, Role.REPRESENTATIVE, sign_in, start.hour, start.minute + 5)

    def _contacts(
        self, uow: UnitOfWork, seat: Viewer, office_id: str, number: str, care: float
    ) -> None:
        for link, person in obligations.linked(uow, seat, office_id, self.year):
            for quarter in (f"{self.year}Q{n}" for n in range(1, 5)):
                chance = self._random(number, str(link.slot), quarter)
                first, last = calendar.quarter_bounds(quarter)
                held_on = max(first, self.start) + timedelta(days=chance.randrange(70))
                claimed_on = held_on + timedelta(days=chance.choice((0, 1, 1, 2, 4, 9)))
                if held_on <= last and chance.random() < care + 0.05:
                    channel = chance.choice(("visit", "visit", "phone", "meeting"))
                    self._claim(seat, link.id, quarter, held_on, claimed_on, channel)
                    self._answer(person.id, link.id, quarter, claimed_on, chance)

    def _claim(
        self, seat: Viewer, link_id: str, quarter: str, held_on: date, on: date, channel: str
    ) -> None:
        def claim(uow: UnitOfWork) -> None:
            contact, code = contacts.claim(
                uow, seat, link_id, held_on=held_on, channel=channel, ballot_open=False
            )
            self.codes[link_id, quarter] = (contact.id, code)

        self._add(on, Role.REPRESENTATIVE, claim, 18)

    def _answer(
        self, person_id: str, link_id: str, quarter: str, claimed_on: date, chance: Random
    ) -> None:
        verdict = chance.choices(("confirmed", "disputed", ""), (86, 3, 11))[0]
        if not verdict:
            return
        viewer = Viewer(Role.CONSTITUENT, "", person_id)

        def answer(uow: UnitOfWork) -> None:
            contact_id, code = self.codes[link_id, quarter]
            contacts.answer(
                uow,
                viewer,
                contact_id,
                confirmed=verdict == "confirmed",
                code=code,
                ballot_open=False,
            )

        # "member": the log leaves out the id of whoever acts in this role
        self._add(claimed_on + timedelta(days=chance.randrange(1, 15)), Role.CONSTITUENT, answer)

    def _visits(self, seat: Viewer, office_id: str, number: str) -> None:
        chance = self._random(number, "visits")
        for month in range(1, 13):
            if chance.random() < 0.25:
                continue
            kind, chinese, english = chance.choice(VISITS)
            held_on = self.cal.on_or_after(date(self.year, month, chance.randrange(8, 24)))

            def visit(
                uow: UnitOfWork,
                kind: str = kind,
                on: date = held_on,
                text: str = f"{chinese} · {english}",
            ) -> None:
                activities.log_own(
                    uow,
                    seat,
                    office_id,
                    kind=kind,
                    held_on=on,
                    place="",
                    summary=text,
                    ballot_open=False,
                )

            if held_on >= self.start:
                late = timedelta(days=chance.choice((0, 0, 0, 1, 2, 3, 10)))
                self._add(held_on + late, Role.REPRESENTATIVE, visit, 17)

    def _report(self, seat: Viewer, office_id: str, number: str) -> None:
        def report(uow: UnitOfWork) -> None:
            owed = reports.due(uow, office_id)
            if not owed:
                return
            drafts = [Draft(_statement(a), (a.id,)) for a in _done(uow, office_id)[:4]]
            drafts.append(
                Draft("听取群众意见，积极反映。 · Listened to people and passed on what they said.")
            )
            reports.submit(uow, seat, office_id, owed[0].period, drafts)

        days_before = self._random(number, "report").choice((6, 4, 2, 1, 0, -2))
        due = self.cal.on_or_after(date(self.year, *obligations.REPORTS[0][1]))
        self._add(due - timedelta(days=days_before), Role.REPRESENTATIVE, report, 20)

    def _promise(self, seat: Viewer, office_id: str, number: str) -> None:
        chance = self._random(number, "promise")
        state = chance.choice(("planned", "under_way", "under_way", "done"))
        chinese, english = chance.choice(PROMISES)

        def promise(uow: UnitOfWork) -> None:
            made = commitments.make(
                uow,
                seat,
                office_id,
                title_zh=chinese,
                title_en=english,
                due_on=date(self.year, 12, 31),
            )
            if state != "planned":
                shown = "验收记录第12号 · Acceptance record no. 12" if state == "done" else ""
                commitments.move(uow, seat, made.id, state=state, evidence=shown)

        self._add(date(self.year, 3, 2), Role.REPRESENTATIVE, promise, 19)

    # matters

    def _casework(self, uow: UnitOfWork) -> None:
        if self.year != self.today.year:
            return
        members = {u.code: _members(uow, u, self.start) for u in uow.session.scalars(select(Unit))}
        offices = self._offices(uow, [REPRESENTATIVE])
        found = rows("matters.csv")
        repeats = {row["duplicate_of"]: row["received_on"] for row in found if row["duplicate_of"]}
        for row in found:
            chance = self._random(row["code"])
            received = self._shifted(row["received_on"])
            self._receive(row, received, chance, members[row["unit"]], offices)
            if row["duplicate_of"]:
                self._join(row, received)
            else:
                repeated = repeats.get(row["code"])
                not_before = self._shifted(repeated) if repeated else received
                self._handle(row["code"], received, not_before, chance)

    def _receive(
        self,
        row: dict[str, str],
        received: date,
        chance: Random,
        members: list[str],
        offices: list[Office],
    ) -> None:
        with_person = row["channel"] != "patrol" and members
        near = [o for o in offices if o.constituency and _covers(o, row["unit"])]
        taken_in_by = row["channel"] in ("reception", "letter", "web") and near
        intake = matters.Intake(
            unit_id=row["unit"],
            category=row["category"],
            text="\n".join(filter(None, (row["text_zh"], row["text_en"]))),
            channel=row["channel"],
            person_id=chance.choice(members) if with_person else None,
            share_contact=chance.random() < 0.5,
            office_id=chance.choice(near).id if taken_in_by else None,
            received_on=received,
        )

        def receive(uow: UnitOfWork) -> None:
            unit = uow.session.scalars(select(Unit).where(Unit.code == row["unit"])).one()
            changed = {**vars(intake), "unit_id": unit.id}
            self.matters[row["code"]] = matters.take_in(uow, CLERK, matters.Intake(**changed)).id

        self._add(received, Role.CLERK, receive, 10)

    def _join(self, row: dict[str, str], received: date) -> None:
        def join(uow: UnitOfWork) -> None:
            original = self.matters[row["duplicate_of"]]
            routing.join(uow, CLERK, self.matters[row["code"]], original)

        self._add(self.cal.add_working_days(max(received, self.start), 1), Role.CLERK, join, 11)

    def _handle(self, code: str, received: date, not_before: date, chance: Random) -> None:
        routed_on = self.cal.add_working_days(max(received, self.start), 1)
        self._add(routed_on, Role.CLERK, lambda uow: self._route(uow, code), 15)
        if chance.random() < 0.6:
            on = self.cal.add_working_days(routed_on, 1)
            self._add(on, Role.BODY, lambda uow: self._by_body(uow, code, answered=False))
        if chance.random() < 0.12:
            return  # nobody answers: it stays open and is shown as overdue
        days = chance.choice((1, 2, 3, 5, 8, 12, 18))
        on = self.cal.add_working_days(max(routed_on, not_before + timedelta(days=3)), days)
        self._add(on, Role.BODY, lambda uow: self._by_body(uow, code, answered=True), 16)
        verdict = chance.choices(("accepted", "disputed", ""), (70, 12, 18))[0]
        if verdict:
            on = self.cal.add_working_days(on, chance.choice((1, 2, 4)))
            self._add(on, Role.CONSTITUENT, lambda uow: self._settle(uow, code, verdict), 20)

    def _route(self, uow: UnitOfWork, code: str) -> None:
        matter = uow.session.get_one(Matter, self.matters[code])
        body = routing.body_for(uow, matter.category)
        if body is not None and matter.text:
            routing.route(uow, CLERK, matter.id, body.id, extract=matter.text)

    def _by_body(self, uow: UnitOfWork, code: str, *, answered: bool) -> None:
        matter = uow.session.get_one(Matter, self.matters[code])
        for row in matter.routings:
            staff = Viewer(Role.BODY, "demo-body", bodies=frozenset({row.body.code}))
            if answered:
                routing.answer(uow, staff, row.id, self._random(code).choice(ANSWERS))
            else:
                routing.acknowledge(uow, staff, row.id)

    def _settle(self, uow: UnitOfWork, code: str, verdict: str) -> None:
        matter = uow.session.get_one(Matter, self.matters[code])
        if matter.person_id is None or matter.state != "answered":
            return
        matters.settle(uow, Viewer(Role.CONSTITUENT, "", matter.person_id), matter.id, verdict)


def _done(uow: UnitOfWork, office_id: str) -> list[Activity]:
    query = select(Activity).where(
        Activity.office_id == office_id, Activity.attendance == "present"
    )
    return list(uow.session.scalars(query.order_by(Activity.held_on.desc(), Activity.kind)))


def _statement(activity: Activity) -> str:
    day = activity.held_on.isoformat()
    if activity.meeting is not None:
        return f"{day} {activity.meeting.title_zh} · {activity.meeting.title_en}"
    if activity.session is not None:
        return f"{day} 接待日值班 · On duty on reception day"
    return f"{day} {activity.summary}"


def _members(uow: UnitOfWork, unit: Unit, on: date) -> list[str]:
    electors = people.all_electors(uow, on)
    return [
        p.id for p in electors if (home := people.voting_unit(uow, p, on)) and home.id == unit.id
    ]


def _covers(office: Office, unit_code: str) -> bool:
    return office.constituency is not None and any(
        unit.code == unit_code for unit in office.constituency.units
    )
