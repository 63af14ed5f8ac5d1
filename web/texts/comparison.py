"""What the trustees' room says of the public log: what is compared, what to do when it refuses."""

from __future__ import annotations

from web.texts.i18n import N_, gettext

_TEXTS = {
    "compareFetching": N_("fetching archive %(index)s of %(count)s…"),
    "compareReading": N_("reading the public log: entry %(done)s of %(size)s…"),
    "compareFound": N_(
        "The archives have exactly what the public log has: %(ballots)s ballots, replaced ones "
        "included, compared with all %(size)s entries of the log. Now your key is needed."
    ),
    "compareFirst": N_("Compare with the public log first."),
    "compareKey": N_("First compare the key of the log, please."),
    "keyUnknown": N_(
        "Your key file does not say which key the public log has. Compare the key below with the "
        "one that the commission gave you on paper, letter by letter."
    ),
    "keyChanged": N_(
        "The public log is signed with another key than on the day you made yours. Go on only if "
        "the commission has announced this: call it, and compare the key below with the printed "
        "one, letter by letter."
    ),
    "eventSetup": N_("the sealed ballot paper"),
    "eventBallot": N_("a ballot"),
    "eventEndBallots": N_("the end of voting"),
    "eventEncryptedTally": N_("the sealed sum"),
    "eventShuffle": N_("a shuffle"),
    "eventEndShuffles": N_("the end of the shuffles"),
    "eventPartialDecryption": N_("a trustee's share"),
    "eventResult": N_("the result"),
    "refused-missing": N_(
        "“%(contest)s”: the public log has %(what)s (event %(height)s) that is missing from the "
        "archive. Somebody has left it out."
    ),
    "refused-added": N_(
        "“%(contest)s”: the archive has %(what)s (event %(height)s) that the public log does not "
        "have. Somebody has put it in."
    ),
    "refused-another": N_(
        "“%(contest)s”: in the archive %(what)s (event %(height)s) is another one than in the "
        "public log. Somebody has changed it."
    ),
    "refused-twice": N_(
        "“%(contest)s”: the public log has %(what)s (event %(height)s) that was dropped, and "
        "another one was put in its place."
    ),
    "refused-notYet": N_(
        "“%(contest)s”: the public log does not have the newest event of the archive yet."
    ),
    "refused-otherElection": N_(
        "“%(contest)s”: the archive from the server is of another election."
    ),
    "refused-archive": N_("“%(contest)s”: the archive from the server is damaged."),
    "refused-head": N_("The head of the public log is not signed by its key."),
    "refused-entries": N_(
        "The public log does not add up: its entries are not those that were signed."
    ),
    "refused-history": N_(
        "The history of the public log was changed: it is not the log that your key file, or the "
        "head that you kept, remembers."
    ),
    "refused-witnesses": N_(
        "The witnesses who watch the public log have not signed it as it is now."
    ),
    "refused-unreachable": N_("The public log could not be read. Nothing was found wrong."),
    "refusedCall": N_(
        "Nothing was decrypted, and your key was not used. Call the other trustees now, by "
        "telephone, then the election commission, and read them this message. Nobody should "
        "decrypt, with this page or with any other program, until it is explained."
    ),
    "refusedWait": N_(
        "Nothing was decrypted, and your key was not used. Wait a minute and compare again. If it "
        "stays so, call the other trustees and the election commission before you go on."
    ),
}


def comparison_texts() -> dict[str, str]:
    return {name: gettext(text) for name, text in _TEXTS.items()}
