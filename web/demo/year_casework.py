"""Casework in the living year of the demo: what people raised, and what was made of it."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from sqlalchemy import select

from accountability import matters, pictures, routing, viewing
from accountability.access import Role, Viewer
from accountability.models import Body, Matter
from audit.database import UnitOfWork
from voting.registry import people
from voting.registry.models import REPRESENTATIVE, Office, Unit
from web.demo.organisation import rows
from web.demo.year_pictures import drawing
from web.demo.year_schedule import CLERK, Schedule
from web.demo.year_texts import ANSWERS, BROKEN, MENDED, NOT_OURS


class Casework:
    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.matters: dict[str, str] = {}  # code in the data -> id

    def plan(self, uow: UnitOfWork) -> None:
        if self.schedule.year != self.schedule.today.year:
            return
        members = {
            u.code: _members(uow, u, self.schedule.start) for u in uow.session.scalars(select(Unit))
        }
        offices = self.schedule.offices(uow, [REPRESENTATIVE])
        found = rows("matters.csv")
        repeats = {row["duplicate_of"]: row["received_on"] for row in found if row["duplicate_of"]}
        for row in found:
            chance = self.schedule.random(row["code"])
            received = self.schedule.shifted(row["received_on"])
            self._receive(row, received, chance, members[row["unit"]], offices)
            if row["duplicate_of"]:
                self._join(row, received)
            else:
                repeated = repeats.get(row["code"])
                not_before = self.schedule.shifted(repeated) if repeated else received
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
            matter = matters.take_in(uow, CLERK, matters.Intake(**changed))
            self.matters[row["code"]] = matter.id
            if row["category"] in ("roads", "safety"):
                pictures.add_to_matter(uow, CLERK, matter.id, drawing("broken"), BROKEN)

        self.schedule.add(received, Role.CLERK, receive, 10)

    def _join(self, row: dict[str, str], received: date) -> None:
        def join(uow: UnitOfWork) -> None:
            original = self.matters[row["duplicate_of"]]
            routing.join(uow, CLERK, self.matters[row["code"]], original)

        self.schedule.add(
            self.schedule.cal.add_working_days(max(received, self.schedule.start), 1),
            Role.CLERK,
            join,
            11,
        )

    def _handle(self, code: str, received: date, not_before: date, chance: Random) -> None:
        routed_on = self.schedule.cal.add_working_days(max(received, self.schedule.start), 1)
        self.schedule.add(routed_on, Role.CLERK, lambda uow: self._route(uow, code), 15)
        if chance.random() < 0.6:
            on = self.schedule.cal.add_working_days(routed_on, 1)
            self.schedule.add(on, Role.BODY, lambda uow: self._by_body(uow, code, answered=False))
        if chance.random() < 0.12:
            return  # nobody answers: it stays open and is shown as overdue
        days = chance.choice((1, 2, 3, 5, 8, 12, 18))
        on = self.schedule.cal.add_working_days(
            max(routed_on, not_before + timedelta(days=3)), days
        )
        self.schedule.add(on, Role.BODY, lambda uow: self._by_body(uow, code, answered=True), 16)
        verdict = chance.choices(("accepted", "disputed", ""), (70, 12, 18))[0]
        if verdict:
            on = self.schedule.cal.add_working_days(on, chance.choice((1, 2, 4)))
            self.schedule.add(
                on, Role.CONSTITUENT, lambda uow: self._settle(uow, code, verdict), 20
            )

    def _route(self, uow: UnitOfWork, code: str) -> None:
        matter = uow.session.get_one(Matter, self.matters[code])
        body = routing.body_for(uow, matter.category)
        if body is None or not matter.text:
            return
        if self.schedule.random(code, "wrong").random() < 0.15:
            self._astray(uow, matter, body)
        shown = viewing.show(uow, CLERK, matter.id).pictures
        routing.route(
            uow, CLERK, matter.id, body.id, extract=matter.text, shared=[p.id for p in shown]
        )

    def _astray(self, uow: UnitOfWork, matter: Matter, right: Body) -> None:
        """To a body that is not in charge, which hands it back."""
        wrong = next(body for body in routing.bodies(uow) if body.id != right.id)
        row = routing.route(uow, CLERK, matter.id, wrong.id, extract=matter.text or "")
        staff = Viewer(Role.BODY, "demo-body", bodies=frozenset({wrong.code}))
        routing.hand_back(uow, staff, row.id, NOT_OURS)

    def _by_body(self, uow: UnitOfWork, code: str, *, answered: bool) -> None:
        matter = uow.session.get_one(Matter, self.matters[code])
        for row in [row for row in matter.routings if row.waits]:
            staff = Viewer(Role.BODY, "demo-body", bodies=frozenset({row.body.code}))
            if answered:
                if matter.category in ("roads", "safety"):
                    pictures.add_to_matter(uow, staff, matter.id, drawing("mended"), MENDED)
                routing.answer(uow, staff, row.id, self.schedule.random(code).choice(ANSWERS))
            else:
                routing.acknowledge(uow, staff, row.id)

    def _settle(self, uow: UnitOfWork, code: str, verdict: str) -> None:
        matter = uow.session.get_one(Matter, self.matters[code])
        if matter.person_id is None or matter.state != "answered":
            return
        matters.settle(uow, Viewer(Role.CONSTITUENT, "", matter.person_id), matter.id, verdict)


def _members(uow: UnitOfWork, unit: Unit, on: date) -> list[str]:
    electors = people.all_electors(uow, on)
    return [
        p.id for p in electors if (home := people.voting_unit(uow, p, on)) and home.id == unit.id
    ]


def _covers(office: Office, unit_code: str) -> bool:
    return office.constituency is not None and any(
        unit.code == unit_code for unit in office.constituency.units
    )
