from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from threading import Barrier

import pytest
from sqlalchemy.exc import IntegrityError

from accountability import contacts, draws, obligations, scorecard_rows
from accountability.access import SYSTEM, Viewer
from accountability.entries import ContactAnswered, ContactCalled, ContactClaimed
from accountability.errors import BallotOpen, Conflict, Forbidden, Invalid, NotFound
from accountability.models import Contact, Link
from audit.entries import PUBLIC, SECURITY
from audit.errors import DomainError
from tests.accountability.world import AUDITOR, CLERK, World, note, with_duties


def links_of(world: World, seat: int = 0) -> list[Link]:
    with world.database.transaction() as uow:
        found = obligations.linked(uow, world.seats[seat], world.offices[seat].id, 2026)
    return [link for link, _person in found]


def claim(
    world: World, link: Link, held_on: str = "2026-03-02", seat: int = 0
) -> tuple[Contact, str]:
    with world.database.transaction() as uow:
        return contacts.claim(
            uow,
            world.seats[seat],
            link.id,
            held_on=date.fromisoformat(held_on),
            channel="visit",
            ballot_open=False,
        )


def answer(
    world: World,
    viewer: Viewer,
    contact: Contact,
    code: str,
    *,
    confirmed: bool = True,
    ballot_open: bool = False,
) -> None:
    with world.database.transaction() as uow:
        contacts.answer(
            uow, viewer, contact.id, confirmed=confirmed, code=code, ballot_open=ballot_open
        )


@pytest.fixture
def march(world: World) -> World:
    with_duties(world)
    world.set_clock("2026-03-03 10:00")
    return world


@pytest.fixture
def quick_march(quick: World) -> World:
    with_duties(quick)
    quick.set_clock("2026-03-03 10:00")
    return quick


def test_claimed_then_confirmed_by_the_constituent(quick_march: World) -> None:
    world = quick_march
    link = links_of(world)[0]
    contact, code = claim(world, link)
    assert contact.state == "claimed"
    assert not contact.late
    answer(
        world, world.constituent(link.constituent_id), contact, f" {code.upper()[:4]} {code[4:]}"
    )
    with world.database.transaction() as uow:
        (mine,) = contacts.for_constituent(uow, world.constituent(link.constituent_id))
        assert mine.state == "confirmed"


def test_a_claim_is_public_and_its_answer_is_not(quick_march: World) -> None:
    assert ContactClaimed.LOG == PUBLIC
    assert ContactAnswered.LOG == SECURITY
    assert ContactAnswered.COARSE
    world = quick_march
    link = links_of(world)[0]
    with world.database.transaction() as uow:
        contact, code = contacts.claim(
            uow,
            world.seats[0],
            link.id,
            held_on=date(2026, 3, 2),
            channel="visit",
            ballot_open=False,
        )
        said = str(uow.entries[-1])
    assert code not in said
    assert link.constituent_id not in said
    assert link.id not in said
    assert code not in contact.code_hash


@pytest.mark.parametrize("confirmed", [True, False])
def test_one_answer_stands(quick_march: World, confirmed: bool) -> None:
    world = quick_march
    link = links_of(world)[0]
    contact, code = claim(world, link)
    viewer = world.constituent(link.constituent_id)
    answer(world, viewer, contact, code, confirmed=confirmed)
    with pytest.raises(Conflict):
        answer(world, viewer, contact, code, confirmed=not confirmed)


def test_nobody_else_can_answer(quick_march: World) -> None:
    world = quick_march
    link = links_of(world)[0]
    contact, code = claim(world, link)
    stranger = next(m for m in world.members[3:] if m.id != link.constituent_id)
    with pytest.raises(NotFound):
        answer(world, world.constituent(stranger), contact, code)
    for viewer in (world.seats[0], CLERK, AUDITOR):
        with pytest.raises(Forbidden):
            answer(world, viewer, contact, code)
    with pytest.raises(Invalid, match="code"):
        answer(world, world.constituent(link.constituent_id), contact, "aaaaaaaa")


def test_the_code_of_another_contact_does_not_fit(quick_march: World) -> None:
    world = quick_march
    first, second = links_of(world)[:2]
    contact, _code = claim(world, first)
    _other, other_code = claim(world, second)
    with pytest.raises(Invalid):
        answer(world, world.constituent(first.constituent_id), contact, other_code)


def test_nothing_is_asked_or_confirmed_while_a_ballot_is_open(quick_march: World) -> None:
    world = quick_march
    first, second = links_of(world)[:2]
    contact, code = claim(world, first)
    with pytest.raises(BallotOpen):
        answer(world, world.constituent(first.constituent_id), contact, code, ballot_open=True)
    with world.database.transaction() as uow, pytest.raises(BallotOpen):
        contacts.claim(
            uow,
            world.seats[0],
            second.id,
            held_on=date(2026, 3, 2),
            channel="phone",
            ballot_open=True,
        )
    with world.database.transaction() as uow, pytest.raises(BallotOpen):
        contacts.call_back(uow, AUDITOR, contact.id, confirmed=True, ballot_open=True)


def test_only_the_own_links_and_only_once_a_quarter(march: World) -> None:
    link = links_of(march)[0]
    contact, _code = claim(march, link)
    with pytest.raises(Conflict):
        claim(march, link, "2026-02-10")
    with pytest.raises(Forbidden):
        claim(march, links_of(march)[1], seat=1)
    copy = {c.name: getattr(contact, c.name) for c in Contact.__table__.columns}
    with pytest.raises(IntegrityError), march.database.engine.begin() as connection:
        connection.execute(Contact.__table__.insert().values(**{**copy, "id": "2" * 32}))


def test_late_and_impossible_days(quick_march: World) -> None:
    world = quick_march
    first, second = links_of(world)[:2]
    assert claim(world, first, "2026-02-23")[0].late
    assert not claim(world, second, "2026-02-24")[0].late
    for held_on in ("2026-03-04", "2025-12-31"):
        with pytest.raises(Invalid):
            claim(world, links_of(world)[2], held_on)


def test_two_devices_confirm_and_dispute_at_once_and_one_wins(march: World) -> None:
    link = links_of(march)[0]
    contact, code = claim(march, link)
    viewer = march.constituent(link.constituent_id)
    start = Barrier(8)

    def press(number: int) -> str:
        start.wait()
        try:
            answer(march, viewer, contact, code, confirmed=number % 2 == 0)
        except DomainError:
            return "refused"
        return "confirmed" if number % 2 == 0 else "disputed"

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(press, range(8)))
    winners = [result for result in results if result != "refused"]
    assert len(winners) == 1
    with march.database.transaction() as uow:
        assert [c.state for c in contacts.states(uow, AUDITOR, march.offices[0].id)] == winners


def test_who_never_answers(quick_march: World) -> None:
    world = quick_march
    link = links_of(world)[0]
    contact, code = claim(world, link)
    world.set_clock("2026-04-02 10:00")
    with world.database.transaction() as uow:
        assert contacts.expire(uow, SYSTEM, ballot_open=False) == 0
    world.set_clock("2026-04-03 10:00")
    with world.database.transaction() as uow:
        assert contacts.expire(uow, SYSTEM, ballot_open=True) == 0
        assert contacts.expire(uow, SYSTEM, ballot_open=False) == 1
    with pytest.raises(Conflict):
        answer(world, world.constituent(link.constituent_id), contact, code)


def test_the_holder_sees_the_delayed_figure_and_never_a_state(quick_march: World) -> None:
    world, office = quick_march, quick_march.offices[0]
    for link in links_of(world):
        contact, code = claim(world, link)
        answer(world, world.constituent(link.constituent_id), contact, code)
    with world.database.transaction() as uow:
        with pytest.raises(Forbidden):
            contacts.states(uow, world.seats[0], office.id)
        claimed = contacts.claimed_quarters(uow, world.seats[0], office.id)
        assert len(claimed) == 5
        assert scorecard_rows.card(uow, office, date(2026, 4, 29))["contact_coverage"].suppressed
        assert scorecard_rows.collect(uow, office, date(2026, 4, 29)).owed_contacts == ()
        assert len(scorecard_rows.collect(uow, office, date(2026, 5, 1)).owed_contacts) == 5
        two_quarters = scorecard_rows.card(uow, office, date(2026, 8, 1))["contact_coverage"]
    assert (two_quarters.count, two_quarters.n) == (5, 10)


def called(world: World, contact: Contact, *, wanted: bool = True) -> None:
    """Without a mailbox the person is called; with one, one claim in five is, by its id."""
    with world.database.transaction() as uow:
        row = uow.session.get_one(Contact, contact.id)
        row.link.constituent.email = "" if wanted else "m@example.org"
        note(uow)


def test_an_auditor_calls_back(quick_march: World) -> None:
    world = quick_march
    contact, _code = claim(world, links_of(world)[0])
    called(world, contact)
    with world.database.transaction() as uow:
        assert [c.id for c in contacts.to_call(uow, AUDITOR)] == [contact.id]
        taken = contacts.take_call(uow, AUDITOR, contact.id, ballot_open=False)
        assert taken.link.constituent.name.startswith("Member")
        assert uow.entries == [ContactCalled(contact=contact.id)]
        contacts.call_back(uow, AUDITOR, contact.id, confirmed=False, ballot_open=False)
    with world.database.transaction() as uow:
        (seen,) = contacts.states(uow, AUDITOR, world.offices[0].id)
        assert seen.state == "disputed"
        assert contacts.to_call(uow, AUDITOR) == []
        with pytest.raises(Forbidden):
            contacts.call_back(uow, CLERK, contact.id, confirmed=True, ballot_open=False)


def test_who_is_called_is_not_the_auditors_choice(quick_march: World) -> None:
    world = quick_march
    made = [claim(world, link)[0] for link in links_of(world)]
    for contact in made:
        called(world, contact, wanted=False)
    with world.database.transaction() as uow:
        drawn = {c.id for c in contacts.to_call(uow, AUDITOR)}
        for contact in made:
            if contact.id not in drawn:
                with pytest.raises(Forbidden):
                    contacts.take_call(uow, AUDITOR, contact.id, ballot_open=False)
                with pytest.raises(Forbidden):
                    contacts.call_back(uow, AUDITOR, contact.id, confirmed=True, ballot_open=False)
    ids = [f"{number:032x}" for number in range(2000)]
    share = sum(int(draws.rank("call-back", key), 16) % contacts.CALLED_ONE_IN == 0 for key in ids)
    assert 300 < share < 500, "one in five of all ids"


def test_nobody_calls_about_the_own_contact(quick_march: World) -> None:
    """An auditor may hold a seat or be linked: then another auditor rings up."""
    world = quick_march
    link = links_of(world)[0]
    contact, _code = claim(world, link)
    called(world, contact)
    for person_id in (world.offices[0].person_id, link.constituent_id):
        auditor = replace(AUDITOR, person_id=person_id)
        with world.database.transaction() as uow:
            assert contacts.to_call(uow, auditor) == []
            with pytest.raises(Forbidden):
                contacts.call_back(uow, auditor, contact.id, confirmed=True, ballot_open=False)


def test_no_call_while_a_ballot_is_open_and_none_twice(quick_march: World) -> None:
    world = quick_march
    contact, _code = claim(world, links_of(world)[0])
    called(world, contact)
    with world.database.transaction() as uow:
        with pytest.raises(BallotOpen):
            contacts.take_call(uow, AUDITOR, contact.id, ballot_open=True)
        with pytest.raises(BallotOpen):
            contacts.call_back(uow, AUDITOR, contact.id, confirmed=True, ballot_open=True)
        with pytest.raises(Forbidden, match="the log notes it"):
            contacts.call_back(uow, AUDITOR, contact.id, confirmed=True, ballot_open=False)
        contacts.take_call(uow, AUDITOR, contact.id, ballot_open=False)
        another = replace(AUDITOR, account_id="another")
        with pytest.raises(Forbidden, match="the log notes it"):
            contacts.call_back(uow, another, contact.id, confirmed=True, ballot_open=False)
        contacts.call_back(uow, AUDITOR, contact.id, confirmed=True, ballot_open=False)
        with pytest.raises(Conflict):
            contacts.take_call(uow, AUDITOR, contact.id, ballot_open=False)
        with pytest.raises(Conflict):
            contacts.call_back(uow, AUDITOR, contact.id, confirmed=False, ballot_open=False)


def test_an_unknown_word_is_no_answer() -> None:
    with pytest.raises(Invalid):
        contacts.is_yes("confirm")
