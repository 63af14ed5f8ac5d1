"""No public function of the product is called by tests alone: it is wired, or it is gone."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("ballots", "audit", "voting", "accountability", "web")
# What somebody outside of these rooms calls, each with who that is.
FOR_OTHERS = {
    "web/app.py: from_environment": "uvicorn, by the name in the command of `mandate serve`",
    "web/commands/serve.py: serve": "the command line, which imports a command when it is given",
    "web/commands/log_keeping.py: rotate": "the same",
    "web/commands/log_keeping.py: sequence": "the same",
    "web/commands/log_keeping.py: recover": "the same",
    "web/commands/log_keeping.py: stamp": "the same",
    "ballots/ceremony.py: closing_tally": "`make interop`, which holds elections without a server",
}
# What has a test and no page or caller yet. Each is a promise to wire it, or it goes.
WAITS = {
    "accountability/obligations.py: replace_link": "a page on which a linked person is replaced",
    "accountability/ways.py: next_steps": "the next step on the pages of matters",
    "audit/transport.py: damage_of": "the words of a refused file",
    "ballots/credentials.py: parse_public": "verifiers read the list entry by entry",
    "voting/challenges.py: lodge": "the page on which a result is challenged",
    "voting/contest_archive.py: recomputed_tail": "it goes: tests can read `recomputed`",
    "voting/record/logged.py: log_files": "the reader of a record",
    "voting/record/write.py: pieces": "the record as one stream",
    "voting/roll_tree.py: inclusion": "the proof on a voter's own page",
    "voting/seats.py: excesses": "the replay of the log",
    "voting/two_people.py: declare": "the list of acts that need two people",
    "voting/two_people.py: require": "the same",
    "voting/two_people.py: may_sign": "the desk on which acts wait",
    "voting/ways.py: states_of": "the replay of the log",
    "voting/ways.py: target_of": "the replay of the log",
    "voting/ways.py: next_acts": "the next step on the commission's page",
    "web/identity/throttle.py: forgive": "a limit that is lifted after success",
}


def _modules() -> dict[str, ast.Module]:
    files = (file for room in ROOMS for file in sorted((ROOT / room).rglob("*.py")))
    return {
        str(file.relative_to(ROOT)): ast.parse(file.read_text())
        for file in files
        if "frontend" not in file.parts
    }


def _functions(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Public, and not decorated: a route, a command and a hook are called by their framework."""
    return [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.decorator_list
        and not node.name.startswith("_")
    ]


def _read(tree: ast.AST, but: ast.AST | None = None) -> set[str]:
    """The names that are read in a module, but for those in the function itself."""
    found: set[str] = set()
    for top in ast.iter_child_nodes(tree):
        if top is not but:
            found |= {node.id for node in ast.walk(top) if isinstance(node, ast.Name)}
    return found


def _reached(tree: ast.Module) -> set[tuple[str, str]]:
    """(module's last name, what is taken of it), imported or as an attribute; aliases undone."""
    found: set[tuple[str, str]] = set()
    alias: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            module = (node.module or "").rpartition(".")[2]
            found |= {(module, name.name) for name in node.names}
            alias |= {name.asname or name.name: name.name for name in node.names}
        elif isinstance(node, ast.Import):
            alias |= {n.asname or n.name: n.name.rpartition(".")[2] for n in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = node.value
            name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
            found.add((alias.get(name, name), node.attr))
    return found


def unused() -> list[str]:
    modules = _modules()
    reached = {path: _reached(tree) for path, tree in modules.items()}
    templates = (file.read_text() for file in (ROOT / "web" / "templates").rglob("*.html"))
    shown = set(re.findall(r"\w+", "\n".join(templates)))
    found = []
    for path, tree in modules.items():
        own = path.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2]
        others = set().union(*(said for other, said in reached.items() if other != path))
        for node in _functions(tree):
            inside = node.name in _read(tree, node)
            outside = (own, node.name) in others
            if not inside and not outside and node.name not in shown:
                found.append(f"{path}: {node.name}")
    return found


def test_each_public_function_is_used_by_the_product() -> None:
    assert set(unused()) - FOR_OTHERS.keys() - WAITS.keys() == set()
