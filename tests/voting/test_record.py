"""The published record: what is written verifies, and no byte of it can be changed unnoticed."""

from __future__ import annotations

import io
import json
import random
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.database import Base, Database
from audit.keyfiles import load_or_create_keys
from audit.service import LogService
from tests.voting.scenario import Scenario
from voting import publication
from voting.errors import Conflict
from voting.models import COMMITTEE, CONFIDENCE, DIRECT, Election
from voting.record import verify_bundle, write_folder, write_term, write_zip
from voting.record.layout import canonical, manifest_of
from voting.registry import people, structure
from voting.registry.entries import PersonChanged

FLIPS = 15


def log_of(database: Database, folder: Path) -> Path:
    """The public log of all that was recorded so far, with its keys."""
    keys = load_or_create_keys(folder / "keys", "vote.example/test")
    service = LogService(database, folder / "log", keys)
    service.run_once()
    service.publish_keys()
    return folder / "log" / "public"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Scenario, str, Path]]:
    """One election, once for all tests here: nobody changes it."""
    folder = tmp_path_factory.mktemp("finished")
    database = Database(f"sqlite:///{folder / 'mandate.sqlite'}")
    Base.metadata.create_all(database.engine)
    scenario = Scenario(database).organise()
    election_id = scenario.run(DIRECT, constituencies=["K3"])
    log_of(database, folder)
    yield scenario, election_id, folder
    database.close()


@pytest.fixture
def record(finished: tuple[Scenario, str, Path], tmp_path: Path) -> Path:
    scenario, election_id, folder = finished
    path = tmp_path / "direct-1"
    with scenario.database.read() as uow:
        election = uow.session.get_one(Election, election_id)
        write_folder(path, publication.source_of(uow, election, folder / "log" / "public"))
    return path


def faults(path: Path) -> list[tuple[str, str]]:
    return [(fault.check, fault.place) for fault in verify_bundle(path).faults]


def test_the_record_verifies(record: Path) -> None:
    report = verify_bundle(record)
    assert report.to_json()["faults"] == []
    assert report.valid
    assert report.exit_code == 0
    assert list(report.results.values()) == [[[0, 19, 0]]]


def test_a_candidate_who_is_renamed_while_voting_is_open(
    sqlite_database: Database, tmp_path: Path
) -> None:
    """The paper is sealed: result and record call the candidate what the paper does."""
    scenario = Scenario(sqlite_database).organise()
    election_id = scenario.prepare(DIRECT, constituencies=["K3"])
    scenario.vote(election_id)
    candidate = scenario.candidacies(election_id)[0]
    with scenario.database.transaction() as uow:
        person = people.get_person(uow, candidate.person_id)
        person.name, person.joined_on = f"{person.name}甲", None
        uow.record(PersonChanged(person_id="person", person=people.commitment(person), what="name"))
    scenario.count(election_id)
    log = log_of(scenario.database, tmp_path)
    with scenario.database.read() as uow:
        election = uow.session.get_one(Election, election_id)
        write_folder(tmp_path / "record", publication.source_of(uow, election, log))
    assert faults(tmp_path / "record") == []


def test_writing_twice_gives_the_same_bytes(record: Path, tmp_path: Path) -> None:
    one, other = io.BytesIO(), io.BytesIO()
    write_zip(record, one)
    write_zip(record, other)
    assert one.getvalue() == other.getvalue()
    path = tmp_path / "record.zip"
    path.write_bytes(one.getvalue())
    assert verify_bundle(path).valid


def test_any_flipped_byte_of_any_file_is_found_and_named(record: Path) -> None:
    rng = random.Random(1)
    for path in sorted(p for p in record.rglob("*") if p.is_file()):
        raw = path.read_bytes()
        if not raw:
            continue
        place = rng.randrange(len(raw))
        path.write_bytes(flipped(raw, place, rng))
        name = path.relative_to(record).as_posix()
        found = verify_bundle(record)
        assert not found.valid, name
        assert any(name in fault.place for fault in found.faults), name
        path.write_bytes(raw)
    assert verify_bundle(record).valid


def test_any_flipped_byte_of_the_zip_is_found(record: Path, tmp_path: Path) -> None:
    rng = random.Random(2)
    out = io.BytesIO()
    write_zip(record, out)
    raw, path = out.getvalue(), tmp_path / "record.zip"
    ends = [*range(10), *range(len(raw) - 12, len(raw))]
    for place in [*ends, *rng.sample(range(len(raw)), FLIPS)]:
        path.write_bytes(flipped(raw, place, rng))
        report = verify_bundle(path)
        assert report.exit_code in (1, 2), place
        assert report.faults, place


def flipped(raw: bytes, place: int, rng: random.Random) -> bytes:
    return raw[:place] + bytes([raw[place] ^ (1 << rng.randrange(8))]) + raw[place + 1 :]


def test_missing_and_additional_files(record: Path) -> None:
    (record / "contests" / "note.txt").write_text("slipped in")
    assert ("record.extra", "contests/note.txt") in faults(record)
    (record / "contests" / "note.txt").unlink()
    (record / "README.txt").unlink()
    assert ("record.file", "README.txt") in faults(record)


def rewrite(record: Path, name: str, change: object) -> None:
    """Change a document and make the manifest anew, as a clever forger would."""
    path = record / name
    value = json.loads(path.read_bytes())
    change(value)  # type: ignore[operator]
    path.write_bytes(canonical(value))
    (record / "manifest.json").write_bytes(manifest_of(record))


def test_a_forged_description_differs_from_the_log(record: Path) -> None:
    rewrite(record, "election.json", lambda e: e["contests"][0].update(voters=18))
    found = faults(record)
    assert ("record.log-facts", "election.json, contest K3") in found
    assert ("record.bound", "election.json") in found
    assert any(check == "record.counts" for check, _ in found)


def test_a_forged_declaration_does_not_follow_from_the_rules(record: Path) -> None:
    name = "contests/K3/declaration.json"
    rewrite(record, name, lambda d: d["elected"].append("f" * 64))
    assert ("record.declaration", name) in faults(record)


def test_other_rules_are_not_the_adopted_ones(record: Path) -> None:
    rewrite(record, "profile.json", lambda p: p["quorum"]["fraction"].update(numerator=1))
    assert ("record.profile", "profile.json") in faults(record)


def test_a_ballot_dropped_from_the_archive_is_missed_in_it(record: Path) -> None:
    """The whole archive is cut after a ballot: as such it is right, but the log knows more."""
    (path,) = record.glob("contests/K3/*.bel")
    name = path.relative_to(record).as_posix()
    raw = path.read_bytes()
    end = raw.index(b"0000644", raw.index(b'"height":10,')) - 100
    path.write_bytes(raw[:end])
    (record / "manifest.json").write_bytes(manifest_of(record))
    assert ("record.log-events", name) in faults(record)


def test_what_is_no_record_cannot_be_read(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert verify_bundle(empty).exit_code == 2
    bad = tmp_path / "bad.zip"
    bad.write_bytes(b"no zip at all")
    assert verify_bundle(bad).exit_code == 2


@pytest.mark.parametrize("name", ["../outside", "/absolute", "a/../../b", "C:\\x", "a//b"])
def test_a_zip_cannot_write_outside_of_its_folder(record: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / "record.zip"
    with path.open("wb") as file:
        write_zip(record, file)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, b"x")
    before = {p for p in tmp_path.rglob("*") if record not in p.parents}
    assert ("record.zip", name) in faults(path)
    assert {p for p in tmp_path.rglob("*") if record not in p.parents} == before


def test_a_compressed_member_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("election.json", b" " * 50_000_000)
    assert ("record.zip", "election.json") in faults(path)


@pytest.mark.slow
def test_a_term_is_a_chain(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'mandate.sqlite'}")
    Base.metadata.create_all(database.engine)
    scenario = Scenario(database).organise()
    scenario.run(DIRECT)
    scenario.clock.forward(days=30)
    scenario.run(COMMITTEE)
    scenario.clock.forward(days=900)
    scenario.run(CONFIDENCE)
    log = log_of(database, tmp_path)
    path = tmp_path / "term"
    with database.read() as uow:
        term = structure.get_term(uow, scenario.term)
        write_term(path, *publication.term_of(uow, term, log))
    assert verify_bundle(path).to_json()["faults"] == []
    rewrite(path, "term.json", lambda t: t["offices"].pop())
    assert ("record.term", "term.json") in faults(path)
    shutil.rmtree(path)
    database.close()


def test_the_record_of_an_open_vote_is_what_its_log_says(
    sqlite_database: Database, tmp_path: Path
) -> None:
    """Ballots come in while somebody downloads it: the log is behind the rows, and the record is
    cut where the log is. Anything else that is not under the checkpoint has to wait for it."""
    scenario = Scenario(sqlite_database).organise()
    election_id = scenario.prepare(DIRECT, constituencies=["K3"])
    (uuid,) = scenario.uuids(election_id)
    first, second, third, *_ = scenario.voters(uuid)
    scenario.cast(uuid, first)
    log = log_of(scenario.database, tmp_path)
    checkpoint = (log / "checkpoint").read_bytes()
    for voter in (second, third):
        scenario.cast(uuid, voter)
    with scenario.database.read() as uow:
        election = uow.session.get_one(Election, election_id)
        write_folder(tmp_path / "cut", publication.source_of(uow, election, log, checkpoint))
        write_folder(tmp_path / "ahead", publication.source_of(uow, election, log))
    assert verify_bundle(tmp_path / "cut").to_json()["faults"] == []
    assert not verify_bundle(tmp_path / "ahead").valid
    scenario.close(election_id)
    with scenario.database.read() as uow, pytest.raises(Conflict, match="just being written"):
        publication.source_of(uow, uow.session.get_one(Election, election_id), log, checkpoint)
