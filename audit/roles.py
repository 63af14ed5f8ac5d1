"""Who acts: the one list of roles, for the log, for permission and for pages. Pure."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    # held by an account
    MEMBER = "member"
    REPRESENTATIVE = "representative"
    COMMISSION = "commission"
    CERTIFIER = "certifier"
    TRUSTEE = "trustee"
    REGISTRAR = "registrar"
    CLERK = "clerk"
    BODY = "body"
    SITE_KEEPER = "site_keeper"
    AUDITOR = "auditor"
    ADMIN = "admin"
    # held by nobody: how somebody acts without an account, or without a name
    VOTER = "voter"  # a member who casts a ballot; the log never says which
    CONSTITUENT = "constituent"  # a member about a matter or a contact of the own
    PUBLIC = "public"  # whoever reads a page
    OPERATOR = "operator"  # who runs commands on the server
    SYSTEM = "system"  # the schedule, the log itself
