"""A living year for the demo: what representatives and constituents did, through the services, on
the days on which it happened. What clerks and bodies did is in `year_casework`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random

from sqlalchemy import select

from accountability import (
    activities,
    calendar,
    choices,
    commitments,
    contacts,
    dossiers,
    obligations,
    pictures,
    receptions,
    reports,
)
from accountability.access import SYSTEM, Role, Viewer
from accountability.models import Activity, Meeting, Obligation, Point
from accountability.reports import Draft
from audit.database import Actor, Database, UnitOfWork
from voting.registry import people
from voting.registry.models import COMMITTEE_KINDS, REPRESENTATIVE, Office, Person, Term
from web.demo.year_casework import Casework
from web.demo.year_pictures import drawing
from web.demo.year_schedule import CLERK, Schedule
from web.demo.year_texts import ABSENT, PROMISES, SEEN, VISITS

COMMISSION = Viewer(Role.COMMISSION, "demo-commission")


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
            schedule = Schedule(database, term.id, [p.id for p in representatives], year, today)
            if schedule.found():
                with database.read() as uow:
                    Deeds(schedule).plan(uow)
                    Casework(schedule).plan(uow)
                schedule.live()
    finally:
        database.clock = clock


def freeze_dossiers(
    database: Database, term: Term, kind: str, contests: Mapping[str, str]
) -> dict[str, str]:
    """Person id -> SHA-256 of the dossier; `contests` is person id -> contest id."""
    hashes = {}
    with database.transaction(Actor("commission")) as uow:
        for office in people.offices(uow, term, uow.today, COMMITTEE_KINDS):
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


class Deeds:
    """What the holders of offices and their linked constituents do."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.codes: dict[tuple[str, str], tuple[str, str]] = {}  # (link, quarter) -> contact, code

    def plan(self, uow: UnitOfWork) -> None:
        for office in self.schedule.offices(uow, [REPRESENTATIVE, *COMMITTEE_KINDS]):
            number = office.person.member_no
            seat = Viewer(
                Role.REPRESENTATIVE, f"demo-{number}", office.person_id, frozenset({office.id})
            )
            care = 0.72 + 0.27 * self.schedule.random(number, "care").random()
            self._attendance(uow, office, number, care)
            self._report(seat, office.id, number)
            self._promise(seat, office.id, number)
            if office.kind == REPRESENTATIVE:
                self._receptions(uow, seat, office.id, number, care)
                self._contacts(uow, seat, office.id, number, care)
                self._visits(seat, office.id, number)
                self._choose(seat, office.id, number)
        for month in range(2, 13):
            self.schedule.add(
                date(self.schedule.year, month, 20),
                Role.SYSTEM,
                lambda uow: contacts.expire(uow, SYSTEM, ballot_open=False),
            )

    def _attendance(self, uow: UnitOfWork, office: Office, number: str, care: float) -> None:
        query = (
            select(Meeting)
            .join(Obligation, Obligation.reference == Meeting.id)
            .where(Obligation.office_id == office.id, Obligation.year == self.schedule.year)
        )
        for meeting in uow.session.scalars(query):
            chance = self.schedule.random(number, meeting.code)
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

            self.schedule.add(
                self.schedule.cal.add_working_days(meeting.held_on, 1), Role.CLERK, record
            )

    def _receptions(
        self, uow: UnitOfWork, seat: Viewer, office_id: str, number: str, care: float
    ) -> None:
        last = date(self.schedule.year, 12, 31)
        for duty in receptions.duties(uow, office_id, self.schedule.start, last):
            if (
                self.schedule.random(
                    number, duty.session.point.code, str(duty.session.held_on)
                ).random()
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
            self.schedule.add(day, Role.REPRESENTATIVE, sign_in, start.hour, start.minute + 5)

    def _contacts(
        self, uow: UnitOfWork, seat: Viewer, office_id: str, number: str, care: float
    ) -> None:
        for link, person in obligations.linked(uow, seat, office_id, self.schedule.year):
            for quarter in (f"{self.schedule.year}Q{n}" for n in range(1, 5)):
                chance = self.schedule.random(number, str(link.slot), quarter)
                first, last = calendar.quarter_bounds(quarter)
                held_on = max(first, self.schedule.start) + timedelta(days=chance.randrange(70))
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

        self.schedule.add(on, Role.REPRESENTATIVE, claim, 18)

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
        self.schedule.add(
            claimed_on + timedelta(days=chance.randrange(1, 15)), Role.CONSTITUENT, answer
        )

    def _visits(self, seat: Viewer, office_id: str, number: str) -> None:
        chance = self.schedule.random(number, "visits")
        for month in range(1, 13):
            if chance.random() < 0.25:
                continue
            kind, chinese, english = chance.choice(VISITS)
            held_on = self.schedule.cal.on_or_after(
                date(self.schedule.year, month, chance.randrange(8, 24))
            )

            def visit(
                uow: UnitOfWork,
                kind: str = kind,
                on: date = held_on,
                text: str = f"{chinese} · {english}",
            ) -> None:
                activity = activities.log_own(
                    uow,
                    seat,
                    office_id,
                    kind=kind,
                    held_on=on,
                    place="",
                    summary=text,
                    ballot_open=False,
                )
                if kind == "survey":
                    name, title = SEEN[on.month % len(SEEN)]
                    pictures.add_to_activity(
                        uow, seat, activity.id, drawing(name), title, ballot_open=False
                    )

            if held_on >= self.schedule.start:
                late = timedelta(days=chance.choice((0, 0, 0, 1, 2, 3, 10)))
                self.schedule.add(held_on + late, Role.REPRESENTATIVE, visit, 17)

    def _choose(self, seat: Viewer, office_id: str, number: str) -> None:
        """Some say in autumn whom they would like to be linked with in the next year."""

        def choose(uow: UnitOfWork) -> None:
            office = uow.session.get_one(Office, office_id)
            entitled = sorted(obligations.entitled(uow, office))
            if entitled:
                choices.choose(uow, seat, office_id, entitled[0])

        if self.schedule.random(number, "choice").random() < 0.5:
            self.schedule.add(date(self.schedule.year, 11, 9), Role.REPRESENTATIVE, choose, 19)

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

        days_before = self.schedule.random(number, "report").choice((6, 4, 2, 1, 0, -2))
        due = self.schedule.cal.on_or_after(date(self.schedule.year, *obligations.REPORTS[0][1]))
        self.schedule.add(due - timedelta(days=days_before), Role.REPRESENTATIVE, report, 20)

    def _promise(self, seat: Viewer, office_id: str, number: str) -> None:
        chance = self.schedule.random(number, "promise")
        state = chance.choice(("planned", "under_way", "under_way", "done"))
        chinese, english = chance.choice(PROMISES)

        def promise(uow: UnitOfWork) -> None:
            made = commitments.make(
                uow,
                seat,
                office_id,
                title_zh=chinese,
                title_en=english,
                due_on=date(self.schedule.year, 12, 31),
            )
            if state != "planned":
                shown = "验收记录第12号 · Acceptance record no. 12" if state == "done" else ""
                commitments.move(uow, seat, made.id, state=state, evidence=shown)

        self.schedule.add(date(self.schedule.year, 3, 2), Role.REPRESENTATIVE, promise, 19)


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
