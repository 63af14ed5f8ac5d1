from datetime import date, timedelta

from accountability.models import Body, Matter, Routing
from tests.web.site import Site
from voting.models import Contest, Election, RollEntry
from voting.registry.models import Term, Unit
from web.identity.entries import AccountsCreated
from web.identity.roles import LABELS, Role


def test_the_front_page_in_both_languages(site: Site) -> None:
    assert 'lang="en"' in site.browser("en").get("/").text
    assert 'lang="zh-Hans"' in site.browser("zh-CN,zh;q=0.9,en;q=0.8").get("/").text


def test_the_chosen_language_stays(site: Site) -> None:
    browser = site.browser("en")
    answer = browser.submit("/language", {"language": "zh", "back": "/"})
    assert answer.status_code == 303
    assert 'lang="zh-Hans"' in browser.get("/").text


def test_signed_in_name_is_shown(site: Site) -> None:
    assert "Test Person" in site.sign_in(Role.ADMIN).get("/").text


def test_the_front_page_of_each_role(site: Site) -> None:
    for role in LABELS:
        page = site.sign_in(role, scope="B1").get("/")
        assert page.status_code == 200, role
        assert "For you now" in page.text


def test_what_waits_is_shown_to_who_can_do_it(site: Site) -> None:
    with site.database.transaction() as uow:
        unit = Unit(code="U1", name="村", kind="village", valid_from=date(2020, 1, 1))
        body = Body(code="B1", name="水务", name_en="Water", categories="water", sla_working_days=5)
        uow.session.add_all([unit, body])
        uow.session.flush()
        matter = Matter(
            number="M1",
            unit_id=unit.id,
            category="water",
            channel="web",
            received_on=uow.today,
            text="x",
        )
        uow.session.add(matter)
        uow.session.flush()
        day = uow.today
        routing = Routing(
            matter_id=matter.id,
            body_id=body.id,
            round=1,
            consent=False,
            calendar="x",
            provisional=False,
            routed_on=day,
            original_due_on=day,
            due_on=day,
        )
        uow.session.add(routing)
        uow.record(AccountsCreated(count=1))
    assert "1 matter waits" in site.sign_in(Role.BODY, scope="B1").get("/").text
    assert "1 matter waits" not in site.sign_in(Role.BODY, scope="B2").get("/").text
    assert "1 matter waits" in site.sign_in(Role.CLERK).get("/").text


def test_the_open_ballot_is_shown_to_who_is_on_its_roll(site: Site) -> None:
    voter, other = site.sign_in(Role.MEMBER), site.sign_in(Role.MEMBER)
    with site.database.transaction() as uow:
        now = uow.now
        term = Term(code="T", name="届", starts_on=date(2026, 1, 1), ends_on=date(2031, 1, 1))
        uow.session.add(term)
        uow.session.flush()
        election = Election(
            code="E1",
            kind="direct",
            title_zh="选举",
            title_en="The election",
            term_id=term.id,
            state="open",
            scheduled=False,
            opens_at=now - timedelta(days=1),
            closes_at=now + timedelta(days=1),
            created_at=now,
        )
        uow.session.add(election)
        uow.session.flush()
        contest = Contest(
            election_id=election.id, code="C1", uuid="U" * 14, title_zh="选区", title_en="Ward"
        )
        uow.session.add(contest)
        uow.session.flush()
        uow.session.add(RollEntry(contest_id=contest.id, person_id=voter.person_id))
        uow.record(AccountsCreated(count=1))
    assert f"/ballots/{'U' * 14}" in voter.get("/").text
    assert f"/ballots/{'U' * 14}" not in other.get("/").text
    assert "The election" in site.browser().get("/").text  # it is no secret that it is open
