"""The changes that are made to a module, one at a time."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

_SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_TELLING = {"debug", "info", "warning", "error", "critical", "exception"}  # of a logger


@dataclass(frozen=True)
class Change:
    """`tree` is the whole module with the change in it."""

    line: int
    end: int
    what: str
    tree: ast.Module
    inside: bool  # of a function: a line outside runs when the module is imported


def changes(source: str) -> Iterator[Change]:
    """An operator, a limit, a truth, a guard, a statement, a condition of a query."""
    tree = ast.parse(source)
    places = list(_places(tree, (), inside=False))
    for path, node, inside in places:
        for what, other in _others(node):
            changed = copy.deepcopy(tree)
            _put(changed, path, other)
            yield Change(
                node.lineno,
                node.end_lineno or node.lineno,
                what,
                ast.fix_missing_locations(changed),
                inside,
            )


Path = tuple[tuple[str, int | None], ...]


def _places(node: ast.AST, path: Path, *, inside: bool) -> Iterator[tuple[Path, ast.AST, bool]]:
    """Every node that has a line, but for annotations, docstrings and messages of errors."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "exc", "decorator_list"):
            continue
        function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        within = inside or (function and name == "body")  # defaults are outside
        for place, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST):
                continue
            below = (*path, (name, place))
            if hasattr(child, "lineno"):
                yield below, child, within
            yield from _places(child, below, inside=within)


def _others(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """What may stand in its place."""
    yield from _operators(node)
    yield from _constants(node)
    yield from _statements(node)


def _operators(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.Compare(ops=[op, *rest]) if type(op) in _SWAPS:
            swapped = _SWAPS[type(op)]()
            yield f"{_name(op)} -> {_name(swapped)}", _with(node, ops=[swapped, *rest])
        case ast.BoolOp(op=op) | ast.BinOp(op=op) if type(op) in _SWAPS:
            swapped = _SWAPS[type(op)]()
            yield f"{_name(op)} -> {_name(swapped)}", _with(node, op=swapped)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "not removed", operand


def _constants(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.Constant(value=bool(value)):
            yield f"{value} -> {not value}", ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield f"{value} -> {value + 1}", ast.Constant(value + 1)
            if value > 1:
                yield f"{value} -> {value - 1}", ast.Constant(value - 1)


def _statements(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.If(body=[*_, ast.Raise() | ast.Return() | ast.Continue()], orelse=[]):
            yield "guard removed", ast.Pass()
        case ast.Expr(value=ast.Call(func=func)) if not _tells(func):
            yield f"call of {ast.unparse(func)[:40]} removed", ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript() as target]):
            yield f"{ast.unparse(target)[:40]} is not set", ast.Pass()
        case ast.AugAssign(target=target):
            yield f"{ast.unparse(target)[:40]} is not changed", ast.Pass()
        case ast.Call(func=ast.Attribute(attr="where", value=value), args=args) if args:
            yield "where removed", value
            for place in range(len(args)) if len(args) > 1 else ():
                kept = [arg for at, arg in enumerate(args) if at != place]
                yield f"condition {place + 1} of where removed", _with(node, args=kept)


def _with(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _tells(func: ast.expr) -> bool:
    return isinstance(func, ast.Attribute) and func.attr in _TELLING


def _name(op: ast.AST) -> str:
    return type(op).__name__.lower()


def _put(tree: ast.AST, path: Path, other: ast.AST) -> None:
    node: ast.AST = tree
    for name, place in path[:-1]:
        value = getattr(node, name)
        node = value if place is None else value[place]
    name, place = path[-1]
    if place is None:
        old = getattr(node, name)
        setattr(node, name, ast.copy_location(other, old))
    else:
        listed = getattr(node, name)
        listed[place] = ast.copy_location(other, listed[place])  # type: ignore[type-var]
