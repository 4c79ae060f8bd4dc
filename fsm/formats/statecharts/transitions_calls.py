"""Where a Python source uses the classes of machines of the library ``transitions``.

Calls that are read are told from all other uses, so that none is left out in silence.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from fsm.formats.python_values import PythonSource, shown

__all__ = ["FunctionNode", "MadeMachine", "is_library_used", "made_machines", "unread_uses"]

_LIBRARY = "transitions"
FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class MadeMachine:
    """A call that makes a machine: the class and the function around it, and its name there."""

    kind: ast.ClassDef | None
    function: FunctionNode | None
    targets: tuple[str, ...]
    call: ast.Call
    skipped: int = 0
    """How many arguments are in front of those of the machine."""

    @property
    def name(self) -> str:
        """The first name of the machine where it is made."""
        return self.targets[0]


def unread_uses(
    source: PythonSource, names: Mapping[str, str], calls: list[MadeMachine]
) -> Iterator[ast.expr]:
    """Yield the uses of classes of machines that are neither a call that is read, nor a base."""
    known = {call.call.func for call in calls} | set(_plain_uses(source.tree, names, calls))
    modules = {
        each.asname or each.name.partition(".")[0]
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Import)
        for each in node.names
        if each.name.partition(".")[0] == _LIBRARY
    }
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Name | ast.Attribute) or node in known:
            continue
        if isinstance(node, ast.Name):
            name = names.get(node.id, "")
        else:
            name = node.attr if shown(node.value).partition(".")[0] in modules else ""
        if name.endswith(("Machine", "MachineFactory")) and isinstance(node.ctx, ast.Load):
            yield node


def _plain_uses(
    tree: ast.Module, names: Mapping[str, str], calls: list[MadeMachine]
) -> Iterator[ast.AST]:
    """Yield the uses of classes that make no machine: bases, types, second names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from node.bases if any(call.kind is node for call in calls) else ()
        elif isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
            yield from ast.walk(node.annotation)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
            yield from ast.walk(node.returns)
        elif isinstance(node, ast.Call) and shown(node.func) in ("isinstance", "issubclass"):
            yield from (part for each in node.args[1:] for part in ast.walk(each))
        elif (isinstance(node, ast.Assign) and shown(node.targets[0]) in names) or (
            isinstance(node, ast.Attribute) and node.attr == "__init__"
        ):
            yield node.value


def is_library_used(tree: ast.Module) -> bool:
    """Whether a source imports the library."""
    for node in ast.walk(tree):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
        if any(name.partition(".")[0].startswith("transitions") for name in names):
            return True
    return False


def made_machines(source: PythonSource, names: Mapping[str, str]) -> Iterator[MadeMachine]:
    """Yield the calls that make machines; ``names`` are those that parts of the library have."""
    for kind, function, body in _bodies(source):
        for node in body:
            value = getattr(node, "value", None)
            if not isinstance(value, ast.Call):
                continue
            if isinstance(node, ast.Assign | ast.AnnAssign) and _is_machine(value.func, names):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                yield MadeMachine(kind, function, tuple(map(shown, targets)), value)
            elif isinstance(node, ast.Expr) and kind and shown(value.func).endswith("__init__"):
                made = shown(value.func).removesuffix(".__init__")
                is_base = made == "super()" and any(_is_machine(base, names) for base in kind.bases)
                if is_base or _is_machine(ast.Name(made), names):
                    yield MadeMachine(kind, function, ("self",), value, 0 if is_base else 1)


def _is_machine(node: ast.AST, names: Mapping[str, str]) -> bool:
    name = shown(node).rpartition(".")[2]
    name = names.get(name, name) if isinstance(node, ast.Name) else name
    return name.endswith("Machine") and name[:1].isupper()


def _bodies(
    source: PythonSource,
) -> Iterator[tuple[ast.ClassDef | None, FunctionNode | None, list[ast.stmt]]]:
    """Yield the statements of the module, and of each function and method in it."""
    yield None, None, source.tree.body
    for node in source.tree.body:
        if isinstance(node, FunctionNode):
            yield None, node, node.body
        elif isinstance(node, ast.ClassDef):
            yield node, None, node.body
            for method in node.body:
                if isinstance(method, FunctionNode):
                    yield node, method, method.body
