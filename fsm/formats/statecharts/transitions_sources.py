"""Machines of the library ``transitions`` in a Python source, which is not run.

What ``Machine(...)`` is called with, and each ``add_transition`` that is certain to be run behind
it, are the markup of the machine. What is added in a loop or under a condition is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, NoReturn, cast

from fsm.formats.assembly import refuse
from fsm.formats.json_objects import JsonObject
from fsm.formats.python_bindings import imported_names
from fsm.formats.python_values import Member, PythonSource, Unknown, shown
from fsm.formats.statecharts.transitions_calls import (
    FunctionNode,
    MadeMachine,
    is_library_used,
    made_machines,
    unread_uses,
)
from fsm.formats.statecharts.transitions_markup import read_markup
from fsm.machine import Machine
from fsm.text import shortened

__all__ = ["find_calls"]

_ARGUMENTS = (
    "model", "states", "initial", "transitions", "send_event", "auto_transitions",
    "ordered_transitions", "ignore_invalid_triggers",
)  # fmt: skip
_READ = (*_ARGUMENTS[1:], "queued")
_STEP = ("trigger", "source", "dest", "conditions", "unless")
_CONDITIONS = ("conditions", "unless")
_CALLBACKS = ("before", "after", "prepare", "on_enter", "on_exit", "on_final")
_ADDS = (
    "add_transition", "add_transitions", "add_ordered_transitions", "add_state", "add_states",
    "remove_transition",
)  # fmt: skip
_LIBRARY = "transitions"
_SELF = ("self", "cls", "__class__")
_HOW = "name a class that can be imported, module:Class"


def find_calls(source: PythonSource) -> dict[str, Callable[[], Machine]]:
    """Return what reads each machine of a source: of a class by its name, else of a variable.

    A use of a class of the library that is not understood is found as well, by its line.
    """
    names = imported_names(source.tree, (_LIBRARY,))
    if not is_library_used(source.tree):
        return {}
    found: dict[str, Callable[[], Machine]] = {}
    calls = list(made_machines(source, names))
    for call in calls:
        name = call.kind.name if call.kind else call.name
        name = f"{name}.{call.name.removeprefix('self.')}" if name in found else name
        name = f"L{call.call.lineno}" if name in found else name
        found[name] = partial(_machine_of, source, call, calls)
    for node in unread_uses(source, names, calls):
        found.setdefault(f"L{node.lineno}", partial(_refuse_unread, source, node))
    return found


def _refuse_unread(source: PythonSource, node: ast.expr) -> NoReturn:
    what = f"this use of {shown(node)!r} is not read"
    refuse(source.file, node.lineno, f"{what}; assign the machine to a name, in no branch")


def _machine_of(source: PythonSource, call: MadeMachine, calls: list[MadeMachine]) -> Machine:
    return _Reader(source, call, calls).machine()


class _Added(ast.Call):
    """A call of a method such as ``add_transition``."""

    func: ast.Attribute


def _added(node: ast.stmt) -> _Added | None:
    """Return the call that a statement is, if it adds something to a machine."""
    call = node.value if isinstance(node, ast.Expr) else None
    is_method = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
    added = cast(_Added, call) if is_method else None
    return added if added is not None and added.func.attr in _ADDS else None


def _methods(kind: ast.ClassDef) -> dict[str, FunctionNode]:
    return {method.name: method for method in kind.body if isinstance(method, FunctionNode)}


class _Document:
    """Markup made of a source, whose objects know their lines."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._lines: list[int] = []
        self.root = self.object(1)

    def object(self, line: int) -> JsonObject:
        """Return a new object with a line."""
        made = JsonObject()
        made.number = len(self._lines)
        self._lines.append(line)
        return made

    def line(self, member: JsonObject) -> int:
        """Return the line of an object."""
        return self._lines[member.number]

    def refuse(self, member: JsonObject, what: str) -> NoReturn:
        """Raise :class:`fsm.errors.MachineError` for an object."""
        refuse(self.file, self.line(member), what)


class _Reader:
    def __init__(self, source: PythonSource, made: MadeMachine, calls: list[MadeMachine]) -> None:
        self.source, self.made, self.calls = source, made, calls
        self.document = _Document(source.file)
        self.local = _once(made.function.body) if made.function else {}
        self.names = frozenset(_local_names(made.function)) if made.function else frozenset()
        methods = _methods(made.kind).values() if made.kind else ()
        self.own = _once([node for method in methods for node in method.body], "self.")

    def machine(self) -> Machine:
        """Return the machine that the call makes, with what is added behind it."""
        call, root = self.made.call, self.document.root
        self._refuse_assigned_again()
        given = dict(zip(_ARGUMENTS, call.args[self.made.skipped :], strict=False))
        given |= {each.arg: each.value for each in call.keywords if each.arg}
        if any(each.arg is None for each in call.keywords):
            self._refuse(call, "the arguments of the machine are computed")
        for name in _READ:
            if name in given:
                root[name] = self._certain(given[name])
        root.setdefault("initial", "initial")
        root["states"] = self._states(root.get("states") or [])
        root["transitions"] = list(root.get("transitions") or [])
        if not isinstance(root["transitions"], list):
            self._refuse(call, "the transitions are no list")
        self._add_steps()
        if root["initial"] not in (None, *map(_name, root["states"])) and "initial" not in given:
            root["states"].insert(0, "initial")
        machine = read_markup(self.document)
        title = self.made.kind.name if self.made.kind else self.made.name
        return replace(machine, title=title)

    # What is added ---------------------------------------------------------------------------

    def _add_steps(self) -> None:
        """Add what is added to the machine; raises where it is not certain that it is."""
        done: set[ast.AST] = set()
        for node in self._run():
            if (call := _added(node)) is not None and self._is_this(call.func):
                done.add(call.func)
                self._add(call, call.func.attr)
        for each in ast.walk(self.source.tree):
            # Also a method that is not called here: it may be called by another name.
            if not isinstance(each, ast.Attribute) or each.attr not in _ADDS or each in done:
                continue
            if isinstance(each.ctx, ast.Load) and self._may_be_this(each):
                self._refuse(each, f"it is not certain that this {each.attr} is run")

    def _refuse_assigned_again(self) -> None:
        """Raise where the name of the machine has another value as well."""
        around: ast.AST = self.made.kind or self.made.function or self.source.tree
        name = self.made.name
        if name == "self":
            return
        stores = [
            node
            for node in ast.walk(around)
            if isinstance(node, ast.Name | ast.Attribute)
            and not isinstance(node.ctx, ast.Load)
            and shown(node) == name
        ]
        if len(stores) > 1:
            self._refuse(stores[1], f"{name} is assigned more than once")

    def _run(self) -> Iterator[ast.stmt]:
        """Yield the statements that are run for certain, in their order, when the machine is made.

        The methods that ``__init__`` calls by their names are followed.
        """
        methods = _methods(self.made.kind) if self.made.kind else {}
        first = methods.get("__init__", self.made.function)
        stack = list(reversed(first.body if first else self._around()))
        followed = {first.name} if first else set()
        while stack:
            node = stack.pop()
            yield node
            if any(isinstance(each, ast.Return) for each in _own_nodes(node)):
                return  # what is behind it may not be run
            if isinstance(node, ast.With):
                stack += reversed(node.body)
            call = node.value if isinstance(node, ast.Expr) else None
            name = shown(call.func).removeprefix("self.") if isinstance(call, ast.Call) else ""
            if name in methods and name not in followed:
                followed.add(name)
                stack += reversed(methods[name].body)

    def _around(self) -> list[ast.stmt]:
        return self.made.kind.body if self.made.kind else self.source.tree.body

    def _is_this(self, function: ast.Attribute) -> bool:
        return shown(function.value) in self.made.targets

    def _may_be_this(self, function: ast.Attribute) -> bool:
        """Whether what is added may be added to this machine: not to one of another class."""
        owner = shown(function.value)
        for made in self.calls:
            if made.call is self.made.call or owner not in made.targets:
                continue
            around = made.kind or made.function or self.source.tree
            if any(each is function for each in ast.walk(around)):
                return False
        return True

    def _add(self, call: ast.Call, added: str) -> None:
        root = self.document.root
        if added == "add_transition":
            given = dict(zip(_STEP, call.args, strict=False))
            given |= {each.arg: each.value for each in call.keywords if each.arg}
            step = self.document.object(call.lineno)
            for name in _STEP:
                if name in given:
                    step[name] = self._certain(given[name], is_callback=name in _CONDITIONS)
            root["transitions"].append(step)
        elif added == "add_transitions" and len(call.args) == 1:
            root["transitions"] += list(self._certain(call.args[0]))
        elif added in ("add_state", "add_states") and len(call.args) == 1:
            states = self._certain(call.args[0])
            root["states"] += self._states(states if isinstance(states, list) else [states])
        else:
            self._refuse(call, f"{added} is not read")

    # Values ----------------------------------------------------------------------------------

    def _states(self, values: Any) -> list[Any]:
        if not isinstance(values, list):
            self._refuse(self.made.call, "the states are no list")
        return [value.title if isinstance(value, Member) else value for value in values]

    def _certain(self, node: ast.expr, *, is_callback: bool = False) -> Any:
        """Return a value of the markup; raises where it is computed. Callbacks have names."""
        value = self._value(node, 0)
        value = _callbacks(value, node) if is_callback else value
        if _unknown(value):
            self._refuse(node, f"{shortened(shown(node), 200)} is computed")
        return value

    def _value(self, node: ast.AST, depth: int) -> Any:
        if depth > 20:
            return Unknown(shown(node))
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return [self._value(item, depth + 1) for item in node.elts]
        if isinstance(node, ast.Dict):
            return self._object(node, zip(node.keys, node.values, strict=True), depth)
        if isinstance(node, ast.Call) and shown(node.func).endswith(("State", "dict")):
            pairs = [(ast.Constant("name"), each) for each in node.args[:1]]
            pairs += [(ast.Constant(each.arg), each.value) for each in node.keywords]
            return self._object(node, iter(pairs), depth)
        if isinstance(node, ast.Lambda):
            return shown(node.body)
        if (found := self._assigned(node)) is not None:
            return self._value(found, depth + 1)
        if isinstance(node, ast.Subscript):
            values, number = self._value(node.value, depth + 1), self._value(node.slice, depth + 1)
            is_known = isinstance(values, list) and isinstance(number, int)
            return values[number] if is_known and -len(values) <= number < len(values) else (
                Unknown(shown(node))
            )  # fmt: skip
        if isinstance(node, ast.Name):
            return Unknown(node.id)
        value = self.source.value(node)
        return value.value if isinstance(value, Member) else value

    def _assigned(self, node: ast.AST) -> ast.expr | None:
        """Return what a local name, or an attribute of the class or its object, is assigned."""
        if isinstance(node, ast.Name):
            if node.id in self.source.changed:
                return None
            if node.id in self.names:  # a parameter, or a local name of several values
                return self.local.get(node.id)
            return self.source.constants.get(node.id)
        if not isinstance(node, ast.Attribute):
            return None
        owner, kind = shown(node.value), self.made.kind
        if kind is None:
            return None
        if node.attr in self.source.changed:
            return None
        if owner in _SELF and (found := self.own.get(f"self.{node.attr}")):
            return found
        if owner in _SELF and self._is_stored(node.attr):
            return None
        if owner in (*_SELF, kind.name, "type(self)", "self.__class__"):
            return self.source.constants_of(kind).get(node.attr)
        return None

    def _is_stored(self, name: str) -> bool:
        """Whether objects of the class have a value of their own, which is not certain."""
        return any(
            isinstance(node, ast.Attribute)
            and node.attr == name
            and isinstance(node.ctx, ast.Store)
            and shown(node.value) in _SELF
            for node in ast.walk(self.made.kind or self.source.tree)
        )

    def _object(
        self, node: ast.AST, pairs: Iterator[tuple[ast.expr | None, ast.expr]], depth: int
    ) -> JsonObject:
        made = self.document.object(getattr(node, "lineno", 1))
        for key, item in pairs:
            name = key.value if isinstance(key, ast.Constant) else None
            if not isinstance(name, str):
                self._refuse(node, f"{shortened(shown(node), 200)} is computed")
            value = self._value(item, depth + 1)
            if name in (*_CALLBACKS, *_CONDITIONS):
                value = _callbacks(value, item)
            made[name] = value
        return made

    def _refuse(self, node: ast.AST, what: str) -> NoReturn:
        refuse(self.source.file, getattr(node, "lineno", 1), f"{what}; {_HOW}")


def _callbacks(value: Any, node: ast.expr) -> Any:
    """Return the names of functions; one that is no text is its expression."""
    values = value if isinstance(value, list) else [value]
    nodes = node.elts if isinstance(node, ast.List | ast.Tuple) else [node] * len(values)
    return [
        _name_of(each) if isinstance(item, Unknown) else item
        for item, each in zip(values, nodes, strict=False)
        if item is not None
    ]


def _name_of(node: ast.expr) -> str:
    """Return the name of a function, without its owner; the text of any other expression."""
    return node.attr if isinstance(node, ast.Attribute) else shown(node)


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a statement and what is in it, but not in the functions that it defines."""
    yield node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
        for inner in ast.iter_child_nodes(node):
            yield from _own_nodes(inner)


def _unknown(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_unknown(item) for item in value.values())
    return isinstance(value, Unknown) or (isinstance(value, list) and any(map(_unknown, value)))


def _name(state: Any) -> Any:
    return state.get("name") if isinstance(state, dict) else state


def _local_names(function: FunctionNode) -> Iterator[str]:
    """Yield the names that a function has itself: parameters, and what is assigned in it."""
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _once(body: list[ast.stmt], prefix: str = "") -> dict[str, ast.expr]:
    """Return what names are assigned once anywhere in statements."""
    found: dict[str, list[ast.expr | None]] = {}
    for node in (each for statement in body for each in ast.walk(statement)):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.setdefault(shown(node), []).append(None)
    for statement in body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            found.setdefault(shown(statement.targets[0]), []).append(statement.value)
    return {
        name: values[1]
        for name, values in found.items()
        if len(values) == 2 and values[1] is not None and name.startswith(prefix)
    }
