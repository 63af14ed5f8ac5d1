"""HTTP by httptools, which costs a tenth of h11, with the bounds that it lacks.

httptools keeps a header of any length and takes any number of requests that were sent without
waiting; uvicorn waits for ever for the rest of a head. Without httptools, where there is no wheel
of it, uvicorn speaks by h11.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from web.http.server import MAX_HEAD

MAX_WAITING = 16  # requests of a connection that were sent before the first was answered
HEAD_SECONDS = 15.0  # within which the head of a request must arrive whole
CROWDED = 0.9  # of the connections that are served: from here on a new one takes an old one's place


class BoundedProtocol(HttpToolsProtocol):
    """Refuses with 400 what is larger, and closes what does not come to an end.

    Of many connections whose requests are unfinished the oldest gives way to a new one, so whoever
    opens a thousand and says nothing keeps nobody out who does speak.
    """

    _head = 0  # bytes of this request that are not its body: lines, and frames of chunks
    _body = 0
    _since = 0.0  # when this request, or the wait for the first one, began
    _unfinished = True
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect()
        if self.limit_concurrency and len(self.connections) > CROWDED * self.limit_concurrency:
            waiting = [c for c in self.connections if isinstance(c, BoundedProtocol)]
            oldest = min(
                (c for c in waiting if c._unfinished and c is not self),
                key=lambda c: c._since,
                default=None,
            )
            if oldest is not None:
                oldest.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._arrived()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._head += len(data)
        super().data_received(data)
        # chunks have a frame each: a body may have a quarter of its size of them
        if self._head > MAX_HEAD + self._body // 4 and not self.transport.is_closing():
            self.send_400_response("Headers too large.")
        if self._timer is None and (self.cycle is None or self.cycle.response_complete):
            self._expect()  # something came that is no request yet, such as empty lines

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= MAX_WAITING:
            raise ValueError("too many requests without waiting")  # httptools makes it a 400
        self._head = self._body = 0
        self._expect()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._arrived()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._head -= len(body)
        self._body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._head = self._body = 0
        self._unfinished = False
        super().on_message_complete()

    def _expect(self) -> None:
        self._unfinished = True
        if self._timer is None:
            self._since = self.loop.time()
            self._timer = self.loop.call_later(HEAD_SECONDS, self._too_late)

    def _arrived(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_late(self) -> None:
        self._timer = None
        if not self.transport.is_closing():
            self.transport.close()
