"""Letters that came back, from a folder into which the mail server delivers (Maildir).

Each letter leaves from an address of its own (`mail_bounces`, with `+` and the letter's id), so a
bounce says which letter it was without anybody reading its text. Believed is only what a mail
server says of a delivery (RFC 3464); a holiday reply changes nothing.
"""

from __future__ import annotations

import mailbox
import re
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

from audit.database import SYSTEM, Database
from web.mail import outgoing

_ID = re.compile(r"\+([0-9a-f]{32})@")
_WHERE = ("To", "Delivered-To", "X-Original-To", "Envelope-To")
MOST = 500  # messages in one go


def read(database: Database, folder: Path) -> int:
    """Mark what came back and remove what was read. -> number of letters marked"""
    if not folder.is_dir():
        return 0
    box = mailbox.Maildir(folder, create=False)
    marked = 0
    for key in box.keys()[:MOST]:
        message = box.get(key)
        if message is None:
            continue
        letter, problem = letter_of(message), failure_of(message)
        if letter and problem:
            with database.transaction(SYSTEM) as uow:
                marked += outgoing.bounced(uow, letter, problem)
        box.discard(key)
    return marked


def letter_of(message: Message) -> str:
    """The id in the address that the message came to."""
    for name in _WHERE:
        for value in message.get_all(name, []):
            if found := _ID.search(str(value)):
                return found[1]
    return ""


def failure_of(message: Message) -> str:
    """What the mail server says of a delivery that failed for good; else empty."""
    for part in _statuses(message):
        if str(part.get("Action", "")).strip().lower() == "failed":
            said = str(part.get("Diagnostic-Code") or part.get("Status") or "failed")
            plain = "".join(c if c.isprintable() else " " for c in said)
            return " ".join(plain.split())[:300]
    return ""


def _statuses(message: Message) -> Iterator[Message]:
    """The blocks of fields of each delivery-status part."""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            blocks = part.get_payload()
            yield from (block for block in blocks if isinstance(block, Message))
