"""ATTACKS 25: who stands in a vote, or holds its key, acts in it on no route; authority that is
taken back while an act waits; two who replace at once; an object under another's number.

Through HTTP, on both databases.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import delete, select

from audit.database import Actor, Database
from ballots import credentials
from ballots.encoding import dumps
from ballots.group import get_group
from tests.voting.scenario import Scenario
from tests.web.site import Browser, Site
from voting import nominations, states, trustees
from voting.models import DIRECT, Contest, Election
from web.identity.models import Account, AccountRole
from web.identity.roles import Role

TEST = Actor("test")


class Case:
    """An election in preparation, with somebody of the commission who stands in it, one who holds
    a key of it, and one who does neither."""

    def __init__(self, site: Site, scenario: Scenario) -> None:
        self.site, self.scenario = site, scenario
        self.election = scenario.draft(DIRECT, constituencies=["K1"])
        with site.database.read() as uow:
            election = uow.session.get_one(Election, self.election)
            self.code = election.code
            self.contest = election.contests[0].code
            self.candidate = election.contests[0].candidacies[0].person_id
        self.free = site.sign_in(Role.COMMISSION)


@pytest.fixture(scope="module")
def organised(either_site: Site) -> Scenario:
    clock = either_site.database.clock
    scenario = Scenario(either_site.database).organise()
    either_site.database.clock = clock
    return scenario


@pytest.fixture(scope="module")
def case(either_site: Site, organised: Scenario) -> Iterator[Case]:
    scenario = organised
    either_site.database.clock = scenario.clock
    yield Case(either_site, scenario)


def unsafe(site: Site, role: Role) -> list[tuple[str, str]]:
    """Every route that changes something and that this role alone opens."""
    from tests.attacks.test_18_routes import walks

    return [
        (walk.method, walk.path)
        for walk in walks(site.app)
        if walk.method != "GET" and walk.roles == {role}
    ]


def asked(case: Case, browser: Browser, method: str, path: str, token: str) -> Any:
    url = path
    for name, value in {
        "code": case.code, "contest": case.contest, "act": "freeze", "state": "withdrawn",
    }.items():  # fmt: skip
        url = url.replace(f"{{{name}}}", value)
    url = url.replace("{", "").replace("}", "")
    return browser.request(
        method, url, data={"nothing": "x"}, headers={"x-csrf-token": token}, follow_redirects=False
    )


def test_who_stands_acts_on_no_route_of_the_commission(case: Case) -> None:
    subject = case.site.sign_in(Role.COMMISSION, person_id=case.candidate)
    token, free_token = subject.token(), case.free.token()
    routes = unsafe(case.site, Role.COMMISSION)
    assert len(routes) > 12
    refused = 0
    for method, path in routes:
        if "{code}" not in path:
            continue
        answer = asked(case, subject, method, path, token)
        assert answer.status_code in (403, 404), f"{path}: {answer.status_code}"
        refused += answer.status_code == 403
        if answer.status_code == 403:
            assert "You stand in this election" in answer.text, path
    assert refused > 8
    # it is the person and not the page: another of the commission gets past this
    answer = asked(case, case.free, "POST", "/commission/{code}/trustees/threshold", free_token)
    assert answer.status_code == 422
    assert subject.get(f"/commission/{case.code}").status_code == 200


def test_the_three_routes_that_lacked_the_guard(case: Case) -> None:
    subject = case.site.sign_in(Role.COMMISSION, person_id=None)
    with case.site.database.transaction(TEST) as uow:
        account = uow.session.get_one(Account, subject.account_id)
        taken = uow.session.scalar(select(Account.id).where(Account.person_id == case.candidate))
        if taken is not None:
            uow.session.get_one(Account, taken).person_id = None
            uow.session.flush()
        account.person_id = case.candidate
        uow.record(_entry())
    for path in (f"/commission/{case.code}/absent", f"/elections/{case.code}/dossiers"):
        answer = subject.submit(path, {"trustee": "x", "reason": "x"})
        assert answer.status_code == 403, path


def test_who_holds_a_key_acts_for_no_commission_in_that_election(case: Case) -> None:
    keeper = case.site.sign_in(Role.COMMISSION)
    with case.site.database.transaction(TEST) as uow:
        trustees.invite(
            uow,
            case.election,
            account_id=keeper.account_id,
            person_id=None,
            name="K",
            kind="single",
        )
    answer = keeper.submit(f"/commission/{case.code}/trustees/threshold", {"threshold": "1"})
    assert answer.status_code == 403
    assert "You hold a key" in answer.text
    with case.site.database.transaction(TEST) as uow:
        election = uow.session.get_one(Election, case.election)
        (mine,) = [t for t in election.trustees if t.account_id == keeper.account_id]
        trustees.remove(uow, mine.id)


def test_while_the_vote_runs_a_subject_acts_nowhere(either_site: Site, case: Case) -> None:
    """Also on routes that name no election, and in another election."""
    running = case.scenario.prepare(DIRECT, constituencies=["K2"], code="RUN-2")
    with either_site.database.read() as uow:
        person = uow.session.get_one(Election, running).contests[0].candidacies[0].person_id
    subject = either_site.sign_in(Role.COMMISSION, person_id=person)
    fields = {"kind": "direct", "code": "x", "title_zh": "x", "title_en": "x", "term": "x",
              "opens_at": "x", "closes_at": "x", "profile": "x"}  # fmt: skip
    assert subject.submit("/commission", fields).status_code == 403
    other = f"/commission/{case.code}/trustees/threshold"
    assert subject.submit(other, {"threshold": "1"}).status_code == 403
    free = either_site.sign_in(Role.COMMISSION)
    assert free.submit("/commission", fields).status_code == 422


# --- authority is read again under the lock


def test_a_role_taken_back_while_the_act_waits(either_site: Site, case: Case) -> None:
    """The act waits for the row of the election; meanwhile the role goes; nothing is done."""
    database = either_site.database
    actor = either_site.sign_in(Role.COMMISSION)
    before = titles(database, case.election)
    token = actor.token()

    def act() -> int:
        url = f"/commission/{case.code}/trustees/threshold"
        fields = {"csrf_token": token, "threshold": "2"}
        return actor.post(url, data=fields, follow_redirects=False).status_code

    with ThreadPoolExecutor(1) as pool:
        with database.transaction(TEST) as uow:
            states.lock(uow, case.election, *["draft"])
            waiting = pool.submit(act)
            time.sleep(0.7)
            assert not waiting.done()
            uow.session.execute(
                delete(AccountRole).where(AccountRole.account_id == actor.account_id)
            )
            uow.record(_entry())
        assert waiting.result(timeout=30) == 403
    assert titles(database, case.election) == before


def titles(database: Database, election_id: str) -> tuple[str, int]:
    with database.read() as uow:
        election = uow.session.get_one(Election, election_id)
        return election.title_en, election.threshold


def test_who_becomes_a_candidate_while_the_act_waits(either_site: Site, case: Case) -> None:
    database = either_site.database
    commission = Actor("commission", "x")
    with database.transaction(commission) as uow:
        found = uow.session.get_one(Election, case.election).contests[0].candidacies[1]
        nominations.withdraw(uow, found.id)
        candidacy, person = found.id, found.person_id
    actor = either_site.sign_in(Role.COMMISSION, person_id=person)
    before = titles(database, case.election)
    token = actor.token()

    def act() -> int:
        url = f"/commission/{case.code}/trustees/threshold"
        fields = {"csrf_token": token, "threshold": "3"}
        return actor.post(url, data=fields, follow_redirects=False).status_code

    with ThreadPoolExecutor(1) as pool:
        with database.transaction(commission) as uow:
            states.lock(uow, case.election, *["draft"])
            waiting = pool.submit(act)
            time.sleep(0.7)
            nominations.change(uow, candidacy, state="accepted")
        assert waiting.result(timeout=30) == 403
    assert titles(database, case.election) == before


# --- two who replace at once


def test_two_registrars_publish_and_the_second_is_told(either_site: Site, case: Case) -> None:
    scenario = case.scenario
    election = scenario.draft(DIRECT, constituencies=["K3"], code="CAS-3")
    scenario.freeze(election)
    (uuid,) = scenario.uuids(election)
    with either_site.database.read() as uow:
        voters = states.contest_by_uuid(uow, uuid).roll_count
    lists = [public_list(uuid, voters) for _ in range(3)]
    registrars = [either_site.sign_in(Role.REGISTRAR) for _ in range(2)]
    tokens = [browser.token() for browser in registrars]
    url = f"/api/v1/contests/{uuid}/credentials"
    barrier = threading.Barrier(2)

    def publish(n: int) -> int:
        barrier.wait(timeout=20)
        headers = {"x-csrf-token": tokens[n], "content-type": "application/json"}
        return registrars[n].post(url, content=dumps(lists[n]), headers=headers).status_code

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(publish, range(2)))
    assert sorted(answers) == [200, 409]
    first = answers.index(200)
    headers = {"x-csrf-token": tokens[0], "content-type": "application/json"}
    # the same list once more, as after a lost answer, is no replacement
    again = registrars[0].post(url, content=dumps(lists[first]), headers=headers)
    assert again.status_code == 200
    import hashlib

    right = hashlib.sha256(dumps(lists[first])).hexdigest()
    third = dumps(lists[2])
    wrong = registrars[0].post(f"{url}?replaces={'0' * 64}", content=third, headers=headers)
    assert wrong.status_code == 409
    assert right in wrong.text
    assert stored(either_site, uuid) == dumps(lists[first]).decode()
    done = registrars[0].post(f"{url}?replaces={right}", content=dumps(lists[2]), headers=headers)
    assert done.status_code == 200
    assert stored(either_site, uuid) == dumps(lists[2]).decode()


def public_list(uuid: str, count: int) -> list[str]:
    group = get_group("Ed25519")
    secrets = [credentials.generate() for _ in range(count)]
    made = [credentials.public_credential(group, uuid, secret) for secret in secrets]
    return list(credentials.sort_public(group, made))


def stored(site: Site, uuid: str) -> str | None:
    with site.database.read() as uow:
        return uow.session.scalar(select(Contest.credentials_json).where(Contest.uuid == uuid))


def _entry() -> Any:
    from web.identity.entries import AccountsCreated

    return AccountsCreated(count=0)
