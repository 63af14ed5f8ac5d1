"""Mail goes out after the commit, from one thread of its own: no answer waits for it, so none
tells by its time whether there was somebody to write to."""

from __future__ import annotations

import queue
import smtplib
import ssl
import threading
import time
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid
from pathlib import Path
from typing import Protocol

import structlog
from fastapi import Request

from audit.database import new_id
from web.settings import Settings

log = structlog.get_logger("web.mail.mailer")

RETRIES = (1.0, 10.0, 60.0)  # seconds before the second, third and fourth try

Job = Callable[[], EmailMessage | None]


class Transport(Protocol):
    def send(self, message: EmailMessage) -> None:
        """Raises OSError or smtplib.SMTPException when it did not go out."""


class Outbox:
    """A folder of .eml files: for the demo, for tests, and for a site that prints its letters."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: EmailMessage) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.folder / f"{time.time_ns():020d}-{new_id()[:8]}.eml"
        partial = path.with_suffix(".part")
        partial.write_bytes(message.as_bytes(policy=SMTP))
        partial.rename(path)


class Smtp:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def send(self, message: EmailMessage) -> None:
        s = self.settings
        context = ssl.create_default_context()
        if s.smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                s.smtp_host, s.smtp_port, timeout=30, context=context
            )
        else:
            server = smtplib.SMTP(s.smtp_host, s.smtp_port, timeout=30)
        with server:
            if s.smtp_security == "starttls":
                server.starttls(context=context)
            if s.smtp_user:
                server.login(s.smtp_user, s.smtp_password.get_secret_value())
            server.send_message(message)


def make_transport(settings: Settings) -> Transport:
    return Smtp(settings) if settings.mail == "smtp" else Outbox(settings.outbox_dir)


def compose(settings: Settings, to: str, subject: str, text: str) -> EmailMessage:
    """EmailMessage refuses line breaks in headers, so an address cannot add one."""
    message = EmailMessage()
    message["From"] = settings.mail_from
    message["To"] = to
    message["Subject"] = subject
    message["Message-ID"] = make_msgid(domain="mandate.invalid")
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies, please
    message.set_content(text)
    return message


def send_after_commit(request: Request, message: EmailMessage) -> None:
    """For routes with `Uow`: nothing is sent of a transaction that failed."""
    request.state.outgoing.append(message)


class Mailer:
    def __init__(
        self, transport: Transport, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.transport = transport
        self._sleep = sleep
        self._queue: queue.Queue[Job | None] = queue.Queue()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="mail", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Sends what is queued, then ends."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(timeout=30)
            self._thread = None

    def post(self, message: EmailMessage) -> None:
        self._queue.put(lambda: message)

    def later(self, job: Job) -> None:
        """Finds out in the mail thread whether there is anything to send."""
        self._queue.put(job)

    def drain(self) -> None:
        """Wait until all that was posted has been tried; for tests and commands."""
        self._queue.join()

    def _run(self) -> None:
        while True:
            job = self._queue.get()
            try:
                if job is None:
                    return
                message = job()
                if message is not None:
                    self._deliver(message)
            except Exception:
                log.exception("mail_job_failed")  # the next letter must still go out
            finally:
                self._queue.task_done()

    def _deliver(self, message: EmailMessage) -> None:
        for pause in (*RETRIES, None):
            try:
                self.transport.send(message)
                return
            except (OSError, smtplib.SMTPException) as error:
                log.warning("mail_not_sent", error=type(error).__name__, final=pause is None)
                if pause is not None:
                    self._sleep(pause)
