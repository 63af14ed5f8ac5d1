"""Who has the last word, and who none: subjects of complaints, owners of joined matters, floods."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from accountability import activities, break_glass, commitments, contacts, matters, routing, viewing
from accountability.access import SYSTEM, Role, Viewer
from accountability.errors import Conflict, Invalid, NotFound
from accountability.matters import Intake
from accountability.models import Body, Commitment, Contact, Matter
from tests.accountability.test_contacts import claim, links_of
from tests.accountability.world import AUDITOR, CLERK, World, note, with_bodies, with_duties
from voting.registry.models import Office

OMBUD = Viewer(Role.BODY, "account-ombud", bodies=frozenset({"B8"}))
ROADS = Viewer(Role.BODY, "account-roads", bodies=frozenset({"B1"}))


@pytest.fixture
def town(world: World) -> World:
    return with_bodies(world, B1="roads", B8="conduct")


def raised(world: World, person: int = 5, **more: object) -> Matter:
    given = {"unit_id": world.unit.id, "category": "roads", "text": "Rails", **more}
    with world.database.transaction() as uow:
        viewer = world.constituent(world.members[person])
        return matters.take_in(uow, viewer, Intake(**given))  # type: ignore[arg-type]


def sent(world: World, matter: Matter, code: str = "B1") -> str:
    with world.database.transaction() as uow:
        key = uow.session.scalars(select(Body.id).where(Body.code == code)).one()
        return routing.route(uow, CLERK, matter.id, key, extract="Rails").id


# complaints


def test_nobody_has_a_hand_in_a_complaint_about_themself(town: World) -> None:
    """Who is complained about may be clerk, ombudsperson or auditor as well: it does not exist."""
    complaint = raised(town, category="conduct", about_office_id=town.offices[0].id)
    other = raised(town, category="conduct", about_office_id=town.offices[1].id)
    row = sent(town, complaint, "B8")
    me = town.offices[0].person_id
    clerk, ombud, auditor = (replace(v, person_id=me) for v in (CLERK, OMBUD, AUDITOR))
    for viewer in (clerk, ombud, auditor):
        with town.database.transaction() as uow:
            listed = {m.id for m in viewing.listed(uow, viewer)}
            assert complaint.id not in listed
            if viewer is not ombud:
                assert other.id in listed
            with pytest.raises(NotFound):
                viewing.show(uow, viewer, complaint.id)
    with town.database.transaction() as uow:
        with pytest.raises(NotFound):
            routing.answer(uow, ombud, row, "Nothing to it")
        with pytest.raises(NotFound):
            routing.hand_back(uow, ombud, row, "x")
        with pytest.raises(NotFound):
            routing.extend(uow, clerk, row, 30, "x")
        with pytest.raises(NotFound):
            routing.close(uow, clerk, complaint.id, "x")
        with pytest.raises(NotFound):
            routing.join(uow, clerk, other.id, complaint.id)
        with pytest.raises(NotFound):
            routing.suggestions(uow, clerk, complaint.id)
        with pytest.raises(NotFound):
            break_glass.ask(uow, auditor, complaint.id, "x")
        routing.answer(uow, OMBUD, row, "We have talked")


def test_the_subject_does_not_let_another_auditor_look(town: World) -> None:
    complaint = raised(town, category="conduct", about_office_id=town.offices[0].id)
    with town.database.transaction() as uow:
        asked = break_glass.ask(uow, AUDITOR, complaint.id, "A threat")
        subject = Viewer(Role.AUDITOR, "second", town.offices[0].person_id)
        with pytest.raises(NotFound):
            break_glass.allow(uow, subject, asked.id)


# joined


def joined(world: World) -> tuple[Matter, Matter]:
    original, repeat = raised(world, 5), raised(world, 6)
    with world.database.transaction() as uow:
        routing.join(uow, CLERK, repeat.id, original.id)
    row = sent(world, original)
    with world.database.transaction() as uow:
        routing.answer(uow, ROADS, row, "Mended")
    return original, repeat


def settle(world: World, matter: Matter, person: int, verdict: str) -> None:
    with world.database.transaction() as uow:
        matters.settle(uow, world.constituent(world.members[person]), matter.id, verdict)


def shown(world: World, matter: Matter, person: int) -> str:
    with world.database.transaction() as uow:
        return viewing.show(uow, world.constituent(world.members[person]), matter.id).state


def test_who_was_joined_disputes_for_themself(town: World) -> None:
    original, repeat = joined(town)
    assert shown(town, repeat, 6) == "answered"
    settle(town, repeat, 6, "disputed")
    assert shown(town, repeat, 6) == "disputed"
    assert shown(town, original, 5) == "answered", "the other one is not touched"
    with town.database.read() as uow:
        row = uow.session.get_one(Matter, repeat.id)
        assert (row.joined_to_id, row.reopened) == (None, 1)
    sent(town, repeat)
    assert shown(town, repeat, 6) == "routed"


def test_who_was_joined_accepts_for_themself(town: World) -> None:
    original, repeat = joined(town)
    settle(town, repeat, 6, "accepted")
    assert shown(town, repeat, 6) == "accepted"
    settle(town, original, 5, "disputed")
    assert shown(town, repeat, 6) == "accepted"
    settle(town, repeat, 6, "reopened")
    assert shown(town, repeat, 6) == "disputed"


def test_what_was_joined_is_not_settled_before_it_is_answered(town: World) -> None:
    original, repeat = raised(town, 5), raised(town, 6)
    with town.database.transaction() as uow:
        routing.join(uow, CLERK, repeat.id, original.id)
    for verdict in ("accepted", "disputed", "reopened"):
        with pytest.raises(Conflict):
            settle(town, repeat, 6, verdict)


# intake


@pytest.mark.parametrize("key", ["0" * 32, "x", "' OR 1=1"])
def test_an_office_that_is_none_is_refused_in_words(town: World, key: str) -> None:
    with pytest.raises(Invalid):
        raised(town, office_id=key)
    with pytest.raises(Invalid):
        raised(town, category="conduct", about_office_id=key)


def test_who_may_follow_a_matter(town: World) -> None:
    with pytest.raises(Invalid):
        raised(town, office_id=town.offices[2].id)  # no representative
    with pytest.raises(Invalid):
        raised(town, person=0, office_id=town.offices[0].id)  # their matter, their figures
    with town.database.transaction() as uow:
        uow.session.get_one(Office, town.offices[1].id).ends_on = date(2026, 1, 5)
        note(uow)
    with pytest.raises(Invalid):
        raised(town, office_id=town.offices[1].id)
    assert raised(town, office_id=town.offices[0].id).office_id == town.offices[0].id


def test_a_representative_takes_nothing_in_for_themself(town: World) -> None:
    intake = Intake(
        unit_id=town.unit.id,
        category="roads",
        text="Rails",
        channel="phone",
        person_id=town.offices[0].person_id,
        office_id=town.offices[0].id,
    )
    with town.database.transaction() as uow, pytest.raises(Invalid):
        matters.take_in(uow, town.seats[0], intake)


def test_nobody_floods_the_clerks(town: World) -> None:
    for _ in range(matters.MOST_A_DAY):
        raised(town)
    with pytest.raises(Conflict):
        raised(town)
    raised(town, person=6)
    town.set_clock("2026-01-06 09:00")
    raised(town)


def test_a_number_is_not_given_twice(town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    digits = iter("11111111" * 2 + "22222222")
    monkeypatch.setattr(matters.secrets, "choice", lambda _of: next(digits))
    assert [raised(town).number, raised(town).number] == ["11111111", "22222222"]


# what a representative can write, and when


def test_a_settled_commitment_is_not_written_anew(town: World) -> None:
    seat, office = town.seats[0], town.offices[0].id

    def move(state: str, evidence: str = "") -> Commitment:
        with town.database.transaction() as uow:
            return commitments.move(uow, seat, made.id, state=state, evidence=evidence)

    with town.database.transaction() as uow:
        made = commitments.make(
            uow, seat, office, title_zh="桥", title_en="Bridge", due_on=date(2026, 12, 31)
        )
    move("under_way")
    with pytest.raises(Conflict):
        move("planned")
    move("dropped", "No money")
    for state in ("done", "under_way", "dropped"):
        with pytest.raises(Conflict):
            move(state, "There was money after all")
    with town.database.read() as uow:
        assert uow.session.get_one(Commitment, made.id).evidence == "No money"


def test_late_entries_are_not_thinned_out_with_trifles(town: World) -> None:
    def log(on: date) -> None:
        with town.database.transaction() as uow:
            activities.log_own(
                uow,
                town.seats[0],
                town.offices[0].id,
                kind="visit",
                held_on=on,
                place="",
                summary="Said hello",
                ballot_open=False,
            )

    for _ in range(activities.MOST_A_DAY):
        log(date(2026, 1, 5))
    with pytest.raises(Conflict):
        log(date(2026, 1, 5))
    log(date(2026, 1, 4))


# the clock of a claim


@pytest.mark.parametrize(
    ("rests", "day", "state"),
    [
        ((), "2026-04-02", "claimed"),
        ((), "2026-04-03", "unanswered"),
        (((date(2026, 3, 10), date(2026, 3, 19)),), "2026-04-03", "claimed"),
        (((date(2026, 3, 10), date(2026, 3, 19)),), "2026-04-12", "claimed"),
        (((date(2026, 3, 10), date(2026, 3, 19)),), "2026-04-13", "unanswered"),
        # two at the same time rest once; what was before the claim does not count
        (((date(2026, 3, 10), date(2026, 3, 19)),) * 2, "2026-04-13", "unanswered"),
        (((date(2026, 2, 1), date(2026, 3, 2)),), "2026-04-03", "unanswered"),
    ],
)
def test_the_clock_of_a_claim_stands_still_during_a_ballot(
    world: World, rests: tuple[contacts.Period, ...], day: str, state: str
) -> None:
    with_duties(world)
    world.set_clock("2026-03-03 10:00")
    contact, _code = claim(world, links_of(world)[0])
    world.set_clock(f"{day} 10:00")
    with world.database.transaction() as uow:
        contacts.expire(uow, SYSTEM, ballot_open=False, rests=rests)
        assert uow.session.get_one(Contact, contact.id).state == state
