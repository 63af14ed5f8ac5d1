"""Passkeys in Chromium, with its own virtual device (CDP WebAuthn): at phone size, zh and en."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect

from tests.frontend.live import PHONE, chromium, serving
from tests.frontend.stage import Stage
from tests.voting.scenario import Scenario
from tests.web.enrolment import PASSWORD
from tests.web.site import Site
from web.identity import accounts, codes, passwords
from web.identity.models import ACTIVE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("passkeys")
    with serving(folder, host="localhost") as site, chromium() as browser:
        yield Stage(site, browser, Scenario(site.database), folder)


@dataclass
class Phone:
    """A browser with a virtual device that knows its owner."""

    page: Page
    cdp: CDPSession
    device: str

    def verifies(self, *, yes: bool) -> None:
        self.cdp.send(
            "WebAuthn.setUserVerified", {"authenticatorId": self.device, "isUserVerified": yes}
        )

    def credentials(self) -> list[dict[str, Any]]:
        asked = {"authenticatorId": self.device}
        found: list[dict[str, Any]] = self.cdp.send("WebAuthn.getCredentials", asked)["credentials"]
        return found


def phone(browser: Browser, site: Site, language: str) -> Phone:
    context: BrowserContext = browser.new_context(
        base_url=site.settings.base_url,
        locale="zh-CN" if language == "zh" else "en-GB",
        viewport=PHONE,  # type: ignore[arg-type]
    )
    page = context.new_page()
    cdp = context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    device = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return Phone(page, cdp, device["authenticatorId"])


def member(site: Site, login: str, language: str) -> list[str]:
    """An account with a password, and its recovery codes, which stand in for the phone's app."""
    with site.database.transaction() as uow:
        account = accounts.create(uow, login, language=language)
        account.password_hash = passwords.hash_password(PASSWORD)
        account.totp_secret = site.app.state.keys.encrypt("totp", "A" * 32, account.id)
        account.state = ACTIVE
        return codes.new_recovery_codes(uow, account)


def fill_and_add(page: Page, code: str) -> None:
    page.fill("#passkey_name", "我的手机 my phone")
    page.fill("#passkey_password", PASSWORD)
    page.fill("#passkey_code", code)
    page.click("#passkey-add button")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_add_sign_in_and_remove(stage: Stage, language: str) -> None:
    login = f"member-{language}"
    recovery = member(stage.site, login, language)
    owner = phone(stage.browser, stage.site, language)
    page = owner.page
    problems: list[str] = []
    page.on("console", lambda message: stage.console.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto("/sign-in?next=/account")
    expect(page.locator("#passkey-sign-in")).to_be_visible()
    stage.shot(page, f"passkey-sign-in-{language}")
    for name, value in (("login", login), ("password", PASSWORD), ("code", recovery.pop())):
        page.fill(f"[name={name}]", value)
    page.click("main form button")
    expect(page.locator("#passkey-add")).to_be_visible()
    stage.shot(page, f"passkey-none-{language}")
    # a wrong code: said at the form, and the device is not asked
    fill_and_add(page, "000000")
    expect(page.locator("#passkey-trouble")).to_be_visible()
    stage.shot(page, f"passkey-wrong-{language}")
    assert owner.credentials() == []
    fill_and_add(page, recovery.pop())
    expect(page.locator("#passkeys article h3")).to_have_text("我的手机 my phone")
    stage.shot(page, f"passkey-added-{language}")
    (made,) = owner.credentials()
    assert made["isResidentCredential"] and made["rpId"] == "localhost"
    # this device has one already
    fill_and_add(page, recovery.pop())
    known = {"zh": "已有您的通行密钥", "en": "has a passkey of yours already"}[language]
    expect(page.locator("#passkey-trouble")).to_contain_text(known)
    sign_in_again(stage, owner, language)
    page.locator("#passkeys details summary").click()
    page.fill("#passkeys details input[name=name]", "second name")
    stage.shot(page, f"passkey-rename-{language}")
    page.click("#passkeys details button")
    expect(page.locator("#passkeys article h3")).to_have_text("second name")
    page.click("#passkeys article > form button")
    expect(page.locator("#passkeys article")).to_have_count(0)
    # the device still has it, and it opens nothing any more
    page.context.clear_cookies()
    page.goto("/sign-in")
    page.click("#passkey-go")
    gone = {"zh": "在此无效", "en": "is not right here"}[language]
    expect(page.locator("#passkey-trouble")).to_contain_text(gone)
    stage.shot(page, f"passkey-refused-{language}")
    assert problems == []


def sign_in_again(stage: Stage, owner: Phone, language: str) -> None:
    page = owner.page
    page.context.clear_cookies()
    page.goto("/sign-in?next=/account")
    owner.verifies(yes=False)  # somebody else holds the phone
    page.click("#passkey-go")
    expect(page.locator("#passkey-trouble")).to_be_visible(timeout=130_000)
    owner.verifies(yes=True)
    page.click("#passkey-go")
    expect(page.locator("#passkeys article")).to_be_visible()
    assert page.url.endswith("/account")
    used = {"zh": "最近使用", "en": "Last used on"}[language]
    expect(page.locator("#passkeys article")).to_contain_text(used)
    stage.shot(page, f"passkey-used-{language}")


def test_without_passkeys_in_the_browser_nothing_is_shown(stage: Stage) -> None:
    owner = phone(stage.browser, stage.site, "en")
    owner.page.add_init_script(
        "Object.defineProperty(window, 'PublicKeyCredential', { value: undefined })"
    )
    owner.page.goto("/sign-in")
    expect(owner.page.locator("#passkey-sign-in")).to_be_hidden()


def test_at_an_address_nothing_is_said(stage: Stage, tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        page = stage.browser.new_page(base_url=site.settings.base_url)
        page.goto("/sign-in")
        expect(page.locator("#login")).to_be_visible()
        assert page.locator("#passkey-sign-in").count() == 0
