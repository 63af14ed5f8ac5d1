"""The commission's room: its elections, a new one, and the checklist that leads through each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy import func, select

from audit.clock import instant_of
from audit.database import UnitOfWork
from audit.errors import Conflict, DomainError, Invalid
from voting import (
    certifying,
    challenges,
    course,
    drafts,
    followups,
    lifecycle,
    mixing,
    nominations,
    papers,
    readiness,
    results,
    states,
    trustees,
    two_people,
)
from voting.models import (
    COMMITTEE,
    DECLARED,
    DIRECT,
    DRAFT,
    FROZEN,
    OPEN,
    SEALED,
    SUBJECT_KINDS,
    SUSPENDED,
    CheckIn,
    Contest,
    Election,
    Trustee,
)
from voting.registry import structure
from voting.registry.models import Term
from voting.rules import Profile, profiles
from web.http.dependencies import CurrentAccount, Read, Uow, require
from web.http.rendering import flash, refuse, render, see_other
from web.identity.current import Identity
from web.identity.roles import Role
from web.pages.commission.signatures import waiting_for
from web.term import sealing
from web.texts import elections as words
from web.texts.elections import BUTTONS, KIND_NAMES, STATE_NAMES, STEP_NAMES, STEP_TEXTS
from web.texts.i18n import N_, _, error_text

router = APIRouter(prefix="/commission", dependencies=[require(Role.COMMISSION)])

Text = Annotated[str, Form(max_length=200)]


@router.get("")
def index(request: Request, uow: Read) -> Response:
    found = uow.session.scalars(select(Election).order_by(Election.opens_at.desc()))
    return render(
        request,
        "commission/index.html",
        elections=list(found),
        kinds=KIND_NAMES,
        state_names=STATE_NAMES,
    )


@router.get("/new")
def new(request: Request, uow: Read) -> Response:
    return render(request, "commission/new.html", **_new(uow))


def _new(uow: UnitOfWork) -> dict[str, Any]:
    first = uow.today + timedelta(days=14)
    return {
        "terms": list(uow.session.scalars(select(Term).order_by(Term.starts_on.desc()))),
        "profiles": offered(),
        "kinds": KIND_NAMES,
        "elections": list(uow.session.scalars(select(Election).order_by(Election.code))),
        "constituencies": len(structure.constituencies(uow)),
        "first": {
            "opens_at": datetime.combine(first, time(8)).isoformat(timespec="minutes"),
            "closes_at": datetime.combine(first + timedelta(days=7), time(18)).isoformat(
                timespec="minutes"
            ),
        },
    }


def offered(kind: str | None = None) -> list[Profile]:
    """The rule profiles there are, for this kind of election."""
    found = [profiles.load(key) for key in profiles.ids()]
    return [profile for profile in found if kind is None or kind in profile.kinds]


def moment_of(uow: UnitOfWork, text: str, field: str) -> datetime:
    """What a `datetime-local` field sends: a time of the wall clock of this place."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is not None:
        raise Invalid(N_("Give date and time."), field=field)
    return instant_of(found, uow.zone, field)


@router.post("")
def create(
    request: Request,
    uow: Uow,
    kind: Text,
    code: Text,
    title_zh: Text,
    title_en: Text,
    term: Text,
    opens_at: Text,
    closes_at: Text,
    profile: Text,
    seats: Annotated[int, Form(ge=0, le=1000)] = 0,
    previous: Text = "",
    window_reason: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    typed = {
        "kind": kind, "code": code, "title_zh": title_zh, "title_en": title_en, "term": term,
        "opens_at": opens_at, "closes_at": closes_at, "profile": profile, "seats": seats,
        "previous": previous, "window_reason": window_reason,
    }  # fmt: skip
    try:
        election = drafts.create(
            uow,
            code=code.strip(),
            kind=kind,
            title_zh=title_zh,
            title_en=title_en,
            term=term_of(uow, term),
            opens_at=moment_of(uow, opens_at, "opens_at"),
            closes_at=moment_of(uow, closes_at, "closes_at"),
            previous=states.by_code(uow, previous) if previous else None,
            window_reason=window_reason,
        )
        drafts.adopt_profile(uow, election.id, profile)
        _add_contests(uow, election, seats)
    except DomainError as error:
        return refuse(request, uow, "commission/new.html", error, **{**_new(uow), "typed": typed})
    flash(request, _("The draft is there. What it still needs is listed here."))
    return see_other(f"/commission/{election.code}")


def _add_contests(uow: UnitOfWork, election: Election, seats: int) -> None:
    """What can be known at once: the constituencies, the one contest, the subjects."""
    if election.kind == DIRECT:
        drafts.add_constituencies(uow, election.id, structure.constituencies(uow))
        return
    drafts.add_contest(
        uow,
        election.id,
        title_zh=election.title_zh,
        title_en=election.title_en,
        seats=seats if election.kind == COMMITTEE else 0,
    )
    if election.kind in SUBJECT_KINDS:
        nominations.add_subjects(uow, election.id)


def term_of(uow: UnitOfWork, code: str) -> Term:
    term = uow.session.scalar(select(Term).where(Term.code == code))
    if term is None:
        raise Invalid(N_("Choose a term."), field="term")
    return term


@router.get("/{code}")
def checklist(request: Request, uow: Read, account: CurrentAccount, code: str) -> Response:
    return render(request, "commission/election.html", **checklist_of(uow, account, code))


def checklist_of(uow: UnitOfWork, account: Identity, code: str) -> dict[str, Any]:
    election = states.by_code(uow, code)
    steps = readiness.readiness(uow, election)
    contests = election.contests
    current = next((step for step in steps if step.current), None)
    return {
        "election": election,
        "steps": steps,
        "current": current,
        "problems": [error_text(error) for error in current.blocked_by] if current else [],
        "kinds": KIND_NAMES,
        "state_names": STATE_NAMES,
        "step_names": STEP_NAMES,
        "step_texts": STEP_TEXTS,
        "buttons": BUTTONS,
        "standing": sum(len(nominations.standing(contest)) for contest in contests),
        "voters": sum(contest.roll_count for contest in contests),
        "issued": _issued(uow, election),
        "decrypted": results.decrypted_by(uow, election),
        "shuffled": _shuffled(uow, election),
        "may_be_absent": _may_be_absent(election),
        "key_steps": {t.id: trustees.next_step(t) for t in election.trustees},
        "early": election.state == OPEN and uow.now < election.closes_at,
        "opens_early": election.state == SEALED and opens_early(uow, election),
        "passed": election.state in (FROZEN, SEALED) and uow.now >= election.closes_at,
        "waiting": waiting_for(uow, account, election),
        "offers": followups.of_election(uow, election),
        "followed": {c.id: followups.follower(uow, c) for c in contests},
        "challenged": list(challenges.of_election(uow, election)),
        "challenge_until": challenges.until(election),
        "certifiable": certifying.certifiable(election) if election.state == DECLARED else [],
        "words": words,
        "small": _small(election),
    }


def _shuffled(uow: UnitOfWork, election: Election) -> dict[str, int] | None:
    """Trustee id -> contests shuffled; nothing where ballots are added up."""
    if election.profile_json is None or not papers.mixed(election):
        return None
    return mixing.shuffled_by(uow, election)


def _may_be_absent(election: Election) -> list[Trustee]:
    present = mixing.shufflers(election)
    return present if len(present) > mixing.LEAST else []


def _issued(uow: UnitOfWork, election: Election) -> int:
    """Ballots issued, and nothing of what is in them: the only number there is before the close.
    From then on it stands with the contest; who came is erased in the end."""
    if election.closed_at is not None:
        return sum(contest.issued for contest in election.contests)
    contests = select(Contest.id).where(Contest.election_id == election.id)
    found = select(func.count()).where(CheckIn.contest_id.in_(contests))
    return uow.session.scalar(found) or 0


def _small(election: Election) -> list[Contest]:
    return [contest for contest in election.contests if results.withheld(election, contest)]


@router.post("/{code}/acts/{act}")
def act(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    code: str,
    act: str,
    reason: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """One button of the checklist."""
    election = states.by_code(uow, code)
    try:
        if act == "declare":
            request.app.state.log.confirm_witnessed(uow, f"election/{election.id}")
        done = _do(uow, election, act, reason)
    except DomainError as error:
        return refuse(
            request, uow, "commission/election.html", error, **checklist_of(uow, account, code)
        )
    flash(request, _(done))
    return see_other(f"/commission/{code}")


@router.post("/{code}/absent")
def declare_absent(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    code: str,
    trustee: Annotated[str, Form(max_length=32)],
    reason: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """The ballots are shuffled without this trustee."""
    try:
        two_people.ask(uow, mixing.ABSENCE, f"trustee/{trustee}", reason=reason)
    except DomainError as error:
        return refuse(
            request, uow, "commission/election.html", error, **checklist_of(uow, account, code)
        )
    flash(request, _(ASKED))
    return see_other(f"/commission/{code}")


DONE = {
    "freeze": N_("Candidates, rules and rolls are fixed. Now trustees and registrar act."),
    "seal": N_("The ballot papers are sealed. Now the trustees rehearse."),
    "open": N_("Voting is open."),
    "close": N_("Voting is closed. The sealed ballots are being added up."),
    "declare": N_("The outcome is declared and published."),
    "cancel": N_("The election is cancelled."),
}


ASKED = N_("Asked for. It is done when a second person has signed, within a day.")


def _do(uow: UnitOfWork, election: Election, act: str, reason: str) -> str:
    """-> what to say. Where two people are needed, this is the first of them."""
    if act in ASKS and ASKS[act](uow, election):
        two_people.ask(uow, act, f"election/{election.id}", reason=reason)
        return ASKED
    if act == "cancel":
        lifecycle.cancel(uow, election.id, reason)
    elif act == "seal":
        sealing.seal(uow, election)
    elif act in STEPS:
        STEPS[act](uow, election.id)
    else:
        raise Conflict(N_("There is no such step."))
    return DONE[act]


STEPS = {
    "freeze": lifecycle.freeze,
    "open": lifecycle.open_voting,
    "close": lifecycle.close_voting,
    "declare": lifecycle.declare,
}


def opens_early(uow: UnitOfWork, election: Election) -> bool:
    return not election.scheduled or uow.now < election.opens_at


def _closes_early(uow: UnitOfWork, election: Election) -> bool:
    return election.state == SUSPENDED or uow.now < election.closes_at


ASKS: dict[str, Callable[[UnitOfWork, Election], bool]] = {
    lifecycle.OPEN_NOW: opens_early,
    lifecycle.CLOSE_NOW: _closes_early,
    lifecycle.CANCEL: lambda _uow, election: election.state != DRAFT,
    certifying.CERTIFY: lambda _uow, _election: True,
    course.SUSPEND: lambda _uow, _election: True,
}
