"""What a trustee does with an archive, and only after checking it (ATTACKS: another election, one
ballot, a subset).

A share of the decryption reveals what is in the ciphertexts it is for. So the ciphertexts are made
anew from the ballots of the archive, every ballot is verified, and anything else is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ballots import checks, lot, shuffle
from ballots.election import Election
from ballots.encoding import dumps, loads_strict, take_object
from ballots.group import Group
from ballots.keys import public_key
from ballots.tally import Accumulator, partial_decryption, sized
from ballots.trustees import Trustee, Trustees
from ballots.verifier import Progress, Report, judge
from ballots.verifier.walk import Walk

REFUSED = "decryption.refused"


@dataclass(frozen=True, slots=True)
class Decrypted:
    """What a trustee hands in for a contest: the share of the tally, as the specification has it,
    and the share of the lot (``ballots.lot``), both in canonical bytes."""

    share: bytes
    lot: bytes

    @property
    def raw(self) -> bytes:
        """Both in one document, as the service takes them."""
        return b'{"share":' + self.share + b',"lot":' + self.lot + b"}"


def parse_decrypted(raw: bytes, place: str = "decryption") -> Decrypted:
    """Both parts of what a trustee handed in. Raises BallotError."""
    fields = take_object(loads_strict(raw, place), place, "share", "lot")
    return Decrypted(dumps(fields["share"]), dumps(fields["lot"]))


def decrypt_archive(
    path: Path,
    private_key: str,
    expected_fingerprint: str,
    *,
    jobs: int = 1,
    progress: Progress | None = None,
) -> Decrypted:
    """The shares of the holder of ``private_key`` (decimal) of the tally of a closed archive and
    of its lot.

    Raises BallotError (check ``decryption.refused``) when the archive is not valid, is of another
    election than ``expected_fingerprint``, is not ready, or the key is none of its trustees'.
    """
    walk = _verified(path, expected_fingerprint, jobs, progress)
    setup, counting = walk.setup, walk.counting
    if setup is None or setup.trustees is None or counting is None or counting.tally is None:
        checks.fail(REFUSED, path.name, "the vote is not closed, there is no tally to decrypt")
    waiting = setup.mixed and walk.last not in ("EndShuffles", "PartialDecryption")
    checks.require(not waiting, REFUSED, path.name, "the shuffles are not finished")
    checks.require(walk.last != "Result", REFUSED, path.name, "the result is published already")
    find_trustee(setup.election.group, setup.trustees, private_key)
    share = partial_decryption(setup.election, counting.tally, private_key)
    return Decrypted(share, lot.share(setup.election, counting.tally_hash, private_key))


def shuffle_archive(
    path: Path, expected_fingerprint: str, *, jobs: int = 1, progress: Progress | None = None
) -> bytes:
    """A shuffle of the ciphertexts of a closed archive that waits for one. Raises BallotError."""
    walk = _verified(path, expected_fingerprint, jobs, progress)
    setup, counting = walk.setup, walk.counting
    waiting = walk.last in ("EncryptedTally", "Shuffle")
    if setup is None or counting is None or counting.tally is None or not waiting:
        checks.fail(REFUSED, path.name, "the archive does not wait for a shuffle")
    checks.require(setup.mixed, REFUSED, path.name, "the election has nothing to shuffle")
    election: Election = setup.election
    mixed = counting.tally.mixed
    return shuffle.shuffle(election.group, election.public_key, election.fingerprint, mixed)


def closing_tally(path: Path, *, jobs: int = 1) -> tuple[bytes, bytes]:
    """For the server, after EndBallots: the encrypted tally and the sized tally that refers to it.

    Every ballot is verified again. Raises BallotError when the archive is not valid.
    """
    walk = Walk(path, jobs)
    _accept(path, walk.run(), walk)
    accumulator: Accumulator | None = walk.accumulator
    if accumulator is None or walk.last != "EndBallots":
        checks.fail(REFUSED, path.name, "the archive does not end with EndBallots")
    return accumulator.encrypted_tally(), sized(accumulator).raw


def find_trustee(group: Group, trustees: Trustees, private_key: str) -> Trustee:
    """The trustee whose private key this is. Raises BallotError when there is none."""
    public = public_key(group, private_key)
    found = next((trustee for trustee in trustees.all if trustee.key == public), None)
    if found is None:
        checks.fail(REFUSED, "private key", "is not the key of a trustee of this election")
    return found


def _verified(path: Path, fingerprint: str, jobs: int, progress: Progress | None) -> Walk:
    walk = Walk(path, jobs, progress=progress)
    _accept(path, walk.run(), walk)
    found = walk.setup.election.fingerprint if walk.setup else ""
    reason = f"this is another election: its fingerprint is {found}"
    checks.require(found == fingerprint, REFUSED, path.name, reason)
    return walk


def _accept(path: Path, report: Report, walk: Walk) -> None:
    """Refuse an invalid archive. A wrong share of another trustee does not stop this one."""
    judge(walk)
    blamed = walk.counting.blamed if walk.counting else []
    places = {(error.check, error.place) for error in blamed}
    for fault in report.faults:
        if (fault.check, fault.place) not in places:
            reason = f"the archive is not valid: {fault.place}: {fault.message}"
            checks.fail(REFUSED, path.name, reason)
