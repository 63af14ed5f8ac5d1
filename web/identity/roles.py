"""Who may do what: the roles, and the pairs that one person may not hold."""

from __future__ import annotations

from collections.abc import Iterable

from audit.roles import Role as Role
from web.texts.i18n import N_

# Those that an account can hold.
LABELS: dict[Role, str] = {
    Role.MEMBER: N_("Member"),
    Role.REPRESENTATIVE: N_("Representative"),
    Role.COMMISSION: N_("Election commission"),
    Role.CERTIFIER: N_("Certifying body"),
    Role.TRUSTEE: N_("Trustee"),
    Role.REGISTRAR: N_("Registrar"),
    Role.CLERK: N_("Clerk"),
    Role.BODY: N_("Responsible body"),
    Role.SITE_KEEPER: N_("Site keeper"),
    Role.AUDITOR: N_("Auditor"),
    Role.ADMIN: N_("Administrator"),
}

# These two follow from the registry (on the roll, in office); nobody grants them.
DERIVED = frozenset({Role.MEMBER, Role.REPRESENTATIVE})
GRANTED = tuple(role for role in LABELS if role not in DERIVED)
# Their sign-ins are in the security log; a representative is a voter, so is not here.
OFFICIALS = frozenset(GRANTED)

_C = frozenset


CONFLICTS: dict[frozenset[Role], str] = {
    _C({Role.REGISTRAR, Role.COMMISSION}): N_(
        "Who issues the voting credentials must not run the election."
    ),
    _C({Role.CERTIFIER, Role.COMMISSION}): N_(
        "Who certifies an outcome must not have run the election."
    ),
    _C({Role.REGISTRAR, Role.ADMIN}): N_(
        "Who issues the voting credentials must not operate the server."
    ),
    _C({Role.REGISTRAR, Role.TRUSTEE}): N_(
        "Who knows which credential belongs to whom must not hold a key that opens votes."
    ),
    _C({Role.COMMISSION, Role.TRUSTEE}): N_(
        "Who runs the election must not hold a key that opens votes."
    ),
    _C({Role.REGISTRAR, Role.CLERK}): N_(
        "Who keeps the roll and the credentials must not take in people's matters."
    ),
    _C({Role.TRUSTEE, Role.ADMIN}): N_(
        "Who operates the server must not hold a key that opens votes."
    ),
    _C({Role.COMMISSION, Role.ADMIN}): N_("Who appoints the commission must not sit on it."),
    _C({Role.CLERK, Role.REPRESENTATIVE}): N_(
        "A clerk reads complaints about representatives, so a representative cannot be one."
    ),
    _C({Role.SITE_KEEPER, Role.REPRESENTATIVE}): N_(
        "A site keeper vouches for representatives being there, so cannot be one of them."
    ),
    **{
        _C({Role.AUDITOR, other}): N_(
            "An auditor examines the work of this role, so cannot hold it."
        )
        for other in GRANTED
        if other is not Role.AUDITOR
    },
}


def conflict(held: Iterable[Role], wanted: Role) -> tuple[Role, str] | None:
    """The role that stands against the wanted one, and why; None when nothing does."""
    for role in held:
        if reason := CONFLICTS.get(frozenset({role, wanted})):
            return role, reason
    return None
