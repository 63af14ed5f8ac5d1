"""mandate verify, archive and trustee, as a person types them."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from tests.ballots.forge import Forge
from web.commands import archive, trustee
from web.commands.trustee import secret_in
from web.commands.verify import verify

app = typer.Typer()
app.command("verify")(verify)
app.add_typer(archive.app, name="archive")
app.add_typer(trustee.app, name="trustee")


def run(*words: object, code: int = 0) -> Result:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def forged(tmp_path: Path) -> Path:
    return Forge().write(tmp_path / "archive.bel")


def test_verify_in_words(forged: Path) -> None:
    assert run("verify", forged).stdout.endswith("result: [[1,1]]\nVALID\n")


def test_verify_as_json(forged: Path) -> None:
    forged.write_bytes(forged.read_bytes() + b"more")
    report = json.loads(run("verify", forged, "--json", code=1).stdout)
    assert (report["valid"], report["results"]) == (False, None)
    (fault,) = report["faults"]
    assert (fault["check"], fault["place"]) == ("container.end", "after record 21")
    assert "FAULT 507 container.end" in run("verify", forged, code=1).stdout


def test_verify_what_is_no_archive(tmp_path: Path) -> None:
    assert "UNREADABLE" in run("verify", tmp_path / "none.bel", code=2).stdout


def test_parts_are_merged(forged: Path, tmp_path: Path) -> None:
    whole = json.loads(run("verify", forged, "--json").stdout)
    parts = []
    for i in (1, 2):
        part = tmp_path / f"part{i}.json"
        part.write_text(run("verify", forged, "--shard", f"{i}/2", "--json").stdout)
        parts.append(part)
    assert json.loads(run("verify", "merge", *parts, "--json").stdout) == whole
    run("verify", "merge", parts[0], code=2)
    run("verify", "merge", forged, code=2)


@pytest.mark.parametrize("shard", ["3/2", "1", "a/b", "1/0"])
def test_shards_that_do_not_exist(shard: str, forged: Path) -> None:
    run("verify", forged, "--shard", shard, code=2)


def test_text_of_an_archive_cannot_steer_the_terminal(tmp_path: Path) -> None:
    def named(raw: bytes) -> bytes:
        return raw.replace(b'"Forged"', b'"\\u001b[2JVALID"')

    path = Forge(election=named).write(tmp_path / "archive.bel")
    assert "\x1b" not in run("verify", path).stdout


def test_archive_diff_and_show(forged: Path, tmp_path: Path) -> None:
    other = Forge(choices=()).write(tmp_path / "other.bel")
    assert "contains all 8 events" in run("archive", "diff", forged, forged).stdout
    run("archive", "diff", other, forged, code=1)
    run("archive", "diff", tmp_path / "none.bel", forged, code=2)
    assert json.loads(run("archive", "show", forged, "--json").stdout)["types"]["Ballot"] == 2
    assert run("archive", "show", forged).stdout.endswith("8 events\n")


def test_keygen_writes_a_secret_that_only_its_owner_reads(tmp_path: Path) -> None:
    secret, public = tmp_path / "secret", tmp_path / "public.json"
    run("trustee", "keygen", "--secret", secret, "--output", public)
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert secret.read_text().strip() not in public.read_text()
    run("trustee", "keygen", "--secret", secret, code=2)
    assert len(run("trustee", "commitment", public).stdout.strip()) == 64


def test_the_threshold_ceremony(tmp_path: Path) -> None:
    from ballots import threshold
    from ballots.encoding import dumps
    from ballots.group import get_group

    def at(name: str) -> Path:
        return tmp_path / name

    for i in (1, 2):
        words = ("--size", 2, "--threshold", 2, "--index", i, "--secret", at(f"seed{i}"))
        run("trustee", "certificate", *words, "-o", at(f"cert{i}"))
    certificates = [json.loads(at(f"cert{i}").read_bytes()) for i in (1, 2)]
    at("certs").write_bytes(dumps(certificates))
    common = ("--certificates", at("certs"), "--threshold", 2)
    for i in (1, 2):
        run("trustee", "polynomial", "--seed", at(f"seed{i}"), *common, "-o", at(f"poly{i}"))
    polynomials = [json.loads(at(f"poly{i}").read_bytes()) for i in (1, 2)]
    for i in (1, 2):
        at("vinput").write_bytes(dumps(threshold.make_vinput(polynomials, i)))
        words = ("--seed", at(f"seed{i}"), "--vinput", at("vinput"), "-o", at(f"vout{i}"))
        run("trustee", "voutput", *words, *common)
        threshold.check_voutput(
            get_group("Ed25519"),
            certificates,
            2,
            polynomials,
            i,
            json.loads(at(f"vout{i}").read_bytes()),
        )
        words = ("--seed", at(f"seed{i}"), "--voutput", at(f"vout{i}"))
        run("trustee", "private-key", *words, "--secret", at(f"key{i}"))
        assert at(f"key{i}").read_text().strip().isdigit()


def test_decrypt_one_and_a_folder(tmp_path: Path) -> None:
    folder, shares = tmp_path / "election", tmp_path / "shares"
    folder.mkdir()
    forge = Forge(stop="PartialDecryption")
    path = forge.write(folder / "a.bel")
    key = tmp_path / "key"
    key.write_text(forge.keys[0])
    fingerprint = ("--fingerprint", forge.made.fingerprint)
    out = run("trustee", "decrypt", path, "--key", key, *fingerprint).stdout
    assert list(json.loads(out)) == ["share", "lot"]
    alone = run("trustee", "decrypt", path, "--key", key, *fingerprint, "--share-only").stdout
    assert json.loads(alone)["decryption_factors"]
    run("trustee", "decrypt", folder, "--key", key, *fingerprint, "-o", shares)
    assert json.loads((shares / "a.share.json").read_bytes())["share"]["decryption_factors"]
    run("trustee", "decrypt", path, "--key", key, "--fingerprint", "other", code=1)
    run("trustee", "decrypt", folder, "--key", key, *fingerprint, *fingerprint, code=2)
    run("trustee", "shuffle", path, *fingerprint, code=1)


def test_the_key_file_of_the_trustees_page_serves_too(tmp_path: Path) -> None:
    page = tmp_path / "page.json"
    page.write_text('{\n "format": "mandate-trustee/1",\n "private_key": "12345"\n}\n')
    assert secret_in(page, "private_key") == "12345"
    with pytest.raises(typer.BadParameter, match="no seed"):
        secret_in(page, "seed")
    page.write_text("{" * 100_000)
    with pytest.raises(typer.BadParameter, match="not a trustee's key file"):
        secret_in(page, "private_key")
