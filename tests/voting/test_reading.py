"""What `mandate verify` says to a person: names and rules, the key, the machine, a page to sign."""

from __future__ import annotations

import errno
import io
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from audit.database import Base, Database
from audit.keys import Algorithm, Signer
from ballots.machine import MachineError, machine
from tests.voting.scenario import Scenario
from tests.voting.test_record import log_of
from voting import publication
from voting.models import DIRECT, Election
from voting.record import write_folder, write_zip
from voting.record.layout import canonical
from voting.record.reading import read_record
from web.cli import app


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("reading")
    database = Database(f"sqlite:///{folder / 'mandate.sqlite'}")
    Base.metadata.create_all(database.engine)
    scenario = Scenario(database).organise()
    election_id = scenario.run(DIRECT, constituencies=["K3"])
    log = log_of(database, folder)
    with database.read() as uow:
        source = publication.source_of(uow, uow.session.get_one(Election, election_id), log)
        write_folder(folder / "record", source)
    with (folder / "record.zip").open("wb") as file:
        write_zip(folder / "record", file)
    yield folder / "record"
    database.close()


def verify(*arguments: str | Path, language: str = "en") -> Result:
    given = ["verify", *map(str, arguments), "--language", language]
    return CliRunner().invoke(app, given, env={"COLUMNS": "200"})


def test_a_person_reads_names_and_rules(record: Path) -> None:
    key = (record / "log" / "public.vkey").read_text().strip()
    for path in (record, record.with_suffix(".zip")):
        done = verify(path, "--vkey", key)
        assert done.exit_code == 0, done.output
        reading = read_record(path).elections[0]
        (contest,) = reading.contests
        elected = [seat.label for seat in contest.verdicts if seat.outcome == "elected"]
        assert f"{reading.title_en} (" in done.output
        assert f"elected by majority: {elected[0]}" in done.output
        assert "warning" not in done.output and done.output.strip().endswith("VALID")
    uuids = [path.stem for path in record.glob("contests/*/*.bel")]
    assert uuids and not any(uuid in done.output for uuid in uuids)
    assert uuids[0] in verify(record, "--json").output
    chinese = verify(record, "--vkey", key, language="zh").output
    assert f"当选（过半数）：{elected[0]}" in chinese


def test_the_key_that_the_record_brings_is_said(record: Path, tmp_path: Path) -> None:
    assert "the key that it brings itself" in verify(record).output
    key = (record / "log" / "public.vkey").read_text().strip()
    policy = tmp_path / "policy"
    policy.write_text(f"log {key}\nquorum none\n")
    done = verify(record, "--policy", policy)
    assert done.exit_code == 0 and "brings itself" not in done.output
    witness = Signer.from_seed("w.example", Algorithm.ED25519_TIMED, bytes(32)).verifier
    policy.write_text(f"log {key}\nwitness w {witness}\nquorum w\n")
    for path in (record, record.with_suffix(".zip")):
        done = verify(path, "--policy", policy)
        assert done.exit_code == 1 and "cosignatures that the policy wants" in done.output


def test_a_page_to_sign(record: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    assert verify(record.with_suffix(".zip"), "--report", page, language="zh").exit_code == 0
    text = page.read_text()
    reading = read_record(record).elections[0]
    for part in (reading.title_zh, reading.title_en, "Signature", "签名", "VALID", "default-src"):
        assert part in text
    assert text.index(reading.title_zh) < text.index("Signature")
    assert "http://" not in text and "https://" not in text and "<script" not in text
    done = verify(record, "--report", tmp_path / "none" / "report.html")
    assert done.exit_code == 3 and "nothing was judged" in done.output


def test_a_forged_record_is_not_told_as_true(record: Path, tmp_path: Path) -> None:
    path = tmp_path / "record.zip"
    raw = record.with_suffix(".zip").read_bytes()
    title = read_record(record).elections[0].title_en.encode()
    path.write_bytes(raw.replace(title, title[::-1], 1))
    done = verify(path)
    assert done.exit_code == 1
    assert done.output.index("NOT proven") < done.output.index("INVALID")


@pytest.mark.parametrize(
    "value",
    [{}, {"contests": 5}, {"contests": [5, {"code": []}]}, {"contests": [{"seats": True}]}, []],
)
def test_a_strange_document_is_read_without_a_trace(value: object, tmp_path: Path) -> None:
    (tmp_path / "election.json").write_bytes(canonical(value))
    read_record(tmp_path)
    (tmp_path / "x.zip").write_bytes(b"PK")
    assert read_record(tmp_path / "x.zip").elections == ()


# --- zips --------------------------------------------------------------------------------------


def overlapping() -> bytes:
    """Ten members that are all the same megabyte (as in `zbsm`, which makes gigabytes of it)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a/m0.bin", bytes(1 << 20))
    raw = out.getvalue()
    start = raw.index(b"PK\1\2")
    end = raw.index(b"PK\5\6")
    central = raw[start:end]
    many = b"".join(central.replace(b"m0", b"m%d" % number) for number in range(10))
    tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 10, 10, len(many), start, 0)
    return raw[:start] + many + tail


def test_members_that_lie_on_one_another_are_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bomb.zip"
    path.write_bytes(overlapping())
    assert len(zipfile.ZipFile(path).infolist()) == 10

    def never(*_arguments: object) -> None:
        raise AssertionError("a member was unpacked")

    monkeypatch.setattr("voting.record.verify._unpack_member", never)
    done = verify(path)
    assert done.exit_code == 1 and "lies on another member" in done.output


def test_a_member_larger_than_its_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large.zip"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("election.json", b"{}")
    raw = bytearray(out.getvalue())
    place = raw.index(b"PK\1\2")
    raw[place + 20 : place + 28] = struct.pack("<2L", 1 << 30, 1 << 30)
    path.write_bytes(raw)
    done = verify(path)
    assert done.exit_code == 1 and "larger than the zip" in done.output


# --- the machine -------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EMFILE, errno.ENOSYS])
def test_trouble_of_the_machine_is_no_fault_of_the_record(
    record: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def full(*_arguments: object, **_named: object) -> None:
        raise OSError(number, "the machine's own words")

    monkeypatch.setattr("voting.record.verify.write_zip", full)
    done = verify(record.with_suffix(".zip"))
    assert done.exit_code == 3
    assert "machine's own words" in done.output and "INVALID" not in done.output


def test_no_processes_can_be_started(record: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without /dev/shm there are no semaphores."""

    def none(*_arguments: object, **_named: object) -> None:
        raise OSError(errno.ENOENT, "No such file or directory: /dev/shm")

    monkeypatch.setattr("ballots.machine.ProcessPoolExecutor", none)
    done = verify(record, "--jobs", "2")
    assert done.exit_code == 3 and "/dev/shm" in done.output  # noqa: S108


def test_what_is_trouble_and_what_is_evidence() -> None:
    with pytest.raises(FileNotFoundError), machine():
        raise FileNotFoundError(errno.ENOENT, "gone")
    for error in (MemoryError(), OSError(errno.EIO, "disk"), PermissionError(errno.EACCES, "no")):
        with pytest.raises(MachineError), machine():
            raise error
