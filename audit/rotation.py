"""Change the keys of a log: the new one signs beside the old, until the old one is retired."""

from __future__ import annotations

from pathlib import Path

from audit.announcing import RECEIPT, announce
from audit.database import Actor, Database
from audit.entries import PUBLIC, SECURITY
from audit.errors import LogError
from audit.folder import LogFolder
from audit.keyfiles import generate, key_file, read_signers, write_signers
from audit.keys import Algorithm, Signer, Verifier
from audit.note import Note
from audit.types import KeyRetired, KeyRotated

OPERATOR = Actor("operator")


def rotate(
    database: Database, keys: Path, role: str, algorithm: Algorithm = Algorithm.ED25519
) -> Verifier:
    """Begin: make a key that signs beside those there are, and log it. Returns its public part.

    With another algorithm than the log has so far this adds a second signature for good.
    `role`: public, security or receipt. Raises LogError while a rotation is under way.
    """
    path = key_file(keys, role)
    signers = read_signers(path)
    old = [signer for signer in signers if signer.algorithm is algorithm]
    if len(old) > 1:
        raise LogError(f"a rotation of the {role} key is under way: finish it first")
    if algorithm.timed and role == "receipt":
        raise LogError("ML-DSA-44 signs checkpoints only")
    new = generate(signers[0].name, algorithm)
    with database.transaction(OPERATOR) as uow:
        uow.record(
            KeyRotated(key=role, old=str(old[0].verifier) if old else "", new=str(new.verifier))
        )
        order = [new, *signers] if old else [*signers, new]
        if role == RECEIPT:
            announce(uow, order)
        write_signers(path, order)
    return new.verifier


def finish(database: Database, keys: Path, role: str, log_folder: Path) -> Verifier:
    """End: retire the old key. Returns the public part of the one that stays.

    Raises LogError when there is nothing to finish, or the log is not signed by the new key yet:
    without that, nobody could tell the new key from a thief's.
    """
    path = key_file(keys, role)
    signers = read_signers(path)
    current = _newest(signers)
    retired = [signer for signer in signers if signer not in current]
    if not retired:
        raise LogError(f"no rotation of the {role} key is under way")
    if role in (PUBLIC, SECURITY):
        raw = LogFolder(log_folder / role).checkpoint()
        if raw is None or current[0].verifier not in Note.parse(raw).verify([current[0].verifier]):
            raise LogError(
                "the newest checkpoint is not signed by the new key: restart the server, or run "
                "'mandate log sequence --once', and try again"
            )
    with database.transaction(OPERATOR) as uow:
        uow.record(
            KeyRetired(key=role, retired=str(retired[0].verifier), current=str(current[0].verifier))
        )
        if role == RECEIPT:
            announce(uow, current)
        write_signers(path, current)
    return current[0].verifier


def _newest(signers: tuple[Signer, ...]) -> list[Signer]:
    """The first key of each algorithm."""
    found: dict[Algorithm, Signer] = {}
    for signer in signers:
        found.setdefault(signer.algorithm, signer)
    return list(found.values())
