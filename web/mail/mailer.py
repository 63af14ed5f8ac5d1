"""Letters, and the ways on which they leave. What waits to leave is a table: see web.outgoing."""

from __future__ import annotations

import smtplib
import ssl
import time
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8, EmailPolicy
from email.utils import make_msgid
from pathlib import Path
from typing import Protocol

from audit.database import new_id
from web.settings import Settings

TIMEOUT = 30


class Refused(Exception):  # noqa: N818 - the class of the answer, not of a fault
    """The mail server will never take this letter: nothing is gained by trying again."""


class Later(Exception):  # noqa: N818 - the class of the answer, not of a fault
    """The mail server does not take this letter now."""


class Unreachable(Later):
    """There is no mail server, or it takes nothing from us: the other letters wait as well."""


class Transport(Protocol):
    def send(self, message: EmailMessage, sender: str = "") -> None:
        """`sender` is where bounces go. Raises Refused, Later, Unreachable."""

    def close(self) -> None: ...


def policy_of(message: EmailMessage) -> EmailPolicy[EmailMessage]:
    """Headers in UTF-8 only for addresses that cannot be written otherwise (RFC 6532)."""
    addresses = f"{message['From']}{message['To']}"
    return SMTP if addresses.isascii() else SMTPUTF8


class Outbox:
    """A folder of .eml files: for the demo, for tests, and for a site that prints its letters."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: EmailMessage, sender: str = "") -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.folder / f"{time.time_ns():020d}-{new_id()[:8]}.eml"
        partial = path.with_suffix(".part")
        try:
            partial.write_bytes(message.as_bytes(policy=policy_of(message)))
            partial.rename(path)
        except OSError as error:
            raise Unreachable(str(error)) from error

    def close(self) -> None:
        pass


class Smtp:
    """One connection for many letters; after any trouble the next letter gets a new one."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._server: smtplib.SMTP | None = None

    def send(self, message: EmailMessage, sender: str = "") -> None:
        server = self._connected()
        try:
            server.send_message(message, from_addr=sender or None)
        except smtplib.SMTPNotSupportedError:
            self.close()
            raise Refused("the mail server takes no addresses beyond ASCII (SMTPUTF8)") from None
        except smtplib.SMTPRecipientsRefused as error:
            self.close()
            code, text = next(iter(error.recipients.values()))
            raise _answered(code, text) from None
        except smtplib.SMTPSenderRefused as error:  # says nothing about the recipient
            self.close()
            raise Unreachable(_text(error.smtp_code, error.smtp_error)) from None
        except smtplib.SMTPResponseException as error:
            self.close()
            raise _answered(error.smtp_code, error.smtp_error) from None
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise Unreachable(type(error).__name__) from None

    def _connected(self) -> smtplib.SMTP:
        if self._server is None:
            try:
                self._server = self._connect()
            except (OSError, smtplib.SMTPException) as error:
                raise Unreachable(f"no connection to the mail server: {error}") from None
        return self._server

    def _connect(self) -> smtplib.SMTP:
        s = self.settings
        context = ssl.create_default_context()
        if s.smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                s.smtp_host, s.smtp_port, timeout=TIMEOUT, context=context
            )
        else:
            server = smtplib.SMTP(s.smtp_host, s.smtp_port, timeout=TIMEOUT)
        try:
            if s.smtp_security == "starttls":
                server.starttls(context=context)
            if s.smtp_user:
                server.login(s.smtp_user, s.smtp_password.get_secret_value())
        except (OSError, smtplib.SMTPException):
            server.close()
            raise
        return server

    def close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            try:
                server.quit()
            except (OSError, smtplib.SMTPException):
                server.close()


def _answered(code: int, text: bytes | str) -> Exception:
    """RFC 5321, 4.2.1: 5yz is final, 4yz is for now; after 421 the next letter connects anew."""
    said = _text(code, text)
    return Refused(said) if code >= 500 else Later(said)


def _text(code: int, text: bytes | str) -> str:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    plain = "".join(c if c.isprintable() else " " for c in said)
    return f"{code} {' '.join(plain.split())}"[:300]


def make_transport(settings: Settings) -> Transport:
    return Smtp(settings) if settings.mail == "smtp" else Outbox(settings.outbox_dir)


def compose(settings: Settings, to: str, subject: str, text: str) -> EmailMessage:
    """EmailMessage refuses line breaks in headers, so an address cannot add one."""
    message = EmailMessage()
    message["From"] = settings.mail_from
    message["To"] = sendable(to)
    message["Subject"] = subject
    message["Message-ID"] = make_msgid(domain="mandate.invalid")
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies, please
    message.set_content(text)
    return message


def sendable(address: str) -> str:
    """A domain of other scripts in its ASCII form, which every mail server takes (RFC 5891); what
    stands before the @ stays, and needs a server with SMTPUTF8 (RFC 6531)."""
    local, at, domain = address.rpartition("@")
    if not at or domain.isascii():
        return address
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return address


def envelope_sender(settings: Settings, letter_id: str) -> str:
    """An address of its own for each letter (VERP): what comes back says which letter it was."""
    local, _at, domain = settings.mail_bounces.rpartition("@")
    return f"{local}+{letter_id}@{domain}" if local else ""
