"""From the enrolment link to the session, as a person does it."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from audit.database import SYSTEM
from audit.errors import Conflict, Forbidden, Invalid
from tests.web.enrolment import PASSWORD, enrol, invite, next_code, phone_of, sign_in
from tests.web.site import Site
from web.identity import accounts, links
from web.identity.models import ENROL, Account, OneTimeLink, UsedCode, WebSession
from web.identity.roles import Role


def test_enrol_and_sign_in_with_code_and_with_recovery_code(site: Site) -> None:
    phone, recovery = enrol(site)
    assert len(recovery) == 8
    browser = site.browser()
    answer = sign_in(browser, "Wang ", PASSWORD, next_code(phone, site), next="/account")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert "wang" in browser.get("/account").text
    other = site.browser()
    assert sign_in(other, "wang", PASSWORD, recovery[0].lower()).status_code == 303
    again = sign_in(site.browser(), "wang", PASSWORD, recovery[0])
    assert again.status_code == 422


def test_member_signs_in_by_number_and_by_mail(site: Site) -> None:
    person = site.make_person(member_no="M0042", email="li@example.org", language="en")
    with site.database.transaction(SYSTEM) as uow:
        from voting.registry.models import Person

        account = accounts.create(uow, "M0042", person=uow.session.get(Person, person))
        token = links.make(uow, account, ENROL, 72)
    browser = site.browser()
    phone = phone_of(browser.get(f"/enrol/{token}").text)
    fields = {"password": PASSWORD, "again": PASSWORD, "code": phone.now()}
    recovery = re.findall(
        r"<code>(\w{5}-\w{5})</code>", browser.submit(f"/enrol/{token}", fields).text
    )
    assert sign_in(site.browser(), "m0042", PASSWORD, recovery[0]).status_code == 303
    assert sign_in(site.browser(), "LI@example.org", PASSWORD, recovery[1]).status_code == 303


def test_an_enrolment_link_works_once_and_expires(site: Site) -> None:
    token = invite(site)
    browser = site.browser()
    phone = phone_of(browser.get(f"/enrol/{token}").text)
    fields = {"password": PASSWORD, "again": PASSWORD, "code": phone.now()}
    assert browser.submit(f"/enrol/{token}", fields).status_code == 200
    assert browser.get(f"/enrol/{token}").status_code == 404
    assert browser.submit(f"/enrol/{token}", fields).status_code == 404
    late = invite(site, "late")
    with site.database.transaction(SYSTEM) as uow:
        uow.session.execute(
            OneTimeLink.__table__.update().values(expires_at=uow.now - timedelta(seconds=1))
        )
    assert browser.get(f"/enrol/{late}").status_code == 404


@pytest.mark.parametrize(
    ("password", "again", "code", "says"),
    [
        ("short", "short", None, "at least 12"),
        ("123456789012", "123456789012", None, "too easy"),
        ("wangwang-wang", "wangwang-wang", None, "too easy"),
        (PASSWORD, PASSWORD + "!", None, "not the same"),
        (PASSWORD, PASSWORD, "000000x", "does not match"),
    ],
)
def test_enrolment_says_what_is_wrong(
    site: Site, password: str, again: str, code: str | None, says: str
) -> None:
    token = invite(site)
    browser = site.browser()
    phone = phone_of(browser.get(f"/enrol/{token}").text)
    fields = {"password": password, "again": again, "code": code or phone.now()}
    answer = browser.submit(f"/enrol/{token}", fields)
    assert answer.status_code == 422
    assert says in answer.text
    assert browser.get(f"/enrol/{token}").status_code == 200  # and the link is still good


def test_nothing_tells_when_a_voter_signed_in(site: Site) -> None:
    phone, _ = enrol(site)
    sign_in(site.browser(), "wang", PASSWORD, next_code(phone, site))
    with site.database.read() as uow:
        session = uow.session.scalars(select(WebSession)).one()
        assert session.expires_on == uow.today + timedelta(days=1)
        columns = {c.name for c in WebSession.__table__.columns}
        assert columns == {"id", "token_hash", "account_id", "expires_on", "device"}
        assert uow.session.scalars(select(UsedCode)).all()
    site.database.clock = lambda at=site.database.clock: at() + timedelta(minutes=3)  # type: ignore[misc]
    with site.database.transaction(SYSTEM) as uow:
        from web.identity.sign_in import purge

        purge(uow)
        assert not uow.session.scalars(select(UsedCode)).all()


def test_sign_out_and_sign_out_everywhere(site: Site) -> None:
    browser = site.sign_in(Role.CLERK)
    assert browser.submit("/sign-out").status_code == 303
    assert browser.get("/account", follow_redirects=False).status_code == 303
    browser = site.sign_in(Role.CLERK)
    assert browser.submit("/account/sessions/end").status_code == 303
    with site.database.read() as uow:
        assert not uow.session.scalars(
            select(WebSession).where(WebSession.account_id == browser.account_id)
        ).all()


def test_new_password_ends_the_other_sessions(site: Site) -> None:
    phone, recovery = enrol(site)
    here, there = site.browser(), site.browser()
    sign_in(here, "wang", PASSWORD, next_code(phone, site))
    sign_in(there, "wang", PASSWORD, recovery[0])
    fields = {"old": PASSWORD, "password": "another long sentence", "code": recovery[1]}
    wrong = here.submit(
        "/account/password", {**fields, "old": "not it at all", "again": fields["password"]}
    )
    assert wrong.status_code == 422
    done = here.submit("/account/password", {**fields, "again": fields["password"]})
    assert done.status_code == 303, done.text
    assert here.get("/account", follow_redirects=False).status_code == 200
    assert there.get("/account", follow_redirects=False).status_code == 303


def test_conflicting_roles_are_refused(site: Site) -> None:
    with site.database.transaction(SYSTEM) as uow:
        account = accounts.create(uow, "zhao")
        accounts.grant(uow, account.id, Role.REGISTRAR)
        for against in (Role.COMMISSION, Role.ADMIN, Role.TRUSTEE, Role.AUDITOR):
            with pytest.raises(Conflict):
                accounts.grant(uow, account.id, against)
        with pytest.raises(Invalid):
            accounts.grant(uow, account.id, Role.MEMBER)
        with pytest.raises(Forbidden):
            accounts.grant(uow, account.id, Role.CLERK, by=account.id)


def test_a_closed_account_is_signed_out_and_stays_out(site: Site) -> None:
    browser = site.sign_in(Role.CLERK)
    with site.database.transaction(SYSTEM) as uow:
        accounts.close(uow, site.app.state.keys, browser.account_id)
        assert uow.session.get(Account, browser.account_id)
    assert browser.get("/account", follow_redirects=False).status_code == 303


def test_the_password_of_nobody_is_as_much_work_as_anyones() -> None:
    """In a process of its own: tests make hashing cheap."""
    code = (
        "from web.identity import passwords as p\n"
        "assert not p._hasher.check_needs_rehash(p._nobody)\n"
        "assert not p.matches('', 'anything at all')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
