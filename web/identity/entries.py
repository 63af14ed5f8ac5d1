"""What the security log says of accounts. A voter's account is named by a pseudonym only."""

from __future__ import annotations

from audit.entries import INT, SECURITY, TEXT, declare

ACCOUNTS_CREATED = declare(
    "accounts.created",
    log=SECURITY,
    fields={"count": INT},
    text="Accounts were created and their enrolment links sent.",
)
ACCOUNT_ENROLLED = declare(
    "account.enrolled",
    log=SECURITY,
    fields={},
    text="An account chose its password and its one-time codes.",
    coarse_time=True,
)
ACCOUNT_CHANGED = declare(
    "account.changed",
    log=SECURITY,
    fields={"what": TEXT},
    text="An account changed its password, recovery codes or language.",
    coarse_time=True,
)
PASSKEY_CHANGED = declare(
    "account.passkey",
    log=SECURITY,
    fields={"what": TEXT},
    text="A passkey of an account was added, renamed, removed, or refused because its counter went "
    "back, which a copied one does.",
    coarse_time=True,
)
ACCOUNT_INVITED = declare(
    "account.invited_again",
    log=SECURITY,
    fields={},
    text="A new enrolment link was made for an account; its old one ended.",
)
ACCOUNT_CLOSED = declare(
    "account.closed",
    log=SECURITY,
    fields={},
    text="An account was closed and its sessions ended.",
)
ROLE_GRANTED = declare(
    "role.granted",
    log=SECURITY,
    fields={"role": TEXT, "scope": TEXT},
    text="A role was granted.",
)
ROLE_REVOKED = declare(
    "role.revoked",
    log=SECURITY,
    fields={"role": TEXT, "scope": TEXT},
    text="A role was taken back.",
)
OFFICIAL_SIGNED_IN = declare(
    "official.signed_in",
    log=SECURITY,
    fields={},
    text="An official signed in.",
)
SIGN_IN_FAILURES = declare(
    "official.sign_in_failed",
    log=SECURITY,
    fields={"count": INT},
    text="Sign-ins of an official failed.",
)
LOCKOUT = declare(
    "account.locked_out",
    log=SECURITY,
    fields={"seconds": INT},
    text="An account was locked for a while after too many wrong tries.",
    coarse_time=True,
)
AUDIT_NOTE = declare(
    "audit.note",
    log=SECURITY,
    fields={"text": TEXT},
    text="An auditor left a note.",
)
LOG_EXPORTED = declare(
    "log.exported",
    log=SECURITY,
    fields={"log": TEXT},
    text="An auditor took a copy of a log.",
)
SESSIONS_ENDED = declare(
    "sessions.ended",
    log=SECURITY,
    fields={},
    text="The operator ended every session of everyone.",
)
