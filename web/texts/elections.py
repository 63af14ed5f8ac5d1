"""What elections, their states and their steps are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voting.rules import Profile
from voting.rules.schema import Threshold
from web.texts.i18n import N_, _

KIND_NAMES = {
    "direct": N_("Direct election of representatives"),
    "committee": N_("Election of the committee"),
    "confidence": N_("Vote of confidence"),
    "satisfaction": N_("Vote of satisfaction"),
}
STATE_NAMES = {
    "draft": N_("draft"),
    "frozen": N_("rolls fixed"),
    "sealed": N_("ballot papers sealed"),
    "open": N_("voting"),
    "suspended": N_("suspended"),
    "closed": N_("counting"),
    "mixed": N_("ballots shuffled"),
    "tallied": N_("counted"),
    "declared": N_("declared"),
    "certified": N_("certified"),
    "cancelled": N_("cancelled"),
}
STEP_NAMES = {
    "prepare": N_("Prepare candidates, rules and trustees"),
    "freeze": N_("Fix candidates, rules and rolls"),
    "keys": N_("Trustees make the key"),
    "credentials": N_("Registrar issues the credentials"),
    "seal": N_("Seal the ballot papers"),
    "rehearse": N_("Trustees rehearse the decryption"),
    "open": N_("Open voting"),
    "close": N_("Close voting"),
    "tally": N_("Bring the sealed ballots together"),
    "shuffle": N_("Trustees shuffle the ballots"),
    "decrypt": N_("Trustees decrypt"),
    "declare": N_("Declare the outcome"),
    "certify": N_("Certify the outcome"),
}
STEP_TEXTS = {
    "prepare": N_("Everything here can still be changed. What is missing is listed below."),
    "freeze": N_(
        "From then on no candidate, no rule and no voter can be changed. "
        "The rolls are fixed as they are at that moment, and their hashes are published."
    ),
    "keys": N_(
        "Each trustee makes a part of the key on their device. You can do nothing here but wait, "
        "and remind them."
    ),
    "credentials": N_(
        "The registrar makes a credential for each voter and sends it out. "
        "Only the public half comes to this service."
    ),
    "seal": N_(
        "Key, questions and credentials are joined into the ballot papers. "
        "Their fingerprints are published."
    ),
    "rehearse": N_("Each trustee decrypts a test tally, so that no key fails after the vote."),
    "open": N_("Voting opens by itself at the time that is set, or now when you press the button."),
    "close": N_(
        "Voting closes by itself at the time that is set. To close it earlier, give a reason: it "
        "is published."
    ),
    "tally": N_(
        "The service adds up the sealed ballots, or collects them where they are ranked. No ballot "
        "is opened."
    ),
    "shuffle": N_(
        "Ballots with a ranking are read one by one. Before that the trustees shuffle them, one "
        "after the other, so that nobody can tell whose ballot is which."
    ),
    "decrypt": N_(
        "Each trustee makes anew, from the published ballots, what is to be decrypted, and "
        "decrypts that alone."
    ),
    "declare": N_("The outcome follows from the adopted rules. Nobody decides anything here."),
    "certify": N_("The outcome becomes final, and the elected take up their offices."),
}
BUTTONS = {
    "freeze": N_("Fix now"),
    "seal": N_("Seal now"),
    "open": N_("Open voting now"),
    "close": N_("Close voting now"),
    "declare": N_("Declare"),
    "certify": N_("Certify"),
}
ACTS = {
    "role.grant": N_("Grant a role of office"),
    "open": N_("Open voting before its time"),
    "close": N_("Close voting before its time"),
    "cancel": N_("Cancel the election"),
    "extend": N_("Extend the vote"),
    "suspend": N_("Suspend the vote"),
    "resume": N_("Let the vote go on"),
    "trustee_absent": N_("Shuffle without a trustee"),
    "candidate_gone": N_("Note that a candidate is gone"),
    "fewer_seats": N_("Give up the open seats"),
    "annul": N_("Annul a contest"),
    "certify": N_("Certify the outcome"),
    "certify_contest": N_("Certify the outcome of a contest"),
}
CONTEST_OUTCOMES = {
    "elected": N_("all seats filled"),
    "partly": N_("seats open"),
    "tied": N_("tied"),
    "judged": N_("decided"),
    "void": N_("void"),
    "ended": N_("ended"),
    "annulled": N_("annulled"),
}
OUTCOME_SENTENCES = {
    "elected": N_("All seats are filled."),
    "partly": N_("Some seats stay open: a ballot for them can follow."),
    "tied": N_("Candidates are level for the last seat: a ballot among them follows."),
    "judged": N_("The vote is valid."),
    "void": N_("The vote counts for nothing. Its counts are not published; it can be repeated."),
    "ended": N_("The office ended before the vote did: there is nothing to decide."),
    "annulled": N_("The outcome was annulled after a challenge; the vote can be repeated."),
}
NOTICES = {
    "rescheduled": N_("New times are set."),
    "opened_early": N_("Voting was opened before its time."),
    "extended": N_("The vote is extended."),
    "suspended": N_("The vote is suspended. Ballots in the box stay there."),
    "resumed": N_("The vote goes on."),
    "closed_early": N_("Voting was closed before its time."),
    "cancelled": N_("The election is cancelled."),
    "fewer_seats": N_("The open seats are given up for this term."),
    "candidate_gone": N_("A candidate is not available any more."),
    "annulled": N_("A contest is annulled."),
}
GONE = {
    "withdrew": N_("withdrew"),
    "died": N_("died"),
    "lost_right": N_("lost the right to stand"),
}
OFFERS = {
    "re_ballot": N_("Ballot among the tied"),
    "another_ballot": N_("Another ballot for the open seats"),
    "repeat": N_("Repeat the ballot"),
    "fewer_seats": N_("Give up the open seats"),
}
PURPOSES = {
    "re_ballot": N_("Ballot among the tied"),
    "another_ballot": N_("Ballot for open seats"),
    "repeat": N_("Repeated ballot"),
    "by_election": N_("By-election"),
}
OUTCOMES = {
    "elected": N_("elected"),
    "not_elected": N_("not elected"),
    "tied": N_("tied"),
    "undecided": N_("not decided"),
    "void": N_("void"),
    "not_judged": N_("not judged"),
    "gone": N_("gone while the vote ran: votes for this name do not count"),
    "confidence": N_("confidence"),
    "no_confidence": N_("no confidence"),
    "high": N_("high satisfaction"),
    "middle": N_("middle satisfaction"),
    "low": N_("low satisfaction"),
}
GOOD = frozenset({"elected", "confidence", "high"})
CONSEQUENCES = {
    "publish": N_("The outcome is published."),
    "must_reply": N_("The person must reply in public."),
    "open_recall": N_("The procedure of recall is opened."),
    "end_office": N_("The body must decide on the end of the office."),
}
NEXT = {
    "another_ballot": N_("Another ballot is held for the open seats."),
    "re_ballot": N_("Another ballot is held among those who are tied."),
    "repeat_ballot": N_("The ballot is repeated."),
    "reduced_seats": N_("With consent, the seats may be reduced to those filled."),
    "plurality_with_floor": N_("The most votes decide, above a floor."),
    "lot": N_("The lot decides between those who are tied."),
}
VOID = {
    "no_quorum": N_("Too few of those expected were present."),
    "returned_exceeds_issued": N_("More ballots were returned than issued."),
    "too_few_ballots": N_("Too few ballots were cast; nothing of them is decrypted."),
    "candidate_gone": N_(
        "A candidate was gone while the vote ran; by the rules that makes it void."
    ),
}
CERTAINTY = {
    "unconfirmed": N_("from memory"),
    "secondary": N_("a copy was read"),
    "confirmed": N_("the print was read"),
}
WITHHELD = {
    "small_electorate": N_(
        "So few people vote here that counts could reveal how they voted. By a rule fixed before "
        "the vote, only the outcome is published."
    ),
    "few_ballots": N_(
        "So few ballots were cast that counts could reveal how people voted. By a rule fixed "
        "before the vote, only the outcome is published."
    ),
    "void": N_("Of a void vote nothing is decrypted, so there are no counts for anyone."),
}
RULES = {
    "quorum": N_("quorum"),
    "majority": N_("majority"),
    "floor": N_("floor"),
    "lot": N_("lot"),
}
GROUNDS = {
    "abroad": N_("abroad"),
    "ill": N_("seriously ill"),
    "infirm": N_("too infirm to take part"),
    "no_contact": N_("out of contact"),
}
BALANCE = {
    "entitled": N_("Entitled"),
    "expected": N_("Expected"),
    "present": N_("Present (ballot page opened)"),
    "issued": N_("Ballots issued"),
    "returned": N_("Ballots returned"),
    "valid": N_("Valid"),
    "invalid": N_("Invalid"),
    "blank": N_("Blank"),
}
GRADES = {
    "satisfied": N_("Satisfied"),
    "basically_satisfied": N_("Basically satisfied"),
    "dissatisfied": N_("Dissatisfied"),
    "dont_know": N_("Don't know"),
}


def share(check: Mapping[str, Any], profile: Profile) -> str:
    """A check of the declaration as people say it. The declaration itself keeps the two products
    that were compared (voting.rules), so this only divides them again."""
    threshold = _threshold(profile, check["rule"])
    if threshold is None or not threshold.fraction.numerator:
        return f"{check['left']} {check['comparison']} {check['right']}"
    fraction = threshold.fraction
    numbers = {
        "part": check["left"] // fraction.denominator,
        "whole": check["right"] // fraction.numerator,
        "fraction": f"{fraction.numerator}/{fraction.denominator}",
    }
    if threshold.strict:
        return _("%(part)s of %(whole)s; more than %(fraction)s needed", **numbers)
    return _("%(part)s of %(whole)s; at least %(fraction)s needed", **numbers)


def _threshold(profile: Profile, rule: str) -> Threshold | None:
    whole = {"quorum": profile.quorum, "majority": profile.majority, "floor": profile.floor}
    if rule in whole:
        return whole[rule]
    return next((band.threshold for band in profile.bands if band.name == rule), None)
