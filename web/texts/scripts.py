"""What the scripts of the booth, the trustees' room and the registrar's page say.

Kept here, so that the catalogue has them like every other text; the pages hand them over as JSON.
"""

from __future__ import annotations

from web.texts.i18n import N_, gettext

_BOOTH = {
    "number": N_("Question %(index)s of %(count)s"),
    "about": N_("About %(name)s"),
    "ruleOne": N_("Choose one answer."),
    "ruleSingle": N_("Choose one name."),
    "ruleSome": N_("Choose up to %(max)s names."),
    "ruleNobody": N_("You may also choose nobody: that is a vote too."),
    "ruleRanks": N_(
        "Press the names in your order: first the person you want most, then the next, and so on. "
        "You need not rank everyone."
    ),
    "notRanked": N_("not ranked"),
    "choiceNumber": N_("choice %(rank)s"),
    "yourOrder": N_("Your order"),
    "orderEmpty": N_("You have not ranked anyone yet."),
    "moveUp": N_("Up"),
    "moveDown": N_("Down"),
    "takeOut": N_("Take out"),
    "saidRank": N_("%(name)s is your choice %(rank)s."),
    "saidOut": N_("%(name)s is not ranked any more."),
    "leftOut": N_("Not ranked: %(names)s"),
    "blankRanks": N_("Blank ballot: I rank nobody"),
    "blank": N_("Blank ballot: I choose nobody"),
    "blankHint": N_(
        "A blank ballot counts as an abstention. It is sealed like every other, so nobody can tell."
    ),
    "blankChosen": N_("Blank ballot chosen"),
    "chosenCount": N_("%(count)s of %(max)s chosen"),
    "rankedCount": N_("%(count)s of %(max)s ranked"),
    "full": N_(
        "You have already chosen %(max)s, and more would spoil the ballot. To choose "
        "another name, first take one back."
    ),
    "chooseNothing": N_("Please choose first. Without a choice this ballot cannot be cast."),
    "chooseTooFew": N_("Please choose at least %(min)s."),
    "change": N_("Change"),
    "changeOf": N_("Change: %(title)s"),
    "nobody": N_("Nobody chosen"),
    "credentialEmpty": N_("Please type the voting credential from your letter."),
    "credentialSeveral": N_(
        "There is more than one credential in this text. Please give only the one for this ballot."
    ),
    "credentialLength": N_(
        "A credential has 22 letters and digits; you typed %(length)s. Please compare it "
        "with your letter."
    ),
    "credentialCharacter": N_(
        "“%(character)s” is never part of a credential. Please compare it with your letter."
    ),
    "credentialLookalike": N_(
        "“%(character)s” is never part of a credential. Perhaps it is one of these: %(instead)s"
    ),
    "credentialUnknown": N_(
        "This credential does not belong to this ballot. Perhaps a letter is mistyped "
        "(capital and small letters differ), or it is the credential of another election."
    ),
    "workerFailed": N_(
        "This browser could not start the encryption. Please try another browser or device."
    ),
    "cast": N_("Cast my ballot"),
    "tryAgain": N_("Try again"),
    "sending": N_("Sending your ballot"),
    "offline": N_(
        "The server could not be reached. Your sealed ballot is kept on this page. Check "
        "the connection, then press “Try again”: it cannot be counted twice."
    ),
    "session": N_(
        "You have been signed out. Your sealed ballot is kept on this page. Sign in again "
        "in a new tab, come back here, and press “Try again”."
    ),
    "signIn": N_("Sign in (new tab)"),
    "refused": N_(
        "The server did not take the ballot. Please try again, or ask the election commission."
    ),
    "copied": N_("The ballot tracker is copied."),
    "copyFailed": N_(
        "This browser does not allow copying. Please write the tracker down, print or save it."
    ),
    "receiptSigned": N_(
        "The server has signed that it took your ballot. This browser has checked the signature."
    ),
    "keptDamaged": N_(
        "This is not a whole receipt: it was cut or changed on the way. Take it again from where "
        "you saved it; it has six lines and begins with “mandate-receipt v1”."
    ),
    "keptOffline": N_("The server does not answer. Check the connection and try again."),
    "keptWrong": N_(
        "This receipt does not carry the server’s signature: something in it is not what was "
        "signed. Take the receipt as you saved it to an auditor."
    ),
    "keptMissing": N_(
        "The public log does not have this ballot. It can take a minute after voting. If it stays "
        "so, take your receipt to an auditor: it is the evidence."
    ),
    "receiptWrong": N_(
        "The server's receipt is not right (%(reason)s). Save it, and show it to the "
        "election commission or an auditor."
    ),
    "logWaiting": N_("Waiting for the public log…"),
    "logVerified": N_(
        "Your ballot is entry %(index)s of %(size)s in the public log. This browser has "
        "checked the proof."
    ),
    "logWrong": N_(
        "The log's proof is not right (%(reason)s). Save the receipt, and show it to an auditor."
    ),
    "logNotChecked": N_("The log was not asked, because the receipt is not right."),
    "logLater": N_(
        "The public log does not have the entry yet. Look again later with “Check my ballot”."
    ),
    "qrLabel": N_("QR code of the opened ballot"),
    "loadOffline": N_("The ballot paper could not be loaded. Check the connection and try again."),
    "otherPaper": N_(
        "The ballot paper from the server is not the one that was published. Do not vote "
        "with it; please tell the election commission."
    ),
}

_TRUSTEE = {
    "waitingFor": N_(
        "Waiting for %(names)s. You will be able to go on when they have done their step."
    ),
    "waitDraft": N_("The election is still being prepared. There is nothing to do for you yet."),
    "waitSeal": N_("Your key is made. Now the other trustees and the registrar do their part."),
    "waitOpen": N_("Your rehearsal has succeeded. Keep your key file safe until voting has ended."),
    "waitClose": N_(
        "Voting is under way. Keep your key file safe: it is needed when voting has ended."
    ),
    "waitTally": N_(
        "Voting has ended. The server is adding up the sealed ballots; look again in a moment."
    ),
    "doneTallied": N_(
        "The votes of this election have been counted. Your key is not needed any more."
    ),
    "doneDecrypted": N_("Your share of every contest is in. Thank you: your part is done."),
    "makeSingle": N_(
        "Your browser makes a key. Its secret half is saved as a file on this device and is "
        "never sent."
    ),
    "makeSeed": N_(
        "Your browser makes a secret. It is saved as a file on this device and is never sent."
    ),
    "saved": N_("The file is saved. Now choose it, to be sure that it can be read."),
    "notAKey": N_("This is not your key file."),
    "otherElection": N_("This key file is of another election."),
    "notTheSame": N_("This is not the file that was just saved. Please choose the newest one."),
    "oldFile": N_("this is an older key file; choose the one that was saved last"),
    "chooseFile": N_("Please choose your key file first."),
    "useCommit": N_(
        "Everyone has a certificate. Now your browser makes your part of the key and "
        "commits to it, before anyone's part is shown."
    ),
    "useKey": N_("Every trustee has committed. Now the public half of your key is shown."),
    "usePolynomial": N_("Every trustee has committed. Now your public part of the key is shown."),
    "useShare": N_(
        "Your browser checks what all trustees sent you, and makes your share of the key."
    ),
    "useRehearse": N_(
        "Before voting opens, show that your key works: your browser decrypts a test tally, "
        "which holds nobody's vote."
    ),
    "notYet": N_("not yet decrypted"),
    "verifying": N_("checking every ballot and adding up…"),
    "decrypting": N_("decrypting the sum…"),
    "decrypted": N_("done: the sum of %(count)s ballots"),
    "stopped": N_("stopped: nothing was decrypted"),
    "failed": N_("This was refused, and nothing was sent: %(reason)s"),
    "workerFailed": N_("This browser could not start the computation. Please try another browser."),
    "offline": N_(
        "The server could not be reached. Check the connection and try again; nothing is lost."
    ),
    "session": N_(
        "You have been signed out. Sign in again in a new tab, come back here and try again."
    ),
    "refused": N_("The server did not take it. Please try again, or ask the election commission."),
}

_CREDENTIALS = {
    "replaced": N_(
        "The new credential is made and published. Print its letter now: it is shown only once."
    ),
    "notACredential": N_("This is not a credential. Please compare it with your list."),
    "nothingToDo": N_("Every contest of this election has its credentials."),
    "made": N_(
        "Credentials made: %(voters)s, in contests: %(contests)s. Nothing has been sent yet."
    ),
    "sheetCredential": N_("Your voting credential"),
    "sheetHelp": N_(
        "Sign in at %(site)s, choose your ballot, and type this credential when you are "
        "asked for it. Capital and small letters differ."
    ),
    "sheetSecret": N_("Keep it to yourself: together with your account it casts your vote."),
    "offline": N_(
        "The server could not be reached. Check the connection and try again; nothing is lost."
    ),
    "session": N_(
        "You have been signed out. Sign in again in a new tab, come back here and try again."
    ),
    "refused": N_("The server did not take the list. Please try again."),
}


def booth_texts() -> dict[str, str]:
    return _said(_BOOTH)


def trustee_texts() -> dict[str, str]:
    return _said(_TRUSTEE)


def credentials_texts() -> dict[str, str]:
    return _said(_CREDENTIALS)


def _said(texts: dict[str, str]) -> dict[str, str]:
    return {name: gettext(text) for name, text in texts.items()}
