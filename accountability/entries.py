"""What the log says of the work between the votes.

Public: denominators and what representatives did. Security (auditors): what a constituent did, and
casework, because a public entry for each would undo the suppression of small numbers.
"""

from __future__ import annotations

from audit.entries import BOOL, COUNTS, HASH, INT, NULLABLE, PUBLIC, SECURITY, TEXT, declare

LINKS_DRAWN = declare(
    "links.drawn",
    log=PUBLIC,
    fields={
        "year": INT,
        "seed": TEXT,
        "pool": INT,
        "by_lot": INT,
        "chosen": INT,
        "commitment": HASH,
    },
    text="The constituents linked to a representative for a year were drawn and chosen.",
)
LINKS_CHOSEN = declare(
    "links.chosen",
    log=PUBLIC,
    fields={"year": INT, "count": INT},
    text="A representative chose whom to be linked with, before the lot was drawn.",
)
LINK_REPLACED = declare(
    "link.replaced",
    log=PUBLIC,
    fields={"slot": INT, "reason": TEXT},
    text="A linked constituent left; the place was filled by lot.",
)
OBLIGATIONS_GENERATED = declare(
    "obligations.generated",
    log=PUBLIC,
    fields={"year": INT, "calendar": TEXT, "seed": TEXT, "counts": COUNTS, "sha256": HASH},
    text="What an office owes in a year was generated: the denominators of its scorecard.",
)
MEETING_SET = declare(
    "meeting.set",
    log=PUBLIC,
    fields={"code": TEXT, "kind": TEXT, "held_on": TEXT},
    text="A meeting, inspection or session was announced.",
)
ACTIVITY_RECORDED = declare(
    "activity.recorded",
    log=PUBLIC,
    fields={
        "office": TEXT,
        "kind": TEXT,
        "held_on": TEXT,
        "source": TEXT,
        "attendance": TEXT,
        "reason": NULLABLE(TEXT),
        "late": BOOL,
    },
    text="An activity, or an absence with its reason, was recorded.",
)
PICTURE_ADDED = declare(
    "picture.added",
    log=PUBLIC,
    fields={"of": TEXT, "sha256": HASH, "late": BOOL},
    text="A picture was added to an activity or a duty report.",
)
PICTURE_REMOVED = declare(
    "picture.removed",
    log=PUBLIC,
    fields={"by": TEXT, "sha256": HASH},
    text="A public picture was removed; its place and the reason stay to be seen.",
)
FINDING_RECORDED = declare(
    "finding.recorded",
    log=PUBLIC,
    fields={"activity": TEXT, "owner": TEXT, "due_on": TEXT},
    text="An inspection found something that a body has to settle.",
)
FINDING_SETTLED = declare(
    "finding.settled",
    log=PUBLIC,
    fields={"state": TEXT},
    text="The outcome of a finding was reported, or verified by someone else.",
)
REPORT_SUBMITTED = declare(
    "report.submitted",
    log=PUBLIC,
    fields={
        "office": TEXT,
        "period": TEXT,
        "statements": INT,
        "supported": INT,
        "late": BOOL,
        "sha256": HASH,
    },
    text="A duty report was submitted.",
)
REPORT_ASKED = declare(
    "report.asked",
    log=SECURITY,
    fields={},
    text="A constituent asked about a duty report.",
    coarse_time=True,
)
REPORT_ANSWERED = declare(
    "report.answered",
    log=PUBLIC,
    fields={"question": TEXT},
    text="A question about a duty report was answered.",
)
REPORT_RATED = declare(
    "report.rated",
    log=SECURITY,
    fields={"mark": INT},
    text="A constituent rated a duty report.",
    coarse_time=True,
)
CONTACT_CLAIMED = declare(
    "contact.claimed",
    log=PUBLIC,
    fields={"office": TEXT, "quarter": TEXT, "channel": TEXT, "late": BOOL},
    text="A representative says that a linked constituent was contacted.",
)
CONTACT_ANSWERED = declare(
    "contact.answered",
    log=SECURITY,
    fields={"state": TEXT, "by": TEXT},
    text="The constituent confirmed or disputed the contact, or the time to answer ran out.",
    coarse_time=True,
)
CONTACT_CALLED = declare(
    "contact.called",
    log=SECURITY,
    fields={},
    text="An auditor took the telephone number of a linked constituent, to ask about a contact.",
)
POINT_SET = declare(
    "point.set",
    log=PUBLIC,
    fields={"code": TEXT, "hours": TEXT},
    text="A reception point was set up.",
)
ROSTER_SET = declare(
    "roster.set",
    log=PUBLIC,
    fields={"year": INT, "calendar": TEXT, "seed": TEXT, "sessions": INT, "duties": INT},
    text="The roster of the reception days of a year was set.",
)
DUTY_SWAPPED = declare(
    "duty.swapped",
    log=PUBLIC,
    fields={"first": TEXT, "second": TEXT},
    text="Two representatives exchanged a reception duty each.",
)
SWAP_PROPOSED = declare(
    "swap.proposed",
    log=PUBLIC,
    fields={"first": TEXT, "second": TEXT},
    text="A representative proposed to exchange a reception duty.",
)
BODY_SET = declare(
    "body.set",
    log=PUBLIC,
    fields={"code": TEXT, "sla_working_days": INT, "categories": TEXT},
    text="A responsible body, its categories and its time to answer were set.",
)
MATTER_RECEIVED = declare(
    "matter.received",
    log=SECURITY,
    fields={"channel": TEXT, "category": TEXT, "unit": TEXT, "received_on": TEXT},
    text="A matter was taken in.",
    coarse_time=True,
)
MATTER_JOINED = declare(
    "matter.joined",
    log=SECURITY,
    fields={"original": TEXT},
    text="A clerk joined a matter to the earlier one that it repeats.",
)
MATTER_ROUTED = declare(
    "matter.routed",
    log=SECURITY,
    fields={"body": TEXT, "due_on": TEXT, "calendar": TEXT, "round": INT, "consent": BOOL},
    text="A matter was routed to a responsible body, with a due date.",
)
MATTER_CLOCK = declare(
    "matter.clock",
    log=SECURITY,
    fields={"what": TEXT, "reason": TEXT, "days": INT, "due_on": TEXT},
    text="The clock of a routed matter was stopped, started again, or its time extended.",
)
MATTER_MOVED = declare(
    "matter.moved",
    log=SECURITY,
    fields={"what": TEXT, "body": NULLABLE(TEXT)},
    text="A matter was acknowledged, answered, accepted, disputed, reopened, closed or passed on.",
    coarse_time=True,
)
MATTER_PICTURED = declare(
    "matter.pictured",
    log=SECURITY,
    fields={"by": TEXT, "commitment": HASH},
    text="A picture was added to a matter.",
    coarse_time=True,
)
MATTER_OPENED = declare(
    "matter.opened",
    log=SECURITY,
    fields={"role": TEXT, "what": TEXT},
    text="Someone other than its owner opened a matter.",
)
MATTER_ERASED = declare(
    "matter.erased",
    log=SECURITY,
    fields={},
    text="The text, pictures and contact details of a closed matter were erased.",
)
MATTERS_FORGOTTEN = declare(
    "matters.forgotten",
    log=SECURITY,
    fields={"until": TEXT, "count": INT},
    text="What was left of settled matters of a past term was erased: dates, states, who opened.",
)
CARD_FINAL = declare(
    "card.final",
    log=PUBLIC,
    fields={"office": TEXT, "sha256": HASH},
    text="The figures of an office of a past term were kept, before the rows behind are erased.",
)
GLASS_BROKEN = declare(
    "glass.broken",
    log=SECURITY,
    fields={"step": TEXT},
    text="An auditor asked to see the contact details of a matter, or a second auditor allowed it.",
)
COMMITMENT_SET = declare(
    "commitment.set",
    log=PUBLIC,
    fields={"office": TEXT, "state": TEXT, "due_on": TEXT, "evidence": BOOL},
    text="A public commitment was made or its state changed.",
)
DOSSIER_FROZEN = declare(
    "dossier.frozen",
    log=PUBLIC,
    fields={"office": TEXT, "kind": TEXT, "ballot": TEXT, "sha256": HASH},
    text="The dossier shown beside a confidence or satisfaction ballot was frozen.",
)
DOSSIER_ADDED = declare(
    "dossier.added",
    log=PUBLIC,
    fields={"position": INT, "by": TEXT, "sha256": HASH},
    text="A correction, or the reply of its subject, was added to a frozen dossier.",
)
