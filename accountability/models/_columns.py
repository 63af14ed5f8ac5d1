"""The few column types that the tables of this room share."""

from __future__ import annotations

from typing import Annotated

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import mapped_column

from audit.database import new_id

Id = Annotated[str, mapped_column(String(32), primary_key=True, default=new_id)]
OfficeId = Annotated[str, mapped_column(ForeignKey("office.id"), index=True)]
PersonId = Annotated[str, mapped_column(ForeignKey("person.id"), index=True)]
Code = Annotated[str, mapped_column(String(40))]
Hash = Annotated[str, mapped_column(String(64))]
Actor = Annotated[str, mapped_column(String(64))]  # the opaque id of whoever did it


def one_of(column: str, values: tuple[str, ...], name: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name)
