"""Letters that are on their way: a table, one process that sends, and no letter that keeps another.

With a real SMTP server, on both databases.
"""

from __future__ import annotations

import mailbox
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from audit.database import SYSTEM, Database
from tests.web.mail_server import Post, mail_server
from tests.web.site import Site
from web.identity.keys import Keys
from web.identity.models import OutgoingMail
from web.identity.roles import Role
from web.jobs import leases
from web.mail import bounces, outgoing
from web.mail.mailer import Smtp, Unreachable, compose
from web.mail.outgoing import Mailer, queue
from web.settings import Settings

SECRET = "a-secret-that-is-nowhere-else"
Write = Callable[..., None]


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Post, int]]:
    with mail_server() as (post, port):
        yield post, port


@pytest.fixture
def post(server: tuple[Post, int]) -> Post:
    server[0].answers.clear()
    server[0].letters.clear()
    return server[0]


@pytest.fixture
def settings(server: tuple[Post, int], tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path,
        mail="smtp",
        smtp_host="127.0.0.1",
        smtp_port=server[1],
        smtp_security="none",
        mail_bounces="bounces@vote.example",
    )


@pytest.fixture
def keys() -> Keys:
    return Keys(b"k" * 32)


@pytest.fixture
def write(database: Database, keys: Keys, settings: Settings) -> Write:
    def write(*to: str, kind: str = outgoing.NOTICE) -> None:
        with database.transaction(SYSTEM) as uow:
            for address in to:
                queue(uow, keys, compose(settings, address, "标题", f"信 {SECRET}\n"), kind)

    return write


@pytest.fixture
def mailer(database: Database, keys: Keys, settings: Settings) -> Mailer:
    return Mailer(database, keys, settings, Smtp(settings))


def states(database: Database) -> list[str]:
    with database.read() as uow:
        return sorted(uow.session.scalars(select(OutgoingMail.state)))


def test_one_refused_address_keeps_no_other(
    database: Database, write: Write, mailer: Mailer, post: Post
) -> None:
    write("a@x.org", "b@x.org", "c@x.org", "用户@例子.测试")
    post.answers["b@x.org"] = ["550 5.1.1 unknown"]
    done = mailer.drain()
    assert (done.sent, done.refused, done.later) == (3, 1, 0)
    assert sorted(post.to) == ["a@x.org", "c@x.org", "用户@xn--fsqu00a.xn--0zwm56d"]
    assert states(database) == ["refused", "sent", "sent", "sent"]
    with database.read() as uow:
        (refused,) = outgoing.listed(uow)
        assert refused.problem == "550 5.1.1 unknown"


def test_what_was_sent_is_erased_and_what_waits_is_sealed(
    database: Database, write: Write, mailer: Mailer, post: Post
) -> None:
    def stored() -> str:
        with database.read() as uow:
            return str(uow.session.execute(text("SELECT * FROM outgoing_mail")).all())

    write("a@x.org", "b@x.org")
    assert SECRET not in stored()
    assert "a@x.org" not in stored()
    mailer.drain()
    assert all(SECRET in str(letter.get_content()) for _from, _to, letter in post.letters)
    with database.read() as uow:
        assert set(uow.session.scalars(select(OutgoingMail.sealed))) == {""}


def test_of_what_people_ask_for_nothing_stays(
    database: Database, write: Write, mailer: Mailer, post: Post
) -> None:
    write("a@x.org", kind=outgoing.PASSWORD)
    mailer.drain()
    assert post.to == ["a@x.org"]
    assert states(database) == []


def test_a_temporary_error_waits_and_is_tried_again(
    database: Database, write: Write, mailer: Mailer, post: Post
) -> None:
    now = database.clock()
    database.clock = lambda: now
    write("a@x.org", "b@x.org")
    post.answers["a@x.org"] = ["451 4.7.1 later", "421 4.3.2 later", "250 OK"]
    assert mailer.drain().later == 1
    assert post.to == ["b@x.org"]
    for minutes, tried in ((0.9, 0), (1.1, 1), (6, 0), (6.2, 1)):
        database.clock = lambda minutes=minutes: now + timedelta(minutes=minutes)  # type: ignore[misc]
        done = mailer.drain()
        assert done.sent + done.later == tried, minutes
    assert post.to == ["b@x.org", "a@x.org"]


def test_after_three_days_a_letter_is_given_up(
    database: Database, write: Write, mailer: Mailer, post: Post
) -> None:
    now = database.clock()
    database.clock = lambda: now
    write("a@x.org")
    post.answers["a@x.org"] = ["451 4.7.1 later"]
    for hours in (0, 24, 48, 71):
        database.clock = lambda hours=hours: now + timedelta(hours=hours)  # type: ignore[misc]
        assert mailer.drain().later == 1
    database.clock = lambda: now + timedelta(hours=73)
    assert mailer.drain().later == 0
    assert states(database) == ["given_up"]


def test_without_a_mail_server_nothing_is_lost_and_nobody_hammers(
    database: Database, keys: Keys, write: Write, settings: Settings, post: Post
) -> None:
    now = database.clock()
    database.clock = lambda: now
    tried = []

    class Down(Smtp):
        def send(self, message: object, sender: str = "") -> None:
            tried.append(sender)
            raise Unreachable("nobody there")

    write("a@x.org", "b@x.org", "c@x.org")
    away = Mailer(database, keys, settings, Down(settings))
    away.drain()
    Mailer(database, keys, settings, Down(settings)).drain()
    assert len(tried) == 1  # one letter of one process, then everybody rests
    database.clock = lambda: now + timedelta(minutes=2)
    assert Mailer(database, keys, settings, Smtp(settings)).drain().sent == 3
    assert sorted(post.to) == ["a@x.org", "b@x.org", "c@x.org"]


def test_two_processes_send_each_letter_once(
    database: Database, keys: Keys, write: Write, settings: Settings, post: Post
) -> None:
    write(*(f"a{n}@x.org" for n in range(12)))
    several = [Mailer(database, keys, settings, Smtp(settings)) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda mailer: mailer.drain(), several))
    several[0].drain()
    assert sorted(post.to) == sorted(f"a{n}@x.org" for n in range(12))


def test_a_process_that_dies_leaves_its_letter_to_the_next(
    database: Database, keys: Keys, write: Write, settings: Settings, post: Post
) -> None:
    write("a@x.org")
    leases.take(database, outgoing.JOB, "dead", outgoing.LEASE)
    assert outgoing._claim(database, keys) is not None
    other = Mailer(database, keys, settings, Smtp(settings))
    assert other.drain().sent == 0
    now = database.clock()
    database.clock = lambda: now + timedelta(seconds=outgoing.LEASE - 1)
    assert other.drain().sent == 0
    database.clock = lambda: now + timedelta(seconds=outgoing.LEASE + 1)
    assert other.drain().sent == 1
    assert post.to == ["a@x.org"]


def test_what_is_undone_is_not_sent(
    database: Database, keys: Keys, settings: Settings, mailer: Mailer, post: Post
) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction(SYSTEM) as uow:
        queue(uow, keys, compose(settings, "a@x.org", "s", "t"))
        raise ZeroDivisionError
    mailer.drain()
    assert post.to == []


def test_a_letter_that_comes_back_is_known_by_its_sender(
    database: Database, write: Write, mailer: Mailer, post: Post, tmp_path: Path
) -> None:
    write("a@x.org", "b@x.org", "c@x.org")
    mailer.drain()
    senders = {to: sender for sender, to, _letter in post.letters}
    assert len(set(senders.values())) == 3
    box = mailbox.Maildir(tmp_path / "back", create=True)
    box.add(returned(senders["a@x.org"], "failed"))
    box.add(returned(senders["b@x.org"], "delayed"))
    box.add(f"From: c@x.org\nTo: {senders['c@x.org']}\nSubject: on holiday\n\nfailed? No.\n")
    box.add("From: z@x.org\nTo: bounces+" + "0" * 32 + "@vote.example\n\n")
    box.add(b"\xff\xfe not mail at all \x00")
    assert bounces.read(database, tmp_path / "back") == 1
    assert states(database) == ["bounced", "sent", "sent"]
    with database.read() as uow:
        assert outgoing.listed(uow)[0].problem == "smtp; 550 5.1.1 unknown"
    assert len(box) == 0
    assert bounces.read(database, tmp_path / "nowhere") == 0


def returned(to: str, action: str) -> str:
    """As RFC 3464 has it."""
    return (
        f"From: MAILER-DAEMON@x.org\nTo: {to}\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nsorry\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x.org\n\n"
        f"Final-Recipient: rfc822; a@x.org\nAction: {action}\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 unknown\n\n--b--\n"
    )


def test_the_registrar_sees_what_did_not_arrive_and_sends_it_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from web.mail.mailer import Outbox, Refused

    person = site.make_person(name="王芳", email="wang@example.org")
    with site.database.transaction(SYSTEM) as uow:
        letter = compose(site.settings, "wang@example.org", "s", SECRET)
        queue(uow, site.app.state.keys, letter, outgoing.ENROLMENT, person_id=person)

    def refuse(self: object, message: object, sender: str = "") -> None:
        raise Refused("550 <script>alert(1)</script>")

    with monkeypatch.context() as patch:
        patch.setattr(Outbox, "send", refuse)
        site.app.state.mailer.drain()
    registrar = site.sign_in(Role.REGISTRAR)
    page = registrar.get("/registrar/letters").text
    assert "王芳" in page
    assert "550 &lt;script&gt;" in page
    assert SECRET not in page
    with site.database.read() as uow:
        letter_id = uow.session.scalars(select(OutgoingMail.id)).one()
    done = registrar.submit(f"/registrar/letters/{letter_id}/again")
    assert done.status_code == 303
    site.app.state.mailer.drain()
    assert len(list(site.settings.outbox_dir.glob("*.eml"))) == 1
    twice = registrar.submit(f"/registrar/letters/{letter_id}/again")
    assert twice.status_code == 422
    assert site.sign_in(Role.CLERK).get("/registrar/letters").status_code == 403
