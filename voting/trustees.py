"""Trustees: appointment, making the key in steps, the rehearsal.

Nobody sees a share of the key before every trustee has committed to theirs: a step is taken
only when all trustees of its kind have finished the step before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import select

from audit.database import UnitOfWork
from ballots import BallotError, threshold
from ballots import trustees as keys
from ballots.encoding import Json, dumps, loads_strict, sha256_hex
from voting import states
from voting.entries import (
    TrusteeCommitted,
    TrusteeInvited,
    TrusteeRemoved,
    TrusteeStepTaken,
)
from voting.errors import Conflict, Forbidden, Invalid, NotFound, ShareRefused
from voting.models import (
    DRAFT,
    FROZEN,
    PEDERSEN,
    SINGLE,
    WITHDRAWN,
    Candidacy,
    Contest,
    Election,
    Trustee,
    TrusteeStep,
)

CERTIFICATE, COMMIT, KEY, POLYNOMIAL, SHARE = "certificate", "commit", "key", "polynomial", "share"
STEPS = {SINGLE: (COMMIT, KEY), PEDERSEN: (CERTIFICATE, COMMIT, POLYNOMIAL, SHARE)}
REHEARSE, SHUFFLE, DECRYPT = "rehearse", "shuffle", "decrypt"
LEAST = 2  # trustees of an election: one alone could read every ballot
MAX_STEP = 1 << 20  # bytes
_HASH = re.compile(r"[0-9a-f]{64}")


# Appointment


def invite(
    uow: UnitOfWork,
    election_id: str,
    *,
    account_id: str,
    name: str,
    person_id: str | None = None,
    kind: str = SINGLE,
) -> Trustee:
    election = states.lock(uow, election_id, DRAFT)
    if kind not in STEPS:
        raise Invalid("There is no kind of trustee %(kind)s.", field="kind", kind=kind)
    if not name.strip():
        raise Invalid("A trustee needs a name.", field="name")
    _check_may_hold(uow, election, account_id, person_id, name)
    trustee = Trustee(
        election=election,
        position=1 + max((trustee.position for trustee in election.trustees), default=0),
        account_id=account_id,
        person_id=person_id,
        name=name.strip(),
        kind=kind,
    )
    uow.session.add(trustee)
    uow.session.flush()
    uow.record(
        TrusteeInvited(election=election.id, trustee=trustee.position, name=trustee.name, kind=kind)
    )
    return trustee


def _check_may_hold(
    uow: UnitOfWork, election: Election, account_id: str, person_id: str | None, name: str
) -> None:
    for other in election.trustees:
        if other.account_id == account_id or (person_id and other.person_id == person_id):
            raise Conflict("%(name)s is a trustee of this election already.", name=name)
    if person_id and uow.session.scalar(
        select(Candidacy.id)
        .join(Contest, Contest.id == Candidacy.contest_id)
        .where(
            Contest.election_id == election.id,
            Candidacy.person_id == person_id,
            Candidacy.state != WITHDRAWN,
        )
    ):
        raise Conflict("%(name)s stands in this election and cannot hold a key of it.", name=name)


def remove(uow: UnitOfWork, trustee_id: str) -> None:
    trustee = uow.session.get(Trustee, trustee_id)
    if trustee is None:
        raise NotFound("There is no such trustee.")
    election = states.lock(uow, trustee.election_id, DRAFT)
    uow.session.delete(trustee)
    uow.session.flush()
    uow.session.expire(election, ["trustees"])
    uow.record(TrusteeRemoved(election=election.id, trustee=trustee.position, name=trustee.name))


def of_account(uow: UnitOfWork, election: Election, account_id: str) -> Trustee:
    for trustee in election.trustees:
        if trustee.account_id == account_id:
            return trustee
    raise Forbidden("You are not a trustee of this election.")


def in_order(election: Election) -> list[Trustee]:
    """The order of the trustees structure, which numbers them from 1: single keys first."""
    return sorted(election.trustees, key=lambda trustee: (trustee.kind != SINGLE, trustee.position))


def number_of(election: Election, trustee: Trustee) -> int:
    return 1 + in_order(election).index(trustee)


def peers(election: Election, kind: str) -> list[Trustee]:
    return [trustee for trustee in in_order(election) if trustee.kind == kind]


# The steps


@dataclass(frozen=True)
class Task:
    """What a trustee does next; `waiting_for` names who must act first, `data` is the input."""

    step: str | None
    waiting_for: list[str] = field(default_factory=list)
    data: dict[str, Json] = field(default_factory=dict)


def done(trustee: Trustee, step: str) -> str | None:
    return next((taken.content for taken in trustee.steps if taken.step == step), None)


def next_step(trustee: Trustee) -> str | None:
    return next((step for step in STEPS[trustee.kind] if done(trustee, step) is None), None)


def key_task(election: Election, trustee: Trustee) -> Task:
    """The task of a trustee while the election is frozen."""
    step = next_step(trustee)
    if step is None:
        return Task(None)
    waiting = _waiting_for(election, trustee, step)
    return Task(step, waiting, {} if waiting else _input(election, trustee, step))


def _waiting_for(election: Election, trustee: Trustee, step: str) -> list[str]:
    """Commitments must be complete over both kinds; the other steps among those of the kind."""
    order = STEPS[trustee.kind]
    before = order[order.index(step) - 1] if order.index(step) else None
    if before is None:
        return []
    everyone = election.trustees if before == COMMIT else peers(election, trustee.kind)
    return [other.name for other in everyone if done(other, before) is None]


def _input(election: Election, trustee: Trustee, step: str) -> dict[str, Json]:
    if trustee.kind == SINGLE:
        return {"group": election.group}
    ring = peers(election, PEDERSEN)
    data: dict[str, Json] = {
        "group": election.group,
        "size": len(ring),
        "threshold": election.threshold,
        "index": ring.index(trustee) + 1,
    }
    if step != CERTIFICATE:
        data["certs"] = _contents(ring, CERTIFICATE)
    if step == SHARE:
        data["vinput"] = threshold.make_vinput(_contents(ring, POLYNOMIAL), data["index"])
    return data


def _contents(ring: list[Trustee], step: str) -> list[Json]:
    return [loads_strict((done(trustee, step) or "").encode(), step) for trustee in ring]


def submit(uow: UnitOfWork, election_id: str, account_id: str, step: str, content: bytes) -> None:
    """Take what a trustee made in a step, after checking it. Raises ShareRefused with the name."""
    election = states.lock(uow, election_id, FROZEN)
    trustee = of_account(uow, election, account_id)
    if step != next_step(trustee):
        raise Conflict("This step is not the next one.", field="step")
    if waiting := _waiting_for(election, trustee, step):
        raise Conflict("This step waits for %(names)s.", names=", ".join(waiting))
    _check_step(election, trustee, step, content)
    uow.session.add(TrusteeStep(trustee=trustee, step=step, content=content.decode()))
    number = number_of(election, trustee)
    if step == COMMIT:
        trustee.commitment = content.decode()
        uow.record(
            TrusteeCommitted(election=election.id, trustee=number, commitment=trustee.commitment)
        )
    else:
        uow.record(
            TrusteeStepTaken(
                election=election.id, trustee=number, step=step, sha256=sha256_hex(content)
            )
        )
    uow.session.flush()
    _assemble(election)
    uow.session.flush()


def _check_step(election: Election, trustee: Trustee, step: str, content: bytes) -> None:
    if step == COMMIT:
        if not (len(content) == 64 and _HASH.fullmatch(content.decode("ascii", "replace"))):
            raise ShareRefused("A commitment is a SHA-256 hash of 64 digits.", field="commitment")
        return
    check = {
        KEY: _check_key,
        CERTIFICATE: _check_certificate,
        POLYNOMIAL: _check_polynomial,
        SHARE: _check_share,
    }[step]
    try:
        check(election, trustee, content)
    except BallotError as error:
        raise ShareRefused(
            "What %(name)s sent is refused: %(reason)s",
            field=error.place,
            name=trustee.name,
            reason=str(error),
        ) from error


Checker = Callable[[Election, Trustee, bytes], None]


def _check_committed(trustee: Trustee, content: bytes) -> None:
    if sha256_hex(content) != trustee.commitment:
        raise ShareRefused(
            "What %(name)s sent is not what was committed to before the keys were shown.",
            field="commitment",
            name=trustee.name,
        )


def _check_key(election: Election, trustee: Trustee, content: bytes) -> None:
    _check_committed(trustee, content)
    public = loads_strict(content, "key", max_bytes=MAX_STEP)
    keys.parse_trustees(keys.trustees_bytes([keys.single(public)]), election.ballot_group)


def _check_certificate(election: Election, trustee: Trustee, content: bytes) -> None:
    ring = peers(election, PEDERSEN)
    threshold.check_certificate(
        election.ballot_group,
        loads_strict(content, "certificate", max_bytes=MAX_STEP),
        len(ring),
        _threshold(election),
        ring.index(trustee) + 1,
    )


def _check_polynomial(election: Election, trustee: Trustee, content: bytes) -> None:
    _check_committed(trustee, content)
    ring = peers(election, PEDERSEN)
    threshold.check_polynomial(
        election.ballot_group,
        _contents(ring, CERTIFICATE),
        _threshold(election),
        ring.index(trustee) + 1,
        loads_strict(content, "polynomial", max_bytes=MAX_STEP),
    )


def _check_share(election: Election, trustee: Trustee, content: bytes) -> None:
    ring = peers(election, PEDERSEN)
    threshold.check_voutput(
        election.ballot_group,
        _contents(ring, CERTIFICATE),
        _threshold(election),
        _contents(ring, POLYNOMIAL),
        ring.index(trustee) + 1,
        loads_strict(content, "share", max_bytes=MAX_STEP),
    )


def _threshold(election: Election) -> int:
    if election.threshold is None:
        raise Invalid("The number of trustees needed to decrypt is not set.", field="threshold")
    return election.threshold


def _assemble(election: Election) -> None:
    """When every key is made: the trustees structure, which fixes the key of the election."""
    if any(next_step(trustee) is not None for trustee in election.trustees):
        return
    items = [keys.single(public) for public in _contents(peers(election, SINGLE), KEY)]
    if ring := peers(election, PEDERSEN):
        parameters = threshold.threshold_parameters(
            _threshold(election),
            _contents(ring, CERTIFICATE),
            _contents(ring, POLYNOMIAL),
            _contents(ring, SHARE),
        )
        items.append(keys.pedersen(parameters))
    raw = keys.trustees_bytes(items)
    for trustee in election.trustees:
        step = KEY if trustee.kind == SINGLE else SHARE
        value = loads_strict((done(trustee, step) or "").encode(), step)
        public = value if trustee.kind == SINGLE else value["public_key"]
        trustee.public_json = dumps(public).decode()
    try:
        keys.parse_trustees(raw, election.ballot_group)
    except BallotError as error:
        raise ShareRefused("The keys do not fit together: %(reason)s", reason=str(error)) from error
    election.trustees_json = raw.decode()


def needed(election: Election) -> tuple[int, int]:
    """How many single keys (all of them) and how many of the threshold trustees decrypt."""
    ring = peers(election, PEDERSEN)
    return len(peers(election, SINGLE)), _threshold(election) if ring else 0
