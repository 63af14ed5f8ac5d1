"""One change of a valid archive; whatever refers to what was changed is made again.

A change is made to a JSON value, to the text of a record, to the sequence of records and events, or
to the bytes of the container. Ballots that were changed are often signed again.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ballots import credentials, proofs
from ballots.archive import EVENT_TYPES, data_name, event_bytes, event_name, record
from ballots.encoding import sha256_base64
from ballots.group import Group, get_group
from tests.ballots import mutations
from tests.ballots.archives import BLOCK
from tests.interop.values import Json, change, text


@dataclass(frozen=True)
class Base:
    """A valid archive and what is needed to sign in it."""

    archive: bytes
    group: str
    uuid: str
    secrets: Sequence[str]

    def resigned(self, ballot: dict[str, Json], source: random.Random) -> None:
        """Sign a ballot again: with the key of its credential, or of somebody else's."""
        group = get_group(self.group)
        keys = dict(self._key(group, secret) for secret in self.secrets)
        own = keys.get(str(ballot.get("credential")))
        if own is None or source.random() < 0.05:
            own = source.choice(list(keys.values()))
        body = {name: value for name, value in ballot.items() if name != "signature"}
        digest = sha256_base64(text(body))
        prefix = proofs.ballot_prefix(digest)
        proof = proofs.prove_knowledge(group, prefix, own, group.random_scalar)
        ballot["signature"] = {"hash": digest, "proof": proof.to_json()}

    def _key(self, group: Group, secret: str) -> tuple[str, Any]:
        scalar, public = credentials.derive(group, self.uuid, secret)
        return public.text, scalar


def mutate(base: Base, source: random.Random) -> tuple[str, bytes]:
    """A name for what was done, and the changed archive."""
    kind: Callable[[Base, random.Random], tuple[str, bytes]] = source.choices(
        (_json, _spelling, _sequence, _container), (12, 2, 4, 1)
    )[0]
    return kind(base, source)


# JSON values


def _json(base: Base, source: random.Random) -> tuple[str, bytes]:
    (_, first), *records = mutations.bodies(base.archive)
    i = _latest(source, len(records))
    value = json.loads(records[i][1])
    others = [json.loads(body) for _, body in records]
    what = change(value, others, source, get_group(base.group))
    if isinstance(value, dict) and "election_hash" in value and source.random() < 0.7:
        base.resigned(value, source)
        what += ", signed"
    return f"{_kind(records[i][1])}: {what}", mutations.rebuilt(first, records, {i: text(value)})


def _latest(source: random.Random, count: int) -> int:
    """A record: more often one of the last, where nothing that follows would not fit."""
    return count - 1 - min(source.randrange(count), source.randrange(count))


def _kind(body: bytes) -> str:
    for name in ("questions", "answers", "num_tallied", "decryption_factors", "ciphertexts"):
        if f'"{name}":'.encode() in body[:4000]:
            return name
    for start, name in ((b'{"parent', "event"), (b"[[", "trustees or tally"), (b'["', "list")):
        if body.startswith(start):
            return name
    return body[:12].decode(errors="replace")


# The text of a record


def _spelling(base: Base, source: random.Random) -> tuple[str, bytes]:
    """The same content, or almost, in another text."""
    (_, first), *records = mutations.bodies(base.archive)
    i = _latest(source, len(records))
    text = records[i][1].decode()
    at = source.choice([n for n, character in enumerate(text) if character in ',:{}[]"'])
    letter = source.choice([n for n, character in enumerate(text) if character.isalnum()])
    name, new = source.choice(
        (
            ("space", text[:at] + " " + text[at:]),
            ("line feed", text + "\n"),
            ("byte order mark", "\ufeff" + text),
            ("escaped letter", f"{text[:letter]}\\u{ord(text[letter]):04x}{text[letter + 1 :]}"),
            ("one more field", text.replace("{", '{"a":1,', 1)),
            ("a field twice", text[:-1] + "," + text[1:] if text[0] == "{" else text + text),
            ("number as float", text.replace('":1', '":1.0', 1)),
            ("number with exponent", text.replace('":0', '":0e0', 1)),
            ("negative zero", text.replace('":0', '":-0', 1)),
            ("capital escape", text.replace("\\u00", "\\U00", 1)),
            ("escaped slash", text.replace("/", "\\/", 1)),
            ("comma at the end", text[:-1] + "," + text[-1]),
            ("comment", text + "/**/"),
            ("single quotes", text.replace('"', "'")),
            ("nothing", ""),
        )
    )
    kind = _kind(records[i][1])
    return f"{kind}: text, {name}", mutations.rebuilt(first, records, {i: new.encode()})


# The sequence of records and events


@dataclass
class Event:
    """An event with the records before it; ``payload`` None is the hash of the last of them."""

    data: list[bytes]
    type: str
    bare: bool
    """Without payload."""


def _sequence(base: Base, source: random.Random) -> tuple[str, bytes]:
    (_, first), *records = mutations.bodies(base.archive)
    events = events_of(records)
    i = source.randrange(len(events))
    j = source.randrange(len(events))
    event = events[i]
    name, act = source.choice(
        (
            ("dropped", lambda: events.pop(i)),
            ("repeated", lambda: events.insert(j, event)),
            ("repeated at once", lambda: events.insert(i, event)),
            ("moved", lambda: events.insert(j, events.pop(i))),
            ("type", lambda: setattr(event, "type", source.choice((*EVENT_TYPES, "X", "ballot")))),
            ("payload taken", lambda: setattr(event, "bare", not event.bare)),
            (
                "data dropped",
                lambda: event.data and event.data.pop(source.randrange(len(event.data))),
            ),
            ("data turned", lambda: event.data.reverse()),
            ("data repeated", lambda: event.data.extend(event.data[:1])),
            (
                "data first repeated",
                lambda: event.data.insert(0, event.data[-1]) if event.data else None,
            ),
            ("data of another", lambda: event.data.insert(0, source.choice(records)[1])),
            ("new event", lambda: events.insert(j, Event([], source.choice(EVENT_TYPES), True))),
            (
                "empty payload",
                lambda: events.insert(j, Event([b"{}"], source.choice(EVENT_TYPES), False)),
            ),
            ("data left at the end", lambda: events.append(Event([b"{}"], "", True))),
            ("owner and content of another", lambda: setattr(event, "data", list(events[j].data))),
        )
    )
    label = f"sequence: {name} {event.type} {events[j].type}"
    act()
    return label, written(first, events)


def events_of(records: list[tuple[bool, bytes]]) -> list[Event]:
    events: list[Event] = []
    data: list[bytes] = []
    for is_event, body in records:
        if is_event:
            fields = json.loads(body)
            events.append(Event(data, fields["type"], "payload" not in fields))
            data = []
        else:
            data.append(body)
    return events


def written(first: bytes, events: list[Event]) -> bytes:
    seconds = int(json.loads(first)["timestamp"])
    out = [record("BELENIOS", first, seconds)]
    parent: str | None = None
    for height, event in enumerate(events):
        out += [record(data_name(body), body, seconds) for body in event.data]
        if not event.type:
            continue
        payload = None if event.bare or not event.data else data_name(event.data[-1])[:64]
        body = event_bytes(parent, height, event.type, payload)
        out.append(record(event_name(body), body, seconds))
        parent = event_name(body)[:64]
    return b"".join(out)


# The container


def _container(base: Base, source: random.Random) -> tuple[str, bytes]:
    raw = bytearray(base.archive)
    starts = [
        at
        for at in range(0, len(raw), BLOCK)
        if raw[at + 156 : at + 157] == b"0" and raw[at + 100 : at + 108] == b"0000644\0"
    ]
    at = source.choice(starts)
    kind = source.randrange(4)
    if kind == 0:
        return "bytes: damaged", mutations.damage(bytes(raw), source)
    if kind == 1:
        place = source.choice(
            (
                0,
                63,
                70,
                99,
                100,
                106,
                108,
                115,
                116,
                130,
                136,
                146,
                150,
                155,
                156,
                157,
                257,
                263,
                265,
                345,
                511,
            )
        )
        raw[at + place] = source.choice((0, 32, 48, 49, 55, 65, 255))
        if source.random() < 0.8:
            raw[at + 148 : at + 156] = b"        "
            raw[at + 148 : at + 156] = b"%06o\0 " % sum(raw[at : at + BLOCK])
        return f"header: byte {place}", bytes(raw)
    if kind == 2:
        return "bytes: end cut or grown", bytes(
            raw[: -source.choice((1, 511, 512, 1024))]
            if source.random() < 0.5
            else raw + bytes(source.choice((1, 511, 512, 1024, 10240)))
        )
    size = int(raw[at + 124 : at + 135], 8)
    if size % BLOCK:
        raw[at + BLOCK + size] = 1
    return "padding", bytes(raw)
