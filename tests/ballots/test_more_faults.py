"""Faults beyond the corpus: one value changed, all hashes made again, and the check that speaks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ballots.archive import data_name, record
from ballots.encoding import dumps
from ballots.verifier import verify
from tests.ballots.forge import GRADES, YES_NO, Forge, on_json
from tests.ballots.mutations import bodies, rebuilt

ELECTION, TRUSTEES, CREDENTIALS, SETUP = range(4)


def checks_of(path: Path) -> set[str]:
    report = verify(path)
    assert not report.valid
    return {fault.check for fault in report.faults}


def change_setup(path: Path, position: int, change: Callable[[Any], Any]) -> Path:
    """An election that has only been set up, with one record changed."""
    forge = Forge(stop="Ballot", threshold=position == TRUSTEES)
    (_, first), *records = bodies(forge.write(path).read_bytes())
    value = json.loads(records[position][1])
    changed = dumps(change(value))
    path.write_bytes(rebuilt(first, records, {position: changed}))
    return path


def _with(**fields: Any) -> Callable[[Any], Any]:
    return lambda value: {**value, **fields}


def _question(**fields: Any) -> Callable[[Any], Any]:
    return lambda value: {**value, "questions": [{**value["questions"][0], **fields}]}


def _pedersen(**fields: Any) -> Callable[[Any], Any]:
    return lambda value: [value[0], ["Pedersen", {**value[1][1], **fields}]]


def _signed_single(value: Any) -> Any:
    return [["Single", {**value[0][1], "signature": value[0][1]["pok"]}], value[1]]


SETUPS: list[tuple[int, Callable[[Any], Any], str]] = [
    (ELECTION, _with(version=2), "election.version"),
    (ELECTION, _with(version=True), "encoding.type"),
    (ELECTION, _with(extra=1), "encoding.fields"),
    (ELECTION, _with(uuid="0OIl" * 5), "election.uuid"),
    (ELECTION, _with(questions=[]), "election.questions"),
    (ELECTION, _with(public_key="1".zfill(64)), "group.identity"),
    (ELECTION, _with(public_key="5"), "group.encoding"),
    (ELECTION, _with(public_key="2".zfill(64)), "group.membership"),
    (ELECTION, _with(group="ed25519"), "group.name"),
    (ELECTION, _with(administrator=None), "encoding.type"),
    (ELECTION, _question(min=2, max=1), "election.questions"),
    (ELECTION, _question(min=-1), "encoding.number"),
    (ELECTION, _question(max="1"), "encoding.type"),
    (ELECTION, _question(blank=1), "encoding.fields"),
    (ELECTION, _question(answers=[]), "election.questions"),
    (ELECTION, _question(answers=[1, 2]), "encoding.type"),
    (ELECTION, lambda value: [value], "encoding.type"),
    (TRUSTEES, lambda value: [], "setup.public-key"),
    (TRUSTEES, lambda value: value[:1], "setup.public-key"),
    (TRUSTEES, lambda value: value[::-1], ""),
    (TRUSTEES, lambda value: [value[0], value[0]], "trustee.duplicate"),
    (TRUSTEES, lambda value: [["Double", value[0][1]]], "encoding.type"),
    (TRUSTEES, _signed_single, "encoding.fields"),
    (TRUSTEES, _pedersen(threshold=0), "threshold.shape"),
    (TRUSTEES, _pedersen(threshold=4), "threshold.shape"),
    (TRUSTEES, _pedersen(threshold=1), "threshold.degree"),
    (TRUSTEES, _pedersen(certs=[]), "threshold.shape"),
    (TRUSTEES, _pedersen(threshold="2"), "encoding.type"),
    (CREDENTIALS, lambda value: {}, "encoding.type"),
    (CREDENTIALS, lambda value: [5], "encoding.type"),
    (CREDENTIALS, lambda value: [""], "group.encoding"),
    (CREDENTIALS, lambda value: [f"{value[0]},-1"], "encoding.number"),
    (CREDENTIALS, lambda value: [f"{value[0]},01"], "encoding.number"),
    (CREDENTIALS, lambda value: [f"{value[0]},"], "encoding.number"),
    (CREDENTIALS, lambda value: [f" {value[0]}"], "group.encoding"),
    (CREDENTIALS, lambda value: [value[0], f"{value[0]},2"], "credential.duplicate"),
    (SETUP, lambda value: {}, "encoding.fields"),
    (SETUP, _with(extra="x"), "encoding.fields"),
    (SETUP, _with(credentials="0" * 64), "chain.payload"),
    (SETUP, _with(credentials_certificate="0" * 64), "chain.payload"),
]


@pytest.mark.parametrize(("position", "change", "check"), SETUPS)
def test_setup(position: int, change: Callable[[Any], Any], check: str, tmp_path: Path) -> None:
    path = change_setup(tmp_path / "archive.bel", position, change)
    if check:
        assert check in checks_of(path)
    else:
        assert verify(path).valid  # another order of trustees is another valid election


def _counts(*counts: Any) -> Callable[[Any], Any]:
    return on_json(lambda value: {"result": [list(counts)]})


FORGED: list[tuple[Forge, str]] = [
    (Forge(result=_counts(-1, 3)), "encoding.number"),
    (Forge(result=_counts(True, 1)), "encoding.type"),
    (Forge(result=_counts(1.0, 1)), "encoding.number"),
    (Forge(result=_counts([1], 1)), "encoding.type"),
    (Forge(result=_counts(1)), "result.shape"),
    (Forge(result=_counts(2, 0)), "result.value"),
    (Forge(result=_counts(3, 0)), "result.range"),
    (Forge(result=lambda raw: b"null"), "encoding.type"),
    (Forge(result=lambda raw: raw + b"\n"), "encoding.canonical"),
    (Forge(sized=on_json(lambda v: {**v, "num_tallied": -2})), "encoding.number"),
    (Forge(sized=on_json(lambda v: {**v, "total_weight": "2"})), "encoding.number"),
    (Forge(sized=on_json(lambda v: {**v, "total_weight": 3})), "tally.weight"),
    (Forge(tally=on_json(lambda v: [[*v[0], v[0][0]]])), "tally.shape"),
    (Forge(tally=on_json(lambda v: [v[0][::-1]])), "tally.ciphertexts"),
    (Forge(shares=on_json(lambda v: dict(reversed(v.items())))), "encoding.fields"),
    (Forge(shares=on_json(lambda v: {**v, "decryption_factors": []})), "decryption.shape"),
]


@pytest.mark.parametrize(("forge", "check"), FORGED)
def test_count(forge: Forge, check: str, tmp_path: Path) -> None:
    assert check in checks_of(forge.write(tmp_path / "archive.bel"))


@pytest.mark.parametrize("owner", [0, 3, 10**9])
def test_owners_that_do_not_exist(owner: int, tmp_path: Path) -> None:
    forge = Forge(
        questions=(YES_NO, GRADES),
        choices=([[1, 0], [1, 2]],),
        shuffle_owner=lambda _: owner,
    )
    assert checks_of(forge.write(tmp_path / "archive.bel")) == {"shuffle.owner"}


def test_a_shuffle_where_nothing_is_shuffled(tmp_path: Path) -> None:
    forge = Forge(extra={"EncryptedTally": lambda _, writer: writer.event("EndShuffles") and None})
    assert checks_of(forge.write(tmp_path / "archive.bel")) == {"chain.order"}


def test_names_of_records(tmp_path: Path) -> None:
    path = Forge().write(tmp_path / "archive.bel")
    raw = path.read_bytes()
    at = raw.index(b".data.json")
    body = bodies(raw)[1][1]
    name = raw[at - 64 : at].decode()
    for wrong in (f"{name}.data.jso", f"{name.upper()}.data.json", f"{name}.json"):
        honest = record(f"{name}.data.json", body, 1_700_000_000)
        path.write_bytes(raw.replace(honest, record(wrong, body, 1_700_000_000)))
        assert "container.name" in checks_of(path)


def test_many_records_before_one_event_are_not_kept(tmp_path: Path) -> None:
    path = Forge().write(tmp_path / "archive.bel")
    for i in range(12):
        body = b"%d" % i
        with path.open("ab") as file:
            file.write(record(data_name(body), body, 1_700_000_000))
    assert checks_of(path) == {"chain.records"}


def test_an_archive_without_events(tmp_path: Path) -> None:
    path = tmp_path / "archive.bel"
    path.write_bytes(Forge().write(path).read_bytes()[:1024])
    assert checks_of(path) == {"chain.order"}


def test_a_record_that_two_events_need_stands_before_both(tmp_path: Path) -> None:
    path = Forge(questions=(GRADES,), choices=()).write(tmp_path / "archive.bel")
    raw = path.read_bytes()
    share = next(body for _, body in bodies(raw) if b"decryption_factors" in body)
    whole = record(data_name(share), share, 1_700_000_000)
    assert raw.count(whole) == 2  # the shares of no ciphertexts are the same for both trustees
    at = raw.rindex(whole)
    path.write_bytes(raw[:at] + raw[at + len(whole) :])
    assert "chain.payload" in checks_of(path)


def test_enough_right_shares_do_not_excuse_one_that_is_none(tmp_path: Path) -> None:
    def one_without_proof(raw: bytes) -> bytes:
        made.append(raw)
        return raw if len(made) != 2 else dumps({**json.loads(raw), "decryption_proofs": [[1, 2]]})

    made: list[bytes] = []  # the second share is that of the first of three threshold trustees
    another = {"PartialDecryption": lambda forge, writer: forge.share(writer, 4)}
    forge = Forge(threshold=True, shares=one_without_proof, extra=another)
    assert checks_of(forge.write(tmp_path / "archive.bel")) == {"encoding.type"}


def test_after_a_shuffle_that_cannot_be_read_nothing_is_said(tmp_path: Path) -> None:
    def changed(raw: bytes) -> bytes:
        made.append(raw)
        return raw if len(made) != 1 else raw + b" "

    made: list[bytes] = []
    forge = Forge(questions=(GRADES,), choices=([[1, 2]],), shuffled=changed)
    assert checks_of(forge.write(tmp_path / "archive.bel")) == {"encoding.canonical"}


@pytest.mark.parametrize("time", [b"14524770400\1", b"1452477040 \0", b"A4524770400\0"])
def test_a_time_that_is_no_number_is_more_than_another_time(time: bytes, tmp_path: Path) -> None:
    path = Forge().write(tmp_path / "archive.bel")
    raw = path.read_bytes()
    at = raw.index(b"14524770400\0", 512)  # of the second record
    header = bytearray(raw[at - 136 : at + 376])
    header[136:156] = time + b"        "
    header[148:156] = b"%06o\0 " % sum(header)
    path.write_bytes(raw[: at - 136] + header + raw[at + 376 :])
    assert checks_of(path) == {"container.header"}
