"""Casting a ballot: everything is checked before anything is written, and one transaction writes.

The proofs are checked outside of every lock (`check`); what can change meanwhile is checked under
the lock on the contest's row (`accept`). Constraints in the database say the same once more.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from audit.database import Database, UnitOfWork
from audit.keys import Signer
from audit.receipts import make_receipt
from ballots import BallotError
from ballots import ballot as ballots_ballot
from ballots.archive import event_bytes
from ballots.ballot import Ballot
from ballots.election import Election as BallotPaper
from ballots.encoding import sha256_hex
from voting import ballot_box, contest_archive
from voting.entries import BallotAccepted, BallotSpoilt
from voting.errors import Conflict, Forbidden, Invalid, NotFound, TooLate, WrongState
from voting.models import (
    OPEN,
    SEALED,
    SUSPENDED,
    CastBallot,
    Contest,
    CredentialBinding,
    Election,
    RollEntry,
    SpoiltBallot,
)

MAX_BALLOT = 1 << 20  # bytes: a ballot on a hundred people has some 200 KB
MAX_SPOILT = 50  # challenges of one credential


@dataclass(frozen=True)
class Checked:
    """A ballot whose form, proofs and signature are right, for this contest."""

    uuid: str
    ballot: Ballot
    ciphertexts: tuple[str, ...]  # their hashes


@dataclass(frozen=True)
class Accepted:
    """`receipt` is a signed note: what the server took, at which place of the chain."""

    tracker: str
    receipt: str
    revote: bool


class _Papers:
    """Sealed ballot papers, parsed once a process; a paper never changes under its uuid."""

    def __init__(self, size: int = 1024) -> None:
        self._size = size
        self._found: OrderedDict[str, BallotPaper] = OrderedDict()

    def known(self, uuid: str) -> BallotPaper | None:
        return self._found.get(uuid)

    def get(self, uow: UnitOfWork, uuid: str) -> BallotPaper:
        paper = self.known(uuid)
        if paper is None:
            raw = uow.session.scalar(select(Contest.election_json).where(Contest.uuid == uuid))
            if raw is None:
                raise NotFound("There is no such contest, or its ballot paper is not sealed.")
            paper = self._found[uuid] = BallotPaper.parse(raw.encode())
            if len(self._found) > self._size:
                self._found.popitem(last=False)
        return paper


PAPERS = _Papers()


def paper_of(uow: UnitOfWork, contest_uuid: str) -> BallotPaper:
    return PAPERS.get(uow, contest_uuid)


def paper_in(database: Database, contest_uuid: str) -> BallotPaper:
    """The same without a transaction, when this process has the paper already."""
    known = PAPERS.known(contest_uuid)
    if known is not None:
        return known
    with database.read() as uow:
        return PAPERS.get(uow, contest_uuid)


def check(paper: BallotPaper, raw: bytes) -> Checked:
    """Form, election, elements, scalars, every proof and the signature. Raises Invalid."""
    if len(raw) > MAX_BALLOT:
        raise Invalid("The ballot is larger than %(limit)s bytes.", limit=MAX_BALLOT)
    try:
        ballot = ballots_ballot.parse(paper, raw)
        ballots_ballot.verify(paper, ballot)
    except BallotError as error:
        raise Invalid(
            "The ballot is refused: %(reason)s",
            field=error.place,
            reason=str(error),
            check=error.check or "",
        ) from error
    hashes = tuple(
        hashlib.sha256(ciphertext.text.encode()).hexdigest()[:32]
        for ciphertext in ballot.ciphertexts()
    )
    return Checked(paper.uuid, ballot, hashes)


def accept(
    uow: UnitOfWork,
    person_id: str,
    contest_uuid: str,
    raw: bytes | Checked,
    receipt_signer: Signer,
) -> Accepted:
    """Put a ballot into the box. `raw` may be what `check` gave, so that proofs need no lock."""
    checked = raw if isinstance(raw, Checked) else check(paper_of(uow, contest_uuid), raw)
    ballot = checked.ballot
    seen = _lock_and_look(uow, contest_uuid, person_id, checked)
    again = _refuse(seen, person_id, ballot)
    if again is not None:
        return _accepted(receipt_signer, contest_uuid, ballot, again, revote=False)
    try:
        event_hash = _write(uow, person_id, checked, seen)
    except IntegrityError as error:
        raise Conflict("Another ballot of yours was recorded at the same moment.") from error
    uow.record(
        BallotAccepted(
            uuid=contest_uuid,
            height=seen.place.height + 1,
            event=event_hash,
            tracker=ballot.tracker,
        )
    )
    return _accepted(
        receipt_signer, contest_uuid, ballot, event_hash, revote=seen.counting is not None
    )


def _accepted(signer: Signer, uuid: str, ballot: Ballot, event: str, *, revote: bool) -> Accepted:
    receipt = make_receipt(signer, contest=uuid, tracker=ballot.tracker, event=event)
    return Accepted(ballot.tracker, receipt, revote)


def _lock_and_look(
    uow: UnitOfWork, uuid: str, person_id: str, checked: Checked
) -> ballot_box.Known:
    """Under the lock of the contest: everything that the decision depends on."""
    ballot = checked.ballot
    seen = ballot_box.lock(
        uow, uuid, person_id, ballot.credential, ballot.tracker, checked.ciphertexts
    )
    if seen is None:
        raise NotFound("There is no such contest.")
    _require_open(uow, seen.place)
    return seen


def _require_open(uow: UnitOfWork, row: ballot_box.Place) -> None:
    if row.state == SEALED or (row.state == OPEN and uow.now < row.opens_at):
        raise WrongState("Voting has not begun.")
    if row.state == SUSPENDED:
        raise WrongState("Voting is suspended. The ballots in the box stay there.")
    if row.state != OPEN or uow.now >= row.closes_at:
        raise TooLate("Voting has ended.")


def _refuse(seen: ballot_box.Known, person_id: str, ballot: Ballot) -> str | None:
    """Raise unless the ballot may be taken. -> its event, when it is in the box and counts."""
    if not seen.on_roll:
        raise Forbidden("You are not on the roll of this contest.")
    if not seen.listed:
        raise Invalid("The credential is not one of this contest.", field="credential")
    if seen.bound_credential not in (None, ballot.credential):
        raise Forbidden("You have voted with another credential; this one is not yours.")
    if seen.bound_person not in (None, person_id):
        raise Forbidden("Another voter has used this credential.")
    if seen.spoilt:
        raise Conflict("This ballot was opened for a check and can never be cast.")
    if seen.copied:
        raise Conflict("A part of this ballot was copied from another ballot.")
    if seen.event is None:
        return None
    if seen.counting != ballot.tracker:
        raise Conflict("This ballot was cast before and has been replaced since. Make a new one.")
    return seen.event


def _write(uow: UnitOfWork, person_id: str, checked: Checked, seen: ballot_box.Known) -> str:
    ballot, place = checked.ballot, seen.place
    height = place.height + 1
    event = sha256_hex(
        event_bytes(place.tail_hash, height, contest_archive.BALLOT, sha256_hex(ballot.raw))
    )
    values = {
        "contest": place.id,
        "person": person_id,
        "credential": ballot.credential,
        "tracker": ballot.tracker,
        "event": event,
        "height": height,
        "raw": ballot.raw.decode(),
    }
    written = ballot_box.put(
        uow,
        values,
        sorted(set(checked.ciphertexts)),
        bind=seen.bound_person is None,
        replace=seen.counting is not None,
    )
    if not written:
        raise Conflict("Another event was recorded at the same moment. Try again.")
    return event


def check_in(uow: UnitOfWork, person_id: str, contest_uuid: str) -> None:
    """The voter opened the ballot page: a ballot is issued. The number is public, who is not."""
    contest = ballot_box.look(uow, contest_uuid)
    if contest is None:
        raise NotFound("There is no such contest.")
    _require_open(uow, contest)
    on_roll = uow.session.get(RollEntry, (contest.id, person_id))
    if on_roll is None:
        raise Forbidden("You are not on the roll of this contest.")
    ballot_box.check_in(uow, contest.id, person_id)


def spoil(uow: UnitOfWork, person_id: str, contest_uuid: str, raw: bytes | Checked) -> str:
    """Record that the voter opened this ballot to check it; it can never be cast. -> tracker"""
    checked = raw if isinstance(raw, Checked) else check(paper_of(uow, contest_uuid), raw)
    ballot = checked.ballot
    seen = _lock_and_look(uow, contest_uuid, person_id, checked)
    if seen.spoilt:
        return ballot.tracker
    if _refuse(seen, person_id, ballot) is not None:
        raise Conflict("This ballot is in the box; only a ballot that was not cast can be opened.")
    spoilt = uow.session.scalars(
        select(SpoiltBallot.tracker).where(
            SpoiltBallot.contest_id == seen.place.id, SpoiltBallot.credential == ballot.credential
        )
    ).all()
    if len(spoilt) >= MAX_SPOILT:
        raise Conflict(
            "You have opened %(limit)s ballots; no more can be opened.", limit=MAX_SPOILT
        )
    uow.session.add(
        SpoiltBallot(contest_id=seen.place.id, tracker=ballot.tracker, credential=ballot.credential)
    )
    uow.session.flush()
    uow.record(BallotSpoilt(uuid=contest_uuid, tracker=ballot.tracker))
    return ballot.tracker


@dataclass(frozen=True)
class Invitation:
    """A contest in which a person may vote, for the voter's own list."""

    contest: Contest
    election: Election
    voted: bool


def invitations(
    uow: UnitOfWork, person_id: str, states: tuple[str, ...] = (SEALED, OPEN, SUSPENDED)
) -> list[Invitation]:
    rows = uow.session.execute(
        select(Contest, Election, CredentialBinding.person_id)
        .join(Election, Election.id == Contest.election_id)
        .join(RollEntry, RollEntry.contest_id == Contest.id)
        .outerjoin(
            CredentialBinding,
            (CredentialBinding.contest_id == Contest.id)
            & (CredentialBinding.person_id == RollEntry.person_id),
        )
        .where(RollEntry.person_id == person_id, Election.state.in_(states))
        .order_by(Election.opens_at, Contest.code)
    ).all()
    return [Invitation(contest, election, bound is not None) for contest, election, bound in rows]


@dataclass(frozen=True)
class Found:
    """`status` is on_board, spoilt or unknown, for its voter counted or replaced in place of
    on_board; `event` is the place of a cast ballot."""

    status: str
    event: str | None = None


def _is_bound(uow: UnitOfWork, contest_uuid: str, person_id: str, credential: str) -> bool:
    """Is this the voter's own credential? Known until the bindings are destroyed."""
    bound = select(CredentialBinding.credential).join(
        Contest, Contest.id == CredentialBinding.contest_id
    )
    mine = bound.where(Contest.uuid == contest_uuid, CredentialBinding.person_id == person_id)
    return uow.session.scalar(mine) == credential


def find_tracker(
    uow: UnitOfWork, contest_uuid: str, tracker: str, person_id: str | None = None
) -> Found:
    """Strangers learn whether a ballot is on the board, and no more: that a later one has taken
    its place would tell who watched the first one being cast that the voter has voted again."""
    contest_id = select(Contest.id).where(Contest.uuid == contest_uuid).scalar_subquery()
    cast = uow.session.execute(
        select(CastBallot.counts, CastBallot.event, CastBallot.credential).where(
            CastBallot.contest_id == contest_id, CastBallot.tracker == tracker
        )
    ).one_or_none()
    if cast is not None:
        if person_id is None or not _is_bound(uow, contest_uuid, person_id, cast.credential):
            return Found("on_board", cast.event)
        return Found("counted" if cast.counts else "replaced", cast.event)
    opened = uow.session.scalar(
        select(SpoiltBallot.tracker).where(
            SpoiltBallot.contest_id == contest_id, SpoiltBallot.tracker == tracker
        )
    )
    return Found("spoilt" if opened else "unknown")
