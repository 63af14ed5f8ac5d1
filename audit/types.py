"""What the log says of the deployment itself."""

from __future__ import annotations

from datetime import datetime

from audit.entries import PUBLIC, SECURITY, Entry, Hash, Key


class ServerStarted(Entry, type="server.started", log=PUBLIC, subject="deployment/server"):
    """The server started, with this version of the software and these settings (hash)."""

    version: str
    settings: Hash


class ServerStopped(Entry, type="server.stopped", log=PUBLIC, subject="deployment/server"):
    """The server stopped in good order."""


class CheckerAnnounced(Entry, type="checker.announced", log=PUBLIC, subject="deployment/checker"):
    """The address of the independent checker that stands on the voters' letters; empty: none."""

    url: str


class ServerRestored(Entry, type="server.restored", log=PUBLIC, subject="deployment/server"):
    """The database was restored from a copy; the log had this many entries then."""

    size: int
    reason: str


class Heartbeat(Entry, type="heartbeat", log=PUBLIC, subject="log/public"):
    """Nothing else was logged for a while; the server is alive."""


class SecurityHeartbeat(Entry, type="security.heartbeat", log=SECURITY, subject="log/security"):
    """Nothing else was logged in the security log for a while; the server is alive."""


class KeyRotated(Entry, type="key.rotated", log=PUBLIC, subject="key/{key}"):
    """A new key signs beside the old one, until the old one is retired."""

    key: str
    old: str
    new: str


class KeyRetired(Entry, type="key.retired", log=PUBLIC, subject="key/{key}"):
    """After the overlap of a rotation the old key signs no more."""

    key: str
    retired: str
    current: str


class KeysAnnounced(Entry, type="keys.announced", log=PUBLIC, subject="keys/{key}"):
    """From here on receipts are signed with these keys, the newest first."""

    key: str
    verifiers: list[str]


class CheckpointWitnessed(Entry, type="checkpoint.witnessed", log=PUBLIC, subject="{about}"):
    """A quorum of witnesses has cosigned the log at this size."""

    about: Key
    log: str
    size: int
    root: Hash
    witnesses: list[str]


class CheckpointStamped(Entry, type="checkpoint.stamped", log=PUBLIC, subject="log/public"):
    """A time-stamp authority has stamped the log at this size (RFC 3161)."""

    size: int
    root: Hash
    authority: str
    token: Hash


class ClockStepped(Entry, type="clock.stepped", log=SECURITY, subject="deployment/clock"):
    """The clock of the server went backwards."""

    before: datetime
    after: datetime
