"""Routes whose path names an object of one person, and what they are asked with.

Each stands in OWNED, and then its owner gets in and somebody else with the same role does not; or
in SHARED, with the reason why its objects are not of one person. A route in neither fails test_18.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Boolean, Date, DateTime, Integer, select

from accountability import models as work
from audit.clock import day_of, utc_now
from audit.database import Actor, Base, new_id
from tests.conftest import ZONE
from tests.web.site import Browser, Site
from voting.registry.models import Office, Unit
from web.identity.entries import AccountsCreated
from web.identity.models import Passkey, WebSession
from web.identity.roles import Role

HOLDER, ANSWERER = "holder", "answerer"
TODAY = day_of(utc_now(), ZONE)


@dataclass(frozen=True)
class Asked:
    """Who owns the object, and a form that is whole, so that it is the object that decides.

    `{link_id}` and the like in the form are the ids of the owner's objects.
    """

    by: str = HOLDER
    form: dict[str, str] | None = None
    path: dict[str, str] | None = None  # parts that name no object
    file: str = ""  # the field of an upload


DATE = TODAY.isoformat()
OWNED: dict[str, Asked] = {
    "/account/sessions/{session_id}/end": Asked(),
    "/account/passkeys/{passkey_id}/name": Asked(form={"name": "x"}),
    "/account/passkeys/{passkey_id}/remove": Asked(),
    "/contacts/{contact_id}": Asked(form={"verdict": "confirmed", "code": "x"}),
    "/matters/{matter_id}": Asked(),
    "/matters/{matter_id}/verdict": Asked(form={"verdict": "accepted"}),
    "/matters/{matter_id}/consent/{routing_id}": Asked(form={"given": "true"}),
    "/matters/{matter_id}/pass": Asked(form={"office": "{office_id}"}),
    "/matters/{matter_id}/pictures": Asked(form={"title": "x"}, file="picture"),
    "/matters/{matter_id}/pictures/{picture_id}": Asked(path={"picture_id": "{matter_picture}"}),
    "/desk/{desk}/matters/{matter_id}/pictures": Asked(
        form={"title": "x"}, path={"desk": "representative"}, file="picture"
    ),
    "/desk/{desk}/matters/{matter_id}/pictures/{picture_id}": Asked(
        path={"desk": "representative", "picture_id": "{matter_picture}"}
    ),
    "/desk/{desk}/matters/{matter_id}": Asked(path={"desk": "representative"}),
    "/desk/body/matters/{matter_id}/{step}/{routing_id}": Asked(
        ANSWERER, {"text": "x"}, {"step": "acknowledge"}
    ),
    "/desk/body/findings/{finding_id}": Asked(ANSWERER, {"outcome": "x"}),
    "/work/{office_id}": Asked(),
    "/work/{office_id}/pictures": Asked(
        form={"of": "activity:{activity_id}", "title": "x"}, file="picture"
    ),
    "/work/{office_id}/pictures/{picture_id}": Asked(form={"reason": "x"}),
    "/work/{office_id}/links": Asked(form={"member": "x"}),
    "/work/{office_id}/links/withdraw": Asked(form={"person": "{wished}"}),
    "/work/{office_id}/intake": Asked(
        form={"channel": "phone", "category": "water", "unit": "x", "text": "x"}
    ),
    "/work/{office_id}/activities": Asked(form={"kind": "visit", "held_on": DATE}),
    "/work/{office_id}/contacts": Asked(
        form={"link": "{link_id}", "held_on": DATE, "channel": "visit"}
    ),
    "/work/{office_id}/commitments": Asked(form={"due_on": DATE}),
    "/work/{office_id}/commitments/{commitment_id}": Asked(form={"state": "done"}),
    "/work/{office_id}/findings": Asked(
        form={"activity": "{activity_id}", "body": "{body_id}", "due_on": DATE}
    ),
    "/work/{office_id}/duties/{duty_id}": Asked(form={"code": "000000"}),
    "/work/{office_id}/swaps": Asked(form={"own": "{duty_id}", "other": "{second_id}"}),
    "/work/{office_id}/swaps/{swap_id}": Asked(),
    "/work/{office_id}/report": Asked(form={"period": "x"}),
    "/questions/{question_id}/answer": Asked(form={"answer": "x"}),
    "/dossiers/{dossier_id}/reply": Asked(form={"text": "x"}),
}

_ROLL = "a contest; who is not on its roll is refused (tests of voting.casting)"
_CLERK = "the clerks' desk: any clerk may take up any matter, and the opening is traced"
_AUDITOR = "any auditor may ask to see a matter; a second one has to allow it"
SHARED: dict[str, str] = {
    "/ballots/{uuid}": _ROLL,
    "/ballots/{uuid}/paper": _ROLL,
    "/api/v1/contests/{uuid}/issue": _ROLL,
    "/api/v1/contests/{uuid}/ballots": _ROLL,
    "/api/v1/contests/{uuid}/spoilt": _ROLL,
    "/reports/{report_id}/questions": "a public report; who is no constituent is refused",
    "/reports/{report_id}/rating": "a public report; who is no constituent is refused",
    "/work/{office_id}/findings/{finding_id}/verify": "anyone in office but who reported it",
    "/desk/{desk}": "a list of what the desk may see",
    "/desk/clerk/matters/{matter_id}/join": _CLERK,
    "/desk/clerk/matters/{matter_id}/route": _CLERK,
    "/desk/clerk/matters/{matter_id}/extend/{routing_id}": _CLERK,
    "/desk/clerk/matters/{matter_id}/close": _CLERK,
    "/desk/clerk/meetings/{meeting_id}": "meetings are public",
    "/desk/auditor/matters/{matter_id}/glass": _AUDITOR,
    "/desk/auditor/matters/{matter_id}/glass/{glass_id}": _AUDITOR,
}

# showing that leaves a trace: the owner of a matter sees who opened it, the log who rang up
TRACED = {
    "/desk/{desk}/matters/{matter_id}",
    "/desk/{desk}/matters/{matter_id}/pictures/{picture_id}",
    "/calls/{contact_id}",  # the log says that an auditor looked at the number
}


class World:
    """One of each object, owned by `owners`; `strangers` have the same roles and own nothing."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.body = new_id()[:8]
        self.owners = {HOLDER: self._holder(), ANSWERER: self._answerer(self.body)}
        self.strangers = {HOLDER: self._holder(), ANSWERER: self._answerer("another")}
        self.ids = self._make(self.owners[HOLDER], self.strangers[HOLDER])

    def _holder(self) -> Browser:
        return self.site.sign_in(Role.MEMBER, Role.REPRESENTATIVE)

    def _answerer(self, body: str) -> Browser:
        return self.site.sign_in(Role.BODY, scope=body)

    def _make(self, owner: Browser, stranger: Browser) -> dict[str, str]:
        with self.site.database.transaction(Actor("test")) as uow:
            self.session = uow.session
            mine, other = self._office(owner), self._office(stranger)
            unit = self._add(Unit, kind="village", valid_from=date(2020, 1, 1))
            body = self._add(work.Body, code=self.body, categories="water")
            matter = self._add(
                work.Matter,
                unit_id=unit,
                person_id=owner.person_id,
                office_id=mine,
                channel="web",
                category="water",
                state="routed",
                text="x",
            )
            routing = self._add(work.Routing, matter_id=matter, body_id=body)
            link = self._add(
                work.Link, office_id=mine, constituent_id=owner.person_id, slot=1, source="lot"
            )
            contact = self._add(work.Contact, link_id=link, channel="visit", quarter="2026Q4")
            activity = self._add(
                work.Activity,
                office_id=mine,
                kind="inspection",
                source="attendance_sheet",
                attendance="present",
            )
            finding = self._add(work.Finding, activity_id=activity, body_id=body)
            point = self._add(work.Point, unit_id=unit, hours="09:00-11:00")
            session = self._add(work.Session, point_id=point)
            duty = self._add(work.Duty, session_id=session, office_id=mine)
            second = self._add(work.Duty, session_id=session, office_id=other)
            swap = self._add(work.Swap, first_id=second, second_id=duty)
            report = self._add(work.Report, office_id=mine, period="2026H1")
            question = self._add(work.Question, report_id=report, asker_id=stranger.person_id)
            picture = work.Picture
            seen = self._add(picture, activity_id=activity, added_by="representative", content=b"x")
            ids = {
                "picture_id": seen,
                "matter_picture": self._add(
                    picture, matter_id=matter, added_by="constituent", content=b"x"
                ),
                "wished": self._wish(mine, str(owner.person_id)),
                "passkey_id": self._add(
                    Passkey, account_id=owner.account_id, credential=new_id(), name="x"
                ),
                "office_id": mine,
                "matter_id": matter,
                "routing_id": routing,
                "contact_id": contact,
                "finding_id": finding,
                "duty_id": duty,
                "second_id": second,
                "link_id": link,
                "activity_id": activity,
                "body_id": body,
                "swap_id": swap,
                "question_id": question,
                "commitment_id": self._add(work.Commitment, office_id=mine),
                "dossier_id": self._add(
                    work.Dossier, office_id=mine, kind="confidence", content="{}"
                ),
            }
            uow.record(AccountsCreated(count=1))
        return ids

    def _wish(self, office_id: str, person_id: str) -> str:
        choice = work.LinkChoice(office_id=office_id, year=TODAY.year, constituent_id=person_id)
        self.session.add(choice)
        return person_id

    def _office(self, browser: Browser) -> str:
        query = select(Office.id).where(Office.person_id == browser.person_id)
        return str(self.session.scalars(query).one())

    def _add(self, model: type[Base], **given: Any) -> str:
        """A row; what the test does not care about is filled with something of its type."""
        row = model(**{**_filling(model), **given})
        self.session.add(row)
        self.session.flush()
        return str(row.id)  # type: ignore[attr-defined]

    def session_of(self, browser: Browser) -> str:
        with self.site.database.read() as uow:
            query = select(WebSession.id).where(WebSession.account_id == browser.account_id)
            return str(uow.session.scalars(query).one())


def _filling(model: type[Base]) -> dict[str, Any]:
    filled: dict[str, Any] = {}
    for column in model.__table__.columns:
        if column.nullable or column.default is not None or column.foreign_keys:
            continue
        if isinstance(column.type, Boolean):
            filled[column.name] = False
        elif isinstance(column.type, Integer):
            filled[column.name] = 1
        elif isinstance(column.type, Date):
            filled[column.name] = TODAY
        elif isinstance(getattr(column.type, "impl", column.type), DateTime):
            filled[column.name] = datetime.now(UTC)
        else:
            filled[column.name] = new_id()[: column.type.length or 10]  # type: ignore[attr-defined]
    return filled
