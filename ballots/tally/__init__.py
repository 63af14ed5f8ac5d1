"""From ballots to the result: the encrypted tally, shares of its decryption, the counts."""

from __future__ import annotations

from ballots.tally.decryption import (
    Factors,
    Result,
    check_partial_decryption,
    check_result,
    combine,
    decrypt,
    missing,
    partial_decryption,
    result,
)
from ballots.tally.encrypted import (
    Accumulator,
    Owned,
    SizedTally,
    Tally,
    number_json,
    parse_owned,
    parse_sized,
    parse_tally,
    sized,
)

__all__ = [
    "Accumulator",
    "Factors",
    "Owned",
    "Result",
    "SizedTally",
    "Tally",
    "check_partial_decryption",
    "check_result",
    "combine",
    "decrypt",
    "missing",
    "number_json",
    "parse_owned",
    "parse_sized",
    "parse_tally",
    "partial_decryption",
    "result",
    "sized",
]
