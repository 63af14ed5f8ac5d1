"""Makes the archives with faults in tests/vectors/belenios-3.3, from those without.

    python -m tests.interop.make_faults

Each has one change, after which all hashes are made again. The manifest says what belenios-tool
does with it and which checks of ours speak: differences that are meant, and faults that the
comparison found in ours (``found``).
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from ballots.group import get_group
from tests.ballots.mutations import bodies, rebuilt
from tests.interop.checking import prefixes
from tests.interop.differences import unexplained
from tests.interop.differential import judge
from tests.interop.elections import Plan, hold
from tests.interop.make_vectors import LISTS, save
from tests.interop.mutators import Base, events_of, written
from tests.interop.ours import Ours
from tests.interop.tool import find, folder
from tests.interop.values import SMALL_ORDER
from tests.interop.vectors import OWN, manifest, unpacked

Change = Callable[[Any], None]


def valid(name: str) -> bytes:
    return unpacked(OWN / f"{name}.bel.xz")


def after(archive: bytes, kind: str) -> bytes:
    """The archive as it was after the first event of this type."""
    return next(
        found for found in prefixes(archive) if f'"{kind}"'.encode() in bodies(found)[-1][1]
    )


def changed(archive: bytes, marker: bytes, change: Change, number: int = 0) -> bytes:
    """One record, the ``number``-th in which the marker is, with its JSON changed in place."""
    (_, first), *records = bodies(archive)
    i = [i for i, (_, body) in enumerate(records) if marker in body][number]
    value = json.loads(records[i][1])
    change(value)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return rebuilt(first, records, {i: text.replace("\x7f", "\\u007f").encode()})


def put(*path: Any, value: Any) -> Change:
    """Puts something in a place, or what a function makes of what is there."""

    def change(whole: Any) -> None:
        for step in path[:-1]:
            whole = whole[step]
        whole[path[-1]] = value(whole[path[-1]]) if callable(value) else value

    return change


def lists_with_three_proofs() -> bytes:
    """A ballot with one proof too many for a list, signed by its voter."""
    votes = [(0, [[[1, 1, 0], [0, 0], [0, 0]]])]
    with folder() as where:
        held = hold(Plan(questions=(LISTS,), votes=votes, decryptors=(1,)), where, Ours)
    archive = after(held.archive, "Ballot")
    base = Base(archive, held.plan.group, held.uuid, held.secrets)

    def change(ballot: Any) -> None:
        proofs = ballot["answers"][0]["list_proofs"][1]
        proofs.append(proofs[0])
        base.resigned(ballot, random.Random(0))

    return changed(archive, b'"election_uuid"', change)


def not_written_again() -> bytes:
    """Two trustees have the same share, and its record stands before the first event only."""
    archive = valid("nobody-graded")
    share = next(body for _, body in bodies(archive) if b"decryption_factors" in body)
    at = archive.rindex(share) - 512
    return archive[:at] + archive[at + 1024 :]


def time_without_digits() -> bytes:
    """A letter in the time of the second record."""
    archive = bytearray(valid("names"))
    header = archive[1024:1536]
    header[136] = ord("A")
    header[148:156] = b"        "
    header[148:156] = b"%06o\0 " % sum(header)
    archive[1024:1536] = header
    return bytes(archive)


def share_twice() -> bytes:
    """The same share of a trustee in two events."""
    (_, first), *records = bodies(valid("threshold-shuffles"))
    events = events_of(records)
    i = next(i for i, event in enumerate(events) if event.type == "PartialDecryption")
    return written(first, [*events[: i + 1], *events[i:]])


def faults() -> Iterator[tuple[str, str, bytes]]:
    """Name, what is wrong, archive."""
    mixed, threshold = valid("mixed-trustees"), valid("threshold-shuffles")
    setup = after(mixed, "Setup")
    share, owner = b'{"decryption_factors"', b'{"owner":'
    no_proof = put("decryption_proofs", 0, 0, value=1)
    wrong = put("decryption_proofs", 0, 0, "response", value="1")
    short = put("decryption_factors", 0, value=[])
    begun = after(mixed, "PartialDecryption")
    yield (
        "found--share-not-needed-is-none",
        "a number in place of a proof in a share; there are enough others",
        changed(threshold, share, no_proof, 2),
    )
    yield "found--record-not-written-again", str(not_written_again.__doc__), not_written_again()
    yield (
        "found--time-without-digits",
        str(time_without_digits.__doc__),
        time_without_digits(),
    )
    yield (
        "share-of-nobody",
        "a share of trustee 9 of 5",
        changed(begun, owner, put("owner", value=9)),
    )
    yield "share-twice", str(share_twice.__doc__), share_twice()
    yield (
        "share-wrong-proof",
        "in progress, a share with a wrong proof",
        changed(begun, share, wrong),
    )
    yield "share-too-short", "in progress, a share without factors", changed(begun, share, short)
    yield (
        "shuffle-of-nobody",
        "a shuffle of trustee 9 of 4",
        changed(after(threshold, "Shuffle"), owner, put("owner", value=9)),
    )
    weights = after(valid("weights"), "Setup")
    zero = put(0, value=lambda entry: entry.split(",")[0] + ",0")
    yield "weight-zero", "a voter with the weight 0", changed(weights, b'["', zero, 2)
    point = put(0, value=SMALL_ORDER[0])
    yield "credential-of-small-order", "a credential of order 2", changed(setup, b'["', point, 2)
    nobody = put(0, value="1".zfill(64))
    yield (
        "credential-neutral",
        "the neutral element as credential",
        changed(setup, b'["', nobody, 2),
    )
    yield "list-with-three-proofs", str(lists_with_three_proofs.__doc__), lists_with_three_proofs()
    text = put("num_tallied", value=str)
    tally = after(valid("lists-blank"), "EncryptedTally")
    yield (
        "number-of-ballots-as-text",
        "the number of ballots as a string",
        changed(tally, b'{"num_tallied"', text),
    )
    extra = put("questions", 1, "extra", value=[0.5])
    stopped = after(valid("nobody-voted"), "Setup")
    yield (
        "extra-with-fraction",
        "a fraction in the extra of a question",
        changed(stopped, b'"questions"', extra),
    )

    yield from setups()


def setups() -> Iterator[tuple[str, str, bytes]]:
    """Elections that have only been set up."""
    grades, lists = (after(valid(name), "Setup") for name in ("nobody-graded", "lists-blank"))
    questions, credentials = b'"questions"', b'["'
    language = put("language", value="fr")
    yield (
        "found--language-is-text",
        "a language without its direction",
        changed(lists, questions, language),
    )
    weight = put(0, value=lambda entry: f"{entry},2")
    yield (
        "weight-where-ballots-are-shuffled",
        "a voter with the weight 2 where ballots cannot be added up",
        changed(grades, credentials, weight, 2),
    )

    def again(entries: list[str]) -> None:
        entries[0] = entries[1]

    yield "credential-twice", "one voter twice", changed(lists, credentials, again, 2)
    empty = put("questions", 2, "answers", value=[])
    yield "no-answers", "a question without answers", changed(lists, questions, empty)
    many = put("questions", 0, "value", "answers", value=["a"] * 31)
    yield "grades-of-31", "more grades than fit into an element", changed(grades, questions, many)
    yield "trustee-twice", str(trustee_twice.__doc__), trustee_twice()
    yield "time-with-leading-zero", str(time_with_leading_zero.__doc__), time_with_leading_zero()


def trustee_twice() -> bytes:
    """One trustee in two places; the key is the double of that key."""
    archive = after(valid("nobody-graded"), "Setup")
    group = get_group("Ed25519")
    trustees = json.loads(bodies(archive)[2][1])
    key = group.parse_element(trustees[0][1]["public_key"], "key")
    archive = changed(archive, b'"questions"', put("public_key", value=(key + key).text))
    return changed(archive, b'"Single"', put(1, value=trustees[0]))


def time_with_leading_zero() -> bytes:
    """The time of the archive with a zero before it."""
    (_, first), *records = bodies(after(valid("names"), "Setup"))
    first = first.replace(b':"1', b':"01')
    return rebuilt(first, records, {})


def main() -> None:
    tool = find()
    assert tool is not None, "needs belenios-tool 3.3"
    entries = [entry for entry in manifest() if entry["expect"] == "valid"]
    for name, fault, archive in faults():
        verdicts = judge(tool, archive)
        assert unexplained(verdicts) == "", name
        assert verdicts.ours.faults, name
        entry = save(name, archive, " ".join(fault.split())) | {
            "expect": "invalid",
            "tool": "refuses" if verdicts.theirs else "accepts",
            "checks": sorted({fault.check for fault in verdicts.ours.faults}),
        }
        entries.append(entry)
    (OWN / "manifest.json").write_text(json.dumps(entries, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
