"""What the trustees' room says while ranked ballots are shuffled."""

from __future__ import annotations

from web.texts.i18n import N_, gettext

_TEXTS = {
    "notYetShuffled": N_("not yet shuffled"),
    "checkingBallots": N_("checking every ballot and every shuffle before…"),
    "shuffling": N_("shuffling, and proving that nothing was changed…"),
    "sendingShuffle": N_("sending…"),
    "shuffledOne": N_("done: %(count)s ballots shuffled"),
    "shuffledAll": N_("You have shuffled the ballots of every contest."),
    "notShuffled": N_("stopped: nothing was sent"),
    "byCommand": N_("With the command instead"),
    "getArchive": N_("1. Download the archive"),
    "shuffleFile": N_("2. Run the command above, then choose the file that it wrote"),
    "sendShuffle": N_("Send this shuffle"),
    "chooseShuffle": N_("choose the file that the command wrote"),
}


def shuffle_texts() -> dict[str, str]:
    return {name: gettext(text) for name, text in _TEXTS.items()}
