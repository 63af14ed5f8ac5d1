"""Credentials: a secret string for the voter, a public key for everyone (specification 4.8).

The list of public credentials is sorted, so that its order does not tell whose is whose.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ballots import checks
from ballots.encoding import Json, loads_strict, take_decimal, take_list, take_text
from ballots.group import Element, Group, Scalar

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
GROUPS = (5, 6, 5, 6)
"""Lengths of the groups of characters: XXXXX-XXXXXX-XXXXX-XXXXXX, about 128 bits."""
MAX_WEIGHT_DIGITS = 20


def generate() -> str:
    """A fresh secret credential."""
    return "-".join("".join(secrets.choice(BASE58) for _ in range(n)) for n in GROUPS)


def check(secret: str, place: str = "credential") -> None:
    """Refuse what cannot be a credential, and say where the typing went wrong."""
    parts = secret.split("-")
    shape = tuple(len(part) for part in parts) == GROUPS
    reason = "must look like XXXXX-XXXXXX-XXXXX-XXXXXX, 22 characters in four groups"
    checks.require(shape, "credential.format", place, reason)
    for number, part in enumerate(parts, start=1):
        for character in part:
            reason = f"has a character in group {number} that credentials never have"
            if character in "0OIl":
                reason += ": there are no 0, O, I and l, only 1 to 9, o, i and L"
            checks.require(character in BASE58, "credential.format", place, reason)


def derive(group: Group, uuid: str, secret: str) -> tuple[Scalar, Element]:
    """The signing key ``s`` and the public credential ``s*G`` in the election ``uuid``."""
    check(secret)
    digests = (
        hashlib.sha256(f"derive_credential|{uuid}|{i}|{secret}".encode()).digest() for i in (0, 1)
    )
    scalar = group.scalar(int.from_bytes(b"".join(digests)))
    return scalar, group.base_mul(scalar)


def public_credential(group: Group, uuid: str, secret: str) -> str:
    """The public credential as published."""
    return derive(group, uuid, secret)[1].text


@dataclass(frozen=True, slots=True)
class PublicCredential:
    """An entry of the list: the element, and how many times its ballot counts."""

    element: Element
    weight: int


def parse_public(group: Group, raw: bytes) -> list[PublicCredential]:
    """The list ``public_credentials`` from its text; elements distinct. Raises BallotError."""
    items = take_list(loads_strict(raw, "credentials"), "credentials")
    entries = []
    seen: set[str] = set()
    for i, item in enumerate(items):
        entry = parse_entry(group, item, f"credentials[{i}]")
        once = entry.element.text not in seen
        checks.require(once, "credential.duplicate", f"credentials[{i}]", "is in the list twice")
        seen.add(entry.element.text)
        entries.append(entry)
    return entries


def parse_entry(group: Group, value: Json, place: str) -> PublicCredential:
    """One entry: ``credential`` or ``credential,weight``."""
    credential, comma, weight = take_text(value, place).partition(",")
    element = group.parse_element(credential, place)
    if not comma:
        return PublicCredential(element, 1)
    number = take_decimal(weight, place, MAX_WEIGHT_DIGITS)
    checks.require(number > 0, "credential.weight", place, "has a weight of zero")
    return PublicCredential(element, number)


def check_sorted(entries: Sequence[PublicCredential]) -> None:
    """Refuse a list whose order is another than that of its elements."""
    for i, (before, after) in enumerate(pairwise(entries), start=1):
        ordered = before.element.sort_key < after.element.sort_key
        place = f"credentials[{i}]"
        checks.require(ordered, "credential.order", place, "is not in the order of the elements")


def sort_public(group: Group, entries: Sequence[str]) -> list[str]:
    """Entries of the list, with or without weights, in the order in which they are published."""
    parsed = [
        (parse_entry(group, entry, "credential").element.sort_key, entry) for entry in entries
    ]
    return [entry for _, entry in sorted(parsed)]
