"""Two people for a dangerous act: asked by one, done by another, within a day.

The act itself calls `require`, so that no page, command or caller comes past this. When it is asked
for, it is tried and undone: what would be refused is refused at once, and not on the next day.
Both are bound to *persons*: a second account of the first person is the first person.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from audit.database import Actor, Base, UnitOfWork, UtcDateTime, new_id
from voting.entries import ActAsked, ActSigned, ActWithdrawn
from voting.errors import Conflict, Forbidden, Invalid, NotFound

LASTS = timedelta(days=1)
WAITING, DONE, WITHDRAWN, EXPIRED = "waiting", "done", "withdrawn", "expired"

Run = Callable[[UnitOfWork, str, Mapping[str, Any]], object]
Relation = Callable[[UnitOfWork, str], None]


class PendingAct(Base):
    """An act that waits for a second person, or has had one. `subject` is that of the log."""

    __tablename__ = "pending_act"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'done', 'withdrawn', 'expired')", name="state"),
        CheckConstraint("signed_person <> asked_person", name="two_people"),
        CheckConstraint("(state = 'done') = (signed_person IS NOT NULL)", name="signed"),
        Index(
            "uq_pending_act_one_waits",
            "act",
            "subject",
            unique=True,
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    act: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(300), index=True)
    params_json: Mapped[str] = mapped_column(Text, default="{}")
    reason: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(10), default=WAITING, index=True)
    asked_by: Mapped[str] = mapped_column(String(64))
    asked_person: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    signed_by: Mapped[str | None] = mapped_column(String(64))
    signed_person: Mapped[str | None] = mapped_column(String(64))

    @property
    def params(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.params_json)
        return found


@dataclass(frozen=True)
class Act:
    """Who may ask for it and who may do it, by roles; `relation` raises for who must not have a
    hand in this very subject. `run` gets the part of the subject after the slash."""

    name: str
    asks: frozenset[str]
    signs: frozenset[str]
    run: Run
    relation: Relation | None = None
    needs_reason: bool = True


ACTS: dict[str, Act] = {}


def declare(
    name: str,
    *,
    asks: Iterable[str],
    signs: Iterable[str],
    run: Run,
    relation: Relation | None = None,
    needs_reason: bool = True,
) -> Act:
    if name in ACTS:
        raise ValueError(f"the act {name} is declared twice")
    ACTS[name] = Act(name, frozenset(asks), frozenset(signs), run, relation, needs_reason)
    return ACTS[name]


def require(uow: UnitOfWork, act: str, subject: str) -> None:
    """Called by the act: goes on only where two people stand for just this."""
    if uow.signed != (act, subject):
        raise Forbidden("This needs two people: one asks for it, another one does it.")


def ask(uow: UnitOfWork, act: str, subject: str, *, reason: str = "", **params: Any) -> PendingAct:
    """The first signature. Nothing is done yet; somebody else has a day to sign."""
    known = _known(act)
    _may(uow, known, known.asks, subject)
    if known.needs_reason and not reason.strip():
        raise Invalid("A reason is needed; it is published.", field="reason")
    _expire(uow)
    waiting = uow.session.scalar(
        select(PendingAct.id).where(
            PendingAct.act == act, PendingAct.subject == subject, PendingAct.state == WAITING
        )
    )
    if waiting is not None:
        raise Conflict("This is asked for already, and waits for a second person.")
    given = {**params, "reason": reason.strip()} if known.needs_reason else params
    _try(uow, known, subject, given)
    pending = PendingAct(
        act=act,
        subject=subject,
        params_json=json.dumps(given, sort_keys=True, ensure_ascii=False),
        reason=reason.strip(),
        asked_by=uow.actor.id,
        asked_person=uow.actor.who,
        asked_at=uow.now,
        expires_at=uow.now + LASTS,
    )
    uow.session.add(pending)
    try:
        uow.session.flush()
    except IntegrityError as error:
        raise Conflict("This is asked for already, and waits for a second person.") from error
    uow.record(ActAsked(about=subject, act=act, ask=pending.id, reason=pending.reason))
    return pending


def sign(uow: UnitOfWork, pending_id: str) -> PendingAct:
    """The second signature, by another person: the act is done in this transaction."""
    pending = _locked(uow, pending_id)
    act = _known(pending.act)
    _may(uow, act, act.signs, pending.subject)
    if pending.asked_person == uow.actor.who or pending.asked_by == uow.actor.id:
        raise Forbidden("You asked for this: somebody else has to do it.")
    taken = uow.session.execute(
        update(PendingAct)
        .where(
            PendingAct.id == pending.id,
            PendingAct.state == WAITING,
            PendingAct.expires_at > uow.now,
            PendingAct.asked_person != uow.actor.who,
        )
        .values(state=DONE, signed_by=uow.actor.id, signed_person=uow.actor.who)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict("Somebody else has just decided on this.")
    uow.session.refresh(pending)
    uow.record(
        ActSigned(about=pending.subject, act=act.name, ask=pending.id, asked_by=pending.asked_by)
    )
    _run(uow, act, pending.subject, pending.params)
    return pending


def withdraw(uow: UnitOfWork, pending_id: str) -> None:
    """By the person who asked, or by the second person, who declines."""
    pending = _locked(uow, pending_id)
    act = _known(pending.act)
    _may(uow, act, act.asks | act.signs, pending.subject)
    pending.state = WITHDRAWN
    uow.session.flush()
    uow.record(ActWithdrawn(about=pending.subject, act=act.name, ask=pending.id))


def waiting(uow: UnitOfWork, subjects: Iterable[str] | None = None) -> list[PendingAct]:
    """What waits for a second person now, the oldest first."""
    rows = select(PendingAct).where(PendingAct.state == WAITING, PendingAct.expires_at > uow.now)
    if subjects is not None:
        rows = rows.where(PendingAct.subject.in_(list(subjects)))
    return list(uow.session.scalars(rows.order_by(PendingAct.asked_at, PendingAct.id)))


def may_sign(pending: PendingAct, actor: Actor, roles: Iterable[str]) -> bool:
    """Is this for the desk of this person, who has these roles?"""
    others = pending.asked_person != actor.who and pending.asked_by != actor.id
    return bool(actor.who) and others and not _known(pending.act).signs.isdisjoint(roles)


def _known(act: str) -> Act:
    if act not in ACTS:
        raise NotFound("There is no such act.")
    return ACTS[act]


def _may(uow: UnitOfWork, act: Act, roles: frozenset[str], subject: str) -> None:
    if uow.actor.role not in roles:
        raise Forbidden("Your account does not have the role that this needs.")
    if not uow.actor.who:
        raise Forbidden("This needs somebody with an account of their own.")
    if act.relation is not None:
        act.relation(uow, _key(subject))


def _key(subject: str) -> str:
    return subject.partition("/")[2]


def _locked(uow: UnitOfWork, pending_id: str) -> PendingAct:
    if uow.session.get(PendingAct, pending_id) is None:
        raise NotFound("There is no such act.")
    pending = uow.lock(PendingAct, pending_id)
    if pending.state != WAITING:
        raise Conflict("Somebody else has just decided on this.")
    if pending.expires_at <= uow.now:
        raise Conflict("Nobody signed this within a day. It has to be asked for again.")
    return pending


def _run(uow: UnitOfWork, act: Act, subject: str, params: Mapping[str, Any]) -> None:
    uow.signed = (act.name, subject)
    try:
        act.run(uow, _key(subject), params)
    finally:
        uow.signed = None


def _try(uow: UnitOfWork, act: Act, subject: str, params: Mapping[str, Any]) -> None:
    """Do it and undo it: raises what would keep it from being done now."""
    entries, queued = len(uow.entries), len(uow.queued)
    savepoint = uow.session.begin_nested()
    try:
        _run(uow, act, subject, params)
    finally:
        savepoint.rollback()
        del uow.entries[entries:], uow.queued[queued:]


def _expire(uow: UnitOfWork) -> None:
    """What nobody signed in time makes room; that it expired follows from the log."""
    uow.session.execute(
        update(PendingAct)
        .where(PendingAct.state == WAITING, PendingAct.expires_at <= uow.now)
        .values(state=EXPIRED)
        .execution_options(synchronize_session="fetch")
    )
