"""The keys that sign receipts, announced in the public log: a receipt is then checked under the
key of the log, and not under one that somebody brings along with it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import select

from audit.database import UnitOfWork
from audit.keys import Signer
from audit.models import LogEntry
from audit.types import KeysAnnounced

RECEIPT = "receipt"
_SUBJECT = "keys/receipt"


def announced(uow: UnitOfWork) -> list[str]:
    """The verifier keys of receipts as they were last announced, the newest first."""
    newest = (
        select(LogEntry.entry)
        .where(LogEntry.subject == _SUBJECT)
        .order_by(LogEntry.queued.desc())
        .limit(1)
    )
    raw = uow.session.scalar(newest)
    return list(json.loads(raw)["data"]["verifiers"]) if raw else []


def announce(uow: UnitOfWork, signers: Sequence[Signer]) -> None:
    """Log the keys of receipts, unless they are those that were announced last."""
    keys = [str(signer.verifier) for signer in signers]
    if announced(uow) != keys:
        uow.record(KeysAnnounced(key=RECEIPT, verifiers=keys))
