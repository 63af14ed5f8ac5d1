"""The Setup event: election, trustees, credentials (specification 4.4, 4.10)."""

from __future__ import annotations

from dataclasses import dataclass

from ballots import BallotError, checks, credentials
from ballots.election import Election
from ballots.encoding import loads_strict, take_list
from ballots.faults import Sink, collected
from ballots.questions import NonHomomorphicQuestion
from ballots.trustees import Trustees, election_key, parse_trustees


@dataclass(frozen=True)
class Setup:
    """What the vote is checked against. ``trustees`` is None when their keys cannot be read.

    ``voters`` numbers the credentials in the order of the list, ``weights`` has their weights.
    """

    election: Election
    trustees: Trustees | None
    voters: dict[str, int]
    weights: list[int]
    listed: bool
    """Whether the list could be read, so that a credential that is not in it has no vote."""

    @property
    def mixed(self) -> bool:
        """Whether there is something to shuffle."""
        return any(isinstance(q, NonHomomorphicQuestion) for q in self.election.questions)


def check_setup(bodies: dict[str, bytes], sink: Sink) -> Setup | None:
    """Check everything that was fixed before the vote; None when the election cannot be read."""
    election: Election | None = None
    with collected(sink):
        election = Election.parse(bodies["election"])
    if election is None:
        return None
    trustees: Trustees | None = None
    with collected(sink):
        trustees = parse_trustees(bodies["trustees"], election.group, sink)
        same = election_key(election.group, trustees) == election.public_key
        reason = "is not the sum of the keys of the trustees"
        checks.require(same, "setup.public-key", "election: public_key", reason)
    entries, listed = _credentials(election, bodies["credentials"], sink)
    with collected(sink):
        credentials.check_sorted(entries)
    if "credentials_certificate" in bodies:
        with collected(sink):
            loads_strict(bodies["credentials_certificate"], "credentials certificate")
    voters = {entry.element.text: number for number, entry in enumerate(entries)}
    setup = Setup(election, trustees, voters, [entry.weight for entry in entries], listed)
    with collected(sink):
        countable = not setup.mixed or all(weight == 1 for weight in setup.weights)
        reason = "weights other than 1 cannot be counted where ballots are shuffled"
        checks.require(countable, "setup.weights", "credentials", reason)
    return setup


def _credentials(
    election: Election, raw: bytes, sink: Sink
) -> tuple[list[credentials.PublicCredential], bool]:
    """The entries that can be read, each credential once, and whether that is all of them."""
    entries: dict[str, credentials.PublicCredential] = {}
    faults: list[BallotError] = []
    with collected(faults.append):
        for i, item in enumerate(take_list(loads_strict(raw, "credentials"), "credentials")):
            place = f"credentials[{i}]"
            with collected(faults.append):
                entry = credentials.parse_entry(election.group, item, place)
                text = entry.element.text
                with collected(sink):
                    once = text not in entries
                    checks.require(once, "credential.duplicate", place, "is in the list twice")
                entries.setdefault(text, entry)
    for fault in faults:
        sink(fault)
    return list(entries.values()), not faults
