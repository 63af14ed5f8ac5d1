"""Keys of signed notes: who signs (`Signer`), and what is needed to check it (`Verifier`).

Pure. Key ids and the texts of keys are those of C2SP signed-note v1.0.0; the algorithms are
Ed25519 (type 01, the log), Ed25519 with a time (04, witnesses) and ML-DSA-44 with a time (06).
"""

from __future__ import annotations

import base64
import binascii
import enum
import re
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from audit.errors import LogError

MAX_NAME = 255  # bytes: ML-DSA cosignatures give the length of a name one byte
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)  # of a tree, in the 8 bytes that are signed


class Algorithm(enum.IntEnum):
    """The signature types of signed-note that this program makes and checks."""

    ED25519 = 0x01
    ED25519_TIMED = 0x04
    MLDSA44_TIMED = 0x06

    @property
    def timed(self) -> bool:
        """Whether a signature begins with its time (tlog-cosignature)."""
        return self is not Algorithm.ED25519


_PUBLIC_BYTES = {
    Algorithm.ED25519: 32,
    Algorithm.ED25519_TIMED: 32,
    Algorithm.MLDSA44_TIMED: 1312,
}


def check_name(name: str) -> None:
    """Raises LogError unless `name` can be a key name: not empty, no space, no plus."""
    if not name or any(c.isspace() or c == "+" or ord(c) < 0x20 for c in name):
        raise LogError(f"not a key name: {name[:80]!r}")
    try:
        size = len(name.encode())
    except UnicodeEncodeError as error:  # half of a surrogate pair, or bytes that were no text
        raise LogError("a key name is UTF-8") from error
    if size > MAX_NAME:
        raise LogError("a key name has at most 255 bytes")


def from_base64(text: str) -> bytes:
    """Standard base64 in its one canonical spelling. Raises LogError."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise LogError(f"not base64: {text[:80]!r}") from error
    if to_base64(raw) != text:
        raise LogError(f"not canonical base64: {text[:80]!r}")
    return raw


def to_base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


@dataclass(frozen=True)
class Verifier:
    """A public key with the name that signatures give it."""

    name: str
    algorithm: Algorithm
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> Verifier:
        """Read `name+hex8+base64`. Raises LogError unless it is the one spelling of the key."""
        parts = vkey.split("+", 2)
        if len(parts) != 3:
            raise LogError("a verifier key is written name+id+key")
        raw = from_base64(parts[2])
        try:
            algorithm = Algorithm(raw[0] if raw else 0)
        except ValueError as error:
            raise LogError(f"unknown type of key: {raw[:1].hex() or 'none'}") from error
        check_name(parts[0])
        found = cls(parts[0], algorithm, raw[1:])
        if len(found.public) != _PUBLIC_BYTES[algorithm]:
            raise LogError(f"a key of this type has {_PUBLIC_BYTES[algorithm]} bytes")
        if str(found) != vkey:
            raise LogError("the id of the verifier key does not belong to its name and key")
        return found

    @cached_property
    def key_id(self) -> bytes:
        """SHA-256(name || 0x0A || type || public key), the first 4 bytes."""
        material = self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public
        return sha256(material).digest()[:4]

    def __str__(self) -> str:
        encoded = to_base64(bytes([self.algorithm]) + self.public)
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    def verify(self, text: str, signature: bytes) -> int:
        """Check a signature of a note; returns its time in POSIX seconds, 0 when it has none.

        Raises LogError.
        """
        time = 0
        if self.algorithm.timed:
            time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            if time >= 1 << 63:
                raise LogError(f"the time of the signature of {self.name} is out of range")
        message = signed_bytes(self.name, self.algorithm, text, time)
        try:
            if self.algorithm is Algorithm.MLDSA44_TIMED:
                MLDSA44PublicKey.from_public_bytes(self.public).verify(signature, message)
            else:
                Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError) as error:
            raise LogError(f"the signature of {self.name} is wrong") from error
        except UnsupportedAlgorithm as error:
            raise LogError("this build of OpenSSL has no ML-DSA-44") from error
        return time


@dataclass(frozen=True)
class Signer:
    """A private key. Its text never appears in errors or representations."""

    name: str
    algorithm: Algorithm
    _seed: bytes

    def __repr__(self) -> str:
        return f"Signer({self.verifier})"

    @classmethod
    def from_seed(cls, name: str, algorithm: Algorithm, seed: bytes) -> Signer:
        """A key from its 32 secret bytes. Raises LogError."""
        check_name(name)
        if len(seed) != 32:
            raise LogError("a private key has 32 bytes")
        return cls(name, algorithm, seed)

    @classmethod
    def parse(cls, text: str) -> Signer:
        """Read `PRIVATE+KEY+name+hex8+base64`, as the Go program `note` writes it."""
        parts = text.split("+", 4)
        if len(parts) != 5 or parts[:2] != ["PRIVATE", "KEY"]:
            raise LogError("not a private key of a note")
        raw = from_base64(parts[4])
        try:
            signer = cls.from_seed(parts[2], Algorithm(raw[0] if raw else 0), raw[1:])
        except ValueError as error:
            raise LogError("unknown type of private key") from error
        if signer.verifier.key_id.hex() != parts[3]:
            raise LogError("the id of the private key does not belong to it")
        return signer

    def private_text(self) -> str:
        """What a key file holds; the inverse of `parse`."""
        encoded = to_base64(bytes([self.algorithm]) + self._seed)
        return f"PRIVATE+KEY+{self.name}+{self.verifier.key_id.hex()}+{encoded}"

    @cached_property
    def verifier(self) -> Verifier:
        return Verifier(self.name, self.algorithm, self._key.public_key().public_bytes_raw())

    @cached_property
    def _key(self) -> Ed25519PrivateKey | MLDSA44PrivateKey:
        if self.algorithm is Algorithm.MLDSA44_TIMED:
            try:
                return MLDSA44PrivateKey.from_seed_bytes(self._seed)
            except UnsupportedAlgorithm as error:
                raise LogError("this build of OpenSSL has no ML-DSA-44") from error
        return Ed25519PrivateKey.from_private_bytes(self._seed)

    def sign(self, text: str, time: int = 0) -> bytes:
        """Sign the text of a note; `time` in POSIX seconds goes into signatures that have one."""
        signature = self._key.sign(signed_bytes(self.name, self.algorithm, text, time))
        return time.to_bytes(8, "big") + signature if self.algorithm.timed else signature


def signed_bytes(name: str, algorithm: Algorithm, text: str, time: int) -> bytes:
    """What is signed: the text, or the text at a time (tlog-cosignature v1.0.1).

    Raises LogError when ML-DSA-44 is to sign a text that is not a checkpoint.
    """
    if algorithm is Algorithm.ED25519:
        return text.encode()
    if algorithm is Algorithm.ED25519_TIMED:
        return f"cosignature/v1\ntime {time}\n{text}".encode()
    lines = text.split("\n")
    if len(lines) < 4 or not _SIZE.fullmatch(lines[1]) or len(lines[0].encode()) > MAX_NAME:
        raise LogError("ML-DSA-44 signs checkpoints only")
    root = from_base64(lines[2])
    return b"".join(
        (
            b"subtree/v1\n\0",
            _short(name),
            time.to_bytes(8, "big"),
            _short(lines[0]),
            (0).to_bytes(8, "big"),
            int(lines[1]).to_bytes(8, "big"),
            root,
        )
    )


def _short(text: str) -> bytes:
    raw = text.encode()
    return bytes([len(raw)]) + raw
