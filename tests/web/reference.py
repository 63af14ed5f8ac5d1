"""docs/commands.md, made from the commands themselves.

python -m tests.web.reference > docs/commands.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import typer

HEAD = """# Commands

Made from the commands themselves by `python -m tests.web.reference`; a test compares. Each command
also explains itself with `--help`. Settings come from the environment: see [settings](settings.md).
"""


def _commands(command: object, path: str) -> Iterator[tuple[str, object]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command
        return
    for name in sorted(children):
        yield from _commands(children[name], f"{path} {name}")


def _section(path: str, command: object) -> str:
    params = [p for p in command.params if not getattr(p, "hidden", False) and p.name != "help"]  # type: ignore[attr-defined]
    arguments = [p for p in params if p.param_type_name == "argument"]
    options = [p for p in params if p.param_type_name == "option"]
    shape = " ".join(
        [path, *(_argument(p) for p in arguments), *(["[OPTIONS]"] if options else [])]
    )
    text = " ".join((command.help or "").split())  # type: ignore[attr-defined]
    lines = [f"## {path}", "", f"    {shape}", "", text, ""]
    for p in [*arguments, *options]:
        name = ", ".join(f"`{o}`" for o in p.opts) if p in options else f"`{p.name.upper()}`"
        lines.append(f"- {name}: {p.help}" if getattr(p, "help", None) else f"- {name}")
    return "\n".join(lines).rstrip() + "\n"


def _argument(p: object) -> str:
    name = p.name.upper()  # type: ignore[attr-defined]
    name += "..." if p.nargs == -1 else ""  # type: ignore[attr-defined]
    return name if p.required else f"[{name}]"  # type: ignore[attr-defined]


def reference() -> str:
    from web.cli import app

    root = typer.main.get_command(app)
    return "\n".join([HEAD, *(_section(path, c) for path, c in _commands(root, "mandate"))])


if __name__ == "__main__":
    sys.stdout.write(reference())
