"""A small organisation and whole elections in it, through the services and in this process.

Others build on it: `Scenario(database).organise()`, then `direct()`, `committee()`, `confidence()`.
The clock is the scenario's own and is moved by hand; keys and credentials stay in the scenario,
as they stay with trustees and voters.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from audit.announcing import announce
from audit.database import Actor, Database, UnitOfWork
from audit.keys import Algorithm, Signer
from ballots import ballot, ceremony, credentials, lot, shuffle, tally, threshold
from ballots import trustees as ballot_trustees
from ballots.election import Election as BallotPaper
from ballots.encoding import dumps, sha256_hex
from voting import (
    acts,
    casting,
    certifying,
    challenges,
    contest_archive,
    drafts,
    lifecycle,
    mixing,
    nominations,
    papers,
    results,
    rolls,
    trustees,
    two_people,
)
from voting.models import (
    COMMITTEE,
    CONFIDENCE,
    DIRECT,
    PEDERSEN,
    SATISFACTION,
    SINGLE,
    Candidacy,
    Contest,
    Election,
)
from voting.registry import people, structure
from voting.registry.models import Affiliation, Constituency, ConstituencyUnit, Person, Unit

SMALL = Path(__file__).parents[2] / "web" / "demo_data" / "small"
COMMISSION = Actor("commission", "commission-1")
SECOND = Actor("commission", "commission-2")
CERTIFIER = Actor("certifier", "certifier-1")
REGISTRAR = Actor("registrar", "registrar-1")
VOTER = Actor("voter")
START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
RECEIPTS = Signer.from_seed("mandate.example/receipt", Algorithm.ED25519, bytes(range(32)))
PROFILES = {
    DIRECT: "party-basic-2020",
    COMMITTEE: "party-basic-2020",
    CONFIDENCE: "confidence-default",
    SATISFACTION: "satisfaction-default",
}
Chooser = Callable[[BallotPaper, int], Any]
assert acts.__doc__  # declares the acts of two people


class Clock:
    """Stands still unless moved."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move_to(self, now: datetime) -> None:
        self.now = now

    def forward(self, **by: int) -> None:
        self.now += timedelta(**by)


@dataclass
class Held:
    """What one trustee keeps: a private key, or a seed from which it follows."""

    account_id: str
    private: str = ""
    seed: str = ""
    made: dict[str, bytes] = field(default_factory=dict)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Scenario:
    def __init__(self, database: Database, folder: Path = SMALL) -> None:
        self.database = database
        self.clock = Clock()
        database.clock = self.clock
        self.folder = folder
        self.term = "2026-2031"
        self.held: dict[str, list[Held]] = {}  # election id -> its trustees
        self.secrets: dict[tuple[str, str], str] = {}  # contest uuid, person id -> credential

    # The organisation

    def organise(self) -> Scenario:
        """Units, members, constituencies and the term, from the CSV files."""
        since = date(2020, 1, 1)
        with self.database.transaction(REGISTRAR) as uow:
            units: dict[str, Unit] = {}
            for row in rows(self.folder / "units.csv"):
                units[row["code"]] = Unit(
                    code=row["code"],
                    name=row["name"],
                    name_en=row["name_en"],
                    kind=row["kind"],
                    parent=units.get(row["parent"]),
                    valid_from=since,
                )
            uow.session.add_all(units.values())
            for row in rows(self.folder / "members.csv"):
                uow.session.add(_person(row, units, since))
            uow.session.flush()
            for row in rows(self.folder / "constituencies.csv"):
                constituency = Constituency(
                    code=row["code"], name=row["name"], seats=int(row["seats"])
                )
                uow.session.add(constituency)
                uow.session.flush()
                uow.session.add_all(
                    ConstituencyUnit(unit_id=units[code].id, constituency_id=constituency.id)
                    for code in row["units"].split(";")
                )
            structure.create_term(
                uow,
                code=self.term,
                name="第六届",
                name_en="Sixth term",
                starts_on=date(2026, 12, 1),
                ends_on=date(2031, 12, 1),
            )
        with self.database.transaction() as uow:
            announce(uow, [RECEIPTS])
        return self

    # Preparing an election

    def draft(
        self,
        kind: str,
        *,
        code: str = "",
        constituencies: Sequence[str] = (),
        seats: int = 5,
        singles: int = 2,
        ring: tuple[int, int] = (0, 0),
        reason: str = "",
        profile: str = "",
    ) -> str:
        """A draft with candidates and trustees, ready to freeze. -> its id.

        `ring` is (threshold, size) of the Pedersen trustees; `constituencies` limits the contests.
        """
        opens = self.clock() + timedelta(days=3)
        with self.database.transaction(COMMISSION) as uow:
            election = drafts.create(
                uow,
                code=code or f"{kind}-1",
                kind=kind,
                title_zh="测试选举",
                title_en="Test election",
                term=structure.get_term(uow, self.term),
                opens_at=opens,
                closes_at=opens + timedelta(days=2),
                window_reason=reason,
            )
            drafts.adopt_profile(uow, election.id, profile or PROFILES[kind])
            if kind == DIRECT:
                self._direct_contests(uow, election, constituencies)
            else:
                self._one_contest(uow, election, seats)
            for number in range(singles + ring[1]):
                trustees.invite(
                    uow,
                    election.id,
                    account_id=f"trustee-{number + 1}",
                    name=f"Trustee {number + 1}",
                    kind=SINGLE if number < singles else PEDERSEN,
                )
            if ring[1]:
                drafts.change(uow, election.id, threshold=ring[0])
            self.held[election.id] = [
                Held(f"trustee-{number + 1}") for number in range(singles + ring[1])
            ]
            return election.id

    def _direct_contests(
        self, uow: UnitOfWork, election: Election, constituencies: Sequence[str]
    ) -> None:
        wanted = [c for c in structure.constituencies(uow) if c.code in (constituencies or c.code)]
        drafts.add_constituencies(uow, election.id, wanted)
        text = (self.folder / "candidates.csv").read_text(encoding="utf-8").splitlines(True)
        codes = {constituency.code for constituency in wanted}
        kept = [line for i, line in enumerate(text) if not i or line.split(",")[0] in codes]
        nominations.import_csv(uow, election.id, "".join(kept).encode())

    def _one_contest(self, uow: UnitOfWork, election: Election, seats: int) -> None:
        contest = drafts.add_contest(
            uow,
            election.id,
            title_zh="委员会",
            title_en="Committee",
            seats=seats if election.kind == COMMITTEE else 0,
        )
        if election.kind != COMMITTEE:
            nominations.add_subjects(uow, election.id)
            return
        listed = [r for r in rows(self.folder / "committee.csv") if r["status"] == "candidate"]
        for row in listed[: seats + 1]:
            person = people.find_by_member_no_or_email(uow, row["member_no"])
            assert person is not None
            nominations.nominate(uow, contest.id, person)

    def freeze(self, election_id: str) -> None:
        with self.database.transaction(COMMISSION) as uow:
            lifecycle.freeze(uow, election_id)

    def make_keys(self, election_id: str) -> None:
        """Every trustee takes every step, in turns, as they would from their own browsers."""
        while any(self.next_step(election_id, held) for held in self.held[election_id]):
            pass

    def next_step(self, election_id: str, held: Held) -> bool:
        """The next step of one trustee, when it is possible. -> whether one was taken"""
        with self.database.read() as uow:
            election = uow.session.get_one(Election, election_id)
            trustee = trustees.of_account(uow, election, held.account_id)
            task = trustees.key_task(election, trustee)
            kind = trustee.kind
        if task.step is None or task.waiting_for:
            return False
        content = _make(held, kind, task)
        with self.database.transaction(Actor("trustee", held.account_id)) as uow:
            trustees.submit(uow, election_id, held.account_id, task.step, content)
        return True

    def issue_credentials(self, election_id: str) -> None:
        """A secret for each voter; only the public list goes to the server."""
        for contest_id in self.contest_ids(election_id):
            with self.database.read() as uow:
                contest = uow.session.get_one(Contest, contest_id)
                group, uuid = contest.election.ballot_group, contest.uuid or ""
                voters = [person.id for person in rolls.voters_of(uow.session, contest)]
            public = []
            for person_id in voters:
                secret = credentials.generate()
                self.secrets[uuid, person_id] = secret
                public.append(credentials.public_credential(group, uuid, secret))
            with self.database.transaction(REGISTRAR) as uow:
                listed = credentials.sort_public(group, public)
                rolls.publish_credentials(uow, contest_id, listed)

    def seal(self, election_id: str) -> None:
        with self.database.transaction(COMMISSION) as uow:
            lifecycle.seal(uow, election_id)

    def rehearse(self, election_id: str) -> None:
        paper = self.paper(self.uuids(election_id)[0])
        test = tally.parse_tally(paper, results.rehearsal_tally(paper))
        for held in self.held[election_id]:
            content = tally.partial_decryption(paper, test, held.private)
            with self.database.transaction(Actor("trustee", held.account_id)) as uow:
                results.rehearse(uow, election_id, held.account_id, content)

    def open(self, election_id: str) -> None:
        with self.database.read() as uow:
            self.clock.move_to(uow.session.get_one(Election, election_id).opens_at)
        with self.database.transaction(COMMISSION) as uow:
            lifecycle.open_voting(uow, election_id)

    def prepare(self, kind: str, **options: Any) -> str:
        """From nothing to an election that is open. -> its id"""
        election_id = self.draft(kind, **options)
        for step in (
            self.freeze,
            self.make_keys,
            self.issue_credentials,
            self.seal,
            self.rehearse,
            self.open,
        ):
            step(election_id)
        return election_id

    # Voting

    def paper(self, uuid: str) -> BallotPaper:
        with self.database.read() as uow:
            return casting.paper_of(uow, uuid)

    def voters(self, uuid: str) -> list[str]:
        return [person_id for contest, person_id in self.secrets if contest == uuid]

    def encrypt(self, uuid: str, person_id: str, choices: Any = None) -> bytes:
        paper = self.paper(uuid)
        chosen = first_ones(paper, 0) if choices is None else choices
        return ballot.encrypt(paper, self.secrets[uuid, person_id], chosen)

    def cast(self, uuid: str, person_id: str, raw: bytes | None = None) -> casting.Accepted:
        sent = self.encrypt(uuid, person_id) if raw is None else raw
        with self.database.transaction(VOTER) as uow:
            return casting.accept(uow, person_id, uuid, sent, RECEIPTS)

    def vote(self, election_id: str, choose: Chooser | None = None) -> int:
        """Everyone on every roll votes; `choose(paper, n)` gives the choices of the n-th voter."""
        count = 0
        for uuid in self.uuids(election_id):
            paper = self.paper(uuid)
            for number, person_id in enumerate(self.voters(uuid)):
                choices = (choose or first_ones)(paper, number)
                self.cast(uuid, person_id, self.encrypt(uuid, person_id, choices))
                count += 1
        return count

    # Counting

    def close(self, election_id: str) -> None:
        with self.database.read() as uow:
            self.clock.move_to(uow.session.get_one(Election, election_id).closes_at)
        with self.database.transaction(COMMISSION) as uow:
            lifecycle.close_voting(uow, election_id)
        results.encrypt_tallies(self.database, election_id)

    def shuffle(self, election_id: str, who: Iterable[int] | None = None) -> None:
        """Each trustee in turn; nothing where ballots are added up."""
        with self.database.read() as uow:
            if not papers.mixed(uow.session.get_one(Election, election_id)):
                return
        for number, held in enumerate(self.held[election_id]):
            if who is None or number in who:
                for uuid in self.counted(election_id):
                    self.shuffle_one(election_id, uuid, held)

    def counted(self, election_id: str) -> list[str]:
        """The contests of which something is shuffled and decrypted: those that are not void."""
        with self.database.read() as uow:
            contests = uow.session.get_one(Election, election_id).contests
            return [contest.uuid or "" for contest in contests if not contest.uncounted]

    def shuffle_one(
        self, election_id: str, uuid: str, held: Held, raw: bytes | None = None
    ) -> bytes:
        """`raw` stands for what a dishonest trustee sends. -> what was sent"""
        with self.database.read() as uow:
            before = mixing.look(uow, election_id, held.account_id, uuid)
        paper = before.paper
        if raw is None:
            raw = shuffle.shuffle(
                paper.group, paper.public_key, paper.fingerprint, before.ciphertexts
            )
        checked = mixing.check(before, raw)
        with self.database.transaction(Actor("trustee", held.account_id)) as uow:
            mixing.take(uow, election_id, held.account_id, checked)
        return raw

    def decrypt(self, election_id: str, who: Iterable[int] | None = None) -> None:
        """Each trustee makes the tally anew from the ballots, then decrypts that."""
        counted = self.counted(election_id)
        for number, held in enumerate(self.held[election_id]):
            if who is None or number in who:
                for uuid in counted:
                    self.decrypt_one(election_id, uuid, held)

    def decrypt_one(
        self, election_id: str, uuid: str, held: Held, content: bytes | None = None
    ) -> None:
        if content is None:
            content = self.share(uuid, held)
        with self.database.transaction(Actor("trustee", held.account_id)) as uow:
            results.decrypt(uow, election_id, held.account_id, uuid, content)

    def share(self, uuid: str, held: Held) -> bytes:
        paper = self.paper(uuid)
        with self.database.read() as uow:
            contest = uow.session.scalars(select(Contest).where(Contest.uuid == uuid)).one()
            raw, _ = results.add_up(
                paper, contest_archive.cast_ballots(uow.session, contest.id, counting=True)
            )
            assert raw.decode() == contest.tally_json
            encrypted = mixing.current_tally(uow, contest, paper)
        share = tally.partial_decryption(paper, encrypted, held.private)
        drawn = lot.share(paper, sha256_hex(raw), held.private)
        return ceremony.Decrypted(share, drawn).raw

    def declare(self, election_id: str) -> None:
        with self.database.transaction(COMMISSION) as uow:
            lifecycle.declare(uow, election_id)

    def certify(self, election_id: str) -> None:
        """When the time for challenge is over."""
        with self.database.read() as uow:
            over = challenges.until(uow.session.get_one(Election, election_id))
        if over is not None and over > self.clock():
            self.clock.move_to(over)
        self.both("certify", f"election/{election_id}", second=CERTIFIER)

    def both(
        self,
        act: str,
        subject: str,
        reason: str = "a reason",
        second: Actor = SECOND,
        **params: Any,
    ) -> None:
        """What needs two people: one of the commission asks, another person does it."""
        with self.database.transaction(COMMISSION) as uow:
            pending = two_people.ask(uow, act, subject, reason=reason, **params).id
        with self.database.transaction(second) as uow:
            two_people.sign(uow, pending)

    def sign_all(self, second: Actor = SECOND) -> None:
        """Another person signs whatever waits."""
        with self.database.transaction(second) as uow:
            for pending in two_people.waiting(uow):
                two_people.sign(uow, pending.id)

    def count(self, election_id: str) -> None:
        """To the certificate, where there is something to certify."""
        for step in (self.close, self.shuffle, self.decrypt, self.declare):
            step(election_id)
        with self.database.read() as uow:
            final = certifying.certifiable(uow.session.get_one(Election, election_id))
        if final:
            self.certify(election_id)

    def run(self, kind: str, choose: Chooser | None = None, **options: Any) -> str:
        """A whole election, certified. -> its id"""
        election_id = self.prepare(kind, **options)
        self.vote(election_id, choose)
        self.count(election_id)
        return election_id

    # Looking

    def contest_ids(self, election_id: str) -> list[str]:
        with self.database.read() as uow:
            return [c.id for c in uow.session.get_one(Election, election_id).contests]

    def uuids(self, election_id: str) -> list[str]:
        with self.database.read() as uow:
            return [c.uuid or "" for c in uow.session.get_one(Election, election_id).contests]

    def state(self, election_id: str) -> str:
        with self.database.read() as uow:
            return uow.session.get_one(Election, election_id).state

    def candidacies(self, election_id: str) -> list[Candidacy]:
        with self.database.read() as uow:
            election = uow.session.get_one(Election, election_id)
            found = [c for contest in election.contests for c in contest.candidacies]
            for candidacy in found:
                _ = candidacy.person
            return found


def _person(row: dict[str, str], units: dict[str, Unit], since: date) -> Person:
    person = Person(
        member_no=row["member_no"],
        name=row["name"],
        sex=row["sex"],
        birth_date=date.fromisoformat(row["birth_date"]),
        joined_on=date.fromisoformat(row["joined_on"]),
        status=row["status"],
        email=row["email"],
        phone=row["phone"],
        language=row["language"],
    )
    person.affiliations.append(Affiliation(unit=units[row["unit"]], voting=True, valid_from=since))
    if row["secondary_unit"]:
        second = units[row["secondary_unit"]]
        person.affiliations.append(Affiliation(unit=second, voting=False, valid_from=since))
    return person


def _make(held: Held, kind: str, task: trustees.Task) -> bytes:
    """What a trustee's tool makes in a step."""
    group = keys_group(task)
    data = task.data
    if task.step == trustees.CERTIFICATE:
        held.seed, certificate = threshold.make_certificate(
            group, data["size"], data["threshold"], data["index"]
        )
        return dumps(certificate)
    if task.step == trustees.COMMIT:
        if kind == SINGLE:
            held.private, public = ballot_trustees.generate_single(group)
            held.made[trustees.KEY] = dumps(public)
        else:
            made = threshold.make_polynomial(group, held.seed, data["certs"], data["threshold"])
            held.made[trustees.POLYNOMIAL] = dumps(made)
        return sha256_hex(next(iter(held.made.values()))).encode()
    if task.step == trustees.SHARE:
        share = threshold.make_voutput(
            group, held.seed, data["certs"], data["threshold"], data["vinput"]
        )
        held.private = threshold.private_key(group, held.seed, share["private_key"])
        return dumps(share)
    return held.made[task.step or ""]


def keys_group(task: trustees.Task) -> Any:
    from ballots.group import get_group

    return get_group(task.data["group"])


def first_ones(paper: BallotPaper, number: int) -> list[list[int]]:
    """The first answers, as many as may be chosen."""
    choices = []
    for question in paper.questions:
        chosen = [0] * question.size
        start = int(bool(getattr(question, "blank", False)))
        for place in range(getattr(question, "max", 1)):
            chosen[start + place] = 1
        choices.append(chosen)
    return choices
