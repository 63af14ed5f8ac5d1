"""The Setup event: election, trustees, credentials (specification 4.4, 4.10)."""

from __future__ import annotations

from dataclasses import dataclass

from ballots import checks, credentials
from ballots.election import Election
from ballots.encoding import loads_strict
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
    entries: list[credentials.PublicCredential] = []
    with collected(sink):
        entries = credentials.parse_public(election.group, bodies["credentials"])
    with collected(sink):
        credentials.check_sorted(entries)
    if "credentials_certificate" in bodies:
        with collected(sink):
            loads_strict(bodies["credentials_certificate"], "credentials certificate")
    voters = {entry.element.text: number for number, entry in enumerate(entries)}
    setup = Setup(election, trustees, voters, [entry.weight for entry in entries])
    with collected(sink):
        countable = not setup.mixed or all(weight == 1 for weight in setup.weights)
        reason = "weights other than 1 cannot be counted where ballots are shuffled"
        checks.require(countable, "setup.weights", "credentials", reason)
    return setup
