"""The words for the codes of accountability, in one place for pages, feeds and mail."""

from __future__ import annotations

from web.texts.i18n import N_, gettext

WORDS: dict[str, dict[str, str]] = {
    "office": {
        "representative": N_("Representative"),
        "secretary": N_("Secretary"),
        "deputy_secretary": N_("Deputy secretary"),
        "standing_member": N_("Member of the standing committee"),
        "member": N_("Member of the committee"),
    },
    "activity": {
        "plenary": N_("Plenary meeting"),
        "standing_committee": N_("Standing committee"),
        "congress_session": N_("Congress session"),
        "inspection": N_("Inspection"),
        "reception": N_("Reception day"),
        "visit": N_("Visit"),
        "survey": N_("Survey"),
        "training": N_("Training"),
        "duty_report": N_("Duty report"),
    },
    "attendance": {
        "present": N_("present"),
        "absent": N_("absent"),
        "substitute": N_("sent a substitute"),
    },
    "reason": {
        "illness": N_("illness"),
        "official_duty": N_("official duty elsewhere"),
        "family": N_("family"),
        "leave": N_("leave"),
        "other": N_("another reason"),
        "none": N_("no reason given"),
    },
    "source": {
        "self": N_("own entry"),
        "attendance_sheet": N_("attendance sheet"),
        "site_keeper": N_("site keeper's code"),
        "system": N_("by the system"),
    },
    "contact_channel": {
        "visit": N_("a visit"),
        "phone": N_("a telephone call"),
        "message": N_("a message"),
        "meeting": N_("a meeting"),
    },
    "contact_state": {
        "claimed": N_("waits for your answer"),
        "confirmed": N_("you confirmed it"),
        "disputed": N_("you disputed it"),
        "unanswered": N_("the time to answer is over"),
    },
    "commitment": {
        "planned": N_("planned"),
        "under_way": N_("under way"),
        "done": N_("done"),
        "dropped": N_("dropped"),
    },
    "metric": {
        "contact_coverage": N_("Contacts confirmed"),
        "reception_presence": N_("Present on reception days"),
        "attendance": N_("Meetings attended"),
        "first_reply": N_("First real answer"),
        "on_time": N_("Answered by the original date"),
        "on_time_extended": N_("Answered by the extended date"),
        "reopened": N_("Disputed or reopened"),
        "open_age": N_("Still open"),
        "inspection_followup": N_("Findings settled"),
        "report_on_time": N_("Duty reports on time"),
        "report_evidence": N_("Statements with evidence"),
        "report_questions": N_("Questions answered"),
        "late_entry": N_("Written down late"),
    },
    "category": {
        "roads": N_("Roads and bridges"),
        "transit": N_("Buses"),
        "traffic": N_("Traffic"),
        "utilities": N_("Electricity and gas"),
        "environment": N_("Environment"),
        "water": N_("Water"),
        "waste": N_("Waste"),
        "housing": N_("Housing"),
        "relocation": N_("Relocation"),
        "land": N_("Land"),
        "education": N_("Education"),
        "health": N_("Health"),
        "elderly": N_("Older people"),
        "insurance": N_("Pensions and insurance"),
        "culture": N_("Culture and sport"),
        "labour": N_("Work and wages"),
        "business": N_("Business"),
        "farming": N_("Farming"),
        "safety": N_("Safety"),
        "hardship": N_("Hardship"),
        "membership": N_("Membership"),
        "conduct": N_("Complaint about conduct"),
        "other": N_("Something else"),
    },
    "channel": {
        "reception": N_("reception day"),
        "phone": N_("telephone"),
        "web": N_("this site"),
        "letter": N_("letter"),
        "patrol": N_("patrol"),
        "other": N_("another way"),
    },
    "matter": {
        "received": N_("received"),
        "joined": N_("joined to an earlier one"),
        "routed": N_("being worked on"),
        "answered": N_("answered: please look"),
        "accepted": N_("settled: the person accepted it"),
        "disputed": N_("disputed: goes round again"),
        "closed": N_("closed, not confirmed as settled"),
    },
    "event": {
        "received": N_("Taken in"),
        "joined": N_("Joined to an earlier matter that says the same"),
        "routed": N_("Sent to the body in charge"),
        "acknowledged": N_("Seen by the body (this is not an answer)"),
        "answered": N_("Answered"),
        "stopped": N_("The clock was stopped"),
        "resumed": N_("The clock runs again"),
        "extended": N_("The time was extended"),
        "recounted": N_("The time was counted anew with the calendar of the year"),
        "accepted": N_("Accepted as settled"),
        "disputed": N_("Disputed"),
        "reopened": N_("Reopened"),
        "closed": N_("Closed"),
        "consent": N_("You let the body see your name and contact"),
        "no_consent": N_("You took back the consent to see your name and contact"),
        "returned": N_("Handed back: it is for another body"),
        "passed_on": N_("Passed on to another representative"),
        "taken_back": N_("No representative follows it any more"),
        "glass_broken": N_("Two auditors looked at the contact details together"),
    },
    "opener": {
        "clerk": N_("a clerk"),
        "body": N_("the body in charge"),
        "representative": N_("the representative"),
        "auditor": N_("an auditor"),
    },
    "finding": {
        "open": N_("open"),
        "reported": N_("reported as done, not verified"),
        "verified": N_("verified by someone else"),
    },
    "ballot": {
        "confidence": N_("Confidence ballot"),
        "satisfaction": N_("Satisfaction ballot"),
    },
}


def word(group: str, code: str) -> str:
    return gettext(WORDS[group].get(code, code))


def options(group: str, codes: list[str] | tuple[str, ...] | None = None) -> list[tuple[str, str]]:
    """(code, word) pairs for a list to choose from."""
    return [(code, word(group, code)) for code in (codes or WORDS[group])]
