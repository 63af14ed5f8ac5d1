"""What each office owes in a year: generated from the registry, a calendar and a public seed.

This is the denominator of every figure. No service changes or deletes a row of it; `check` finds
out whether anyone did behind the services' backs.
"""

from __future__ import annotations

from collections import Counter
from datetime import date

from sqlalchemy import delete, select

from accountability import calendar, draws, offices, validation, year_calendars
from accountability.access import Data, Relation, Role, Show, Viewer, require_role, shows
from accountability.entries import (
    LinkReplaced,
    LinksDrawn,
    MeetingSet,
    ObligationsGenerated,
)
from accountability.errors import Conflict, Invalid
from accountability.models import Link, LinkChoice, Meeting, Obligation
from accountability.words import Leaving, LinkSource, MeetingKind
from audit.database import UnitOfWork
from voting.registry import people
from voting.registry.models import COMMITTEE_KINDS, REPRESENTATIVE, Office, Person, Term

LINKS = 5
BY_LOT = 3  # half of five, rounded in favour of the lot
REPORTS = (("H1", (7, 15)), ("H2", (12, 15)))
# one in so many is to be observed by each representative; the draw says which
OBSERVED_ONE_IN = {"plenary": 1, "congress_session": 1, "standing_committee": 2, "inspection": 3}
STANDING = ("secretary", "deputy_secretary", "standing_member")


def set_meeting(
    uow: UnitOfWork,
    viewer: Viewer,
    term: Term,
    *,
    code: str,
    kind: str,
    held_on: date,
    place: str,
    title_zh: str,
    title_en: str,
) -> Meeting:
    require_role(viewer, Role.CLERK, Role.SYSTEM)
    validation.word(MeetingKind, kind, "kind")
    if not year_calendars.current(uow).is_working(held_on):
        raise Invalid("%(date)s is not a working day.", field="held_on", date=held_on.isoformat())
    meeting = Meeting(
        term_id=term.id,
        code=code,
        kind=kind,
        held_on=held_on,
        place=place,
        title_zh=title_zh,
        title_en=title_en,
    )
    uow.session.add(meeting)
    uow.session.flush()
    uow.record(MeetingSet(meeting=meeting.id, code=code, kind=kind, held_on=held_on))
    return meeting


def draw_links(
    uow: UnitOfWork,
    viewer: Viewer,
    office: Office,
    year: int,
    *,
    seed: str,
    chosen: list[str] | None = None,
) -> list[Link]:
    """Three of five by lot, the others as the representative chose (`choices`), or by lot as well.

    The lot ranks everyone entitled by a hash of the public seed; who was linked the year before
    comes last, so the links rotate. Holders of offices do not count as constituents here.
    """
    require_role(viewer, Role.COMMISSION, Role.SYSTEM)
    if _links(uow, office.id, year):
        raise Conflict("The links of this year are drawn already.")
    pool = entitled(uow, office)
    if chosen is None:  # who has moved away since is left to the lot
        chosen = [p for p in wished(uow, office.id, year) if p in pool]
    chosen = list(dict.fromkeys(chosen))
    if len(chosen) > LINKS - BY_LOT or not set(chosen) <= set(pool):
        raise Invalid("Choose at most two people, of your own constituency.", field="chosen")
    previous = {link.constituent_id for link in _links(uow, office.id, year - 1)}
    drawn = [p for p in _by_lot(pool, seed, office, year, previous) if p not in chosen]
    drawn = drawn[: LINKS - len(chosen)]
    links = [
        Link(office_id=office.id, year=year, slot=slot, constituent_id=person_id, source=source)
        for slot, (person_id, source) in enumerate(
            [
                *((person, LinkSource.LOT) for person in drawn),
                *((person, LinkSource.CHOSEN) for person in chosen),
            ],
            start=1,
        )
    ]
    uow.session.add_all(links)
    uow.session.execute(
        delete(LinkChoice).where(LinkChoice.office_id == office.id, LinkChoice.year == year)
    )
    uow.session.flush()
    uow.record(
        LinksDrawn(
            office=office.id,
            year=year,
            seed=seed,
            pool=len(pool),
            by_lot=len(drawn),
            chosen=len(chosen),
            commitment=commitment(links),
        )
    )
    return links


def commitment(links: list[Link]) -> str:
    """Stands for the people in the log; each link's salt keeps it from being guessed."""
    rows = sorted([link.slot, link.constituent_id, link.salt] for link in links)
    return draws.sha256(draws.canonical(rows))


def replace_link(uow: UnitOfWork, viewer: Viewer, link_id: str, *, reason: str, seed: str) -> Link:
    """Someone left the constituency or asked not to be linked: the lot fills the same slot."""
    require_role(viewer, Role.COMMISSION, Role.SYSTEM)
    why = validation.word(Leaving, reason, "reason")
    link = uow.lock(Link, link_id)
    if link.ended_on is not None:
        raise Conflict("This link has ended already.")
    taken = uow.session.scalars(
        select(Link.constituent_id).where(Link.office_id == link.office_id, Link.year == link.year)
    ).all()
    free = [p for p in entitled(uow, link.office) if p not in taken]
    if not free:
        raise Conflict("Nobody else in the constituency can be linked.")
    link.ended_on = uow.today
    uow.session.flush()
    successor = Link(
        office_id=link.office_id,
        year=link.year,
        slot=link.slot,
        constituent_id=_by_lot(free, seed, link.office, link.year, set())[0],
        source=LinkSource.LOT,
    )
    uow.session.add(successor)
    uow.session.flush()
    uow.record(LinkReplaced(office=link.office_id, slot=link.slot, reason=why))
    return successor


def _links(uow: UnitOfWork, office_id: str, year: int) -> list[Link]:
    query = select(Link).where(
        Link.office_id == office_id, Link.year == year, Link.ended_on.is_(None)
    )
    return list(uow.session.scalars(query.order_by(Link.slot)))


def wished(uow: UnitOfWork, office_id: str, year: int) -> list[str]:
    """Person ids, in an order that says nothing."""
    query = select(LinkChoice.constituent_id).where(
        LinkChoice.office_id == office_id, LinkChoice.year == year
    )
    return sorted(uow.session.scalars(query))


def is_drawn(uow: UnitOfWork, office_id: str, year: int) -> bool:
    return bool(_links(uow, office_id, year))


def entitled(uow: UnitOfWork, office: Office) -> list[str]:
    """Everyone entitled in the constituency on the day of the draw who holds no office."""
    if office.constituency is None:
        return []
    holders = uow.session.scalars(
        select(Office.person_id).where(Office.term_id == office.term_id)
    ).all()
    electorate = people.electorate(uow, office.constituency, uow.today)
    return [person.id for person in electorate if person.id not in holders]


def _by_lot(pool: list[str], seed: str, office: Office, year: int, last: set[str]) -> list[str]:
    return sorted(pool, key=lambda p: (p in last, draws.rank(seed, office.id, str(year), p)))


def expected(uow: UnitOfWork, office: Office, year: int, seed: str) -> list[tuple[str, ...]]:
    """(kind, period, reference, due date) of everything the office owes in the year."""
    owed = [*_contacts(uow, office, year), *_meetings(uow, office, year, seed)]
    cal = year_calendars.current(uow)
    for half, (month, day) in REPORTS:
        due = cal.on_or_after(date(year, month, day))
        if offices.held(office, due):
            owed.append(("report", f"{year}{half}", f"{year}{half}", due.isoformat()))
    return sorted(owed)


def _contacts(uow: UnitOfWork, office: Office, year: int) -> list[tuple[str, ...]]:
    if office.kind != REPRESENTATIVE:
        return []
    owed: list[tuple[str, ...]] = []
    for number in range(1, 5):
        quarter = f"{year}Q{number}"
        first, last = calendar.quarter_bounds(quarter)
        if offices.held(office, first) and offices.held(office, last):
            slots = [link.slot for link in _links(uow, office.id, year)]
            owed += [("contact", quarter, str(slot), last.isoformat()) for slot in slots]
    return owed


def _meetings(uow: UnitOfWork, office: Office, year: int, seed: str) -> list[tuple[str, ...]]:
    query = select(Meeting).where(
        Meeting.term_id == office.term_id,
        Meeting.held_on.between(date(year, 1, 1), date(year, 12, 31)),
    )
    return [
        ("meeting", m.held_on.isoformat(), m.id, m.held_on.isoformat())
        for m in uow.session.scalars(query)
        if offices.held(office, m.held_on) and _is_expected(office, m, seed)
    ]


def _is_expected(office: Office, meeting: Meeting, seed: str) -> bool:
    if office.kind in COMMITTEE_KINDS:
        if meeting.kind == "standing_committee":
            return office.kind in STANDING
        return meeting.kind != "inspection"
    one_in = OBSERVED_ONE_IN[meeting.kind]
    return int(draws.rank(seed, meeting.code, office.id), 16) % one_in == 0


def generate(
    uow: UnitOfWork, viewer: Viewer, term: Term, year: int, *, seed: str
) -> dict[str, int]:
    """Write what every office of the term owes in the year and is not written yet.

    May run again when a meeting was announced or an office taken up: rows are only ever added.
    """
    require_role(viewer, Role.COMMISSION, Role.SYSTEM)
    made: Counter[str] = Counter()
    on = uow.today
    on = on if on.year == year else max(term.starts_on, date(year, 1, 1))
    uow.lock(Term, term.id)
    for office in people.offices(uow, term, on):
        made.update(_generate_one(uow, office, year, seed))
    return dict(made)


def _generate_one(uow: UnitOfWork, office: Office, year: int, seed: str) -> Counter[str]:
    written = _rows(uow, office, year)
    missing = [row for row in expected(uow, office, year, seed) if row not in written]
    if not missing:
        return Counter()
    uow.session.add_all(
        Obligation(
            office_id=office.id,
            year=year,
            kind=kind,
            period=period,
            reference=reference,
            due_on=date.fromisoformat(due),
        )
        for kind, period, reference, due in missing
    )
    uow.session.flush()
    rows = [*written, *missing]
    uow.record(
        ObligationsGenerated(
            office=office.id,
            year=year,
            calendar=year_calendars.current(uow).version,
            seed=seed,
            counts=dict(Counter(kind for kind, *_rest in rows)),
            sha256=fingerprint(rows),
        )
    )
    return Counter(kind for kind, *_rest in missing)


def fingerprint(owed: list[tuple[str, ...]]) -> str:
    return draws.sha256(draws.canonical([list(row) for row in sorted(owed)]))


def _rows(uow: UnitOfWork, office: Office, year: int) -> list[tuple[str, ...]]:
    return [(o.kind, o.period, o.reference, o.due_on.isoformat()) for o in of(uow, office.id, year)]


def of(uow: UnitOfWork, office_id: str, year: int) -> list[Obligation]:
    query = select(Obligation).where(Obligation.office_id == office_id, Obligation.year == year)
    return list(uow.session.scalars(query.order_by(Obligation.due_on, Obligation.reference)))


def linked(uow: UnitOfWork, viewer: Viewer, office_id: str, year: int) -> list[tuple[Link, Person]]:
    """Who is linked: for the holder and for auditors; anyone else gets the number only."""
    relation = Relation(holder=office_id in viewer.offices)
    if shows(viewer, Data.LINKED, relation) is not Show.ALL:
        return []
    return [(link, link.constituent) for link in _links(uow, office_id, year)]


def number_linked(uow: UnitOfWork, office_id: str, year: int) -> int:
    return len(_links(uow, office_id, year))
