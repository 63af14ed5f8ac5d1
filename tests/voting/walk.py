"""Walk what was logged with the table of ways: who logged what in which state."""

from __future__ import annotations

from sqlalchemy import select

from audit.database import Database
from audit.entries import Entry, parse
from audit.models import LogEntry
from audit.roles import Role
from voting import ways
from voting.entries import ArchiveEvent, ElectionCreated, RollFrozen
from voting.words import State


def walk(database: Database) -> tuple[list[str], set[ways.Way]]:
    """What no way allows, in words, and the ways that were taken."""
    with database.read() as uow:
        raws = uow.session.scalars(select(LogEntry.entry).order_by(LogEntry.queued)).all()
    states: dict[str, State] = {}
    frozen: list[str] = []  # contests whose election is named by the entry that ends the act
    elections: dict[str, str] = {}
    wrong, taken = [], set()
    for raw in raws:
        logged = parse(raw)
        entry = logged.data
        if not isinstance(entry, Entry) or type(entry) not in ways.WAYS:
            continue
        if isinstance(entry, RollFrozen):
            frozen.append(entry.uuid)
            continue
        kind, _, key = logged.subject.partition("/")
        election = key if kind == "election" else elections[key]
        for uuid in frozen:
            elections[uuid] = election
        frozen.clear()
        event = entry.type if isinstance(entry, ArchiveEvent) else None
        state, role = states.get(election), Role(logged.actor_role)
        found = [
            way
            for way in ways.of(type(entry), event)
            if role in way.by and (state in way.states or isinstance(entry, ElectionCreated))
        ]
        if not found:
            wrong.append(f"{logged.type} {event or ''} by {role} in {state}")
        taken |= set(found)
        if to := next((way.to for way in found if way.to), None):
            states[election] = to
    return wrong, taken
