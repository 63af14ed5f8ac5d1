"""What there is to do between the votes: contacts, receptions, reports, matters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func, select

from accountability import receptions, reports
from accountability.models import Body, Contact, Link, Matter, Routing
from audit.database import UnitOfWork
from web.identity.current import Identity
from web.identity.roles import Role
from web.term.todo import Source, Todo
from web.term.viewers import ballot_open, holder
from web.texts.i18n import _, ngettext

AHEAD = timedelta(days=14)


def contacts(uow: UnitOfWork, account: Identity) -> Iterator[Todo]:
    """Nobody is asked while a ballot is open."""
    waiting = uow.session.scalar(
        select(func.count())
        .select_from(Contact)
        .join(Link)
        .where(Link.constituent_id == account.person_id, Contact.state == "claimed")
    )
    if waiting and not ballot_open(uow):
        yield Todo(
            title=_("Was I contacted?"),
            text=_("A representative says to have been in contact with you."),
            href="/contacts",
            action=_("Answer"),
        )


def verdicts(uow: UnitOfWork, account: Identity) -> Iterator[Todo]:
    """An answered matter waits for the verdict of the person who raised it."""
    count = uow.session.scalar(
        select(func.count()).where(
            Matter.person_id == account.person_id, Matter.state == "answered"
        )
    )
    if count:
        yield Todo(
            title=_("My matters"),
            text=_("There is an answer. Is it settled?"),
            href="/matters",
            action=_("Answer"),
        )


def office(uow: UnitOfWork, account: Identity) -> Iterator[Todo]:
    """The next reception, and reports that fall due."""
    today = uow.today
    for office_id in sorted(holder(uow, account).offices):
        for duty in receptions.duties(uow, office_id, today, today + AHEAD)[:1]:
            yield Todo(
                title=_("Reception day"),
                text=_("You are on the roster. Sign in there with the code of the point."),
                href=f"/work/{office_id}",
                action=_("To my workplace"),
                until=duty.session.held_on,
            )
        for report in reports.due(uow, office_id):
            if today <= report.due_on + AHEAD and report.due_on <= today + AHEAD:
                yield Todo(
                    title=_("Duty report"),
                    text=_("Your report on this period is due."),
                    href=f"/work/{office_id}",
                    action=_("Write it"),
                    until=report.due_on,
                )


def answers(uow: UnitOfWork, account: Identity) -> Iterator[Todo]:
    bodies = account.scopes.get(Role.BODY, frozenset())
    count, due = uow.session.execute(
        select(func.count(), func.min(Routing.due_on))
        .join(Body, Body.id == Routing.body_id)
        .where(Body.code.in_(bodies), Routing.answered_on.is_(None), Routing.returned_on.is_(None))
    ).one()
    if count:
        yield Todo(
            title=_("Matters to answer"),
            text=_waiting(count),
            href="/desk/body",
            action=_("Answer"),
            until=due,
        )


def intake(uow: UnitOfWork, account: Identity) -> Iterator[Todo]:
    count = uow.session.scalar(
        select(func.count()).where(Matter.state.in_(("received", "disputed")))
    )
    if count:
        yield Todo(
            title=_("Matters to route"),
            text=_waiting(count),
            href="/desk/clerk",
            action=_("Route"),
        )


def _waiting(count: int) -> str:
    return ngettext("%(count)s matter waits.", "%(count)s matters wait.", count) % {"count": count}


SOURCES: list[tuple[Role, Source]] = [
    (Role.MEMBER, contacts),
    (Role.MEMBER, verdicts),
    (Role.REPRESENTATIVE, office),
    (Role.BODY, answers),
    (Role.CLERK, intake),
]
