"""What the security log says of accounts. A voter's account is named by a pseudonym only."""

from __future__ import annotations

from audit.entries import PUBLIC, SECURITY, Entry, Key


class AccountsCreated(Entry, type="accounts.created", log=SECURITY, subject="accounts"):
    """Accounts were created and their enrolment links sent."""

    count: int


class AccountEnrolled(
    Entry, type="account.enrolled", log=SECURITY, subject="{account}", coarse_time=True
):
    """An account chose its password and its one-time codes."""

    account: Key


class AccountChanged(
    Entry, type="account.changed", log=SECURITY, subject="{account}", coarse_time=True
):
    """An account changed its password, recovery codes or language."""

    account: Key
    what: str


class PasskeyChanged(
    Entry, type="account.passkey", log=SECURITY, subject="{account}", coarse_time=True
):
    """A passkey of an account was added, renamed, removed, or refused because its counter went
    back, which a copied one does.
    """

    account: Key
    what: str


class AccountInvited(Entry, type="account.invited_again", log=SECURITY, subject="{account}"):
    """A new enrolment link was made for an account; its old one ended."""

    account: Key


class AccountClosed(Entry, type="account.closed", log=SECURITY, subject="{account}"):
    """An account was closed and its sessions ended."""

    account: Key


class RoleGranted(Entry, type="role.granted", log=PUBLIC, subject="account/{account}"):
    """A role was granted."""

    account: Key
    role: str
    scope: str


class RoleRevoked(Entry, type="role.revoked", log=PUBLIC, subject="account/{account}"):
    """A role was taken back."""

    account: Key
    role: str
    scope: str


class OfficialSignedIn(Entry, type="official.signed_in", log=SECURITY, subject="account/{account}"):
    """An official signed in."""

    account: Key


class SignInFailures(Entry, type="official.sign_in_failed", log=SECURITY, subject="{account}"):
    """Sign-ins of an official failed."""

    account: Key
    count: int


class Lockout(
    Entry, type="account.locked_out", log=SECURITY, subject="{account}", coarse_time=True
):
    """An account was locked for a while after too many wrong tries."""

    account: Key
    seconds: int


class AuditNote(Entry, type="audit.note", log=SECURITY, subject="log/security"):
    """An auditor left a note."""

    text: str


class LogExported(Entry, type="log.exported", log=SECURITY, subject="log/{log}"):
    """An auditor took a copy of a log."""

    log: str


class SessionsEnded(Entry, type="sessions.ended", log=SECURITY, subject="accounts"):
    """The operator ended every session of everyone."""
