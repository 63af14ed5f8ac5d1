"""The independent checker: a page of one file, its address in letter and log; the looks."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from audit.database import Database
from audit.entries import decode
from audit.keyfiles import create_keys
from audit.keys import Algorithm, Signer
from audit.queue import read_rows
from audit.service import LogService
from tests.voting.scenario import Scenario
from tests.web.site import Site, site, site_settings  # noqa: F401 - fixtures
from voting.entries import BallotSpoilt
from voting.looks import Looks, looks_of
from voting.models import DIRECT, Election, SpoiltBallot
from web.cli import app
from web.mail.credential_letters import letter
from web.settings import Settings

ARCHIVE = Path(__file__).parent.parent / "vectors" / "belenios" / "valid" / "demo-Ed25519.bel"
RECEIPT = Signer.from_seed("vote.example/mandate/receipt", Algorithm.ED25519, bytes(32)).verifier
LOG = Signer.from_seed("vote.example/mandate", Algorithm.ED25519, bytes(32)).verifier


def build(out: Path, *arguments: str) -> str:
    done = CliRunner().invoke(app, ["checker", "--out", str(out), *arguments])
    assert done.exit_code == 0, done.output
    page = (out / "index.html").read_bytes()
    assert done.output.split()[0] == hashlib.sha256(page).hexdigest()
    return page.decode()


def test_the_page_is_one_file_that_runs_only_what_it_names(tmp_path: Path) -> None:
    page = build(tmp_path / "one", "--site", "https://vote.example/path")
    policy = re.search(r'Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    rules = policy[1].replace("&#39;", "'")
    for kind in ("script", "style"):
        for text in re.findall(rf"<{kind}>(.*?)</{kind}>", page, re.DOTALL):
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert f"{kind}-src 'sha256-{digest}'" in rules
    assert "default-src 'none'" in rules and "unsafe" not in rules
    assert "connect-src https://vote.example;" in rules
    assert len(re.findall(r"<script", page)) == 2, "the data, and the program"
    assert not re.search(r"\s(?:src|href)=", page.split("<script>")[0])
    assert page == build(tmp_path / "two", "--site", "https://vote.example")


def test_what_is_built_in(tmp_path: Path) -> None:
    keys = ("--vkey", str(RECEIPT), "--vkey", str(LOG))
    page = build(tmp_path, *keys, "--paper", str(ARCHIVE))
    found = re.search(r'id="config">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    config = json.loads(found[1])
    assert (config["receiptKeys"], config["logKeys"]) == (str(RECEIPT), str(LOG))
    ((uuid, paper),) = config["papers"].items()
    assert json.loads(paper)["uuid"] == uuid
    assert config["texts"]["zh"].keys() == config["texts"]["en"].keys()
    assert config["texts"]["zh"]["title"] != config["texts"]["en"]["title"]
    assert "connect-src &#39;none&#39;" in page or "connect-src 'none'" in page


@pytest.mark.parametrize("address", ["javascript:alert(1)", "vote.example", "https://"])
def test_an_address_is_one(address: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["checker", "--out", str(tmp_path), "--site", address])
    assert done.exit_code == 2
    with pytest.raises(ValueError, match="checker_url"):
        Settings(checker_url=address)


def test_the_address_is_in_the_log_once(sqlite_database: Database, tmp_path: Path) -> None:
    keys = create_keys(tmp_path / "keys", "vote.example/mandate")
    for url in ("", "https://a.example/", "https://a.example/", "https://b.example/", ""):
        service = LogService(sqlite_database, tmp_path / "log", keys)
        service.start("1", "0" * 64, checker_url=url)
        service.stop()
    entries = [decode(raw) for raw in read_rows(sqlite_database, "public", 0, 100)]
    announced = [e["data"]["url"] for e in entries if e["type"] == "checker.announced"]
    assert announced == ["https://a.example/", "https://b.example/", ""]


def test_the_address_is_on_the_letter() -> None:
    contest = {"title_zh": "选举", "title_en": "Election", "uuid": "C" * 14}
    for language in ("zh", "en"):
        voter = {"email": "a@vote.example", "language": language, "name": "W"}
        made = [
            letter(Settings(checker_url=url), contest, voter, "secret")
            for url in ("", "https://a.example/check/")
        ]
        texts = [message.get_content() for message in made if message is not None]
        assert "a.example/check" not in texts[0] and "a.example/check" in texts[1]
        assert texts[1].startswith(texts[0].rstrip()[:40])


def test_chances() -> None:
    looks = Looks(opened=50, made=1000)
    assert looks.percent == 5.0
    assert [round(chance, 1) for _, chance in looks.chances] == [60.5, 36.4, 7.7, 0.5]
    assert [chance for _, chance in Looks(0, 10).chances] == [100.0] * 4
    assert Looks(0, 0).percent == 0.0


def test_the_share_is_of_its_own_contest(sqlite_database: Database) -> None:
    scenario = Scenario(sqlite_database).organise()
    election_id = scenario.prepare(DIRECT, constituencies=["K1", "K2"])
    first, second = scenario.uuids(election_id)
    for person in scenario.voters(first)[:3]:
        scenario.cast(first, person)
    with sqlite_database.transaction() as uow:
        election = uow.session.get_one(Election, election_id)
        contests = {contest.uuid: contest for contest in election.contests}
        uow.session.add(SpoiltBallot(contest_id=contests[first].id, tracker="T", credential="C"))
        uow.record(BallotSpoilt(uuid=first, tracker="T"))
        uow.session.flush()
        assert looks_of(uow, contests[first]) == Looks(1, 4)
        assert looks_of(uow, contests[second]) == Looks(0, 0)


def test_pages_of_others_may_read_what_is_public(site: Site) -> None:  # noqa: F811
    site.app.state.log.run_once()
    answer = site.browser().get("/log/proof", params={"index": 0})
    assert answer.headers["access-control-allow-origin"] == "*"
    for path in ("/", "/log/checkpoint", "/sign-in"):
        assert "access-control-allow-origin" not in site.browser().get(path).headers
