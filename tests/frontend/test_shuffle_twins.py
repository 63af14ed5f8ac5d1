"""The mixnet in the browser and in Python: what one shuffles the other verifies."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.database import Base, Database
from ballots import BallotError, keys, shuffle, trustees
from ballots.election import Election as BallotPaper
from ballots.election import build
from ballots.elgamal import Ciphertext
from ballots.encoding import dumps
from ballots.group import get_group
from ballots.questions import NonHomomorphicQuestion
from tests.frontend.bridge import Bridge
from tests.frontend.bridge import build as bundle
from tests.voting.scenario import Scenario
from tests.voting.test_mixing import closed
from voting import contest_archive, states
from voting.models import MIXED

GROUP = get_group("Ed25519")


@pytest.fixture(scope="module")
def bridge() -> Iterator[Bridge]:
    bundle()
    found = Bridge()
    yield found
    found.close()


@pytest.fixture(scope="module")
def paper() -> BallotPaper:
    private, _ = trustees.generate_single(GROUP)
    return build(
        uuid="ABCDEFGHJKLMNP",
        name="Ranked",
        description="",
        group=GROUP,
        public_key=keys.public_key(GROUP, private),
        questions=[
            NonHomomorphicQuestion("A", ("1", "2")),
            NonHomomorphicQuestion("B", ("1", "2", "3")),
        ],
    )


def some(paper: BallotPaper, count: int) -> list[list[Ciphertext]]:
    def one() -> Ciphertext:
        r = GROUP.random_scalar()
        return Ciphertext(
            GROUP.base_mul(r), GROUP.mul(r, paper.public_key) + GROUP.embed([1, 2, 0])
        )

    return [[one() for _ in range(count)] for _ in range(2)]


def as_json(rows: list[list[Ciphertext]]) -> object:
    return [[ciphertext.to_json() for ciphertext in row] for row in rows]


def test_the_generators_are_the_same(bridge: Bridge) -> None:
    indices = [-1, *range(40)]
    expected = [GROUP.independent_generator(index).text for index in indices]
    assert bridge("generators", indices=indices) == {"texts": expected}


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_each_verifies_the_other(bridge: Bridge, paper: BallotPaper, count: int) -> None:
    before, text = some(paper, count), paper.raw.decode()
    theirs = bridge("shuffle", paper=text, before=as_json(before))["raw"].encode()
    after = shuffle.verify(GROUP, paper.public_key, paper.fingerprint, before, theirs)
    # two in turn, as trustees do
    ours = shuffle.shuffle(GROUP, paper.public_key, paper.fingerprint, after)
    seen = bridge("checkShuffle", paper=text, before=as_json(after), raw=ours.decode())
    assert seen == {"after": json.loads(ours)["ciphertexts"]}


def test_the_browser_refuses_what_python_refuses(bridge: Bridge, paper: BallotPaper) -> None:
    before, text = some(paper, 3), paper.raw.decode()
    right = shuffle.shuffle(GROUP, paper.public_key, paper.fingerprint, before)
    for change in (exchange_two, repeat_one, leave_one_out, change_a_response, take_away_a_proof):
        value = json.loads(right)
        change(value)
        raw = dumps(value)
        with pytest.raises(BallotError):
            shuffle.verify(GROUP, paper.public_key, paper.fingerprint, before, raw)
        answer = bridge("checkShuffle", paper=text, before=as_json(before), raw=raw.decode())
        assert "refused" in answer, change


def exchange_two(value: dict[str, list[list[object]]]) -> None:
    first = value["ciphertexts"][0]
    first[0], first[1] = first[1], first[0]


def repeat_one(value: dict[str, list[list[object]]]) -> None:
    value["ciphertexts"][1][0] = value["ciphertexts"][1][2]


def leave_one_out(value: dict[str, list[list[object]]]) -> None:
    value["ciphertexts"][0].pop()


def change_a_response(value: dict[str, list[list[list[object]]]]) -> None:
    value["proofs"][1][1][3] = ["1"]


def take_away_a_proof(value: dict[str, list[list[object]]]) -> None:
    value["proofs"].pop()


def test_a_trustee_in_the_browser_shuffles_and_decrypts_whole_archives(
    bridge: Bridge, tmp_path: Path
) -> None:
    """The first shuffles with the command's code, the others in the browser; both decrypt."""
    database = Database(f"sqlite:///{tmp_path / 'mandate.sqlite'}")
    Base.metadata.create_all(database.engine)
    scenario = Scenario(database).organise()
    election_id = closed(scenario)
    (uuid,) = scenario.uuids(election_id)
    fingerprint = scenario.paper(uuid).fingerprint

    def archive() -> bytes:
        with database.read() as uow:
            contest = states.contest_by_uuid(uow, uuid)
            return b"".join(contest_archive.file_of(uow.session, contest))

    def asked(act: str, raw: bytes, **more: object) -> dict[str, object]:
        encoded = base64.b64encode(raw).decode()
        found: dict[str, object] = bridge(act, archive=encoded, fingerprint=fingerprint, **more)
        return found

    first, second, third = scenario.held[election_id]
    early = asked("decryptArchive", archive(), key=first.private)
    assert "is not shuffled yet" in str(early["refused"])
    scenario.shuffle_one(election_id, uuid, first)
    for held in (second, third):
        made = asked("shuffleArchive", archive())
        assert made["counted"] == 6
        scenario.shuffle_one(election_id, uuid, held, str(made["share"]).encode())
    assert scenario.state(election_id) == MIXED
    whole = archive()
    assert "does not wait" in str(asked("shuffleArchive", whole)["refused"])
    # another shuffle in the place of the right one is found before anything is decrypted
    assert "refused" in asked("decryptArchive", exchanged(whole), key=first.private)
    scenario.decrypt_one(election_id, uuid, first)
    for held in (second, third):
        share = str(asked("decryptArchive", archive(), key=held.private)["handIn"]).encode()
        scenario.decrypt_one(election_id, uuid, held, share)
    scenario.declare(election_id)
    database.close()


def exchanged(archive: bytes) -> bytes:
    """One digit of a shuffled ciphertext is another one, and the container says nothing of it."""
    place = archive.rindex(b'{"ciphertexts":[[{"alpha":"') + 40
    digit = b"0" if archive[place : place + 1] != b"0" else b"1"
    return archive[:place] + digit + archive[place + 1 :]
