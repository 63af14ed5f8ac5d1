"""ATTACKS 26: throttles walked round, and throttles used as a weapon. On both databases.

The numbers are written here and not taken from the code: 5 free tries of one stranger, 20 of all
strangers at one account, 100 of one network.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, text

from audit.database import SYSTEM, Database, utc_now
from tests.web.enrolment import PASSWORD, enrol, next_code, sign_in
from tests.web.site import Browser, Site
from web.identity import accounts, throttle
from web.identity.entries import AccountsCreated
from web.identity.keys import Keys
from web.identity.models import (
    Account,
    OneTimeLink,
    RecoveryCode,
    ThrottleCount,
    UsedCode,
    WebSession,
)
from web.identity.throttle import ACCOUNT, NETWORK, PAIR, Limit, TooMany


@pytest.fixture(autouse=True)
def nobody_yet(request: pytest.FixtureRequest) -> None:
    """One site for the module: each test begins without accounts and counts."""
    if "either_site" in request.fixturenames:
        site: Site = request.getfixturevalue("either_site")
        site.database.clock = utc_now
        with site.database.transaction(SYSTEM) as uow:
            for table in (WebSession, OneTimeLink, RecoveryCode, UsedCode, ThrottleCount, Account):
                uow.session.execute(delete(table))
            uow.record(AccountsCreated(count=0))


def tries(browser: Browser, login: str, count: int) -> list[int]:
    token = browser.token("/sign-in")
    fields = {"login": login, "password": "wrong", "code": "123456", "csrf_token": token}
    return [browser.post("/sign-in", data=fields).status_code for _ in range(count)]


def test_a_stranger_has_six_tries(either_site: Site) -> None:
    enrol(either_site)
    stranger = either_site.browser(address="203.0.113.9")
    assert tries(stranger, "wang", 8) == [422] * 6 + [429] * 2


@pytest.mark.parametrize(
    "variant",
    [
        lambda n: "wang" + " " * (n + 1),
        lambda n: " " * 200 + "wang" + "\t" * n,
        lambda n: "WaNg" if n % 2 else "wANG",
        lambda n: "ｗａｎｇ" if n % 2 else "wang\u200b",
        lambda n: "wang\u00ad" * 1 + "\u2060" * n,
    ],
    ids=["padded", "padded long", "case", "full width", "invisible"],
)
def test_no_way_of_writing_a_name_is_a_new_name(either_site: Site, variant: object) -> None:
    enrol(either_site)
    stranger = either_site.browser(address="203.0.113.9")
    found = [tries(stranger, variant(n), 1)[0] for n in range(8)]  # type: ignore[operator]
    assert found == [422] * 6 + [429] * 2


def test_an_address_is_the_same_account_as_the_number(either_site: Site) -> None:
    """What is counted is the account that was found, by whatever it was found."""
    person = either_site.make_person(member_no="M1", email="wang@example.org")
    with either_site.database.transaction(SYSTEM) as uow:
        from voting.registry.models import Person

        accounts.create(uow, "wang", person=uow.session.get(Person, person))
    stranger = either_site.browser(address="203.0.113.9")
    names = ["wang", "M1", "m1", "Wang@Example.org", "wang@example.org ", "Ｍ１", "wang", "M1"]
    assert [tries(stranger, name, 1)[0] for name in names] == [422] * 6 + [429] * 2


def test_neighbours_in_a_network_are_one(either_site: Site) -> None:
    enrol(either_site)
    in_one = [f"2001:db8:1:2::{n:x}" for n in range(1, 7)]
    for address in in_one:
        assert tries(either_site.browser(address=address), "wang", 1) == [422]
    other = either_site.browser(address="2001:db8:1:2:ffff::1")
    assert tries(other, "wang", 1) == [429]
    assert tries(either_site.browser(address="2001:db8:1:3::1"), "wang", 1) == [422]
    for n in range(1, 7):
        assert tries(either_site.browser(address=f"203.0.113.{n}"), "wang", 1) == [422]
    assert tries(either_site.browser(address="::ffff:203.0.113.200"), "wang", 1) == [429]


def test_strangers_cannot_lock_out_a_known_device(either_site: Site) -> None:
    """400 wrong tries from 80 networks; the member's own device is asked for nothing more."""
    phone, recovery = enrol(either_site)
    own = either_site.browser(address="198.51.100.7")
    assert sign_in(own, "wang", PASSWORD, recovery[0]).status_code == 303
    own.submit("/sign-out")
    found = [
        code
        for n in range(12)
        for code in tries(either_site.browser(address=f"203.0.{n}.9"), "wang", 2)
    ]
    assert found == [422] * 21 + [429] * 3
    # somebody of the member's own network as well
    neighbour = either_site.browser(address="198.51.100.7")
    assert tries(neighbour, "wang", 1) == [429]
    assert sign_in(own, "wang", PASSWORD, next_code(phone, either_site)).status_code == 303


def test_a_known_device_guesses_no_more_than_a_stranger(either_site: Site) -> None:
    """The cookie is a way past the others' tries, not past the own."""
    _phone, recovery = enrol(either_site)
    own = either_site.browser()
    assert sign_in(own, "wang", PASSWORD, recovery[0]).status_code == 303
    own.submit("/sign-out")
    assert tries(own, "wang", 8) == [422] * 6 + [429] * 2


def test_the_cookie_of_one_account_is_none_for_another(either_site: Site) -> None:
    _phone, recovery = enrol(either_site)
    enrol(either_site, "zhao")
    own = either_site.browser()
    assert sign_in(own, "wang", PASSWORD, recovery[0]).status_code == 303
    own.submit("/sign-out")
    stranger = either_site.browser(address="203.0.113.9")
    tries(stranger, "zhao", 6)
    cookie = own.cookies["mandate-device"]
    for value in (
        cookie,
        cookie[:-1] + ("0" if cookie[-1] != "0" else "1"),
        "x.y",
        "~~~",
        "." * 99,
    ):
        thief = either_site.browser(address="203.0.113.9")
        thief.cookies.set("mandate-device", value)
        assert tries(thief, "zhao", 1) == [429]


def test_a_link_from_the_mailbox_is_a_way_in_during_an_attack(either_site: Site) -> None:
    from tests.attacks.test_17_signing_in import reset_link

    phone, _recovery = enrol(either_site)
    for n in range(11):
        tries(either_site.browser(address=f"203.0.{n}.9"), "wang", 2)
    own = either_site.browser(address="198.51.100.7")
    assert tries(own, "wang", 1) == [429]
    token = reset_link(either_site)
    fields = {"password": "a quite different one", "again": "a quite different one"}
    code = next_code(phone, either_site)
    assert own.submit(f"/reset/{token}", {**fields, "code": code}).status_code == 303
    # not 429: the device is known now
    assert tries(own, "wang", 1) == [422]


def test_of_fifty_at_once_six_are_looked_at(either_site: Site) -> None:
    """Counted before the password is looked at, in one statement: a burst gains nothing."""
    enrol(either_site)
    browser = either_site.browser(address="203.0.113.9")
    token = browser.token("/sign-in")
    seed = dict(browser.cookies)

    def once(_n: int) -> int:
        one = either_site.browser(address="203.0.113.9")
        one.cookies.update(seed)
        fields = {"login": "wang", "password": "wrong", "code": "123456", "csrf_token": token}
        return one.post("/sign-in", data=fields).status_code

    with ThreadPoolExecutor(12) as pool:
        found = sorted(pool.map(once, range(50)))
    assert found == [422] * 6 + [429] * 44


def test_what_is_counted_by_one_process_is_known_to_another(either_site: Site) -> None:
    from web.app import create_app

    enrol(either_site)
    other = Site(create_app(either_site.settings, either_site.database))
    assert tries(either_site.browser(address="203.0.113.9"), "wang", 3) == [422] * 3
    assert tries(other.browser(address="203.0.113.9"), "wang", 4) == [422] * 3 + [429]


def test_the_right_one_gives_its_own_try_back_and_no_other(either_site: Site) -> None:
    _phone, recovery = enrol(either_site)
    stranger = either_site.browser(address="203.0.113.9")
    assert tries(stranger, "wang", 5) == [422] * 5
    fresh = either_site.browser(address="203.0.113.9")
    assert sign_in(fresh, "wang", PASSWORD, recovery[0]).status_code == 303
    assert tries(stranger, "wang", 3) == [422, 429, 429]


# --- the table itself


@pytest.fixture
def keys() -> Keys:
    return Keys(b"k" * 32)


def taken(database: Database, keys: Keys, limit: Limit) -> int:
    """Seconds of the wait that begins; -1 when refused."""
    try:
        return throttle.count(database, keys, [limit]).seconds
    except TooMany:
        return -1


def test_limits_to_the_try_and_to_the_second(database: Database, keys: Keys) -> None:
    begun = database.clock()
    now = [begun]
    database.clock = lambda: now[0]
    for rule, free, first, longest, forget in (
        (PAIR, 5, 30, 3600, 21600),
        (ACCOUNT, 20, 15, 300, 3600),
        (NETWORK, 100, 10, 300, 3600),
    ):
        limit = Limit(rule, "wang")
        found = [taken(database, keys, limit) for _ in range(free + 2)]
        assert found == [0] * free + [first, -1]
        now[0] += timedelta(seconds=first - 1)
        assert taken(database, keys, limit) == -1
        now[0] += timedelta(seconds=1)
        assert taken(database, keys, limit) == 2 * first
        waits = []
        for _ in range(30):
            now[0] += timedelta(seconds=longest)
            waits.append(taken(database, keys, limit))
        assert waits[0] == 4 * first
        assert set(waits[-20:]) == {longest}
        now[0] += timedelta(seconds=forget - 1)
        assert taken(database, keys, limit) == longest
        now[0] += timedelta(seconds=forget)
        assert taken(database, keys, limit) == 0


def test_a_clock_set_back_locks_nobody_for_longer(database: Database, keys: Keys) -> None:
    begun = database.clock()
    database.clock = lambda: begun
    limit = Limit(PAIR, "wang")
    for _ in range(6):
        taken(database, keys, limit)
    assert taken(database, keys, limit) == -1
    database.clock = lambda: begun - timedelta(days=400)
    assert taken(database, keys, limit) > 0


def test_one_refused_counts_nothing_of_the_others(database: Database, keys: Keys) -> None:
    """A wait does not grow by asking, and a full network does not fill an account."""
    pair, account = Limit(PAIR, "x"), Limit(ACCOUNT, "wang")
    for _ in range(6):
        throttle.count(database, keys, [pair])
    for _ in range(30):
        with pytest.raises(TooMany):
            throttle.count(database, keys, [account, pair])
    assert taken(database, keys, account) == 0
    with database.read() as uow:
        key = throttle.key_of(keys, account)
        assert uow.session.get_one(ThrottleCount, key).failures == 1


def test_the_table_keeps_no_address_and_no_name_and_is_emptied(either_site: Site) -> None:
    enrol(either_site)
    tries(either_site.browser(address="203.0.113.9"), "wang", 3)
    with either_site.database.read() as uow:
        kept = str(uow.session.execute(text("SELECT * FROM throttle")).all())
        assert uow.session.scalars(select(ThrottleCount)).all()
    assert "wang" not in kept
    assert "203.0.113" not in kept
    now = either_site.database.clock()
    either_site.database.clock = lambda: now + timedelta(hours=7)
    either_site.app.state.ticker.tick(all_jobs=True)
    with either_site.database.transaction(SYSTEM) as uow:
        assert not uow.session.execute(delete(ThrottleCount).returning(ThrottleCount.key)).all()


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("::ffff:203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_networks(address: str, network: str) -> None:
    assert throttle.network(address) == network
