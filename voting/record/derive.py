"""What the documents of a record must say, from the history of its log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from voting.ballot_questions import dossiers_hash
from voting.record import schema
from voting.record.history import Contest, Election, History

NEVER_SEALED = ("draft", "frozen")
PUBLIC_ROLL = ("committee", "confidence", "satisfaction")


def state(
    election: schema.Election, told: Election, withheld: Mapping[str, schema.Withheld | None]
) -> schema.State | None:
    """`state.json`; `withheld` by code of the contest. None: there should be no record yet."""
    if not has_record(told):
        return None
    return schema.State(
        format="mandate-state/1",
        election=election.digest(),
        state=told.state,  # type: ignore[arg-type]
        opens_at=told.opens_at,
        closes_at=told.closes_at,
        closed_at=told.closed_at or None,
        contests=[
            _contest(told.contests[contest.code], withheld=withheld[contest.code])
            for contest in election.contests
        ],
    )


def _contest(told: Contest, *, withheld: schema.Withheld | None) -> schema.ContestState:
    return schema.ContestState(
        code=told.code,
        fingerprint=told.fingerprint,
        reissued=told.reissued,
        ballots=told.closed["ballots"] if told.closed else None,
        issued=told.closed["issued"] if told.closed else None,
        excluded=told.closed["excluded"] if told.closed else {},
        withheld=withheld,
    )


def has_record(told: Election) -> bool:
    """It was sealed, and may have been cancelled since."""
    return told.state not in NEVER_SEALED and bool(told.public_key)


def term(history: History, code: str) -> schema.Term | None:
    """`term.json`."""
    told = history.terms.get(code)
    if told is None:
        return None
    found = [election for election in history.elections.values() if election.term == code]
    return schema.Term(
        format="mandate-term/2",
        code=told.code,
        starts_on=told.starts_on,
        ends_on=told.ends_on,
        elections=[
            schema.Named(
                code=election.code,
                kind=election.kind,  # type: ignore[arg-type]
                state=election.state,
                derives_from=election.derives_from,
                published=has_record(election),
            )
            for election in sorted(found, key=lambda one: one.code)
        ],
        offices=schema.in_order(
            schema.Office(
                holder=office.holder,
                kind=office.kind,
                constituency=office.constituency,
                election=history.elections[office.election].code,
                starts_on=office.since,
                ends_on=office.until,
            )
            for office in told.offices.values()
        ),
    )


Differences = Iterator[tuple[str, object, object]]  # what it is, here, and in the log


def differences(election: schema.Election, told: Election, history: History) -> Differences:
    """Between what was bound before the vote and what the log says besides its hash."""
    period = history.terms[told.term]
    pairs: list[tuple[str, object, object]] = [
        ("id", election.id, told.id),
        ("code", election.code, told.code),
        ("kind", election.kind, told.kind),
        ("term.code", election.term.code, told.term),
        ("term.starts_on", election.term.starts_on, period.starts_on),
        ("term.ends_on", election.term.ends_on, period.ends_on),
        ("previous", election.previous, told.previous),
        ("derives_from", election.derives_from, told.derives_from),
        ("rolls_of", election.rolls_of, told.rolls_of),
        ("profile.id", election.profile.id, told.profile[0]),
        ("profile.sha256", election.profile.sha256, told.profile[1]),
        ("dossiers", dossiers_hash(election.dossiers), told.dossiers or dossiers_hash({})),
        (
            "trustees",
            [(trustee.number, trustee.name, trustee.kind) for trustee in election.trustees],
            [(number, one.name, one.kind) for number, one in told.numbered.items()],
        ),
    ]
    yield from ((name, here, there) for name, here, there in pairs if here != there)


def contest_differences(contest: schema.Contest, told: Contest) -> Differences:
    candidates = {
        c.key: schema.statements_hash(c.statement_zh, c.statement_en) for c in contest.candidates
    }
    pairs: list[tuple[str, object, object]] = [
        ("uuid", contest.uuid, told.uuid),
        ("constituency", contest.constituency, told.constituency),
        ("seats", contest.seats, told.seats),
        ("of_seats", contest.of_seats, told.of_seats),
        ("voters", contest.voters, told.voters),
        ("roll_root", contest.roll_root, told.roll),
        (
            "candidates",
            candidates,
            {key: found.statements for key, found in told.standing.items()},
        ),
        ("candidates", len(candidates), len(contest.candidates)),
    ]
    yield from ((name, here, there) for name, here, there in pairs if here != there)
