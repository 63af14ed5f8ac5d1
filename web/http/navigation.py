"""The menu: one line a place, shown to those who may go there."""

from __future__ import annotations

from dataclasses import dataclass

from web.identity.current import Identity
from web.identity.roles import Role
from web.texts.i18n import N_


@dataclass(frozen=True)
class Link:
    label: str
    href: str
    roles: frozenset[Role] = frozenset()  # empty: for everyone, signed in or not


def for_(label: str, href: str, *roles: Role) -> Link:
    return Link(label, href, frozenset(roles))


LINKS: list[Link] = [
    for_(N_("Home"), "/"),
    for_(N_("Elections"), "/elections"),
    for_(N_("My ballots"), "/ballots", Role.MEMBER, Role.REPRESENTATIVE),
    for_(N_("Election commission"), "/commission", Role.COMMISSION),
    for_(
        N_("Second signatures"),
        "/signatures",
        Role.COMMISSION,
        Role.CERTIFIER,
        Role.REGISTRAR,
        Role.ADMIN,
    ),
    for_(N_("Trustees' room"), "/trustees", Role.TRUSTEE),
    for_(N_("The roll"), "/registrar", Role.REGISTRAR),
    for_(N_("Voting credentials"), "/credentials", Role.REGISTRAR),
    for_(N_("Representatives"), "/representatives"),
    for_(N_("My matters"), "/matters", Role.MEMBER),
    for_(N_("Was I contacted?"), "/contacts", Role.MEMBER),
    for_(N_("My workplace"), "/work", Role.REPRESENTATIVE),
    for_(N_("Matters"), "/desk/clerk", Role.CLERK),
    for_(N_("Matters to answer"), "/desk/body", Role.BODY),
    for_(N_("Reception code"), "/points", Role.SITE_KEEPER),
    for_(N_("Casework"), "/desk/auditor", Role.AUDITOR),
    for_(N_("Calls"), "/calls", Role.AUDITOR),
    for_(N_("Auditors' room"), "/auditors", Role.AUDITOR),
    for_(N_("People and roles"), "/admin/accounts", Role.ADMIN),
]


def links_for(account: Identity | None) -> list[Link]:
    return [
        link
        for link in LINKS
        if not link.roles or (account is not None and account.has(*link.roles))
    ]
