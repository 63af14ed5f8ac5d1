from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from accountability import activities, commitments, dossiers, reports, scorecard_rows
from accountability.access import SYSTEM
from accountability.entries import DossierFrozen, ReportSubmitted
from accountability.errors import BallotOpen, Conflict, Forbidden, Invalid
from accountability.models import Dossier, Report
from accountability.reports import Draft
from tests.accountability.world import CLERK, COMMISSION, World, with_duties
from voting.registry import people

CONTEST = "c" * 32


@pytest.fixture
def summer(world: World) -> World:
    with_duties(world)
    world.set_clock("2026-07-10 10:00")
    return world


def visit(world: World, seat: int = 0) -> str:
    with world.database.transaction() as uow:
        return activities.log_own(
            uow,
            world.seats[seat],
            world.offices[seat].id,
            kind="visit",
            held_on=date(2026, 7, 8),
            place="",
            summary="Visit",
            ballot_open=False,
        ).id


def submit(world: World, *drafts: Draft, period: str = "2026H1", seat: int = 0) -> Report:
    with world.database.transaction() as uow:
        return reports.submit(uow, world.seats[seat], world.offices[seat].id, period, drafts)


def test_a_report_cites_what_was_logged_and_the_rest_is_marked(summer: World) -> None:
    cited = visit(summer)
    with summer.database.transaction() as uow:
        promise = commitments.make(
            uow,
            summer.seats[0],
            summer.offices[0].id,
            title_zh="修桥",
            title_en="Mend the bridge",
            due_on=date(2026, 9, 1),
        )
        report = reports.submit(
            uow,
            summer.seats[0],
            summer.offices[0].id,
            "2026H1",
            [
                Draft("I visited", (cited,)),
                Draft("The bridge", (), (promise.id,)),
                Draft("All love me"),
            ],
        )
        logged = next(e for e in uow.entries if isinstance(e, ReportSubmitted))
    assert (logged.statements, logged.supported, logged.late) == (3, 2, False)
    with summer.database.transaction() as uow:
        (found,) = reports.of_office(uow, summer.offices[0].id)
        assert [bool(s.citations) for s in found.statements] == [True, True, False]
        collected = scorecard_rows.collect(uow, summer.offices[0], date(2026, 7, 20))
    assert collected.statements == (True, True, False)
    assert collected.reports == (("2026-07-15", "2026-07-10"),)
    assert report.sha256 == logged.sha256


def test_only_own_presence_can_be_cited(summer: World) -> None:
    for cited in (visit(summer, seat=1), "nothing"):
        with pytest.raises(Invalid):
            submit(summer, Draft("x", (cited,)))


def test_once_a_period_and_only_what_is_due(summer: World) -> None:
    report = submit(summer, Draft("x"))
    with pytest.raises(Conflict):
        submit(summer, Draft("y"))
    for period in ("2025H2", "2027H1"):
        with pytest.raises(Invalid):
            submit(summer, Draft("y"), period=period)
    with pytest.raises(Invalid):
        submit(summer, Draft("  "), period="2026H2")
    values = {c.name: getattr(report, c.name) for c in Report.__table__.columns}
    with pytest.raises(IntegrityError), summer.database.engine.begin() as connection:
        connection.execute(Report.__table__.insert().values(**{**values, "id": "6" * 32}))


def test_constituents_ask_and_rate_and_the_marks_stay_hidden_below_ten(summer: World) -> None:
    report = submit(summer, Draft("x"))
    voters = [summer.constituent(m) for m in summer.members[3:]]
    with summer.database.transaction() as uow:
        with pytest.raises(Forbidden):
            reports.rate(uow, summer.constituent(summer.members[0]), report.id, 5)
        for viewer in voters[:9]:
            reports.rate(uow, viewer, report.id, 4)
        reports.rate(uow, voters[0], report.id, 2)
        assert reports.ratings(uow, report.id) is None
        reports.rate(uow, voters[9], report.id, 5)
        assert reports.ratings(uow, report.id) == {1: 0, 2: 1, 3: 0, 4: 8, 5: 1}
        with pytest.raises(Invalid):
            reports.rate(uow, voters[1], report.id, 6)
        question = reports.ask(uow, voters[0], report.id, "And the bus?")
        with pytest.raises(Forbidden):
            reports.reply(uow, summer.seats[1], question.id, "x")
        reports.reply(uow, summer.seats[0], question.id, "From May on")
        with pytest.raises(Conflict):
            reports.reply(uow, summer.seats[0], question.id, "again")


def test_a_commitment_keeps_text_and_date_and_done_needs_evidence(summer: World) -> None:
    with summer.database.transaction() as uow:
        promise = commitments.make(
            uow,
            summer.seats[0],
            summer.offices[0].id,
            title_zh="",
            title_en="Bridge",
            due_on=date(2026, 9, 1),
        )
        for state in ("done", "dropped"):
            with pytest.raises(Invalid):
                commitments.move(uow, summer.seats[0], promise.id, state=state, evidence=" ")
        with pytest.raises(Forbidden):
            commitments.move(uow, summer.seats[1], promise.id, state="under_way", evidence="")
        commitments.move(uow, summer.seats[0], promise.id, state="done", evidence="Photo of 2 July")
        assert promise.due_on == date(2026, 9, 1)


def freeze(world: World, *, ballot_open: bool = False) -> Dossier:
    with world.database.transaction() as uow:
        return dossiers.freeze(
            uow,
            COMMISSION,
            world.offices[2].id,
            kind="confidence",
            ballot=CONTEST,
            ballot_open=ballot_open,
        )


def test_a_dossier_is_frozen_hashed_and_names_no_constituent(summer: World) -> None:
    submit(summer, Draft("We met"), seat=2)
    with summer.database.transaction() as uow:
        dossier = dossiers.freeze(
            uow,
            COMMISSION,
            summer.offices[2].id,
            kind="confidence",
            ballot=CONTEST,
            ballot_open=False,
        )
        (frozen,) = uow.entries
    assert isinstance(frozen, DossierFrozen)
    assert frozen.sha256 == dossier.sha256
    assert dossiers.is_intact(dossier)
    content = dossiers.read(dossier)
    assert content["subject"]["name"] == summer.members[2].name
    assert content["offices"][0]["reports"][0]["statements"][0]["supported"] is False
    for person in summer.members[3:]:
        assert person.id not in dossier.content
        assert f'"{person.name}"' not in dossier.content


def test_what_happens_later_does_not_change_it(summer: World) -> None:
    dossier = freeze(summer)
    before = dossier.content
    submit(summer, Draft("Too late"), seat=2)
    with summer.database.transaction() as uow:
        again = dossiers.find(uow, summer.offices[2].id, "confidence")
        assert again is not None
        assert (again.content, dossiers.is_intact(again)) == (before, True)
        uow.session.expunge(again)
        again.content = again.content.replace("representative", "saint").replace("2026", "2025")
        assert not dossiers.is_intact(again)


def test_frozen_once_before_the_ballot_by_the_commission(summer: World) -> None:
    with pytest.raises(BallotOpen):
        freeze(summer, ballot_open=True)
    dossier = freeze(summer)
    with pytest.raises(Conflict):
        freeze(summer)
    for viewer in (CLERK, summer.seats[2]):
        with pytest.raises(Forbidden), summer.database.transaction() as uow:
            dossiers.freeze(
                uow,
                viewer,
                summer.offices[2].id,
                kind="satisfaction",
                ballot=CONTEST,
                ballot_open=False,
            )
    values = {c.name: getattr(dossier, c.name) for c in Dossier.__table__.columns}
    with pytest.raises(IntegrityError), summer.database.engine.begin() as connection:
        connection.execute(Dossier.__table__.insert().values(**{**values, "id": "7" * 32}))


def test_the_right_of_one_reply_and_addenda(summer: World) -> None:
    dossier = freeze(summer)
    with summer.database.transaction() as uow:
        with pytest.raises(Forbidden):
            dossiers.reply(uow, summer.seats[0], dossier.id, "not me")
        dossiers.reply(uow, summer.seats[2], dossier.id, "I was ill in March")
        with pytest.raises(Conflict):
            dossiers.reply(uow, summer.seats[2], dossier.id, "and another thing")
        with pytest.raises(Forbidden):
            dossiers.add(uow, summer.seats[2], dossier.id, "x")
        dossiers.add(uow, COMMISSION, dossier.id, "The sheet of 8 January was wrong")
    with summer.database.transaction() as uow:
        (again,) = uow.session.scalars(select(Dossier)).all()
        assert again.ballot == CONTEST
        assert [a.author for a in again.addenda] == ["subject", "commission"]
        assert dossiers.is_intact(again)


def test_the_dossier_of_a_committee_member_who_is_a_representative_has_both(quick: World) -> None:
    with quick.database.transaction() as uow:
        person = people.get_person(uow, quick.offices[0].person_id)
        term = uow.session.merge(quick.term, load=True)
        office = people.grant_office(uow, person, term, "member", starts_on=date(2026, 1, 5))
        dossier = dossiers.freeze(
            uow, SYSTEM, office.id, kind="confidence", ballot=CONTEST, ballot_open=False
        )
    kinds = [part["kind"] for part in dossiers.read(dossier)["offices"]]
    assert kinds == ["member", "representative"]
