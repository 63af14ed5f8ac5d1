"""Archives: byte for byte, in bounded memory, continued and compared."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from ballots import BallotError
from ballots.archive import Reader, UnreadableError, Writer, diff, parse_event, steps
from tests.ballots.archives import VECTORS
from tests.ballots.forge import Forge

DEMOS = sorted((VECTORS / "valid").glob("*.bel"))


@pytest.mark.parametrize("demo", DEMOS, ids=lambda path: path.stem)
def test_written_again_byte_for_byte(demo: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.bel"
    with demo.open("rb") as stream:
        reader = Reader(stream)
        writer: Writer | None = None
        for step in steps(reader):
            writer = writer or Writer(copy, reader.timestamp)
            for record in step.data:
                assert writer.data(record.body) == record.digest
            assert writer.event(step.event.type, step.event.payload) == step.digest
    assert writer is not None
    writer.close()
    assert copy.read_bytes() == demo.read_bytes()


def test_continued_after_any_event(tmp_path: Path) -> None:
    whole = Forge().write(tmp_path / "whole.bel")
    with whole.open("rb") as stream:
        found = list(steps(Reader(stream)))
    path = tmp_path / "continued.bel"
    with Writer(path, 1_700_000_000):
        pass
    for step in found:
        with Writer(path) as writer:
            for record in step.data:
                writer.data(record.body)
            writer.event(step.event.type, step.event.payload)
            writer.flush()
    assert path.read_bytes() == whole.read_bytes()


def test_a_broken_archive_is_not_continued(tmp_path: Path) -> None:
    path = Forge().write(tmp_path / "archive.bel")
    path.write_bytes(path.read_bytes() + b"more")
    with pytest.raises(BallotError) as refusal:
        Writer(path)
    assert refusal.value.check == "container.end"


def test_memory_does_not_grow_with_the_archive(tmp_path: Path) -> None:
    def peak(ballots: int) -> int:
        path = tmp_path / f"{ballots}.bel"
        with Writer(path, 1) as writer:
            for i in range(ballots):
                writer.event("Ballot", writer.data(b'"%05d%s"' % (i, b"x" * 4000)))
        tracemalloc.start()
        with path.open("rb") as stream:
            assert sum(1 for _ in steps(Reader(stream))) == ballots
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(400) < 1.5 * peak(40)


def test_diff(tmp_path: Path) -> None:
    new = Forge().write(tmp_path / "new.bel")
    raw = new.read_bytes()
    with new.open("rb") as stream:
        ends = [record.end for record in Reader(stream) if record.is_event]
    old = tmp_path / "old.bel"
    old.write_bytes(raw[: ends[1]])
    extension = diff(old, new)
    assert (extension.old_events, extension.new_events) == (2, len(ends))
    assert extension.added == {
        "Ballot": 1,
        "EndBallots": 1,
        "EncryptedTally": 1,
        "PartialDecryption": 2,
        "Result": 1,
    }
    assert diff(new, new).added == {}


def test_diff_names_the_event_that_is_gone(tmp_path: Path) -> None:
    old = Forge().write(tmp_path / "old.bel")
    new = Forge(choices=([[1, 0]], [[1, 0]])).write(tmp_path / "new.bel")
    with pytest.raises(BallotError) as refusal:
        diff(old, new)
    assert refusal.value.check == "chain.extension"
    assert refusal.value.place.startswith("event ")


def test_diff_of_what_is_no_archive(tmp_path: Path) -> None:
    old, new = tmp_path / "old.bel", Forge().write(tmp_path / "new.bel")
    old.write_bytes(b"")
    with pytest.raises(UnreadableError):
        diff(old, new)


@pytest.mark.parametrize(
    "body",
    [
        b'{"height":0,"type":"Setup","payload":null}',
        b'{"height":true,"type":"Setup"}',
        b'{"height":-1,"type":"Setup"}',
        b'{"type":"Setup","height":0}',
        b'{"parent":"","height":0,"type":"Setup","payload":"","more":1}',
        b'["Setup"]',
        b"null",
    ],
)
def test_events_in_another_form(body: bytes) -> None:
    with pytest.raises(BallotError):
        parse_event(body, "event")
