"""The small organisation: its roll, its accounts and its officials."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from audit.clock import at
from audit.database import Actor, Database, UnitOfWork
from voting.registry import people, structure
from voting.registry.importing import import_now, places
from web.demo.clock import DemoClock
from web.demo.visitors import Registrar, Trustee, Visitor, Voter
from web.identity import accounts, links
from web.identity.models import Account
from web.identity.roles import Role

FOLDER = Path(__file__).parent.parent / "demo_data" / "small"
REGISTRAR = Actor("registrar")
ADMIN = Actor("admin")
YEARS = 5

# sign-in name, name, role, scope: people who are nobody's member
OFFICIALS = (
    ("commission", "何静 He Jing", Role.COMMISSION, ""),
    ("commission-2", "Jonas Weber", Role.COMMISSION, ""),
    ("certifier", "白露 Bai Lu", Role.CERTIFIER, ""),
    ("registrar", "宋岚 Song Lan", Role.REGISTRAR, ""),
    ("registrar-2", "Ines Duarte", Role.REGISTRAR, ""),
    ("trustee-1", "顾明 Gu Ming", Role.TRUSTEE, ""),
    ("trustee-2", "Astrid Holm", Role.TRUSTEE, ""),
    ("trustee-3", "沈舟 Shen Zhou", Role.TRUSTEE, ""),
    ("clerk", "唐棠 Tang Tang", Role.CLERK, ""),
    ("body-b1", "道路公用组 Roads and Utilities", Role.BODY, "B1"),
    ("body-b2", "环境水务组 Environment and Water", Role.BODY, "B2"),
    ("keeper-p1", "育才路接待点 Yucai Road point", Role.SITE_KEEPER, "P1"),
    ("auditor", "Miriam Okafor", Role.AUDITOR, ""),
    ("admin", "罗勤 Luo Qin", Role.ADMIN, ""),
)


@dataclass
class Cast:
    """Everybody who acts, by sign-in name."""

    voters: dict[str, Voter] = field(default_factory=dict)
    officials: dict[str, Visitor] = field(default_factory=dict)

    @property
    def trustees(self) -> list[Trustee]:
        return [v for v in self.officials.values() if isinstance(v, Trustee)]

    def both(self, path: str, data: dict[str, str], second: str) -> None:
        """What needs two people: the commission asks at `path`, another one signs."""
        first, other = self.officials["commission"], self.officials[second]
        first.sign_in()
        first.post(path, data)
        first.sign_out()
        other.sign_in()
        other.sign_what_waits()
        other.sign_out()

    @property
    def registrar(self) -> Registrar:
        found = self.officials["registrar"]
        assert isinstance(found, Registrar)  # noqa: S101 - for the type checker
        return found

    def everyone(self) -> list[Visitor]:
        return [*self.officials.values(), *self.voters.values()]


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def morning(day: date, zone: ZoneInfo) -> datetime:
    return at(day, time(9), zone)


def first_of_month(day: date, months_back: int) -> date:
    month = day.year * 12 + day.month - 1 - months_back
    return date(month // 12, month % 12 + 1, 1)


def load(database: Database, as_of: date) -> None:
    """Units, constituencies and the members of that day, through the registrar's own import."""
    with database.transaction(REGISTRAR) as uow:
        units = places.examine_units(uow, (FOLDER / "units.csv").read_bytes(), as_of)
        places.apply_units(uow, units, as_of)
    with database.transaction(REGISTRAR) as uow:
        raw = (FOLDER / "constituencies.csv").read_bytes()
        places.apply_constituencies(uow, places.examine_constituencies(uow, raw, as_of), as_of)
    import_roll(database, as_of)


def import_roll(database: Database, as_of: date) -> None:
    """The roll as it was on a day: who joined later is not on it."""
    kept = [row for row in rows("members.csv") if row["joined_on"] <= as_of.isoformat()]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(kept[0]))
    writer.writeheader()
    writer.writerows(kept)
    with database.transaction(REGISTRAR) as uow:
        import_now(uow, "members.csv", text.getvalue().encode(), as_of)


def found_term(database: Database, starts_on: date) -> str:
    ends_on = starts_on.replace(year=starts_on.year + YEARS)
    code = f"{starts_on.year}-{ends_on.year}"
    with database.transaction(Actor("commission")) as uow:
        structure.create_term(
            uow,
            code=code,
            name=f"{starts_on.year}年至{ends_on.year}年任期",
            name_en=f"Term {starts_on.year} to {ends_on.year}",
            starts_on=starts_on,
            ends_on=ends_on,
        )
    return code


def appoint(database: Database, url: str, clock: DemoClock) -> Cast:
    """Accounts for the officials and for every member who may vote; each enrols by the link."""
    cast = Cast()
    with database.transaction() as uow:  # the operator of the server gives the first roles alone
        for login, name, role, scope in OFFICIALS:
            account = accounts.create(uow, login, name=name, email=f"{login}@officials.example.org")
            accounts.grant(uow, account.id, role, scope)
            cast.officials[login] = _visitor(role)(url, clock, login)
            _enrol_later(uow, cast.officials[login], account)
    admit(database, url, clock, cast)
    for visitor in cast.officials.values():
        visitor.enrol(visitor.token)
    return cast


def admit(database: Database, url: str, clock: DemoClock, cast: Cast) -> None:
    """Accounts for members who have none yet; they enrol."""
    with database.transaction(ADMIN) as uow:
        members = people.all_electors(uow, database.today())
        for account in accounts.create_for_members(uow, members):
            cast.voters[account.login] = Voter(url, clock, account.login)
            _enrol_later(uow, cast.voters[account.login], account)
    for voter in cast.voters.values():
        if not voter.totp:
            voter.enrol(voter.token)


def _visitor(role: Role) -> type[Visitor]:
    return {Role.TRUSTEE: Trustee, Role.REGISTRAR: Registrar}.get(role, Visitor)


def _enrol_later(uow: UnitOfWork, visitor: Visitor, account: Account) -> None:
    visitor.token = links.make(uow, account, "enrol", 72)


def days(number: int) -> timedelta:
    return timedelta(days=number)
