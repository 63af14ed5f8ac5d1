"""The logs over HTTP, as tlog-tiles lays them out: the public one, and one for auditors."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from audit.entries import PUBLIC as PUBLIC_LOG
from audit.entries import SECURITY as SECURITY_LOG
from audit.entries import LogName
from audit.errors import LogError, NotFound
from audit.folder import WITNESSED, LogFolder
from audit.note import MAX_NOTE
from audit.policy import MAX_POLICY
from audit.proving import prove
from audit.sequencer import find
from audit.service import POLICY_FILE
from audit.tiles import MAX_BUNDLE, TileName
from web.http.dependencies import PUBLIC, AppDatabase, AppSettings, require
from web.identity.roles import Role
from web.settings import Settings
from web.texts.i18n import N_

router = APIRouter(prefix="/log")

_FOR_EVER = "public, max-age=31536000, immutable"
_SECONDS = "public, max-age=2"
_TEXT = "text/plain; charset=utf-8"
_BYTES = "application/octet-stream"
_BESIDE = {"checkpoint", WITNESSED, "public.vkey", "security.vkey", "receipt.vkey"}


@router.get("/proof", dependencies=[PUBLIC])
def proof(
    settings: AppSettings,
    database: AppDatabase,
    index: Annotated[int | None, Query(ge=0)] = None,
    contest: Annotated[str, Query(max_length=64)] = "",
    tracker: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """A tlog-proof of one entry: by its index, or of the ballot with a tracker."""
    if index is None:
        index = find(database, PUBLIC_LOG, f"contest/{contest}", tracker=tracker)
    if index is None:
        raise NotFound(N_("The log has no such entry yet."))
    try:
        text = prove(settings.log_dir / PUBLIC_LOG, index)
    except LogError as error:
        raise NotFound(N_("The log has no such entry yet.")) from error
    headers = {"cache-control": "no-store", "access-control-allow-origin": "*"}
    return Response(text, media_type=_TEXT, headers=headers)


@router.get("/policy", dependencies=[PUBLIC])
def policy(settings: AppSettings) -> Response:
    """The witnesses of the public log, for those who keep a copy from before they need it."""
    raw = LogFolder(settings.log_dir).read(POLICY_FILE, MAX_POLICY)
    if raw is None:
        raise NotFound(N_("The log has no such file."))
    return Response(raw, media_type=_TEXT, headers={"cache-control": _SECONDS})


@router.get("/security/{path:path}", dependencies=[require(Role.AUDITOR)])
def security(settings: AppSettings, path: str) -> Response:
    answer = _file(settings, SECURITY_LOG, path)
    answer.headers["cache-control"] = "no-store"
    return answer


@router.get("/{path:path}", dependencies=[PUBLIC])
def public(settings: AppSettings, path: str) -> Response:
    return _file(settings, PUBLIC_LOG, path)


def _file(settings: Settings, log: LogName, path: str) -> Response:
    """Only what tlog-tiles names, and the few files beside; a path never reaches the disk as is."""
    folder = LogFolder(settings.log_dir / log)
    if path in _BESIDE:
        raw = folder.read(path, MAX_NOTE)
        headers, media = {"cache-control": _SECONDS}, _TEXT
    else:
        try:
            raw = folder.read(TileName.parse(path).path, MAX_BUNDLE)
        except LogError as error:
            raise NotFound(N_("The log has no such file.")) from error
        headers, media = {"cache-control": _FOR_EVER}, _BYTES
    if raw is None:
        raise NotFound(N_("The log has no such file."))
    return Response(raw, media_type=media, headers=headers)
