"""What the log says of the work between the votes.

Public: denominators and what representatives did. Security (auditors): what a constituent did, and
casework, because a public entry for each would undo the suppression of small numbers.
"""

from __future__ import annotations

from datetime import date

from audit.entries import PUBLIC, SECURITY, Entry, Hash, Key


class LinksDrawn(Entry, type="links.drawn", log=PUBLIC, subject="office/{office}"):
    """The constituents linked to a representative for a year were drawn and chosen."""

    office: Key
    year: int
    seed: str
    pool: int
    by_lot: int
    chosen: int
    commitment: Hash


class LinksChosen(Entry, type="links.chosen", log=PUBLIC, subject="office/{office}"):
    """A representative chose whom to be linked with, before the lot was drawn."""

    office: Key
    year: int
    count: int


class LinkReplaced(Entry, type="link.replaced", log=PUBLIC, subject="office/{office}"):
    """A linked constituent left; the place was filled by lot."""

    office: Key
    slot: int
    reason: str


class ObligationsGenerated(
    Entry, type="obligations.generated", log=PUBLIC, subject="office/{office}"
):
    """What an office owes in a year was generated: the denominators of its scorecard."""

    office: Key
    year: int
    calendar: str
    seed: str
    counts: dict[str, int]
    sha256: Hash


class MeetingSet(Entry, type="meeting.set", log=PUBLIC, subject="meeting/{meeting}"):
    """A meeting, inspection or session was announced."""

    meeting: Key
    code: str
    kind: str
    held_on: date


class ActivityRecorded(Entry, type="activity.recorded", log=PUBLIC, subject="activity/{activity}"):
    """An activity, or an absence with its reason, was recorded."""

    activity: Key
    office: str
    kind: str
    held_on: date
    source: str
    attendance: str
    reason: str | None
    late: bool


class PictureAdded(Entry, type="picture.added", log=PUBLIC, subject="picture/{picture}"):
    """A picture was added to an activity or a duty report."""

    picture: Key
    of: str
    sha256: Hash
    late: bool


class PictureRemoved(Entry, type="picture.removed", log=PUBLIC, subject="picture/{picture}"):
    """A public picture was removed; its place and the reason stay to be seen."""

    picture: Key
    by: str
    sha256: Hash


class FindingRecorded(Entry, type="finding.recorded", log=PUBLIC, subject="finding/{finding}"):
    """An inspection found something that a body has to settle."""

    finding: Key
    activity: str
    owner: str
    due_on: date


class FindingSettled(Entry, type="finding.settled", log=PUBLIC, subject="finding/{finding}"):
    """The outcome of a finding was reported, or verified by someone else."""

    finding: Key
    state: str


class ReportSubmitted(Entry, type="report.submitted", log=PUBLIC, subject="report/{report}"):
    """A duty report was submitted."""

    report: Key
    office: str
    period: str
    statements: int
    supported: int
    late: bool
    sha256: Hash


class ReportAsked(
    Entry, type="report.asked", log=SECURITY, subject="report/{report}", coarse_time=True
):
    """A constituent asked about a duty report."""

    report: Key


class ReportAnswered(Entry, type="report.answered", log=PUBLIC, subject="report/{report}"):
    """A question about a duty report was answered."""

    report: Key
    question: str


class ReportRated(
    Entry, type="report.rated", log=SECURITY, subject="report/{report}", coarse_time=True
):
    """A constituent rated a duty report."""

    report: Key
    mark: int


class ContactClaimed(Entry, type="contact.claimed", log=PUBLIC, subject="contact/{contact}"):
    """A representative says that a linked constituent was contacted."""

    contact: Key
    office: str
    quarter: str
    channel: str
    late: bool


class ContactAnswered(
    Entry, type="contact.answered", log=SECURITY, subject="contact/{contact}", coarse_time=True
):
    """The constituent confirmed or disputed the contact, or the time to answer ran out."""

    contact: Key
    state: str
    by: str


class ContactCalled(Entry, type="contact.called", log=SECURITY, subject="contact/{contact}"):
    """An auditor took the telephone number of a linked constituent, to ask about a contact."""

    contact: Key


class PointSet(Entry, type="point.set", log=PUBLIC, subject="point/{point}"):
    """A reception point was set up."""

    point: Key
    code: str
    hours: str


class RosterSet(Entry, type="roster.set", log=PUBLIC, subject="term/{term}"):
    """The roster of the reception days of a year was set."""

    term: Key
    year: int
    calendar: str
    seed: str
    sessions: int
    duties: int


class DutySwapped(Entry, type="duty.swapped", log=PUBLIC, subject="swap/{swap}"):
    """Two representatives exchanged a reception duty each."""

    swap: Key
    first: str
    second: str


class SwapProposed(Entry, type="swap.proposed", log=PUBLIC, subject="swap/{swap}"):
    """A representative proposed to exchange a reception duty."""

    swap: Key
    first: str
    second: str


class BodySet(Entry, type="body.set", log=PUBLIC, subject="body/{body}"):
    """A responsible body, its categories and its time to answer were set."""

    body: Key
    code: str
    sla_working_days: int
    categories: str


class MatterReceived(
    Entry, type="matter.received", log=SECURITY, subject="matter/{matter}", coarse_time=True
):
    """A matter was taken in."""

    matter: Key
    channel: str
    category: str
    unit: str
    received_on: date


class MatterJoined(Entry, type="matter.joined", log=SECURITY, subject="matter/{matter}"):
    """A clerk joined a matter to the earlier one that it repeats."""

    matter: Key
    original: str


class MatterRouted(Entry, type="matter.routed", log=SECURITY, subject="matter/{matter}"):
    """A matter was routed to a responsible body, with a due date."""

    matter: Key
    body: str
    due_on: date
    calendar: str
    round: int
    consent: bool


class MatterClock(Entry, type="matter.clock", log=SECURITY, subject="matter/{matter}"):
    """The clock of a routed matter was stopped, started again, or its time extended."""

    matter: Key
    what: str
    reason: str
    days: int
    due_on: date


class MatterMoved(
    Entry, type="matter.moved", log=SECURITY, subject="matter/{matter}", coarse_time=True
):
    """A matter was acknowledged, answered, accepted, disputed, reopened, closed or passed on."""

    matter: Key
    what: str
    body: str | None


class MatterPictured(
    Entry, type="matter.pictured", log=SECURITY, subject="matter/{matter}", coarse_time=True
):
    """A picture was added to a matter."""

    matter: Key
    by: str
    commitment: Hash


class MatterOpened(Entry, type="matter.opened", log=SECURITY, subject="matter/{matter}"):
    """Someone other than its owner opened a matter."""

    matter: Key
    role: str
    what: str


class MatterErased(Entry, type="matter.erased", log=SECURITY, subject="matter/{matter}"):
    """The text, pictures and contact details of a closed matter were erased."""

    matter: Key


class MattersForgotten(Entry, type="matters.forgotten", log=SECURITY, subject="matters"):
    """What was left of settled matters of a past term was erased: dates, states, who opened."""

    until: date
    count: int


class CardFinal(Entry, type="card.final", log=PUBLIC, subject="office/{office}"):
    """The figures of an office of a past term were kept, before the rows behind are erased."""

    office: str
    sha256: Hash


class GlassBroken(Entry, type="glass.broken", log=SECURITY, subject="matter/{matter}"):
    """An auditor asked to see the contact details of a matter, or a second auditor allowed it."""

    matter: Key
    step: str


class CommitmentSet(Entry, type="commitment.set", log=PUBLIC, subject="commitment/{commitment}"):
    """A public commitment was made or its state changed."""

    commitment: Key
    office: str
    state: str
    due_on: date
    evidence: bool


class DossierFrozen(Entry, type="dossier.frozen", log=PUBLIC, subject="dossier/{dossier}"):
    """The dossier shown beside a confidence or satisfaction ballot was frozen."""

    dossier: Key
    office: str
    kind: str
    ballot: str
    sha256: Hash


class DossierAdded(Entry, type="dossier.added", log=PUBLIC, subject="dossier/{dossier}"):
    """A correction, or the reply of its subject, was added to a frozen dossier."""

    dossier: Key
    position: int
    by: str
    sha256: Hash


class CalendarAdded(Entry, type="calendar.added", log=PUBLIC, subject="calendar/{version}"):
    """The operator added a calendar of working days; provisional dates were counted anew."""

    version: Key
    sha256: Hash
    years: list[str]
    routings: int
    sessions: int
