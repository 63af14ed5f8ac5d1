"""Pictures: of an activity or a report they are public, of a matter they are its owner's."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from accountability.models._columns import Hash, Id, one_of
from audit.database import Base, new_id
from audit.roles import Role

ADDED_BY = (Role.CONSTITUENT, Role.REPRESENTATIVE, Role.CLERK, Role.BODY)
_BELONGS_TO_ONE = " + ".join(
    f"CASE WHEN {column} IS NULL THEN 0 ELSE 1 END"
    for column in ("activity_id", "report_id", "matter_id")
)


class Picture(Base):
    """Pixels alone (`imaging` has made them anew), in the database: erased with what they show.

    `title` says what is to be seen, for those who cannot see it. `sha256` is of the content; for a
    matter the log has it salted. A removed picture keeps its row, without content and title.
    """

    __tablename__ = "picture"
    __table_args__ = (
        UniqueConstraint("activity_id", "position"),
        UniqueConstraint("report_id", "position"),
        UniqueConstraint("matter_id", "position"),
        CheckConstraint(f"{_BELONGS_TO_ONE} = 1", name="belongs_to_one"),
        CheckConstraint("(content IS NULL) = (removed_on IS NOT NULL)", name="removed_or_there"),
        one_of("added_by", ADDED_BY, "added_by"),
    )

    id: Mapped[Id]
    activity_id: Mapped[str | None] = mapped_column(ForeignKey("activity.id"))
    report_id: Mapped[str | None] = mapped_column(ForeignKey("report.id"))
    matter_id: Mapped[str | None] = mapped_column(ForeignKey("matter.id"))
    position: Mapped[int]
    added_by: Mapped[str] = mapped_column(String(20))
    added_on: Mapped[date] = mapped_column(Date)
    late: Mapped[bool] = mapped_column(default=False)
    title: Mapped[str] = mapped_column(String(200))
    width: Mapped[int]
    height: Mapped[int]
    sha256: Mapped[Hash]
    salt: Mapped[str] = mapped_column(String(32), default=new_id)
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    removed_on: Mapped[date | None] = mapped_column(Date)
    removed_because: Mapped[str] = mapped_column(String(300), default="")


class RoutingPicture(Base):
    """A picture that a body may see: the clerk chose it for that body, or the body sent it."""

    __tablename__ = "routing_picture"

    routing_id: Mapped[str] = mapped_column(ForeignKey("routing.id"), primary_key=True)
    picture_id: Mapped[str] = mapped_column(ForeignKey("picture.id"), primary_key=True, index=True)
