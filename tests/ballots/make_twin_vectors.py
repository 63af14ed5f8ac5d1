"""Makes tests/vectors/twins/ballots.json, which Python and the browser's code both run.

    python -m tests.ballots.make_twin_vectors

Everything is deterministic. Pick number n of label l is the SHA-512 of "mandate-twins|l|n" as a
big-endian number modulo q; provers draw their picks in the order that ``ballots.proofs`` documents,
questions in the order of their fields, and the signature of a ballot draws last.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ballots import BallotError, ballot, credentials, election, encoding, proofs
from ballots.election import Election
from ballots.elgamal import encrypt_number
from ballots.group import Group, Pick, Scalar, get_group
from ballots.questions import HomomorphicQuestion, ListsQuestion, NonHomomorphicQuestion

PATH = Path(__file__).parent.parent / "vectors" / "twins" / "ballots.json"
UUID = "TwinsTwinsTwins"
SECRETS = ("cwcyL-pJ3fTt-J9mSK-rvbUNS", "nJoav-Nsf7d6-4pYJE-5ocbtZ")
ORIGIN = "Made by tests/ballots/make_twin_vectors.py, which says how; all keys are test data."


def picks(group: Group, label: str) -> Pick:
    """The deterministic source of scalars with this label."""
    count = -1

    def pick() -> Scalar:
        nonlocal count
        count += 1
        digest = hashlib.sha512(f"mandate-twins|{label}|{count}".encode()).digest()
        return group.scalar(int.from_bytes(digest))

    return pick


def twin_election(group: Group) -> Election:
    """All kinds of question in one election; the key is pick 0 of "trustee" times G."""
    candidates = ("李雷", "韩梅梅", "Zoë “Z” O'Neil\t\\")
    questions = (
        HomomorphicQuestion("Two of three", candidates, None, 1, 2),
        HomomorphicQuestion("One, or blank", candidates, True, 1, 1),
        HomomorphicQuestion("Any number", ("For", "Against"), False, 0, 2),
        NonHomomorphicQuestion("Ranks", candidates, {"type": "STV"}),
        ListsQuestion("Lists", (("A", "a1", "a2"), ("B", "b1"))),
    )
    return election.build(
        uuid=UUID,
        name="Twins 双胞胎",
        description="",
        group=group,
        public_key=group.base_mul(picks(group, "trustee")()),
        questions=questions,
        administrator="mandate",
    )


CHOICES: list[list[Any]] = [
    [[1, 0, 1], [0, 0, 1, 0], [0, 0], [1, 2, 3], [[1, 1, 0], [0, 0]]],
    [[0, 1, 0], [1, 0, 0, 0], [1, 1], [255, 0, 1], [[0, 0, 0], [1, 1]]],
]


def _group(group: Group) -> dict[str, Any]:
    pick = picks(group, "group")
    a, b = pick(), pick()
    p, q = group.base_mul(pick()), group.base_mul(pick())
    return {
        "a": str(a),
        "b": str(b),
        "p": p.text,
        "q": q.text,
        "p_plus_q": (p + q).text,
        "p_minus_q": (p - q).text,
        "minus_p": (-p).text,
        "a_times_g": group.base_mul(a).text,
        "a_times_p_plus_b_times_q": group.mul_add(a, p, b, q).text,
        "a_times_g_plus_b_times_q": group.base_mul_add(a, b, q).text,
        "zero_times_p": group.mul(Scalar(0), p).text,
        "hash_to_scalar": {text: str(group.hash_to_scalar(text)) for text in ("", "投票|é")},
        "embed": [[numbers, group.embed(numbers).text] for numbers in ([0], [1, 2], [255] * 30)],
        "independent_generators": {str(i): group.independent_generator(i).text for i in (-1, 0, 1)},
        "bad_elements": [
            [text, _refusal(lambda text=text: group.parse_element(text, ""))]
            for text in (
                group.identity.text,
                "0" * 64,
                "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec",
                "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffee",
                "7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7",
                "0" * 63 + "2",
                p.text.upper(),
                p.text[1:],
                p.text + "0",
                "",
            )
        ],
        "bad_scalars": [
            [text, _refusal(lambda text=text: group.parse_scalar(text, ""))]
            for text in (
                str(group.order),
                "01",
                "-1",
                "+1",
                "1 ",
                "0x1",
                "1e3",
                "",
                "9" * 5000,
                "１",
            )
        ],
    }


def _refusal(call: Any) -> str:
    try:
        call()
    except BallotError as refusal:
        return str(refusal.check)
    raise AssertionError("not refused")


def _encoding() -> dict[str, Any]:
    good = [
        '{"a":[1,-2,true,null,"é\\"\\\\\\n\\u0001\\u007f"]}',
        "[]",
        "0",
        '"投票"',
        "9007199254740991",
    ]
    bad = [
        "",
        "{",
        "[1, 2]",
        "[1]\n",
        "01",
        "-0",
        "1.0",
        "1e3",
        "NaN",
        "9007199254740992",
        "1" * 5000,
        '{"a":1,"a":1}',
        '"\\u00e9"',
        '"\\/"',
        '"\\ud800"',
        '"\x7f"',
        "[" * 17 + "]" * 17,
        "[" * 100_0,
        "\ufeff[]",
        "'a'",
    ]
    for text in good:
        encoding.loads_strict(text.encode(), "")
    return {
        "good": good,
        "bad": [
            [text, _refusal(lambda text=text: encoding.loads_strict(text.encode(), ""))]
            for text in bad
        ],
    }


def _credentials(group: Group) -> dict[str, Any]:
    bad = (
        "",
        "cwcyL-pJ3fTt-J9mSK-rvbUN",
        "cwcyLpJ3fTtJ9mSKrvbUNS",
        "cwcyL-pJ3fTt-J9mSK-rvbUN0",
        "cwcyL-pJ3fTt-J9mSK-rvbUNé",
        " cwcyL-pJ3fTt-J9mSK-rvbUNS",
    )
    derived = []
    for secret in SECRETS:
        scalar, public = credentials.derive(group, UUID, secret)
        derived.append({"secret": secret, "scalar": str(scalar), "public": public.text})
    publics = [entry["public"] for entry in derived]
    return {
        "uuid": UUID,
        "derived": derived,
        "sorted": credentials.sort_public(group, publics),
        "bad": [[text, _refusal(lambda text=text: credentials.check(text))] for text in bad],
    }


def _proofs(group: Group) -> dict[str, Any]:
    """Each proof with label "proofs <name>"; all about pick 0 of "secret" and its public key."""
    secret = picks(group, "secret")()
    public = group.base_mul(secret)
    r = picks(group, "r")()
    zero, one = (encrypt_number(group, public, m, r) for m in (0, 1))
    statements = proofs.interval(group, one, 0, 2)
    return {
        "secret": str(secret),
        "public": public.text,
        "r": str(r),
        "zero": zero.to_json(),
        "one": one.to_json(),
        "knowledge": proofs.prove_knowledge(
            group, proofs.key_prefix(group, public), secret, picks(group, "proofs knowledge")
        ).to_json(),
        "decryption": proofs.prove_decryption(
            group, "φ", secret, public, one.alpha, picks(group, "proofs decryption")
        ).to_json(),
        "one_zero": [
            proof.to_json()
            for proof in proofs.prove_one_zero(
                group,
                public,
                proofs.interval_prefix("context", one),
                statements,
                1,
                r,
                picks(group, "proofs one_zero"),
            )
        ],
        "nonzero": proofs.prove_nonzero(
            group, public, "context", one, r, picks(group, "proofs nonzero")
        ).to_json(),
    }


def _ballots(group: Group) -> dict[str, Any]:
    twins = twin_election(group)
    made = []
    for n, (secret, choices) in enumerate(zip(SECRETS, CHOICES, strict=True)):
        seed = hashlib.sha256(f"mandate-twins|seed|{n}".encode()).digest()
        pick = picks(group, f"ballot {n}")
        raw, opening = ballot.encrypt_opened(twins, secret, choices, seed, pick)
        made.append(
            {
                "secret": secret,
                "choices": choices,
                "seed": seed.hex(),
                "label": f"ballot {n}",
                "raw": raw.decode(),
                "tracker": opening.tracker,
                "opening": opening.raw.decode(),
            }
        )
    return {
        "election": twins.raw.decode(),
        "fingerprint": twins.fingerprint,
        "ballots": made,
        "bad": _bad_ballots(twins, made[0]["raw"]),
    }


def _bad_ballots(twins: Election, raw: str) -> list[list[Any]]:
    """[path of keys, new value, check]: where the first ballot is changed, and what refuses it."""
    value = json.loads(raw)
    other = json.loads(raw)["answers"][0]["choices"][0]["beta"]
    changes: list[tuple[list[Any], Any]] = [
        (["election_uuid"], UUID + "2"),
        (["election_hash"], "A" * 43),
        (["credential"], other),
        (["answers"], value["answers"][:-1]),
        (["answers"], [*value["answers"], value["answers"][0]]),
        (["answers", 0, "choices", 1, "alpha"], other),
        (["answers", 0, "choices", 1, "alpha"], twins.group.identity.text),
        (["answers", 0, "choices", 1, "alpha"], 7),
        (["answers", 0, "choices"], value["answers"][0]["choices"][:2]),
        (["answers", 0, "individual_proofs", 2, 1, "response"], "0"),
        (["answers", 0, "overall_proof", 0, "challenge"], "1"),
        (["answers", 1, "blank_proof", 0, "response"], "1"),
        (["answers", 1, "overall_proof", 1, "response"], "1"),
        (["answers", 3, "proof", "response"], "1"),
        (["answers", 4, "overall_proof", "response"], "1"),
        (["answers", 4, "list_proofs", 0, 0, "response"], "1"),
        (["answers", 4, "nonzero_proof", "response", 1], "1"),
        (["answers", 4, "nonzero_proof", "commitment"], twins.group.identity.text),
        (["signature", "hash"], "A" * 43),
        (["signature", "proof", "response"], "1"),
    ]
    return [[path, new, _refused_change(twins, raw, path, new)] for path, new in changes]


def change(raw: str, path: list[Any], new: Any) -> bytes:
    """The ballot with one value replaced, and the signature's hash made again unless changed."""
    value = json.loads(raw)
    *parents, last = path
    target = value
    for key in parents:
        target = target[key]
    target[last] = new
    if path[0] != "signature":
        body = {key: value[key] for key in value if key != "signature"}
        value["signature"]["hash"] = encoding.sha256_base64(encoding.dumps(body))
    return encoding.dumps(value)


def _refused_change(twins: Election, raw: str, path: list[Any], new: Any) -> list[str]:
    """Names of the checks that refuse it: the one of ``parse``, or all of ``verify``."""
    changed = change(raw, path, new)
    try:
        found = ballot.faults(twins, ballot.parse(twins, changed))
    except BallotError as refusal:
        found = [refusal]
    if not found:
        raise AssertionError(f"not refused: {path}")
    return sorted({str(fault.check) for fault in found})


def build() -> dict[str, Any]:
    """The whole file."""
    group = get_group("Ed25519")
    return {
        "origin": ORIGIN,
        "group": _group(group),
        "encoding": _encoding(),
        "credentials": _credentials(group),
        "proofs": _proofs(group),
        "ballots": _ballots(group),
    }


def main() -> None:
    """Write the file."""
    PATH.parent.mkdir(parents=True, exist_ok=True)
    PATH.write_text(json.dumps(build(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
