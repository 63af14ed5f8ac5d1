"""Hashes of canonical JSON, and draws that anyone can recompute from a public seed."""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785


def canonical(data: Any) -> bytes:
    """Canonical JSON (RFC 8785)."""
    return rfc8785.dumps(data)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def rank(seed: str, *parts: str) -> str:
    """A place in a draw that anyone can recompute from the public seed: smaller is earlier.

    Length-prefixed, so that no two lists of parts hash alike.
    """
    joined = "".join(f"{len(part)}:{part}" for part in ("mandate/draw", seed, *parts))
    return sha256(joined.encode())
