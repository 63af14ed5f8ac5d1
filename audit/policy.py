"""Whom to trust (C2SP tlog-policy): the keys of logs, the witnesses, and how many must agree."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from audit.errors import LogError
from audit.keys import Algorithm, Verifier

MAX_POLICY = 1 << 20  # bytes
NONE = "none"


@dataclass(frozen=True)
class Witness:
    name: str
    verifier: Verifier
    url: str = ""


@dataclass(frozen=True)
class Policy:
    """A policy file, checked. `groups` maps a name to its threshold and its members."""

    logs: tuple[Verifier, ...] = ()
    witnesses: dict[str, Witness] = field(default_factory=dict)
    groups: dict[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    quorum: str = NONE

    def quorum_reached(self, cosigners: Iterable[Verifier]) -> bool:
        """Whether these keys, whose signatures were checked, are enough."""
        if self.quorum == NONE:
            return True
        keys = frozenset(cosigners)
        met = {name for name, witness in self.witnesses.items() if witness.verifier in keys}
        # a group names only what is defined before it, so one pass is enough, however deep it is
        for name, (threshold, members) in self.groups.items():
            if sum(member in met for member in members) >= threshold:
                met.add(name)
        return self.quorum in met

    @property
    def cosigners(self) -> tuple[Verifier, ...]:
        return tuple(witness.verifier for witness in self.witnesses.values())


def parse(raw: bytes) -> Policy:
    """Read a policy file. Raises LogError with the number of the line."""
    if len(raw) > MAX_POLICY:
        raise LogError("a policy has at most a megabyte")
    if any(octet == 0x7F or (octet < 0x20 and octet not in b"\t\n") for octet in raw):
        raise LogError("a policy has no control characters but tab and newline")
    reader = _Reader()
    # names are opaque octets: two of them are one name only when they are the same bytes
    for number, line in enumerate(raw.decode("utf-8", "surrogateescape").split("\n"), 1):
        words = [word for word in line.replace("\t", " ").split(" ") if word]
        if not words or words[0].startswith("#"):
            continue
        try:
            reader.line(words)
        except LogError as error:
            raise LogError(f"policy, line {number}: {error}") from error
    return reader.policy()


class _Reader:
    def __init__(self) -> None:
        self.logs: list[Verifier] = []
        self.witnesses: dict[str, Witness] = {}
        self.groups: dict[str, tuple[int, tuple[str, ...]]] = {}
        self.quorum: str | None = None
        self.members: set[str] = set()
        self.log_keys: set[bytes] = set()
        self.witness_keys: set[bytes] = set()

    def line(self, words: list[str]) -> None:
        reader = {
            "log": self._log,
            "witness": self._witness,
            "group": self._group,
            "quorum": self._quorum,
        }.get(words[0])
        if reader is None:
            raise LogError(f"unknown word {words[0][:40]!r}")
        reader(words[1:])

    def policy(self) -> Policy:
        if self.quorum is None:
            raise LogError("the policy has no quorum line")
        return Policy(tuple(self.logs), self.witnesses, self.groups, self.quorum)

    def _log(self, words: list[str]) -> None:
        if len(words) not in (1, 2):
            raise LogError("a log is written: log <vkey> [<url>]")
        verifier = Verifier.parse(words[0])
        if verifier.algorithm is Algorithm.ED25519_TIMED:
            raise LogError("this is the key of a witness, not of a log")
        if verifier.public in self.log_keys:
            raise LogError("this key was given to a log before")
        self.log_keys.add(verifier.public)
        self.logs.append(verifier)

    def _witness(self, words: list[str]) -> None:
        if len(words) not in (2, 3):
            raise LogError("a witness is written: witness <name> <vkey> [<url>]")
        self._new(words[0])
        verifier = Verifier.parse(words[1])
        if not verifier.algorithm.timed:
            raise LogError("this is the key of a log, not of a witness")
        if verifier.public in self.witness_keys:
            raise LogError("this key was given to a witness before")
        self.witness_keys.add(verifier.public)
        self.witnesses[words[0]] = Witness(words[0], verifier, *words[2:])

    def _group(self, words: list[str]) -> None:
        if len(words) < 3:
            raise LogError("a group is written: group <name> all|any|<k> <name>...")
        name, rule, *members = words
        self._new(name)
        for member in members:
            self._known(member)
            if member in self.members:
                raise LogError(f"{member!r} is in a group already")
            self.members.add(member)
        self.groups[name] = (_threshold(rule, len(members)), tuple(members))

    def _quorum(self, words: list[str]) -> None:
        if len(words) != 1 or self.quorum is not None:
            raise LogError("there is one line: quorum <name>")
        if words[0] != NONE:
            self._known(words[0])
        self.quorum = words[0]

    def _new(self, name: str) -> None:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise LogError(f"the name {name!r} is taken")

    def _known(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise LogError(f"{name!r} is not defined before")


def _threshold(rule: str, members: int) -> int:
    if rule in ("any", "all"):
        return 1 if rule == "any" else members
    if not re.fullmatch(r"[1-9][0-9]{0,5}", rule, re.ASCII):
        raise LogError("a group needs all, any or a number")
    if not 1 <= int(rule) <= members:
        raise LogError(f"{rule} of {members} members can never be")
    return int(rule)
