"""HTTP by httptools, which costs a tenth of h11, with the bounds that it lacks and h11 has.

httptools keeps a header of any length and takes any number of requests that were sent without
waiting. Without httptools, where there is no wheel of it, uvicorn speaks by h11.
"""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from web.commands.serve import MAX_HEAD

MAX_WAITING = 16  # requests of a connection that were sent before the first was answered


class BoundedProtocol(HttpToolsProtocol):
    """Refuses with 400 what is larger."""

    _head = 0  # bytes of this request that are not its body: lines, and frames of chunks
    _body = 0

    def data_received(self, data: bytes) -> None:
        self._head += len(data)
        super().data_received(data)
        # chunks have a frame each: a body may have a quarter of its size of them
        if self._head > MAX_HEAD + self._body // 4 and not self.transport.is_closing():
            self.send_400_response("Headers too large.")

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= MAX_WAITING:
            raise ValueError("too many requests without waiting")  # httptools makes it a 400
        self._head = self._body = 0
        super().on_message_begin()

    def on_body(self, body: bytes) -> None:
        self._head -= len(body)
        self._body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._head = self._body = 0
        super().on_message_complete()
