"""Commands that are imported when they are used, and not to be listed.

The list of all commands must come at once, and a machine that has only what an auditor needs has no
FastAPI and no SQLAlchemy: a command that cannot be imported names the extra that brings them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from audit.errors import MissingExtraError

OURS = {"accountability", "audit", "ballots", "migrations", "voting", "web"}


@dataclass(frozen=True)
class Lazy:
    """Where a command or a group of them is, and what the list says of it: its first line."""

    place: str  # module:attribute
    help: str
    extra: str | None = None


def group_of(table: Mapping[str, Lazy]) -> type[TyperGroup]:
    """For `typer.Typer(cls=...)`: the commands of the table beside those registered with it."""
    return type("LazyGroup", (_LazyGroup,), {"table": table})


class _LazyGroup(TyperGroup):
    table: Mapping[str, Lazy]

    def __init__(self, **attrs: Any) -> None:
        super().__init__(**attrs)
        self.commands = _Commands(self.commands, self.table)

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.commands)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Enough of the command to list it."""
        if cmd_name in self.table:
            return TyperCommand(cmd_name, help=self.table[cmd_name].help)
        return self.commands.get(cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and self.commands[name or ""], rest

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except MissingExtraError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(2) from None


class _Commands(MutableMapping[str, Any]):
    def __init__(self, registered: Mapping[str, Any], table: Mapping[str, Lazy]) -> None:
        self._known = dict(registered)
        self._table = table

    def __getitem__(self, name: str) -> Any:
        if name not in self._known and name in self._table:
            self._known[name] = _load(name, self._table[name])
        return self._known[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._known[name] = command

    def __delitem__(self, name: str) -> None:
        del self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter([*(self._known.keys() - self._table.keys()), *self._table])

    def __len__(self) -> int:
        return len(self._known.keys() | self._table.keys())


def _load(name: str, lazy: Lazy) -> Any:
    module, attribute = lazy.place.split(":")
    try:
        found = getattr(import_module(module), attribute)
    except ModuleNotFoundError as error:
        if lazy.extra is None or (error.name or "").partition(".")[0] in OURS:
            raise
        raise MissingExtraError(f"'mandate {name}'", lazy.extra, error.name) from None
    holder = typer.Typer(add_completion=False)
    holder.callback()(lambda: None)
    if isinstance(found, typer.Typer):
        holder.add_typer(found, name=name)
    else:
        holder.command(name)(found)
    return typer.main.get_command(holder).commands[name]  # type: ignore[attr-defined]
