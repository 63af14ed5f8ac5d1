"""The mail that asks a constituent whether a contact happened."""

from __future__ import annotations

from fastapi import Request

from accountability.models import Contact
from audit.database import UnitOfWork
from voting.registry import people
from web.mail.mailer import compose
from web.mail.outgoing import CONTACT, send
from web.texts.i18n import _, local


def send_code(request: Request, uow: UnitOfWork, contact: Contact, code: str) -> None:
    """To the constituent's mailbox alone. Without one, an auditor rings up."""
    person = people.get_person(uow, contact.link.constituent_id)
    if not person.email:
        return
    settings = request.app.state.settings
    text = _(
        "Dear %(name)s,\n\n%(holder)s says that you were in contact on %(date)s.\n"
        "Is that so? Please say yes or no here, with the code below:\n\n"
        "%(link)s\n\nYour code: %(code)s\n\n"
        "Only you have this code. %(holder)s does not see what you answer.\n"
        "If somebody asks you for it, please do not give it away.\n",
        name=person.name,
        holder=contact.link.office.person.name,
        date=contact.held_on.isoformat(),
        link=f"{settings.base_url}/contacts",
        code=f"{code[:4]} {code[4:]}",
    )
    subject = _("Were you contacted? A question of %(site)s", site=local(settings, "organisation"))
    made = compose(settings, person.email, subject, text)
    send(request, uow, made, CONTACT, person_id=person.id)
