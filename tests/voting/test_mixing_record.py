"""The record of a ranked election: a changed byte of a shuffle, and too few who shuffled."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from audit.database import Database
from ballots.verifier import Report
from tests.voting.scenario import Scenario
from tests.voting.test_mixing import closed, written
from voting.record import events, logged, verify_bundle
from voting.record.contest import ContestCheck
from voting.record.history import History
from voting.record.layout import manifest_of


@pytest.fixture
def finished(sqlite_database: Database, tmp_path: Path) -> Path:
    small = Scenario(sqlite_database).organise()
    election_id = closed(small)
    for step in (small.shuffle, small.decrypt, small.declare):
        step(election_id)
    return written(small, election_id, tmp_path)


def test_every_changed_byte_of_a_shuffle_is_found(finished: Path) -> None:
    """In the archive, with the manifest put right: the proofs and the chain say so."""
    (archive,) = finished.glob("contests/K3/*.bel")
    whole = archive.read_bytes()
    places = [whole.index(b'{"ciphertexts"'), whole.rindex(b'{"ciphertexts"')]
    places += [whole.index(b'"proofs"') + 300, whole.rindex(b'"type":"EndShuffles"') + 10]
    for place in places:
        archive.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        (finished / "manifest.json").write_bytes(manifest_of(finished))
        assert not verify_bundle(finished).valid, place
    archive.write_bytes(whole)
    (finished / "manifest.json").write_bytes(manifest_of(finished))
    assert verify_bundle(finished).valid


RULE: list[tuple[list[int], set[int], list[str]]] = [
    ([1, 2, 3], set(), []),
    ([1, 3], {2}, []),
    ([1, 2, 1, 3], set(), ["a trustee shuffled twice"]),
    ([1, 2], set(), ["trustees 3 did not shuffle, and the log has no absence of them"]),
    ([1], {2, 3}, ["fewer than two trustees shuffled"]),
]


def test_the_rule_of_the_stage_is_checked_by_everyone(finished: Path) -> None:
    """A server that let fewer shuffle, with an archive whose proofs are right."""
    for shufflers, absent, said in RULE:
        with pytest.MonkeyPatch.context() as patch:
            let_shuffle(patch, shufflers, absent)
            report = verify_bundle(finished)
        expected = [("record.shuffles", message) for message in said]
        assert [(fault.check, fault.message) for fault in report.faults] == expected


def let_shuffle(patch: pytest.MonkeyPatch, shufflers: list[int], absent: set[int]) -> None:
    read, told = ContestCheck.archive, events.replayed

    def archive(check: ContestCheck, found: Report | None) -> None:
        read(check, found)
        assert check.shufflers == [1, 2, 3]
        check.shufflers = shufflers

    def replayed(raws: Iterable[bytes]) -> History:
        history = told(raws)
        for election in history.elections.values():
            for number in absent:
                election.numbered[number].absent = True
        return history

    patch.setattr(ContestCheck, "archive", archive)
    patch.setattr(logged, "replayed", replayed)
