"""The log as Python writes it, read by the browser's modules: the trustee's page sees every lie
that the trustee's command sees."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from audit.database import Base, Database
from audit.folder import LogFolder
from audit.keys import Algorithm, Signer
from audit.merkle import root_of
from audit.note import Checkpoint, Note, signature_of
from audit.tiles import leaf_hashes, split_bundle
from tests.attacks.election import Closed, Heights, closed_election, forked_log, rebuilt
from tests.audit.logs import SIGNER, WITNESS, append, sequencer
from tests.audit.test_policy import WITNESSES
from tests.frontend.bridge import Bridge, b64


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Closed]:
    closed = closed_election(tmp_path_factory.mktemp("closed"))
    yield closed
    closed.scenario.database.close()


class Server:
    """What a trustee's page gets: a log, its keys, an archive. Lies are made in `log`."""

    def __init__(self, bridge: Bridge, closed: Closed, folder: Path) -> None:
        self.bridge, self.closed, self.folder = bridge, closed, folder
        self.log = folder / "log"
        shutil.copytree(closed.log, self.log)
        self.archive = closed.archive(folder / "a.bel")
        self.keys = [closed.log_key]
        self.policy: str | None = None

    def compare(self, pin: dict[str, Any] | None = None) -> dict[str, Any]:
        paths = [path for path in self.log.rglob("*") if path.is_file()]
        answer: dict[str, Any] = self.bridge(
            "compareWithLog",
            files={str(path.relative_to(self.log)): b64(path.read_bytes()) for path in paths},
            keys=self.keys,
            policy=self.policy,
            contests=[
                {
                    "uuid": self.closed.uuid,
                    "fingerprint": self.closed.fingerprint,
                    "archive": b64(self.archive.read_bytes()),
                }
            ],
            pin=pin,
        )
        return answer

    def refused(self, pin: dict[str, Any] | None = None) -> tuple[str, str]:
        refusal = self.compare(pin)["refused"]
        return refusal["why"], refusal["detail"]

    def pin(self, policy: str | None = None) -> dict[str, Any]:
        """What a key file remembers of the true log as it is now."""
        head = (self.closed.log / "checkpoint").read_text()
        return {"keys": [self.closed.log_key], "checkpoint": head, "policy": policy}

    def bundle(self) -> Path:
        (found,) = (self.log / "tile" / "entries").glob("0*.p/*")
        return found


@pytest.fixture
def server(bridge: Bridge, closed: Closed, tmp_path: Path) -> Server:
    return Server(bridge, closed, tmp_path)


def test_the_true_archive_and_log(server: Server) -> None:
    answer = server.compare(server.pin())
    assert answer["ballots"] == 6 and answer["signed"] is True
    assert answer["size"] == int((server.log / "checkpoint").read_text().split("\n")[1])


HIDDEN: dict[str, tuple[Heights, int]] = {
    "the first": (lambda height: height != 1, 1),
    "one in the middle": (lambda height: height != 3, 3),
    "the last": (lambda height: height != 6, 6),
    "all but one": (lambda height: height == 1, 2),
}


@pytest.mark.parametrize(("keep", "height"), HIDDEN.values(), ids=HIDDEN)
def test_a_hidden_ballot(
    server: Server, closed: Closed, tmp_path: Path, keep: Heights, height: int
) -> None:
    """ATTACKS 13: in a chain made anew the place of the missing ballot holds the next event."""
    server.archive = rebuilt(closed, tmp_path / "subset.bel", keep)
    why, detail = server.refused()
    assert why == "another" and detail.startswith(f"event {height} (")


def test_an_archive_that_ends_early(server: Server, closed: Closed, tmp_path: Path) -> None:
    server.archive = rebuilt(
        closed, tmp_path / "open.bel", lambda _height: True, until="EndBallots"
    )
    assert server.refused()[0] == "missing"


def test_events_that_were_never_logged(server: Server, closed: Closed, tmp_path: Path) -> None:
    """A log for this trustee that lacks the ballots, under an archive that has them."""
    short = rebuilt(closed, tmp_path / "short.bel", lambda height: height < 3, until="EndBallots")
    server.log = forked_log(closed, short, tmp_path / "fork")
    assert server.refused() == ("added", "event 3 (Ballot) is in the archive and not in the log")


def test_a_log_made_anew_contradicts_the_key_file(
    server: Server, closed: Closed, tmp_path: Path
) -> None:
    """With the log's key the server can write a log without the ballot, for this trustee alone."""
    server.archive = rebuilt(closed, tmp_path / "subset.bel", lambda height: height != 3)
    server.log = forked_log(closed, server.archive, tmp_path / "fork")
    assert server.compare()["ballots"] == 5  # honest to say: alone the page cannot know
    why, detail = server.refused(server.pin())
    assert why == "history" and "it was cut" in detail


def test_damage_and_other_keys(server: Server) -> None:
    bundle, raw = server.bundle(), server.bundle().read_bytes()
    for damaged, said in (
        (raw[:100] + bytes([raw[100] ^ 1]) + raw[101:], "entries"),
        (raw[:-1], "ends within its entry"),
        (raw + b"x", "bytes follow the last entry"),
    ):
        bundle.write_bytes(damaged)
        assert server.refused()[0] == "entries" and said in " ".join(server.refused())
    bundle.unlink()
    assert server.refused() == ("entries", f"{bundle.relative_to(server.log)} is missing")
    bundle.write_bytes(raw)
    head = server.log / "checkpoint"
    size = head.read_text().split("\n")[1]
    for lie in (head.read_text().replace(f"\n{size}\n", f"\n{int(size) - 1}\n"), "x", ""):
        head.write_text(lie)
        assert server.refused()[0] == "head"
    server.keys = [str(WITNESSES["X1"].verifier)]
    assert server.refused()[0] == "head"


def test_a_key_that_the_file_does_not_know(server: Server) -> None:
    """After a rotation: the history is checked still, the page then asks to compare the key."""
    other = Signer.from_seed(
        server.pin()["checkpoint"].split("\n")[0], Algorithm.ED25519, b"7" * 32
    )
    head = server.log / "checkpoint"
    text = Note.parse(head.read_bytes()).text
    head.write_bytes(Note(text, (signature_of(other, text),)).to_bytes())
    server.keys = [str(other.verifier)]
    assert server.compare(server.pin())["signed"] is False


SIZES = (1, 100, 255, 256, 257, 511, 600)


@pytest.fixture(scope="module")
def histories(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[dict[int, str], LogFolder, LogFolder]:
    """Heads of one log at SIZES, and the log; and another log with the same key."""
    folder = tmp_path_factory.mktemp("histories")
    heads: dict[int, str] = {}
    logs = []
    for name in ("true", "other"):
        database = Database(f"sqlite:///{folder / name}.sqlite")
        Base.metadata.create_all(database.engine)
        log, total = LogFolder(folder / name), 0
        for size in SIZES:
            append(database, size - total, total)
            sequencer(database, log.path).drain()
            heads.setdefault(size, (log.checkpoint() or b"").decode())
            total = size
        database.close()
        logs.append(log)
    return heads, logs[0], logs[1]


def read(bridge: Bridge, log: LogFolder, **more: Any) -> dict[str, Any]:
    paths = [path for path in log.path.rglob("*") if path.is_file()]
    files = {str(path.relative_to(log.path)): b64(path.read_bytes()) for path in paths}
    about = {"files": files, "keys": [str(SIGNER.verifier)], "policy": None, "contests": []}
    answer: dict[str, Any] = bridge("compareWithLog", **(about | more))
    return answer


@pytest.mark.parametrize("size", SIZES)
def test_heads_of_every_shape(bridge: Bridge, histories: Any, size: int) -> None:
    """Kept within a bundle, at its edge, at the newest size: in its own log, and in another one."""
    heads, true, other = histories
    pin = {"keys": [str(SIGNER.verifier)], "checkpoint": heads[size], "policy": None}
    assert read(bridge, true, pin=pin)["size"] == SIZES[-1]
    refusal = read(bridge, other, pin=pin)["refused"]
    assert refusal["why"] == "history" and f"another root at size {size}" in refusal["detail"]


def test_a_partial_bundle_that_has_become_full(
    bridge: Bridge, histories: Any, tmp_path: Path
) -> None:
    heads, true, _other = histories
    shutil.copytree(true.path, tmp_path / "log")
    (tmp_path / "log" / "checkpoint").write_text(heads[511])
    shutil.rmtree(tmp_path / "log" / "tile" / "entries" / "001.p", ignore_errors=True)
    assert read(bridge, LogFolder(tmp_path / "log"))["size"] == 511


def test_witnesses(bridge: Bridge, histories: Any, tmp_path: Path) -> None:
    """The quorum of the policy: at the head, or at a head beside that covers the contests."""
    heads, true, _other = histories
    folder = tmp_path / "log"
    shutil.copytree(true.path, folder)
    log, policy = LogFolder(folder), f"witness w {WITNESS.verifier}\nquorum w\n"
    pin = {"keys": [str(SIGNER.verifier)], "checkpoint": heads[100], "policy": policy}

    def cosigned(head: str, signer: Signer = WITNESS) -> bytes:
        note = Note.parse(head.encode())
        return note.with_signatures([signature_of(signer, note.text, 1_700_000_000)]).to_bytes()

    for asked in ({"policy": policy}, {"pin": pin}):
        (folder / "checkpoint.witnessed").unlink(missing_ok=True)
        assert read(bridge, log, **asked)["refused"]["why"] == "witnesses"
        (folder / "checkpoint.witnessed").write_bytes(cosigned(heads[257], WITNESSES["X1"]))
        assert read(bridge, log, **asked)["refused"]["why"] == "witnesses"
        (folder / "checkpoint.witnessed").write_bytes(cosigned(heads[257]))
        assert read(bridge, log, **asked)["size"] == SIZES[-1]
    (folder / "checkpoint.witnessed").unlink()
    (folder / "checkpoint").write_bytes(cosigned(heads[600]))
    assert read(bridge, log, policy=policy)["size"] == SIZES[-1]
    note = Note.parse(heads[600].encode())
    good = signature_of(WITNESS, note.text, 1)
    wrong = replace(good, value=good.value[:-1] + bytes([good.value[-1] ^ 1]))
    (folder / "checkpoint").write_bytes(note.with_signatures([wrong]).to_bytes())
    assert "is wrong" in read(bridge, log, policy=policy)["refused"]["detail"]


def test_witnesses_who_have_not_seen_the_end_of_the_vote(server: Server, closed: Closed) -> None:
    """Their head of the day before does not help: the sum is not under it."""
    server.policy = f"witness w {WITNESS.verifier}\nquorum w\n"
    old = grown_to(closed, 3)
    note = Note.parse(old)
    cosigned = note.with_signatures([signature_of(WITNESS, note.text, 1)]).to_bytes()
    (server.log / "checkpoint.witnessed").write_bytes(cosigned)
    why, detail = server.refused()
    assert why == "witnesses" and "have not seen the newest entries" in detail


def grown_to(closed: Closed, size: int) -> bytes:
    """The head that the log of `closed` had at `size`."""
    log = LogFolder(closed.log)
    head = Note.parse(log.checkpoint() or b"").text.split("\n")
    (bundle,) = (closed.log / "tile" / "entries").glob("0*.p/*")
    leaves = leaf_hashes(split_bundle(bundle.read_bytes(), int(head[1]))[:size])
    text = Checkpoint(head[0], size, root_of(leaves)).text
    return Note(text, (signature_of(closed.keys.public[0], text),)).to_bytes()
