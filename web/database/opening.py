"""The one place where a program opens the database: with the zone of the organisation."""

from __future__ import annotations

from audit.clock import Clock, utc_now
from audit.database import Database
from web.settings import Settings


def open_database(settings: Settings, clock: Clock = utc_now) -> Database:
    return Database(settings.database_url, clock, settings.zone)
