"""Whether an office is held on a day."""

from __future__ import annotations

from datetime import date

from voting.registry.models import Office


def held(office: Office, on: date) -> bool:
    return office.starts_on <= on < office.ends_on
