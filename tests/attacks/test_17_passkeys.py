"""ATTACKS 17 with passkeys: replayed, borrowed, bent and copied answers, through HTTP.

All that is wrong has one status and the same words, so that nobody learns which passkeys exist.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from audit.entries import SECURITY, decode
from audit.models import LogEntry
from tests.web.authenticator import PRESENT, Device, b64url, unb64url
from tests.web.enrolment import PASSWORD
from tests.web.passkeys import NamedSite, Owner, ask, enter, show
from web.identity.cookies import session_cookie
from web.identity.models import Passkey, UsedCode, WebSession
from web.identity.throttle import NETWORK, PROOF

WRONG = "This passkey is not right here. Sign in with your password."


def refused(answer: Any) -> None:
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"] == WRONG
    assert session_cookie(https=False) not in answer.headers.get("set-cookie", "")


@pytest.fixture
def owner(named_site: NamedSite) -> Owner:
    return Owner(named_site)


@pytest.fixture
def device(owner: Owner) -> Device:
    return owner.add()


def test_an_answer_works_once(owner: Owner, device: Device) -> None:
    """Neither in the browser that gave it, nor in another one, nor with the session it made."""
    browser = owner.site.browser()
    answer = device.sign(ask(browser))
    other = owner.site.browser()
    other.cookies.update(browser.cookies)
    assert show(browser, answer).status_code == 200
    for again in (browser, other, owner.site.browser()):
        refused(show(again, answer))


def test_a_challenge_works_once_even_for_a_new_answer(owner: Owner, device: Device) -> None:
    browser, thief = owner.site.browser(), owner.site.browser()
    options = ask(browser)
    thief.cookies.update(browser.cookies)
    assert show(browser, device.sign(options)).status_code == 200
    refused(show(thief, device.sign(options)))


def test_a_refused_answer_uses_its_challenge_up(owner: Owner, device: Device) -> None:
    browser = owner.site.browser()
    options = ask(browser)
    device.origin = "https://elsewhere.example"
    refused(show(browser, device.sign(options)))
    device.origin = Device().origin
    refused(show(browser, device.sign(options)))
    assert show(browser, device.sign(ask(browser))).status_code == 200


def test_ten_answers_to_one_challenge_at_once(owner: Owner, device: Device) -> None:
    browser = owner.site.browser()
    options = ask(browser)
    browsers = [owner.site.browser() for _ in range(10)]
    for one in browsers:
        one.cookies.update(browser.cookies)
    token = browser.token("/sign-in")
    answers = [device.sign(options) for _ in browsers]

    def post(index: int) -> int:
        body, headers = {"credential": answers[index]}, {"x-csrf-token": token}
        path = "/api/v1/passkeys/sign-in"
        return browsers[index].post(path, json=body, headers=headers).status_code

    with ThreadPoolExecutor(10) as pool:
        found = list(pool.map(post, range(10)))
    assert found.count(200) == 1


def test_a_challenge_of_another_browser(owner: Owner, device: Device) -> None:
    """An attacker's page asks for a challenge here and has the victim's device sign it there."""
    refused(show(owner.site.browser(), device.sign(ask(owner.site.browser()))))


def test_a_challenge_that_is_old(owner: Owner, device: Device) -> None:
    browser = owner.site.browser()
    answer = device.sign(ask(browser))
    clock = owner.site.database.clock
    owner.site.database.clock = lambda: clock() + timedelta(minutes=6)
    refused(show(browser, answer))


def test_a_challenge_for_adding_signs_nobody_in(owner: Owner, device: Device) -> None:
    refused(show(owner.browser, device.sign(owner.begin().json())))


def bent(device: Device, **change: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def answer(options: dict[str, Any]) -> dict[str, Any]:
        for name, value in change.items():
            setattr(device, name, value)
        return device.sign(options)

    return answer


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "https://elsewhere.example"},
        {"origin": "http://localhost:8001"},
        {"origin": "http://localhost:8000.elsewhere.example"},
        {"origin": "https://localhost:8000"},
        {"host": "elsewhere.example"},
        {"flags": PRESENT},  # the device has not verified the person: one factor only
        {"flags": 0},
        {"user": b""},
        {"user": b"another account"},
        {"key": Device().key},
        {"id": b"no such passkey"},
    ],
    ids=lambda change: "-".join(f"{name}" for name in change),
)
def test_bent_answers(owner: Owner, device: Device, change: dict[str, Any]) -> None:
    browser = owner.site.browser()
    refused(show(browser, bent(device, **change)(ask(browser))))


def test_the_passkey_of_another_account(owner: Owner, device: Device) -> None:
    """Mallory signs with a passkey of hers and says that it is Wang's: by id, by user, by both."""
    mallory = Owner(owner.site, "mallory").add()
    for change in (
        {"id": device.id},
        {"user": device.user},
        {"id": device.id, "user": device.user},
    ):
        thief = Device(id=mallory.id, key=mallory.key, user=mallory.user)
        browser = owner.site.browser()
        refused(show(browser, bent(thief, **change)(ask(browser))))
    (kept,) = (row for row in passkeys(owner) if row.credential == b64url(device.id))
    assert kept.sign_count == 1 and kept.last_used is None


def passkeys(owner: Owner) -> list[Passkey]:
    with owner.site.database.read() as uow:
        return list(uow.session.scalars(select(Passkey)))


def test_a_removed_passkey(owner: Owner, device: Device) -> None:
    browser = owner.site.browser()
    answer = device.sign(ask(browser))
    (row,) = passkeys(owner)
    owner.browser.submit(f"/account/passkeys/{row.id}/remove")
    refused(show(browser, answer))


@pytest.mark.parametrize("back", [0, 1, 3])
def test_a_counter_that_does_not_go_up(owner: Owner, device: Device, back: int) -> None:
    """Two devices with one key: the copy is refused, and the security log is told, by no name."""
    for _ in range(4):
        assert enter(owner.site, device).status_code == 200
    device.count -= back + 1  # `sign` adds one
    refused(enter(owner.site, device))
    with owner.site.database.read() as uow:
        raw = uow.session.scalars(select(LogEntry.entry).where(LogEntry.log == SECURITY)).all()
    told = [entry for entry in map(decode, raw) if entry["type"] == "account.passkey"]
    assert {entry["data"]["what"] for entry in told} == {"added", "counter went back"}
    assert all(entry["subject"].startswith("voter/") for entry in told)


def test_a_forged_counter_is_not_told(owner: Owner, device: Device) -> None:
    """Who only knows the id of a passkey cannot make the log cry wolf."""
    for _ in range(3):
        enter(owner.site, device)
    refused(enter(owner.site, Device(id=device.id, user=device.user, count=0)))
    with owner.site.database.read() as uow:
        raw = uow.session.scalars(select(LogEntry.entry).where(LogEntry.log == SECURITY)).all()
    assert not any("counter" in str(entry) for entry in map(decode, raw))


def test_a_device_that_does_not_count(owner: Owner) -> None:
    """Synchronised passkeys answer with 0 always (WebAuthn, 6.1.1)."""
    device = owner.add(Device(count=0))
    for _ in range(2):
        device.count = -1
        assert enter(owner.site, device).status_code == 200


HOSTILE: list[Any] = [
    {},
    {"id": 7},
    {"id": "é"},
    {"id": "A" * 5000},
    {"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": None},
    {"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {"clientDataJSON": "%%%"}},
    {"response": {"clientDataJSON": b64url(b"null")}},
    {"response": {"clientDataJSON": b64url(b'{"type":1,"challenge":2,"origin":3}')}},
    {"response": {"clientDataJSON": b64url(b"[" * 100_000)}},
    {"response": {"clientDataJSON": b64url(b"\xff\xfe")}},
]


@pytest.mark.parametrize("credential", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_answers_are_wrong_and_nothing_else(owner: Owner, credential: Any) -> None:
    refused(show(owner.site.browser(), credential))


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature", "userHandle"])
def test_every_part_of_an_answer_counts(owner: Owner, device: Device, part: str) -> None:
    length = len(unb64url(device.sign(ask(owner.site.browser()))["response"][part]))
    for place in (0, length // 2, length - 1):
        browser = owner.site.browser()
        answer = device.sign(ask(browser))
        raw = bytearray(unb64url(answer["response"][part]))
        raw[place % len(raw)] ^= 1
        answer["response"][part] = b64url(bytes(raw))
        refused(show(browser, answer))
    nothing: tuple[Any, ...] = ("", None, 7, {})
    for value in nothing:
        browser = owner.site.browser()
        answer = device.sign(ask(browser))
        answer["response"][part] = value
        refused(show(browser, answer))


def test_wrong_answers_never_make_the_passkey_wait(owner: Owner, device: Device) -> None:
    """Nobody guesses a signature: a flood of wrong ones is answered with 429, the right one not."""
    browser = owner.site.browser()
    wrong = [
        show(browser, {"id": "A" * 40, "response": {}}).status_code for _ in range(NETWORK.free + 3)
    ]
    assert wrong[: NETWORK.free + 1] == [422] * (NETWORK.free + 1)
    assert wrong[-1] == 429
    assert show(browser, device.sign(ask(browser))).status_code == 200


def test_asking_tells_nothing_and_keeps_nothing(owner: Owner, device: Device) -> None:
    options = ask(owner.site.browser())
    assert options["allowCredentials"] == [] and options["userVerification"] == "required"
    before = rows(owner)
    for _ in range(20):
        ask(owner.site.browser())
    assert rows(owner) == before


def rows(owner: Owner) -> int:
    with owner.site.database.read() as uow:
        return len(uow.session.scalars(select(UsedCode)).all())


def test_the_way_after_leads_nowhere_else(owner: Owner, device: Device) -> None:
    for next_ in ("https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere"):
        browser = owner.site.browser()
        assert show(browser, device.sign(ask(browser)), next_).json() == {"next": "/"}


def test_a_session_from_before_is_not_taken_over(owner: Owner, device: Device) -> None:
    """Fixation: what was planted in the browser is worth nothing after."""
    name = session_cookie(https=False)
    browser = owner.site.browser()
    browser.cookies.set(name, "planted-by-the-attacker")
    done = show(browser, device.sign(ask(browser)))
    assert done.status_code == 200
    given = re.search(rf"{name}=([^;]+);", done.headers["set-cookie"])
    assert given and given[1] != "planted-by-the-attacker"
    assert "httponly" in done.headers["set-cookie"].lower()


def test_without_the_token_of_a_page(owner: Owner, device: Device) -> None:
    browser = owner.site.browser()
    answer = device.sign(ask(browser))
    naked = browser.post("/api/v1/passkeys/sign-in", json={"credential": answer})
    assert naked.status_code == 403
    headers = {"x-csrf-token": browser.token("/sign-in"), "origin": "https://elsewhere.example"}
    foreign = browser.post("/api/v1/passkeys/sign-in", json={"credential": answer}, headers=headers)
    assert foreign.status_code == 403


# --- adding


def test_adding_needs_password_and_code_again(owner: Owner) -> None:
    code = owner.codes.pop()
    for password, typed in (("not it at all", code), (PASSWORD, "000000"), ("", "")):
        answer = owner.begin(password, typed or " ")
        assert answer.status_code == 422 and "challenge" not in answer.text
    nobody = owner.site.browser()
    body = {"password": PASSWORD, "code": code}
    assert nobody.send_json("/api/v1/passkeys/adding", body).status_code == 401


def test_guessing_the_code_while_adding_is_slowed_down(owner: Owner) -> None:
    answers = [owner.begin(PASSWORD, f"{n:06d}").status_code for n in range(PROOF.free + 3)]
    assert answers[: PROOF.free + 1] == [422] * (PROOF.free + 1) and 429 in answers


def test_nothing_is_added_without_that_challenge(owner: Owner) -> None:
    """Not with one for signing in, of another session, of another account, or used before."""
    device = Device()
    asked = ask(owner.browser)
    user = {"user": {"id": b64url(b"x")}}
    assert owner.keep(device.make(asked | user)).status_code == 422
    mallory = Owner(owner.site, "mallory")
    assert owner.keep(device.make(mallory.begin().json())).status_code == 422
    options = owner.begin().json()
    elsewhere = Owner.__new__(Owner)
    elsewhere.site, elsewhere.login, elsewhere.codes = owner.site, owner.login, owner.codes
    elsewhere.browser = owner.site.browser()
    fields = {"login": "wang", "password": PASSWORD, "code": owner.codes.pop()}
    assert elsewhere.browser.submit("/sign-in", fields, page="/sign-in").status_code == 303
    assert elsewhere.keep(device.make(options)).status_code == 422
    assert owner.keep(device.make(options)).status_code == 201
    assert owner.keep(Device().make(options)).status_code == 422
    assert len(passkeys(owner)) == 1


@pytest.mark.parametrize(
    "change",
    [{"origin": "https://elsewhere.example"}, {"host": "elsewhere.example"}, {"flags": PRESENT}],
    ids=["origin", "host", "unverified"],
)
def test_bent_passkeys_are_not_added(owner: Owner, change: dict[str, Any]) -> None:
    answer = owner.keep(Device(**change).make(owner.begin().json()))
    assert answer.status_code == 422 and passkeys(owner) == []


def test_a_passkey_of_another_account_is_not_added(owner: Owner, device: Device) -> None:
    """Else its answers would sign its owner in here. The words do not say that it is known."""
    mallory = Owner(owner.site, "mallory")
    known = mallory.keep(Device(id=device.id).make(mallory.begin().json()))
    broken = mallory.keep({})
    assert known.status_code == broken.status_code == 422 and known.json() == broken.json()
    assert enter(owner.site, device).status_code == 200


def test_another_member_neither_names_nor_removes_it(owner: Owner, device: Device) -> None:
    (row,) = passkeys(owner)
    mallory = Owner(owner.site, "mallory")
    for act in ("name", "remove"):
        answer = mallory.browser.submit(f"/account/passkeys/{row.id}/{act}", {"name": "x"})
        assert answer.status_code == 404
    assert enter(owner.site, device).status_code == 200


def test_a_stolen_database_signs_nobody_in(owner: Owner, device: Device) -> None:
    """There is the public key, the id and no user handle; and no time but a day."""
    enter(owner.site, device)
    (row,) = passkeys(owner)
    thief = Device(id=device.id, count=100, user=row.account_id.encode())
    refused(enter(owner.site, thief))
    names = {column.name for column in Passkey.__table__.columns}
    days = {"id", "account_id", "credential", "public_key", "sign_count", "name", "last_used"}
    assert names == days
    assert b64url(device.user) not in str(vars(row))
    with owner.site.database.read() as uow:
        assert len(uow.session.scalars(select(WebSession)).all()) == 2
