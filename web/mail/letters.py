"""Mail about accounts, in the recipient's language."""

from __future__ import annotations

from email.message import EmailMessage

from audit.database import UnitOfWork
from web.identity import accounts
from web.identity.models import Account
from web.mail.mailer import compose
from web.settings import Settings
from web.texts.i18n import Language, _, local, speaking


def _language(account: Account) -> Language:
    return "en" if account.language == "en" else "zh"


def enrolment(
    uow: UnitOfWork, settings: Settings, account: Account, token: str
) -> EmailMessage | None:
    """None for an account without an address: the link is then handed over in person."""
    name, email = accounts.address_of(uow, account)
    if not email:
        return None
    with speaking(_language(account)):
        text = _(
            "Dear %(name)s,\n\n"
            "you have an account at %(site)s. Your sign-in name is %(login)s.\n"
            "Please choose your password and connect your phone here:\n\n"
            "%(link)s\n\n"
            "The link works once, within %(hours)s hours. Nobody will ever ask you for your "
            "password or for a code.\n",
            name=name or account.login,
            site=local(settings, "organisation"),
            login=account.login,
            link=f"{settings.base_url}/enrol/{token}",
            hours=settings.link_hours,
        )
        return compose(settings, email, _("Your account"), text)


def new_password(
    uow: UnitOfWork, settings: Settings, account: Account, token: str, hours: int
) -> EmailMessage | None:
    name, email = accounts.address_of(uow, account)
    if not email:
        return None
    with speaking(_language(account)):
        text = _(
            "Dear %(name)s,\n\n"
            "somebody, most likely you, asked for a new password at %(site)s.\n"
            "You can choose it here, with a code from your phone:\n\n"
            "%(link)s\n\n"
            "The link works once, within %(hours)s hours. If it was not you, do nothing: "
            "your password stays.\n",
            name=name or account.login,
            site=local(settings, "organisation"),
            link=f"{settings.base_url}/reset/{token}",
            hours=hours,
        )
        return compose(settings, email, _("A new password"), text)
