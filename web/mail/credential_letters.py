"""The letter that brings a voter the secret credential. Made on the registrar's machine: the server
never sees what is in it."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import EmailMessage

from web.mail.mailer import compose
from web.settings import Settings
from web.texts.i18n import Language, _, speaking


def letter(
    settings: Settings, contest: Mapping[str, str], voter: Mapping[str, str], secret: str
) -> EmailMessage | None:
    """`contest` has title_zh, title_en and uuid; None for a voter without an address."""
    if not voter["email"]:
        return None
    language: Language = "en" if voter["language"] == "en" else "zh"
    with speaking(language):
        title = contest[f"title_{language}"]
        text = _(
            "Dear %(name)s,\n\n"
            "this is your voting credential for %(title)s:\n\n"
            "    %(secret)s\n\n"
            "When voting is open, sign in, open your ballot and type it in:\n\n"
            "%(link)s\n\n"
            "It is as good as your signature: show it to nobody. We cannot send it again after "
            "voting has opened.\n",
            name=voter["name"],
            title=title,
            secret=secret,
            link=f"{settings.base_url}/ballots/{contest['uuid']}",
        )
        if settings.checker_url:
            text += _(
                "\nIf you doubt your device: on the page of your ballot you can open a sealed "
                "ballot. Then type this address on another device, and let that page look at "
                "it:\n\n"
                "%(checker)s\n\n"
                "Use only the address in this letter, not one that the voting device shows.\n",
                checker=settings.checker_url,
            )
        return compose(
            settings, voter["email"], _("Your voting credential: %(title)s", title=title), text
        )
