"""An archive beside the public log: some lies show only in the two together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from audit.errors import LogError
from audit.folder import LogFolder
from audit.keys import Verifier
from audit.verifier import Demands
from ballots import checks
from ballots.ceremony import REFUSED
from voting.record.events import events_of, logged_events

LATER = ("Shuffle", "EndShuffles", "PartialDecryption", "Result")  # by other trustees, meanwhile


def require_logged(
    archive: Path, log: Path, keys: Sequence[Verifier], demands: Demands | None = None
) -> None:
    """Each event of the archive was logged, and no ballot that was logged is missing from it.

    Raises BallotError (check ``decryption.refused``), also when the log is not whole.
    """
    found = events_of(archive)
    try:
        logged = logged_events(LogFolder(log), list(keys), found.uuid, demands)
    except LogError as error:
        checks.fail(REFUSED, str(log), str(error))
    for difference in logged.differences(found.events, LATER):
        reason = f"the archive is not the one of the public log: {difference}"
        checks.fail(REFUSED, archive.name, reason)
