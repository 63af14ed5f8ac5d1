"""When an election does not go by its plan: new times, extension, follow-ups, by-elections."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from audit.database import UnitOfWork
from audit.errors import DomainError, NotFound
from voting import certifying, challenges, course, followups, states, two_people, withdrawals
from voting.models import Challenge, Contest
from voting.registry import structure
from web.http.dependencies import CurrentAccount, Uow, require
from web.http.rendering import flash, refuse, see_other
from web.identity.current import Identity
from web.identity.roles import Role
from web.pages.commission.checklist import ASKED, Text, checklist_of, moment_of
from web.texts.i18n import N_, _

router = APIRouter(prefix="/commission/{code}", dependencies=[require(Role.COMMISSION)])
Reason = Annotated[str, Form(max_length=1000)]


def _again(
    request: Request, uow: UnitOfWork, who: Identity, code: str, error: DomainError
) -> Response:
    return refuse(request, uow, "commission/election.html", error, **checklist_of(uow, who, code))


@router.post("/times")
def times(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    code: str,
    opens_at: Text,
    closes_at: Text,
    reason: Reason = "",
) -> Response:
    """New times before voting begins: nothing else changes, and they are published."""
    election = states.by_code(uow, code)
    try:
        course.reschedule(
            uow,
            election.id,
            moment_of(uow, opens_at, "opens_at"),
            moment_of(uow, closes_at, "closes_at"),
            reason,
        )
    except DomainError as error:
        return _again(request, uow, account, code, error)
    flash(request, _("The new times are published."))
    return see_other(f"/commission/{code}")


@router.post("/end/{act}")
def new_end(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    code: str,
    act: str,
    closes_at: Text,
    reason: Reason = "",
) -> Response:
    """A later end of a vote that runs, or the end of one that was suspended and goes on."""
    election = states.by_code(uow, code)
    try:
        if act not in (course.EXTEND, course.RESUME):
            raise NotFound(N_("There is no such step."))
        end = moment_of(uow, closes_at, "closes_at")
        subject = f"election/{election.id}"
        two_people.ask(uow, act, subject, reason=reason, closes_at=end.isoformat())
    except DomainError as error:
        return _again(request, uow, account, code, error)
    flash(request, _(ASKED))
    return see_other(f"/commission/{code}")


@router.post("/follow-ups/{what}")
def follow_up(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    code: str,
    what: str,
    contest: Annotated[list[str], Form()] = [],  # noqa: B006 - how FastAPI reads a repeated field
) -> Response:
    """One button: the draft of the ballot that the rules offer now."""
    election = states.by_code(uow, code)
    try:
        made = followups.begin(uow, election.id, what, contest)
    except DomainError as error:
        return _again(request, uow, account, code, error)
    flash(request, _("The draft is there. What it still needs is listed here."))
    return see_other(f"/commission/{made.code}")


def _contest(uow: UnitOfWork, code: str, contest: str) -> Contest:
    return states.contest_of(uow, code, contest)


@router.post("/contests/{contest}/acts/{act}")
def of_contest(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    code: str,
    contest: str,
    act: str,
    reason: Reason = "",
) -> Response:
    """Certify, annul, or give up the open seats of one contest: asked for here."""
    try:
        if act not in (certifying.CERTIFY_CONTEST, certifying.ANNUL, followups.FEWER_SEATS):
            raise NotFound(N_("There is no such step."))
        subject = f"contest/{_contest(uow, code, contest).id}"
        two_people.ask(uow, act, subject, reason=reason)
    except DomainError as error:
        return _again(request, uow, account, code, error)
    flash(request, _(ASKED))
    return see_other(f"/commission/{code}")


@router.post("/contests/{contest}/candidates/{candidacy}/gone")
def gone(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    code: str,
    contest: str,
    candidacy: str,
    why: Text,
    reason: Reason = "",
) -> Response:
    """A candidate or subject who is gone after the list was fixed."""
    try:
        if candidacy not in {listed.id for listed in _contest(uow, code, contest).candidacies}:
            raise NotFound(N_("There is no such candidacy."))
        two_people.ask(uow, withdrawals.ACT, f"candidacy/{candidacy}", reason=reason, why=why)
    except DomainError as error:
        return _again(request, uow, account, code, error)
    flash(request, _(ASKED))
    return see_other(f"/commission/{code}")


@router.post("/challenges/{challenge}/answer")
def answer(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    code: str,
    challenge: str,
    answer: Annotated[str, Form(max_length=challenges.LONGEST)],
) -> Response:
    found = uow.session.get(Challenge, challenge)
    if found is None or found.contest.election.code != code:
        raise NotFound(N_("There is no such challenge."))
    try:
        challenges.answer(uow, challenge, answer)
    except DomainError as error:
        return _again(request, uow, account, code, error)
    flash(request, _("The answer is with those who decide."))
    return see_other(f"/commission/{code}")


# The term

terms = APIRouter(prefix="/commission-terms", dependencies=[require(Role.COMMISSION)])


@terms.post("/{term}/by-elections")
def by_election(request: Request, uow: Uow, term: str, body: Text = "") -> Response:
    """A ballot for the open seats of a constituency, or of the committee where none is named."""
    found = structure.get_term(uow, term)
    listed = {c.code: c for c in structure.constituencies(uow)}
    if body and body not in listed:
        raise NotFound(N_("There is no such constituency."))
    constituency = listed[body] if body else None
    made = followups.by_election(uow, found, constituency)
    flash(request, _("The draft is there. What it still needs is listed here."))
    return see_other(f"/commission/{made.code}")
