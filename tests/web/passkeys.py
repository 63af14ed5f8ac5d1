"""A site at a name, for passkeys are bound to names, and what a person does with them there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from audit.database import Base
from tests.web.authenticator import ORIGIN, Device
from tests.web.enrolment import PASSWORD, enrol, sign_in
from tests.web.site import Browser, Site, quick_passwords
from web.app import create_app
from web.settings import Settings


class NamedSite(Site):
    def browser(self, language: str = "en") -> Browser:
        headers = {"accept-language": language}
        return Browser(self.app, base_url=ORIGIN, headers=headers)


@pytest.fixture
def named_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NamedSite]:
    quick_passwords(monkeypatch)
    app = create_app(Settings(data_dir=tmp_path, base_url=ORIGIN, log_level="error"))
    Base.metadata.create_all(app.state.database.engine)
    with TestClient(app, base_url=ORIGIN):
        yield NamedSite(app)
    app.state.database.close()


class Owner:
    """Somebody who has enrolled and is signed in; recovery codes stand in for the phone."""

    def __init__(self, site: NamedSite, login: str = "wang") -> None:
        self.site, self.login = site, login
        _phone, self.codes = enrol(site, login, language="en")
        self.browser = site.browser()
        assert sign_in(self.browser, login, PASSWORD, self.codes.pop()).status_code == 303

    def begin(self, password: str = PASSWORD, code: str = "") -> Any:
        proof = {"password": password, "code": code or self.codes.pop()}
        return self.browser.send_json("/api/v1/passkeys/adding", proof, page="/account")

    def keep(self, credential: dict[str, Any], name: str = "my phone") -> Any:
        body = {"name": name, "credential": credential}
        return self.browser.send_json("/api/v1/passkeys", body, page="/account")

    def add(self, device: Device | None = None, name: str = "my phone") -> Device:
        device = device or Device()
        answer = self.keep(device.make(self.begin().json()), name)
        assert answer.status_code == 201, answer.text
        return device


def ask(browser: Browser) -> dict[str, Any]:
    answer = browser.send_json("/api/v1/passkeys/asking", {}, page="/sign-in")
    assert answer.status_code == 200, answer.text
    options: dict[str, Any] = answer.json()
    return options


def show(browser: Browser, credential: dict[str, Any], next: str = "/account") -> Any:
    body = {"credential": credential, "next": next}
    return browser.send_json("/api/v1/passkeys/sign-in", body, page="/sign-in")


def enter(site: NamedSite, device: Device) -> Any:
    """Sign in from a new browser."""
    browser = site.browser()
    return show(browser, device.sign(ask(browser)))
