"""Pictures that show something: of an activity or a report for everyone, of a matter for few.

They are evidence, so they are dated like activities: late after seven days, and while a ballot is
open none is added to what is older. What is removed leaves its place, the day and the reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import delete, func, select
from sqlalchemy.orm import InstrumentedAttribute

from accountability import draws, validation, viewing
from accountability.access import Data, Role, Show, Viewer, require_office, require_role, shows
from accountability.entries import MatterPictured, PictureAdded, PictureRemoved
from accountability.errors import Conflict, Forbidden, NotFound, TooLate
from accountability.imaging import Pixels
from accountability.models import Activity, Matter, Picture, Report, RoutingPicture
from accountability.models.pictures import ADDED_BY
from accountability.words import OPEN_STATES, Attendance
from audit.database import UnitOfWork

MOST = 6  # of one activity, report or matter
Owner = InstrumentedAttribute[str | None]


def add_to_activity(
    uow: UnitOfWork,
    viewer: Viewer,
    activity_id: str,
    pixels: Pixels,
    title: str,
    *,
    ballot_open: bool,
) -> Picture:
    """By the holder of the office, of something that was attended or done."""
    activity = uow.lock(Activity, activity_id)
    require_office(viewer, activity.office_id)
    if activity.attendance is not Attendance.PRESENT:
        raise Conflict("There is no picture of what was not attended.")
    late = _late(uow, activity.held_on, ballot_open)
    picture = _make(uow, viewer, Picture.activity_id, activity.id, pixels, title)
    return _publish(uow, picture, f"activity/{activity.id}", late=late)


def add_to_report(
    uow: UnitOfWork,
    viewer: Viewer,
    report_id: str,
    pixels: Pixels,
    title: str,
    *,
    ballot_open: bool,
) -> Picture:
    """Beside the report, with its own date: the report itself never changes."""
    report = uow.lock(Report, report_id)
    require_office(viewer, report.office_id)
    late = _late(uow, report.submitted_on, ballot_open)
    picture = _make(uow, viewer, Picture.report_id, report.id, pixels, title)
    return _publish(uow, picture, f"report/{report.id}", late=late)


def _late(uow: UnitOfWork, happened_on: date, ballot_open: bool) -> bool:
    late = validation.is_late(uow, happened_on)
    if late and ballot_open:
        raise TooLate("Before and during a ballot, nothing older than seven days can be added.")
    return late


def _publish(uow: UnitOfWork, picture: Picture, of: str, *, late: bool) -> Picture:
    picture.late = late
    uow.session.flush()
    uow.record(PictureAdded(picture=picture.id, of=of, sha256=picture.sha256, late=late))
    return picture


def add_to_matter(
    uow: UnitOfWork, viewer: Viewer, matter_id: str, pixels: Pixels, title: str
) -> Picture:
    """By whoever sees the text, while the matter is open; by a body, with its work on it."""
    require_role(viewer, Role.CONSTITUENT, Role.REPRESENTATIVE, Role.CLERK, Role.BODY)
    matter, between = viewing.admit(uow, viewer, matter_id)
    if shows(viewer, Data.TEXT, between) is Show.NOTHING:
        raise Forbidden("The text is not shown to you at this stage.")
    uow.lock(Matter, matter_id)
    if matter.state not in OPEN_STATES or matter.erased_on is not None:
        raise Conflict("This step is not possible in the present state of the matter.")
    picture = _make(uow, viewer, Picture.matter_id, matter.id, pixels, title)
    if viewer.role is Role.BODY:
        uow.session.add_all(
            RoutingPicture(routing_id=r.id, picture_id=picture.id)
            for r in viewing.with_viewer(viewer, matter)
        )
    uow.session.flush()
    uow.record(
        MatterPictured(matter=matter.id, by=picture.added_by, commitment=commitment(picture))
    )
    return picture


def commitment(picture: Picture) -> str:
    """Stands for a picture of a matter in the log; the salt goes when the picture goes."""
    return draws.sha256(f"mandate/picture\n{picture.salt}\n{picture.sha256}".encode())


def _make(
    uow: UnitOfWork, viewer: Viewer, owner: Owner, key: str, pixels: Pixels, title: str
) -> Picture:
    """The caller holds the lock of what the picture belongs to."""
    last, there = uow.session.execute(
        select(func.max(Picture.position), func.count(Picture.content)).where(owner == key)
    ).one()
    if there >= MOST:
        raise Conflict("There are %(most)d pictures already, as many as there may be.", most=MOST)
    picture = Picture(
        position=(last or 0) + 1,
        added_by=validation.word(Role, viewer.role, "role", ADDED_BY),
        added_on=uow.today,
        title=validation.some_text(title, "title", 200),
        width=pixels.width,
        height=pixels.height,
        sha256=pixels.sha256,
        content=pixels.content,
    )
    setattr(picture, owner.key, key)
    uow.session.add(picture)
    uow.session.flush()
    return picture


def share(uow: UnitOfWork, routing_id: str, matter_id: str, chosen: Iterable[str]) -> None:
    """Lets one body see these pictures: called by routing, which holds the lock of the matter."""
    query = select(Picture.id).where(Picture.matter_id == matter_id, Picture.id.in_(list(chosen)))
    uow.session.add_all(
        RoutingPicture(routing_id=routing_id, picture_id=key) for key in uow.session.scalars(query)
    )
    uow.session.flush()


def remove(uow: UnitOfWork, viewer: Viewer, picture_id: str, reason: str) -> None:
    """By the holder, or by a clerk for someone who is seen in it. The place and the reason stay."""
    picture = uow.lock(Picture, picture_id)
    office_id = _office_of(uow, picture)
    if viewer.role is not Role.CLERK:
        require_office(viewer, office_id)
    if picture.removed_on is not None:
        raise Conflict("This picture is removed already.")
    picture.removed_because = validation.some_text(reason, "reason", 300)
    picture.removed_on, picture.content, picture.title = uow.today, None, ""
    uow.session.flush()
    uow.record(PictureRemoved(picture=picture.id, by=viewer.role.value, sha256=picture.sha256))


def _office_of(uow: UnitOfWork, picture: Picture) -> str:
    if picture.activity_id is not None:
        return validation.get(uow, Activity, picture.activity_id).office_id
    if picture.report_id is not None:
        return validation.get(uow, Report, picture.report_id).office_id
    raise NotFound("There is no such record.")  # of a matter: not even that it exists


def public(uow: UnitOfWork, picture_id: str) -> bytes:
    """The content of a picture that everyone may see."""
    picture = uow.session.get(Picture, picture_id)
    if picture is None or picture.matter_id is not None or picture.content is None:
        raise NotFound("There is no such record.")
    return picture.content


def of_activities(uow: UnitOfWork, ids: Iterable[str]) -> dict[str, list[Picture]]:
    return _by(uow, Picture.activity_id, ids)


def of_report(uow: UnitOfWork, report_id: str) -> list[Picture]:
    return _by(uow, Picture.report_id, [report_id]).get(report_id, [])


def _by(uow: UnitOfWork, owner: Owner, ids: Iterable[str]) -> dict[str, list[Picture]]:
    query = select(Picture).where(owner.in_(list(ids))).order_by(Picture.position)
    found: dict[str, list[Picture]] = {}
    for picture in uow.session.scalars(query):
        found.setdefault(getattr(picture, owner.key), []).append(picture)
    return found


def newest(uow: UnitOfWork, viewer: Viewer, most: int = 60) -> list[Picture]:
    """Public pictures for a clerk to look through, the last ones first."""
    require_role(viewer, Role.CLERK)
    query = select(Picture).where(Picture.matter_id.is_(None), Picture.removed_on.is_(None))
    order = (Picture.added_on.desc(), Picture.id)
    return list(uow.session.scalars(query.order_by(*order).limit(most)))


def office_of(uow: UnitOfWork, picture: Picture) -> str:
    """Whose public page the picture stands on."""
    return _office_of(uow, picture)


def forget(uow: UnitOfWork, matter_ids: Iterable[str]) -> None:
    """With the text of their matter: called by what erases it, which logs it."""
    ids = select(Picture.id).where(Picture.matter_id.in_(list(matter_ids))).scalar_subquery()
    uow.session.execute(delete(RoutingPicture).where(RoutingPicture.picture_id.in_(ids)))
    uow.session.execute(delete(Picture).where(Picture.id.in_(ids)))
