"""The site in a thread of this process, on a loopback port, with a clock of its own."""

from __future__ import annotations

import socket
import threading
import time
from types import TracebackType

import uvicorn
from fastapi import FastAPI


class Server:
    """`with Server(app, port) as server`: answers at `server.url`; port 0 takes a free one."""

    def __init__(self, app: FastAPI, listener: socket.socket) -> None:
        self.app = app
        self._listener = listener
        config = uvicorn.Config(
            app, access_log=False, server_header=False, log_level="warning", lifespan="on"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="demo-server", daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Server:
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the site did not start; its reason stands above")
            time.sleep(0.02)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=60)


def listen(port: int = 0) -> socket.socket:
    """Bound before anything is built: a port that is taken is said at once."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener
