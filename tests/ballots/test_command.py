"""``mandate ballot``: what a voter sees on the second device."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ballots import ballot
from ballots.questions import HomomorphicQuestion, ListsQuestion, NonHomomorphicQuestion
from tests.ballots.makers import SECRET, make_election
from web.commands.ballot import app

ELECTION = make_election(
    HomomorphicQuestion("谁?", ("李雷", "韩梅梅"), True, 1, 1),
    HomomorphicQuestion("Blank?", ("A", "B"), True, 1, 1),
    HomomorphicQuestion("None?", ("A", "B"), None, 0, 1),
    NonHomomorphicQuestion("Ranks?", ("A", "B\x1b[2J")),
    ListsQuestion("Lists?", (("L", "a"), ("M", "b", "c"))),
)
CHOICES = [[0, 0, 1], [1, 0, 0], [0, 0], [2, 1], [[0, 0], [1, 0, 1]]]
RAW, OPENING = ballot.encrypt_opened(ELECTION, SECRET, CHOICES)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    (tmp_path / "election.json").write_bytes(ELECTION.raw)
    (tmp_path / "ballot.json").write_bytes(RAW)
    (tmp_path / "opening.json").write_bytes(OPENING.raw + b"\n")
    return ["--election", f"{tmp_path}/election.json", "--ballot", f"{tmp_path}/ballot.json"]


def mandate(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize("in_a_file", [True, False])
def test_open_says_it_in_words(files: list[str], tmp_path: Path, in_a_file: bool) -> None:
    opening = f"{tmp_path}/opening.json" if in_a_file else OPENING.raw.decode()
    code, said, _ = mandate("open", *files, "--opening", opening)
    assert code == 0
    assert said.splitlines() == [
        f"Ballot {OPENING.tracker} contains:",
        "谁?",
        "    韩梅梅",
        "Blank?",
        "    blank vote",
        "None?",
        "    no answer",
        "Ranks?",
        "    2  A",
        "    1  B\N{REPLACEMENT CHARACTER}[2J",
        "Lists?",
        "    M",
        "        c",
    ]


def test_open_as_json(files: list[str]) -> None:
    code, said, _ = mandate("open", *files, "--opening", OPENING.raw.decode(), "--json")
    assert code == 0
    assert json.loads(said) == {"tracker": OPENING.tracker, "choices": CHOICES}


def test_a_device_that_lied(files: list[str]) -> None:
    lie = json.loads(OPENING.raw)
    lie["choices"][0] = [0, 1, 0]
    text = json.dumps(lie, separators=(",", ":"))
    code, said, warned = mandate("open", *files, "--opening", text)
    assert (code, said) == (1, "")
    assert "choices: are not what the ballot contains" in warned


def test_check(files: list[str], tmp_path: Path) -> None:
    code, said, _ = mandate("check", *files)
    assert code == 0
    assert OPENING.tracker in said
    assert ELECTION.fingerprint in said
    code, said, _ = mandate("check", *files, "--json")
    assert json.loads(said)["valid"] is True
    (tmp_path / "ballot.json").write_bytes(RAW.replace(b'"challenge":"', b'"challenge":"0', 1))
    code, said, warned = mandate("check", *files)
    assert (code, said) == (1, "")
    assert "answers[0].individual_proofs[0][0].challenge" in warned


def test_files_that_are_not_there(files: list[str]) -> None:
    code, _, warned = mandate("check", "--election", "nowhere", *files[2:])
    assert code == 2
    assert "nowhere" in warned
    assert mandate("open", *files, "--opening", "nowhere")[0] == 2
