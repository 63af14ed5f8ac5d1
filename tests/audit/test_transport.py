"""A receipt survives its way: what mail and editors do to it is no forgery, and a forgery is."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path

import pytest
from typer.testing import CliRunner

from audit.errors import LogError
from audit.keys import Algorithm, Signer, Verifier
from audit.note import Checkpoint, sign, verify_checkpoint
from audit.receipts import make_receipt, verify_receipt
from audit.transport import DamagedError, damage_of, receipts_in
from tests.audit.logs import ORIGIN, SIGNER
from web.cli import app

VECTORS = json.loads(
    (Path(__file__).parent.parent / "vectors" / "transport" / "receipts.json").read_text()
)
CASES = {(case["verdict"], case["name"]): b64decode(case["raw"]) for case in VECTORS["cases"]}
KEYS = [Verifier.parse(VECTORS["key"])]
STATUS = {"valid": 0, "forged": 1, "damaged": 2}


def verdict(raw: bytes) -> str:
    try:
        found = verify_receipt(raw, KEYS)
    except DamagedError:
        return "damaged"
    except LogError:
        return "forged"
    assert (found.contest, found.tracker) == (VECTORS["contest"], VECTORS["tracker"])
    return "valid"


@pytest.mark.parametrize(("expected", "name"), CASES)
def test_each_vector(expected: str, name: str) -> None:
    assert verdict(CASES[expected, name]) == expected


@pytest.mark.parametrize(
    "case", [("valid", "in a reply"), ("forged", "in a mail"), ("damaged", "no header")]
)
def test_the_command(case: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "mail.txt").write_bytes(CASES[case])
    arguments = ["receipt", "verify", str(tmp_path / "mail.txt"), "--vkey", VECTORS["key"]]
    done = CliRunner().invoke(app, [*arguments, "--json"])
    said = json.loads(done.stdout)
    assert (done.exit_code, said["valid"]) == (STATUS[case[0]], case[0] == "valid")
    assert said.get("damaged", False) is (case[0] == "damaged")


def test_the_verdict_hangs_on_the_key() -> None:
    other = Signer.from_seed("localhost/mandate/receipt", Algorithm.ED25519, bytes(32))
    for expected, name in CASES:
        if expected == "valid":
            with pytest.raises(LogError):
                verify_receipt(CASES[expected, name], [other.verifier])


def test_each_of_two_signatures_survives() -> None:
    """During a rotation of the key a receipt may have two."""
    key = Signer.from_seed(f"{ORIGIN}/receipt", Algorithm.ED25519, bytes(range(1, 33)))
    new = Signer.from_seed(f"{ORIGIN}/receipt", Algorithm.ED25519, bytes(range(2, 34)))
    text = make_receipt(key, contest="C", tracker="T", event="ab" * 32).partition("\n\n")[0] + "\n"
    both = sign(text, [key, new]).to_bytes()
    quoted = b"> " + both.replace(b"\n", b"\r\n> ")
    assert receipts_in(quoted) == [both]
    for known in (key, new):
        assert verify_receipt(quoted, [known.verifier]).tracker == "T"


HEAD = sign(Checkpoint(ORIGIN, 3, bytes(range(32))).text, [SIGNER]).to_bytes()  # type: ignore[arg-type]
DAMAGES = {
    "its line ends": HEAD.replace(b"\n", b"\r\n"),
    "a byte order mark at its beginning": b"\xef\xbb\xbf" + HEAD,
    "its last line end": HEAD[:-1],
    "spaces at the ends of its lines": HEAD.replace(b"\n", b" \n"),
    "its encoding": HEAD.decode().encode("utf-16"),
    "a byte order mark at its beginning, its line ends, its last line end": (
        b"\xef\xbb\xbf" + HEAD[:-1].replace(b"\n", b"\r\n")
    ),
}


def check(raw: bytes) -> object:
    return verify_checkpoint(raw, [SIGNER.verifier])


@pytest.mark.parametrize("words", DAMAGES)
def test_damage_of_a_file_has_a_name(words: str) -> None:
    with pytest.raises(LogError):
        check(DAMAGES[words])
    assert damage_of(DAMAGES[words], check).removeprefix("its encoding, ") == words


def test_a_forgery_is_no_damage_and_a_good_file_neither() -> None:
    assert damage_of(HEAD, check) == ""
    for forged in (HEAD.replace(b"\n3\n", b"\n4\n"), b"", HEAD.replace(b"\n3\n", b"\r\n4\r\n")):
        assert damage_of(forged, check) == ""
