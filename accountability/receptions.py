"""Reception days: points, rosters, the keeper's code, sign-in, swaps.

Reception is due on the 5th and 25th of each month and held on the next working day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time
from itertools import cycle

import pyotp
from sqlalchemy import or_, select, update

from accountability import activities, draws, offices, validation, year_calendars
from accountability.access import Role, Viewer, require_office, require_role
from accountability.entries import DutySwapped, PointSet, RosterSet, SwapProposed
from accountability.errors import Conflict, Forbidden, Invalid, TooLate
from accountability.models import Activity, Duty, Point, Session, Swap
from audit.clock import wall_clock
from audit.database import UnitOfWork
from voting.registry import people
from voting.registry.models import REPRESENTATIVE, Office, Term, Unit
from voting.typed_text import one_time_code

CODE_SECONDS = 60  # time to walk from the keeper's screen to one's own telephone


def set_point(
    uow: UnitOfWork, viewer: Viewer, unit: Unit, *, code: str, address: str, hours: str
) -> Point:
    require_role(viewer, Role.CLERK, Role.SYSTEM)
    spans(hours)
    point = Point(
        code=code, unit_id=unit.id, address=address, hours=hours, secret=pyotp.random_base32()
    )
    uow.session.add(point)
    uow.session.flush()
    uow.record(PointSet(point=point.id, code=code, hours=hours))
    return point


def spans(hours: str) -> list[tuple[time, time]]:
    """`08:30-11:30;13:30-16:30` as pairs of local times."""
    try:
        pairs = [span.split("-") for span in hours.split(";")]
        found = [(time.fromisoformat(start), time.fromisoformat(end)) for start, end in pairs]
    except ValueError as error:
        raise Invalid("Hours look like 08:30-11:30;13:30-16:30.", field="hours") from error
    if any(start >= end for start, end in found):
        raise Invalid("Hours look like 08:30-11:30;13:30-16:30.", field="hours")
    return found


def set_roster(
    uow: UnitOfWork, viewer: Viewer, term: Term, year: int, *, seed: str, each: int = 2
) -> int:
    """All sessions of the year with `each` representatives, in turn, in an order drawn by lot."""
    require_role(viewer, Role.CLERK, Role.COMMISSION, Role.SYSTEM)
    uow.lock(Term, term.id)
    cal = year_calendars.current(uow)
    days = [
        (nominal, held)
        for nominal, held in cal.reception_days(year)
        if term.starts_on <= held < term.ends_on
    ]
    points = uow.session.scalars(select(Point).order_by(Point.code)).all()
    first_day = max(term.starts_on, date(year, 1, 1))
    offices = people.offices(uow, term, first_day, [REPRESENTATIVE])
    if uow.session.scalar(select(Session.id).where(Session.held_on.in_([d for _n, d in days]))):
        raise Conflict("The roster of this year is set already.")
    if len(offices) < each or not points:
        raise Conflict("A roster needs reception points and enough representatives.")
    turns = cycle(sorted(offices, key=lambda office: draws.rank(seed, str(year), office.id)))
    duties = 0
    for nominal, held_on in days:
        for point in points:
            session = Session(
                point_id=point.id,
                nominal_on=nominal,
                held_on=held_on,
                calendar=cal.version,
                provisional=not cal.covers(held_on),
            )
            uow.session.add(session)
            uow.session.flush()
            on_duty = list(_next_on_duty(turns, each, held_on, len(offices)))
            uow.session.add_all(
                Duty(session_id=session.id, office_id=office.id) for office in on_duty
            )
            duties += len(on_duty)
    uow.session.flush()
    uow.record(
        RosterSet(
            term=term.id,
            year=year,
            calendar=cal.version,
            seed=seed,
            sessions=len(days) * len(points),
            duties=duties,
        )
    )
    return duties


def _next_on_duty(turns: Iterator[Office], each: int, on: date, most: int) -> Iterator[Office]:
    found = 0
    for _ in range(most):
        office = next(turns)
        if offices.held(office, on):
            yield office
            found += 1
        if found == each:
            return


def current_code(uow: UnitOfWork, viewer: Viewer, point_id: str) -> str:
    """The code on the keeper's screen. It changes every minute."""
    require_role(viewer, Role.SITE_KEEPER)
    point = validation.get(uow, Point, point_id)
    if point.code not in viewer.points:
        raise Forbidden("This is another keeper's reception point.")
    return _totp(point).at(uow.now)


def _totp(point: Point) -> pyotp.TOTP:
    return pyotp.TOTP(point.secret, interval=CODE_SECONDS)


def sign_in(uow: UnitOfWork, viewer: Viewer, duty_id: str, code: str) -> Activity:
    """Who is on the roster, on the day, within the hours, with the code that the keeper shows."""
    duty = uow.lock(Duty, duty_id)
    require_office(viewer, duty.office_id)
    session = duty.session
    clock = wall_clock(uow.now, uow.zone).time()
    open_now = any(start <= clock <= end for start, end in spans(session.point.hours))
    if uow.today != session.held_on or not open_now:
        raise TooLate("Sign in at the point, on the day and within its hours.")
    if not _totp(session.point).verify(one_time_code(code), for_time=uow.now, valid_window=1):
        raise Invalid("This is not the code that the site keeper shows now.", field="code")
    known = select(Activity.id).where(
        Activity.session_id == session.id, Activity.office_id == duty.office_id
    )
    if uow.session.scalar(known):
        raise Conflict("You have signed in to this reception already.")
    return activities.signed_in(uow, session, duty.office_id)


def propose_swap(uow: UnitOfWork, viewer: Viewer, own_duty_id: str, other_duty_id: str) -> Swap:
    first, second = validation.get(uow, Duty, own_duty_id), validation.get(uow, Duty, other_duty_id)
    require_office(viewer, first.office_id)
    if first.office_id == second.office_id:
        raise Invalid("Choose a duty of someone else.", field="other")
    _require_future(uow, first, second)
    swap = Swap(
        first_id=first.id,
        second_id=second.id,
        proposed_by=viewer.account_id,
        proposed_at=uow.now,
    )
    uow.session.add(swap)
    uow.session.flush()
    uow.record(SwapProposed(swap=swap.id, first=first.id, second=second.id))
    return swap


def accept_swap(uow: UnitOfWork, viewer: Viewer, swap_id: str) -> None:
    """Duty for duty: both hold as many as before."""
    swap = uow.lock(Swap, swap_id)
    first, second = (uow.lock(Duty, key) for key in (swap.first_id, swap.second_id))
    require_office(viewer, second.office_id)
    if swap.accepted_at is not None:
        raise Conflict("This swap is done already.")
    _require_future(uow, first, second)
    _require_unmoved(uow, swap)
    for duty, office_id in ((first, second.office_id), (second, first.office_id)):
        if uow.session.scalar(
            select(Duty.id).where(Duty.session_id == duty.session_id, Duty.office_id == office_id)
        ):
            raise Conflict("One of you is on duty in that session already.")
    _exchange(uow, first, second)
    swap.accepted_at = uow.now
    uow.session.flush()
    uow.record(DutySwapped(swap=swap.id, first=first.id, second=second.id))


def _exchange(uow: UnitOfWork, first: Duty, second: Duty) -> None:
    offices = {first.id: second.office_id, second.id: first.office_id}
    for duty_id, office_id in offices.items():
        uow.session.execute(update(Duty).where(Duty.id == duty_id).values(office_id=office_id))
    uow.session.expire(first)
    uow.session.expire(second)


def _require_unmoved(uow: UnitOfWork, swap: Swap) -> None:
    """A duty that went to somebody else since then is not the proposer's to give away."""
    pair = (swap.first_id, swap.second_id)
    moved = select(Swap.id).where(
        Swap.id != swap.id,
        Swap.accepted_at >= swap.proposed_at,
        or_(Swap.first_id.in_(pair), Swap.second_id.in_(pair)),
    )
    if uow.session.scalar(moved.limit(1)):
        raise Conflict("One of these duties has been exchanged since then.")


def _require_future(uow: UnitOfWork, *duties: Duty) -> None:
    if any(duty.session.held_on <= uow.today for duty in duties):
        raise TooLate("Only duties of days to come can be swapped.")


def duties(uow: UnitOfWork, office_id: str, first: date, last: date) -> list[Duty]:
    query = (
        select(Duty)
        .join(Session)
        .where(Duty.office_id == office_id, Session.held_on.between(first, last))
    )
    return list(uow.session.scalars(query.order_by(Session.held_on, Duty.id)))


def sessions(uow: UnitOfWork, first: date, last: date) -> list[Session]:
    query = select(Session).join(Point).where(Session.held_on.between(first, last))
    return list(uow.session.scalars(query.order_by(Session.held_on, Point.code)))


def open_swaps(uow: UnitOfWork, office_id: str) -> list[Swap]:
    """Proposals by or to this office that nobody has accepted yet."""
    own = select(Duty.id).where(Duty.office_id == office_id)
    query = select(Swap).where(
        Swap.accepted_at.is_(None), or_(Swap.first_id.in_(own), Swap.second_id.in_(own))
    )
    return list(uow.session.scalars(query.order_by(Swap.proposed_at)))
