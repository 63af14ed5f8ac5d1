"""The ballot protocol: Belenios, protocol version 1 (specification of release 3.3).

The protocol on one page. Additive notation; ``G`` generates the group, ``q`` is its order.

*Setup.* Trustees make keys ``X = x*G`` with a proof that they know ``x``, alone (``trustees``) or
as t of n (``threshold``). The election key ``Y`` is the sum of their keys. The credential authority
gives each voter a secret string; only ``S = s*G``, derived from it, is published (``credentials``).
The text of the election (``election``) is fixed now: its hash, the fingerprint, enters every proof.

*Vote.* A ballot (``ballot``) encrypts each choice ``m`` as ``(r*G, r*Y + m*G)`` (``elgamal``) and
proves without showing it that ``m`` is 0 or 1 and that the sum of the choices obeys the rules of
the question (``proofs``, ``questions``). It is signed with ``s``; its hash is the voter's tracker.

*Tally.* Homomorphic ciphertexts are added; the others are shuffled by each trustee, with a proof
(``tally``, ``shuffle``). Trustees decrypt the sums, never a ballot, and prove each factor.

*Record.* Everything is in one archive, a chain of events (``archive``), which anyone can check from
the first byte to the result (``verifier``).

Everything that comes from outside is bytes in one canonical form (``encoding``); bytes become a
``Scalar`` or an ``Element`` only through a check (``group``). Every refusal is a ``BallotError``
raised by ``checks.fail`` under the name of a declared check, and nothing else leaves this package.

The package is pure: no clock, no environment, no files but the archive it is given.
"""

from __future__ import annotations


class BallotError(Exception):
    """Something given to this package is refused.

    ``place`` says where, such as ``answers[0].choices[2].alpha``; ``reason`` says why, in plain
    words; ``check`` is the name of the check in ``ballots.checks.CHECKS`` that refused it.
    """

    def __init__(self, place: str, reason: str, check: str | None = None) -> None:
        super().__init__(place, reason, check)
        self.place = place
        self.reason = reason
        self.check = check

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}" if self.place else self.reason
