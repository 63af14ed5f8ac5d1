from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from accountability import obligations
from accountability.access import SYSTEM
from accountability.entries import LinksDrawn, ObligationsGenerated
from accountability.errors import Conflict, Forbidden, Invalid
from accountability.models import Link, Obligation
from audit.database import UnitOfWork
from tests.accountability.world import AUDITOR, CLERK, COMMISSION, SEED, World, with_duties
from voting.registry import people
from voting.registry.models import Office


def _fingerprint(uow: UnitOfWork, office: Office) -> str:
    """Of the rows as they are now; the log has it of those that were generated."""
    rows = obligations.of(uow, office.id, 2026)
    return obligations.fingerprint(
        [(o.kind, o.period, o.reference, o.due_on.isoformat()) for o in rows]
    )


def test_a_representative_owes_five_contacts_a_quarter_meetings_and_reports(world: World) -> None:
    with_duties(world)
    with world.database.transaction() as uow:
        rows = obligations.of(uow, world.offices[0].id, 2026)
    counts = Counter(row.kind for row in rows)
    assert counts["contact"] == 5 * 4
    assert counts["meeting"] >= 2
    assert counts["report"] == 2
    assert {row.period for row in rows if row.kind == "contact"} == {
        "2026Q1",
        "2026Q2",
        "2026Q3",
        "2026Q4",
    }
    assert max(row.due_on for row in rows if row.period == "2026Q3") == date(2026, 9, 30)


def test_a_committee_member_has_no_links(quick: World) -> None:
    with_duties(quick)
    with quick.database.transaction() as uow:
        kinds = {row.kind for row in obligations.of(uow, quick.offices[2].id, 2026)}
    assert kinds == {"meeting", "report"}


def test_generating_again_adds_nothing(quick: World) -> None:
    with_duties(quick)
    with quick.database.transaction() as uow:
        assert obligations.generate(uow, SYSTEM, quick.term, 2026, seed=SEED) == {}
        assert uow.entries == []


def test_a_meeting_announced_later_is_added(quick: World) -> None:
    with_duties(quick)
    with quick.database.transaction() as uow:
        obligations.set_meeting(
            uow,
            CLERK,
            quick.term,
            code="G9",
            kind="plenary",
            held_on=date(2026, 12, 16),
            place="Hall",
            title_zh="会议",
            title_en="Meeting",
        )
        added = obligations.generate(uow, SYSTEM, quick.term, 2026, seed=SEED)
    assert added == {"meeting": 3}


def test_only_the_commission_generates(quick: World) -> None:
    with quick.database.transaction() as uow:
        for viewer in (*quick.seats, CLERK, AUDITOR, quick.constituent(quick.members[5])):
            with pytest.raises(Forbidden):
                obligations.generate(uow, viewer, quick.term, 2026, seed=SEED)
            with pytest.raises(Forbidden):
                obligations.draw_links(uow, viewer, quick.offices[0], 2026, seed=SEED)


def test_a_row_removed_behind_the_services_shows_in_the_hash(quick: World) -> None:
    with_duties(quick)
    office = quick.offices[0]
    with quick.database.transaction() as uow:
        before = _fingerprint(uow, office)
    with quick.database.engine.begin() as connection:
        one = connection.execute(
            select(Obligation.id).where(Obligation.office_id == office.id).limit(1)
        ).scalar_one()
        connection.execute(delete(Obligation).where(Obligation.id == one))
    with quick.database.transaction() as uow:
        assert _fingerprint(uow, office) != before


def test_the_log_has_the_hash_of_the_rows(quick: World) -> None:
    with quick.database.transaction() as uow:
        obligations.draw_links(uow, SYSTEM, quick.offices[0], 2026, seed=SEED)
        obligations.generate(uow, SYSTEM, quick.term, 2026, seed=SEED)
        logged = {
            entry.office: entry.sha256
            for entry in uow.entries
            if isinstance(entry, ObligationsGenerated)
        }
        for office in quick.offices:
            assert logged[office.id] == _fingerprint(uow, office)


def test_the_same_obligation_twice_is_refused_by_the_table(world: World) -> None:
    with_duties(world)
    with world.database.transaction() as uow:
        row = obligations.of(uow, world.offices[0].id, 2026)[0]
    copy = {c.name: getattr(row, c.name) for c in Obligation.__table__.columns if c.name != "id"}
    with pytest.raises(IntegrityError), world.database.engine.begin() as connection:
        connection.execute(Obligation.__table__.insert().values(id="0" * 32, **copy))


def test_the_lot_follows_from_the_seed_and_rotates(quick: World) -> None:
    office = quick.offices[0]
    with quick.database.transaction() as uow:
        first = obligations.draw_links(uow, SYSTEM, office, 2026, seed=SEED)
        second = obligations.draw_links(uow, SYSTEM, office, 2027, seed=SEED)
    assert {link.source for link in first} == {"lot"}
    assert not {link.constituent_id for link in first} & {link.constituent_id for link in second}
    holders = {office.person_id for office in quick.offices}
    assert not holders & {link.constituent_id for link in first}


def test_two_of_five_may_be_chosen_and_the_log_names_nobody(quick: World) -> None:
    office, wanted = quick.offices[0], [quick.members[7].id, quick.members[8].id]
    with quick.database.transaction() as uow:
        links = obligations.draw_links(uow, COMMISSION, office, 2026, seed=SEED, chosen=wanted)
        (drawn,) = uow.entries
    assert [link.source for link in links] == ["lot"] * 3 + ["chosen"] * 2
    assert [link.constituent_id for link in links[3:]] == wanted
    assert isinstance(drawn, LinksDrawn)
    assert drawn.commitment == obligations.commitment(links)
    assert not any(person.id in str(drawn) for person in quick.members)


def test_three_cannot_be_chosen_nor_an_outsider(quick: World) -> None:
    office = quick.offices[0]
    with quick.database.transaction() as uow:
        for chosen in ([m.id for m in quick.members[5:8]], [office.person_id], ["nobody"]):
            with pytest.raises(Invalid):
                obligations.draw_links(uow, SYSTEM, office, 2026, seed=SEED, chosen=chosen)


def test_a_replacement_fills_the_slot_and_leaves_the_denominator(world: World) -> None:
    with_duties(world)
    world.set_clock("2026-05-10 10:00")
    with world.database.transaction() as uow:
        before = _fingerprint(uow, world.offices[0])
        link, _person = obligations.linked(uow, world.seats[0], world.offices[0].id, 2026)[2]
        new = obligations.replace_link(uow, COMMISSION, link.id, reason="moved", seed="x")
        assert (new.slot, new.constituent_id != link.constituent_id) == (link.slot, True)
        assert obligations.number_linked(uow, world.offices[0].id, 2026) == 5
        assert _fingerprint(uow, world.offices[0]) == before
        with pytest.raises(Conflict):
            obligations.replace_link(uow, COMMISSION, link.id, reason="moved", seed="x")
    with pytest.raises(IntegrityError), world.database.engine.begin() as connection:
        values = {c.name: getattr(new, c.name) for c in Link.__table__.columns}
        values |= {"id": "1" * 32, "constituent_id": world.members[0].id}
        connection.execute(Link.__table__.insert().values(**values))


def test_who_is_linked_is_for_the_holder_and_auditors(quick: World) -> None:
    with_duties(quick)
    office = quick.offices[0]
    with quick.database.transaction() as uow:
        assert len(obligations.linked(uow, quick.seats[0], office.id, 2026)) == 5
        assert len(obligations.linked(uow, AUDITOR, office.id, 2026)) == 5
        for viewer in (quick.seats[1], CLERK, COMMISSION, quick.constituent(quick.members[5])):
            assert obligations.linked(uow, viewer, office.id, 2026) == []


def test_nothing_is_owed_after_the_office_ends(quick: World) -> None:
    with quick.database.transaction() as uow:
        people.end_office(uow, quick.offices[0], date(2026, 8, 1), "resigned")
        obligations.draw_links(uow, SYSTEM, quick.offices[0], 2026, seed=SEED)
        owed = obligations.expected(uow, quick.offices[0], 2026, SEED)
    periods = {period for kind, period, *_rest in owed if kind == "contact"}
    assert periods == {"2026Q1", "2026Q2"}


def test_a_meeting_on_a_holiday_is_refused(quick: World) -> None:
    with quick.database.transaction() as uow, pytest.raises(Invalid):
        obligations.set_meeting(
            uow,
            CLERK,
            quick.term,
            code="X",
            kind="plenary",
            held_on=date(2026, 10, 1),
            place="",
            title_zh="",
            title_en="",
        )
