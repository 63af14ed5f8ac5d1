"""What an entry about a contest may follow, and what it changes."""

from __future__ import annotations

from voting import entries as log
from voting.record.history.elections import contest_in, same
from voting.record.history.model import Contest, Exclusion, Refused, Said
from voting.record.history.walk import History, on
from voting.seats import COMMITTEE

HOUR = 13  # letters of a time up to its hour


def contest_of(history: History, said: Said) -> Contest:
    uuid = said.data["uuid"]
    if said.subject != f"contest/{uuid}" or uuid not in history.contests:
        raise Refused("the contest is not known, or the entry is about two")
    return history.contests[uuid]


@on(log.RollFrozen)
def roll_frozen(history: History, said: Said) -> None:
    data = said.data
    election = history.elections.get(data["election"])
    if election is None or said.subject != f"contest/{data['uuid']}":
        raise Refused("there is no such election, or the entry is about two contests")
    contest = contest_in(election, data["contest"])
    if contest.roll or data["uuid"] in history.contests:
        raise Refused("the roll was fixed before")
    if data["voters"] < 1:
        raise Refused("the roll is empty")
    same("the number of candidates", data["candidates"], len(contest.standing))
    same("the number of seats", data["seats"], contest.seats)
    if contest.constituency is not None:
        whole = history.seats.get(contest.constituency)
        if not contest.seats <= data["of_seats"] or whole not in (None, data["of_seats"]):
            raise Refused("the constituency has another number of seats")
        history.limits[contest.constituency] = data["of_seats"]
    elif contest.seats:
        history.limits[COMMITTEE] = max(data["of_seats"], history.limits.get(COMMITTEE, 0))
    contest.uuid, contest.roll, contest.voters = data["uuid"], data["roll"], data["voters"]
    contest.of_seats = data["of_seats"]
    history.contests[contest.uuid] = contest


@on(log.ExclusionEntered)
def exclusion_entered(history: History, said: Said) -> None:
    contest, member = contest_of(history, said), said.data["member"]
    if member in contest.exclusions:
        raise Refused("this exclusion was entered before")
    contest.exclusions[member] = Exclusion(said.data["ground"], said.actor)


def _exclusion(history: History, said: Said) -> Exclusion:
    found = contest_of(history, said).exclusions.get(said.data["member"])
    if found is None or found.ground != said.data["ground"]:
        raise Refused("this exclusion was not entered before")
    return found


@on(log.ExclusionApproved)
def exclusion_approved(history: History, said: Said) -> None:
    found = _exclusion(history, said)
    if found.approved:
        raise Refused("this exclusion was approved before")
    if found.entered_by == said.actor:
        raise Refused("who entered the exclusion approved it")
    found.approved = True


@on(log.ExclusionWithdrawn)
def exclusion_withdrawn(history: History, said: Said) -> None:
    _exclusion(history, said)
    del contest_of(history, said).exclusions[said.data["member"]]


@on(log.CredentialsPublished)
def credentials_published(history: History, said: Said) -> None:
    """A whole list while the election is frozen; one credential for another before voting opens."""
    data, contest = said.data, contest_of(history, said)
    same("the number of credentials", data["credentials"], contest.voters)
    again = data["reissued"] == contest.reissued + 1 and contest.credentials
    if not again and (data["reissued"] != contest.reissued or contest.election.state == "sealed"):
        raise Refused("the number of credentials that were reissued does not follow")
    if again and contest.election.state == "sealed":
        contest.waits = said.stamp
    contest.credentials, contest.reissued = data["sha256"], data["reissued"]


@on(log.ContestSealed)
def contest_sealed(history: History, said: Said) -> None:
    """With all others by the commission; or again, by the registrar who reissued a credential."""
    data, contest = said.data, contest_of(history, said)
    if not contest.credentials:
        raise Refused("there are no credentials")
    same("the hash of the credentials", data["credentials"], contest.credentials)
    if contest.election.state == "sealed":
        if contest.waits != said.stamp:
            raise Refused("it is sealed already, and no credential was reissued")
        same("the fingerprint", data["fingerprint"], contest.fingerprint)
        same("the hash of the trustees", data["trustees"], contest.trustees)
    elif said.role != "commission" or contest.fingerprint:
        raise Refused("it is sealed already, or by somebody else than the commission")
    contest.fingerprint, contest.trustees = data["fingerprint"], data["trustees"]
    contest.height, contest.events, contest.waits = -1, {}, said.stamp
    contest.sealed_at = said.time


# the event that must be there before this one, and those of which there is one
AFTER = {
    "EndBallots": "Setup",
    "EncryptedTally": "EndBallots",
    "Shuffle": "EncryptedTally",
    "EndShuffles": "Shuffle",
    "PartialDecryption": "EncryptedTally",
    "Result": "PartialDecryption",
}
ONCE = ("EndBallots", "EncryptedTally", "EndShuffles", "Result")


@on(log.ArchiveEvent)
def archive_event(history: History, said: Said) -> None:
    contest, type_ = contest_of(history, said), said.data["type"]
    election = contest.election
    if type_ in AFTER and AFTER[type_] not in contest.types:
        raise Refused(f"a {type_} does not follow here")
    if type_ in ONCE and type_ in contest.types:
        raise Refused(f"there is a {type_} already")
    if type_ == "Setup":
        if contest.waits != said.stamp or contest.height != -1:
            raise Refused("no ballot paper was sealed")
        contest.waits = None
    elif type_ in ("Shuffle", "PartialDecryption"):
        _owned(contest, said, type_)
    elif type_ in ("EndShuffles", "Result"):
        by_absence = type_ == "EndShuffles" and said.stamp == election.absence
        if said.stamp != contest.last and not by_absence:
            raise Refused("what it ends was another act")
    _append(contest, said, type_)


def _owned(contest: Contest, said: Said, type_: str) -> None:
    """Of a trustee, once; what is shuffled is decrypted when all of it is."""
    election = contest.election
    if said.actor not in {trustee.actor for trustee in election.trustees.values()}:
        raise Refused("it is of nobody who holds a key")
    if (type_, said.actor) in contest.owners:
        raise Refused("it is the second one of this trustee")
    if type_ == "Shuffle" and "EndShuffles" in contest.types:
        raise Refused("the shuffles have ended")
    if type_ == "PartialDecryption" and "Shuffle" in contest.types and election.state != "mixed":
        raise Refused("the ballots are not all shuffled")
    contest.owners.add((type_, said.actor))
    contest.actors[contest.height + 1] = said.actor


def _append(contest: Contest, said: Said, type_: str) -> None:
    if said.data["height"] != contest.height + 1:
        raise Refused(f"it is event {said.data['height']}, and {contest.height + 1} comes next")
    contest.height += 1
    contest.events[contest.height] = type_, said.data["event"]
    contest.types[type_] = contest.types.get(type_, 0) + 1
    contest.last = said.stamp


@on(log.BallotAccepted)
def ballot_accepted(history: History, said: Said) -> None:
    contest, tracker = contest_of(history, said), said.data["tracker"]
    _in_time(contest, said)
    if tracker in contest.trackers:
        raise Refused("this ballot is in the box already")
    if tracker in contest.spoilt:
        raise Refused("this ballot was opened for a check")
    contest.trackers[tracker] = said.data["height"]
    _append(contest, said, "Ballot")


@on(log.BallotSpoilt)
def ballot_spoilt(history: History, said: Said) -> None:
    contest, tracker = contest_of(history, said), said.data["tracker"]
    _in_time(contest, said)
    if tracker in contest.trackers or tracker in contest.spoilt:
        raise Refused("this ballot is in the box, or was opened before")
    contest.spoilt.add(tracker)


def _in_time(contest: Contest, said: Said) -> None:
    election = contest.election
    if contest.types.get("EndBallots"):
        raise Refused("voting in this contest has ended")
    if not election.opens_at[:HOUR] <= said.time[:HOUR] or said.time > election.closes_at:
        raise Refused("it was not accepted while voting was open")
    if said.actor:
        raise Refused("it names somebody")


@on(log.ContestClosed)
def contest_closed(history: History, said: Said) -> None:
    data, contest = said.data, contest_of(history, said)
    if "EndBallots" not in contest.types or contest.closed:
        raise Refused("the box was not closed before, or is closed already")
    same("the number of ballots", data["ballots"], contest.ballots)
    if data["issued"] > contest.voters:
        raise Refused("more ballots were issued than there are voters")
    for ground, count in data["excluded"].items():
        found = [e for e in contest.exclusions.values() if e.approved and e.ground == ground]
        if not 1 <= count <= len(found):
            raise Refused(f"{count} are excluded as {ground}, and {len(found)} were approved")
    contest.closed = data


@on(log.LotDrawn)
def lot_drawn(history: History, said: Said) -> None:
    contest = contest_of(history, said)
    if contest.lot or contest.declared:
        raise Refused("the lot was drawn before, or the outcome declared")
    contest.lot = said.data["seed"], said.data["sha256"]


@on(log.ContestDeclared)
def contest_declared(history: History, said: Said) -> None:
    contest = contest_of(history, said)
    if contest.declared:
        raise Refused("it was declared before")
    contest.declared, contest.outcome = said.data["sha256"], said.data["outcome"]
