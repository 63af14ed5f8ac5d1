"""Duty reports: statements that cite what was logged, questions, ratings.

A statement without a citation is not refused: it is shown as unsupported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from accountability import activities, draws, validation
from accountability.access import Role, Viewer, require_office, require_role
from accountability.entries import ReportAnswered, ReportAsked, ReportRated, ReportSubmitted
from accountability.errors import Conflict, Forbidden, Invalid
from accountability.models import (
    Activity,
    Citation,
    Commitment,
    Obligation,
    Question,
    Rating,
    Report,
    Statement,
)
from accountability.words import Attendance
from audit.database import UnitOfWork
from voting.registry import people
from voting.registry.models import Office

MAX_STATEMENTS = 20
SMALLEST_COUNT = 10


@dataclass(frozen=True)
class Draft:
    """One statement with the ids of the activities and commitments that it cites."""

    text: str
    activities: tuple[str, ...] = ()
    commitments: tuple[str, ...] = ()


def submit(
    uow: UnitOfWork, viewer: Viewer, office_id: str, period: str, drafts: Sequence[Draft]
) -> Report:
    require_office(viewer, office_id)
    drafts = [draft for draft in drafts if draft.text.strip()]
    if not 1 <= len(drafts) <= MAX_STATEMENTS:
        raise Invalid("A report has between 1 and %(most)d statements.", most=MAX_STATEMENTS)
    owed = _owed(uow, office_id, period)
    _check_citations(uow, office_id, drafts)
    report = Report(
        office_id=office_id,
        period=period,
        due_on=owed.due_on,
        submitted_on=uow.today,
        sha256=fingerprint(office_id, period, drafts),
    )
    uow.session.add(report)
    uow.session.flush()
    for position, draft in enumerate(drafts, start=1):
        _add_statement(uow, report, position, draft)
    supported = sum(bool(draft.activities or draft.commitments) for draft in drafts)
    uow.record(
        ReportSubmitted(
            report=report.id,
            office=office_id,
            period=period,
            statements=len(drafts),
            supported=supported,
            late=report.submitted_on > report.due_on,
            sha256=report.sha256,
        )
    )
    activities.from_report(uow, office_id, period)
    return report


def _owed(uow: UnitOfWork, office_id: str, period: str) -> Obligation:
    owed = uow.session.scalar(
        select(Obligation).where(
            Obligation.office_id == office_id,
            Obligation.kind == "report",
            Obligation.period == period,
        )
    )
    if owed is None:
        raise Invalid("No report is due for this period.", field="period")
    known = select(Report.id).where(Report.office_id == office_id, Report.period == period)
    if uow.session.scalar(known):
        raise Conflict("The report of this period is submitted already.")
    return owed


def _check_citations(uow: UnitOfWork, office_id: str, drafts: Sequence[Draft]) -> None:
    """Only what this office did itself may be cited, and an absence shows nothing."""
    cited = {key for draft in drafts for key in draft.activities}
    own = select(Activity.id).where(
        Activity.office_id == office_id,
        Activity.attendance == Attendance.PRESENT,
        Activity.id.in_(cited),
    )
    promised = {key for draft in drafts for key in draft.commitments}
    promises = select(Commitment.id).where(
        Commitment.office_id == office_id, Commitment.id.in_(promised)
    )
    if set(uow.session.scalars(own)) != cited or set(uow.session.scalars(promises)) != promised:
        raise Invalid("A statement may cite only your own activities and commitments.")


def fingerprint(office_id: str, period: str, drafts: Sequence[Draft]) -> str:
    return draws.sha256(
        draws.canonical(
            {
                "office": office_id,
                "period": period,
                "statements": [
                    {
                        "text": draft.text.strip(),
                        "activities": sorted(draft.activities),
                        "commitments": sorted(draft.commitments),
                    }
                    for draft in drafts
                ],
            }
        )
    )


def _add_statement(uow: UnitOfWork, report: Report, position: int, draft: Draft) -> None:
    text = validation.some_text(draft.text, "statement", 1000)
    statement = Statement(report_id=report.id, position=position, text=text)
    uow.session.add(statement)
    uow.session.flush()
    uow.session.add_all(
        [Citation(statement_id=statement.id, activity_id=key) for key in draft.activities]
        + [Citation(statement_id=statement.id, commitment_id=key) for key in draft.commitments]
    )
    uow.session.flush()


def of_office(uow: UnitOfWork, office_id: str) -> list[Report]:
    query = select(Report).where(Report.office_id == office_id)
    return list(uow.session.scalars(query.order_by(Report.period.desc())))


def due(uow: UnitOfWork, office_id: str) -> list[Obligation]:
    """Reports that are owed and not submitted, the earliest first."""
    done = select(Report.period).where(Report.office_id == office_id)
    query = select(Obligation).where(
        Obligation.office_id == office_id,
        Obligation.kind == "report",
        Obligation.period.not_in(done),
    )
    return list(uow.session.scalars(query.order_by(Obligation.due_on)))


def _require_constituent(uow: UnitOfWork, viewer: Viewer, report: Report) -> str:
    """Of the constituency; for the office of a whole committee, any member. Never the subject."""
    require_role(viewer, Role.CONSTITUENT)
    office = validation.get(uow, Office, report.office_id)
    person = people.get_person(uow, viewer.person_id or "")
    if person.id == office.person_id:
        raise Forbidden("This is your own report.")
    home = people.constituency_of(uow, person, uow.today)
    if office.constituency_id and (home is None or home.id != office.constituency_id):
        raise Forbidden("Only constituents of this representative can ask and rate.")
    return person.id


def ask(uow: UnitOfWork, viewer: Viewer, report_id: str, text: str) -> Question:
    report = validation.get(uow, Report, report_id)
    question = Question(
        report_id=report.id,
        asker_id=_require_constituent(uow, viewer, report),
        text=validation.some_text(text, "question", 1000),
        asked_at=uow.now.replace(minute=0, second=0, microsecond=0),
    )
    uow.session.add(question)
    uow.session.flush()
    uow.record(ReportAsked(report=report.id))
    return question


def reply(uow: UnitOfWork, viewer: Viewer, question_id: str, text: str) -> None:
    question = uow.lock(Question, question_id)
    require_office(viewer, validation.get(uow, Report, question.report_id).office_id)
    if question.answer is not None:
        raise Conflict("This is answered already.")
    question.answer, question.answered_at = validation.some_text(text, "answer", 2000), uow.now
    uow.session.flush()
    uow.record(ReportAnswered(report=question.report_id, question=question.id))


def rate(uow: UnitOfWork, viewer: Viewer, report_id: str, mark: int) -> None:
    """One mark a constituent, 1 to 5; a second one replaces the first."""
    if not 1 <= mark <= 5:
        raise Invalid("Please choose one of the values offered.", field="mark")
    report = uow.lock(Report, report_id)
    person_id = _require_constituent(uow, viewer, report)
    rating = uow.session.get(Rating, (report.id, person_id))
    if rating is None:
        uow.session.add(Rating(report_id=report.id, person_id=person_id, mark=mark))
    else:
        rating.mark = mark
    uow.session.flush()
    uow.record(ReportRated(report=report.id, mark=mark))


def ratings(uow: UnitOfWork, report_id: str) -> dict[int, int] | None:
    """Mark -> how many; None below ten ratings."""
    rows = uow.session.execute(
        select(Rating.mark, func.count()).where(Rating.report_id == report_id).group_by(Rating.mark)
    )
    found = {row[0]: row[1] for row in rows}
    if sum(found.values()) < SMALLEST_COUNT:
        return None
    return {mark: found.get(mark, 0) for mark in range(1, 6)}
