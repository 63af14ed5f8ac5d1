"""A mail that there is something new: never what, so who shares the mailbox learns nothing."""

from __future__ import annotations

from fastapi import Request

from accountability import matters
from audit.database import UnitOfWork
from voting.registry import people
from web.mail.mailer import compose
from web.mail.outgoing import NEWS, send
from web.texts.i18n import _, local, speaking


def tell_owner(request: Request, uow: UnitOfWork, matter_id: str) -> None:
    """The owner of a matter, and those whose matters say the same, if they asked for it."""
    settings = request.app.state.settings
    for person_id in matters.to_tell(uow, matter_id):
        person = people.get_person(uow, person_id)
        if not person.email:
            continue
        with speaking("en" if person.language == "en" else "zh"):
            site = local(settings, "organisation")
            subject = _("Something new for you at %(site)s", site=site)
            text = _(
                "Dear %(name)s,\n\nthere is something new in your account at %(site)s.\n"
                "Please sign in to see it:\n\n%(link)s\n\n"
                "This mail does not say what it is about, so that only you know.\n",
                name=person.name,
                site=site,
                link=settings.base_url,
            )
            made = compose(settings, person.email, subject, text)
            send(request, uow, made, NEWS, person_id=person.id)
