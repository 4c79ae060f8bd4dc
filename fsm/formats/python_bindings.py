"""Which names of a Python source have one value for certain: the text decides, nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

__all__ = ["bindings", "changed_names", "imported_names", "one_value"]

_CHANGES = (
    "append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "update", "add",
    "setdefault", "discard", "popitem", "intersection_update", "difference_update",
    "symmetric_difference_update",
)  # fmt: skip
_HARMLESS = (
    "list", "tuple", "set", "frozenset", "dict", "len", "sorted", "enumerate", "zip", "range",
    "print", "isinstance", "any", "all", "min", "max", "str", "repr", "join", "super", "__init__",
    "add_transition", "add_transitions", "add_state", "add_states", "transition", "Choices",
    "RETURN_VALUE", "GET_STATE", "Index", "Q", "CheckConstraint", "filter", "exclude", "get",
)  # fmt: skip
"""Functions that do not change the lists that they are given."""
_HARMLESS_ENDS = ("Machine", "State", "Field", "Enum")
_Scope = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def bindings(body: list[ast.stmt]) -> Iterator[tuple[str, ast.AST | None]]:
    """Yield each name that a module, class or function binds, with its value or definition.

    The value is the statement for an import, and ``None`` where it is bound in a branch or a loop,
    or by anything but a plain assignment.
    """
    for statement in body:
        plain = dict(_plain(statement))
        yield from plain.items()
        for node in _inside(statement):
            for name in _bound(node):
                if name not in plain:
                    yield name, node if isinstance(node, ast.Import | ast.ImportFrom) else None


def one_value(body: list[ast.stmt]) -> dict[str, ast.expr]:
    """Return the names that a body binds exactly once, to an expression and in no branch."""
    found: dict[str, list[ast.AST | None]] = {}
    for name, value in bindings(body):
        found.setdefault(name, []).append(value)
    return {
        name: values[0]
        for name, values in found.items()
        if len(values) == 1 and isinstance(values[0], ast.expr)
    }


def changed_names(tree: ast.Module) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names that a source changes in their places, and those whose lists it may change.

    The lists are those that are given away: to a function, or under another name. Names of
    attributes count for all owners.
    """
    changed = frozenset(_changes(tree))
    given = set(_given_away(tree))
    parts = [
        ({_last(node) for target in targets for node in ast.walk(target)} - {""}, set(_kept(value)))
        for targets, value in _assigned(tree)
    ]
    size = -1
    while size != len(given):  # what a changed value is made of may be changed with it
        size = len(given)
        for names, kept in parts:
            if not names.isdisjoint(changed | given):
                given |= kept
    return changed, frozenset(given)


def _assigned(tree: ast.Module) -> Iterator[tuple[list[ast.expr], ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            yield node.targets, node.value
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            yield [node.target], node.value
        elif isinstance(node, ast.For | ast.comprehension):
            yield [node.target], node.iter


def imported_names(tree: ast.Module, libraries: tuple[str, ...]) -> Mapping[str, str]:
    """Return the names that stand for parts of libraries, with the names that those have there.

    ``import library as x`` is not among them: its parts are written as ``x.part``.
    """
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in libraries:
            found |= {each.asname or each.name: each.name for each in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name | ast.Attribute):
            name = _last(node.value)
            if name in found and isinstance(node.targets[0], ast.Name):
                found.setdefault(node.targets[0].id, found[name])
    return found


def _plain(node: ast.stmt) -> Iterator[tuple[str, ast.AST]]:
    """Yield the names of a plain assignment, or of a definition."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name, node
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        if isinstance(node.target, ast.Name):
            yield node.target.id, node.value
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _paired(target, node.value)


def _paired(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
        items = [*target.elts, *value.elts]
        if len(target.elts) == len(value.elts) and not any(
            isinstance(item, ast.Starred) for item in items
        ):
            for each, item in zip(target.elts, value.elts, strict=True):
                yield from _paired(each, item)


def _inside(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield the nodes of a statement that are in its own scope, and what is global inside."""
    stack: list[ast.AST] = [statement]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, _Scope):
            yield from _assigned_outside(node)
        else:
            stack += ast.iter_child_nodes(node)


def _assigned_outside(scope: ast.AST) -> Iterator[ast.AST]:
    names = {
        name
        for node in ast.walk(scope)
        if isinstance(node, ast.Global | ast.Nonlocal)
        for name in node.names
    }
    if names:
        yield from (
            node for node in ast.walk(scope) if isinstance(node, ast.Name) and node.id in names
        )


def _bound(node: ast.AST) -> Iterator[str]:
    """Yield the names that a node itself binds."""
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (each.asname or each.name.partition(".")[0] for each in node.names)
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        yield node.name
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest


def _changes(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _changed_by(node)
        elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
            yield _last(node.value)
        elif isinstance(node, ast.AugAssign):
            yield _last(node.target)
        elif isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load | ast.Del):
            # What an object has itself is no constant of its class.
            yield from () if _last(node.value) == "self" else (node.attr,)


def _changed_by(call: ast.Call) -> Iterator[str]:
    name = _last(call.func)
    if isinstance(call.func, ast.Attribute) and name in _CHANGES:
        yield _last(call.func.value)
    elif name in ("setattr", "delattr") and call.args:
        yield _last(call.args[0])
        if len(call.args) > 1 and isinstance(call.args[1], ast.Constant):
            yield str(call.args[1].value)


def _given_away(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Return):
            yield from _kept(node.value)
        elif isinstance(node, ast.Call):
            name = _last(node.func)
            if name not in _HARMLESS and not name.endswith(_HARMLESS_ENDS):
                for each in (*node.args, *(keyword.value for keyword in node.keywords)):
                    yield from _kept(each)


def _kept(value: ast.AST | None) -> Iterator[str]:
    """Yield the names whose values may be part of a value."""
    stack = [] if value is None else [value]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Name | ast.Attribute):
            yield _last(node)
        elif not isinstance(node, ast.Call | ast.Lambda):
            stack += ast.iter_child_nodes(node)


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
