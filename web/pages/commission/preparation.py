"""Preparing an election: its settings, contests, candidates and trustees."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import Response
from sqlalchemy import select

from audit.clock import wall_clock
from audit.database import UnitOfWork
from audit.errors import DomainError, NotFound
from voting import drafts, mandates, nominations, states, trustees
from voting.models import DIRECT, DRAFT, PEDERSEN, SUBJECT_KINDS, Election
from voting.papers import profile_of
from voting.registry import people, structure
from web.http.dependencies import Read, Uow, require
from web.http.rendering import flash, refuse, render, see_other
from web.identity import accounts
from web.identity.models import Account, AccountRole
from web.identity.roles import Role
from web.pages.commission.checklist import Text, moment_of, offered
from web.texts import elections as words
from web.texts.elections import KIND_NAMES
from web.texts.i18n import N_, _, error_text

router = APIRouter(prefix="/commission/{code}", dependencies=[require(Role.COMMISSION)])

Statement = Annotated[str, Form(max_length=nominations.MAX_STATEMENT)]


# Settings


@router.get("/settings")
def settings_page(request: Request, uow: Read, code: str) -> Response:
    return render(request, "commission/settings.html", **_settings(uow, code))


def _settings(uow: UnitOfWork, code: str) -> dict[str, Any]:
    election = states.by_code(uow, code)
    return {
        "election": election,
        "kinds": KIND_NAMES,
        "profiles": offered(election.kind),
        "profile": profile_of(election) if election.profile_json else None,
        "window": mandates.window(election.term, election.kind),
        "in_window": mandates.in_window(uow, election),
        "draft": election.state == DRAFT,
        "words": words,
        "times": {
            name: wall_clock(getattr(election, name), uow.zone).isoformat(timespec="minutes")
            for name in ("opens_at", "closes_at")
        },
    }


@router.post("/settings")
def change_settings(
    request: Request,
    uow: Uow,
    code: str,
    title_zh: Text,
    title_en: Text,
    opens_at: Text,
    closes_at: Text,
    profile: Text,
    window_reason: Annotated[str, Form(max_length=1000)] = "",
    aggregate_small: Annotated[bool, Form()] = False,
    scheduled: Annotated[bool, Form()] = False,
) -> Response:
    election = states.by_code(uow, code)
    try:
        drafts.change(
            uow,
            election.id,
            title_zh=title_zh.strip(),
            title_en=title_en.strip(),
            opens_at=moment_of(uow, opens_at, "opens_at"),
            closes_at=moment_of(uow, closes_at, "closes_at"),
            window_reason=window_reason.strip(),
            aggregate_small=aggregate_small,
            scheduled=scheduled,
        )
        if profile != election.profile_id:
            drafts.adopt_profile(uow, election.id, profile)
    except DomainError as error:
        return refuse(request, uow, "commission/settings.html", error, **_settings(uow, code))
    flash(request, _("Saved."))
    return see_other(f"/commission/{code}")


# Contests and candidates


@router.get("/contests")
def contests(request: Request, uow: Read, code: str) -> Response:
    return render(request, "commission/contests.html", **_contests(uow, code))


def _contests(uow: UnitOfWork, code: str) -> dict[str, Any]:
    election = states.by_code(uow, code)
    profile = profile_of(election) if election.profile_json else None
    listed = []
    for contest in election.contests:
        least = profile.least_candidates(contest.seats) if profile and contest.seats else 1
        listed.append((contest, len(nominations.standing(contest)), least))
    taken = {contest.code for contest in election.contests}
    free = [c for c in structure.constituencies(uow) if c.code not in taken]
    return {
        "election": election,
        "listed": listed,
        "free": free if election.kind == DIRECT else [],
        "draft": election.state == DRAFT,
        "problems": [],
    }


@router.post("/contests/add")
def add_constituency(request: Request, uow: Uow, code: str, constituency: Text = "") -> Response:
    """One constituency by its code, or all that have no contest yet."""
    election = states.by_code(uow, code)
    wanted = [
        found
        for found in structure.constituencies(uow)
        if not constituency or found.code == constituency
    ]
    drafts.add_constituencies(uow, election.id, wanted)
    return see_other(f"/commission/{code}/contests")


@router.post("/contests/{contest}/remove")
def remove_contest(uow: Uow, code: str, contest: str) -> Response:
    drafts.remove_contest(uow, states.contest_of(uow, code, contest).id)
    return see_other(f"/commission/{code}/contests")


@router.post("/import")
def import_candidates(
    request: Request, uow: Uow, code: str, file: Annotated[UploadFile, File()]
) -> Response:
    """All rows or none: a file with a mistake changes nothing and says every mistake."""
    election = states.by_code(uow, code)
    try:
        added = nominations.import_csv(uow, election.id, file.file.read())
    except nominations.ImportRefused as error:
        problems = [(problem.row, error_text(problem.error)) for problem in error.problems]
        return refuse(
            request,
            uow,
            "commission/contests.html",
            error,
            **{**_contests(uow, code), "problems": problems},
        )
    except DomainError as error:
        return refuse(request, uow, "commission/contests.html", error, **_contests(uow, code))
    flash(request, _("%(count)s candidates imported.", count=added))
    return see_other(f"/commission/{code}/contests")


@router.get("/contests/{contest}")
def candidates(request: Request, uow: Read, code: str, contest: str) -> Response:
    return render(request, "commission/candidates.html", **_candidates(uow, code, contest))


def _candidates(uow: UnitOfWork, code: str, contest: str) -> dict[str, Any]:
    found = states.contest_of(uow, code, contest)
    election = found.election
    profile = profile_of(election) if election.profile_json else None
    return {
        "election": election,
        "contest": found,
        "candidacies": sorted(found.candidacies, key=lambda c: c.position),
        "least": profile.least_candidates(found.seats) if profile and found.seats else 1,
        "standing": len(nominations.standing(found)),
        "subjects": election.kind in SUBJECT_KINDS,
        "draft": election.state == DRAFT,
    }


@router.post("/contests/{contest}/candidates")
def nominate(
    request: Request,
    uow: Uow,
    code: str,
    contest: str,
    member_no: Text,
    statement_zh: Statement = "",
    statement_en: Statement = "",
) -> Response:
    found = states.contest_of(uow, code, contest)
    try:
        person = people.find_by_member_no_or_email(uow, member_no)
        if person is None:
            raise NotFound(
                N_("There is no member %(number)s."), field="member_no", number=member_no
            )
        nominations.nominate(
            uow, found.id, person, statement_zh=statement_zh, statement_en=statement_en
        )
    except DomainError as error:
        typed = {
            "member_no": member_no,
            "statement_zh": statement_zh,
            "statement_en": statement_en,
        }
        context = {**_candidates(uow, code, contest), "typed": typed}
        return refuse(request, uow, "commission/candidates.html", error, **context)
    flash(request, _("%(name)s is on the ballot.", name=person.name))
    return see_other(f"/commission/{code}/contests/{contest}")


@router.post("/contests/{contest}/candidates/{candidacy}/{state}")
def set_state(uow: Uow, code: str, contest: str, candidacy: str, state: str) -> Response:
    found = states.contest_of(uow, code, contest)
    if candidacy not in {listed.id for listed in found.candidacies}:
        raise NotFound(N_("There is no such candidacy."))
    nominations.change(uow, candidacy, state=state)
    return see_other(f"/commission/{code}/contests/{contest}")


# Trustees


@router.get("/trustees")
def trustees_page(request: Request, uow: Read, code: str) -> Response:
    return render(request, "commission/trustees.html", **_trustees(uow, code))


def _trustees(uow: UnitOfWork, code: str) -> dict[str, Any]:
    election = states.by_code(uow, code)
    taken = {trustee.account_id for trustee in election.trustees}
    rows = uow.session.scalars(
        select(Account).join(AccountRole).where(AccountRole.role == Role.TRUSTEE.value)
    ).unique()
    free = [
        (account.id, accounts.address_of(uow, account)[0] or account.login)
        for account in rows
        if account.id not in taken
    ]
    return {
        "election": election,
        "free": sorted(free, key=lambda pair: pair[1]),
        "draft": election.state == DRAFT,
        "least": trustees.LEAST,
        "ring": trustees.peers(election, PEDERSEN),
    }


@router.post("/trustees")
def appoint(
    request: Request,
    uow: Uow,
    code: str,
    account: Text,
    kind: Annotated[str, Form(max_length=10)] = "single",
) -> Response:
    election = states.by_code(uow, code)
    try:
        found = uow.session.get(Account, account)
        if found is None:
            raise NotFound(N_("There is no such account."))
        accounts.require_trustee(uow, found)
        trustees.invite(
            uow,
            election.id,
            account_id=found.id,
            person_id=found.person_id,
            name=accounts.address_of(uow, found)[0] or found.login,
            kind=kind,
        )
    except DomainError as error:
        return refuse(request, uow, "commission/trustees.html", error, **_trustees(uow, code))
    return see_other(f"/commission/{code}/trustees")


@router.post("/trustees/threshold")
def set_threshold(
    request: Request, uow: Uow, code: str, threshold: Annotated[int, Form(ge=1, le=100)]
) -> Response:
    election = states.by_code(uow, code)
    drafts.change(uow, election.id, threshold=threshold)
    flash(request, _("Saved."))
    return see_other(f"/commission/{code}/trustees")


@router.post("/trustees/{trustee}/remove")
def remove_trustee(uow: Uow, code: str, trustee: str) -> Response:
    election: Election = states.by_code(uow, code)
    if trustee not in {listed.id for listed in election.trustees}:
        raise NotFound(N_("There is no such trustee."))
    trustees.remove(uow, trustee)
    return see_other(f"/commission/{code}/trustees")
