"""ATTACKS 25: one administrator with several accounts makes nobody an official. Both databases."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from audit.database import Actor, new_id
from audit.entries import PUBLIC, decode
from audit.errors import Forbidden
from audit.models import LogEntry
from tests.web.site import Browser, Site
from voting.models import Election
from voting.two_people import PendingAct
from web.commands.election import _appoint, _TrusteeFile
from web.identity import accounts
from web.identity.entries import AccountsCreated
from web.identity.models import Account
from web.identity.roles import Role


def asked(site: Site, admin: Browser, role: str = "auditor") -> tuple[str, str]:
    """A new account, and the path at which the second signature is given."""
    made = admin.submit("/admin/accounts", {"login": f"a{new_id()[:8]}", "name": "甲"})
    path = made.headers["location"]
    assert admin.submit(f"{path}/roles", {"role": role}).status_code == 303
    with site.database.read() as uow:
        subject = f"account/{path.rsplit('/', 1)[1]}"
        pending = select(PendingAct.id).where(PendingAct.subject == subject)
        return path, f"{path}/asked/{uow.session.scalars(pending).one()}/sign"


def roles(site: Site, path: str) -> list[str]:
    with site.database.read() as uow:
        return [row.role for row in accounts.get(uow, path.rsplit("/", 1)[1]).roles]


def test_one_administrator_grants_nothing(either_site: Site) -> None:
    admin = either_site.sign_in(Role.ADMIN)
    path, sign = asked(either_site, admin)
    assert roles(either_site, path) == []
    assert admin.submit(sign).status_code == 422
    assert roles(either_site, path) == []


def test_nor_with_a_second_account_that_they_made(either_site: Site) -> None:
    admin, other = either_site.sign_in(Role.ADMIN), either_site.sign_in(Role.ADMIN)
    with either_site.database.transaction(Actor("test")) as uow:
        uow.session.get_one(Account, other.account_id).made_by = admin.account_id
        uow.record(AccountsCreated(count=0))
    path, sign = asked(either_site, admin)
    refused = other.submit(sign)
    assert refused.status_code == 422
    assert "one of them made the other" in refused.text
    assert roles(either_site, path) == []


def test_nor_does_anybody_sign_the_own_office(either_site: Site) -> None:
    admin, target = either_site.sign_in(Role.ADMIN), either_site.sign_in(Role.ADMIN)
    path = f"/admin/accounts/{target.account_id}"
    assert admin.submit(f"{path}/roles", {"role": "body"}).status_code == 303
    found = re.search(r'action="([^"]+)/withdraw"', admin.get(path).text)
    assert found
    assert target.submit(f"{found[1]}/sign").status_code == 422
    assert roles(either_site, path) == ["admin"]


def test_a_name_or_a_person_belongs_to_an_office(either_site: Site) -> None:
    admin = either_site.sign_in(Role.ADMIN)
    refused = admin.submit("/admin/accounts", {"login": "nobody-knows", "role": "auditor"})
    assert refused.status_code == 422
    assert "name of who is not on it" in refused.text


def test_two_grant_it_and_the_public_log_has_both(either_site: Site) -> None:
    admin, second = either_site.sign_in(Role.ADMIN), either_site.sign_in(Role.ADMIN)
    path, sign = asked(either_site, admin)
    # under another account's number the act is not there
    elsewhere = sign.replace(path, f"/admin/accounts/{second.account_id}")
    assert second.submit(elsewhere).status_code == 404
    assert second.submit(sign).status_code == 303
    assert roles(either_site, path) == ["auditor"]
    assert second.submit(sign).status_code == 422
    subject = f"account/{path.rsplit('/', 1)[1]}"
    with either_site.database.read() as uow:
        query = select(LogEntry.entry).where(LogEntry.log == PUBLIC, LogEntry.subject == subject)
        entries = [decode(raw) for raw in uow.session.scalars(query.order_by(LogEntry.queued))]
    found = {(entry["type"], entry["actor"]) for entry in entries}
    assert found == {
        ("act.asked", admin.account_id),
        ("act.signed", second.account_id),
        ("role.granted", second.account_id),
    }


def test_the_forbidden_pairs(either_site: Site) -> None:
    """Also where two administrators would agree to it: asking tries it."""
    admin = either_site.sign_in(Role.ADMIN)
    for held, wanted in (
        (Role.COMMISSION, "trustee"),
        (Role.TRUSTEE, "commission"),
        (Role.REGISTRAR, "clerk"),
        (Role.CLERK, "registrar"),
        (Role.REGISTRAR, "trustee"),
        (Role.AUDITOR, "clerk"),
        (Role.COMMISSION, "admin"),
    ):
        holder = either_site.sign_in(held)
        answer = admin.submit(f"/admin/accounts/{holder.account_id}/roles", {"role": wanted})
        assert answer.status_code == 422, (held, wanted)
        assert "cannot be one person" in answer.text


def test_no_file_gives_a_key_to_who_has_not_the_role(either_site: Site) -> None:
    """The command appointed whoever it named: a registrar, or the commission itself."""
    for role in (Role.COMMISSION, Role.REGISTRAR, Role.ADMIN, Role.MEMBER):
        holder = either_site.sign_in(role)
        with either_site.database.read() as uow:
            login = accounts.get(uow, holder.account_id).login
            election = Election(code="E")
            with pytest.raises(Forbidden, match="role of a trustee"):
                _appoint(uow, election, _TrusteeFile(login=login, kind="single"))
            assert election.trustees == []
