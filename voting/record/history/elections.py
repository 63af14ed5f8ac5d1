"""What an entry about an election, a term or an office may follow, and what it changes."""

from __future__ import annotations

from datetime import date, timedelta

from audit.roles import Role
from audit.types import KeysAnnounced
from voting import entries as log
from voting import seats
from voting.record.history.model import (
    Candidate,
    Contest,
    Election,
    Office,
    Refused,
    Said,
    Term,
    Trustee,
)
from voting.record.history.walk import ANY_OFFICIAL, History, on
from voting.registry import entries as registry

STEPS = {"single": ("commit", "key"), "pedersen": ("certificate", "commit", "polynomial", "share")}
MADE = {"single": "key", "pedersen": "polynomial"}  # what a commitment is to
KINDS = ("direct", "committee", "confidence", "satisfaction")
LEAST_TRUSTEES = 2
SCHEDULE = "schedule"  # the reason why a vote ends at its time
REPRESENTATIVE = "representative"
GIVES = {("direct", REPRESENTATIVE), ("committee", "member")}


def election_of(history: History, said: Said) -> Election:
    found = history.elections.get(said.subject.removeprefix("election/"))
    if found is None:
        raise Refused("the election was not created before")
    return found


def contest_in(election: Election, code: str) -> Contest:
    if code not in election.contests:
        raise Refused(f"the election has no contest {code}")
    return election.contests[code]


def same(what: str, here: object, there: object) -> None:
    if here != there:
        raise Refused(f"{what} is {here}, and follows as {there} from the entries before")


# The draft


@on(log.ElectionCreated)
def created(history: History, said: Said) -> None:
    data, key = said.data, said.subject.removeprefix("election/")
    if key in history.elections:
        raise Refused("the election was created before")
    if history.of_code(data["code"]):
        raise Refused(f"another election is called {data['code']}")
    if data["term"] not in history.terms:
        raise Refused(f"the term {data['term']} was not set before")
    if data["previous"] is not None and history.of_code(data["previous"]) is None:
        raise Refused(f"there is no election {data['previous']} before it")
    if data["kind"] not in KINDS or data["closes_at"] <= data["opens_at"]:
        raise Refused("there is no such kind, or voting ends before it begins")
    history.elections[key] = Election(
        key,
        data["code"],
        data["kind"],
        data["term"],
        data["previous"],
        data["opens_at"],
        data["closes_at"],
    )


@on(log.ElectionChanged)
def changed(history: History, said: Said) -> None:
    election = election_of(history, said)
    same("the code", said.data["code"], election.code)
    opens_at, closes_at = said.data["opens_at"], said.data["closes_at"]
    if closes_at <= opens_at:
        raise Refused("voting ends before it begins")
    for name, value in (("opens_at", opens_at), ("closes_at", closes_at)):
        if value != getattr(election, name) and name not in said.data["fields"]:
            raise Refused(f"{name} is another one, and not among the fields that were changed")
    election.opens_at, election.closes_at = opens_at, closes_at


@on(log.ProfileAdopted)
def profile_adopted(history: History, said: Said) -> None:
    election_of(history, said).profile = said.data["profile"], said.data["sha256"]


@on(log.DossiersBound)
def dossiers_bound(history: History, said: Said) -> None:
    election_of(history, said).dossiers = said.data["sha256"]


@on(log.ContestAdded)
def contest_added(history: History, said: Said) -> None:
    _add(
        election_of(history, said), said.data["code"], said.data["constituency"], said.data["seats"]
    )


@on(log.ContestsAdded)
def contests_added(history: History, said: Said) -> None:
    for code, count in said.data["seats"].items():
        _add(election_of(history, said), code, code, count)


def _add(election: Election, code: str, constituency: str | None, seats: int) -> None:
    if code in election.contests:
        raise Refused(f"there is a contest {code} already")
    if (constituency is not None) != (election.kind == "direct"):
        raise Refused("a direct election has contests by constituency, and no other has")
    election.contests[code] = Contest(code, constituency, seats, election)


@on(log.ContestRemoved)
def contest_removed(history: History, said: Said) -> None:
    election = election_of(history, said)
    del election.contests[contest_in(election, said.data["code"]).code]


@on(log.CandidateNominated)
def nominated(history: History, said: Said) -> None:
    data, election = said.data, election_of(history, said)
    contest = contest_in(election, data["contest"])
    for other in election.contests.values():
        if data["candidate"] in other.candidates:
            raise Refused("the candidate is nominated already")
    if any(data["position"] == other.position for other in contest.candidates.values()):
        raise Refused("the place on the ballot is taken")
    contest.candidates[data["candidate"]] = Candidate(
        data["position"], data["statements"], data["state"] == "accepted"
    )


@on(log.CandidatesImported)
def imported(history: History, said: Said) -> None:
    """Each of them has an entry of its own before this one."""
    election = election_of(history, said)
    for code, count in said.data["added"].items():
        if len(contest_in(election, code).candidates) < count:
            raise Refused(f"contest {code} has not so many candidates")


@on(log.CandidateChanged)
def candidate_changed(history: History, said: Said) -> None:
    data = said.data
    contest = contest_in(election_of(history, said), data["contest"])
    found = contest.candidates.get(data["candidate"])
    if found is None:
        raise Refused("the candidate was not nominated before")
    found.position, found.statements = data["position"], data["statements"]
    found.standing = data["state"] == "accepted"


# Trustees


@on(log.TrusteeInvited)
def invited(history: History, said: Said) -> None:
    data, election = said.data, election_of(history, said)
    if data["trustee"] != 1 + max(election.trustees, default=0):
        raise Refused("the trustee has not the next number")
    if data["kind"] not in STEPS:
        raise Refused("there is no such kind of trustee")
    election.trustees[data["trustee"]] = Trustee(data["trustee"], data["name"], data["kind"])


@on(log.TrusteeRemoved)
def removed(history: History, said: Said) -> None:
    election = election_of(history, said)
    found = election.trustees.pop(said.data["trustee"], None)
    if found is None or found.name != said.data["name"]:
        raise Refused("there is no such trustee")


def _trustee(election: Election, said: Said) -> Trustee:
    """Each trustee acts through the same account each time, and none through another's."""
    found = election.numbered.get(said.data["trustee"])
    if found is None:
        raise Refused("there is no such trustee")
    if found.actor is None:
        if any(other.actor == said.actor for other in election.trustees.values()):
            raise Refused("another trustee acts through this account")
        found.actor = said.actor
    elif found.actor != said.actor:
        raise Refused("the trustee acts through another account than before")
    return found


@on(log.TrusteeCommitted)
def committed(history: History, said: Said) -> None:
    _step(election_of(history, said), said, "commit", said.data["commitment"])


@on(log.TrusteeStepTaken)
def step(history: History, said: Said) -> None:
    if said.data["step"] == "commit":
        raise Refused("a commitment has an entry of its own kind")
    _step(election_of(history, said), said, said.data["step"], said.data["sha256"])


def _step(election: Election, said: Said, name: str, digest: str) -> None:
    trustee = _trustee(election, said)
    order = STEPS[trustee.kind]
    if len(trustee.steps) == len(order) or order[len(trustee.steps)] != name:
        raise Refused("this step of the trustee is not the next one")
    before = order[len(trustee.steps) - 1] if trustee.steps else None
    for other in election.trustees.values() if before else ():
        # commitments must be complete over both kinds, the other steps among those of the kind
        if (before == "commit" or other.kind == trustee.kind) and before not in other.steps:
            raise Refused(f"this step waits for trustee {other.position}")
    if name == MADE[trustee.kind] and digest != trustee.steps["commit"]:
        raise Refused("this is not what the trustee committed to")
    trustee.steps[name] = digest


@on(log.TrusteeRehearsed)
def rehearsed(history: History, said: Said) -> None:
    trustee = _trustee(election_of(history, said), said)
    if trustee.rehearsed:
        raise Refused("the trustee has rehearsed already")
    trustee.rehearsed = True


@on(log.TrusteeAbsent)
def absent(history: History, said: Said) -> None:
    election = election_of(history, said)
    found = election.numbered.get(said.data["trustee"])
    if found is None or found.absent:
        raise Refused("there is no such trustee, or the absence was declared before")
    found.absent, election.absence = True, said.stamp
    if sum(not trustee.absent for trustee in election.trustees.values()) < LEAST_TRUSTEES:
        raise Refused("fewer than two trustees are left to shuffle")


# From state to state


@on(log.ElectionFrozen)
def frozen(history: History, said: Said) -> None:
    data, election = said.data, election_of(history, said)
    listed = election.contests.values()
    same("the number of contests", data["contests"], len(listed))
    same("the number of voters", data["voters"], sum(contest.voters for contest in listed))
    standing = sum(len(contest.standing) for contest in listed)
    same("the number of candidates", data["candidates"], standing)
    same("the profile", data["profile"], election.profile[1])
    if not listed or not all(contest.roll for contest in listed):
        raise Refused("a contest has no roll")
    if len(election.trustees) < LEAST_TRUSTEES:
        raise Refused("there are fewer than two trustees")
    if said.time >= election.closes_at:
        raise Refused("the time at which voting ends had passed")
    sources = [
        other
        for other in history.elections.values()
        if (other.kind, other.term, other.state) == ("direct", election.term, "certified")
    ]
    if election.kind != "direct":
        if not sources:
            raise Refused("no direct election of the term was certified")
        sources.sort(key=lambda other: other.certified_index)
        election.derives_from = [other.code for other in sources]
    election.rolls_of, election.description = data["rolls_of"], data["description"]
    _electorate(history, election, said)
    election.frozen_at = said.time


def days_around(time: str) -> set[str]:
    """The day of the organisation may be the one before or after that of UTC."""
    today = date.fromisoformat(time[:10])
    return {(today + timedelta(days=days)).isoformat() for days in (-1, 0, 1)}


def _electorate(history: History, election: Election, said: Said) -> None:
    """Who held which office on the day of the rolls, as the log had it then."""
    term = history.terms[election.term]
    if election.rolls_of not in days_around(said.time):
        raise Refused("the rolls are of another day")
    day = max(election.rolls_of, term.starts_on)
    held = [office for office in term.offices.values() if office.on(day)]
    election.electors = frozenset(o.holder for o in held if o.kind == REPRESENTATIVE)
    election.officers = frozenset(o.holder for o in held if o.kind != REPRESENTATIVE)


@on(log.ElectionSealed)
def sealed(history: History, said: Said) -> None:
    data, election = said.data, election_of(history, said)
    same("the number of contests", data["contests"], len(election.contests))
    if not all(contest.height == 0 for contest in election.contests.values()):
        raise Refused("a contest has no ballot paper")
    if len({contest.trustees for contest in election.contests.values()}) != 1:
        raise Refused("the contests do not have the same trustees")
    for trustee in election.trustees.values():
        if len(trustee.steps) != len(STEPS[trustee.kind]):
            raise Refused(f"trustee {trustee.position} has not made a key")
    election.description, election.public_key = data["description"], data["public_key"]


@on(log.ElectionOpened)
def opened(history: History, said: Said) -> None:
    data, election = said.data, election_of(history, said)
    same("the number of contests", data["contests"], len(election.contests))
    same("the time of opening", data["opens_at"], min(election.opens_at, said.time))
    same("the time of closing", data["closes_at"], election.closes_at)
    if said.time >= election.closes_at:
        raise Refused("the time at which voting ends had passed")
    if said.role == "system" and said.time < election.opens_at:
        raise Refused("the schedule opened before the time")
    for trustee in election.trustees.values():
        if not trustee.rehearsed:
            raise Refused(f"trustee {trustee.position} has not rehearsed")
    if any(contest.height != 0 for contest in election.contests.values()):
        raise Refused("a contest has no ballot paper")
    if not history.receipts:
        raise Refused("the key of receipts was not announced before")
    election.opens_at, election.opened_at = data["opens_at"], said.time


@on(log.ElectionClosed)
def closed(history: History, said: Said) -> None:
    data, election = said.data, election_of(history, said)
    listed = election.contests.values()
    same("the number of contests", data["contests"], len(listed))
    if not all(contest.closed for contest in listed):
        raise Refused("voting in a contest has not ended")
    same("the number of ballots", data["ballots"], sum(contest.ballots for contest in listed))
    issued = sum(contest.closed["issued"] for contest in listed if contest.closed)
    same("the number of ballots issued", data["issued"], issued)
    early = said.time < election.closes_at
    if not data["reason"].strip() or (early and data["reason"] == SCHEDULE):
        raise Refused("voting ended early without a reason")
    election.closed_at = said.time


def _counted(election: Election, type_: str) -> None:
    """Every contest is added up; and has this event, unless it is void and nothing of it is read
    (whether it is void follows from the rules, which are checked with the archive)."""
    for contest in election.contests.values():
        if "EncryptedTally" not in contest.types:
            raise Refused(f"the ballots of contest {contest.code} are not added up")
        if "Shuffle" in contest.types and type_ not in contest.types:
            raise Refused(f"contest {contest.code} has no {type_}")


@on(log.ElectionMixed)
def mixed(history: History, said: Said) -> None:
    election = election_of(history, said)
    same("the number of contests", said.data["contests"], len(election.contests))
    _counted(election, "EndShuffles")
    if said.stamp not in {contest.last for contest in election.contests.values()}:
        raise Refused("the last shuffle was another act")


@on(log.ElectionTallied)
def tallied(history: History, said: Said) -> None:
    election = election_of(history, said)
    same("the number of contests", said.data["contests"], len(election.contests))
    _counted(election, "PartialDecryption")
    if said.stamp not in {contest.last for contest in election.contests.values()}:
        raise Refused("the last share was another act")


@on(log.ElectionDeclared)
def declared(history: History, said: Said) -> None:
    election = election_of(history, said)
    same("the number of contests", said.data["contests"], len(election.contests))
    if not all(contest.declared for contest in election.contests.values()):
        raise Refused("a contest is not declared")


@on(log.ElectionCertified)
def certified(history: History, said: Said) -> None:
    election = election_of(history, said)
    same("the number of offices", said.data["offices"], len(election.offices))
    election.certified_at, election.certified_index = said.time, said.index


@on(log.ElectionCancelled)
def cancelled(history: History, said: Said) -> None:
    election = election_of(history, said)
    same("the state", said.data["state"], election.state)
    if not said.data["reason"].strip():
        raise Refused("there is no reason")
    election.ended_by = said.stamp


@on(log.BindingsDestroyed)
def destroyed(history: History, said: Said) -> None:
    election = election_of(history, said)
    if election.destroyed_at:
        raise Refused("they were destroyed before")
    if election.state == "cancelled" and said.stamp != election.ended_by:
        raise Refused("they are destroyed when the election is cancelled")
    if said.data["bindings"] > sum(contest.voters for contest in election.contests.values()):
        raise Refused("there were not so many voters")
    election.destroyed_at = said.time


# Terms and offices


@on(registry.TermCreated, *ANY_OFFICIAL)
def term_created(history: History, said: Said) -> None:
    data = said.data
    if data["code"] in history.terms or said.subject != f"term/{data['code']}":
        raise Refused("the term was set before, or is called otherwise")
    if data["starts_on"] >= data["ends_on"]:
        raise Refused("the term ends before it starts")
    history.terms[data["code"]] = Term(data["code"], data["starts_on"], data["ends_on"])


def _seat(history: History, term: Term, office: Office) -> None:
    """No more people hold seats of a body at any instant than it has."""
    body = office.constituency or seats.COMMITTEE
    taken = [_held(other) for other in (*term.offices.values(), office)]
    limit = history.limits.get(body, 0)
    since, until = date.fromisoformat(office.since), date.fromisoformat(office.until)
    if seats.most_held(taken, body, since, until) > limit:
        raise Refused(f"all {limit} seats of {body or 'the committee'} are held")


def _held(office: Office) -> seats.Held:
    return seats.Held(
        office.constituency or seats.COMMITTEE,
        office.holder,
        date.fromisoformat(office.since),
        date.fromisoformat(office.until),
    )


@on(registry.OfficeGranted)
def granted(history: History, said: Said) -> None:
    """By certifying an election, as part of that act."""
    data, term = said.data, history.terms.get(said.data["term"])
    if term is None:
        raise Refused(f"the term {data['term']} was not set before")
    if said.subject in history.offices:
        raise Refused("the office was granted before")
    if not term.starts_on <= data["starts_on"] < data["ends_on"] <= term.ends_on:
        raise Refused("the office does not lie within its term")
    for other in term.offices.values():
        if (other.holder, other.kind) == (data["holder"], data["kind"]) and (
            other.since < data["ends_on"] and data["starts_on"] < other.until
        ):
            raise Refused("the holder has this office already")
    election = history.elections.get(data["election"] or "")
    if election is None or (election.kind, data["kind"]) not in GIVES:
        raise Refused("no election gives this office")
    same("the term", data["term"], election.term)
    same("the last day", data["ends_on"], term.ends_on)
    if data["starts_on"] not in {max(day, term.starts_on) for day in days_around(said.time)}:
        raise Refused("it does not begin when the outcome is certified, or with the term")
    office = Office(
        data["holder"],
        data["kind"],
        data["constituency"],
        election.id,
        data["starts_on"],
        data["ends_on"],
    )
    _seat(history, term, office)
    election.offices.append(said.subject)
    term.offices[said.subject] = office
    history.offices[said.subject] = term, office


@on(registry.OfficeEnded, *ANY_OFFICIAL)
def ended(history: History, said: Said) -> None:
    data = said.data
    if said.subject not in history.offices:
        raise Refused("the office was not granted before")
    term, office = history.offices[said.subject]
    same("the term", data["term"], term.code)
    if (data["holder"], data["kind"]) != (office.holder, office.kind):
        raise Refused("the office is of somebody else")
    if not office.since <= data["ends_on"] < office.until:
        raise Refused("the office was not held on that day")
    office.until = data["ends_on"]


@on(KeysAnnounced, Role.SYSTEM, Role.OPERATOR)
def keys_announced(history: History, said: Said) -> None:
    if said.data["key"] == "receipt":
        keys = tuple(said.data["verifiers"])
        if not keys or keys == history.receipts:
            raise Refused("these keys were announced before, or there are none")
        history.receipts = keys


@on(registry.ConstituenciesChanged, *ANY_OFFICIAL)
def constituencies_changed(history: History, said: Said) -> None:
    history.seats = dict(said.data["by_constituency"])
    same("the number of seats", said.data["seats"], sum(history.seats.values()))
