"""A ranked contest of so few voters that its orders would reveal them: shuffled, decrypted for the
outcome, and published up to the last shuffle."""

from __future__ import annotations

import json
from pathlib import Path

from tests.voting.scenario import COMMISSION, Scenario
from tests.voting.test_mixing import RANKED, ranks
from tests.voting.test_record import log_of
from tests.voting.test_small_contests import scenario  # noqa: F401 - the fixture
from voting import drafts, publication
from voting.models import DIRECT, Election
from voting.record import verify_bundle, write_folder


def test_only_who_is_elected_is_published(
    scenario: Scenario,  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    election_id = scenario.draft(DIRECT, constituencies=["K3"], profile=RANKED)
    with scenario.database.transaction(COMMISSION) as uow:
        drafts.change(uow, election_id, aggregate_small=True)
    for step in (
        scenario.freeze, scenario.make_keys, scenario.issue_credentials, scenario.seal,
        scenario.rehearse, scenario.open,
    ):  # fmt: skip
        step(election_id)
    scenario.vote(election_id, ranks)
    scenario.count(election_id)
    log = log_of(scenario.database, tmp_path)
    path = tmp_path / "record"
    with scenario.database.read() as uow:
        write_folder(
            path, publication.source_of(uow, uow.session.get_one(Election, election_id), log)
        )
    shown = json.loads((path / "contests" / "K3" / "declaration.json").read_bytes())
    assert "stages" not in shown
    assert len(shown["elected"]) == 1
    (archive,) = path.glob("contests/K3/*.bel")
    assert b'"type":"EndShuffles"' in archive.read_bytes()
    assert b"PartialDecryption" not in archive.read_bytes()
    assert verify_bundle(path).to_json()["faults"] == []
