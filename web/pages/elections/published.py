"""Elections for everyone: what is voted on, the result with its whole balance, the record."""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from sqlalchemy import func, select

from audit.database import Database
from audit.entries import PUBLIC as PUBLIC_LOG
from audit.folder import LogFolder
from audit.service import LogService
from voting import papers, publication, results, states, typed_text
from voting.errors import Conflict, NotFound
from voting.looks import looks_of
from voting.models import CANCELLED, DRAFT, OPEN, CheckIn, Contest, Election
from voting.nominations import standing
from voting.record import write_folder, write_zip
from voting.record.layout import CHUNK
from web.charts.results import ResultBar, result_bars
from web.http.dependencies import PUBLIC, Read
from web.http.rendering import render
from web.identity.throttle import TooMany
from web.texts import elections as words
from web.texts.i18n import N_, _, local
from web.texts.rounds import rounds_of

router = APIRouter(prefix="/elections", dependencies=[PUBLIC])

HIDDEN = (DRAFT,)
MAKING = threading.Lock()
BUSY = 10  # seconds after which to ask again
PAUSES = (0.5, 0.5, 1.0, 1.0, 0.0)  # seconds; the log is behind what is committed for less


@router.get("")
def index(request: Request, uow: Read) -> Response:
    found = uow.session.scalars(
        select(Election).where(Election.state.not_in(HIDDEN)).order_by(Election.opens_at.desc())
    )
    return render(request, "elections/index.html", elections=list(found), words=words)


def _shown(uow: Read, code: str) -> Election:
    """A draft is nobody's business but the commission's."""
    election = states.by_code(uow, code)
    if election.state in HIDDEN:
        raise NotFound("There is no election %(code)s.", code=code)
    return election


def _contest(uow: Read, code: str, contest: str) -> Contest:
    _shown(uow, code)
    return states.contest_of(uow, code, contest)


@router.get("/{code}")
def election_page(request: Request, uow: Read, code: str) -> Response:
    election = _shown(uow, code)
    declared = {c.id: _declaration(uow, election, c) for c in election.contests}
    return render(
        request,
        "elections/election.html",
        election=election,
        words=words,
        profile=papers.profile_of(election),
        declared=declared,
        standing={contest.id: len(standing(contest)) for contest in election.contests},
        voters=sum(contest.roll_count for contest in election.contests),
        previous=_previous(uow, election),
        followups=_followups(uow, election),
        issued=_issued(uow, election) if election.state == OPEN else None,
        sealed=election.contests[0].election_json is not None,
    )


def _previous(uow: Read, election: Election) -> Election | None:
    key = election.previous_election_id
    return uow.session.get(Election, key) if key else None


def _followups(uow: Read, election: Election) -> list[Election]:
    """Those that the public may see and that were not cancelled."""
    found = select(Election).where(
        Election.previous_election_id == election.id,
        Election.state.not_in((*HIDDEN, CANCELLED)),
    )
    return list(uow.session.scalars(found.order_by(Election.created_at)))


def _issued(uow: Read, election: Election) -> int:
    contests = select(Contest.id).where(Contest.election_id == election.id)
    return uow.session.scalar(select(func.count()).where(CheckIn.contest_id.in_(contests))) or 0


def _declaration(uow: Read, election: Election, contest: Contest) -> dict[str, Any] | None:
    declared = results.declaration_of(uow, contest)
    if declared is None:
        return None
    found: dict[str, Any] = json.loads(results.shown(election, contest, declared))
    return found


@router.get("/{code}/profile.json")
def profile_json(uow: Read, code: str) -> Response:
    """The adopted rules, byte for byte as they were hashed."""
    return Response(_shown(uow, code).profile_json or "", media_type="application/json")


@router.get("/{code}/record.zip")
def record(uow: Read, request: Request, code: str) -> Response:
    """The whole record; `mandate verify` checks it without this service."""
    election = _shown(uow, code)
    kept = request.app.state.settings.data_dir / "records" / f"{code}.zip"
    if not _settled(election, uow.now):
        file = _made(request, election)
    else:
        if not kept.exists():
            _keep(kept, _made(request, election))
        file = kept.open("rb")
    headers = {"content-disposition": f'attachment; filename="{election.code}.zip"'}
    return StreamingResponse(_pieces(file), media_type="application/zip", headers=headers)


def _settled(election: Election, now: datetime) -> bool:
    """Certified, and long enough ago that the log under a checkpoint says so too."""
    certified = election.certified_at
    return certified is not None and now - certified > timedelta(minutes=10)


def _made(request: Request, election: Election) -> IO[bytes]:
    """The zip as it is now. One at a time, and nobody waits in line: everyone may ask for it, and
    those who wait would hold the places and connections that voters need."""
    if not MAKING.acquire(blocking=False):
        raise TooMany(
            N_("The record is just being made. Please try again in %(seconds)s seconds."),
            seconds=BUSY,
        )
    try:
        return _make(request.app.state.database, request.app.state.log, election.id)
    finally:
        MAKING.release()


def _make(database: Database, service: LogService, election_id: str) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the answer has been sent
    with tempfile.TemporaryDirectory(prefix="mandate-record-") as name:
        for pause in PAUSES:
            try:
                folder = _written(database, service, election_id, Path(name))
                break
            except Conflict:  # what was done this moment is not under a checkpoint yet
                if not pause:
                    raise
                time.sleep(pause)
        write_zip(folder, file)
    file.seek(0)
    return file


def _written(database: Database, service: LogService, election_id: str, name: Path) -> Path:
    log = service.folder / PUBLIC_LOG
    checkpoint = LogFolder(log).checkpoint()  # before the transaction, which then has all of it
    with database.read() as uow:
        election = states.get(uow, election_id)
        source = publication.source_of(uow, election, log, checkpoint)
        write_folder(name / election.code, source)
        return name / election.code


def _keep(path: Path, made: IO[bytes]) -> None:
    """The record of a certified election does not change any more: made once, and kept."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.writelines(_pieces(made))
    Path(file.name).replace(path)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk


@router.get("/{code}/contests/{contest}")
def contest_page(request: Request, uow: Read, code: str, contest: str) -> Response:
    found = _contest(uow, code, contest)
    election = found.election
    declaration = _declaration(uow, election, found)
    return render(
        request,
        "elections/contest.html",
        election=election,
        contest=found,
        words=words,
        profile=papers.profile_of(election),
        candidacies=standing(found),
        declaration=declaration,
        chart=_chart(found, declaration),
        rounds=rounds_of(declaration),
        elected=_elected(found, declaration),
        looks=looks_of(uow, found) if results.withheld(election, found) is None else None,
    )


def _elected(contest: Contest, declaration: dict[str, Any] | None) -> list[str]:
    keys = declaration["elected"] if declaration else []
    return [c.label for c in papers.candidates_of(contest) if c.key in keys]


def _chart(contest: Contest, declaration: dict[str, Any] | None) -> str | None:
    if declaration is None or "candidates" not in declaration:
        return None
    whole = declaration["balance"]["returned"]
    rows = [_bar(candidate) for candidate in declaration["candidates"]]
    return result_bars(_("Result: %(title)s", title=local(contest, "title")), rows, whole)


def _bar(candidate: dict[str, Any]) -> ResultBar:
    if "grades" in candidate:
        grades = candidate["grades"]
        parts = tuple((f"grade-{name}", grades[name]) for name in words.GRADES)
        text = " · ".join(str(grades[name]) for name in words.GRADES)
        return ResultBar(candidate["label"], parts, text)
    support = candidate["for"] + candidate["write_in"]
    if not candidate["against"]:
        kind = "won" if candidate["outcome"] in words.GOOD else "rest"
        return ResultBar(candidate["label"], ((kind, support),), str(support))
    parts = (("for", support), ("against", candidate["against"]), ("abstain", candidate["abstain"]))
    return ResultBar(candidate["label"], parts, " · ".join(str(value) for _kind, value in parts))


@router.get("/{code}/contests/{contest}/trackers")
def trackers(request: Request, uow: Read, code: str, contest: str, q: str = "") -> Response:
    """The ballots that count, each by its tracker; during the vote too."""
    found = _contest(uow, code, contest)
    wanted = typed_text.tracker(q)
    listed = [t for t in results.trackers(uow, found) if not wanted or wanted in t]
    return render(
        request,
        "elections/trackers.html",
        election=found.election,
        contest=found,
        trackers=listed,
        q=wanted,
    )
