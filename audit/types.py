"""What the log says of the deployment itself."""

from __future__ import annotations

from audit.entries import HASH, IDS, INT, PUBLIC, SECURITY, TEXT, TIME, declare

SERVER_STARTED = declare(
    "server.started",
    log=PUBLIC,
    fields={"version": TEXT, "settings": HASH},
    text="The server started, with this version of the software and these settings (hash).",
)
SERVER_STOPPED = declare(
    "server.stopped", log=PUBLIC, fields={}, text="The server stopped in good order."
)
SERVER_RESTORED = declare(
    "server.restored",
    log=PUBLIC,
    fields={"size": INT, "reason": TEXT},
    text="The database was restored from a copy; the log had this many entries then.",
)
HEARTBEAT = declare(
    "heartbeat",
    log=PUBLIC,
    fields={},
    text="Nothing else was logged for a while; the server is alive.",
)
SECURITY_HEARTBEAT = declare(
    "security.heartbeat",
    log=SECURITY,
    fields={},
    text="Nothing else was logged in the security log for a while; the server is alive.",
)
KEY_ROTATED = declare(
    "key.rotated",
    log=PUBLIC,
    fields={"key": TEXT, "old": TEXT, "new": TEXT},
    text="A new key signs beside the old one, until the old one is retired.",
)
KEY_RETIRED = declare(
    "key.retired",
    log=PUBLIC,
    fields={"key": TEXT, "retired": TEXT, "current": TEXT},
    text="After the overlap of a rotation the old key signs no more.",
)
CHECKPOINT_WITNESSED = declare(
    "checkpoint.witnessed",
    log=PUBLIC,
    fields={"log": TEXT, "size": INT, "root": HASH, "witnesses": IDS},
    text="A quorum of witnesses has cosigned the log at this size.",
)
CHECKPOINT_STAMPED = declare(
    "checkpoint.stamped",
    log=PUBLIC,
    fields={"size": INT, "root": HASH, "authority": TEXT, "token": HASH},
    text="A time-stamp authority has stamped the log at this size (RFC 3161).",
)
CLOCK_STEPPED = declare(
    "clock.stepped",
    log=SECURITY,
    fields={"before": TIME, "after": TIME},
    text="The clock of the server went backwards.",
)
