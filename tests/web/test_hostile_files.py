"""Files that somebody else made, given to the commands: refused in words, with a status, and
without steering the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ballots import threshold
from ballots.encoding import dumps
from ballots.group import get_group
from ballots.verifier import verify
from tests.ballots.forge import Forge
from web.cli import app

ODD = [b"", b"5", b"[5]", b"{}", b'{"a":[]}', b'"x"', b"\xff", b"[" * 50_000, b'"\\ud800"', b"NaN"]
ESCAPE = "\x1b[2J"
ROLL = {
    "uuid": "HostileHostile",
    "code": "K1",
    "title_zh": "x",
    "title_en": "x",
    "group": "Ed25519",
    "voters": 1,
    "credentials": False,
    "reissued": 0,
}
VOTER = {"member_no": "M1", "name": "x", "email": None, "language": "zh"}


def run(*words: object) -> Result:
    """A command that ends by itself, not by an exception."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.mark.parametrize("raw", ODD)
def test_what_is_no_file_of_a_trustee(raw: bytes, tmp_path: Path) -> None:
    seed, certificate = threshold.make_certificate(get_group("Ed25519"), 1, 1, 1)
    good, bad, secret = tmp_path / "certs", tmp_path / "bad", tmp_path / "seed"
    good.write_bytes(dumps([certificate]))
    secret.write_text(seed)
    bad.write_bytes(raw)
    step = ("trustee", "polynomial", "--threshold", 1)
    assert run(*step, "--seed", secret, "--certificates", good).exit_code == 0
    assert run(*step, "--seed", secret, "--certificates", bad).exit_code in (1, 2)
    assert run(*step, "--seed", bad, "--certificates", good).exit_code in (1, 2)
    share = ("trustee", "voutput", "--threshold", 1, "--seed", secret, "--certificates", good)
    assert run(*share, "--vinput", bad).exit_code in (1, 2)


@pytest.mark.parametrize(
    "roll",
    [
        *ODD,
        dumps({**ROLL, "roll": 5}),
        dumps({**ROLL, "roll": [5]}),
        dumps({**ROLL, "roll": [{"member_no": "M1"}]}),
        dumps({**ROLL, "roll": [{**VOTER, "name": 5}]}),
        dumps({**ROLL, "group": [], "roll": [VOTER]}),
        dumps({**ROLL, "group": "none", "roll": [VOTER]}),
    ],
)
def test_what_is_no_roll(roll: bytes, tmp_path: Path) -> None:
    bad = tmp_path / "roll"
    bad.write_bytes(roll)
    paths = (tmp_path / "private", tmp_path / "public")
    options = ("--private", paths[0], "--public", paths[1])
    assert run("credentials", "issue", bad, *options).exit_code == 2
    assert not any(path.exists() for path in paths)


@pytest.mark.parametrize("raw", ODD)
def test_what_is_no_report_of_a_part(raw: bytes, tmp_path: Path) -> None:
    bad = tmp_path / "part"
    bad.write_bytes(raw)
    assert run("verify", "merge", bad).exit_code == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [("election", {"name": 5}), ("counts", {"ballots": "x"}), ("counts", {"ballots": -1})],
)
def test_parts_that_say_odd_things(name: str, value: object, tmp_path: Path) -> None:
    path = tmp_path / "part"
    report = verify(Forge().write(tmp_path / "archive.bel"), shard=(0, 1)).to_json()
    path.write_bytes(dumps({**report, name: value}))
    assert run("verify", "merge", path).exit_code == 2


def test_no_text_of_a_file_steers_the_terminal(tmp_path: Path) -> None:
    archive, path = Forge().write(tmp_path / "archive.bel"), tmp_path / "part"
    fault = {"check": ESCAPE, "number": 1, "place": ESCAPE, "message": ESCAPE}
    report = verify(archive, shard=(0, 1)).to_json()
    path.write_bytes(dumps({**report, "faults": [fault], "counts": {ESCAPE: 1}}))
    said = run("verify", "merge", path)
    assert said.exit_code == 1
    assert "\x1b" not in said.output
    raw = archive.read_bytes().replace(b'"type":"Setup"', b'"type":"\\u001b2"')
    archive.write_bytes(raw)
    shown = run("archive", "show", archive)
    assert shown.exit_code in (1, 2)
    assert "\x1b" not in shown.output
