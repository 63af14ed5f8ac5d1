"""What the log says when an election does not go by its plan: two people, new times, what comes
after the outcome."""

from __future__ import annotations

from datetime import datetime, timedelta

from audit.roles import Role
from voting import entries as log
from voting.record.history.contests import contest_of
from voting.record.history.elections import election_of, same
from voting.record.history.model import Refused, Said
from voting.record.history.walk import History, on
from voting.words import State

NOT_CERTIFIED = ("void", "tied")
LASTS = timedelta(days=1)
OFFICIALS = (Role.COMMISSION, Role.CERTIFIER, Role.REGISTRAR, Role.ADMIN)


@on(log.ActAsked, *OFFICIALS)
def asked(history: History, said: Said) -> None:
    if said.data["ask"] in history.asked or not said.actor:
        raise Refused("it was asked for before, or by nobody")
    history.asked[said.data["ask"]] = said


@on(log.ActSigned, *OFFICIALS)
def signed(history: History, said: Said) -> None:
    first = history.asked.pop(said.data["ask"], None)
    if first is None or (first.subject, first.data["act"]) != (said.subject, said.data["act"]):
        raise Refused("nobody had asked for it")
    same("who asked for it", said.data["asked_by"], first.actor)
    if not said.actor or said.actor == first.actor:
        raise Refused("it was signed by who asked for it")
    if datetime.fromisoformat(said.time) - datetime.fromisoformat(first.time) > LASTS:
        raise Refused("it was signed more than a day after it was asked for")
    history.signed = said.data["act"], said.stamp


@on(log.ActWithdrawn, *OFFICIALS)
def withdrawn(history: History, said: Said) -> None:
    if history.asked.pop(said.data["ask"], None) is None:
        raise Refused("nobody had asked for it")


@on(log.ElectionRescheduled)
def rescheduled(history: History, said: Said) -> None:
    election = election_of(history, said)
    if not said.data["opens_at"] < said.data["closes_at"] or said.data["closes_at"] <= said.time:
        raise Refused("the new times are no times to vote")
    election.opens_at, election.closes_at = said.data["opens_at"], said.data["closes_at"]


@on(log.ElectionExtended)
def extended(history: History, said: Said) -> None:
    election = election_of(history, said)
    if not said.time < election.closes_at < said.data["closes_at"]:
        raise Refused("the vote had ended, or does not end later")
    election.closes_at = said.data["closes_at"]


@on(log.ElectionSuspended)
def suspended(history: History, said: Said) -> None:
    if not said.data["reason"].strip():
        raise Refused("there is no reason")


@on(log.ElectionResumed)
def resumed(history: History, said: Said) -> None:
    election = election_of(history, said)
    if said.data["closes_at"] < max(election.closes_at, said.time):
        raise Refused("the vote ends earlier than was announced")
    election.closes_at = said.data["closes_at"]


@on(log.CandidateGone)
def gone(history: History, said: Said) -> None:
    contest = contest_of(history, said)
    same("the state", said.data["state"], contest.election.state)
    found = contest.standing.get(said.data["candidate"])
    if found is None or said.data["candidate"] in contest.gone:
        raise Refused("nobody of this name stands")
    contest.gone.add(said.data["candidate"])
    if contest.election.state == State.FROZEN:
        found.standing = False
    if contest.election.state in (State.SEALED, State.OPEN, State.SUSPENDED):
        contest.votes_void.add(said.data["candidate"])


@on(log.ContestCertified)
def contest_certified(history: History, said: Said) -> None:
    contest = contest_of(history, said)
    if contest.certified or contest.annulled or not contest.declared:
        raise Refused("it was certified or annulled before, or has no outcome")
    if contest.outcome in NOT_CERTIFIED:
        raise Refused(f"an outcome that is {contest.outcome[:40]} cannot be certified")
    election = contest.election
    granted = len(election.offices) - election.certified_offices
    same("the number of offices", said.data["offices"], granted)
    election.certified_offices = len(election.offices)
    contest.certified, contest.vacated = True, frozenset(contest.gone)


@on(log.ContestAnnulled)
def annulled(history: History, said: Said) -> None:
    contest = contest_of(history, said)
    if contest.certified or contest.annulled or not said.data["reason"].strip():
        raise Refused("it was certified or annulled before, or there is no reason")
    contest.annulled = True


@on(log.SeatsWaived)
def waived(history: History, said: Said) -> None:
    contest = contest_of(history, said)
    if not 0 < said.data["seats"] <= contest.seats - contest.waived:
        raise Refused("there are not so many seats")
    contest.waived += said.data["seats"]
