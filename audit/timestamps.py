"""RFC 3161: a time-stamp authority says that a checkpoint existed at a time.

Needs the extra `timestamps` (rfc3161-client). Stamps lie beside the log as `stamps/<size>.tsr`,
each with the checkpoint that it stamps: `stamps/<size>.checkpoint`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha512
from pathlib import Path
from typing import Any

from cryptography import x509

from audit.errors import LogError, MissingExtraError
from audit.exchange import exchange
from audit.folder import LogFolder
from audit.keys import Verifier
from audit.note import MAX_NOTE, Checkpoint, verify_checkpoint

FOLDER = "stamps"
MAX_STAMP = 1 << 16  # bytes
DEADLINE = 60.0  # seconds


def stamp(folder: LogFolder, verifiers: Sequence[Verifier], url: str) -> Checkpoint:
    """Have the newest checkpoint stamped by the authority at `url` and keep the stamp.

    Raises LogError when the authority cannot be reached or answers something else.
    """
    client = _client()
    raw = folder.checkpoint()
    if raw is None:
        raise LogError("the log has no checkpoint to stamp")
    checkpoint, _ = verify_checkpoint(raw, verifiers)
    query = client.TimestampRequestBuilder().data(raw).build()
    try:
        answer = exchange(
            url,
            body=query.as_bytes(),
            headers={"content-type": "application/timestamp-query"},
            limit=MAX_STAMP,
            seconds=DEADLINE,
        )
        if answer.status != 200:
            raise LogError(f"it answers {answer.status}")
    except LogError as error:
        raise LogError(f"the time-stamp authority: {error}") from error
    _imprint_time(answer.body, raw)
    keep(folder, checkpoint.size, raw, answer.body)
    return checkpoint


def keep(folder: LogFolder, size: int, checkpoint: bytes, token: bytes) -> None:
    """Put a stamp beside the log."""
    with folder.lock():
        (folder.path / FOLDER).mkdir(exist_ok=True)
        folder.put(f"{FOLDER}/{size}.checkpoint", checkpoint)
        folder.put(f"{FOLDER}/{size}.tsr", token)


def stamped_sizes(folder: LogFolder) -> list[int]:
    names = (folder.path / FOLDER).glob("*.tsr")
    return sorted(int(path.stem) for path in names if path.stem.isdecimal())


def stamped_checkpoint(folder: LogFolder, size: int, verifiers: Sequence[Verifier]) -> Checkpoint:
    """The checkpoint that was stamped; the stamp itself is not looked at. Raises LogError."""
    checkpoint, _ = verify_checkpoint(_read(folder, f"{size}.checkpoint"), verifiers)
    if checkpoint.size != size:
        raise LogError(f"the stamped checkpoint is of size {checkpoint.size}")
    return checkpoint


def verify_stamp(folder: LogFolder, size: int, roots: Sequence[x509.Certificate]) -> datetime:
    """Check a stamp against the roots of its authority; the time that it gives. Raises LogError."""
    client = _client()
    token, raw = _read(folder, f"{size}.tsr"), _read(folder, f"{size}.checkpoint")
    builder = client.VerifierBuilder(roots=list(roots))
    try:
        builder.build().verify_message(client.decode_timestamp_response(token), raw)
    except (ValueError, client.VerificationError) as error:
        raise LogError(f"the stamp is not good: {error}") from error
    return _imprint_time(token, raw)


def _read(folder: LogFolder, name: str) -> bytes:
    raw = folder.read(f"{FOLDER}/{name}", max(MAX_STAMP, MAX_NOTE))
    if raw is None:
        raise LogError(f"{FOLDER}/{name} is missing")
    return raw


def load_roots(path: Path) -> list[x509.Certificate]:
    """The certificates of a PEM file. Raises LogError."""
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise LogError(f"no certificates in {path}: {error}") from error


def _imprint_time(token: bytes, message: bytes) -> datetime:
    """The time in a stamp of `message`. Raises LogError when it is of something else."""
    try:
        info = _client().decode_timestamp_response(token).tst_info
    except ValueError as error:
        raise LogError(f"the time-stamp authority answers no stamp: {error}") from error
    if info.message_imprint.message != sha512(message).digest():
        raise LogError("the stamp is of something else")
    time: datetime = info.gen_time
    return time


def require_client() -> None:
    """Raises MissingExtraError, before a site promises time-stamps."""
    _client()


def _client() -> Any:
    try:
        import rfc3161_client
    except ModuleNotFoundError as error:
        raise MissingExtraError("A time-stamp", "timestamps", error.name) from error
    return rfc3161_client
