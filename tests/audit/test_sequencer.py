"""The sequencer: dense indices, one root for a size, several of them at once, clocks that step."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from audit.database import Database
from audit.entries import PUBLIC, SECURITY, decode
from audit.errors import LogError
from audit.folder import LogFolder
from audit.keys import Verifier
from audit.merkle import EMPTY_ROOT
from audit.models import LogEntry, LogState
from audit.note import Checkpoint, sign, verify_checkpoint
from audit.proofs import Proof
from audit.proving import prove
from audit.sequencer import Sequencer, find
from audit.tiles import TileName, split_bundle, width_at
from audit.verifier import verify
from tests.audit.logs import ORIGIN, SIGNER, Counted, append, grow, sequencer

WRITERS, EACH, AT_ONCE = 50, 200, 10


def numbers(folder: LogFolder) -> list[int]:
    return numbers_of(folder, [SIGNER.verifier])


def numbers_of(folder: LogFolder, verifiers: list[Verifier]) -> list[int]:
    """What was logged, in the order of the log."""
    size = verify_checkpoint(folder.checkpoint() or b"", verifiers)[0].size
    found = []
    for index in range(-(-size // 256)):
        name = TileName(-1, index, width_at(-1, index, size))
        found += [decode(raw)["data"]["n"] for raw in split_bundle(folder.tile(name), name.width)]
    return found


def checkpoint(folder: LogFolder) -> Checkpoint:
    return verify_checkpoint(folder.checkpoint() or b"", [SIGNER.verifier])[0]


def test_an_empty_log_has_a_checkpoint(database: Database, tmp_path: Path) -> None:
    folder = grow(database, tmp_path / "log")
    assert sequencer(database, tmp_path / "log").run_once() == 0
    assert checkpoint(folder) == Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert verify(folder, [SIGNER.verifier]).valid


def test_a_log_grows(database: Database, tmp_path: Path) -> None:
    folder = grow(database, tmp_path / "log", 1, 1, 254, 1, 300, 2000)
    assert numbers(folder) == list(range(2557))
    report = verify(folder, [SIGNER.verifier])
    assert report.valid and report.size == 2557


def test_the_leaf_is_the_row_byte_for_byte(database: Database, tmp_path: Path) -> None:
    grow(database, tmp_path / "log", 300)
    with database.read() as uow:
        rows = uow.session.execute(select(LogEntry.position, LogEntry.entry)).all()
    for position, raw in rows[::50]:
        proof = Proof.parse(prove(tmp_path / "log", position).encode())
        assert proof.entry == raw
        proof.verify([SIGNER.verifier])


def test_an_entry_is_found_and_proved(database: Database, tmp_path: Path) -> None:
    grow(database, tmp_path / "log", 300)
    append(database, 1, 300)  # not logged yet
    index = find(database, PUBLIC, "number/42")
    assert index == 42
    with pytest.raises(LogError, match="300 entries"):
        prove(tmp_path / "log", 300)
    assert find(database, PUBLIC, "number/300") is None
    assert find(database, SECURITY, "number/42") is None
    assert find(database, PUBLIC, "number/42", n="other") is None


def test_another_sequencer_continues(database: Database, tmp_path: Path) -> None:
    append(database, 700)
    assert sequencer(database, tmp_path / "log", batch=256).run_once() == 256
    assert sequencer(database, tmp_path / "log", batch=256).run_once() == 256
    assert sequencer(database, tmp_path / "log").drain() == 188
    assert numbers(LogFolder(tmp_path / "log")) == list(range(700))


def test_a_second_machine_writes_the_same_files(database: Database, tmp_path: Path) -> None:
    here = grow(database, tmp_path / "here", 300)
    there = sequencer(database, tmp_path / "there")
    assert there.run_once() == 0
    append(database, 300, 300)
    assert there.run_once(polite=True) == 0  # the one here was active just now
    assert there.run_once() == 300
    append(database, 5, 600)
    assert sequencer(database, tmp_path / "here").drain() == 5
    assert there.run_once() == 0
    assert here.checkpoint() == LogFolder(tmp_path / "there").checkpoint()
    assert verify(LogFolder(tmp_path / "there"), [SIGNER.verifier]).valid


def test_a_lease_from_before_a_step_of_the_clock_does_not_bind(
    database: Database, tmp_path: Path
) -> None:
    grow(database, tmp_path / "here", 3)
    there = sequencer(database, tmp_path / "there")
    append(database, 1, 3)
    database.clock = lambda: datetime.now(UTC) - timedelta(days=1)
    assert there.run_once(polite=True) == 1


def test_the_clock_that_goes_back_is_logged(database: Database, tmp_path: Path) -> None:
    grow(database, tmp_path / "log", 3)
    runner = sequencer(database, tmp_path / "log")
    database.clock = lambda: datetime.now(UTC) - timedelta(days=1)
    append(database, 1, 3)
    assert runner.drain() == 1
    with database.read() as uow:
        said = [
            decode(row.entry)
            for row in uow.session.scalars(select(LogEntry).where(LogEntry.log == SECURITY))
        ]
    assert [entry["type"] for entry in said] == ["clock.stepped"]
    assert said[0]["data"]["before"][:10] > said[0]["data"]["after"][:10]
    assert verify(LogFolder(tmp_path / "log"), [SIGNER.verifier]).valid


def test_it_runs_in_the_background_and_beats(database: Database, tmp_path: Path) -> None:
    runner = sequencer(database, tmp_path / "log")
    stop = threading.Event()
    thread = threading.Thread(
        target=runner.run_forever, args=(stop,), kwargs={"heartbeat": timedelta(seconds=0.3)}
    )
    thread.start()
    try:
        append(database, 5)
        for _ in range(100):
            if stop.wait(0.05) or _types(database, "heartbeat"):
                break
    finally:
        stop.set()
        thread.join(timeout=10)
    assert len(_types(database, "test.counted")) == 5
    assert _types(database, "heartbeat")


def test_it_waits_out_a_full_disk(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = sequencer(sqlite_database, tmp_path / "log")
    full = [OSError(28, "No space left on device")] * 2
    write = LogFolder.put

    def put(folder: LogFolder, name: str, data: bytes) -> None:
        if full:
            raise full.pop()
        write(folder, name, data)

    monkeypatch.setattr(LogFolder, "put", put)
    stop = threading.Event()
    append(sqlite_database, 5)
    thread = threading.Thread(target=runner.run_forever, args=(stop,))
    thread.start()
    for _ in range(200):
        if len(_types(sqlite_database, "test.counted")) == 5 and not full:
            break
        stop.wait(0.05)
    stop.set()
    thread.join(timeout=10)
    runner.drain()
    assert numbers(LogFolder(tmp_path / "log")) == [0, 1, 2, 3, 4]


def _types(database: Database, wanted: str) -> list[int]:
    with database.read() as uow:
        rows = uow.session.execute(
            select(LogEntry.position, LogEntry.entry).where(LogEntry.position.is_not(None))
        ).all()
    return [position for position, raw in rows if decode(raw)["type"] == wanted]


class Crowd:
    """Threads that all must end well."""

    def __init__(self) -> None:
        self.failures: list[BaseException] = []

    def start(self, work: Callable[..., object], *arguments: object) -> threading.Thread:
        def guarded() -> None:
            try:
                work(*arguments)
            except BaseException as error:
                self.failures.append(error)

        thread = threading.Thread(target=guarded)
        thread.start()
        return thread


def test_fifty_writers_and_three_sequencers(database: Database, tmp_path: Path) -> None:
    """Two sequencers share a folder, as two processes do; the third is another machine."""

    def write(writer: int) -> None:
        for start in range(0, EACH, AT_ONCE):
            with database.transaction() as uow:
                for number in range(start, start + AT_ONCE):
                    uow.record(Counted(thing=f"writer/{writer}", n=writer * EACH + number))

    crowd, stop = Crowd(), threading.Event()
    runners = [sequencer(database, tmp_path / place, batch=100) for place in ("a", "a", "b")]
    background = [crowd.start(runner.run_forever, stop) for runner in runners]
    for thread in [crowd.start(write, writer) for writer in range(WRITERS)]:
        thread.join(timeout=120)
    stop.set()
    for thread in background:
        thread.join(timeout=30)
    assert not crowd.failures
    for runner in runners[1:]:
        runner.drain()
    for place in ("a", "b"):
        assert verify(LogFolder(tmp_path / place), [SIGNER.verifier]).valid
    _check_order(numbers(LogFolder(tmp_path / "a")))
    with database.read() as uow:
        positions = list(uow.session.scalars(select(LogEntry.position)))
    assert sorted(positions) == list(range(WRITERS * EACH))


def _check_order(found: list[int]) -> None:
    assert sorted(found) == list(range(WRITERS * EACH))
    for writer in range(WRITERS):
        own = [n for n in found if n // EACH == writer]
        assert own == sorted(own), "what a writer did first must be logged first"


@pytest.fixture
def grown(database: Database, tmp_path: Path) -> Iterator[Database]:
    grow(database, tmp_path / "log", 300, 20)
    yield database


def test_a_database_that_is_behind_stops_the_sequencer(grown: Database, tmp_path: Path) -> None:
    _sql(grown, "UPDATE log_states SET size = 300")
    with pytest.raises(LogError, match="behind"):
        sequencer(grown, tmp_path / "log").run_once()


def test_a_changed_head_stops_the_sequencer(grown: Database, tmp_path: Path) -> None:
    _sql(grown, "UPDATE log_states SET root = 'changed'")
    with pytest.raises(LogError, match="do not hash"):
        sequencer(grown, tmp_path / "log").run_once()


def test_changed_files_stop_the_sequencer(grown: Database, tmp_path: Path) -> None:
    tile = tmp_path / "log" / "tile" / "0" / "001.p" / "64"
    tile.write_bytes(bytes([tile.read_bytes()[0] ^ 1]) + tile.read_bytes()[1:])
    with pytest.raises(LogError, match="do not hash"):
        sequencer(grown, tmp_path / "log").run_once()


def test_a_lost_row_is_named_when_files_are_made_anew(grown: Database, tmp_path: Path) -> None:
    _sql(grown, "DELETE FROM log_entries WHERE position = 123")
    with pytest.raises(LogError, match="entry 123"):
        sequencer(grown, tmp_path / "new").run_once()


def test_files_without_a_database_stop_the_sequencer(grown: Database, tmp_path: Path) -> None:
    _sql(grown, "DELETE FROM log_states")
    with pytest.raises(LogError, match="does not know"):
        sequencer(grown, tmp_path / "log").run_once()


def test_a_folder_takes_no_second_root_and_does_not_go_back(
    grown: Database, tmp_path: Path
) -> None:
    folder = LogFolder(tmp_path / "log")
    head = checkpoint(folder)
    for size, root, reason in ((320, EMPTY_ROOT, "two roots"), (319, EMPTY_ROOT, "320 entries")):
        other = sign(Checkpoint(head.origin, size, root).text, [SIGNER])
        with pytest.raises(LogError, match=reason):
            folder.publish(other.to_bytes())
    assert checkpoint(folder) == head


def _sql(database: Database, statement: str) -> None:
    with database.transaction() as uow:
        uow.session.execute(text(statement))


def test_the_head_in_the_database_is_the_published_one(grown: Database, tmp_path: Path) -> None:
    with grown.read() as uow:
        state = uow.session.get(LogState, PUBLIC)
    assert state is not None
    assert state.checkpoint.encode() == LogFolder(tmp_path / "log").checkpoint()
    assert isinstance(sequencer(grown, tmp_path / "log"), Sequencer)
