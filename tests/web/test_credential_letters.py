"""mandate credentials issue --mail: one refused address never ends a batch, and --resume takes it
up again. Against a real SMTP server."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.web.mail_server import Post, mail_server
from web.cli import app
from web.commands import mailing

RUN = CliRunner()
EMAILS = ["a@example.org", "b@example.org", "c@example.org", "d@example.org", "e@example.org"]


def write_roll(folder: Path, emails: list[str]) -> Path:
    roll = folder / "roll.json"
    voters = [
        {"member_no": f"M{n}", "name": f"张{n}", "email": email, "language": "zh"}
        for n, email in enumerate(emails, 1)
    ]
    head: dict[str, Any] = {
        "uuid": "AbCdEfGh123456", "code": "K1", "title_zh": "选举", "title_en": "Election",
        "group": "Ed25519", "voters": len(voters), "credentials": None, "reissued": 0,
    }  # fmt: skip
    roll.write_text(json.dumps({**head, "roll": voters}, ensure_ascii=False, separators=(",", ":")))
    return roll


@pytest.fixture
def post(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    monkeypatch.setattr(mailing, "PAUSE", 0.0)
    with mail_server() as (made, port):
        point_at(port, tmp_path, monkeypatch)
        yield made


def point_at(port: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "DATA_DIR": str(folder), "MAIL": "smtp", "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(port), "SMTP_SECURITY": "none",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"MANDATE_{name}", value)


def issue(folder: Path, *more: str) -> Any:
    files = ["--private", str(folder / "p.csv"), "--public", str(folder / "q.json")]
    return RUN.invoke(app, ["credentials", "issue", str(folder / "roll.json"), *files, *more])


def reported(folder: Path) -> dict[str, tuple[str, str]]:
    with (folder / "p.mail.csv").open(encoding="utf-8", newline="") as file:
        return {row["member_no"]: (row["state"], row["reason"]) for row in csv.DictReader(file)}


def secrets(folder: Path) -> dict[str, str]:
    with (folder / "p.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["member_no"]: row["credential"] for row in csv.DictReader(file)}


def test_one_refused_address_and_resume(post: Post, tmp_path: Path) -> None:
    write_roll(tmp_path, EMAILS)
    post.answers["c@example.org"] = ["550 5.1.1 no such user"]
    done = issue(tmp_path, "--mail")
    assert done.exit_code == 1, done.output
    assert sorted(post.to) == ["a@example.org", "b@example.org", "d@example.org", "e@example.org"]
    states = reported(tmp_path)
    assert {number: state for number, (state, _why) in states.items()} == {
        "M1": "sent", "M2": "sent", "M3": "not sent", "M4": "sent", "M5": "sent",
    }  # fmt: skip
    assert "550 5.1.1 no such user" in states["M3"][1]
    before, public = (tmp_path / "p.csv").read_bytes(), (tmp_path / "q.json").read_bytes()
    # without --resume nothing is made twice, and nothing is sent
    assert issue(tmp_path, "--mail").exit_code == 2
    assert len(post.letters) == 4
    del post.answers["c@example.org"]
    again = issue(tmp_path, "--mail", "--resume")
    assert again.exit_code == 0, again.output
    assert post.to[4:] == ["c@example.org"]
    assert secrets(tmp_path)["M3"] in str(post.letters[4][2].get_content())
    assert {state for state, _why in reported(tmp_path).values()} == {"sent"}
    assert (tmp_path / "p.csv").read_bytes() == before
    assert (tmp_path / "q.json").read_bytes() == public
    # and once more: nobody gets a second letter
    assert issue(tmp_path, "--mail", "--resume").exit_code == 0
    assert len(post.letters) == 5
    assert not any(secret in done.output + again.output for secret in secrets(tmp_path).values())


@pytest.mark.parametrize("code", ["421 4.3.2 closing", "451 4.7.1 greylisted", "452 4.2.2 full"])
def test_a_temporary_error_is_tried_once_more(post: Post, tmp_path: Path, code: str) -> None:
    write_roll(tmp_path, EMAILS)
    post.answers["b@example.org"] = [code, "250 OK"]
    post.answers["d@example.org"] = [code]
    done = issue(tmp_path, "--mail")
    assert done.exit_code == 1, done.output
    assert {"a@example.org", "c@example.org", "e@example.org"} <= set(post.to)
    assert reported(tmp_path)["M4"] == ("not sent", code)
    del post.answers["d@example.org"]
    assert issue(tmp_path, "--resume").exit_code == 0
    assert sorted(post.to) == EMAILS


def test_addresses_of_other_scripts(post: Post, tmp_path: Path) -> None:
    """A domain goes in its ASCII form; a local part needs a server with SMTPUTF8, and has one."""
    write_roll(tmp_path, ["用户@例子.测试", "a@例子.测试", "b@example.org"])
    done = issue(tmp_path, "--mail")
    assert done.exit_code == 0, done.output
    assert post.to == ["用户@xn--fsqu00a.xn--0zwm56d", "a@xn--fsqu00a.xn--0zwm56d", "b@example.org"]
    found = [str(letter.get_content()) for _from, _to, letter in post.letters]
    made = list(secrets(tmp_path).values())
    assert [secret in text for secret, text in zip(made, found, strict=True)] == [True] * 3


def test_a_server_without_smtputf8(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailing, "PAUSE", 0.0)
    with mail_server(utf8=False) as (post, port):
        point_at(port, tmp_path, monkeypatch)
        write_roll(tmp_path, ["a@example.org", "用户@example.org", "c@example.org"])
        done = issue(tmp_path, "--mail")
        assert done.exit_code == 1, done.output
        assert post.to == ["a@example.org", "c@example.org"]
        assert "SMTPUTF8" in reported(tmp_path)["M2"][1]


def test_nobody_at_the_other_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The credentials are made and kept; all letters are left for --resume."""
    monkeypatch.setattr(mailing, "PAUSE", 0.0)
    with mail_server() as (_post, port):
        pass
    point_at(port, tmp_path, monkeypatch)
    write_roll(tmp_path, EMAILS)
    assert issue(tmp_path, "--mail").exit_code == 1
    assert {state for state, _why in reported(tmp_path).values()} == {"not sent"}
    with mail_server() as (post, port):
        point_at(port, tmp_path, monkeypatch)
        assert issue(tmp_path, "--resume").exit_code == 0
        assert sorted(post.to) == EMAILS


@pytest.mark.parametrize(
    "bad", ["x", "@", "a@@b", "a b@example.org", "a@example.org\r\nBcc: z@example.org", "<>"]
)
def test_an_address_that_is_none(post: Post, tmp_path: Path, bad: str) -> None:
    write_roll(tmp_path, ["a@example.org", bad, "c@example.org"])
    post.answers[bad] = ["501 5.1.3 bad address"]
    done = issue(tmp_path, "--mail")
    assert "Traceback" not in done.output
    assert not isinstance(done.exception, Exception) or isinstance(done.exception, SystemExit)
    assert post.to[0] == "a@example.org"
    assert post.to[-1] == "c@example.org"
    assert "z@example.org" not in post.to


def test_resume_of_other_files_is_refused(post: Post, tmp_path: Path) -> None:
    write_roll(tmp_path, EMAILS)
    assert issue(tmp_path).exit_code == 0
    kept = (tmp_path / "q.json").read_text()
    (tmp_path / "q.json").write_text(re.sub(r'"[0-9a-f]{64}"', '"' + "0" * 64 + '"', kept, count=1))
    assert issue(tmp_path, "--resume").exit_code == 2
    (tmp_path / "q.json").write_text(kept)
    write_roll(tmp_path, EMAILS[:4])
    assert issue(tmp_path, "--resume").exit_code == 2
    assert not post.letters
    write_roll(tmp_path, EMAILS)
    (tmp_path / "p.mail.csv").write_text("something else\n")
    assert issue(tmp_path, "--resume").exit_code == 2
