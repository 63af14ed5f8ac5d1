"""One change inside a JSON value: another number, text or element, parts exchanged or dropped."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import Any

from ballots import BallotError
from ballots.group import Group
from tests.ballots import mutations

Json = Any
SMALL_ORDER = (
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec",
    "0" * 64,
    "8" + "0" * 63,
    "7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd83d3d706a17c7",
)
"""Points of order 2, 4, 4 and 8, as Ed25519 elements are written."""


Path = tuple[Any, ...]


def _paths(value: Json, path: Path = ()) -> list[Path]:
    found: list[Path] = [path] if path else []
    if isinstance(value, dict):
        for key in value:
            found += _paths(value[key], (*path, key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            found += _paths(item, (*path, i))
    return found


def _at(value: Json, path: Path) -> Json:
    for step in path:
        value = value[step]
    return value


def change(value: Json, others: list[Json], source: random.Random, group: Group) -> str:
    """Change ``value`` in place."""
    paths = _paths(value)
    if not paths:
        if isinstance(value, list):
            value.append(source.choice(mutations.ODD_VALUES))
        return "grown"
    path = source.choice(paths)
    parent, last = _at(value, path[:-1]), path[-1]
    where = ".".join(str(step) if isinstance(step, str) else "#" for step in path)
    act = source.choice((_leaf, _leaf, _leaf, _exchange, _elsewhere, _structure))
    return f"{where} {act(Spot(value, parent, last, path, others, source, group))}"


@dataclass
class Spot:
    """The part ``parent[last]`` of ``value``, which is to change; ``others`` are other records."""

    value: Json
    parent: Json
    last: Any
    path: Path
    others: list[Json]
    source: random.Random
    group: Group


def _leaf(spot: Spot) -> str:
    """Another number, text or element in place of the one."""
    item = spot.parent[spot.last]
    if isinstance(item, bool) or item is None:
        spot.parent[spot.last] = spot.source.choice((not item, None, 0, 1, "true"))
    elif isinstance(item, int):
        spot.parent[spot.last] = spot.source.choice(
            (item + 1, item - 1, 0, -1, str(item), 1 << 30, 1 << 53, item * 2)
        )
    elif isinstance(item, str):
        spot.parent[spot.last] = _string(item, spot.others, spot.source, spot.group)
    else:
        spot.parent[spot.last] = spot.source.choice(mutations.ODD_VALUES)
        return "replaced"
    return "changed"


def _string(item: str, others: list[Json], source: random.Random, group: Group) -> Json:
    if item.startswith(("{", "[")):
        inner = json.loads(item)
        change(inner, others, source, group)
        return text(inner).decode()
    choices: list[Json] = [
        item + " ",
        item + "x",
        "",
        item.upper(),
        item[::-1],
        _number_or(item),
        [item],
    ]
    if item.isdecimal():
        number = int(item)
        near = (number + 1, number - 1, number + group.order, number - group.order, -number)
        choices += [*map(str, near), "0" + item, "+" + item, hex(number), item + ".0", "0", "1"]
    if len(item) >= 64:
        choices += [
            source.choice(list(_strings(others))),
            group.generator.text,
            group.identity.text,
        ]
        choices += _elements(item, group)
    if "," in item:
        credential, _, weight = item.partition(",")
        number = int(weight) if weight.isdecimal() else 1
        texts = ("", ",", ",0", ",-1", ",01", f",{number + 1}", ",1", ",1.0", ",1,x", f",{1 << 70}")
        choices += [credential + text for text in texts]
    return source.choice(choices)


def _number_or(item: str) -> Json:
    """A number instead of a string, where there is one."""
    return int(item) if item.isdecimal() and len(item) < 16 else item + "é"


def _elements(item: str, group: Group) -> list[Json]:
    """Elements near this one: its inverse, other spellings, a component of small order."""
    try:
        element = group.parse_element(item, "here", identity=True)
    except BallotError:
        return [item + ",1", item + ",5", item.split(",")[0]]
    found: list[Json] = [
        (-element).text,
        (element + group.generator).text,
        item + ",1",
        item + ",0",
    ]
    if group.name == "Ed25519":
        return [*found, *SMALL_ORDER, f"{int(item, 16) ^ 1 << 255:064x}", "0" + item]
    return [*found, "0", str(int(item) * 2), "0" + item, str(-int(item))]


def _strings(value: Json) -> set[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return set().union(*map(_strings, value)) if value else {""}
    return {value} if isinstance(value, str) else {""}


def _exchange(spot: Spot) -> str:
    """Swap two parts of one record that are of the same kind."""
    item = spot.parent[spot.last]
    same = [
        other
        for other in _paths(spot.value)
        if other != spot.path
        and other[: len(spot.path)] != spot.path
        and spot.path[: len(other)] != other
        and type(_at(spot.value, other)) is type(item)
        and _at(spot.value, other) != item
        and (len(other) == len(spot.path) or other[-1] == spot.last)
    ]
    if not same:
        return _structure(spot)
    other = spot.source.choice(same)
    holder = _at(spot.value, other[:-1])
    spot.parent[spot.last], holder[other[-1]] = holder[other[-1]], item
    return "exchanged"


def _elsewhere(spot: Spot) -> str:
    """Take the part from another record that has one in this place."""
    found = []
    for other in spot.others:
        try:
            candidate = _at(other, spot.path)
        except (KeyError, IndexError, TypeError):
            continue
        if candidate != spot.parent[spot.last]:
            found.append(candidate)
    if not found:
        return _structure(spot)
    spot.parent[spot.last] = spot.source.choice(found)
    return "from another record"


def _structure(spot: Spot) -> str:
    """Drop, repeat, reorder."""
    if isinstance(spot.parent, list):
        how = spot.source.choice(("dropped", "repeated", "turned", "shuffled", "emptied"))
        if how == "dropped":
            del spot.parent[spot.last]
        elif how == "repeated":
            spot.parent.insert(
                spot.source.randrange(len(spot.parent) + 1),
                json.loads(json.dumps(spot.parent[spot.last])),
            )
        elif how == "turned":
            spot.parent.reverse()
        elif how == "shuffled":
            spot.source.shuffle(spot.parent)
        else:
            spot.parent.clear()
        return how
    items = list(spot.parent.items())
    how = spot.source.choice(("dropped", "reordered", "renamed", "joined"))
    extra = spot.source.choice(
        ("extra", "name", "blank", "blank_proof", "signature", "language", "id")
    )
    if how == "dropped":
        items = [(name, item) for name, item in items if name != spot.last]
    elif how == "reordered":
        spot.source.shuffle(items)
    elif how == "renamed":
        items = [(extra if name == spot.last else name, item) for name, item in items]
    else:
        items.insert(
            spot.source.randrange(len(items) + 1),
            (extra, spot.source.choice([item for _, item in items])),
        )
    spot.parent.clear()
    spot.parent.update(items)
    return f"{how} {extra if how in ('renamed', 'joined') else ''}".strip()


def text(value: Json) -> bytes:
    """The text of a changed value, not always canonical."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("\x7f", "\\u007f").encode("utf-8", "replace")
