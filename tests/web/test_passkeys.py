"""Passkeys as people use them: add, name, use, remove; and sites that have none."""

from __future__ import annotations

import builtins
import importlib.util
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from audit.database import SYSTEM
from audit.entries import SECURITY, decode
from audit.models import LogEntry
from tests.web.enrolment import PASSWORD, phone_of
from tests.web.passkeys import NamedSite, Owner, ask, enter, named_site, show
from tests.web.site import Site
from voting.registry import people
from web.identity import accounts, links
from web.identity.models import ENROL, Account, Passkey
from web.identity.passkeys import MOST, offered
from web.identity.roles import Role
from web.settings import Settings


def stored(site: Site) -> list[Passkey]:
    with site.database.read() as uow:
        return list(uow.session.scalars(select(Passkey)))


def entries_of(site: Site, kind: str) -> list[dict[str, Any]]:
    with site.database.read() as uow:
        rows = uow.session.scalars(select(LogEntry.entry).where(LogEntry.log == SECURITY)).all()
    return [entry for raw in rows if (entry := decode(raw))["type"] == kind]


def test_add_and_sign_in(named_site: NamedSite) -> None:
    owner = Owner(named_site)
    device = owner.add(name=" my  phone ")
    page = owner.browser.get("/account").text
    assert "my phone" in page and "Not used yet" in page and "The passkey is added" in page
    browser = named_site.browser()
    done = show(browser, device.sign(ask(browser)))
    assert (done.status_code, done.json()) == (200, {"next": "/account"})
    assert "Last used on" in browser.get("/account").text
    (row,) = stored(named_site)
    assert (row.last_used, row.sign_count) == (named_site.database.today(), device.count)
    assert isinstance(row.last_used, date) and not isinstance(row.last_used, datetime)


def test_password_and_code_keep_working(named_site: NamedSite) -> None:
    owner = Owner(named_site)
    owner.add()
    fields = {"login": "wang", "password": PASSWORD, "code": owner.codes.pop()}
    answer = named_site.browser().submit("/sign-in", fields, page="/sign-in")
    assert answer.status_code == 303


def test_a_new_name_and_an_end(named_site: NamedSite) -> None:
    owner = Owner(named_site)
    device = owner.add()
    (row,) = stored(named_site)
    for name, status in (("钥匙", 303), ("", 422), ("x" * 61, 422), ("a\u202eb", 422)):
        answer = owner.browser.submit(f"/account/passkeys/{row.id}/name", {"name": name})
        assert answer.status_code == status
    assert "钥匙" in owner.browser.get("/account").text
    assert owner.browser.submit(f"/account/passkeys/{row.id}/remove").status_code == 303
    assert stored(named_site) == []
    assert enter(named_site, device).status_code == 422
    whats = [entry["data"]["what"] for entry in entries_of(named_site, "account.passkey")]
    assert sorted(whats) == ["added", "removed", "renamed"]


def test_the_log_has_nothing_personal(named_site: NamedSite) -> None:
    owner = Owner(named_site)
    device = owner.add(name="Wang's telephone")
    enter(named_site, device)
    (row,) = stored(named_site)
    (entry,) = entries_of(named_site, "account.passkey")
    assert entry["subject"].startswith("voter/") and entry["time"].endswith(":00:00Z")
    for secret in (row.account_id, row.id, row.credential, row.name, "wang"):
        assert secret not in str(entry)


def test_officials_are_in_the_security_log(named_site: NamedSite) -> None:
    owner = Owner(named_site)
    device = owner.add()
    enter(named_site, device)
    assert not entries_of(named_site, "official.signed_in")
    with named_site.database.transaction(SYSTEM) as uow:
        account = accounts.find_by_login(uow, "wang")
        assert account is not None
        accounts.grant(uow, account.id, Role.CLERK)
    assert enter(named_site, device).status_code == 200
    (entry,) = entries_of(named_site, "official.signed_in")
    assert entry["actor_role"] == "clerk"


def test_an_account_has_room_for_some(named_site: NamedSite) -> None:
    owner = Owner(named_site)
    with named_site.database.transaction(SYSTEM) as uow:
        account = accounts.find_by_login(uow, "wang")
        assert account is not None
        for number in range(MOST):
            uow.session.add(
                Passkey(account_id=account.id, credential=f"AA{number}A", public_key="AA", name="x")
            )
    answer = owner.begin()
    assert answer.status_code == 409 and "at most 10" in answer.text


def test_devices_are_told_which_passkeys_are_there(named_site: NamedSite) -> None:
    owner = Owner(named_site)
    device = owner.add()
    options = owner.begin().json()
    credential = device.make(options)
    assert [item["id"] for item in options["excludeCredentials"]] == [credential["id"]]
    assert options["rp"]["id"] == "localhost"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert "wang" not in options["user"]["id"]


def test_who_is_invited_again_begins_without_passkeys(named_site: NamedSite) -> None:
    """After losing everything, recovery works as before; the lost device is signed out."""
    device = Owner(named_site).add()
    with named_site.database.transaction(SYSTEM) as uow:
        account = accounts.find_by_login(uow, "wang")
        assert account is not None
        _account, token = links.invite_again(uow, named_site.app.state.keys, account.id, 72)
    assert stored(named_site) == [] and enter(named_site, device).status_code == 422
    browser = named_site.browser()
    phone = phone_of(browser.get(f"/enrol/{token}").text)
    fields = {"password": PASSWORD, "again": PASSWORD, "code": phone.now()}
    assert browser.submit(f"/enrol/{token}", fields).status_code == 200
    assert enter(named_site, device).status_code == 422


def test_erasing_a_person_erases_account_and_passkeys(named_site: NamedSite) -> None:
    number = "M0042"
    person_id = named_site.make_person(member_no=number, email="li@example.org")
    with named_site.database.transaction(SYSTEM) as uow:
        (account,) = accounts.create_for_members(uow, [people.get_person(uow, person_id)])
        account_id, token = account.id, links.make(uow, account, ENROL, 72)
    browser = named_site.browser()
    phone = phone_of(browser.get(f"/enrol/{token}").text)
    fields = {"password": PASSWORD, "again": PASSWORD, "code": phone.now()}
    browser.submit(f"/enrol/{token}", fields)
    with named_site.database.transaction(SYSTEM) as uow:
        row = Passkey(account_id=account_id, credential="AAAA", public_key="AA", name="Li's")
        uow.session.add(row)
    registrar = named_site.sign_in(Role.REGISTRAR)
    answer = registrar.submit(f"/registrar/people/{person_id}/erase", {"sure": "true"})
    assert answer.status_code == 303, answer.text
    assert stored(named_site) == []
    with named_site.database.read() as uow:
        kept = uow.session.get_one(Account, account_id)
        assert kept.state == "closed" and number.lower() not in kept.login
        assert not (kept.name or kept.email or kept.totp_secret or kept.password_hash)


def test_a_closed_account_has_none(named_site: NamedSite) -> None:
    device = Owner(named_site).add()
    with named_site.database.transaction(SYSTEM) as uow:
        account = accounts.find_by_login(uow, "wang")
        assert account is not None
        accounts.close(uow, named_site.app.state.keys, account.id)
    assert stored(named_site) == [] and enter(named_site, device).status_code == 422


@pytest.mark.parametrize(
    ("base_url", "host"),
    [
        ("https://vote.example", "vote.example"),
        ("https://vote.example:8443", "vote.example"),
        ("http://localhost:8000", "localhost"),
        ("http://vote.example", ""),
        ("http://127.0.0.1:8000", ""),
        ("https://192.0.2.7", ""),
        ("https://[2001:db8::1]", ""),
    ],
)
def test_only_sites_with_a_name_offer_them(tmp_path: Path, base_url: str, host: str) -> None:
    settings = Settings(data_dir=tmp_path, base_url=base_url)
    assert settings.passkey_host == host
    assert offered(settings) is bool(host)


PATHS = ("/api/v1/passkeys/asking", "/api/v1/passkeys/sign-in", "/api/v1/passkeys")


def says_nothing(site: Site) -> None:
    browser = site.sign_in(Role.CLERK)
    for page in (browser.get("/account").text, site.browser().get("/sign-in").text):
        assert "asskey" not in page
    for path in PATHS:
        body = {"credential": {}, "name": "x"}
        assert browser.send_json(path, body, page="/account").status_code == 404


def test_a_site_at_an_address_says_nothing(site: Site) -> None:
    says_nothing(site)


def test_without_the_extra_nothing_is_said_and_nothing_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the package were not there: it is neither found nor can it be imported."""
    real_find, real_import = importlib.util.find_spec, builtins.__import__

    def find(name: str, *more: Any) -> Any:
        return None if name == "webauthn" else real_find(name, *more)

    def load(name: str, *more: Any, **options: Any) -> Any:
        if name.split(".")[0] == "webauthn":
            raise ModuleNotFoundError(name)
        return real_import(name, *more, **options)

    monkeypatch.setattr("web.identity.passkeys.find_spec", find)
    monkeypatch.setattr(builtins, "__import__", load)
    for found in fresh(tmp_path, monkeypatch):
        says_nothing(found)


def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    return named_site.__wrapped__(tmp_path, monkeypatch)  # type: ignore[attr-defined]
