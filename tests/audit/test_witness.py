"""Witnesses: ours answers as specified, under races too; the client works with those of others."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn

from audit.cosigning import Cosigner
from audit.database import Database
from audit.errors import Conflict, LogError
from audit.folder import WITNESSED, LogFolder
from audit.keyfiles import create_keys
from audit.keys import Algorithm, Signer
from audit.merkle import Digest, leaf_hash, prove_consistency, root_of
from audit.note import Checkpoint, Note, parse_signatures, sign
from audit.policy import Policy
from audit.policy import Witness as Known
from audit.service import LogService
from audit.verifier import Demands, verify
from audit.witness import MAX_REQUEST, SIZE_TYPE, Answer, Request, Witness
from tests.audit.logs import ORIGIN, SIGNER, WITNESS, Counted, append, grow, sequencer
from tests.audit.trees import range_hash
from web.api.witness import create_witness_app
from web.http.server import limits

LEAVES = [leaf_hash(b"%d" % i) for i in range(100)]
KEYS = [SIGNER.verifier]


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "witness.sqlite", [WITNESS], KEYS, clock=lambda: 1700000000)


def request(old: int, new: int, *, leaves: list[Digest] = LEAVES, signer: Signer = SIGNER) -> bytes:
    head = Checkpoint(ORIGIN, new, root_of(leaves[:new]))
    proof = prove_consistency(old, new, range_hash(leaves[:new])) if old <= new else []
    return Request(old, tuple(proof), sign(head.text, [signer]).to_bytes()).to_bytes()


def cosigned(answer: Answer, body: bytes) -> bool:
    note = Note.parse(Request.parse(body).checkpoint)
    return note.with_signatures(parse_signatures(answer.body)).verify([WITNESS.verifier]) == {
        WITNESS.verifier: 1700000000
    }


def test_it_cosigns_a_log_that_grows(witness: Witness) -> None:
    for old, new in ((0, 3), (3, 3), (3, 64), (64, 100)):
        body = request(old, new)
        answer = witness.add_checkpoint(body)
        assert answer.status == 200
        assert cosigned(answer, body)


def test_an_empty_log_may_be_cosigned_first(witness: Witness) -> None:
    assert [witness.add_checkpoint(request(0, n)).status for n in (0, 0, 5)] == [200, 200, 200]


BAD_REQUESTS: dict[str, tuple[int, Callable[[], bytes]]] = {
    "empty": (400, lambda: b""),
    "no checkpoint": (400, lambda: b"old 3\n\n"),
    "old with zero": (400, lambda: request(3, 5).replace(b"old 3", b"old 03")),
    "old larger": (400, lambda: request(9, 5)),
    "64 hashes": (
        400,
        lambda: request(3, 5).replace(b"old 3\n", b"old 3\n" + (b"A" * 43 + b"=\n") * 64),
    ),
    "proof not base64": (400, lambda: request(3, 5).replace(b"old 3\n", b"old 3\n!\n")),
    "too long": (400, lambda: request(3, 5) + b"x" * MAX_REQUEST),
    "no signature": (400, lambda: request(3, 5).partition("\u2014".encode())[0]),
    "unknown log": (404, lambda: request(3, 5).replace(ORIGIN.encode(), b"other.example/log")),
    "strange key": (
        403,
        lambda: request(3, 5, signer=Signer.from_seed(ORIGIN, Algorithm.ED25519, bytes(32))),
    ),
    "wrong signature": (403, lambda: request(3, 5).replace(b"\n5\n", b"\n6\n")),
    "old too small": (409, lambda: request(2, 5)),
    "old zero": (409, lambda: request(0, 5)),
    "old too large": (409, lambda: request(4, 5)),
    "fork at the size": (409, lambda: request(3, 3, leaves=LEAVES[::-1])),
    "fork": (422, lambda: request(3, 5, leaves=LEAVES[::-1])),
    "no proof": (
        422,
        lambda: Request(3, (), Request.parse(request(3, 5)).checkpoint).to_bytes(),
    ),
}


@pytest.mark.parametrize("name", BAD_REQUESTS)
def test_what_it_refuses(witness: Witness, name: str) -> None:
    assert witness.add_checkpoint(request(0, 3)).status == 200
    status, make = BAD_REQUESTS[name]
    answer = witness.add_checkpoint(make())
    assert answer.status == status
    assert "\u2014" not in answer.body, "nothing is signed"
    if status == 409:
        assert (answer.body, answer.content_type) == ("3\n", SIZE_TYPE)
    assert witness.add_checkpoint(request(3, 4)).status == 200, "the state is as before"


def test_a_fork_is_kept_as_evidence(witness: Witness, tmp_path: Path) -> None:

    origin = sha256(ORIGIN.encode()).hexdigest()
    witness.add_checkpoint(request(0, 3))
    forked = request(3, 5, leaves=LEAVES[::-1])
    witness.add_checkpoint(forked)
    witness.add_checkpoint(forked)
    assert witness.evidence(origin) == [Request.parse(forked).checkpoint]
    assert witness.latest(origin) == Request.parse(request(0, 3)).checkpoint
    assert witness.latest("0" * 64) is None


def test_of_two_histories_at_once_one_is_cosigned(witness: Witness) -> None:
    """The race of the specification: both pass the check, then both want to be stored."""
    barrier = threading.Barrier(2)
    swap = witness._swap

    def slow(*arguments: object) -> bool:
        barrier.wait(timeout=10)  # both have been checked against the same known size
        return swap(*arguments)  # type: ignore[arg-type]

    witness.add_checkpoint(request(0, 3))
    witness._swap = slow  # type: ignore[assignment,method-assign]
    other = LEAVES[:3] + LEAVES[50:]
    answers: list[Answer] = []
    bodies = [request(3, 8), request(3, 9, leaves=other)]
    threads = [
        threading.Thread(target=lambda b=b: answers.append(witness.add_checkpoint(b)))  # type: ignore[misc]
        for b in bodies
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status for answer in answers) == [200, 409]


def test_a_witness_remembers_after_a_restart(witness: Witness, tmp_path: Path) -> None:
    witness.add_checkpoint(request(0, 10))
    again = Witness(tmp_path / "witness.sqlite", [WITNESS], KEYS)
    assert again.add_checkpoint(request(0, 5)).status == 409
    assert again.add_checkpoint(request(10, 11)).status == 200


def test_a_witness_has_the_key_of_a_witness(tmp_path: Path) -> None:
    for signers, logs in (([SIGNER], KEYS), ([], KEYS), ([WITNESS], [WITNESS.verifier])):
        with pytest.raises(LogError):
            Witness(tmp_path / "w.sqlite", signers, logs)


# --- the client -------------------------------------------------------------------------------


SERVED = 100  # connections at once, in place of a thousand


@contextmanager
def serving(witness: Witness) -> Iterator[str]:
    """Our witness, served as `mandate witness serve` does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = limits() | {"limit_concurrency": SERVED, "log_level": "critical"}
    server = uvicorn.Server(
        uvicorn.Config(create_witness_app(witness), host="127.0.0.1", port=port, **options)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def served(witness: Witness) -> Iterator[str]:
    with serving(witness) as url:
        yield url


def post(url: str, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
    """As it is on the wire: the headers of an answer are compared whole by programs of others."""
    place = urlsplit(url)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=10)
    connection.request("POST", f"{place.path}/add-checkpoint", body)
    answer = connection.getresponse()
    said = answer.status, answer.getheaders(), answer.read()
    connection.close()
    return said


def test_the_answers_on_the_wire(served: str) -> None:
    """tlog-witness: the body of a 409 has just this type, without a charset."""
    status, headers, _ = post(served, request(0, 3))
    assert (status, dict(headers)["content-type"]) == (200, "text/plain; charset=utf-8")
    for body in (request(0, 5), request(0, 3), request(3, 3, leaves=LEAVES[::-1])):
        status, headers, content = post(served, body)
        kinds = [value for name, value in headers if name.lower() == "content-type"]
        assert (status, kinds, content) == (409, ["text/x.tlog.size"], b"3\n")
    assert post(served, b"x" * (MAX_REQUEST + 1))[0] == 413
    assert post(served, request(3, 4))[0] == 200


def test_a_hundred_logs_at_once(tmp_path: Path) -> None:
    """A public network has many logs: each grows three times, from sixteen connections."""
    signers = [
        Signer.from_seed(f"log{i}.example/audit", Algorithm.ED25519, bytes([i]) * 32)
        for i in range(100)
    ]
    store = Witness(tmp_path / "many.sqlite", [WITNESS], [signer.verifier for signer in signers])
    heads = {size: root_of(LEAVES[:size]) for size in (3, 40, 100)}

    def grow_one(url: str, signer: Signer) -> list[int]:
        found, old = [], 0
        for size, root in heads.items():
            note = sign(Checkpoint(signer.name, size, root).text, [signer]).to_bytes()
            proof = prove_consistency(old, size, range_hash(LEAVES[:size]))
            found.append(post(url, Request(old, tuple(proof), note).to_bytes())[0])
            old = size
        return found

    with serving(store) as url, ThreadPoolExecutor(16) as many:
        answers = list(many.map(lambda signer: grow_one(url, signer), signers))
    assert answers == [[200, 200, 200]] * 100
    last = Witness(tmp_path / "many.sqlite", [WITNESS], [signers[99].verifier])
    newest = last.latest(sha256(signers[99].name.encode()).hexdigest()) or b""
    assert Checkpoint.parse(Note.parse(newest).text).size == 100


def test_those_who_never_finish_a_request_silence_nobody(
    served: str, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than are served at once: half a head each, or a body of which half comes."""
    monkeypatch.setattr("web.http.protocol.HEAD_SECONDS", 0.5)
    place = urlsplit(served)
    halves = (b"POST /add-check", b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 9\r\n\r\nold")
    silent = []
    try:
        for number in range(SERVED + 20):
            peer = socket.create_connection((place.hostname, place.port), timeout=5)
            peer.sendall(halves[number % 2])
            silent.append(peer)
        assert post(served, request(0, 3))[0] == 200
        silent[-2].settimeout(5)
        assert silent[-2].recv(100) == b"", "a head that does not come to its end is given up"
    finally:
        for peer in silent:
            peer.close()


def policy(url: str) -> Policy:
    return Policy((), {"w": Known("w", WITNESS.verifier, url)}, {}, "w")


def test_the_log_is_cosigned_as_it_grows(
    sqlite_database: Database, tmp_path: Path, served: str
) -> None:
    folder = grow(sqlite_database, tmp_path / "log", 5)
    cosigner = Cosigner(folder, KEYS, policy(served))
    assert not cosigner.quorum_reached(5)
    assert cosigner.submit() and cosigner.quorum_reached(5)
    assert cosigner.submit()
    append(sqlite_database, 300, 5)
    sequencer(sqlite_database, folder.path).drain()
    assert not cosigner.quorum_reached(305)
    fresh = Cosigner(folder, KEYS, policy(served))  # a restarted server, which knows no sizes
    assert fresh.submit() and fresh.quorum_reached(305)
    assert fresh.problems() == {} and fresh.alarms == []
    report = verify(folder, KEYS, Demands(policy=policy("")))
    assert report.faults == [] and report.witnessed == 305
    spoilt = (folder.read(WITNESSED, 1 << 20) or b"").replace(b"\n305\n", b"\n304\n")
    with folder.lock():
        folder.put(WITNESSED, spoilt)
    assert verify(folder, KEYS).faults[0].check == "witnesses"


def test_a_rollback_and_a_fork_raise_the_alarm(
    sqlite_database: Database, tmp_path: Path, served: str, witness: Witness
) -> None:
    folder = grow(sqlite_database, tmp_path / "log", 5)
    cosigner = Cosigner(folder, KEYS, policy(served))
    for body, alarm in (
        (request(0, 50), "rolled back"),  # the witness has seen more than we have
        (request(0, 5), "forked"),  # the same size, another root
        (request(0, 3), "forked"),  # a smaller tree that ours does not extend
    ):
        witness.path.unlink()
        witness.__init__(witness.path, [WITNESS], KEYS)  # type: ignore[misc]
        assert witness.add_checkpoint(body).status == 200
        cosigner = Cosigner(folder, KEYS, policy(served))
        assert not cosigner.submit()
        assert alarm in cosigner.alarms[0]


class Other(BaseHTTPRequestHandler):
    """A witness written by others, with its ways: `ways` is a list of (status, type, body)."""

    ways: list[tuple[int, str, str]]
    asked: list[bytes]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.asked.append(body)
        status, kind, content = self.ways.pop(0) if len(self.ways) > 1 else self.ways[0]
        if content == "sign":
            text = Note.parse(Request.parse(body).checkpoint).text
            content = sign(text, [WITNESS], 1700000000).signatures[0].line
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content.encode())))
        self.end_headers()
        self.wfile.write(content.encode())

    def log_message(self, *_arguments: object) -> None:
        return


@pytest.fixture
def other() -> Iterator[tuple[str, type[Other]]]:
    handler = type("Handler", (Other,), {"ways": [], "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/prefix/", handler
    server.shutdown()
    thread.join()
    server.server_close()


STRANGER = Signer.from_seed("stranger.example", Algorithm.ED25519_TIMED, bytes(32))


@pytest.mark.parametrize(
    ("ways", "problem"),
    [
        ([(200, "text/plain", "sign")], ""),
        ([(409, SIZE_TYPE, "3\n"), (200, "text/plain", "sign")], ""),
        ([(409, f"{SIZE_TYPE}; charset=utf-8", "3"), (200, "text/plain", "sign")], ""),
        ([(409, SIZE_TYPE, "2\n"), (409, SIZE_TYPE, "3\n"), (200, "text/plain", "sign")], ""),
        ([(403, "text/plain", "")], "does not know this log"),
        ([(404, "text/plain", "")], "does not know this log"),
        ([(409, "text/plain", "3\n")], "without the size"),
        ([(409, SIZE_TYPE, "03\n")], "without the size"),
        ([(409, SIZE_TYPE, "3\n")], "answers 409"),
        ([(500, "text/plain", "")], "answers 500"),
        ([(302, "text/plain", "")], "answers 302"),
        ([(200, "text/plain", "")], "signature line"),
        ([(200, "text/plain", STRANGER.name)], "signature line"),
        ([(200, "text/plain", "x" * (1 << 17))], "more than"),
        ([(200, "text/plain", sign("x\n", [STRANGER]).signatures[0].line)], "without a signature"),
        ([(200, "text/plain", sign("x\n", [WITNESS]).signatures[0].line)], "wrong"),
    ],
)
def test_witnesses_of_others(
    sqlite_database: Database,
    tmp_path: Path,
    other: tuple[str, type[Other]],
    ways: list[tuple[int, str, str]],
    problem: str,
) -> None:
    url, handler = other
    handler.ways = ways
    folder = grow(sqlite_database, tmp_path / "log", 5)
    cosigner = Cosigner(folder, KEYS, policy(url))
    assert cosigner.submit() is (problem == "")
    assert problem in cosigner.problems().get("w", "")
    assert cosigner.alarms == []
    for body in handler.asked:
        assert Request.parse(body).to_bytes() == body
    if problem:
        asked = len(handler.asked)
        cosigner.submit()
        assert len(handler.asked) == asked, "a witness that fails is left alone for a while"
        assert folder.read(WITNESSED, 1 << 20) is None


def test_signatures_of_more_than_one_key_are_fine(
    sqlite_database: Database, tmp_path: Path, other: tuple[str, type[Other]]
) -> None:
    url, handler = other
    folder = grow(sqlite_database, tmp_path / "log", 5)
    text = Note.parse(folder.checkpoint() or b"").text
    lines = "".join(s.line for s in sign(text, [STRANGER, WITNESS], 5).signatures)
    handler.ways = [(200, "text/plain", lines)]
    assert Cosigner(folder, KEYS, policy(url)).submit()


def test_a_quorum_of_two_of_three(sqlite_database: Database, tmp_path: Path, served: str) -> None:
    known = {"w": Known("w", WITNESS.verifier, served)}
    for number in range(2):
        key = Signer.from_seed(f"dead{number}", Algorithm.ED25519_TIMED, bytes([number]) * 32)
        known[f"d{number}"] = Known(f"d{number}", key.verifier, "http://127.0.0.1:1/")
    folder = grow(sqlite_database, tmp_path / "log", 5)
    for threshold, reached in ((1, True), (2, False)):
        trust = Policy((), known, {"g": (threshold, tuple(known))}, "g")
        cosigner = Cosigner(folder, KEYS, trust)
        assert cosigner.submit() is reached
        assert cosigner.quorum_reached(5) is reached
        assert set(cosigner.problems()) == {"d0", "d1"}


def test_without_witnesses_nothing_waits(sqlite_database: Database, tmp_path: Path) -> None:
    folder = grow(sqlite_database, tmp_path / "log", 5)
    assert Cosigner(folder, KEYS, Policy()).quorum_reached(5)
    assert not Cosigner(LogFolder(tmp_path / "none"), KEYS, Policy()).submit()


def test_a_result_waits_for_the_quorum(
    database: Database, tmp_path: Path, served: str, witness: Witness
) -> None:
    keys = create_keys(tmp_path / "keys", ORIGIN)
    policy_file = tmp_path / "log" / "policy"
    policy_file.parent.mkdir()
    policy_file.write_text(f"witness w {WITNESS.verifier} {served}\nquorum w\n")
    service = LogService(database, tmp_path / "log", keys)

    def publish() -> None:
        with database.transaction() as uow:
            service.confirm_witnessed(uow, "election/1")

    with database.transaction() as uow:
        uow.record(Counted(thing="election/1", n=1))
    with pytest.raises(Conflict, match="witnesses"):
        publish()  # it is only queued
    service.run_once()
    with pytest.raises(Conflict, match="witnesses"):
        publish()  # it is logged, and no witness has seen it
    assert not service.cosigner.submit()  # the witness does not know our key
    witness.logs = (keys.public[0].verifier,)
    fresh = LogService(database, tmp_path / "log", keys)
    assert fresh.cosigner.submit()
    publish()
    with pytest.raises(Conflict, match="witnesses"):
        publish()  # that itself was logged, and waits


def test_without_a_policy_a_result_waits_for_nobody(database: Database, tmp_path: Path) -> None:
    service = LogService(database, tmp_path / "log", create_keys(tmp_path / "keys", ORIGIN))
    with database.transaction() as uow:
        service.confirm_witnessed(uow, "election/1")
