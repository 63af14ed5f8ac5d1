"""Sealing the ballot papers, with the dossiers of the people on them: here two rooms meet."""

from __future__ import annotations

from accountability import access, dossiers
from audit.database import UnitOfWork
from audit.errors import Conflict
from voting import drafts, lifecycle, nominations
from voting.models import SUBJECT_KINDS, Election
from voting.registry import people
from voting.registry.models import Office
from web.texts.i18n import N_


def seal(uow: UnitOfWork, election: Election) -> None:
    freeze_dossiers(uow, election)
    lifecycle.seal(uow, election.id)


def freeze_dossiers(uow: UnitOfWork, election: Election) -> None:
    """Before a ballot on people in office is sealed: what is known of each is written down."""
    if election.kind not in SUBJECT_KINDS:
        return
    viewer = access.Viewer(access.Role.COMMISSION, account_id=uow.actor.id)
    hashes = {}
    for contest in election.contests:
        for candidacy in nominations.standing(contest):
            office = _office_of(uow, election, candidacy.person_id)
            dossier = dossiers.find(uow, office.id, election.kind) or dossiers.freeze(
                uow, viewer, office.id, kind=election.kind, ballot=contest.id, ballot_open=False
            )
            hashes[candidacy.person_id] = bytes.fromhex(dossier.sha256)
    drafts.bind_dossiers(uow, election.id, hashes)


def _office_of(uow: UnitOfWork, election: Election, person_id: str) -> Office:
    """The seat for which a subject has obligations, else the office in the committee."""
    held = [
        office
        for office in people.offices(uow, election.term, uow.today)
        if office.person_id == person_id
    ]
    if not held:
        raise Conflict(N_("A subject of this ballot holds no office any more."))
    return held[0]
