"""Days are those of the organisation, at any hour, in any zone, when clocks change too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from sqlalchemy import select

from accountability import receptions, validation
from accountability.access import Role as Seat
from accountability.access import Viewer
from accountability.errors import Conflict, TooLate
from accountability.models import Duty, Point, Session
from audit.clock import at, day_of, instant_of, offset_name, wall_clock, zone_of
from audit.database import Database
from audit.errors import Invalid
from tests.voting.registry.rolls import SMALL, line, roll, set_up
from tests.web.site import BASE, Site, quick_passwords, running
from voting.registry import importing, people, structure
from voting.registry.models import Office, Unit
from web.http.rendering import moment
from web.identity.entries import AccountsCreated
from web.identity.models import WebSession
from web.identity.roles import Role
from web.settings import Settings

SHANGHAI, BERLIN, NEW_YORK = map(ZoneInfo, ("Asia/Shanghai", "Europe/Berlin", "America/New_York"))
# a plain day, then those on which the clocks of Berlin and New York go forward and back
DAYS = [
    date(2026, 11, 28),
    date(2027, 3, 28),
    date(2026, 10, 25),
    date(2027, 3, 14),
    date(2026, 11, 1),
]
HOURS = [time(0, 30), time(7, 30), time(23, 30)]
CASES = [
    (zone, day, hour) for zone in (SHANGHAI, BERLIN, NEW_YORK) for day in DAYS for hour in HOURS
]


def _name(value: object) -> str:
    return value.key if isinstance(value, ZoneInfo) else str(value)


@pytest.mark.parametrize(("zone", "day", "hour"), CASES, ids=_name)
def test_today_is_what_the_wall_shows(zone: ZoneInfo, day: date, hour: time) -> None:
    instant = at(day, hour, zone)
    assert instant.tzinfo is UTC
    assert wall_clock(instant, zone) == datetime.combine(day, hour)
    assert day_of(instant, zone) == day
    database = Database("sqlite://", lambda: instant, zone)
    with database.read() as uow:
        assert (uow.today, uow.day_of(instant), database.today()) == (day, day, day)
        assert not validation.is_late(uow, day - validation.LATE_AFTER)
        assert validation.is_late(uow, day - validation.LATE_AFTER - timedelta(days=1))
    database.close()


@pytest.mark.parametrize(
    ("zone", "day"), [(SHANGHAI, DAYS[0]), (BERLIN, DAYS[1]), (NEW_YORK, DAYS[4])]
)
@pytest.mark.parametrize("hour", HOURS)
def test_a_roll_of_today_is_in_force_today(
    sqlite_database: Database, zone: ZoneInfo, day: date, hour: time
) -> None:
    """Imported for today, it was missing from a freeze before 08:00 in Shanghai."""
    sqlite_database.zone = zone
    sqlite_database.clock = lambda: at(day, hour, zone)
    with sqlite_database.transaction() as uow:
        set_up(uow, SMALL, uow.today)
        importing.import_now(uow, "roll.csv", roll(line("M1"), line("M2")), uow.today)
    with sqlite_database.read() as uow:
        assert len(people.all_electors(uow, uow.today)) == 2
        assert structure.units_by_code(uow, uow.today)


@pytest.mark.parametrize(
    ("zone", "wall", "words"),
    [
        (BERLIN, "2027-03-28T02:30", "There is no 2027-03-28 02:30 in Europe/Berlin"),
        (NEW_YORK, "2027-03-14T02:00", "There is no 2027-03-14 02:00 in America/New_York"),
        (BERLIN, "2026-10-25T02:30", "There are two times 2026-10-25 02:30 in Europe/Berlin"),
        (NEW_YORK, "2026-11-01T01:59", "There are two times 2026-11-01 01:59 in America/New_York"),
    ],
)
def test_a_time_that_is_not_or_is_twice_is_refused_in_words(
    zone: ZoneInfo, wall: str, words: str
) -> None:
    with pytest.raises(Invalid, match=words) as caught:
        instant_of(datetime.fromisoformat(wall), zone, "opens_at")
    assert caught.value.field == "opens_at"


@pytest.mark.parametrize(("zone", "day", "hour"), CASES, ids=_name)
def test_other_times_of_the_same_days_are_taken(zone: ZoneInfo, day: date, hour: time) -> None:
    assert instant_of(datetime.combine(day, hour), zone, "at") == at(day, hour, zone)


def test_times_that_no_clock_can_hold_are_refused() -> None:
    first, last = (datetime.fromisoformat(f"{year}T23:00") for year in ("0001-01-01", "9999-12-31"))
    for zone, wall in ((SHANGHAI, first - timedelta(hours=22)), (NEW_YORK, last)):
        with pytest.raises(Invalid, match="Give date and time"):
            instant_of(wall, zone, "opens_at")


def test_names_of_offsets() -> None:
    instant = datetime(2026, 12, 2, 8, tzinfo=UTC)
    names = {"Asia/Shanghai": "UTC+8", "Asia/Kolkata": "UTC+5:30", "Europe/London": "UTC",
             "America/New_York": "UTC−5", "America/St_Johns": "UTC−3:30"}  # fmt: skip
    for key, name in names.items():
        assert offset_name(instant, zone_of(key)) == name


def test_a_moment_carries_its_zone() -> None:
    shown = moment(datetime(2026, 12, 2, 8, tzinfo=UTC), BERLIN)
    assert shown.startswith('<time datetime="2026-12-02T09:00:00+01:00">')
    assert ' 09:00 <span class="zone">(UTC+1)</span></time>' in shown


@pytest.fixture(scope="module")
def berlin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site in Berlin, with a reception tomorrow from half past eight to half past eleven."""
    with pytest.MonkeyPatch.context() as patch:
        quick_passwords(patch)
        folder: Path = tmp_path_factory.mktemp("berlin")
        settings = Settings(
            data_dir=folder, base_url=BASE, log_level="error", timezone="Europe/Berlin"
        )
        with running(settings) as site:
            with site.database.transaction() as uow:
                unit = Unit(code="U", name="街道", kind="town", valid_from=date(2020, 1, 1))
                uow.session.add(unit)
                uow.session.flush()
                point = Point(
                    code="P",
                    unit_id=unit.id,
                    address="Platz 1",
                    hours="08:30-11:30",
                    secret="JBSWY3DP" * 4,
                )
                uow.session.add(point)
                uow.session.flush()
                day = uow.today + timedelta(days=1)
                session = Session(
                    point_id=point.id, nominal_on=day, held_on=day, calendar="c", provisional=False
                )
                uow.session.add(session)
                uow.record(AccountsCreated(count=1))
            yield site


def test_the_feed_says_the_time_that_the_page_says(berlin: Site) -> None:
    day = berlin.database.today() + timedelta(days=1)
    visitor = berlin.browser()
    assert "08:30-11:30" in visitor.get("/receptions").text
    feed = Calendar.from_ical(visitor.get("/receptions.ics").content)
    (event,) = feed.walk("VEVENT")
    assert event["dtstart"].dt == at(day, time(8, 30), BERLIN)
    assert event["dtend"].dt == at(day, time(11, 30), BERLIN)


def test_the_form_refuses_what_the_clocks_leave_out(berlin: Site) -> None:
    commission = berlin.sign_in(Role.COMMISSION)
    form = commission.get("/commission/new").text
    assert "Time of Europe/Berlin" in form
    fields = {"kind": "direct", "code": "2027", "title_zh": "选", "title_en": "Election",
              "opens_at": "2027-03-28T02:30", "closes_at": "2027-04-28T02:30",
              "profile": "party-basic-2020"}  # fmt: skip
    with berlin.database.transaction() as uow:
        structure.create_term(
            uow,
            code="T",
            name="届",
            name_en="",
            starts_on=date(2027, 5, 1),
            ends_on=date(2032, 5, 1),
        )
    answer = commission.submit("/commission", fields | {"term": "T"}, page="/commission/new")
    assert answer.status_code == 422
    assert "There is no 2027-03-28 02:30 in Europe/Berlin" in answer.text
    assert 'value="2027-03-28T02:30"' in answer.text


@pytest.mark.parametrize(
    ("clock", "open_now"), [("08:29", False), ("08:30", True), ("11:31", False)]
)
def test_a_reception_is_open_by_the_clock_on_its_wall(
    berlin: Site, clock: str, open_now: bool
) -> None:
    person = berlin.make_person()
    berlin.seat(person)
    with berlin.database.transaction() as uow:
        session = uow.session.scalars(select(Session)).one()
        office = uow.session.scalars(select(Office).where(Office.person_id == person)).one()
        duty = Duty(session_id=session.id, office_id=office.id)
        uow.session.add(duty)
        uow.session.flush()
        uow.record(AccountsCreated(count=1))
        uow.now = at(session.held_on, time.fromisoformat(clock), BERLIN)
        viewer = Viewer(Seat.REPRESENTATIVE, person_id=person, offices=frozenset({office.id}))
        wrong = (Invalid, Conflict) if open_now else TooLate
        with pytest.raises(wrong):
            receptions.sign_in(uow, viewer, duty.id, "000000")


def test_a_session_ends_with_the_day_of_the_organisation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_passwords(monkeypatch)
    settings = Settings(
        data_dir=tmp_path, base_url=BASE, log_level="error", timezone="America/New_York"
    )
    with running(settings) as site:
        browser = site.sign_in(Role.CLERK)
        with site.database.read() as uow:
            last = uow.session.scalars(select(WebSession)).one().expires_on
        for days, signed_in in ((0, True), (1, False)):
            evening = at(last + timedelta(days=days), time(23, 30), NEW_YORK)
            site.database.clock = lambda instant=evening: instant  # type: ignore[misc]
            assert ("/account" in browser.get("/").text) is signed_in
