"""What the public log says of an election. No entry names a voter or tells when one came."""

from __future__ import annotations

from datetime import date, datetime

from audit.entries import PUBLIC, Entry, Hash, Key, Uuid


class ElectionCreated(Entry, type="election.created", log=PUBLIC, subject="election/{election}"):
    """An election was created."""

    election: Key
    code: str
    kind: str
    term: str
    previous: str | None
    opens_at: datetime
    closes_at: datetime
    purpose: str


class ElectionChanged(Entry, type="election.changed", log=PUBLIC, subject="election/{election}"):
    """The draft of an election was changed."""

    election: Key
    code: str
    fields: list[str]
    opens_at: datetime
    closes_at: datetime
    reason: str


class ProfileAdopted(Entry, type="profile.adopted", log=PUBLIC, subject="election/{election}"):
    """The rule profile of an election was adopted."""

    election: Key
    profile: str
    sha256: Hash


class DossiersBound(Entry, type="dossiers.bound", log=PUBLIC, subject="election/{election}"):
    """The dossiers shown beside the ballot were bound to the ballot papers."""

    election: Key
    dossiers: int
    sha256: Hash


class ContestAdded(Entry, type="contest.added", log=PUBLIC, subject="election/{election}"):
    """A contest was added to an election."""

    election: Key
    code: str
    constituency: str | None
    seats: int
    completes: str | None  # the contest of an earlier election, by its uuid


class ContestsAdded(Entry, type="contests.added", log=PUBLIC, subject="election/{election}"):
    """Contests were added to an election, one for each constituency, with these seats."""

    election: Key
    seats: dict[str, int]


class ContestRemoved(Entry, type="contest.removed", log=PUBLIC, subject="election/{election}"):
    """A contest was removed from a draft."""

    election: Key
    code: str


class CandidateNominated(
    Entry, type="candidate.nominated", log=PUBLIC, subject="election/{election}"
):
    """A candidate was nominated."""

    election: Key
    contest: str
    candidate: Hash
    position: int
    statements: Hash
    state: str


class CandidatesImported(
    Entry, type="candidates.imported", log=PUBLIC, subject="election/{election}"
):
    """Nominations were imported from a file, each with an entry before this one; the counts are for
    each contest.
    """

    election: Key
    added: dict[str, int]
    sha256: Hash


class CandidateChanged(Entry, type="candidate.changed", log=PUBLIC, subject="election/{election}"):
    """A candidacy was changed, accepted or withdrawn."""

    election: Key
    contest: str
    candidate: Hash
    position: int
    statements: Hash
    state: str


class TrusteeInvited(Entry, type="trustee.invited", log=PUBLIC, subject="election/{election}"):
    """A trustee was appointed."""

    election: Key
    trustee: int
    name: str
    kind: str


class TrusteeRemoved(Entry, type="trustee.removed", log=PUBLIC, subject="election/{election}"):
    """A trustee was removed from a draft."""

    election: Key
    trustee: int
    name: str


class TrusteeCommitted(Entry, type="trustee.committed", log=PUBLIC, subject="election/{election}"):
    """A trustee committed to a share of the key before any share was shown."""

    election: Key
    trustee: int
    commitment: Hash


class TrusteeStepTaken(Entry, type="trustee.step", log=PUBLIC, subject="election/{election}"):
    """A trustee took a step of the key generation."""

    election: Key
    trustee: int
    step: str
    sha256: Hash


class TrusteeRehearsed(Entry, type="trustee.rehearsed", log=PUBLIC, subject="election/{election}"):
    """A trustee decrypted a test tally."""

    election: Key
    trustee: int


class ElectionFrozen(Entry, type="election.frozen", log=PUBLIC, subject="election/{election}"):
    """Candidates, rules and rolls of an election were fixed, the rolls as of this day; the hash is
    that of election.json in its record.
    """

    election: Key
    contests: int
    voters: int
    candidates: int
    profile: Hash
    zone: str  # in which the day of the rolls was counted
    rolls_of: date
    description: Hash


class RollFrozen(Entry, type="roll.frozen", log=PUBLIC, subject="contest/{uuid}"):
    """The roll of a contest was fixed: root and size of the Merkle tree of its voters, the seats
    to be filled, and those that the constituency has.
    """

    election: str
    contest: str
    uuid: Uuid
    roll: Hash
    voters: int
    candidates: int
    seats: int
    of_seats: int


class ExclusionEntered(Entry, type="exclusion.entered", log=PUBLIC, subject="contest/{uuid}"):
    """The commission entered that a voter is not counted among those expected."""

    uuid: Uuid
    ground: str
    member: Hash


class ExclusionApproved(Entry, type="exclusion.approved", log=PUBLIC, subject="contest/{uuid}"):
    """A second person of the commission approved an exclusion from those expected."""

    uuid: Uuid
    ground: str
    member: Hash


class ExclusionWithdrawn(Entry, type="exclusion.withdrawn", log=PUBLIC, subject="contest/{uuid}"):
    """An exclusion from those expected was withdrawn."""

    uuid: Uuid
    ground: str
    member: Hash


class CredentialsPublished(
    Entry, type="credentials.published", log=PUBLIC, subject="contest/{uuid}"
):
    """The public credentials of a contest were published."""

    uuid: Uuid
    sha256: Hash
    credentials: int
    reissued: int


class ElectionSealed(Entry, type="election.sealed", log=PUBLIC, subject="election/{election}"):
    """The ballot papers were sealed: key, questions and credentials are fixed; the hash is that of
    election.json in its record, now with the dossiers.
    """

    election: Key
    contests: int
    public_key: str
    description: Hash


class ArchiveEvent(Entry, type="archive.event", log=PUBLIC, subject="contest/{uuid}"):
    """An event was added to the archive of a contest."""

    uuid: Uuid
    type: str
    height: int
    event: Hash


class ContestSealed(Entry, type="contest.sealed", log=PUBLIC, subject="contest/{uuid}"):
    """The ballot paper of a contest was sealed."""

    uuid: Uuid
    fingerprint: str
    trustees: Hash
    credentials: Hash


class ElectionOpened(Entry, type="election.opened", log=PUBLIC, subject="election/{election}"):
    """Voting began."""

    election: Key
    contests: int
    opens_at: datetime
    closes_at: datetime


class BallotAccepted(
    Entry, type="ballot.accepted", log=PUBLIC, subject="contest/{uuid}", coarse_time=True
):
    """A ballot was accepted."""

    uuid: Uuid
    height: int
    event: Hash
    tracker: str


class BallotSpoilt(
    Entry, type="ballot.spoilt", log=PUBLIC, subject="contest/{uuid}", coarse_time=True
):
    """A ballot was opened by its voter for a check and can never be cast."""

    uuid: Uuid
    tracker: str


class ContestClosed(Entry, type="contest.closed", log=PUBLIC, subject="contest/{uuid}"):
    """Voting in a contest ended: ballots in the box, re-votes included, ballots issued, and how
    many are not counted among those expected, by ground.
    """

    uuid: Uuid
    ballots: int
    issued: int
    excluded: dict[str, int]


class ElectionClosed(Entry, type="election.closed", log=PUBLIC, subject="election/{election}"):
    """Voting ended."""

    election: Key
    contests: int
    ballots: int
    issued: int
    reason: str


class TrusteeAbsent(Entry, type="trustee.absent", log=PUBLIC, subject="election/{election}"):
    """The commission declared that the ballots are shuffled without a trustee."""

    election: Key
    trustee: int
    reason: str


class ElectionMixed(Entry, type="election.mixed", log=PUBLIC, subject="election/{election}"):
    """The ballots of all contests are shuffled."""

    election: Key
    contests: int


class ElectionTallied(Entry, type="election.tallied", log=PUBLIC, subject="election/{election}"):
    """All contests are decrypted."""

    election: Key
    contests: int


class LotDrawn(Entry, type="lot.drawn", log=PUBLIC, subject="contest/{uuid}"):
    """The rules needed a lot: its seed, and the hash of the trustees' shares it follows from."""

    uuid: Uuid
    seed: Hash
    sha256: Hash


class ContestDeclared(Entry, type="contest.declared", log=PUBLIC, subject="contest/{uuid}"):
    """The outcome of a contest was declared by the adopted profile."""

    uuid: Uuid
    sha256: Hash
    outcome: str


class ElectionDeclared(Entry, type="election.declared", log=PUBLIC, subject="election/{election}"):
    """The outcome of an election was declared."""

    election: Key
    contests: int


class ElectionCertified(
    Entry, type="election.certified", log=PUBLIC, subject="election/{election}"
):
    """The outcome of an election was certified."""

    election: Key
    offices: int


class ElectionCancelled(
    Entry, type="election.cancelled", log=PUBLIC, subject="election/{election}"
):
    """An election was cancelled."""

    election: Key
    reason: str
    state: str


class BindingsDestroyed(
    Entry, type="bindings.destroyed", log=PUBLIC, subject="election/{election}"
):
    """The link between voters and credentials was destroyed."""

    election: Key
    bindings: int


class ActAsked(Entry, type="act.asked", log=PUBLIC, subject="{about}"):
    """An act was asked for that needs two people; it waits for the second."""

    about: Key
    act: str
    ask: str
    reason: str


class ActSigned(Entry, type="act.signed", log=PUBLIC, subject="{about}"):
    """A second person stands for an act that was asked for; it is done with this."""

    about: Key
    act: str
    ask: str
    asked_by: str


class ActWithdrawn(Entry, type="act.withdrawn", log=PUBLIC, subject="{about}"):
    """An act that waited for a second person was withdrawn or refused."""

    about: Key
    act: str
    ask: str


class ElectionRescheduled(
    Entry, type="election.rescheduled", log=PUBLIC, subject="election/{election}"
):
    """New times were set before voting began."""

    election: Key
    opens_at: datetime
    closes_at: datetime
    reason: str


class ElectionExtended(Entry, type="election.extended", log=PUBLIC, subject="election/{election}"):
    """A vote that runs was given a later end."""

    election: Key
    closes_at: datetime
    reason: str


class ElectionSuspended(
    Entry, type="election.suspended", log=PUBLIC, subject="election/{election}"
):
    """A vote was suspended: no ballot is taken until it goes on."""

    election: Key
    reason: str


class ElectionResumed(Entry, type="election.resumed", log=PUBLIC, subject="election/{election}"):
    """A suspended vote goes on."""

    election: Key
    closes_at: datetime
    reason: str


class CandidateGone(Entry, type="candidate.gone", log=PUBLIC, subject="contest/{uuid}"):
    """A candidate withdrew, died or lost the right to stand after the list was fixed."""

    uuid: Uuid
    candidate: Hash
    why: str
    state: str


class SeatsWaived(Entry, type="seats.waived", log=PUBLIC, subject="contest/{uuid}"):
    """Open seats were given up by consent, for this term."""

    uuid: Uuid
    seats: int
    reason: str


class ContestCertified(Entry, type="contest.certified", log=PUBLIC, subject="contest/{uuid}"):
    """The outcome of a contest was certified."""

    uuid: Uuid
    offices: int


class ContestAnnulled(Entry, type="contest.annulled", log=PUBLIC, subject="contest/{uuid}"):
    """A declared contest was annulled: it counts for nothing."""

    uuid: Uuid
    reason: str


class ChallengeLodged(Entry, type="challenge.lodged", log=PUBLIC, subject="contest/{uuid}"):
    """The declared outcome of a contest was challenged."""

    uuid: Uuid
    challenge: Hash


class ChallengeAnswered(Entry, type="challenge.answered", log=PUBLIC, subject="contest/{uuid}"):
    """The commission answered a challenge."""

    uuid: Uuid
    challenge: Hash


class ChallengeDecided(Entry, type="challenge.decided", log=PUBLIC, subject="contest/{uuid}"):
    """A challenge was decided by the body that certifies."""

    uuid: Uuid
    challenge: Hash
    decision: str
