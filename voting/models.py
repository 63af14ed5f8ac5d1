"""Elections, their contests, rolls and ballots.

Nothing here about a voter carries a time or a number in a sequence. Tables that name a voter have
random keys, no hidden row number (SQLite), and are written anew in the order of their keys when the
election closes, so that not even the order of rows in a dump tells who came when.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from audit.database import Base, UtcDateTime, new_id
from ballots.group import Group, get_group
from voting.errors import WrongState
from voting.registry.models import Constituency, Person, Term

DIRECT, COMMITTEE, CONFIDENCE, SATISFACTION = "direct", "committee", "confidence", "satisfaction"
KINDS = (DIRECT, COMMITTEE, CONFIDENCE, SATISFACTION)
SUBJECT_KINDS = (CONFIDENCE, SATISFACTION)

# what a ballot is for that comes after another one, or in the middle of a term
RE_BALLOT, ANOTHER_BALLOT, REPEAT, BY_ELECTION = (
    "re_ballot",
    "another_ballot",
    "repeat",
    "by_election",
)
PURPOSES = ("", RE_BALLOT, ANOTHER_BALLOT, REPEAT, BY_ELECTION)

DRAFT, FROZEN, SEALED, OPEN = "draft", "frozen", "sealed", "open"
SUSPENDED = "suspended"
CLOSED, MIXED, TALLIED = "closed", "mixed", "tallied"
DECLARED, CERTIFIED = "declared", "certified"
CANCELLED = "cancelled"
STATES = (
    DRAFT, FROZEN, SEALED, OPEN, SUSPENDED, CLOSED, MIXED, TALLIED, DECLARED, CERTIFIED, CANCELLED
)  # fmt: skip

# how a contest ended, from its declaration; the last two come later
ELECTED, PARTLY, TIED, JUDGED, VOID = "elected", "partly", "tied", "judged", "void"
ENDED, ANNULLED = "ended", "annulled"
OUTCOMES = (ELECTED, PARTLY, TIED, JUDGED, VOID, ENDED, ANNULLED)
CERTIFIABLE = (ELECTED, PARTLY, JUDGED)

# why a candidate or subject is gone after the papers were sealed
GONE = ("withdrew", "died", "lost_right")

# what is published of the course of a vote, each with its reason
RESCHEDULED, OPENED_EARLY, EXTENDED = "rescheduled", "opened_early", "extended"
RESUMED, CLOSED_EARLY, FEWER_SEATS = "resumed", "closed_early", "fewer_seats"
CANDIDATE_GONE = "candidate_gone"
NOTICES = (
    RESCHEDULED, OPENED_EARLY, EXTENDED, SUSPENDED, RESUMED, CLOSED_EARLY, CANCELLED, FEWER_SEATS,
    CANDIDATE_GONE, ANNULLED,
)  # fmt: skip

NOMINATED, ACCEPTED, WITHDRAWN = "nominated", "accepted", "withdrawn"
CANDIDACY_STATES = (NOMINATED, ACCEPTED, WITHDRAWN)

SINGLE, PEDERSEN = "single", "pedersen"

ID = String(32)
UUID = String(32)  # Base58, at least 14 characters
HASH = String(64)
TRACKER = String(43)
CREDENTIAL = String(
    700
)  # a group element as text; 64 digits for Ed25519, some 620 for a finite field
NO_ROW_NUMBER = {"sqlite_with_rowid": False}


def _one_of(column: str, values: tuple[str, ...], name: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name)


class Election(Base):
    """One act of voting: one profile, one window, one set of trustees, any number of contests."""

    __tablename__ = "election"
    __table_args__ = (
        _one_of("kind", KINDS, "kind"),
        _one_of("state", STATES, "state"),
        _one_of("purpose", PURPOSES, "purpose"),
        CheckConstraint("closes_at > opens_at", name="window"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    title_zh: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200))
    term_id: Mapped[str] = mapped_column(ForeignKey(Term.id), index=True)
    previous_election_id: Mapped[str | None] = mapped_column(ForeignKey("election.id"))
    purpose: Mapped[str] = mapped_column(String(20), default="")
    state: Mapped[str] = mapped_column(String(20), default=DRAFT, index=True)
    group: Mapped[str] = mapped_column("group_name", String(40), default="Ed25519")
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    scheduled: Mapped[bool] = mapped_column(default=True)
    window_reason: Mapped[str] = mapped_column(Text, default="")
    profile_id: Mapped[str] = mapped_column(String(80), default="")
    profile_json: Mapped[str | None] = mapped_column(Text)
    profile_hash: Mapped[str | None] = mapped_column(HASH)
    aggregate_small: Mapped[bool] = mapped_column(default=False)
    threshold: Mapped[int | None]
    trustees_json: Mapped[str | None] = mapped_column(Text)
    dossiers_json: Mapped[str] = mapped_column(Text, default="{}")
    # election.json of the record: what was fixed before voting, as its hash was logged
    description_json: Mapped[str | None] = mapped_column(Text, deferred=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    declared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    certified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    bindings_destroyed: Mapped[bool] = mapped_column(default=False)

    term: Mapped[Term] = relationship()
    contests: Mapped[list[Contest]] = relationship(
        back_populates="election", order_by="Contest.code"
    )
    trustees: Mapped[list[Trustee]] = relationship(
        back_populates="election", order_by="Trustee.position"
    )
    notices: Mapped[list[Notice]] = relationship(order_by="Notice.number")

    @property
    def ballot_group(self) -> Group:
        return get_group(self.group)


class Contest(Base):
    """One ballot paper and one archive. `height` and `tail_hash` are the end of its chain."""

    __tablename__ = "contest"
    __table_args__ = (
        UniqueConstraint("election_id", "code"),
        CheckConstraint(
            "outcome IN (" + ", ".join(f"'{outcome}'" for outcome in OUTCOMES) + ")", name="outcome"
        ),
        CheckConstraint(
            "certified_at IS NULL OR outcome NOT IN ('tied', 'void', 'annulled')", name="certified"
        ),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    election_id: Mapped[str] = mapped_column(ForeignKey(Election.id), index=True)
    code: Mapped[str] = mapped_column(String(40))
    # the contest that this one completes or repeats, of an earlier election
    completes_id: Mapped[str | None] = mapped_column(ForeignKey("contest.id"), index=True)
    uuid: Mapped[str | None] = mapped_column(UUID, unique=True)
    title_zh: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200))
    constituency_id: Mapped[str | None] = mapped_column(ForeignKey(Constituency.id))
    seats: Mapped[int] = mapped_column(default=0)
    roll_root: Mapped[str | None] = mapped_column(HASH)
    roll_count: Mapped[int] = mapped_column(default=0)
    credentials_json: Mapped[str | None] = mapped_column(Text, deferred=True)
    reissued: Mapped[int] = mapped_column(default=0)
    election_json: Mapped[str | None] = mapped_column(Text)
    fingerprint: Mapped[str | None] = mapped_column(TRACKER)
    timestamp: Mapped[int] = mapped_column(default=0)
    height: Mapped[int] = mapped_column(default=-1)
    tail_hash: Mapped[str | None] = mapped_column(HASH)
    tally_json: Mapped[str | None] = mapped_column(Text)
    tally_count: Mapped[int] = mapped_column(default=0)
    issued: Mapped[int] = mapped_column(default=0)
    # how many are not counted among those expected, by ground; fixed when voting ends
    excluded_json: Mapped[str] = mapped_column(Text, default="{}", server_default="{}")
    result_json: Mapped[str | None] = mapped_column(Text)
    uncounted: Mapped[bool] = mapped_column(default=False)  # void before the count: not decrypted
    outcome: Mapped[str | None] = mapped_column(String(20))
    waived_seats: Mapped[int] = mapped_column(default=0)  # open seats given up by consent
    certified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    election: Mapped[Election] = relationship(back_populates="contests")
    completes: Mapped[Contest | None] = relationship(remote_side=[id])
    constituency: Mapped[Constituency | None] = relationship()
    candidacies: Mapped[list[Candidacy]] = relationship(
        back_populates="contest", order_by="Candidacy.position", lazy="selectin"
    )

    @property
    def frozen_uuid(self) -> str:
        """Its uuid, once it has one. Raises WrongState."""
        if self.uuid is None:
            raise WrongState("Contest %(code)s is not frozen yet.", code=self.code)
        return self.uuid


class Candidacy(Base):
    """A candidate, or the subject of a confidence or satisfaction ballot."""

    __tablename__ = "candidacy"
    __table_args__ = (
        _one_of("state", CANDIDACY_STATES, "state"),
        CheckConstraint("gone IN ('withdrew', 'died', 'lost_right')", name="gone"),
        UniqueConstraint("contest_id", "person_id"),
        UniqueConstraint("contest_id", "position"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    contest_id: Mapped[str] = mapped_column(ForeignKey(Contest.id), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id), index=True)
    position: Mapped[int]
    statement_zh: Mapped[str] = mapped_column(Text, default="")
    statement_en: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(20), default=NOMINATED)
    # as on the paper, fixed with the roll: who is renamed later is elected under the printed name
    label: Mapped[str] = mapped_column(Text, default="")
    seniority: Mapped[int] = mapped_column(default=0)
    # after the papers were sealed the name stays on them; what becomes of votes, the profile says
    gone: Mapped[str | None] = mapped_column(String(20))
    votes_void: Mapped[bool] = mapped_column(default=False)  # gone before voting ended

    contest: Mapped[Contest] = relationship(back_populates="candidacies")
    person: Mapped[Person] = relationship(lazy="joined")


class Notice(Base):
    """What the public is told of the course of a vote, with the reason: shown at once, in order."""

    __tablename__ = "election_notice"
    __table_args__ = (_one_of("what", NOTICES, "what"), UniqueConstraint("election_id", "number"))

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    election_id: Mapped[str] = mapped_column(ForeignKey(Election.id), index=True)
    number: Mapped[int]
    contest_id: Mapped[str | None] = mapped_column(ForeignKey(Contest.id))
    candidacy_id: Mapped[str | None] = mapped_column(ForeignKey(Candidacy.id))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    what: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    opens_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    contest: Mapped[Contest | None] = relationship()
    candidacy: Mapped[Candidacy | None] = relationship()


class SubjectBallot(Base):
    """One ballot of a kind for a subject in a term: the key says so, and a race ends here."""

    __tablename__ = "subject_ballot"

    term_id: Mapped[str] = mapped_column(ForeignKey(Term.id), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id), primary_key=True)
    election_id: Mapped[str] = mapped_column(ForeignKey(Election.id), index=True)


class RollEntry(Base):
    """A person may vote in a contest: the frozen roll."""

    __tablename__ = "roll_entry"
    __table_args__ = (Index("ix_roll_entry_person_id", "person_id"), NO_ROW_NUMBER)

    contest_id: Mapped[str] = mapped_column(ForeignKey(Contest.id), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id), primary_key=True)


class CheckIn(Base):
    """The person opened the ballot page: a ballot was issued."""

    __tablename__ = "check_in"
    __table_args__ = (
        ForeignKeyConstraint(
            ["contest_id", "person_id"], ["roll_entry.contest_id", "roll_entry.person_id"]
        ),
        NO_ROW_NUMBER
        | {"info": {"unlogged": "an entry would tell who came when; closing logs the number"}},
    )

    contest_id: Mapped[str] = mapped_column(ID, primary_key=True)
    person_id: Mapped[str] = mapped_column(ID, primary_key=True)


class Exclusion(Base):
    """A voter who is not counted among those expected. `ground` is a class of the rules; two people
    of the commission stand for it, and the row goes with the bindings."""

    __tablename__ = "exclusion"
    __table_args__ = (
        ForeignKeyConstraint(
            ["contest_id", "person_id"], ["roll_entry.contest_id", "roll_entry.person_id"]
        ),
        UniqueConstraint("contest_id", "person_id"),
        CheckConstraint("approved_by <> entered_by", name="two_people"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    contest_id: Mapped[str] = mapped_column(ForeignKey(Contest.id))
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id), index=True)
    ground: Mapped[str] = mapped_column(String(40))
    entered_by: Mapped[str] = mapped_column(String(64))
    approved_by: Mapped[str | None] = mapped_column(String(64))

    person: Mapped[Person] = relationship()


class PublicCredential(Base):
    __tablename__ = "public_credential"
    __table_args__ = (NO_ROW_NUMBER,)

    contest_id: Mapped[str] = mapped_column(ForeignKey(Contest.id), primary_key=True)
    credential: Mapped[str] = mapped_column(CREDENTIAL, primary_key=True)


class CredentialBinding(Base):
    """Which credential a voter used: the only link from a person to a ballot.

    It keeps one voter from using another's credential, and is destroyed after the time for
    challenge.
    """

    __tablename__ = "credential_binding"
    __table_args__ = (
        ForeignKeyConstraint(
            ["contest_id", "person_id"], ["roll_entry.contest_id", "roll_entry.person_id"]
        ),
        ForeignKeyConstraint(
            ["contest_id", "credential"],
            ["public_credential.contest_id", "public_credential.credential"],
        ),
        UniqueConstraint("contest_id", "credential"),
        NO_ROW_NUMBER,
    )

    contest_id: Mapped[str] = mapped_column(ID, primary_key=True)
    person_id: Mapped[str] = mapped_column(ID, primary_key=True)
    credential: Mapped[str] = mapped_column(CREDENTIAL)


class CastBallot(Base):
    """A ballot in the box, at its place in the chain. Its event follows from it and its parent."""

    __tablename__ = "cast_ballot"
    __table_args__ = (
        ForeignKeyConstraint(
            ["contest_id", "credential"],
            ["public_credential.contest_id", "public_credential.credential"],
        ),
        UniqueConstraint("contest_id", "tracker"),
        # one ballot of a credential counts, whatever the application does
        Index(
            "uq_cast_ballot_one_counts",
            "contest_id",
            "credential",
            unique=True,
            sqlite_where=text("counts"),
            postgresql_where=text("counts"),
        ),
    )

    contest_id: Mapped[str] = mapped_column(ForeignKey(Contest.id), primary_key=True)
    height: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    credential: Mapped[str] = mapped_column(CREDENTIAL)
    tracker: Mapped[str] = mapped_column(TRACKER)
    event: Mapped[str] = mapped_column(HASH)  # of its place in the chain, as the receipt has it
    raw: Mapped[str] = mapped_column(Text)
    counts: Mapped[bool] = mapped_column(default=True)


class SpentCiphertext(Base):
    """A ciphertext that was cast, by the hash of its text; nobody else may use it again."""

    __tablename__ = "spent_ciphertext"
    __table_args__ = (NO_ROW_NUMBER,)

    contest_id: Mapped[str] = mapped_column(ForeignKey(Contest.id), primary_key=True)
    hash: Mapped[str] = mapped_column(ID, primary_key=True)
    credential: Mapped[str] = mapped_column(CREDENTIAL)


class SpoiltBallot(Base):
    """A ballot that its voter opened to check it; it can never be cast."""

    __tablename__ = "spoilt_ballot"
    __table_args__ = (NO_ROW_NUMBER,)

    contest_id: Mapped[str] = mapped_column(ForeignKey(Contest.id), primary_key=True)
    tracker: Mapped[str] = mapped_column(TRACKER, primary_key=True)
    credential: Mapped[str] = mapped_column(CREDENTIAL)


class ArchiveRecord(Base):
    """A record of the archive that is not of a ballot: data in order, then the event."""

    __tablename__ = "archive_record"

    contest_id: Mapped[str] = mapped_column(ForeignKey(Contest.id), primary_key=True)
    height: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(5))
    content: Mapped[str] = mapped_column(Text)


class Trustee(Base):
    """A holder of a key share. `account_id` is the account that acts; the key never comes here."""

    __tablename__ = "trustee"
    __table_args__ = (
        UniqueConstraint("election_id", "position"),
        UniqueConstraint("election_id", "account_id"),
        UniqueConstraint("election_id", "person_id"),
        _one_of("kind", (SINGLE, PEDERSEN), "kind"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    election_id: Mapped[str] = mapped_column(ForeignKey(Election.id), index=True)
    position: Mapped[int]
    account_id: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[str | None] = mapped_column(ForeignKey(Person.id))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(10), default=SINGLE)
    commitment: Mapped[str | None] = mapped_column(HASH)
    public_json: Mapped[str | None] = mapped_column(Text)
    rehearsed: Mapped[bool] = mapped_column(default=False)
    absence: Mapped[str | None] = mapped_column(Text)  # why others shuffle without this trustee

    election: Mapped[Election] = relationship(back_populates="trustees")
    steps: Mapped[list[TrusteeStep]] = relationship(back_populates="trustee")


class TrusteeStep(Base):
    """What a trustee sent in a step of the key generation."""

    __tablename__ = "trustee_step"

    trustee_id: Mapped[str] = mapped_column(ForeignKey(Trustee.id), primary_key=True)
    step: Mapped[str] = mapped_column(String(20), primary_key=True)
    content: Mapped[str] = mapped_column(Text)

    trustee: Mapped[Trustee] = relationship(back_populates="steps")


class Shuffle(Base):
    """A trustee's checked shuffle of a contest, the `position`-th, from 1. Its text is
    in the archive, at this height; the keys say that nobody shuffles twice, and none is lost."""

    __tablename__ = "shuffle"
    __table_args__ = (UniqueConstraint("contest_id", "trustee_id"),)

    contest_id: Mapped[str] = mapped_column(ForeignKey(Contest.id), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    trustee_id: Mapped[str] = mapped_column(ForeignKey(Trustee.id))
    height: Mapped[int]


class PartialDecryption(Base):
    """A trustee's checked shares of a contest's tally, whose text is in the archive, and lot."""

    __tablename__ = "partial_decryption"

    contest_id: Mapped[str] = mapped_column(ForeignKey(Contest.id), primary_key=True)
    trustee_id: Mapped[str] = mapped_column(ForeignKey(Trustee.id), primary_key=True)
    content: Mapped[str] = mapped_column(Text)
    lot: Mapped[str] = mapped_column(Text)  # beside the archive: published only where one is drawn


class Declared(Base):
    """The outcome of a contest as the profile has it: canonical JSON and its hash."""

    __tablename__ = "declaration"

    contest_id: Mapped[str] = mapped_column(ForeignKey(Contest.id), primary_key=True)
    content: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(HASH)


class Challenge(Base):
    """Somebody entitled says that a declared contest is wrong. The log has a salted hash of it."""

    __tablename__ = "challenge"
    __table_args__ = (
        CheckConstraint("decision IN ('upheld', 'rejected')", name="decision"),
        UniqueConstraint("contest_id", "person_id"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    contest_id: Mapped[str] = mapped_column(ForeignKey(Contest.id), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id))
    text: Mapped[str] = mapped_column(Text)
    lodged_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[str | None] = mapped_column(String(64))
    decision: Mapped[str | None] = mapped_column(String(10))
    decision_reason: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[str | None] = mapped_column(String(64))

    contest: Mapped[Contest] = relationship()
    person: Mapped[Person] = relationship()
