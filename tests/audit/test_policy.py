"""Trust policies: the example of the specification, and every way to write one wrongly."""

from __future__ import annotations

from itertools import combinations

import pytest

from audit.errors import LogError
from audit.keys import Algorithm, Signer
from audit.policy import parse
from tests.audit.logs import SIGNER, WITNESS

NAMES = ["X1", "X2", "X3", "Y1", "Y2", "Y3"]
WITNESSES = {
    name: Signer.from_seed(f"{name}.example", Algorithm.ED25519_TIMED, bytes([number]) * 32)
    for number, name in enumerate(NAMES)
}
LINES = "".join(
    f"witness {name} {key.verifier} https://{name}/\n" for name, key in WITNESSES.items()
)
EXAMPLE = f"""# a comment
log {SIGNER.verifier}

{LINES}
\tgroup X-witnesses  2 X1 X2 X3\t
group Y-witnesses any Y1 Y2 Y3
group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def test_the_example_of_the_specification() -> None:
    policy = parse(EXAMPLE.encode())
    assert policy.logs == (SIGNER.verifier,)
    assert policy.witnesses["X1"].url == "https://X1/"
    for count in range(7):
        for names in combinations(NAMES, count):
            expected = sum(n[0] == "X" for n in names) >= 2 and any(n[0] == "Y" for n in names)
            assert policy.quorum_reached(WITNESSES[n].verifier for n in names) is expected


def test_a_policy_may_want_nobody_or_one() -> None:
    assert parse(b"quorum none").quorum_reached([])
    one = parse(f"witness w {WITNESS.verifier}\nquorum w\n".encode())
    assert one.quorum_reached([WITNESS.verifier])
    assert not one.quorum_reached([])


def test_names_are_octets() -> None:
    policy = parse(b"witness \xff\xfe " + f"{WITNESS.verifier}\n".encode() + b"quorum \xff\xfe\n")
    assert policy.quorum_reached([WITNESS.verifier])


W = f"witness w {WITNESS.verifier}"


WRONG = [
    "",
    "# nothing",
    W,
    "quorum w",
    "quorum none\nquorum none",
    "quorum none none",
    f"{W}\n{W.replace('w ', 'v ', 1)}\nquorum none",
    f"{W}\n{W}\nquorum none",
    f"witness none {WITNESS.verifier}\nquorum none",
    f"witness w {SIGNER.verifier}\nquorum none",
    f"log {WITNESS.verifier}\nquorum none",
    f"log {SIGNER.verifier}\nlog {SIGNER.verifier}\nquorum none",
    f"log {SIGNER.verifier} url more\nquorum none",
    "log x\nquorum none",
    f"{W}\ngroup g 2 w\nquorum g",
    f"{W}\ngroup g 0 w\nquorum g",
    f"{W}\ngroup g 01 w\nquorum g",
    f"{W}\ngroup g one w\nquorum g",
    f"{W}\ngroup g {'9' * 5000} w\nquorum g",
    f"{W}\ngroup g any\nquorum g",
    f"{W}\ngroup g any w w\nquorum g",
    f"{W}\ngroup g any w\ngroup h any w\nquorum h",
    f"{W}\ngroup g any none\nquorum g",
    f"{W}\ngroup g any g\nquorum g",
    f"{W}\ngroup w any w\nquorum w",
    f"quorum w\n{W}",
    f"{W}\r\nquorum w",
    f"{W}\nquorum w\0",
    f"{W}\nquorum w\nelse",
]


@pytest.mark.parametrize("text", WRONG)
def test_wrong_policies_are_refused(text: str) -> None:
    with pytest.raises(LogError):
        parse(text.encode())
