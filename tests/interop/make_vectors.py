"""Makes the archives without faults in tests/vectors/belenios-3.3, with belenios-tool alone.

    python -m tests.interop.make_vectors

Makes those that the manifest does not have: keys are new each time, and what is there is kept.
"""

from __future__ import annotations

import hashlib
import json
import lzma
from typing import Any

from ballots.encoding import loads_strict
from tests.ballots.mutations import bodies
from tests.interop.checking import check, prefixes
from tests.interop.elections import TEXTS, Held, Plan, hold
from tests.interop.theirs import Theirs
from tests.interop.tool import Tool, find, folder
from tests.interop.vectors import OWN

BLANK = {"answers": ["a", "b", "c"], "blank": True, "min": 2, "max": 3, "question": "Two or three"}
NONE = {"answers": ["yes", "no"], "min": 0, "max": 2, "question": "None, one or both"}
GRADES: dict[str, Any] = {
    "type": "NonHomomorphic",
    "value": {"answers": ["x", "y", "z"], "question": "Grades"},
    "extra": {"type": "MajorityJudgment", "grades": ["good", "bad"]},
}
LISTS: dict[str, Any] = {
    "type": "Lists",
    "value": {"answers": [["L", "a", "b"], ["M", "c"], ["None of them", "blank"]], "question": "l"},
}
NAMES = {"name": TEXTS[3], "description": "".join(TEXTS), "administrator": TEXTS[7]}
ODD = {"answers": list(TEXTS), "blank": False, "min": 0, "max": len(TEXTS), "question": TEXTS[9]}
L1, L2, L3 = [[1, 1, 1], [0, 0], [0, 0]], [[0, 0, 0], [1, 1], [0, 0]], [[0, 0, 0], [0, 0], [1, 1]]

PLANS: dict[str, tuple[str, Plan]] = {
    "rfc3526": (
        "RFC-3526-2048, homomorphic with blank and non-homomorphic, two shufflers, a second vote",
        Plan(
            "RFC-3526-2048",
            (BLANK, GRADES),
            ((0, 1), (0, 1)),
            (None, None),
            (
                (0, [[1, 0, 0, 0], [0, 1, 255]]),
                (1, [[0, 1, 0, 1], [7, 7, 7]]),
                (0, [[0, 1, 1, 1], [9, 8, 7]]),
            ),
            (2, 1),
            (1, 2),
        ),
    ),
    "lists-blank": (
        "lists of which one means blank, and two homomorphic questions, with and without blank",
        Plan(
            questions=(LISTS, BLANK, NONE),
            weights=(None, None, None, None),
            votes=(
                (0, [L1, [1, 0, 0, 0], [0, 0]]),
                (1, [L2, [0, 1, 1, 0], [1, 1]]),
                (2, [L3, [0, 1, 1, 1], [0, 1]]),
            ),
            decryptors=(1,),
        ),
    ),
    "mixed-trustees": (
        "two single trustees and two of three, of whom the first and the third decrypt",
        Plan(
            questions=(NONE,),
            blocks=((0, 1), (0, 1), (2, 3)),
            votes=((1, [[1, 0]]), (0, [[1, 1]])),
            decryptors=(5, 2, 3, 1),
        ),
    ),
    "threshold-shuffles": (
        "two of four threshold trustees, non-homomorphic, three shufflers, more shares than needed",
        Plan(
            questions=(GRADES, NONE),
            blocks=((2, 4),),
            weights=(None, None, None),
            votes=((2, [[1, 2, 3], [0, 0]]), (0, [[255, 0, 1], [1, 0]]), (2, [[3, 2, 1], [0, 1]])),
            shufflers=(4, 1, 3),
            decryptors=(3, 1, 4),
        ),
    ),
    "belenios2048-threshold": (
        "BELENIOS-2048, one of two threshold trustees, lists",
        Plan(
            "BELENIOS-2048",
            (LISTS,),
            ((1, 2),),
            votes=((0, [L3]), (1, [L1])),
            decryptors=(2,),
        ),
    ),
    "weights": (
        "weights below, at and above 2^30, and voters who vote again",
        Plan(
            questions=(BLANK, NONE),
            weights=((1 << 30) - 1, 1 << 30, 1, 3, None),
            votes=(
                (2, [[0, 1, 1, 0], [0, 1]]),
                (0, [[1, 0, 0, 0], [1, 1]]),
                (3, [[0, 1, 1, 1], [1, 0]]),
                (0, [[0, 0, 1, 1], [0, 0]]),
                (2, [[1, 0, 0, 0], [1, 0]]),
            ),
            decryptors=(1,),
        ),
    ),
    "nobody-voted": (
        "no ballot in an election of all kinds of questions",
        Plan(
            questions=(NONE, GRADES, LISTS, BLANK),
            blocks=((0, 1), (0, 1)),
            shufflers=(1, 2),
            decryptors=(2, 1),
        ),
    ),
    "nobody-graded": (
        "no ballot in an election of one non-homomorphic question: two trustees have equal shares",
        Plan(questions=(GRADES,), blocks=((0, 1), (0, 1)), shufflers=(1,), decryptors=(1, 2)),
    ),
    "names": (
        "names with quotes, control characters, DEL, backslashes, characters beyond 16 bits",
        Plan(
            questions=(ODD,),
            votes=((0, [[1] * len(TEXTS)]),),
            decryptors=(1,),
            template={**NAMES, "credential_authority": TEXTS[10]},
        ),
    ),
    "language": (
        "a language, which the specification does not list",
        Plan(
            questions=(NONE,),
            votes=((0, [[1, 0]]),),
            decryptors=(1,),
            template={"name": "n", "description": "", "language": ["ar", "rtl"]},
        ),
    ),
}
STOPPED = {"Setup": "rfc3526", "EndBallots": "lists-blank", "EncryptedTally": "weights",
           "Shuffle": "threshold-shuffles", "PartialDecryption": "mixed-trustees"}  # fmt: skip
"""Archives that stop after the first event of this type, each of another election."""


def main() -> None:
    tool = find()
    assert tool is not None, "needs belenios-tool 3.3"
    path = OWN / "manifest.json"
    entries: list[dict[str, Any]] = json.loads(path.read_bytes()) if path.exists() else []
    there = {entry["file"].removesuffix(".bel.xz") for entry in entries}
    made = {name: entry for name, entry in PLANS.items() if name not in there}
    for name, (note, plan) in made.items():
        held = _held(tool, plan)
        check(tool, held)
        entries.append(save(name, held.archive, note) | {"result": plan.expected()})
        for kind in (kind for kind, stopped in STOPPED.items() if stopped == name):
            archive = next(found for found in prefixes(held.archive) if _last(found) == kind)
            note = f"{name} in progress, after the first {kind} event"
            entries.append(save(f"{name}-stopped-{kind}", archive, note) | {"in_progress": True})
    path.write_text(json.dumps(entries, indent=1, ensure_ascii=False) + "\n")


def _held(tool: Tool, plan: Plan) -> Held:
    with folder() as where:
        return hold(plan, where, lambda: Theirs(tool))


def save(name: str, archive: bytes, note: str) -> dict[str, Any]:
    file = f"{name}.bel.xz"
    (OWN / file).write_bytes(lzma.compress(archive, preset=9 | lzma.PRESET_EXTREME))
    digest = hashlib.sha256(archive).hexdigest()
    return {"file": file, "sha256": digest, "expect": "valid", "note": note}


def _last(archive: bytes) -> str:
    last = bodies(archive)[-1][1]
    return str(loads_strict(last, "event")["type"])


if __name__ == "__main__":
    main()
