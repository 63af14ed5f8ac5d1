"""ATTACKS 9 and 13: what the server may try on a trustee, through the trustee's own command.

Another election, an open one, one ballot, a subset. An archive that was made anew without a ballot
has the right fingerprint and a right chain: only the public log, or a receipt, tells it from the
true one. So the command takes the log, and a test says what happens without it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.election import (
    VOTERS,
    Closed,
    Heights,
    closed_election,
    forked_log,
    mandate,
    rebuilt,
)


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Closed]:
    closed = closed_election(tmp_path_factory.mktemp("closed"))
    yield closed
    closed.scenario.database.close()


class Trustee:
    """At her own machine, with what she wrote down when the election was sealed."""

    def __init__(self, closed: Closed, folder: Path) -> None:
        self.closed, self.folder = closed, folder
        self.key = closed.key_file(folder / "key")
        self.fingerprint = closed.fingerprint

    def decrypt(self, archive: Path, *more: object, code: int = 0) -> str:
        share = self.folder / "share.json"
        words = ("--key", self.key, "--fingerprint", self.fingerprint, "-o", share)
        said = mandate("trustee", "decrypt", archive, *words, *more, code=code)
        assert share.exists() is (code == 0), "a share leaves the machine only when all is right"
        return " ".join(said.output.split())

    def with_log(self, archive: Path, log: Path | None = None, *more: object, code: int = 0) -> str:
        chosen = ("--log", log or self.closed.log, "--vkey", self.closed.log_key)
        return self.decrypt(archive, *chosen, *more, code=code)


@pytest.fixture
def trustee(closed: Closed, tmp_path: Path) -> Trustee:
    return Trustee(closed, tmp_path)


def test_the_true_archive_is_decrypted(closed: Closed, trustee: Trustee, tmp_path: Path) -> None:
    archive = closed.archive(tmp_path / "a.bel")
    trustee.decrypt(archive)
    (tmp_path / "share.json").unlink()
    trustee.with_log(archive)
    assert json.loads((tmp_path / "share.json").read_bytes())["share"]["decryption_factors"]


def test_another_election_than_the_voters_saw(
    closed: Closed, trustee: Trustee, tmp_path: Path
) -> None:
    """A twin with the same trustees, made so that the server knows who voted in it."""
    (tmp_path / "twin").mkdir()
    twin = closed_election(tmp_path / "twin")
    said = trustee.decrypt(twin.archive(tmp_path / "twin.bel"), code=1)
    assert "this is another election: its fingerprint is" in said
    twin.scenario.database.close()


def test_a_vote_that_is_open(closed: Closed, trustee: Trustee, tmp_path: Path) -> None:
    still_open = rebuilt(closed, tmp_path / "open.bel", everything, until="EndBallots")
    assert "the vote is not closed" in trustee.decrypt(still_open, code=1)
    added_up = rebuilt(closed, tmp_path / "ended.bel", everything, until="EncryptedTally")
    assert "the vote is not closed" in trustee.decrypt(added_up, code=1)


def test_a_tally_of_one_ballot_in_the_true_archive(
    closed: Closed, trustee: Trustee, tmp_path: Path
) -> None:
    """All ballots are there, and what is called their tally is the first of them."""
    single = rebuilt(closed, tmp_path / "single.bel", everything, lambda height: height == 1)
    assert "the archive is not valid" in trustee.decrypt(single, code=1)


def everything(_height: int) -> bool:
    return True


SUBSETS: dict[str, Heights] = {
    "one ballot": lambda height: height == 1,
    "without one ballot": lambda height: height != 3,
    "without the last": lambda height: height != VOTERS,
}


@pytest.mark.parametrize("keep", SUBSETS.values(), ids=SUBSETS)
def test_a_subset_in_a_chain_made_anew(
    closed: Closed, trustee: Trustee, tmp_path: Path, keep: Heights
) -> None:
    """What is honest to say: without the log it is decrypted, with the log it is refused."""
    subset = rebuilt(closed, tmp_path / "subset.bel", keep)
    mandate("verify", subset)
    said = trustee.with_log(subset, code=1)
    assert "the archive is not the one of the public log: event" in said
    trustee.decrypt(subset)


def test_a_log_that_was_made_anew_as_well(closed: Closed, trustee: Trustee, tmp_path: Path) -> None:
    """With the log's key the server can write a log for this trustee alone. What she kept shows it:
    a checkpoint of the day before. Her policy of witnesses does the same."""
    kept = tmp_path / "checkpoint"
    kept.write_bytes((closed.log / "checkpoint").read_bytes())
    subset = rebuilt(closed, tmp_path / "subset.bel", SUBSETS["without one ballot"])
    fork = forked_log(closed, subset, tmp_path / "fork")
    trustee.with_log(subset, fork)
    (tmp_path / "share.json").unlink()
    assert "the log is not valid" in trustee.with_log(subset, fork, "--old", kept, code=1)


def test_a_log_that_is_damaged_or_of_somebody_else(
    closed: Closed, trustee: Trustee, tmp_path: Path
) -> None:
    archive = closed.archive(tmp_path / "a.bel")
    damaged = tmp_path / "damaged"
    shutil.copytree(closed.log, damaged)
    (bundle,) = (damaged / "tile" / "entries").glob("0*.p/*")
    raw = bundle.read_bytes()
    bundle.write_bytes(raw[:100] + bytes([raw[100] ^ 1]) + raw[101:])
    assert "the log is not valid" in trustee.with_log(archive, damaged, code=1)
    assert "there is no" in trustee.with_log(archive, tmp_path / "none", code=1)
    trustee.decrypt(archive, "--vkey", closed.log_key, code=2)  # a key, and nothing to check by it
    trustee.decrypt(archive, "--log", closed.log, code=2)  # a log, and nobody's key
