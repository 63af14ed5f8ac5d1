"""Who sees what: the table of the design as data, asked by every service that shows a person's
data. A viewer is one person in one role; what the person may do in another role does not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from accountability.errors import Forbidden
from audit.roles import Role as Role


@dataclass(frozen=True)
class Viewer:
    """`offices` are those held today, `bodies` and `points` the codes of the account's scopes."""

    role: Role
    account_id: str = ""
    person_id: str | None = None
    offices: frozenset[str] = field(default_factory=frozenset)
    bodies: frozenset[str] = field(default_factory=frozenset)
    points: frozenset[str] = field(default_factory=frozenset)


PUBLIC = Viewer(Role.PUBLIC)
SYSTEM = Viewer(Role.SYSTEM, account_id="system")


class Data(StrEnum):
    CONTACT_DETAILS = "name, contact"
    TEXT = "text, attachments"
    COURSE = "category, dates, state"
    LINKED = "who is linked"
    CONFIRMED = "confirmed or disputed"
    COMPLAINT = "complaint about the representative"
    OPENINGS = "who opened my matter"


class Show(StrEnum):
    ALL = "all"
    EXTRACT = "extract"
    REDACTED = "redacted"
    OWN = "own"  # the viewer's own traces only
    FIGURE = "figure"  # the delayed public figure
    COUNTS = "counts"  # counts of ten or more
    NUMBER = "number"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Relation:
    """What stands between the viewer and the thing: each is a fact, established by the service."""

    owner: bool = False  # the constituent: it is about them
    holder: bool = False  # the representative who took it in, or whose link or contact it is
    routing: bool = False  # not yet routed: the clerk still needs it
    assigned: bool = False  # routed to a body of the viewer
    consent: bool = False  # the person let that body see name and contact
    ombud: bool = False  # the viewer's body deals with complaints
    sampled: bool = False  # drawn for the auditor
    glass_broken: bool = False  # two auditors, today


S, R, D = Show, Role, Data


def _if(fact: str, then: Show) -> tuple[str, Show]:
    return fact, then


# (data, role) -> what is shown, or (the fact it needs, what is shown then). Anything else: nothing.
MATRIX: Mapping[tuple[Data, Role], Show | tuple[str, Show]] = {
    (D.CONTACT_DETAILS, R.CONSTITUENT): _if("owner", S.ALL),
    (D.CONTACT_DETAILS, R.REPRESENTATIVE): _if("holder", S.ALL),
    (D.CONTACT_DETAILS, R.CLERK): _if("routing", S.ALL),
    (D.CONTACT_DETAILS, R.BODY): _if("consent", S.ALL),
    (D.CONTACT_DETAILS, R.AUDITOR): _if("glass_broken", S.ALL),
    (D.TEXT, R.CONSTITUENT): _if("owner", S.ALL),
    (D.TEXT, R.REPRESENTATIVE): _if("holder", S.ALL),
    (D.TEXT, R.CLERK): _if("routing", S.ALL),
    (D.TEXT, R.BODY): _if("assigned", S.EXTRACT),
    (D.TEXT, R.AUDITOR): _if("sampled", S.REDACTED),
    (D.COURSE, R.CONSTITUENT): _if("owner", S.ALL),
    (D.COURSE, R.REPRESENTATIVE): _if("holder", S.ALL),
    (D.COURSE, R.CLERK): S.ALL,
    (D.COURSE, R.BODY): _if("assigned", S.ALL),
    (D.COURSE, R.AUDITOR): S.ALL,
    (D.COURSE, R.PUBLIC): S.COUNTS,
    (D.LINKED, R.CONSTITUENT): _if("owner", S.ALL),
    (D.LINKED, R.REPRESENTATIVE): _if("holder", S.ALL),
    (D.LINKED, R.AUDITOR): S.ALL,
    (D.LINKED, R.PUBLIC): S.NUMBER,
    (D.CONFIRMED, R.CONSTITUENT): _if("owner", S.ALL),
    (D.CONFIRMED, R.REPRESENTATIVE): S.FIGURE,
    (D.CONFIRMED, R.AUDITOR): S.ALL,
    (D.CONFIRMED, R.PUBLIC): S.COUNTS,
    (D.COMPLAINT, R.CONSTITUENT): _if("owner", S.ALL),
    (D.COMPLAINT, R.CLERK): S.ALL,
    (D.COMPLAINT, R.BODY): _if("ombud", S.ALL),
    (D.COMPLAINT, R.AUDITOR): S.ALL,
    (D.COMPLAINT, R.PUBLIC): S.COUNTS,
    (D.OPENINGS, R.CONSTITUENT): _if("owner", S.ALL),
    (D.OPENINGS, R.REPRESENTATIVE): S.OWN,
    (D.OPENINGS, R.CLERK): S.OWN,
    (D.OPENINGS, R.BODY): S.OWN,
    (D.OPENINGS, R.AUDITOR): S.ALL,
}


def shows(viewer: Viewer, data: Data, relation: Relation) -> Show:
    rule = MATRIX.get((data, viewer.role), Show.NOTHING)
    if isinstance(rule, Show):
        return rule
    fact, then = rule
    return then if getattr(relation, fact) else Show.NOTHING


def require_role(viewer: Viewer, *roles: Role) -> None:
    if viewer.role not in roles:
        raise Forbidden("Your role does not allow this.")


def require_office(viewer: Viewer, office_id: str) -> None:
    """The holder acts, and only while the office is held: `offices` are those of today."""
    require_role(viewer, Role.REPRESENTATIVE)
    if office_id not in viewer.offices:
        raise Forbidden("This belongs to another office.")
