"""ATTACKS 14: the server drops a ballot after the receipt, or shows another ballot paper: who has
evidence, of what, and by which command."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from audit import queue
from audit.keys import Algorithm, Signer
from audit.receipts import Receipt, make_receipt
from tests.attacks.election import (
    ORIGIN,
    Closed,
    closed_election,
    forked_log,
    mandate,
    rebuilt,
)
from tests.voting.scenario import first_ones
from voting.record.events import events_of
from voting.record.layout import MANIFEST, manifest_of
from voting.record.write import write_zip
from web.demo.clock import DemoClock
from web.demo.visitors import Trustee, Voter

DROPPED = 3  # the height of the ballot that the server drops


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Closed]:
    closed = closed_election(tmp_path_factory.mktemp("closed"))
    yield closed
    closed.scenario.database.close()


class Voters:
    """They keep their receipts and ask with them."""

    def __init__(self, closed: Closed, folder: Path) -> None:
        self.closed, self.folder = closed, folder

    def receipt(self, height: int) -> Path:
        path = self.folder / f"receipt-{height}.txt"
        path.write_text(self.closed.receipts[height - 1])
        return path

    def ask(self, height: int, *more: object, code: int = 0) -> dict[str, Any]:
        keys = ("--vkey", self.closed.receipt_key, "--vkey", self.closed.log_key)
        words = ("receipt", "verify", self.receipt(height), *keys, *more, "--json")
        said: dict[str, Any] = json.loads(mandate(*words, code=code).stdout)
        assert said["valid"] is (code == 0)
        return said


@pytest.fixture
def voters(closed: Closed, tmp_path: Path) -> Voters:
    return Voters(closed, tmp_path)


@pytest.fixture
def honest(closed: Closed, tmp_path: Path) -> Path:
    return closed.record(tmp_path / "honest")


@pytest.fixture
def dishonest(closed: Closed, honest: Path, tmp_path: Path) -> Path:
    """The record without one ballot: archive and manifest made anew, the log as it is."""
    folder = tmp_path / "dishonest"
    shutil.copytree(honest, folder)
    (archive,) = folder.glob("contests/*/*.bel")
    archive.unlink()
    rebuilt(closed, tmp_path / "less.bel", lambda height: height != DROPPED).rename(archive)
    (folder / MANIFEST).write_bytes(manifest_of(folder))
    return folder


def test_every_receipt_finds_its_ballot_in_an_honest_record(
    voters: Voters, honest: Path, tmp_path: Path
) -> None:
    zipped = tmp_path / "record.zip"
    with zipped.open("wb") as file:
        write_zip(honest, file)
    (archive,) = honest.glob("contests/*/*.bel")
    for height in range(1, len(voters.closed.receipts) + 1):
        assert voters.ask(height, "--record", honest)["height"] == height
    assert voters.ask(1, "--record", zipped)["height"] == 1
    assert voters.ask(1, "--record", archive)["height"] == 1


def test_a_dropped_ballot_is_missed_by_its_voter(voters: Voters, dishonest: Path) -> None:
    said = voters.ask(DROPPED, "--record", dishonest, code=1)
    assert said["fault"] == "the record does not have this ballot (voting has ended)"
    assert said["tracker"]


def test_and_by_everyone_who_voted_later(voters: Voters, dishonest: Path) -> None:
    assert voters.ask(DROPPED - 1, "--record", dishonest)["height"] == DROPPED - 1
    said = voters.ask(DROPPED + 1, "--record", dishonest, code=1)
    assert "of another chain than the receipt says" in said["fault"]


def test_and_by_everyone_who_compares_the_record_with_the_log(
    closed: Closed, honest: Path, dishonest: Path
) -> None:
    (archive,) = dishonest.glob("contests/*/*.bel")
    mandate("verify", archive)  # the archive alone is in order: it cannot tell
    mandate("verify", honest, "--vkey", closed.log_key)
    report = json.loads(mandate("verify", dishonest, "--json", code=1).stdout)
    assert {fault["check"] for fault in report["faults"]} == {"record.log-events"}
    mandate("log", "verify", dishonest / "log", "--vkey", closed.log_key)


def test_the_log_proves_that_the_server_had_the_ballot(
    closed: Closed, voters: Voters, dishonest: Path
) -> None:
    tracker = Receipt.parse(closed.receipts[DROPPED - 1].split("\n\n")[0] + "\n").tracker
    index = queue.find(
        closed.scenario.database, "public", f"contest/{closed.uuid}", tracker=tracker
    )
    proof = voters.folder / "ballot.tlog-proof"
    proof.write_text(mandate("log", "prove", index, "--dir", dishonest / "log").stdout)
    assert voters.ask(DROPPED, "--proof", proof)["index"] == index
    voters.ask(DROPPED + 1, "--proof", proof, code=1)


def test_when_the_log_is_made_anew_too(
    closed: Closed, voters: Voters, dishonest: Path, tmp_path: Path
) -> None:
    """Receipts need no log, and a checkpoint kept from before needs no receipt."""
    kept = tmp_path / "checkpoint"
    kept.write_bytes((closed.log / "checkpoint").read_bytes())
    (archive,) = dishonest.glob("contests/*/*.bel")
    fork = forked_log(closed, archive, tmp_path / "fork")
    key = ("--vkey", closed.log_key)
    mandate("log", "verify", fork, *key)
    mandate("log", "verify", fork, *key, "--old", kept, code=1)
    assert "does not have" in voters.ask(DROPPED, "--record", archive, code=1)["fault"]


def test_a_receipt_that_the_server_did_not_sign_is_no_evidence(
    closed: Closed, voters: Voters, honest: Path
) -> None:
    """Nobody accuses the server of dropping a ballot that never was."""
    other = Signer.from_seed("mandate.example/receipt", Algorithm.ED25519, bytes(32))
    forged = make_receipt(other, contest=closed.uuid, tracker="x" * 43, event="0" * 64)
    (voters.folder / "forged.txt").write_text(forged)
    words = ("receipt", "verify", voters.folder / "forged.txt", "--vkey", closed.receipt_key)
    said = mandate(*words, "--record", honest, code=1).stdout
    assert "fault: " in said
    assert "does not have" not in said


def test_records_that_cannot_answer(voters: Voters, honest: Path, tmp_path: Path) -> None:
    words = ("receipt", "verify", voters.receipt(1), "--vkey", voters.closed.receipt_key)
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04")
    (tmp_path / "broken.bel").write_bytes(b"no archive")
    for unreadable in ("none.bel", "broken.zip", "broken.bel"):
        mandate(*words, "--record", tmp_path / unreadable, code=2)
    (archive,) = honest.glob("contests/*/*.bel")
    raw = archive.read_bytes()
    archive.write_bytes(raw[:-600] + b"x" + raw[-599:])
    mandate(*words, "--record", honest, code=1)
    archive.unlink()
    assert "0 archives of contest" in voters.ask(1, "--record", honest, code=1)["fault"]


def test_before_the_end_a_missing_ballot_asks_for_a_newer_record(
    closed: Closed, voters: Voters, tmp_path: Path
) -> None:
    early = rebuilt(closed, tmp_path / "e.bel", lambda height: height < 5, until="EndBallots")
    assert "ask for a newer record" in voters.ask(6, "--record", early, code=1)["fault"]
    assert events_of(early).ended is False


def test_the_wrong_key_of_the_log(closed: Closed, honest: Path, tmp_path: Path) -> None:
    """A record that somebody made anew brings a key of its own: the one on paper tells."""
    other = Signer.from_seed(ORIGIN, Algorithm.ED25519, bytes(32)).verifier
    (tmp_path / "paper.vkey").write_text(f"{other}\n")
    report = json.loads(
        mandate("verify", honest, "--vkey", tmp_path / "paper.vkey", "--json", code=1).stdout
    )
    assert {fault["check"] for fault in report["faults"]} == {"record.log"}
    mandate("verify", next(honest.glob("contests/*/*.bel")), "--vkey", str(other), code=2)


# Another ballot paper


class Liar:
    """A server that is honest at the first look, and then shows papers and tallies of its own."""

    def __init__(self, closed: Closed) -> None:
        honest = closed.scenario.paper(closed.uuid)
        self.uuid, self.raw = closed.uuid, honest.raw
        self.other = honest.raw.replace(b'"name":"', b'"name":"Another: ', 1)
        self.tally = [[{"alpha": honest.public_key.text, "beta": honest.public_key.text}]]
        self.looks = 0
        self.sent: list[str] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        if request.method == "POST" and path.startswith("/api/"):
            self.sent.append(path)
        if path.endswith("/election"):
            self.looks += 1
            return httpx2.Response(200, content=self.raw if self.looks == 1 else self.other)
        if path.endswith("/rehearsal"):
            return httpx2.Response(200, json={"uuid": self.uuid, "encrypted_tally": self.tally})
        if path.endswith("/trustee"):
            return httpx2.Response(200, json=self._task(path.split("/")[-2]))
        page = '<form><input name="csrf_token" value="t"></form>'
        signed_in = request.method == "POST" and path == "/sign-in"
        return httpx2.Response(303 if signed_in else 200, text=page)

    def _task(self, step: str) -> dict[str, Any]:
        contest = {"uuid": self.uuid, "decrypted": False, "fingerprint": "whatever"}
        return {"step": step, "waiting_for": [], "contests": [contest]}

    def connect(self, visitor: Voter | Trustee) -> None:
        visitor.totp = "A" * 32
        visitor.client = httpx2.Client(
            base_url="http://liar.example", transport=httpx2.MockTransport(self)
        )


def test_a_voter_who_is_shown_another_paper_casts_nothing(closed: Closed) -> None:
    liar = Liar(closed)
    voter = Voter("", DemoClock(closed.scenario.clock()), "v")
    liar.connect(voter)
    voter.secrets[closed.uuid] = next(iter(closed.scenario.secrets.values()))
    assert voter.paper(closed.uuid).fingerprint == closed.fingerprint
    with pytest.raises(RuntimeError, match="another ballot paper"):
        voter.vote(closed.uuid, first_ones, 0)
    assert liar.sent == []


@pytest.mark.parametrize(
    ("step", "refusal"),
    [("rehearse", "this is not the test tally"), ("decrypt", "another ballot paper")],
)
def test_a_trustee_who_is_shown_another_paper_or_tally_decrypts_nothing(
    closed: Closed, step: str, refusal: str
) -> None:
    liar = Liar(closed)
    trustee = Trustee("", DemoClock(closed.scenario.clock()), "t")
    liar.connect(trustee)
    trustee.private[step] = closed.scenario.held[closed.election_id][0].private
    if step == "decrypt":
        trustee.paper(closed.uuid)  # on the day it was sealed
    with pytest.raises(RuntimeError, match=refusal):
        trustee.work(step)
    assert liar.sent == []
