"""Whether the site can serve, and if not, the command that mends it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from audit.database import Database
from audit.service import LogService
from web.database.schema import UPGRADE, is_current
from web.http.rendering import HERE

BUNDLE = HERE / "static" / "bundle" / ".built"
BUILD = "make web/static/bundle/.built"


def problems(database: Database, log: LogService | None = None) -> list[str]:
    """Nothing when the site is ready; else what to do, a line for each."""
    found = []
    if not BUNDLE.exists():
        found.append(f"The browser's modules are not built: run  {BUILD}")
    try:
        if not is_current(database):
            found.append(f"The tables are not those of this version: run  {UPGRADE}")
    except SQLAlchemyError:
        found.append("The database does not answer: check MANDATE_DATABASE_URL")
    if log is not None and log.failure:
        found.append(f"The log has stopped: {log.failure}")
    return found


def open_to_others(folder: Path) -> list[str]:
    """Files of the site that other users of the machine may read: the database names people, the
    log for auditors names officials. The public log may be open, for a server beside this one."""
    private = [folder / "log" / "security", *folder.glob("*.sqlite*")]
    return [
        f"{path} can be read by others: run  chmod -R go= {path}"
        for path in private
        if path.exists() and path.stat().st_mode & 0o077
    ]
