"""The dossier beside a confidence or satisfaction ballot: frozen before it opens, hashed into the
public log, never edited. Corrections are addenda; the subject has the right of one reply.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import func, select

from accountability import (
    activities,
    commitments,
    draws,
    pictures,
    reports,
    scorecard_rows,
    validation,
)
from accountability.access import Role, Viewer, require_office, require_role
from accountability.entries import DossierAdded, DossierFrozen
from accountability.errors import BallotOpen, Conflict
from accountability.models import Addendum, Commitment, Dossier, Report
from accountability.words import DossierKind
from audit.database import UnitOfWork
from voting.registry.models import Office

VERSION = 2  # 2: hashes of the pictures of each activity


def freeze(
    uow: UnitOfWork, viewer: Viewer, office_id: str, *, kind: str, ballot: str, ballot_open: bool
) -> Dossier:
    """Write down what is known of the subject now. `ballot` is the id of the contest."""
    require_role(viewer, Role.COMMISSION, Role.SYSTEM)
    validation.word(DossierKind, kind, "kind")
    if ballot_open:
        raise BallotOpen("The dossier must be frozen before the ballot opens.")
    office = uow.lock(Office, office_id)
    if find(uow, office.id, kind) is not None:
        raise Conflict("This dossier is frozen already.")
    raw = draws.canonical(content(uow, office, kind, ballot))
    dossier = Dossier(
        office_id=office.id,
        kind=DossierKind(kind),
        ballot=ballot,
        content=raw.decode(),
        sha256=draws.sha256(raw),
        frozen_at=uow.now,
    )
    uow.session.add(dossier)
    uow.session.flush()
    uow.record(
        DossierFrozen(
            dossier=dossier.id, office=office.id, kind=kind, ballot=ballot, sha256=dossier.sha256
        )
    )
    return dossier


def content(uow: UnitOfWork, office: Office, kind: str, ballot: str) -> dict[str, Any]:
    """Public facts alone: no constituent, no matter, nothing below ten."""
    on = uow.today
    return {
        "version": VERSION,
        "kind": kind,
        "ballot": ballot,
        "frozen_on": on.isoformat(),
        "subject": {"office": office.id, "name": office.person.name, "kind": office.kind},
        "offices": [_office(uow, one) for one in scorecard_rows.offices_of_person(uow, office)],
    }


def _office(uow: UnitOfWork, office: Office) -> dict[str, Any]:
    on = uow.today
    done = activities.of_office(uow, office.id, office.starts_on, on)
    shown = {
        key: [picture.sha256 for picture in found if picture.removed_on is None]
        for key, found in pictures.of_activities(uow, [a.id for a in done]).items()
    }
    return {
        "office": office.id,
        "kind": office.kind,
        "constituency": office.constituency.code if office.constituency else None,
        "starts_on": office.starts_on.isoformat(),
        "ends_on": office.ends_on.isoformat(),
        "card": scorecard_rows.card(uow, office, on).to_json(),
        "activities": [
            {
                "id": a.id,
                "kind": a.kind,
                "held_on": a.held_on.isoformat(),
                "title_zh": a.meeting.title_zh if a.meeting else a.summary,
                "title_en": a.meeting.title_en if a.meeting else a.summary,
                "source": a.source,
                "attendance": a.attendance,
                "reason": a.reason,
                "late": a.late,
                "pictures": shown.get(a.id, []),
            }
            for a in done
        ],
        "reports": [_report(r) for r in reports.of_office(uow, office.id)],
        "commitments": [_commitment(c) for c in commitments.of_office(uow, office.id)],
    }


def _report(report: Report) -> dict[str, Any]:
    return {
        "id": report.id,
        "period": report.period,
        "due_on": report.due_on.isoformat(),
        "submitted_on": report.submitted_on.isoformat(),
        "sha256": report.sha256,
        "statements": [{"text": s.text, "supported": bool(s.citations)} for s in report.statements],
    }


def _commitment(commitment: Commitment) -> dict[str, Any]:
    return {
        "title_zh": commitment.title_zh,
        "title_en": commitment.title_en,
        "due_on": commitment.due_on.isoformat(),
        "state": commitment.state,
        "evidence": commitment.evidence,
    }


def find(uow: UnitOfWork, office_id: str, kind: str) -> Dossier | None:
    return uow.session.scalar(
        select(Dossier).where(Dossier.office_id == office_id, Dossier.kind == kind)
    )


def read(dossier: Dossier) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(dossier.content)
    return data


def is_intact(dossier: Dossier) -> bool:
    """Whether the content still has the hash that was logged."""
    return draws.sha256(dossier.content.encode()) == dossier.sha256


def add(uow: UnitOfWork, viewer: Viewer, dossier_id: str, text: str) -> Addendum:
    """A correction. It may come while the ballot is open: it is shown with its time."""
    require_role(viewer, Role.COMMISSION, Role.SYSTEM)
    return _append(uow, viewer, uow.lock(Dossier, dossier_id), "commission", text)


def reply(uow: UnitOfWork, viewer: Viewer, dossier_id: str, text: str) -> Addendum:
    """The reply of the subject: one, in their own words, shown beside the dossier."""
    dossier = uow.lock(Dossier, dossier_id)
    require_office(viewer, dossier.office_id)
    if any(addendum.author == "subject" for addendum in dossier.addenda):
        raise Conflict("You have replied already.")
    return _append(uow, viewer, dossier, "subject", text)


def _append(uow: UnitOfWork, viewer: Viewer, dossier: Dossier, author: str, text: str) -> Addendum:
    number = select(func.count()).select_from(Addendum).where(Addendum.dossier_id == dossier.id)
    text = validation.some_text(text, "text", 4000)
    addendum = Addendum(
        dossier_id=dossier.id,
        position=(uow.session.scalar(number) or 0) + 1,
        author=author,
        written_by=viewer.account_id,
        written_at=uow.now,
        text=text,
        sha256=draws.sha256(text.encode()),
    )
    uow.session.add(addendum)
    uow.session.flush()
    uow.session.expire(dossier, ["addenda"])
    uow.record(
        DossierAdded(
            dossier=dossier.id, position=addendum.position, by=author, sha256=addendum.sha256
        )
    )
    return addendum
