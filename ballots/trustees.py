"""Trustees and the election key (specification 4.7).

The trustees structure is a list of blocks: *Single*, one key that is always needed, or *Pedersen*,
keys of which a threshold is needed. The election key is the sum of the keys of the blocks.
Trustees are numbered from 1 through all blocks; this is the ``owner`` of shares and shuffles.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ballots import checks, keys
from ballots.encoding import Json, dumps, loads_strict, take_list
from ballots.faults import Sink, collected, refuse
from ballots.group import Element, Group
from ballots.keys import check_commitment, commitment, public_key
from ballots.pedersen import parse_parameters as pedersen_parameters

__all__ = [
    "Block",
    "Trustee",
    "Trustees",
    "check_commitment",
    "commitment",
    "election_key",
    "generate_single",
    "parse_trustees",
    "pedersen",
    "public_key",
    "single",
    "trustees_bytes",
]


@dataclass(frozen=True, slots=True)
class Trustee:
    """One trustee: the number among all, counted from 1, the public key, the name if any."""

    number: int
    key: Element
    name: str | None

    @property
    def place(self) -> str:
        """How reports call this trustee."""
        return f"trustee {self.number} ({self.name})" if self.name else f"trustee {self.number}"


@dataclass(frozen=True, slots=True)
class Block:
    """One item of the structure: ``threshold`` of ``members`` are needed to use ``key``."""

    kind: str
    threshold: int
    members: tuple[Trustee, ...]
    key: Element


@dataclass(frozen=True)
class Trustees:
    """The whole structure, and its canonical text."""

    raw: bytes
    blocks: tuple[Block, ...]

    @cached_property
    def all(self) -> tuple[Trustee, ...]:
        """Every trustee, in the order of numbers."""
        return tuple(member for block in self.blocks for member in block.members)


def generate_single(group: Group) -> tuple[str, Json]:
    """A private key, in decimal, and the ``trustee_public_key`` that proves it is known."""
    private = group.random_scalar()
    return str(private), keys.prove_key(group, private)


def single(public: Json) -> Json:
    """The item of a trustee who is always needed."""
    return ["Single", public]


def pedersen(parameters: Json) -> Json:
    """The item of trustees of whom a threshold is needed."""
    return ["Pedersen", parameters]


def trustees_bytes(items: list[Json]) -> bytes:
    """The canonical text of a trustees structure of these items."""
    return dumps(items)


def election_key(group: Group, trustees: Trustees) -> Element:
    """The sum of the keys of all blocks: what ballots are encrypted with."""
    return group.sum(block.key for block in trustees.blocks)


def parse_trustees(raw: bytes, group: Group, sink: Sink = refuse) -> Trustees:
    """The trustees structure with everything in it checked.

    Faults go to ``sink``; by default the first one is raised. A fault that leaves a key unknown
    is raised in any case.
    """
    items = take_list(loads_strict(raw, "trustees"), "trustees")
    blocks: list[Block] = []
    number = 1
    for i, item in enumerate(items):
        block = _parse_block(group, item, f"trustees[{i}]", number, sink)
        blocks.append(block)
        number += len(block.members)
    trustees = Trustees(raw, tuple(blocks))
    # Within a block of threshold 1 all have one key; that is what 1 of n means.
    keys_of_blocks = [{member.key for member in block.members} for block in blocks]
    distinct = len(set().union(*keys_of_blocks)) == sum(map(len, keys_of_blocks))
    with collected(sink):
        checks.require(distinct, "trustee.duplicate", "trustees", "two trustees have one key")
    return trustees


def _parse_block(group: Group, item: Json, place: str, number: int, sink: Sink) -> Block:
    pair = take_list(item, place)
    parse = {"Single": _parse_single, "Pedersen": _parse_pedersen}.get(str(pair[0]) if pair else "")
    if parse is None or len(pair) != 2:
        checks.fail("encoding.type", place, 'must be ["Single", key] or ["Pedersen", parameters]')
    return parse(group, pair[1], place, number, sink)


def _parse_single(group: Group, value: Json, place: str, number: int, sink: Sink) -> Block:
    parsed = keys.parse_public_key(group, value, place, sink)
    if parsed.signature is not None:
        with collected(sink):
            reason = "has a signature, which only threshold trustees have"
            checks.fail("encoding.fields", place, reason)
    return Block("Single", 1, (Trustee(number, parsed.key, parsed.name),), parsed.key)


def _parse_pedersen(group: Group, value: Json, place: str, number: int, sink: Sink) -> Block:
    parameters = pedersen_parameters(group, value, place, sink)
    members = tuple(
        Trustee(number + i, member.key, member.name) for i, member in enumerate(parameters.keys)
    )
    return Block("Pedersen", parameters.threshold, members, parameters.coefficients[0])
