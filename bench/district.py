"""A whole direct election of the district: 60,000 members, 255 contests, 306 seats, 6,000 ballots.

    python -m bench.district [--database sqlite|postgresql|URL] [--scale 1.0] [--connections 8]

From the import of the roll to the verified record. Ballots come through HTTP from another process
and were encrypted before the clock starts; the voters' sessions are made by the services, so that
signing in (argon2id, one-time codes: slow on purpose) is not part of a cast. Everything else is
the product as it is. `--scale` takes that part of the constituencies and of the ballots.
"""

from __future__ import annotations

import argparse
import multiprocessing.context
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select, update

from audit.announcing import announce
from audit.database import Actor, Database, UnitOfWork, utc_now
from audit.keyfiles import load_or_create_keys
from ballots import ballot, ceremony, credentials, tally, trustees
from ballots.election import Election as BallotPaper
from ballots.encoding import dumps, sha256_hex
from ballots.group import get_group
from bench import box, machine, rolls
from bench.box import Envelope, Site
from bench.machine import Table
from tests.postgres import find_or_start
from voting import drafts, lifecycle, nominations, papers, publication, results, states
from voting import rolls as voting_rolls
from voting import trustees as voting_trustees
from voting.models import Contest, Election
from voting.record.write import write_folder
from voting.registry import structure
from web.database.schema import upgrade_database
from web.identity import accounts, sign_in
from web.identity.keys import Keys
from web.identity.models import ACTIVE, Account
from web.identity.roles import Role
from web.settings import Settings

BALLOTS = 6000
MANDATE = "from web.cli import app; app()"
TRUSTEES = 3
ALONE = 300  # ballots sent one after the other, before the rest comes in parallel
GROUP = get_group("Ed25519")
COMMISSION = Actor("commission")
Secrets = dict[str, str]  # person id -> secret credential
Cast = tuple[bytes, str, int]  # ballot paper, secret credential, number of the voter


def processes() -> multiprocessing.context.BaseContext:
    """Children that share nothing with this process, and for which modules are loaded once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["bench.box"])
    return context


def make_credentials(job: tuple[str, list[str]]) -> tuple[Secrets, list[str]]:
    """What the registrar's page makes for a contest: a secret for each voter, the public list."""
    uuid, voters = job
    made = {person_id: credentials.generate() for person_id in voters}
    public = [credentials.public_credential(GROUP, uuid, secret) for secret in made.values()]
    return made, list(credentials.sort_public(GROUP, public))


def encrypt(job: Cast) -> bytes:
    """What the booth does: a vote for as many as there are seats, for others each time."""
    raw, secret, number = job
    paper = BallotPaper.parse(raw)
    choices = []
    for question in paper.questions:
        first = int(bool(getattr(question, "blank", None)))
        answers = question.size - first
        chosen = [0] * question.size
        for place in range(getattr(question, "max", 1)):
            chosen[first + (number + place) % answers] = 1
        choices.append(chosen)
    return ballot.encrypt(paper, secret, choices)


class District:
    """The election, step by step, as the people do it."""

    def __init__(self, folder: Path, url: str, scale: float, table: Table) -> None:
        self.folder = folder
        self.settings = Settings(data_dir=folder, database_url=url)
        self.database = Database(url)
        self.table = table
        self.part = rolls.part_of(scale)
        self.ballots = round(BALLOTS * scale)
        self.keys: dict[str, str] = {}  # account id -> private key
        self.secrets: dict[str, Secrets] = {}  # by contest uuid
        self.election_id = ""
        self.pool = ProcessPoolExecutor(machine.cores(), mp_context=processes())

    def _act(self, act: Callable[[UnitOfWork], object]) -> None:
        with self.database.transaction(COMMISSION) as uow:
            act(uow)

    def contests(self) -> list[Contest]:
        with self.database.read() as uow:
            return list(states.get(uow, self.election_id).contests)

    # Before voting

    def prepare(self) -> None:
        upgrade_database(self.database)
        self._import()
        self._draft()
        for name, step in (
            ("freeze", lambda uow: lifecycle.freeze(uow, self.election_id)),
            ("trustees make keys", self._make_keys),
        ):
            with self.table.step(name):
                self._act(step)
        self._issue()
        with self.table.step("seal"):
            self._act(lambda uow: lifecycle.seal(uow, self.election_id))
        with self.table.step("trustees rehearse"):
            self._rehearse()
        with self.database.transaction() as uow:
            keys = load_or_create_keys(self.settings.keys_dir, self.settings.log_origin)
            announce(uow, keys.receipts)  # as a server does when it starts
        with self.table.step("open"), self.database.transaction() as uow:
            election = states.get(uow, self.election_id)
            uow.signed = ("open", f"election/{election.id}")  # two people stand for it
            lifecycle.open_voting(uow, election.id, "bench")

    def _import(self) -> None:
        """In a process of its own, for its memory."""
        with ProcessPoolExecutor(1, mp_context=processes()) as alone:
            done = alone.submit(rolls.load, self.database.url, self.part).result()
        note = f"{done.members} members, peak {done.megabytes:.0f} MB"
        self.table.line("import of the roll", done.clock, done.processor, note)

    def _draft(self) -> None:
        opens = utc_now() + timedelta(hours=1)
        with self.table.step("draft, contests, candidates") as note:
            with self.database.transaction(COMMISSION) as uow:
                term = structure.create_term(
                    uow,
                    code="term",
                    name="届",
                    name_en="Term",
                    starts_on=uow.day_of(opens) + timedelta(days=30),
                    ends_on=uow.day_of(opens) + timedelta(days=30 + 5 * 365),
                )
                election = drafts.create(
                    uow,
                    code="district",
                    kind="direct",
                    title_zh="党代表直选",
                    title_en="Direct election of representatives",
                    term=term,
                    opens_at=opens,
                    closes_at=opens + timedelta(days=3),
                )
                self.election_id = election.id
                drafts.adopt_profile(uow, election.id, "party-basic-2020")
                drafts.change(uow, election.id, aggregate_small=True)
                drafts.add_constituencies(uow, election.id, structure.constituencies(uow))
                added = nominations.import_csv(uow, election.id, self.part.candidates)
                self._invite(uow)
            contests = self.contests()
            note["is"] = f"{len(contests)} contests, {sum(c.seats for c in contests)} seats, "
            note["is"] += f"{added} candidates"

    def _invite(self, uow: UnitOfWork) -> None:
        for number in range(1, TRUSTEES + 1):
            account = accounts.create(uow, f"trustee-{number}", name=f"Trustee {number}")
            accounts.grant(uow, account.id, Role.TRUSTEE)
            account.state = ACTIVE
            voting_trustees.invite(uow, self.election_id, account_id=account.id, name=account.name)
            self.keys[account.id] = ""

    def _make_keys(self, uow: UnitOfWork) -> None:
        made = {}
        for account in self.keys:
            self.keys[account], public = trustees.generate_single(GROUP)
            made[account] = dumps(public)
            self._submit(uow, account, voting_trustees.COMMIT, sha256_hex(made[account]).encode())
        for account, public_key in made.items():
            self._submit(uow, account, voting_trustees.KEY, public_key)

    def _submit(self, uow: UnitOfWork, account: str, step: str, content: bytes) -> None:
        voting_trustees.submit(uow, self.election_id, account, step, content)

    def _issue(self) -> None:
        with self.table.step("credentials: made") as note:
            with self.database.read() as uow:
                jobs = [
                    (
                        contest.uuid or "",
                        [p.id for p in voting_rolls.voters_of(uow.session, contest)],
                    )
                    for contest in states.get(uow, self.election_id).contests
                ]
            made = list(self.pool.map(make_credentials, jobs, chunksize=4))
            voters = sum(len(secrets) for secrets, _ in made)
            note["is"] = f"{voters} voters, {machine.cores()} processes"
        with self.table.step("credentials: taken, published"):
            for contest, (secrets, public) in zip(self.contests(), made, strict=True):
                self.secrets[contest.uuid or ""] = secrets
                with self.database.transaction(Actor("registrar")) as uow:
                    voting_rolls.publish_credentials(uow, contest.id, public)

    def _rehearse(self) -> None:
        paper = papers.paper_of(self.contests()[0])
        test = tally.parse_tally(paper, results.rehearsal_tally(paper))
        for account, private in self.keys.items():
            share = tally.partial_decryption(paper, test, private)
            with self.database.transaction(Actor("trustee", account)) as uow:
                results.rehearse(uow, self.election_id, account, share)

    # Voting

    def envelopes(self) -> list[Envelope]:
        """Every n-th voter of every contest, with a session and an encrypted ballot."""
        papers = {c.uuid or "": (c.election_json or "").encode() for c in self.contests()}
        everyone = [(uuid, p) for uuid, voters in self.secrets.items() for p in voters]
        step = len(everyone) / self.ballots
        chosen = [everyone[int(number * step)] for number in range(self.ballots)]
        with self.table.step("accounts and sessions of voters") as note:
            sessions = self._sessions([person for _, person in chosen])
            note["is"] = f"{len(everyone)} accounts, {len(sessions)} sessions"
        with self.table.step("ballots: encrypted") as note:
            jobs = [
                (papers[uuid], self.secrets[uuid][person], number)
                for number, (uuid, person) in enumerate(chosen)
            ]
            ballots = list(self.pool.map(encrypt, jobs, chunksize=50))
            note["is"] = f"{len(ballots)} ballots, {machine.cores()} processes"
        keys = Keys.load(self.settings.secret_file)
        found = [
            Envelope(uuid, sessions[person], keys.mac("csrf", sessions[person]), raw)
            for (uuid, person), raw in zip(chosen, ballots, strict=True)
        ]
        return [found[start] for start in _mixed(len(found))]

    def _sessions(self, persons: list[str]) -> dict[str, str]:
        """Person id -> token of a session."""
        with self.database.transaction(Actor("admin")) as uow:
            accounts.create_for_members(uow, rolls.electors(uow))
            uow.session.execute(update(Account).values(state=ACTIVE))
            wanted = set(persons)
            found = uow.session.scalars(select(Account).where(Account.person_id.is_not(None)))
            return {
                account.person_id or "": sign_in.open_session(uow, self.settings, account, "bench")
                for account in found
                if account.person_id in wanted
            }

    def vote(self, site: Site, envelopes: list[Envelope], connections: int) -> None:
        alone = min(ALONE, len(envelopes) // 4)
        for phase, part, lines in (
            ("alone", envelopes[:alone], 1),
            ("many", envelopes[alone:], connections),
        ):
            clock = self.pool.submit(box.send_all, site.url, part, lines, phase).result()
            note = f"{len(part) / clock:.0f} ballots a second, {lines} connections, "
            self.table.line(f"cast: {phase}", clock, None, note + f"{site.workers} workers")

    # Counting

    def count(self, site: Site) -> None:
        with self.table.step("close"), self.database.transaction() as uow:
            uow.signed = ("close", f"election/{self.election_id}")  # two people stand for it
            lifecycle.close_voting(uow, self.election_id, "bench")
        with self.table.step("encrypted tallies") as note:
            results.encrypt_tallies(self.database, self.election_id, jobs=machine.cores())
            note["is"] = f"{machine.cores()} processes"
        for number, (account, private) in enumerate(self.keys.items(), 1):
            with self.table.step(f"trustee {number} checks and decrypts") as note:
                note["is"] = f"{self._decrypt(site, account, private)} contests, through HTTP"
        with self.table.step("declare"):
            self._act(lambda uow: lifecycle.declare(uow, self.election_id))

    def _decrypt(self, site: Site, account_id: str, private: str) -> int:
        """As `mandate trustee` does: fetch, check all of it, decrypt what was added up anew."""
        with self.database.transaction() as uow:
            account = uow.session.get_one(Account, account_id)
            session = sign_in.open_session(uow, self.settings, account, "bench")
        csrf = Keys.load(self.settings.secret_file).mac("csrf", session)
        path = "/api/v1/elections/district/trustee"
        with box.Line(site.url, session, csrf) as line, tempfile.TemporaryDirectory() as scratch:
            waiting = [c for c in line.get_json(path)["contests"] if not c["decrypted"]]
            for contest in waiting:
                file = Path(scratch) / "contest.bel"
                file.write_bytes(line.get(f"/api/v1/contests/{contest['uuid']}/archive"))
                made = ceremony.decrypt_archive(file, private, contest["fingerprint"])
                line.post(f"{path}/decryptions/{contest['uuid']}", made.raw)
        return len(waiting)

    def publish(self) -> None:
        record = self.folder / "district"
        with self.table.step("write the record") as note:
            with self.database.read() as uow:
                election = uow.session.get_one(Election, self.election_id)
                log = self.settings.log_dir / "public"
                write_folder(record, publication.source_of(uow, election, log))
            size = sum(path.stat().st_size for path in record.rglob("*") if path.is_file())
            note["is"] = f"{size / 1e6:.1f} MB"
        for jobs in (1, 2):
            with self.table.step(f"mandate verify --jobs {jobs}") as note:
                command = [sys.executable, "-c", MANDATE, "verify", str(record)]
                subprocess.run(
                    [*command, "--jobs", str(jobs)], check=True, stdout=subprocess.DEVNULL
                )
                note["is"] = f"{self.ballots} ballots, {len(self.contests())} contests"

    def close(self) -> None:
        self.pool.shutdown()
        self.database.close()


def _mixed(count: int) -> Iterator[int]:
    """Each number below `count` once, far from its neighbours: voters do not come by contest."""
    step = 7919 if count % 7919 else 7907
    return (number * step % count for number in range(count))


def run(folder: Path, url: str, scale: float, connections: int) -> dict[str, float]:
    database = Database(url)
    title = machine.database_version(database.engine)
    database.close()
    table = Table(f"{title}; {rolls.part_of(scale).describe()}")
    district = District(folder, url, scale, table)
    try:
        district.prepare()
        envelopes = district.envelopes()
        workers = 1 if url.startswith("sqlite") else 2
        with Site(folder, url, workers) as site:
            district.vote(site, envelopes, connections)
            district.count(site)
        district.publish()
    finally:
        district.close()
    for phase in ("alone", "many"):
        found = box.shares(site.seen(), phase)
        table.say(
            f"a cast, {phase}: p50 {found.clock:.1f} ms, p99 {found.slow:.1f} ms by the clock, "
            f"of it proofs {found.proofs:.1f} ms (p50), share {found.clock_share:.0%}; processor "
            f"of the server {found.processor:.1f} ms, share of proofs {found.processor_share:.0%}"
        )
        table.figures[f"share {phase}"] = found.processor_share
    return table.figures


@contextmanager
def database_url(wanted: str, folder: Path) -> Iterator[str]:
    """`sqlite`, `postgresql` (one of its own, with fsync) or the address of a database."""
    if wanted == "sqlite":
        yield f"sqlite:///{folder / 'mandate.sqlite'}"
    elif wanted == "postgresql":
        home = folder.with_name(f"{folder.name}-postgresql")
        home.mkdir()
        server = find_or_start(home, durable=True)
        try:
            yield server.new_database()
        finally:
            server.stop()
    else:
        yield wanted


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", action="append", help="sqlite, postgresql or an address")
    parser.add_argument("--scale", type=float, default=1.0, help="part of the district")
    parser.add_argument("--connections", type=int, default=8, help="of voters, at a time")
    given = parser.parse_args(arguments)
    print(machine.describe())
    for wanted in given.database or ["sqlite", "postgresql"]:
        with tempfile.TemporaryDirectory(prefix="mandate-bench-") as scratch:
            folder = Path(scratch) / "site"
            folder.mkdir()
            Path(scratch).chmod(0o711)  # PostgreSQL runs as another user
            with database_url(wanted, folder) as url:
                run(folder, url, given.scale, given.connections)


if __name__ == "__main__":
    main()
