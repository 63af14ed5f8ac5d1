"""The voter's way: the list of ballots, the booth, and what can be looked up of a ballot later.

The booth itself runs in the browser (web/frontend/src/booth); here is only what it starts from.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from audit.database import UnitOfWork
from audit.errors import Forbidden, NotFound
from ballots.election import Election as BallotPaper
from voting import casting, papers, rules, states, typed_text
from voting.models import OPEN, SEALED, Contest, Election
from voting.nominations import standing
from voting.rules import counting
from web.http.dependencies import PUBLIC, CurrentAccount, Read, Uow, require
from web.http.rendering import page_json, render, see_other, static_url
from web.identity.current import Identity, current
from web.identity.roles import Role
from web.texts.i18n import N_, local
from web.texts.scripts import booth_texts

router = APIRouter(prefix="/ballots")

VOTER = require(Role.MEMBER, Role.REPRESENTATIVE)


@router.get("", dependencies=[VOTER])
def my_ballots(request: Request, account: CurrentAccount, uow: Read) -> Response:
    invitations = casting.invitations(uow, _person(account))
    return render(request, "booth/list.html", invitations=invitations, OPEN=OPEN, SEALED=SEALED)


@router.get("/check", dependencies=[PUBLIC])
def check(request: Request, uow: Read, contest: str = "", tracker: str = "") -> Response:
    """What became of a ballot; the page's script then checks the log's proof in the browser."""
    found = _sealed_contest(uow, contest) if contest else None
    tracker = typed_text.tracker(tracker)
    status = None
    if found is not None and tracker:
        account = current(request)
        person = account.person_id if account is not None else None
        status = casting.find_tracker(uow, contest, tracker, person).status
    return render(
        request,
        "booth/check.html",
        contest=found,
        uuid=contest,
        tracker=tracker,
        status=status,
        in_box=(in_box := status in ("on_board", "counted", "replaced")),
        data=_check_data(found if in_box else None, tracker),
    )


@router.get("/open", dependencies=[PUBLIC])
def open_on_second_device(request: Request) -> Response:
    """Where the QR code of an opened ballot leads; the fragment with it is not sent here."""
    texts = booth_texts()
    data = {
        "api": "/api/v1/contests/",
        "texts": {name: texts[name] for name in ("blank", "nobody", "loadOffline")},
    }
    return render(request, "booth/open.html", data=page_json(data))


@router.get("/{uuid}", dependencies=[VOTER])
def introduction(request: Request, account: CurrentAccount, uow: Read, uuid: str) -> Response:
    contest = _contest_of(uow, account, uuid)
    return render(request, "booth/intro.html", **_shown(contest))


@router.post("/{uuid}", dependencies=[VOTER])
def issue(account: CurrentAccount, uow: Uow, uuid: str) -> Response:
    """The voter takes the ballot: from now on it counts as issued."""
    casting.check_in(uow, _person(account), uuid)
    return see_other(f"/ballots/{uuid}/paper")


@router.get("/{uuid}/paper", dependencies=[VOTER])
def paper(request: Request, account: CurrentAccount, uow: Read, uuid: str) -> Response:
    contest = _contest_of(uow, account, uuid)
    if contest.election.state != OPEN:
        return see_other(f"/ballots/{uuid}")
    return render(
        request, "booth/paper.html", data=page_json(_booth_data(contest)), **_shown(contest)
    )


def _person(account: Identity) -> str:
    if account.person_id is None:
        raise Forbidden(N_("Your account belongs to nobody on the roll."))
    return account.person_id


def _contest_of(uow: UnitOfWork, account: Identity, uuid: str) -> Contest:
    """A contest with this person on its roll; for all others it is as if it were not there."""
    person = _person(account)
    invited = casting.invitations(uow, person)
    contest = next((item.contest for item in invited if item.contest.uuid == uuid), None)
    if contest is None:
        raise NotFound(N_("There is no ballot for you here, or voting has ended."))
    return contest


def _sealed_contest(uow: UnitOfWork, uuid: str) -> Contest | None:
    try:
        contest = states.contest_by_uuid(uow, uuid)
    except NotFound:
        return None
    return contest if contest.fingerprint else None


def _shown(contest: Contest) -> dict[str, Any]:
    election = contest.election
    profile = papers.profile_of(election)
    return {
        "contest": contest,
        "election": election,
        "profile": profile,
        "open": election.state == OPEN,
        "small": contest.roll_count < profile.disclosure.smallest,
        "judged": _judged_alone(election, contest, profile),
        "mixed": papers.mixed(election),
        "dossier_url": f"/elections/{election.code}/dossiers"
        if election.dossiers_json != "{}"
        else None,
    }


def _judged_alone(election: Election, contest: Contest, profile: rules.Profile) -> bool:
    return counting.judged_alone(profile, len(standing(contest)), papers.seats(contest))


def _booth_data(contest: Contest) -> dict[str, Any]:
    uuid = contest.uuid or ""
    api = f"/api/v1/contests/{uuid}"
    sealed = BallotPaper.parse((contest.election_json or "").encode())
    names, about = _about(contest, len(sealed.questions))
    return {
        "uuid": uuid,
        "title": local(contest, "title"),
        "fingerprint": contest.fingerprint,
        "names": names,
        "about": about,
        "urls": {
            "election": f"{api}/election",
            "credentials": f"{api}/credentials",
            "cast": f"{api}/ballots",
            "spoilt": f"{api}/spoilt",
            "status": f"{api}/ballots/",
            "receiptKey": "/log/receipt.vkey",
            "logKey": "/log/public.vkey",
            "check": "/ballots/check",
            "open": "/ballots/open",
            "worker": static_url("bundle/booth-worker.js"),
        },
        "texts": booth_texts(),
    }


def _about(contest: Contest, questions: int) -> tuple[list[str | None], list[list[dict[str, str]]]]:
    """What is shown beside the paper: per question a name or none, and per answer a statement."""
    candidacies = standing(contest)
    statements = [
        {"name": item.label or item.person.name, "zh": item.statement_zh, "en": item.statement_en}
        for item in candidacies
    ]
    if questions == 1:
        return [None], [statements]
    labels: list[str | None] = [candidate.label for candidate in papers.candidates_of(contest)]
    return labels, [[statement] for statement in statements]


def _check_data(contest: Contest | None, tracker: str) -> str:
    """`contest`: of a ballot that is in the box."""
    texts = booth_texts()
    wanted = (
        *("receiptSigned", "receiptWrong", "logWaiting", "logVerified", "logWrong", "logLater"),
        *("keptDamaged", "keptWrong", "keptMissing", "keptOffline"),
    )
    status = f"/api/v1/contests/{contest.uuid}/ballots/" if contest else ""
    return page_json(
        {
            "ballot": contest and {"uuid": contest.uuid, "tracker": tracker, "status": status},
            "receiptKey": "/log/receipt.vkey",
            "logKey": "/log/public.vkey",
            "proof": "/log/proof",
            "texts": {name: texts[name] for name in wanted},
        }
    )
