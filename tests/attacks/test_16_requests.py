"""ATTACKS 16: session, CSRF, host header, open redirect, oversized and slow bodies, paths.

Through HTTP; what has to hold on the wire goes through a real socket.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from audit.database import Base
from tests.web.site import BASE, Site
from web.app import create_app
from web.http import server
from web.identity.cookies import session_cookie
from web.identity.roles import Role
from web.settings import Settings


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": BASE + ".evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_post_from_elsewhere_is_refused_even_with_the_token(
    site: Site, headers: dict[str, str]
) -> None:
    browser = site.sign_in(Role.CLERK)
    assert browser.submit("/sign-out", headers=headers).status_code == 403
    assert browser.get("/account", follow_redirects=False).status_code == 200
    assert browser.submit("/sign-out", headers={"origin": BASE}).status_code == 303


def test_a_post_without_the_token_or_with_anothers_is_refused(site: Site) -> None:
    browser, other = site.sign_in(Role.CLERK), site.sign_in(Role.CLERK)
    assert browser.post("/sign-out").status_code == 403
    for token in ("", "0" * 64, other.token()):
        answer = browser.post("/sign-out", data={"csrf_token": token}, follow_redirects=False)
        assert answer.status_code == 403
    json = browser.post("/sign-out", json={"csrf_token": browser.token()})
    assert json.status_code == 403  # a token in a JSON body is not looked for
    assert browser.get("/account", follow_redirects=False).status_code == 200


def test_the_token_of_before_the_sign_in_is_worth_nothing_after(site: Site) -> None:
    anonymous = site.browser()
    before = anonymous.token()
    signed_in = site.sign_in(Role.CLERK)
    for name, value in signed_in.cookies.items():
        anonymous.cookies.set(name, value)
    assert anonymous.post("/sign-out", data={"csrf_token": before}).status_code == 403


def test_sign_in_itself_needs_the_token(site: Site) -> None:
    """Else a victim could be signed in to the attacker's account without noticing."""
    fields = {"login": "x", "password": "x", "code": "x"}
    assert site.browser().post("/sign-in", data=fields).status_code == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:8000.evil.example", "", "127.0.0.1:8000@evil"]
)
def test_another_host_is_refused(site: Site, host: str) -> None:
    answer = site.browser().get("/", headers={"host": host})
    assert answer.status_code == 421
    assert "evil" not in answer.text


def test_forwarded_host_does_not_reach_links(site: Site) -> None:
    answer = site.browser().get("/", headers={"x-forwarded-host": "evil.example"})
    assert "evil.example" not in answer.text


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/x\r\nset-cookie: a=b",
        "http:evil.example",
        " //evil.example",
    ],
)
def test_no_redirect_leads_away(site: Site, target: str) -> None:
    browser = site.browser()
    answer = browser.submit("/language", {"language": "en", "back": target})
    assert answer.headers["location"] == "/"
    assert "a=b" not in str(answer.headers)
    signed_in = site.sign_in(Role.CLERK)
    answer = signed_in.get("/sign-in", params={"next": target}, follow_redirects=False)
    assert answer.headers["location"] == "/"


def test_asking_for_a_page_leads_back_to_it_after_sign_in(site: Site) -> None:
    answer = site.browser().get("/account?x=1", follow_redirects=False)
    assert answer.headers["location"] == "/sign-in?next=%2Faccount%3Fx%3D1"


def test_every_answer_carries_the_headers(site: Site) -> None:
    browser = site.browser()
    for path in ("/", "/nope", "/static/mandate.css", "/healthz", "/account", "/api/v1/nope"):
        headers = browser.get(path, follow_redirects=False).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
    for refused in (browser.get("/", headers={"host": "evil"}), browser.post("/sign-out")):
        assert "content-security-policy" in refused.headers


def test_pages_are_not_kept_and_static_files_are(site: Site) -> None:
    browser = site.sign_in(Role.CLERK)
    assert browser.get("/account").headers["cache-control"] == "no-store"
    assert "immutable" in browser.get("/static/mandate.css?v=1").headers["cache-control"]


def test_cookies_of_a_site_with_tls(tmp_path: object) -> None:
    assert session_cookie(https=True).startswith("__Host-")


@pytest.mark.parametrize(
    "path",
    [
        "/static/../settings.py",
        "/static/%2e%2e/settings.py",
        "/static/..%2f..%2fpyproject.toml",
        "/outbox/..%2f..%2fsecret",
        "/outbox/../secret.key",
        "/log/..%2f..%2fsecret.key",
        "/log/tile/../../secret.key",
        "/log/%2e%2e/%2e%2e/secret.key",
    ],
)
def test_no_path_leaves_its_folder(site: Site, path: str) -> None:
    secret = site.settings.secret_file.read_text().strip()
    answer = site.browser().get(path)
    assert answer.status_code == 404
    assert secret not in answer.text


def test_a_body_that_says_it_is_too_long_or_is(site: Site) -> None:
    browser = site.browser()
    limit = site.settings.max_body_kib * 1024
    said = browser.post("/sign-in", content=b"x", headers={"content-length": str(limit + 1)})
    assert said.status_code == 413

    def endless() -> Iterator[bytes]:
        for _ in range(limit // 65536 + 2):
            yield b"x" * 65536

    assert browser.post("/sign-in", content=endless()).status_code == 413
    deep = browser.post("/api/v1/contests/x/ballots", content=b"x" * (limit + 1))
    assert deep.status_code == 413
    assert deep.headers["content-type"].startswith("application/problem+json")


def test_a_form_with_very_many_fields_is_refused(site: Site) -> None:
    fields = "&".join(f"a{i}=b" for i in range(5000))
    answer = site.browser().post(
        "/sign-in", content=fields, headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code in (400, 403, 413, 422)


@pytest.mark.parametrize("name", ["password", "login"])
def test_a_field_may_not_be_endless(site: Site, name: str) -> None:
    fields = {"login": "x", "password": "x", "code": "x", name: "x" * 1000}
    assert site.browser().submit("/sign-in", fields, page="/sign-in").status_code == 422


def test_an_unexpected_error_says_nothing_of_itself(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("web.pages.site.home.todos", broken)
    answer = site.sign_in(Role.CLERK).get("/")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert "content-security-policy" in answer.headers


class Wire:
    """A server on a real port, for what a test client cannot do: being slow."""

    def __init__(self, settings: Settings) -> None:
        self.app = create_app(settings)
        Base.metadata.create_all(self.app.state.database.engine)
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        self.port = listening.getsockname()[1]
        given = server.options(settings) | {"factory": False, "log_level": "error"}
        config = uvicorn.Config(self.app, **given)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(
            target=self.server.run, kwargs={"sockets": [listening]}, daemon=True
        )
        self.thread.start()
        while not self.server.started:
            time.sleep(0.02)

    def send(self, *parts: bytes, pause: float = 0.0) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as peer:
            for part in parts:
                peer.sendall(part)
                time.sleep(pause)
            answer = b""
            while chunk := peer.recv(65536):
                answer += chunk
                if b"\r\n\r\n" in answer and b"connection: close" not in answer.lower():
                    break
            return answer

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(timeout=20)


@pytest.fixture
def wire(site_settings: Settings) -> Iterator[Wire]:
    settings = site_settings.model_copy(
        update={"body_timeout": 0.5, "max_requests": 2, "allowed_hosts": ("x",)}
    )
    server = Wire(settings)
    yield server
    server.stop()


POST = b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"


def test_a_slow_body_is_cut_off_and_holds_no_place(wire: Wire) -> None:
    """More slow clients than places inside: somebody else is still served at once."""
    slow = [socket.create_connection(("127.0.0.1", wire.port)) for _ in range(6)]
    try:
        for peer in slow:
            peer.sendall(POST + b"a=")
        begun = time.monotonic()
        quick = wire.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b" 200 " in quick
        assert time.monotonic() - begun < 0.45
        answers = []
        for peer in slow:
            peer.settimeout(5)
            answers.append(peer.recv(4096))
        assert all(b" 408 " in answer for answer in answers)
    finally:
        for peer in slow:
            peer.close()


def test_two_host_headers_and_two_lengths_are_refused(wire: Wire) -> None:
    two = wire.send(b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\nConnection: close\r\n\r\n")
    assert b" 400 " in two or b" 421 " in two
    smuggled = wire.send(
        b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 40\r\n"
        b"Connection: close\r\n\r\nabcd"
    )
    assert b" 400 " in smuggled


def test_httptools_is_what_is_attacked_here(wire: Wire) -> None:
    assert issubclass(wire.server.config.http_protocol_class, HttpToolsProtocol)


GET = b"GET /sign-in HTTP/1.1\r\nHost: x\r\n"
CHUNKED = b"POST /sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
PIECE = b"a" * 16_000


@pytest.mark.parametrize(
    "parts",
    [
        [GET + b"X-Endless: ", *[PIECE] * 8],
        [GET, *[b"X-Many: 1\r\n" * 1000] * 8],
        [b"GET /" + PIECE, *[PIECE] * 8],
        [CHUNKED, b"1;" + PIECE, *[PIECE] * 8],
        [CHUNKED + b"1\r\na\r\n0\r\n", *[b"X-Trailer: " + PIECE + b"\r\n"] * 8],
    ],
    ids=["a header", "headers", "a path", "an extension of a chunk", "trailers"],
)
def test_what_is_not_body_has_a_bound(wire: Wire, parts: list[bytes]) -> None:
    """Refused before it ends; a connection that is cut off while we still send is an answer too."""
    with contextlib.suppress(ConnectionError):
        assert wire.send(*parts, pause=0.02).startswith(b"HTTP/1.1 4")
    assert wire.send(GET + b"Connection: close\r\n\r\n").startswith(b"HTTP/1.1 200")


def test_a_body_in_many_small_chunks_is_no_head(wire: Wire) -> None:
    chunks = b"".join(b"40\r\n" + b"a" * 64 + b"\r\n" for _ in range(5000))
    answer = wire.send(CHUNKED + chunks + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 403")  # it has no token: so it was read to its end


def test_requests_that_do_not_wait_are_few(wire: Wire) -> None:
    with contextlib.suppress(ConnectionError):
        answer = wire.send((GET + b"\r\n") * 1000)
        assert b"HTTP/1.1 400" in answer
    assert wire.send(GET + b"Connection: close\r\n\r\n").startswith(b"HTTP/1.1 200")
