"""The dossiers beside a confidence or satisfaction ballot: frozen, hashed, with the reply."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy import select

from accountability import access, dossiers
from accountability.models import Dossier
from accountability.scorecards import Metric
from audit.database import UnitOfWork
from audit.errors import NotFound
from voting import drafts, states
from voting.models import OPEN, SUBJECT_KINDS, Election
from voting.registry.models import COMMITTEE_KINDS, Office
from web.http.dependencies import PUBLIC, CurrentAccount, Read, Uow, require
from web.http.forms import attempt, page
from web.identity.current import current
from web.identity.roles import Role
from web.pages.representatives.profile import Row, figure
from web.term.viewers import holder, viewer
from web.texts.i18n import N_, _

router = APIRouter()


@router.get("/elections/{code}/dossiers", dependencies=[PUBLIC])
def index(request: Request, uow: Read, code: str) -> Response:
    election = states.by_code(uow, code)
    contests = [contest.id for contest in election.contests]
    found = select(Dossier).where(Dossier.ballot.in_(contests))
    rows = sorted(uow.session.scalars(found), key=lambda d: d.office.person.member_no)
    return page(
        request,
        "dossiers/index.html",
        election=election,
        dossiers=rows,
        may_freeze=_may_freeze(request, election),
    )


def _may_freeze(request: Request, election: Election) -> bool:
    account = current(request)
    commission = account is not None and account.has(Role.COMMISSION)
    return commission and election.kind in SUBJECT_KINDS and election.state in ("draft", "frozen")


@router.post("/elections/{code}/dossiers", dependencies=[require(Role.COMMISSION)])
def freeze(request: Request, uow: Uow, account: CurrentAccount, code: str) -> Response:
    def act() -> None:
        freeze_all(uow, viewer(uow, account, access.Role.COMMISSION), states.by_code(uow, code))

    done = _("The dossiers are frozen, and their fingerprints are in the public log.")
    return attempt(request, uow, f"/elections/{code}/dossiers", act, done)


def freeze_all(uow: UnitOfWork, commission: access.Viewer, election: Election) -> None:
    """One for each subject of the ballot; the hashes are bound to the ballot papers."""
    hashes: dict[str, bytes] = {}
    for contest in election.contests:
        for candidacy in contest.candidacies:
            office = _committee_office(uow, candidacy.person_id, election)
            dossier = dossiers.freeze(
                uow,
                commission,
                office.id,
                kind=election.kind,
                ballot=contest.id,
                ballot_open=election.state == OPEN,
            )
            hashes[candidacy.person_id] = bytes.fromhex(dossier.sha256)
    drafts.bind_dossiers(uow, election.id, hashes)


def _committee_office(uow: UnitOfWork, person_id: str, election: Election) -> Office:
    today = uow.today
    query = select(Office).where(
        Office.person_id == person_id,
        Office.term_id == election.term_id,
        Office.kind.in_(COMMITTEE_KINDS),
        Office.starts_on <= today,
        Office.ends_on > today,
    )
    office = uow.session.scalars(query.order_by(Office.starts_on, Office.id)).first()
    if office is None:
        raise NotFound(N_("A subject of this ballot holds no office of the committee."))
    return office


def _find(uow: UnitOfWork, dossier_id: str) -> Dossier:
    dossier = uow.session.get(Dossier, dossier_id)
    if dossier is None:
        raise NotFound(N_("There is no such dossier."))
    return dossier


@router.get("/dossiers/{dossier_id}", dependencies=[PUBLIC])
def show(request: Request, uow: Read, dossier_id: str) -> Response:
    dossier = _find(uow, dossier_id)
    content = dossiers.read(dossier)
    account = current(request)
    return page(
        request,
        "dossiers/show.html",
        dossier=dossier,
        content=content,
        cards=[[_row(metric) for metric in part["card"]["metrics"]] for part in content["offices"]],
        intact=dossiers.is_intact(dossier),
        is_subject=account is not None and account.person_id == dossier.office.person_id,
        replied=any(a.author == "subject" for a in dossier.addenda),
        may_correct=account is not None and account.has(Role.COMMISSION),
    )


def _row(metric: dict[str, Any]) -> Row:
    """From the frozen content, not from today's rows."""
    found = Metric(**metric)
    return Row(found, figure(found))


@router.get("/dossiers/{dossier_id}/content.json", dependencies=[PUBLIC])
def content(uow: Read, dossier_id: str) -> Response:
    """The bytes whose SHA-256 is in the public log."""
    dossier = _find(uow, dossier_id)
    return Response(dossier.content.encode(), media_type="application/json")


@router.post("/dossiers/{dossier_id}/reply", dependencies=[require(Role.MEMBER)])
def reply(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    dossier_id: str,
    text: Annotated[str, Form()] = "",
) -> Response:
    def act() -> None:
        dossiers.reply(uow, holder(uow, account), dossier_id, text)

    return attempt(
        request, uow, f"/dossiers/{dossier_id}", act, _("Your reply is shown with the dossier.")
    )


@router.post("/dossiers/{dossier_id}/addenda", dependencies=[require(Role.COMMISSION)])
def add(
    request: Request,
    uow: Uow,
    account: CurrentAccount,
    dossier_id: str,
    text: Annotated[str, Form()] = "",
) -> Response:
    def act() -> None:
        dossiers.add(uow, viewer(uow, account, access.Role.COMMISSION), dossier_id, text)

    return attempt(request, uow, f"/dossiers/{dossier_id}", act, _("The correction is added."))
