from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from accountability import break_glass, matters, routing, scorecard_rows, viewing
from accountability.access import PUBLIC, SYSTEM, Role, Viewer
from accountability.entries import MatterOpened
from accountability.errors import Conflict, Forbidden, Invalid, NotFound
from accountability.matters import Intake
from accountability.models import Body, Matter, Opening, Routing
from accountability.viewing import MatterView
from audit.database import UnitOfWork
from audit.entries import SECURITY
from tests.accountability.world import AUDITOR, CLERK, World
from voting.registry import people
from voting.registry.models import Office

ROADS = Viewer(Role.BODY, "account-roads", bodies=frozenset({"B1"}))
SAFETY = Viewer(Role.BODY, "account-safety", bodies=frozenset({"B6"}))
OMBUD = Viewer(Role.BODY, "account-ombud", bodies=frozenset({"B8"}))
SECOND = Viewer(Role.AUDITOR, "account-auditor-2")
TEXT = "Member 5 here, call 17938082399: eight rails of the bridge are missing"


@pytest.fixture
def town(quick: World) -> World:
    return _with_bodies(quick)


def _with_bodies(world: World) -> World:
    with world.database.transaction() as uow:
        for code, categories, days in (
            ("B1", "roads", 15),
            ("B6", "safety", 3),
            ("B8", "conduct", 20),
        ):
            routing.set_body(
                uow,
                SYSTEM,
                code=code,
                name=code,
                name_en=code,
                categories=categories,
                sla_working_days=days,
            )
    return world


def owner(world: World) -> Viewer:
    return world.constituent(world.members[5])


def raised(world: World, viewer: Viewer | None = None, **changes: Any) -> Matter:
    intake = replace(Intake(unit_id=world.unit.id, category="roads", text=TEXT), **changes)
    with world.database.transaction() as uow:
        return matters.take_in(uow, viewer or owner(world), intake)


def body(uow: UnitOfWork, code: str) -> Body:
    return uow.session.scalars(select(Body).where(Body.code == code)).one()


def routed(world: World, matter: Matter, *codes: str) -> list[Routing]:
    with world.database.transaction() as uow:
        return [
            routing.route(uow, CLERK, matter.id, body(uow, code).id, extract="Rails are missing")
            for code in codes or ("B1",)
        ]


def seen(world: World, viewer: Viewer, matter: Matter) -> MatterView:
    with world.database.transaction() as uow:
        return viewing.show(uow, viewer, matter.id)


def hidden(world: World, viewer: Viewer, matter: Matter) -> bool:
    with world.database.transaction() as uow:
        try:
            viewing.show(uow, viewer, matter.id)
        except NotFound:
            return True
    return False


def test_the_owner_sees_everything_and_leaves_no_trace(town: World) -> None:
    matter = raised(town)
    view = seen(town, owner(town), matter)
    assert (view.text, view.name, view.state) == (TEXT, "Member 5", "received")
    assert view.openings == []
    assert hidden(town, town.constituent(town.members[6]), matter)
    assert hidden(town, PUBLIC, matter)


def test_the_clerk_sees_text_and_contact_until_it_is_routed(town: World) -> None:
    matter = raised(town)
    before = seen(town, CLERK, matter)
    assert (before.text, before.name) == (TEXT, "Member 5")
    routed(town, matter)
    after = seen(town, CLERK, matter)
    assert (after.text, after.name, after.contact) == (None, None, None)
    assert after.category == "roads"


def test_the_body_sees_the_extract_and_the_contact_only_with_consent(town: World) -> None:
    matter = raised(town)
    assert hidden(town, ROADS, matter)
    (one, other) = routed(town, matter, "B1", "B6")
    view = seen(town, ROADS, matter)
    assert (view.text, view.name) == ("Rails are missing", None)
    assert [r.id for r in view.routings] == [one.id]
    with town.database.transaction() as uow:
        matters.consent(uow, owner(town), one.id, True)
    assert seen(town, ROADS, matter).name == "Member 5"
    assert seen(town, SAFETY, matter).name is None, "consent is for one body"
    with town.database.transaction() as uow:
        matters.consent(uow, owner(town), one.id, False)
    assert seen(town, ROADS, matter).name is None
    assert other.due_on < one.due_on


def test_sharing_at_intake_reaches_the_body_in_charge_alone(town: World) -> None:
    roads, safety = routed(town, raised(town, share_contact=True), "B1", "B6")
    assert (roads.consent, safety.consent) == (True, False)


def test_the_representative_sees_the_own_matters_while_in_office(town: World) -> None:
    seat = town.seats[0]
    matter = raised(
        town, seat, office_id=town.offices[0].id, person_id=town.members[5].id, channel="reception"
    )
    assert seen(town, seat, matter).text == TEXT
    assert hidden(town, town.seats[1], matter)
    assert hidden(town, replace(seat, offices=frozenset()), matter), "office ends, access ends"
    with town.database.transaction() as uow:
        assert [m.id for m in viewing.listed(uow, seat)] == [matter.id]
        assert viewing.listed(uow, town.seats[1]) == []


def test_open_matters_pass_on_with_the_owners_consent_only(town: World) -> None:
    matter = raised(town, town.seats[0], office_id=town.offices[0].id, person_id=town.members[5].id)
    with town.database.transaction() as uow:
        people.end_office(
            uow, uow.session.get_one(Office, town.offices[0].id), date(2026, 1, 5), "resigned"
        )
    with town.database.transaction() as uow:
        for viewer in (town.seats[1], CLERK, town.constituent(town.members[6])):
            with pytest.raises(NotFound):
                matters.pass_on(uow, viewer, matter.id, town.offices[1].id)
        with pytest.raises(Conflict):
            matters.pass_on(uow, owner(town), matter.id, town.offices[0].id)
        matters.pass_on(uow, owner(town), matter.id, town.offices[1].id)
    assert not hidden(town, town.seats[1], matter)


def test_a_complaint_bypasses_the_representative(town: World) -> None:
    office = town.offices[0]
    matter = raised(town, category="conduct", about_office_id=office.id)
    for viewer in (*town.seats, ROADS, OMBUD, PUBLIC):
        assert hidden(town, viewer, matter)
    routed(town, matter, "B8")
    assert seen(town, OMBUD, matter).text == "Rails are missing"
    assert hidden(town, town.seats[0], matter)
    for viewer in (CLERK, AUDITOR):
        assert seen(town, viewer, matter).category == "conduct"
    with pytest.raises(Forbidden):
        raised(town, town.seats[1], category="conduct", office_id=town.offices[1].id)
    with pytest.raises(Invalid):
        raised(town, category="conduct", office_id=office.id)
    with pytest.raises(Invalid):
        routed(town, raised(town, category="conduct"), "B1")


def test_a_complaint_with_its_subject_as_owner_is_refused_by_the_table(world: World) -> None:
    matter = raised(world, category="conduct", about_office_id=world.offices[0].id)
    with pytest.raises(IntegrityError), world.database.engine.begin() as connection:
        connection.execute(
            update(Matter).where(Matter.id == matter.id).values(office_id=world.offices[0].id)
        )


def test_the_auditor_sees_the_course_and_a_redacted_sample(
    town: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matters, "MOST_A_DAY", 60)
    views = [seen(town, AUDITOR, raised(town)) for _ in range(60)]
    shown = [view.text for view in views if view.text is not None]
    assert 0 < len(shown) < 30
    assert all("17938082399" not in text and "Member 5" not in text for text in shown)
    assert {view.name for view in views} == {None}


def test_breaking_the_glass_takes_two_and_the_owner_is_told(town: World) -> None:
    matter = raised(town)
    with town.database.transaction() as uow:
        asked = break_glass.ask(uow, AUDITOR, matter.id, "A threat to life")
        with pytest.raises(Forbidden):
            break_glass.allow(uow, AUDITOR, asked.id)
    assert seen(town, AUDITOR, matter).name is None
    with town.database.transaction() as uow:
        break_glass.allow(uow, SECOND, asked.id)
    assert seen(town, AUDITOR, matter).name == "Member 5"
    assert seen(town, SECOND, matter).name is None
    view = seen(town, owner(town), matter)
    assert "glass_broken" in [event.what for event in view.events]
    assert any("contact" in opening.what for opening in view.openings)
    town.set_clock("2026-01-06 10:00")
    assert seen(town, AUDITOR, matter).name is None, "after a day it is shut again"


def test_the_owner_sees_who_opened_it_and_officials_only_their_own(town: World) -> None:
    matter = raised(town)
    seen(town, CLERK, matter)
    routed(town, matter)
    seen(town, ROADS, matter)
    mine = seen(town, owner(town), matter).openings
    assert sorted((o.role, o.what) for o in mine) == [
        ("body", "course+text"),
        ("clerk", "course+text+contact"),
    ]
    assert {o.role for o in seen(town, ROADS, matter).openings} == {"body"}
    assert {o.role for o in seen(town, CLERK, matter).openings} == {"clerk"}
    assert len(seen(town, AUDITOR, matter).openings) >= 4


def test_looking_is_logged_for_auditors_without_the_person(town: World) -> None:
    matter = raised(town)
    with town.database.transaction() as uow:
        viewing.show(uow, CLERK, matter.id)
        (opened,) = uow.entries
    assert isinstance(opened, MatterOpened)
    assert (opened.LOG, opened.role) == (SECURITY, "clerk")
    assert town.members[5].id not in str(opened)


def test_due_dates_stops_and_extensions(town: World) -> None:
    town.set_clock("2026-09-22 10:00")
    matter = raised(town)
    (row,) = routed(town, matter, "B6")
    assert row.original_due_on == date(2026, 9, 28)  # 23, 24, (festival), 28
    with town.database.transaction() as uow:
        routing.stop_clock(uow, SAFETY, row.id, "Waiting for the surveyor")
    town.set_clock("2026-10-09 10:00")
    with town.database.transaction() as uow:
        with pytest.raises(Conflict):
            routing.stop_clock(uow, SAFETY, row.id, "again")
        routing.resume_clock(uow, SAFETY, row.id)
        moved = uow.session.get_one(Routing, row.id)
        # 23, 24, 28, 29, 30 September, 8, 9 October
        assert (moved.pauses[0].days, moved.due_on) == (7, date(2026, 10, 13))
        assert moved.original_due_on == date(2026, 9, 28)
    with town.database.transaction() as uow:
        with pytest.raises(Forbidden):
            routing.extend(uow, SAFETY, row.id, 2, "busy")
        routing.extend(uow, CLERK, row.id, 2, "The part is on order")
        assert uow.session.get_one(Routing, row.id).due_on == date(2026, 10, 15)


def test_acknowledged_is_not_answered(town: World) -> None:
    matter = raised(town, town.seats[0], office_id=town.offices[0].id, person_id=town.members[5].id)
    (row,) = routed(town, matter)
    with town.database.transaction() as uow:
        routing.acknowledge(uow, ROADS, row.id)
    with town.database.transaction() as uow:
        collected = scorecard_rows.collect(uow, town.offices[0], date(2026, 1, 20))
    assert collected.replies == ((11, False),)
    assert seen(town, owner(town), matter).state == "routed"
    with pytest.raises(Conflict), town.database.transaction() as uow:
        matters.settle(uow, owner(town), matter.id, "accepted")


def test_answered_by_all_then_disputed_then_accepted(town: World) -> None:
    matter = raised(town)
    first, second = routed(town, matter, "B1", "B6")
    with town.database.transaction() as uow:
        routing.answer(uow, ROADS, first.id, "Fixed on Monday")
    assert seen(town, owner(town), matter).state == "routed"
    with town.database.transaction() as uow:
        with pytest.raises(NotFound):
            routing.answer(uow, ROADS, second.id, "not mine")
        routing.answer(uow, SAFETY, second.id, "A sign is up")
    view = seen(town, owner(town), matter)
    assert (view.state, sorted(view.answers.values())) == (
        "answered",
        ["A sign is up", "Fixed on Monday"],
    )
    with town.database.transaction() as uow:
        with pytest.raises(NotFound):
            matters.settle(uow, town.constituent(town.members[6]), matter.id, "accepted")
        matters.settle(uow, owner(town), matter.id, "disputed", "It is not fixed")
    routed(town, matter, "B1")
    with town.database.transaction() as uow:
        again = uow.session.scalars(select(Routing).where(Routing.round == 2)).one()
        routing.answer(uow, ROADS, again.id, "Now it is")
        matters.settle(uow, owner(town), matter.id, "accepted")
    view = seen(town, owner(town), matter)
    assert (view.state, view.reopened) == ("accepted", 1)
    assert [event.position for event in view.events] == list(range(1, len(view.events) + 1))


def test_closed_is_not_resolved_and_not_silent(town: World) -> None:
    matter = raised(town)
    (row,) = routed(town, matter)
    with town.database.transaction() as uow:
        routing.answer(uow, ROADS, row.id, "Fixed")
    for viewer, error in ((ROADS, Forbidden), (CLERK, Conflict)):
        with pytest.raises(error), town.database.transaction() as uow:
            routing.close(uow, viewer, matter.id, "no reply")
    town.set_clock("2026-01-27 10:00")
    with town.database.transaction() as uow:
        routing.close(uow, CLERK, matter.id, "no reply")
        matters.settle(uow, owner(town), matter.id, "reopened")
    assert seen(town, owner(town), matter).state == "disputed"


def test_duplicates_are_suggested_and_joined_by_a_clerk(town: World) -> None:
    first = raised(town, text="第三组小桥的护栏断了8根，过桥不安全")
    other = raised(town, text="村北的路太窄，两辆车会不了车")
    repeat = raised(town, text="第三组小桥护栏断了8根，不安全", person_id=None)
    with town.database.transaction() as uow:
        ranked = routing.suggestions(uow, CLERK, repeat.id)
        assert [matter.id for matter, _alike in ranked] == [first.id, other.id]
        assert ranked[0][1] > ranked[1][1]
        with pytest.raises(Forbidden):
            routing.join(uow, ROADS, repeat.id, first.id)
        routing.join(uow, CLERK, repeat.id, first.id)
        with pytest.raises(Conflict):
            routing.join(uow, CLERK, repeat.id, first.id)
    (row,) = routed(town, first)
    with town.database.transaction() as uow:
        routing.answer(uow, ROADS, row.id, "Fixed")
    view = seen(town, owner(town), repeat)
    assert (view.state, list(view.answers.values())) == ("answered", ["Fixed"])


def test_a_clerk_is_not_the_body_of_the_same_matter(town: World) -> None:
    matter = raised(town)
    both = replace(CLERK, bodies=frozenset({"B1"}))
    with town.database.transaction() as uow, pytest.raises(Forbidden):
        routing.route(uow, both, matter.id, body(uow, "B1").id, extract="x")


def test_the_same_body_twice_is_refused_by_service_and_table(world: World) -> None:
    town = _with_bodies(world)
    matter = raised(town)
    (row,) = routed(town, matter)
    with pytest.raises(Conflict):
        routed(town, matter)
    values = {c.name: getattr(row, c.name) for c in Routing.__table__.columns}
    with pytest.raises(IntegrityError), town.database.engine.begin() as connection:
        connection.execute(Routing.__table__.insert().values(**{**values, "id": "5" * 32}))


def test_texts_are_erased_four_weeks_after_closing(town: World) -> None:
    matter = raised(town)
    (row,) = routed(town, matter)
    with town.database.transaction() as uow:
        routing.answer(uow, ROADS, row.id, "Fixed")
        matters.settle(uow, owner(town), matter.id, "accepted")
    town.set_clock("2026-02-01 10:00")
    with town.database.transaction() as uow:
        assert matters.erase_due(uow, SYSTEM) == 0
    town.set_clock("2026-02-02 10:00")
    with town.database.transaction() as uow:
        assert matters.erase_due(uow, SYSTEM) == 1
    view = seen(town, owner(town), matter)
    assert (view.text, view.answers, view.erased, view.state) == (None, {}, True, "accepted")
    assert view.received_on == date(2026, 1, 5)


def test_a_member_cannot_raise_a_matter_as_someone_else(town: World) -> None:
    matter = raised(town, person_id=town.members[7].id, channel="phone")
    assert (matter.person_id, matter.channel) == (town.members[5].id, "web")


@pytest.mark.parametrize(
    "changes",
    [{"category": "gossip"}, {"text": "  "}, {"unit_id": "nowhere"}, {"text": "x" * 4001}],
)
def test_wrong_input(town: World, changes: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        raised(town, **changes)


def test_a_public_row_is_shared_by_ten_or_is_not_there() -> None:
    march = [("roads", "open", date(2026, 3, day)) for day in range(1, 11)]
    spring = [("roads", "open", date(2026, month, 2)) for month in range(4, 13)]
    rare = [("roads", "closed", date(2026, 3, 1)), *spring]
    assert matters.common_enough(march + rare) == [("roads", "open", date(2026, 3, 1))] * 10
    more = [*rare, ("roads", "open", date(2026, 4, 9))]
    assert sorted(matters.common_enough(march + more)) == sorted(
        [("roads", "open", date(2026, 3, 1))] * 10 + [("roads", "open", date(2026, 1, 1))] * 10
    )
    assert matters.common_enough([]) == []


def test_public_counts_from_ten_on(town: World) -> None:
    for _ in range(9):
        raised(town)
    with town.database.transaction() as uow:
        assert matters.public_counts(uow) == {"roads": None}
    raised(town)
    with town.database.transaction() as uow:
        assert matters.public_counts(uow) == {"roads": 10}
        assert uow.session.scalars(select(Opening)).all() == []
