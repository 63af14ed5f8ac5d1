"""The lot of a contest: a value that nobody can choose and nobody can know before the vote ends.

With ``P`` a point that follows from the contest and its encrypted tally, each trustee publishes
``x_i * P`` with a proof. Any t of n combine to ``x * P``, whichever t they are and whatever
randomness their proofs have: a unique threshold value, as in the random beacons of Cachin, Kursawe
and Shoup (Random oracles in Constantinople, 2005, section 3). The seed is its SHA-256. Fewer than
t trustees cannot predict it; a voter who knows the tally cannot either.

The share is handed in with the decryption and stands beside the archive: archives stay those of the
specification, which other programs verify.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from ballots import checks, proofs
from ballots.election import Election
from ballots.encoding import dumps, loads_strict, take_object
from ballots.group import Element
from ballots.keys import public_key
from ballots.tally import combine
from ballots.trustees import Trustee, Trustees


def point(election: Election, tally_hash: str) -> Element:
    """``P``: HashToGroup of uuid, fingerprint and ``tally_hash``, the SHA-256 (hex) of the
    encrypted tally before any shuffle. No trustee has a part in any of them."""
    text = f"lot|{election.uuid}|{election.fingerprint}|{tally_hash}"
    return election.group.hash_to_element(text)


def share(election: Election, tally_hash: str, private_key: str) -> bytes:
    """The share of the holder of ``private_key`` (decimal): the factor and its proof."""
    group = election.group
    public, x = public_key(group, private_key), group.parse_scalar(private_key, "private key")
    base = point(election, tally_hash)
    proof = proofs.prove_lot(group, election.fingerprint, x, public, base, group.random_scalar)
    return dumps({"factor": group.mul(x, base).text, "proof": proof.to_json()})


def check_share(
    election: Election, tally_hash: str, trustee: Trustee, raw: bytes, place: str = ""
) -> Element:
    """The factor in a share of ``trustee``. Raises BallotError, which names the trustee."""
    group, place = election.group, f"{place}lot of {trustee.place}"
    fields = take_object(loads_strict(raw, place), place, "factor", "proof")
    factor = group.parse_element(fields["factor"], f"{place}.factor")
    proof = proofs.parse_proof(group, fields["proof"], f"{place}.proof")
    base = point(election, tally_hash)
    proofs.verify_lot(group, election.fingerprint, trustee.key, base, factor, proof, place)
    return factor


def seed(
    election: Election, trustees: Trustees, tally_hash: str, shares: Mapping[int, bytes]
) -> str:
    """The seed (hex) from shares by number of trustee. Raises BallotError for a wrong share, one
    of nobody, and when some are missing."""
    by_number = {trustee.number: trustee for trustee in trustees.all}
    factors = {}
    for number, raw in sorted(shares.items()):
        trustee = by_number.get(number)
        reason = "there is no such trustee"
        checks.require(trustee is not None, "lot.owner", f"lot share {number}", reason)
        if trustee is not None:
            factors[number] = ((check_share(election, tally_hash, trustee, raw),),)
    ((combined,),) = combine(election.group, trustees, factors, "lot.missing")
    return hashlib.sha256(combined.text.encode()).hexdigest()
