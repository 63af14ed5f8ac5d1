"""What the page of an independent checker says; it is built once, in both languages."""

from __future__ import annotations

from web.texts.i18n import N_, _

TEXTS = {
    "title": N_("Independent check of a ballot"),
    "lead": N_(
        "This page looks into an opened ballot, or checks a receipt, apart from the device that "
        "made it and from the service that counts. It asks the service only for the ballot paper, "
        "and for the proof of a receipt in the public log; what the ballot contains stays here."
    ),
    "address": N_(
        "You should have typed its address from your letter, on another device than the one you "
        "vote with. A page that the voting device opened for you checks nothing."
    ),
    "step1": N_("Show it the code, or paste the receipt"),
    "useCamera": N_("Use the camera (press again to stop)"),
    "orPicture": N_("Or choose a picture of the code"),
    "orText": N_("Or paste the code or the receipt"),
    "check": N_("Check"),
    "computing": N_("Computing…"),
    "unreadableTitle": N_("This could not be checked"),
    "damagedCode": N_("The code is damaged. Scan it again; this says nothing about the ballot."),
    "damagedReceipt": N_(
        "This is not a whole receipt: it was cut or changed on the way. Take it again from where "
        "you saved it; it has six lines and begins with “mandate-receipt v1”."
    ),
    "nothing": N_("There is neither the code of an opened ballot nor a receipt in this text."),
    "noCode": N_("There is no code to be read in this picture. Take it again, near and sharp."),
    "noCamera": N_("There is no camera, or it is not allowed. Take a picture, or paste the text."),
    "noPaper": N_(
        "The ballot paper of this contest could not be fetched. Choose the file of the paper or "
        "the archive of the contest (.bel) from the published record."
    ),
    "noReceiptKey": N_("This page was built without the key of receipts, so it cannot check one."),
    "choosePaper": N_("Ballot paper, if it has to be chosen"),
    "contains": N_("This ballot contains:"),
    "blank": N_("A blank ballot"),
    "nobody": N_("Nobody"),
    "trackerIs": N_("Tracker of this ballot:"),
    "compare": N_("Compare both with the voting device, to the last character."),
    "same": N_("Both are the same"),
    "choiceDiffers": N_("The choice is another one"),
    "trackerDiffers": N_("The tracker is another one"),
    "fine": N_(
        "Then the device sealed what it showed. This ballot is void: seal a new one and cast it."
    ),
    "receiptTitle": N_("The receipt is signed by the service"),
    "receiptNotAsked": N_("The public log was not asked."),
    "receiptMissing": N_(
        "The public log does not have this ballot. It can take a minute after voting. If it stays "
        "so, take your receipt to an auditor: it is the evidence."
    ),
    "receiptLogged": N_(
        "The ballot is entry %(index)s of %(size)s in the public log; the proof was checked here."
    ),
    "receiptWrong": N_("The receipt does not carry the signature of the service (%(reason)s)."),
    "logWrong": N_("The log's proof is not right (%(reason)s)."),
    "badTitle": N_("This is not right"),
    "proofWrong": N_(
        "No honest ballot has this code (%(reason)s). It was made for another paper, or the device "
        "sealed something else than it says. Scan it once more from the screen; if this stays:"
    ),
    "otherChoice": N_("The opened ballot contains another choice than the device showed."),
    "otherTracker": N_("The opened ballot has another tracker than the device showed."),
    "do1": N_("Do not cast anything with that device, and do not change anything on it."),
    "do2": N_("Save the evidence file below."),
    "do3": N_(
        "Give it to an auditor and to the election commission, by hand or in the way that your "
        "letter says. Ask for a written answer."
    ),
    "do4": N_("Vote on another device, or at the polling place. Your vote is not lost."),
    "makeEvidence": N_("Save the evidence file"),
    "evidenceHint": N_(
        "It is not encrypted: it shows the code, and with it the choice on the opened ballot, "
        "which is void and never counted. Give it to nobody else."
    ),
    "madeBy": N_("Made by mandate checker, version"),
}


def checker_texts() -> dict[str, str]:
    """In the language that is spoken now."""
    return {name: _(text) for name, text in TEXTS.items()}
