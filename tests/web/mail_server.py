"""A real SMTP server on a free loopback port, which answers as a test tells it to."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from typing import Any

from aiosmtpd.controller import Controller


class Post:
    """`answers`: address -> what the server says of it, once for each time it is asked (the last
    one stays). Everything else is taken."""

    def __init__(self) -> None:
        self.answers: dict[str, list[str]] = {}
        self.letters: list[tuple[str, str, EmailMessage]] = []  # envelope from, to, letter

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd looks for
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        said = self.answers.get(address)
        answer = said.pop(0) if said and len(said) > 1 else said[0] if said else "250 OK"
        if not answer.startswith("2"):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        letter = message_from_bytes(envelope.original_content, policy=SMTPUTF8)
        self.letters.append((envelope.mail_from, envelope.rcpt_tos[0], letter))
        return "250 OK"

    @property
    def to(self) -> list[str]:
        return [to for _from, to, _letter in self.letters]


@contextmanager
def mail_server(*, utf8: bool = True) -> Iterator[tuple[Post, int]]:
    post = Post()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(
        post, hostname="127.0.0.1", port=port, enable_SMTPUTF8=utf8, ready_timeout=30
    )
    controller.start()
    try:
        yield post, port
    finally:
        controller.stop()
