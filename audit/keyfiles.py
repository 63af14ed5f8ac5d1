"""The private keys of a deployment: files that only their owner can read.

A file has one key a line, the newest first. During a rotation there are two, and both sign.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from audit.entries import PUBLIC, SECURITY, LogName
from audit.errors import LogError
from audit.keys import Algorithm, Signer, Verifier

_FILES = {PUBLIC: "public-log.key", SECURITY: "security-log.key", "receipt": "receipt.key"}


@dataclass(frozen=True)
class LogKeys:
    """The signers of the two logs and of receipts; of each the newest first."""

    public: tuple[Signer, ...]
    security: tuple[Signer, ...]
    receipts: tuple[Signer, ...]

    def of(self, log: LogName) -> tuple[Signer, ...]:
        return self.public if log == PUBLIC else self.security

    @property
    def receipt(self) -> Signer:
        """The key that signs receipts now."""
        return self.receipts[0]

    @property
    def origin(self) -> str:
        """The name of the public log, by which the whole deployment is known."""
        return self.public[0].name


def verifiers(signers: tuple[Signer, ...]) -> tuple[Verifier, ...]:
    return tuple(signer.verifier for signer in signers)


def create_keys(folder: Path, origin: str) -> LogKeys:
    """Make the keys of a new deployment, `origin` being the name of its public log.

    Raises LogError when there are keys already: to lose the key of a log is to lose the log.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = {PUBLIC: origin, SECURITY: f"{origin}/security", "receipt": f"{origin}/receipt"}
    for role, name in names.items():
        write_signers(folder / _FILES[role], [generate(name)], new=True)
    return load_keys(folder)


def load_keys(folder: Path) -> LogKeys:
    """Read the keys. Raises LogError when one is missing, spoilt, or readable by others."""
    public, security, receipts = (read_signers(folder / name) for name in _FILES.values())
    return LogKeys(public, security, receipts)


def load_or_create_keys(folder: Path, origin: str) -> LogKeys:
    """The keys of `folder`, made on the first start. Raises LogError when only some are there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / ".lock").open("ab") as lock:  # several processes may start at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not any((folder / name).exists() for name in _FILES.values()):
            create_keys(folder, origin)
    return load_keys(folder)


def key_file(folder: Path, role: str) -> Path:
    """The file of `public`, `security` or `receipt`."""
    if role not in _FILES:
        raise LogError(f"there is no key for {role!r}: public, security or receipt")
    return folder / _FILES[role]


def generate(name: str, algorithm: Algorithm = Algorithm.ED25519) -> Signer:
    return Signer.from_seed(name, algorithm, secrets.token_bytes(32))


def read_signers(path: Path) -> tuple[Signer, ...]:
    """The keys of one file, newest first. Raises LogError."""
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise LogError(f"cannot read the key file {path}: {error}") from error
    if stat.S_IMODE(mode) & 0o077:
        raise LogError(f"{path} can be read by others: run 'chmod 600 {path}', and rotate the key")
    signers = tuple(Signer.parse(line) for line in text.splitlines() if line)
    if not signers:
        raise LogError(f"{path} holds no key")
    return signers


def write_signers(path: Path, signers: list[Signer], *, new: bool = False) -> None:
    """Write a key file, whole or not at all. Raises LogError if it exists and must be `new`."""
    if new and path.exists():
        raise LogError(f"{path} exists: a key is never overwritten")
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.writelines(f"{signer.private_text()}\n" for signer in signers)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)
