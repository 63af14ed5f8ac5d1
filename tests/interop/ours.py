"""The steps of an election, each taken by Mandate; the same steps as in ``theirs``."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ballots import ballot, ceremony, credentials, threshold, trustees
from ballots import election as elections
from ballots.archive import Reader, Writer, steps
from ballots.election import Election
from ballots.encoding import dumps, loads_strict, sha256_hex
from ballots.group import get_group
from ballots.questions import parse_question
from ballots.tally import Owned, parse_owned, parse_sized, result
from ballots.trustees import election_key, parse_trustees
from ballots.verifier.walk import Walk

TIME = 1_700_000_000


class Ours:
    """Mandate as everyone who takes part."""

    def uuid(self, where: Path) -> str:
        source = random.SystemRandom()
        return "".join(source.choice(credentials.BASE58) for _ in range(source.randint(14, 64)))

    def credentials(
        self, group: str, uuid: str, weights: Sequence[int | None]
    ) -> tuple[list[str], list[str]]:
        found = get_group(group)
        secrets = [credentials.generate() for _ in weights]
        public = [
            credentials.public_credential(found, uuid, secret) + (f",{weight}" if weight else "")
            for secret, weight in zip(secrets, weights, strict=True)
        ]
        return secrets, credentials.sort_public(found, public)

    def single(self, group: str) -> tuple[str, Any]:
        return trustees.generate_single(get_group(group))

    def certificate(self, group: str, size: int, needed: int, index: int) -> tuple[str, Any]:
        return threshold.make_certificate(get_group(group), size, needed, index)

    def polynomial(self, group: str, seed: str, certificates: list[Any], needed: int) -> Any:
        return threshold.make_polynomial(get_group(group), seed, certificates, needed)

    def vinputs(
        self, group: str, certificates: list[Any], polynomials: list[Any], needed: int
    ) -> list[Any]:
        for i, polynomial in enumerate(polynomials, 1):
            threshold.check_polynomial(get_group(group), certificates, needed, i, polynomial)
        return [threshold.make_vinput(polynomials, i + 1) for i in range(len(polynomials))]

    def voutput(
        self, group: str, seed: str, certificates: list[Any], needed: int, vinput: Any
    ) -> Any:
        return threshold.make_voutput(get_group(group), seed, certificates, needed, vinput)

    def parameters(
        self,
        group: str,
        certificates: list[Any],
        polynomials: list[Any],
        voutputs: list[Any],
        needed: int,
    ) -> Any:
        for i, voutput in enumerate(voutputs, 1):
            found = get_group(group)
            threshold.check_voutput(found, certificates, needed, polynomials, i, voutput)
        return threshold.threshold_parameters(needed, certificates, polynomials, voutputs)

    def election(
        self, template: dict[str, Any], group: str, uuid: str, trustees: list[Any]
    ) -> bytes:
        found = get_group(group)
        parsed = parse_trustees(dumps(trustees), found)
        return elections.build(
            uuid=uuid,
            name=template["name"],
            description=template["description"],
            group=found,
            public_key=election_key(found, parsed),
            questions=[parse_question(value, "question") for value in template["questions"]],
            administrator=template.get("administrator"),
            credential_authority=template.get("credential_authority"),
        ).raw

    def setup(self, where: Path, election: bytes, trustees: bytes, credentials: bytes) -> Path:
        archive = where / f"{Election.parse(election).uuid}.bel"
        names = ("election", "trustees", "credentials")
        with Writer(archive, TIME) as writer:
            digests = [writer.data(raw) for raw in (election, trustees, credentials)]
            writer.event("Setup", writer.data(dumps(dict(zip(names, digests, strict=True)))))
        return archive

    def event(self, archive: Path, kind: str, lines: Sequence[bytes]) -> None:
        with Writer(archive) as writer:
            digests = [writer.data(line) for line in lines]
            writer.event(kind, digests[-1] if digests else None)

    def ballot(self, archive: Path, secret: str, choices: Any) -> bytes:
        return ballot.encrypt(_election(archive), secret, choices)

    def tally(self, archive: Path) -> list[bytes]:
        return list(ceremony.closing_tally(archive))

    def shuffle(self, archive: Path, owner: int) -> list[bytes]:
        raw = ceremony.shuffle_archive(archive, _election(archive).fingerprint)
        return [raw, Owned(owner, sha256_hex(raw)).raw]

    def share(self, archive: Path, owner: int, private: str) -> list[bytes]:
        raw = ceremony.decrypt_archive(archive, private, _election(archive).fingerprint).share
        return [raw, Owned(owner, sha256_hex(raw)).raw]

    def threshold_share(
        self, archive: Path, group: str, owner: int, seed: str, letter: str
    ) -> list[bytes]:
        return self.share(archive, owner, threshold.private_key(get_group(group), seed, letter))

    def result(self, archive: Path) -> list[bytes]:
        walk = Walk(archive)
        report = walk.run()
        assert not report.faults
        assert walk.setup is not None
        assert walk.setup.trustees is not None
        assert walk.counting is not None
        assert walk.counting.tally is not None
        shares: dict[int, bytes] = {}
        weight = 0
        small: dict[str, bytes] = {}
        for step in steps(Reader(io.BytesIO(archive.read_bytes()))):
            small |= {record.digest: record.body for record in step.data}
            if step.event.type == "EncryptedTally":
                weight = parse_sized(small[step.event.payload or ""]).weight
            if step.event.type == "PartialDecryption":
                owned = parse_owned(small[step.event.payload or ""], "share")
                shares[owned.owner] = small[owned.payload]
        election, tally = walk.setup.election, walk.counting.tally
        made, blamed = result(election, walk.setup.trustees, tally, shares, weight=weight)
        assert not blamed
        return [made.raw]


def _election(archive: Path) -> Election:
    """The election of an archive."""
    with archive.open("rb") as stream:
        step = next(steps(Reader(stream)))
    fields = loads_strict(step.data[-1].body, "setup")
    bodies = {record.digest: record.body for record in step.data}
    return Election.parse(bodies[fields["election"]])
