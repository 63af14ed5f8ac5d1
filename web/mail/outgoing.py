"""The table of letters that are on their way.

A letter is written in the transaction that causes it, sealed with the key of the site, and erased
when the mail server has taken it. One process at a time sends; a letter that was being sent when
its process died is sent again. One that cannot be sent never keeps the others.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8

import structlog
from fastapi import Request
from sqlalchemy import ColumnElement, delete, or_, select, update

from audit.database import SYSTEM, Database, UnitOfWork, new_id
from audit.errors import Conflict
from web.identity import accounts, links, throttle
from web.identity.keys import Keys
from web.identity.models import ACTIVE, RESET, OutgoingMail
from web.identity.throttle import MAIL, Limit, TooMany
from web.jobs import leases
from web.mail import letters
from web.mail.mailer import Later, Refused, Transport, Unreachable, envelope_sender, policy_of
from web.settings import Settings
from web.texts.i18n import N_

log = structlog.get_logger("web.mail")

WAITING, SENDING, SENT = "waiting", "sending", "sent"
REFUSED, BOUNCED, GIVEN_UP = "refused", "bounced", "given_up"
TROUBLE = (REFUSED, BOUNCED, GIVEN_UP)

ENROLMENT, PASSWORD, NEWS, CONTACT, NOTICE = "enrolment", "password", "news", "contact", "notice"
ASKED = "asked"  # somebody has asked for a new password; whose, is found out when it is sent
# no row of these stays once they are sent: it would tell who used the service on which day
UNKEPT = (PASSWORD, ASKED)

PAUSES = (60, 300, 1800, 2 * 3600, 6 * 3600)  # seconds before the next try; then the last again
TRY_FOR = timedelta(days=3)
KEEP_FOR = timedelta(days=14)  # what became of a letter, and the text of one that did not go out
LEASE = 300  # seconds for one letter; a connection gives up after less
REST = 30  # seconds for which nobody tries while there is no mail server

JOB = "mail"
PURPOSE = "mail"


def queue(
    uow: UnitOfWork,
    keys: Keys,
    message: EmailMessage,
    kind: str = NOTICE,
    *,
    account_id: str | None = None,
    person_id: str | None = None,
    until: datetime | None = None,
) -> None:
    """`until`: from when on the letter is of no use, as one with a link that has ended."""
    text = message.as_bytes(policy=policy_of(message)).decode("utf-8", "surrogateescape")
    _add(uow, keys, text, kind, account_id, person_id, until)


def send(
    request: Request,
    uow: UnitOfWork,
    message: EmailMessage,
    kind: str,
    *,
    account_id: str | None = None,
    person_id: str | None = None,
    until: datetime | None = None,
) -> None:
    """From a route: `queue` with the keys of the site."""
    keys = request.app.state.keys
    queue(uow, keys, message, kind, account_id=account_id, person_id=person_id, until=until)


def ask_for_password(uow: UnitOfWork, keys: Keys, login: str) -> None:
    until = uow.now + timedelta(hours=links.RESET_HOURS)
    _add(uow, keys, json.dumps(login), ASKED, None, None, until)


def _add(
    uow: UnitOfWork,
    keys: Keys,
    text: str,
    kind: str,
    account_id: str | None,
    person_id: str | None,
    until: datetime | None,
) -> None:
    letter_id = new_id()
    uow.session.add(
        OutgoingMail(
            id=letter_id,
            kind=kind,
            account_id=account_id,
            person_id=person_id,
            sealed=keys.encrypt(PURPOSE, json.dumps(text), letter_id),
            due_at=uow.now,
            give_up_at=min(uow.now + TRY_FOR, until or uow.now + TRY_FOR),
            changed_on=uow.today,
        )
    )
    uow.session.flush()


@dataclass(frozen=True)
class Claimed:
    id: str
    kind: str
    tries: int
    text: str


@dataclass
class Done:
    sent: int = 0
    refused: int = 0
    later: int = 0


class Mailer:
    """Sends what is due, in a thread of its own and when it is woken."""

    def __init__(
        self, database: Database, keys: Keys, settings: Settings, transport: Transport
    ) -> None:
        self.database = database
        self.keys = keys
        self.settings = settings
        self.transport = transport
        self.holder = new_id()
        self._one = threading.Lock()  # of this process; the lease is between processes
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, name="mail", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends after the letter that is being sent; the others stay in the table."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=60)
            self._thread = None

    def wake(self) -> None:
        self._wake.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(self.settings.tick_seconds)
            self._wake.clear()
            try:
                self.drain()
            except Exception:
                log.exception("mail_job_failed")

    def drain(self) -> Done:
        """Try each letter that is due once, unless another process is at it."""
        done = Done()
        with self._one:
            if not self._anything_due() or not leases.take(self.database, JOB, self.holder, LEASE):
                return done
            rest = False
            try:
                rest = self._send_due(done)
            finally:
                self.transport.close()
                if rest:
                    leases.take(self.database, JOB, self.holder, REST)
                else:
                    leases.free(self.database, JOB, self.holder)
        return done

    def _anything_due(self) -> bool:
        """Asked first, because it costs SQLite no write."""
        with self.database.read() as uow:
            return uow.session.scalar(select(OutgoingMail.id).where(_due(uow)).limit(1)) is not None

    def _send_due(self, done: Done) -> bool:
        """-> whether to leave the mail server alone for a while"""
        while not self._stop.is_set() or self._thread is None:
            letter = _claim(self.database, self.keys)
            if letter is None:
                return False
            leases.take(self.database, JOB, self.holder, LEASE)
            try:
                self._send(letter)
                done.sent += 1
            except Refused as error:
                done.refused += 1
                _settle(self.database, letter, REFUSED, str(error))
            except Unreachable as error:
                done.later += 1
                _later(self.database, letter, str(error))
                return True
            except Later as error:
                done.later += 1
                _later(self.database, letter, str(error))
            except Exception as error:
                log.exception("letter_failed", kind=letter.kind)
                done.later += 1
                _later(self.database, letter, type(error).__name__)
        return False

    def _send(self, letter: Claimed) -> None:
        if letter.kind == ASKED:
            with self.database.transaction(SYSTEM) as uow:
                _answer(uow, self.keys, self.settings, letter)
            return
        raw = letter.text.encode("utf-8", "surrogateescape")
        message = message_from_bytes(raw, policy=SMTPUTF8)
        self.transport.send(message, envelope_sender(self.settings, letter.id))
        _settle(self.database, letter, SENT)


def _due(uow: UnitOfWork) -> ColumnElement[bool]:
    return or_(
        (OutgoingMail.state == WAITING) & (OutgoingMail.due_at <= uow.now),
        (OutgoingMail.state == SENDING) & (OutgoingMail.leased_until <= uow.now),
    )


def _claim(database: Database, keys: Keys) -> Claimed | None:
    """The letter that has waited longest. One that was being sent when its process died counts as
    waiting again; the condition stands in the update too, so of two one gets it."""
    with database.transaction(SYSTEM) as uow:
        _give_up(uow)
        due = _due(uow)
        first = select(OutgoingMail.id).where(due).order_by(OutgoingMail.due_at).limit(1)
        row = uow.session.execute(
            update(OutgoingMail)
            .where(OutgoingMail.id == first.scalar_subquery(), due)
            .values(
                state=SENDING,
                tries=OutgoingMail.tries + 1,
                leased_until=uow.now + timedelta(seconds=LEASE),
            )
            .returning(OutgoingMail.id, OutgoingMail.kind, OutgoingMail.tries, OutgoingMail.sealed),
            execution_options={"synchronize_session": False},
        ).one_or_none()
        if row is None:
            return None
        text: str = json.loads(keys.decrypt(PURPOSE, row.sealed, row.id))
        return Claimed(row.id, row.kind, row.tries, text)


def _give_up(uow: UnitOfWork) -> None:
    uow.session.execute(
        update(OutgoingMail)
        .where(OutgoingMail.state == WAITING, OutgoingMail.give_up_at <= uow.now)
        .values(state=GIVEN_UP, changed_on=uow.today),
        execution_options={"synchronize_session": False},
    )


def _settle(database: Database, letter: Claimed, state: str, problem: str = "") -> None:
    """What is in a letter is erased as soon as the server has taken it."""
    with database.transaction(SYSTEM) as uow:
        if state == SENT and letter.kind in UNKEPT:
            uow.session.execute(delete(OutgoingMail).where(OutgoingMail.id == letter.id))
            return
        values = {"state": state, "problem": problem, "changed_on": uow.today}
        if state == SENT:
            values["sealed"] = ""
        uow.session.execute(
            update(OutgoingMail).where(OutgoingMail.id == letter.id).values(**values)
        )


def _later(database: Database, letter: Claimed, problem: str) -> None:
    pause = PAUSES[min(letter.tries, len(PAUSES)) - 1]
    log.warning("mail_waits", kind=letter.kind, tries=letter.tries)
    with database.transaction(SYSTEM) as uow:
        uow.session.execute(
            update(OutgoingMail)
            .where(OutgoingMail.id == letter.id, OutgoingMail.state == SENDING)
            .values(state=WAITING, problem=problem, due_at=uow.now + timedelta(seconds=pause))
        )


def _answer(uow: UnitOfWork, keys: Keys, settings: Settings, letter: Claimed) -> None:
    """A new password was asked for: here is found out by whom, if by anybody."""
    uow.session.execute(delete(OutgoingMail).where(OutgoingMail.id == letter.id))
    account = accounts.find_by_login(uow, json.loads(letter.text))
    if account is None or account.state != ACTIVE:
        return
    try:
        with uow.session.begin_nested():
            throttle.take(uow, keys, [Limit(MAIL, account.id)])
    except TooMany:
        return
    token = links.make(uow, account, RESET, links.RESET_HOURS)
    made = letters.new_password(uow, settings, account, token, links.RESET_HOURS)
    if made is not None:
        until = uow.now + timedelta(hours=links.RESET_HOURS)
        queue(uow, keys, made, PASSWORD, account_id=account.id, until=until)


def listed(uow: UnitOfWork, *states: str) -> Sequence[OutgoingMail]:
    """For the registrar: what became of letters. Of those that people ask for themselves nothing
    is told, unless they do not arrive."""
    query = select(OutgoingMail).where(OutgoingMail.state.in_(states or TROUBLE))
    query = query.where(OutgoingMail.kind != ASKED)
    return uow.session.scalars(
        query.order_by(OutgoingMail.changed_on.desc(), OutgoingMail.id).limit(500)
    ).all()


def resend(uow: UnitOfWork, letter_id: str) -> None:
    """Try the same letter once more; one that came back has been erased and is written anew."""
    changed = uow.session.execute(
        update(OutgoingMail)
        .where(
            OutgoingMail.id == letter_id,
            OutgoingMail.state.in_(TROUBLE),
            OutgoingMail.sealed != "",
        )
        .values(state=WAITING, due_at=uow.now, give_up_at=uow.now + TRY_FOR, tries=0, problem="")
        .returning(OutgoingMail.id)
    ).all()
    if not changed:
        raise Conflict(N_("This letter is not there to be sent again. Make a new one."))


def bounced(uow: UnitOfWork, letter_id: str, problem: str) -> bool:
    """A letter came back. -> whether it was one of ours"""
    changed = uow.session.execute(
        update(OutgoingMail)
        .where(OutgoingMail.id == letter_id, OutgoingMail.state == SENT)
        .values(state=BOUNCED, problem=problem[:300], changed_on=uow.today)
        .returning(OutgoingMail.id)
    ).all()
    return bool(changed)


def purge(uow: UnitOfWork) -> None:
    last = uow.today - KEEP_FOR
    uow.session.execute(
        delete(OutgoingMail).where(
            OutgoingMail.state.in_((SENT, *TROUBLE)), OutgoingMail.changed_on < last
        )
    )
