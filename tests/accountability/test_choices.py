"""Two links of the representative's own choice, before the lot."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from accountability import choices, obligations
from accountability.access import SYSTEM
from accountability.entries import LinksChosen
from accountability.errors import Conflict, Forbidden, Invalid, NotFound
from accountability.models import LinkChoice
from audit.entries import PUBLIC
from tests.accountability.world import AUDITOR, CLERK, SEED, World, with_duties
from voting.registry.models import Affiliation


def choose(world: World, member: int, seat: int = 0) -> LinkChoice:
    with world.database.transaction() as uow:
        return choices.choose(
            uow, world.seats[seat], world.offices[seat].id, world.members[member].id
        )


def draw(world: World, seat: int = 0) -> dict[str, str]:
    with world.database.transaction() as uow:
        made = obligations.draw_links(uow, SYSTEM, world.offices[seat], 2026, seed=SEED)
        return {link.constituent_id: link.source for link in made}


def test_who_is_chosen_is_linked_and_the_lot_draws_the_others(world: World) -> None:
    choose(world, 5)
    choose(world, 9)
    drawn = draw(world)
    chosen = {world.members[5].id, world.members[9].id}
    assert {person for person, source in drawn.items() if source == "chosen"} == chosen
    assert sorted(drawn.values()) == ["chosen", "chosen", "lot", "lot", "lot"]
    with world.database.read() as uow:
        assert uow.session.scalars(select(LinkChoice)).all() == [], "no longer needed"


def test_the_choice_does_not_bend_the_lot(world: World) -> None:
    """Whoever is drawn without a choice is drawn with one, as far as there are places."""
    with world.database.transaction() as uow:
        pool = obligations.entitled(uow, world.offices[0])
        expected = obligations._by_lot(pool, SEED, world.offices[0], 2026, set())
    choose(world, 5)
    drawn = draw(world)
    by_lot = [p for p in expected if p != world.members[5].id][:4]
    assert {p for p, source in drawn.items() if source == "lot"} == set(by_lot)


def test_the_log_says_how_many_and_not_who(world: World) -> None:
    with world.database.transaction() as uow:
        office = world.offices[0].id
        choices.choose(uow, world.seats[0], office, world.members[5].id)
        choices.withdraw(uow, world.seats[0], office, world.members[5].id)
        assert uow.entries == [
            LinksChosen(office=office, year=2026, count=1),
            LinksChosen(office=office, year=2026, count=0),
        ]
    assert LinksChosen.LOG == PUBLIC


def test_who_cannot_be_chosen(world: World) -> None:
    choose(world, 5)
    with pytest.raises(Conflict):
        choose(world, 5)
    for holder in (0, 1, 2):
        with pytest.raises(Invalid):
            choose(world, holder)
    with world.database.transaction() as uow, pytest.raises(Invalid):
        choices.choose(uow, world.seats[0], world.offices[0].id, None)
    choose(world, 6)
    with pytest.raises(Conflict):
        choose(world, 7)
    with pytest.raises(Conflict):
        choose(world, 8, seat=2)


def test_only_the_holder_chooses_and_looks(world: World) -> None:
    office, person = world.offices[0].id, world.members[5].id
    choose(world, 5)
    with world.database.transaction() as uow:
        for viewer in (world.seats[1], CLERK, AUDITOR, world.constituent(person)):
            for act in (choices.choose, choices.withdraw):
                with pytest.raises(Forbidden):
                    act(uow, viewer, office, person)
            with pytest.raises(Forbidden):
                choices.chosen(uow, viewer, office)
        with pytest.raises(NotFound):
            choices.withdraw(uow, world.seats[0], office, world.members[6].id)
        assert [c.constituent_id for c in choices.chosen(uow, world.seats[0], office)] == [person]


def test_after_the_lot_the_choice_is_for_the_next_year(world: World) -> None:
    with world.database.read() as uow:
        assert choices.next_year(uow, world.offices[0].id) == 2026
    with_duties(world)
    assert choose(world, 5).year == 2027


def test_who_moved_away_is_left_to_the_lot(world: World) -> None:
    choose(world, 5)
    with world.database.transaction() as uow:
        query = select(Affiliation).where(Affiliation.person_id == world.members[5].id)
        uow.session.delete(uow.session.scalars(query).one())
        choices.choose(uow, world.seats[0], world.offices[0].id, world.members[6].id)
    drawn = draw(world)
    assert world.members[5].id not in drawn
    assert sorted(drawn.values()).count("lot") == 4
