"""Contacts with linked constituents: claimed by one side, confirmed or disputed by the other.

While a ballot is open nobody is asked for a confirmation and none is taken. The one-time code goes
to the constituent alone; the representative never learns which contact was confirmed.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import ColumnElement, select, update

from accountability import calendar, draws, offices, validation
from accountability.access import (
    Data,
    Relation,
    Role,
    Show,
    Viewer,
    require_office,
    require_role,
    shows,
)
from accountability.entries import ContactAnswered, ContactCalled, ContactClaimed
from accountability.errors import BallotOpen, Conflict, Forbidden, Invalid, NotFound
from accountability.models import Contact, Link
from accountability.words import ContactChannel, ContactState
from audit.database import UnitOfWork
from voting.registry.models import Office

ANSWER_WITHIN = timedelta(days=30)
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that looks like something else
CODE_LENGTH = 8
Period = tuple[date, date]  # both included
CALLED_ONE_IN = 5


def claim(
    uow: UnitOfWork,
    viewer: Viewer,
    link_id: str,
    *,
    held_on: date,
    channel: str,
    ballot_open: bool,
) -> tuple[Contact, str]:
    """The claim and the code for the constituent. The caller sends the code there, nowhere else."""
    _refuse_while(ballot_open)
    link = uow.lock(Link, link_id)
    require_office(viewer, link.office_id)
    _require_claimable(uow, link, held_on)
    quarter = calendar.quarter_of(held_on)
    known = select(Contact.id).where(Contact.link_id == link.id, Contact.quarter == quarter)
    if uow.session.scalar(known):
        raise Conflict("A contact of this quarter is claimed already.")
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    contact = Contact(
        link_id=link.id,
        quarter=quarter,
        held_on=held_on,
        channel=validation.word(ContactChannel, channel, "channel"),
        claimed_on=uow.today,
        late=validation.is_late(uow, held_on),
        code_hash="",
    )
    uow.session.add(contact)
    uow.session.flush()
    contact.code_hash = _code_hash(contact, code)
    uow.session.flush()
    uow.record(
        ContactClaimed(
            contact=contact.id,
            office=link.office_id,
            quarter=quarter,
            channel=channel,
            late=contact.late,
        )
    )
    return contact, code


def _refuse_while(ballot_open: bool) -> None:
    if ballot_open:
        raise BallotOpen(
            "While a ballot is open, contacts are neither asked for nor confirmed."
            " Please come back when it is closed."
        )


def _require_claimable(uow: UnitOfWork, link: Link, held_on: date) -> None:
    if link.ended_on is not None and held_on >= link.ended_on:
        raise Conflict("This link has ended.")
    if held_on > uow.today:
        raise Invalid("This day has not come yet.", field="held_on")
    if held_on.year != link.year or not offices.held(
        validation.get(uow, Office, link.office_id), held_on
    ):
        raise Invalid("The link was not yours on that day.", field="held_on")


def _code_hash(contact: Contact, code: str) -> str:
    plain = "".join(code.lower().split()).replace("-", "")
    return draws.sha256(f"mandate/contact\n{contact.id}\n{plain}".encode())


def answer(
    uow: UnitOfWork,
    viewer: Viewer,
    contact_id: str,
    *,
    confirmed: bool,
    code: str,
    ballot_open: bool,
) -> None:
    """By the constituent, signed in, with the code from the mail. The first answer stands."""
    _refuse_while(ballot_open)
    require_role(viewer, Role.CONSTITUENT)
    contact = _of_constituent(uow, viewer, contact_id)
    if not secrets.compare_digest(contact.code_hash, _code_hash(contact, code)):
        raise Invalid("This is not the code that was sent to you.", field="code")
    _settle(
        uow,
        contact,
        ContactState.CONFIRMED if confirmed else ContactState.DISPUTED,
        by="constituent",
    )


def to_call(uow: UnitOfWork, viewer: Viewer) -> list[Contact]:
    """Claims to ask about by telephone: of people without a mailbox, and some drawn by their id,
    which nobody could foresee. Never one that the auditor has a part in."""
    require_role(viewer, Role.AUDITOR)
    query = select(Contact).join(Link).where(Contact.state == ContactState.CLAIMED)
    claimed = uow.session.scalars(query.order_by(Contact.claimed_on, Contact.id))
    return [contact for contact in claimed if is_called(contact) and not _has_part(viewer, contact)]


def is_called(contact: Contact) -> bool:
    drawn = int(draws.rank("call-back", contact.id), 16) % CALLED_ONE_IN == 0
    return drawn or not contact.link.constituent.email


def _has_part(viewer: Viewer, contact: Contact) -> bool:
    parts = (contact.link.constituent_id, contact.link.office.person_id)
    return viewer.person_id is not None and viewer.person_id in parts


def is_yes(verdict: str) -> bool:
    """Anything but the two words is refused, so that no slip of a form disputes a contact."""
    answers = (ContactState.CONFIRMED, ContactState.DISPUTED)
    return validation.word(ContactState, verdict, "verdict", answers) is ContactState.CONFIRMED


def _called(uow: UnitOfWork, viewer: Viewer, contact_id: str) -> Contact:
    require_role(viewer, Role.AUDITOR)
    contact = validation.get(uow, Contact, contact_id)
    if not is_called(contact) or _has_part(viewer, contact):
        raise Forbidden("This contact is not one that you may ask about.")
    return contact


def take_call(uow: UnitOfWork, viewer: Viewer, contact_id: str, *, ballot_open: bool) -> Contact:
    """The constituent with name and number, for one call. That they were looked at is logged."""
    _refuse_while(ballot_open)
    contact = _called(uow, viewer, contact_id)
    taken = update(Contact).where(Contact.id == contact.id, Contact.state == ContactState.CLAIMED)
    if not uow.session.execute(
        taken.values(called_by=viewer.account_id).returning(Contact.id)
    ).all():
        raise Conflict("This contact was answered already.")
    uow.record(ContactCalled(contact=contact.id))
    return contact


def call_back(
    uow: UnitOfWork, viewer: Viewer, contact_id: str, *, confirmed: bool, ballot_open: bool
) -> None:
    """An auditor rang the constituent on the number of the roll, never on one given by others.

    Only who looked at the number, of which the log knows, can say what was answered."""
    _refuse_while(ballot_open)
    contact = _called(uow, viewer, contact_id)
    state = ContactState.CONFIRMED if confirmed else ContactState.DISPUTED
    _settle(uow, contact, state, "call_back", Contact.called_by == viewer.account_id)


def _of_constituent(uow: UnitOfWork, viewer: Viewer, contact_id: str) -> Contact:
    contact = uow.session.get(Contact, contact_id)
    if contact is None or contact.link.constituent_id != viewer.person_id:
        raise NotFound("There is no such record.")
    return contact


def _settle(
    uow: UnitOfWork, contact: Contact, state: ContactState, by: str, *also: ColumnElement[bool]
) -> None:
    # The conditions are in the statement: of two answers at once, one changes the row.
    changed = uow.session.execute(
        update(Contact)
        .where(Contact.id == contact.id, Contact.state == ContactState.CLAIMED, *also)
        .values(state=state)
        .returning(Contact.id)
    ).all()
    if not changed:
        if also and contact.state is ContactState.CLAIMED:
            raise Forbidden("Look at the number first: the log notes it. Then ring up.")
        raise Conflict("This contact was answered already.")
    uow.record(ContactAnswered(contact=contact.id, state=state, by=by))


def expire(
    uow: UnitOfWork, viewer: Viewer, *, ballot_open: bool, rests: Sequence[Period] = ()
) -> int:
    """Claims that nobody answered within thirty days. The clock stands still during a ballot:
    `rests` are the first and last days of those that were open."""
    require_role(viewer, Role.SYSTEM, Role.CLERK)
    if ballot_open:
        return 0
    today = uow.today
    before = today - ANSWER_WITHIN
    query = select(Contact).where(
        Contact.state == ContactState.CLAIMED, Contact.claimed_on < before
    )
    claimed = uow.session.scalars(query.with_for_update(skip_locked=True))
    overdue = [
        contact
        for contact in claimed
        if today - contact.claimed_on - _rested(contact.claimed_on, today, rests) > ANSWER_WITHIN
    ]
    for contact in overdue:
        _settle(uow, contact, ContactState.UNANSWERED, by="time")
    return len(overdue)


def _rested(first: date, last: date, rests: Sequence[Period]) -> timedelta:
    """Whole days of the time that fell into a ballot, each counted once."""
    days = (first + timedelta(days=n) for n in range((last - first).days))
    return timedelta(days=sum(any(a <= day <= b for a, b in rests) for day in days))


def for_constituent(uow: UnitOfWork, viewer: Viewer) -> list[Contact]:
    """Everything that was claimed about this person, newest first."""
    require_role(viewer, Role.CONSTITUENT)
    query = select(Contact).join(Link).where(Link.constituent_id == viewer.person_id)
    return list(uow.session.scalars(query.order_by(Contact.held_on.desc())))


def states(uow: UnitOfWork, viewer: Viewer, office_id: str) -> list[Contact]:
    """Each contact with its state: for auditors. Everyone else has the figure of the scorecard."""
    if shows(viewer, Data.CONFIRMED, Relation()) is not Show.ALL:
        raise Forbidden("Only the figure on the scorecard is shown to you.")
    query = select(Contact).join(Link).where(Link.office_id == office_id)
    return list(uow.session.scalars(query.order_by(Contact.held_on)))


def claimed_quarters(uow: UnitOfWork, viewer: Viewer, office_id: str) -> set[tuple[str, str]]:
    """(link, quarter) of what the holder claimed, without what became of it."""
    require_office(viewer, office_id)
    rows = uow.session.execute(
        select(Contact.link_id, Contact.quarter).join(Link).where(Link.office_id == office_id)
    )
    return {(link_id, quarter) for link_id, quarter in rows}
