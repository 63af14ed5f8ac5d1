"""What the public log says of an election. No entry names a voter or tells when one came."""

from __future__ import annotations

from audit.entries import COUNTS, HASH, IDS, INT, NULLABLE, PUBLIC, TEXT, TIME, declare

ELECTION_CREATED = declare(
    "election.created",
    log=PUBLIC,
    fields={"code": TEXT, "kind": TEXT, "term": TEXT, "previous": NULLABLE(TEXT)},
    text="An election was created.",
)
ELECTION_CHANGED = declare(
    "election.changed",
    log=PUBLIC,
    fields={"code": TEXT, "fields": IDS, "opens_at": TIME, "closes_at": TIME, "reason": TEXT},
    text="The draft of an election was changed.",
)
PROFILE_ADOPTED = declare(
    "profile.adopted",
    log=PUBLIC,
    fields={"profile": TEXT, "sha256": HASH},
    text="The rule profile of an election was adopted.",
)
DOSSIERS_BOUND = declare(
    "dossiers.bound",
    log=PUBLIC,
    fields={"dossiers": INT, "sha256": HASH},
    text="The dossiers shown beside the ballot were bound to the ballot papers.",
)
CONTEST_ADDED = declare(
    "contest.added",
    log=PUBLIC,
    fields={"code": TEXT, "constituency": NULLABLE(TEXT), "seats": INT},
    text="A contest was added to an election.",
)
CONTESTS_ADDED = declare(
    "contests.added",
    log=PUBLIC,
    fields={"codes": IDS, "seats": INT},
    text="Contests were added to an election, one for each constituency.",
)
CONTEST_REMOVED = declare(
    "contest.removed",
    log=PUBLIC,
    fields={"code": TEXT},
    text="A contest was removed from a draft.",
)
CANDIDATE_NOMINATED = declare(
    "candidate.nominated",
    log=PUBLIC,
    fields={"contest": TEXT, "candidate": HASH, "position": INT, "statements": HASH},
    text="A candidate was nominated.",
)
CANDIDATES_IMPORTED = declare(
    "candidates.imported",
    log=PUBLIC,
    fields={"added": COUNTS, "sha256": HASH},
    text="Nominations were imported from a file; the counts are for each contest.",
)
CANDIDATE_CHANGED = declare(
    "candidate.changed",
    log=PUBLIC,
    fields={"contest": TEXT, "candidate": HASH, "position": INT, "statements": HASH, "state": TEXT},
    text="A candidacy was changed, accepted or withdrawn.",
)
TRUSTEE_INVITED = declare(
    "trustee.invited",
    log=PUBLIC,
    fields={"trustee": INT, "name": TEXT, "kind": TEXT},
    text="A trustee was appointed.",
)
TRUSTEE_REMOVED = declare(
    "trustee.removed",
    log=PUBLIC,
    fields={"trustee": INT, "name": TEXT},
    text="A trustee was removed from a draft.",
)
TRUSTEE_COMMITTED = declare(
    "trustee.committed",
    log=PUBLIC,
    fields={"trustee": INT, "commitment": HASH},
    text="A trustee committed to a share of the key before any share was shown.",
)
TRUSTEE_STEP = declare(
    "trustee.step",
    log=PUBLIC,
    fields={"trustee": INT, "step": TEXT, "sha256": HASH},
    text="A trustee took a step of the key generation.",
)
TRUSTEE_REHEARSED = declare(
    "trustee.rehearsed",
    log=PUBLIC,
    fields={"trustee": INT},
    text="A trustee decrypted a test tally.",
)
ELECTION_FROZEN = declare(
    "election.frozen",
    log=PUBLIC,
    fields={"contests": INT, "voters": INT, "candidates": INT, "profile": HASH},
    text="Candidates, rules and rolls of an election were fixed.",
)
ROLL_FROZEN = declare(
    "roll.frozen",
    log=PUBLIC,
    fields={"contest": TEXT, "uuid": TEXT, "roll": HASH, "voters": INT, "candidates": INT},
    text="The roll of a contest was fixed.",
)
EXCLUSION_ENTERED = declare(
    "exclusion.entered",
    log=PUBLIC,
    fields={"uuid": TEXT, "ground": TEXT, "member": HASH},
    text="The commission entered that a voter is not counted among those expected.",
)
EXCLUSION_APPROVED = declare(
    "exclusion.approved",
    log=PUBLIC,
    fields={"uuid": TEXT, "ground": TEXT, "member": HASH},
    text="A second person of the commission approved an exclusion from those expected.",
)
EXCLUSION_WITHDRAWN = declare(
    "exclusion.withdrawn",
    log=PUBLIC,
    fields={"uuid": TEXT, "ground": TEXT, "member": HASH},
    text="An exclusion from those expected was withdrawn.",
)
CREDENTIALS_PUBLISHED = declare(
    "credentials.published",
    log=PUBLIC,
    fields={"uuid": TEXT, "sha256": HASH, "credentials": INT, "reissued": INT},
    text="The public credentials of a contest were published.",
)
ELECTION_SEALED = declare(
    "election.sealed",
    log=PUBLIC,
    fields={"contests": INT, "public_key": TEXT},
    text="The ballot papers were sealed: key, questions and credentials are fixed.",
)
ARCHIVE_EVENT = declare(
    "archive.event",
    log=PUBLIC,
    fields={"uuid": TEXT, "type": TEXT, "height": INT, "event": HASH},
    text="An event was added to the archive of a contest.",
)
CONTEST_SEALED = declare(
    "contest.sealed",
    log=PUBLIC,
    fields={"uuid": TEXT, "fingerprint": TEXT, "trustees": HASH, "credentials": HASH},
    text="The ballot paper of a contest was sealed.",
)
ELECTION_OPENED = declare(
    "election.opened",
    log=PUBLIC,
    fields={"contests": INT, "opens_at": TIME, "closes_at": TIME},
    text="Voting began.",
)
BALLOT_ACCEPTED = declare(
    "ballot.accepted",
    log=PUBLIC,
    fields={"uuid": TEXT, "height": INT, "event": HASH, "tracker": TEXT},
    text="A ballot was accepted.",
    coarse_time=True,
)
BALLOT_SPOILT = declare(
    "ballot.spoilt",
    log=PUBLIC,
    fields={"uuid": TEXT, "tracker": TEXT},
    text="A ballot was opened by its voter for a check and can never be cast.",
    coarse_time=True,
)
CONTEST_CLOSED = declare(
    "contest.closed",
    log=PUBLIC,
    fields={"uuid": TEXT, "ballots": INT, "issued": INT, "excluded": COUNTS},
    text="Voting in a contest ended: ballots in the box, re-votes included, ballots issued, and "
    "how many are not counted among those expected, by ground.",
)
ELECTION_CLOSED = declare(
    "election.closed",
    log=PUBLIC,
    fields={"contests": INT, "ballots": INT, "issued": INT, "reason": TEXT},
    text="Voting ended.",
)
TRUSTEE_ABSENT = declare(
    "trustee.absent",
    log=PUBLIC,
    fields={"trustee": INT, "reason": TEXT},
    text="The commission declared that the ballots are shuffled without a trustee.",
)
ELECTION_MIXED = declare(
    "election.mixed",
    log=PUBLIC,
    fields={"contests": INT},
    text="The ballots of all contests are shuffled.",
)
ELECTION_TALLIED = declare(
    "election.tallied",
    log=PUBLIC,
    fields={"contests": INT},
    text="All contests are decrypted.",
)
CONTEST_DECLARED = declare(
    "contest.declared",
    log=PUBLIC,
    fields={"uuid": TEXT, "sha256": HASH},
    text="The outcome of a contest was declared by the adopted profile.",
)
ELECTION_DECLARED = declare(
    "election.declared",
    log=PUBLIC,
    fields={"contests": INT},
    text="The outcome of an election was declared.",
)
ELECTION_CERTIFIED = declare(
    "election.certified",
    log=PUBLIC,
    fields={"offices": INT},
    text="The outcome of an election was certified.",
)
ELECTION_CANCELLED = declare(
    "election.cancelled",
    log=PUBLIC,
    fields={"reason": TEXT, "state": TEXT},
    text="An election was cancelled.",
)
BINDINGS_DESTROYED = declare(
    "bindings.destroyed",
    log=PUBLIC,
    fields={"bindings": INT},
    text="The link between voters and credentials was destroyed.",
)
ACT_ASKED = declare(
    "act.asked",
    log=PUBLIC,
    fields={"act": TEXT, "ask": TEXT, "reason": TEXT},
    text="An act was asked for that needs two people; it waits for the second.",
)
ACT_SIGNED = declare(
    "act.signed",
    log=PUBLIC,
    fields={"act": TEXT, "ask": TEXT, "asked_by": TEXT},
    text="A second person stands for an act that was asked for; it is done with this.",
)
ACT_WITHDRAWN = declare(
    "act.withdrawn",
    log=PUBLIC,
    fields={"act": TEXT, "ask": TEXT},
    text="An act that waited for a second person was withdrawn or refused.",
)
