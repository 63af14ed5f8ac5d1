"""The guard at the start: rolled back, edited, emptied, swapped; and the way back after a loss."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from audit.database import Base, Database
from audit.entries import PUBLIC, SECURITY
from audit.errors import LogError
from audit.folder import LogFolder
from audit.keyfiles import LogKeys, create_keys, load_keys, load_or_create_keys, write_signers
from audit.models import LogState
from audit.recovery import recover
from audit.service import LogService
from audit.startup import StartupError, check_startup
from audit.verifier import Demands, verify
from tests.audit.logs import ORIGIN, Counted, Watched


def fill(database: Database, service: LogService, count: int) -> None:
    with database.transaction() as uow:
        for number in range(count):
            uow.record(Counted(thing=f"number/{number}", n=number))
        uow.record(Watched(n=count))
    service.run_once()


@pytest.fixture
def keys(tmp_path: Path) -> LogKeys:
    return create_keys(tmp_path / "keys", ORIGIN)


@pytest.fixture
def service(database: Database, tmp_path: Path, keys: LogKeys) -> LogService:
    made = LogService(database, tmp_path / "log", keys)
    check_startup(database, tmp_path / "log", keys)  # a new deployment passes
    fill(database, made, 300)
    check_startup(database, tmp_path / "log", keys)
    return made


EDITS = {
    "edit": "UPDATE log_entries SET entry = (SELECT entry FROM log_entries WHERE position = 7 "
    "AND log = 'public') WHERE log = 'public' AND position = 8",
    "delete": "DELETE FROM log_entries WHERE log = 'public' AND position = 9",
    "delete the last": "DELETE FROM log_entries WHERE log = 'public' AND position = 299",
    "requeue": "UPDATE log_entries SET position = NULL WHERE log = 'public' AND position = 5",
    "move": "UPDATE log_entries SET position = 300 WHERE log = 'public' AND position = 5",
    "insert": "INSERT INTO log_entries (id, log, position, subject, entry) "
    "SELECT 'x', log, 300, subject, entry FROM log_entries WHERE log = 'public' AND position = 1",
    "other log": "UPDATE log_entries SET log = 'public', position = 300 WHERE log = 'security'",
    "security": "UPDATE log_entries SET entry = (SELECT entry FROM log_entries WHERE position = 7 "
    "AND log = 'public') WHERE log = 'security'",
    "head size": "UPDATE log_states SET size = 299 WHERE log = 'public'",
    "head size up": "UPDATE log_states SET size = 301 WHERE log = 'public'",
    "head root": "UPDATE log_states SET root = '00' WHERE log = 'public'",
    "no head": "DELETE FROM log_states WHERE log = 'public'",
    "no security head": "DELETE FROM log_states WHERE log = 'security'",
    "checkpoint": "UPDATE log_states SET checkpoint = 'x' WHERE log = 'public'",
    "swapped checkpoints": "UPDATE log_states SET checkpoint = (SELECT s.checkpoint FROM "
    "log_states s WHERE s.log = 'security') WHERE log = 'public'",
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_database_does_not_start(service: LogService, keys: LogKeys, edit: str) -> None:
    with service.database.transaction() as uow:
        uow.session.execute(text(EDITS[edit]))
    with pytest.raises(StartupError, match=r"docs/log\.md|backup"):
        check_startup(service.database, service.folder, keys)


def test_reordered_rows_do_not_start(service: LogService, keys: LogKeys) -> None:
    with service.database.transaction() as uow:
        for old, new in ((3, 9000), (4, 3), (9000, 4)):
            uow.session.execute(
                text("UPDATE log_entries SET position = :n WHERE position = :o AND log = 'public'"),
                {"n": new, "o": old},
            )
    with pytest.raises(StartupError, match="do not hash"):
        check_startup(service.database, service.folder, keys)


def test_lost_files_do_not_start(service: LogService, keys: LogKeys) -> None:
    shutil.rmtree(service.folder / PUBLIC)
    with pytest.raises(StartupError, match=r"no checkpoint.*mandate log export"):
        check_startup(service.database, service.folder, keys)


def test_a_checkpoint_of_a_strange_key_does_not_start(service: LogService, tmp_path: Path) -> None:
    strange = create_keys(tmp_path / "strange", ORIGIN)
    with pytest.raises(StartupError, match="not signed by a known key"):
        check_startup(service.database, service.folder, strange)


@pytest.fixture
def rolled_back(tmp_path: Path, keys: LogKeys) -> LogService:
    """A SQLite file that was put back from a copy; the log went on after the copy was made."""
    database = _open(tmp_path / "site.sqlite")
    service = LogService(database, tmp_path / "log", keys)
    fill(database, service, 270)
    with database.transaction() as uow:
        uow.record(Counted(thing="number/queued", n=270))  # in the copy, but not logged yet
    database.close()
    shutil.copy(tmp_path / "site.sqlite", tmp_path / "copy.sqlite")
    service = LogService(_open(tmp_path / "site.sqlite"), tmp_path / "log", keys)
    fill(service.database, service, 260)
    service.database.close()
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / f"site.sqlite{suffix}").unlink(missing_ok=True)
    shutil.copy(tmp_path / "copy.sqlite", tmp_path / "site.sqlite")
    return LogService(_open(tmp_path / "site.sqlite"), tmp_path / "log", keys)


def _open(path: Path) -> Database:
    database = Database(f"sqlite:///{path}")
    Base.metadata.create_all(database.engine)
    return database


def test_a_database_that_was_rolled_back_does_not_start(rolled_back: LogService) -> None:
    with pytest.raises(StartupError, match=r"behind.*270.*531"):
        rolled_back.start("1", "0" * 64)


def test_after_a_loss_the_log_goes_on_and_says_so(rolled_back: LogService) -> None:
    folder = LogFolder(rolled_back.folder / PUBLIC)
    before = folder.checkpoint() or b""
    counts = recover(rolled_back.database, rolled_back.folder, rolled_back.keys, "disk failure")
    assert counts == {PUBLIC: 261, SECURITY: 1}
    check_startup(rolled_back.database, rolled_back.folder, rolled_back.keys)
    rolled_back.run_once()
    verifiers = [rolled_back.keys.public[0].verifier]
    report = verify(folder, verifiers, Demands(old=[before]))
    assert report.faults == [] and report.size == 532  # 531, and server.restored
    assert recover(rolled_back.database, rolled_back.folder, rolled_back.keys, "again") == {
        PUBLIC: 0,
        SECURITY: 0,
    }


def test_spoilt_files_are_not_recovered_from(rolled_back: LogService) -> None:
    bundle = rolled_back.folder / PUBLIC / "tile" / "entries" / "001"
    bundle.write_bytes(bundle.read_bytes().replace(b'"n":1', b'"n":2', 1))
    with pytest.raises(LogError, match="not whole"):
        recover(rolled_back.database, rolled_back.folder, rolled_back.keys, "disk failure")


def test_the_service_starts_logs_and_stops(
    database: Database, tmp_path: Path, keys: LogKeys
) -> None:
    service = LogService(database, tmp_path / "log", keys)
    service.start("1.2", "ab" * 32)
    service.stop()
    service.stop()
    with database.read() as uow:
        state = uow.session.get(LogState, PUBLIC)
        assert state is not None and state.size == 3  # keys announced, started, stopped
    assert (tmp_path / "log" / PUBLIC / "public.vkey").read_text().strip() == str(
        keys.public[0].verifier
    )
    report = verify(LogFolder(tmp_path / "log" / PUBLIC), [keys.public[0].verifier])
    assert report.faults == []


def test_several_processes_may_start_at_once(database: Database, tmp_path: Path) -> None:
    """Each with its own engine, as workers have; they make the keys and the log between them."""
    failures: list[BaseException] = []

    def work(number: int) -> None:
        own = Database(database.url)
        try:
            keys = load_or_create_keys(tmp_path / "keys", ORIGIN)
            service = LogService(own, tmp_path / "log", keys)
            service.start("1.2", "ab" * 32)
            with own.transaction() as uow:
                uow.record(Counted(thing=f"number/{number}", n=number))
            service.stop()
        except BaseException as error:
            failures.append(error)
        finally:
            own.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not failures
    public = load_keys(tmp_path / "keys").public[0].verifier
    report = verify(LogFolder(tmp_path / "log" / PUBLIC), [public])
    assert (
        report.faults == [] and report.size == 13
    )  # keys once; of each: started, counted, stopped


def test_a_contradiction_is_told(database: Database, tmp_path: Path, keys: LogKeys) -> None:
    service = LogService(database, tmp_path / "log", keys)
    service.start("1.2", "ab" * 32)
    try:
        with database.transaction() as uow:
            uow.session.execute(text("UPDATE log_states SET root = 'changed'"))
        for thread in service._threads:
            thread.join(timeout=10)
        assert "do not hash" in service.failure
    finally:
        service._stop.set()


def test_key_files_that_others_can_read_are_refused(tmp_path: Path) -> None:
    create_keys(tmp_path / "keys", ORIGIN)
    path = tmp_path / "keys" / "public-log.key"
    assert path.stat().st_mode & 0o777 == 0o600
    for mode in (0o640, 0o604, 0o660):
        path.chmod(mode)
        with pytest.raises(LogError, match="chmod 600"):
            load_keys(tmp_path / "keys")


def test_keys_are_made_once_and_never_overwritten(tmp_path: Path) -> None:
    made = load_or_create_keys(tmp_path / "keys", ORIGIN)
    assert load_or_create_keys(tmp_path / "keys", "other.example").public == made.public
    with pytest.raises(LogError, match="never overwritten"):
        create_keys(tmp_path / "keys", ORIGIN)
    with pytest.raises(LogError, match="never overwritten"):
        write_signers(tmp_path / "keys" / "receipt.key", [made.receipt], new=True)
    (tmp_path / "keys" / "security-log.key").unlink()
    with pytest.raises(LogError, match=r"security-log\.key"):
        load_or_create_keys(tmp_path / "keys", ORIGIN)
    (tmp_path / "keys" / "public-log.key").write_text("")
    with pytest.raises(LogError, match="no key"):
        load_keys(tmp_path / "keys")
