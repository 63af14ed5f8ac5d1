"""The one clock and the one day.

An instant is a `datetime` in UTC. A day is a day of the organisation, in its zone, which is a
setting (MANDATE_TIMEZONE) and comes with the unit of work: `uow.now`, `uow.today`,
`uow.day_of(instant)`. No other module reads the system's clock, takes the date of an instant or
knows a zone; tests/test_one_clock.py looks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from audit.errors import Invalid

Clock = Callable[[], datetime]
UTC_ZONE = ZoneInfo("UTC")


def utc_now() -> datetime:
    return datetime.now(UTC)


def zone_of(name: str) -> ZoneInfo:
    """The zone of this name. Raises ValueError where there is none."""
    try:
        return ZoneInfo(name)
    except (OSError, KeyError) as error:  # a folder, or no such file
        raise ValueError(f"there is no time zone {name!r}") from error


def day_of(instant: datetime, zone: ZoneInfo) -> date:
    """The day on which an instant falls in a place."""
    if instant.tzinfo is None:
        raise ValueError("an instant has a zone")
    return instant.astimezone(zone).date()


def wall_clock(instant: datetime, zone: ZoneInfo) -> datetime:
    """What the clocks of a place show at an instant, as forms write it: without a zone."""
    return instant.astimezone(zone).replace(tzinfo=None)


def at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which the clocks of a place show this; for what comes round by rule.

    A time that comes twice is the first of the two; one that is left out when the clocks go
    forward is as much later as they are moved, as RFC 5545 (3.3.5) has it for calendars.
    """
    return datetime.combine(day, clock, zone).astimezone(UTC)


def instant_of(wall: datetime, zone: ZoneInfo, field: str) -> datetime:
    """The instant that a person means by a time of the wall clock. Raises Invalid when the clocks
    of the place never show that time, or show it twice: no guess is right for all."""
    first, second = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        try:
            return first.astimezone(UTC)
        except OverflowError as error:
            raise Invalid("Give date and time.", field=field) from error
    shown = f"{wall:%Y-%m-%d %H:%M}"
    if wall_clock(first.astimezone(UTC), zone) != wall:
        raise Invalid(
            "There is no %(time)s in %(zone)s: on this day the clocks go forward over it. Choose "
            "an earlier or a later time.",
            field=field,
            time=shown,
            zone=zone.key,
        )
    raise Invalid(
        "There are two times %(time)s in %(zone)s: on this day the clocks go back over it. Choose "
        "an earlier or a later time.",
        field=field,
        time=shown,
        zone=zone.key,
    )


def offset_name(instant: datetime, zone: ZoneInfo) -> str:
    """UTC+8, UTC-3:30: unlike names of zones, this is the same in every language."""
    offset = instant.astimezone(zone).utcoffset()
    minutes = 0 if offset is None else round(offset.total_seconds() / 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '−'}{hours}" + (f":{rest:02d}" if rest else "")
