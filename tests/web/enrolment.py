"""What a person does with the enrolment link, the phone and the sign-in form."""

from __future__ import annotations

import re
from typing import Any

import pyotp

from audit.database import Actor
from tests.web.site import Browser, Site
from web.identity import accounts, links
from web.identity.models import ENROL

PASSWORD = "correct horse battery"


def invite(site: Site, login: str = "wang", **fields: str) -> str:
    with site.database.transaction(Actor("test")) as uow:
        account = accounts.create(uow, login, **fields)
        return links.make(uow, account, ENROL, 72)


def phone_of(page: str) -> pyotp.TOTP:
    found = re.search(r'class="key">([A-Z2-7 ]+)<', page)
    assert found
    return pyotp.TOTP(found[1].replace(" ", ""))


def enrol(site: Site, login: str = "wang", **fields: str) -> tuple[pyotp.TOTP, list[str]]:
    """The phone and the recovery codes of a new account. The present code is used up."""
    token = invite(site, login, **fields)
    browser = site.browser()
    page = browser.get(f"/enrol/{token}")
    assert "<svg" in page.text
    phone = phone_of(page.text)
    done = browser.submit(
        f"/enrol/{token}",
        {"password": PASSWORD, "again": PASSWORD, "code": phone.now()},
    )
    assert done.status_code == 200, done.text
    return phone, re.findall(r"<code>(\w{5}-\w{5})</code>", done.text)


def sign_in(browser: Browser, login: str, password: str, code: str, **more: str) -> Any:
    fields = {"login": login, "password": password, "code": code, **more}
    return browser.submit("/sign-in", fields, page="/sign-in")


def next_code(phone: pyotp.TOTP, site: Site) -> str:
    """The code of the next half minute, which is taken already (RFC 6238, 5.2)."""
    return phone.at(site.database.clock(), counter_offset=1)
