"""The deployment's own secret, and one key derived from it for each purpose."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PSEUDONYMS = "pseudonym.key"


class Keys:
    """`pseudonyms` is a key of its own, so that it can be destroyed: see `forget_pseudonyms`."""

    def __init__(self, master: bytes, pseudonyms: bytes = b"") -> None:
        if len(master) < 32:
            raise ValueError("the secret must have at least 32 bytes")
        self._master = master
        self._pseudonyms = pseudonyms or secrets.token_bytes(32)
        self._derived: dict[str, bytes] = {}

    @classmethod
    def load(cls, path: Path) -> Keys:
        """Read the secret, or make one; a file that others can read is refused."""
        return cls(_read(path), _read(path.with_name(PSEUDONYMS)))

    def pseudonym(self, account_id: str) -> str:
        """What stands for a voter's account in the security log."""
        return hmac.digest(self._pseudonyms, account_id.encode(), "sha256").hex()[:32]

    def derive(self, purpose: str) -> bytes:
        """HKDF-Expand of one block (RFC 5869, 2.3): the master is uniformly random already."""
        if purpose not in self._derived:
            key = hmac.digest(self._master, purpose.encode() + b"\x01", "sha256")
            self._derived[purpose] = key
        return self._derived[purpose]

    def mac(self, purpose: str, value: str) -> str:
        return hmac.digest(self.derive(purpose), value.encode(), "sha256").hex()

    def check_mac(self, purpose: str, value: str, mac: str) -> bool:
        return hmac.compare_digest(self.mac(purpose, value).encode(), mac.encode())

    def encrypt(self, purpose: str, text: str, owner: str) -> str:
        """Bound to its owner: a value copied to another row does not decrypt."""
        nonce = secrets.token_bytes(12)
        sealed = AESGCM(self.derive(purpose)).encrypt(nonce, text.encode(), owner.encode())
        return base64.b64encode(nonce + sealed).decode()

    def decrypt(self, purpose: str, sealed: str, owner: str) -> str:
        raw = base64.b64decode(sealed)
        try:
            return AESGCM(self.derive(purpose)).decrypt(raw[:12], raw[12:], owner.encode()).decode()
        except InvalidTag:
            raise ValueError("sealed with another secret.key, or for another owner") from None


def forget_pseudonyms(folder: Path) -> None:
    """After this nothing leads from the pseudonyms in the log to an account, not even here."""
    (folder / PSEUDONYMS).unlink(missing_ok=True)


def _read(path: Path) -> bytes:
    if not path.exists():
        _create(path)
    if path.stat().st_mode & 0o077:
        raise PermissionError(f"{path} can be read by others: run  chmod 600 {path}")
    return bytes.fromhex(path.read_text().strip())


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32) + "\n")


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
