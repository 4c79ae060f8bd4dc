"""Machines of the library ``transitions`` in a Python source, which is not run.

What ``Machine(...)`` is called with, and each ``add_transition`` that is certain to be run behind
it, are the markup of the machine. What is added in a loop or under a condition is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NoReturn, TypeAlias, cast

from fsm.formats.assembly import refuse
from fsm.formats.json_objects import JsonObject
from fsm.formats.python_values import Member, PythonSource, Unknown, shown
from fsm.formats.statecharts.transitions_markup import read_markup
from fsm.machine import Machine
from fsm.text import shortened

__all__ = ["find_calls"]

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

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
_SELF = ("self", "cls", "__class__")
_HOW = "name a class that can be imported, module:Class"


@dataclass
class _Call:
    """A call that makes a machine: the class and the function around it, and its name there."""

    kind: ast.ClassDef | None
    function: _Function | None
    target: str
    call: ast.Call
    skipped: int = 0
    """How many arguments are in front of those of the machine."""


def find_calls(source: PythonSource) -> dict[str, Callable[[], Machine]]:
    """Return what reads each machine of a source: of a class by its name, else of a variable."""
    if not _is_used(source.tree):
        return {}
    found: dict[str, Callable[[], Machine]] = {}
    for call in _calls(source):
        name = call.kind.name if call.kind else call.target
        name = f"{name}.{call.target.removeprefix('self.')}" if name in found else name
        found[name] = partial(_machine_of, source, call)
    return found


def _machine_of(source: PythonSource, call: _Call) -> Machine:
    return _Reader(source, call).machine()


def _is_used(tree: ast.Module) -> bool:
    """Whether a source imports the library."""
    for node in ast.walk(tree):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
        if any(name.partition(".")[0].startswith("transitions") for name in names):
            return True
    return False


def _calls(source: PythonSource) -> Iterator[_Call]:
    for kind, function, body in _bodies(source):
        for node in body:
            value = getattr(node, "value", None)
            if not isinstance(value, ast.Call):
                continue
            if isinstance(node, ast.Assign) and _is_machine(value.func):
                yield _Call(kind, function, shown(node.targets[0]), value)
            elif isinstance(node, ast.Expr) and kind and shown(value.func).endswith("__init__"):
                made = shown(value.func).removesuffix(".__init__")
                is_base = made == "super()" and any(map(_is_machine, kind.bases))
                if is_base or _is_machine(ast.Name(made)):
                    yield _Call(kind, function, "self", value, 0 if is_base else 1)


def _is_machine(node: ast.AST) -> bool:
    name = shown(node).rpartition(".")[2]
    return name.endswith("Machine") and name[:1].isupper()


def _bodies(
    source: PythonSource,
) -> Iterator[tuple[ast.ClassDef | None, _Function | None, list[ast.stmt]]]:
    """Yield the statements of the module, and of each function and method in it."""
    yield None, None, source.tree.body
    for node in source.tree.body:
        if isinstance(node, _Function):
            yield None, node, node.body
        elif isinstance(node, ast.ClassDef):
            yield node, None, node.body
            for method in node.body:
                if isinstance(method, _Function):
                    yield node, method, method.body


class _Added(ast.Call):
    """A call of a method such as ``add_transition``."""

    func: ast.Attribute


def _added(node: ast.stmt) -> _Added | None:
    """Return the call that a statement is, if it adds something to a machine."""
    call = node.value if isinstance(node, ast.Expr) else None
    is_method = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
    added = cast(_Added, call) if is_method else None
    return added if added is not None and added.func.attr in _ADDS else None


def _methods(kind: ast.ClassDef) -> dict[str, _Function]:
    return {method.name: method for method in kind.body if isinstance(method, _Function)}


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
    def __init__(self, source: PythonSource, made: _Call) -> None:
        self.source, self.made = source, made
        self.document = _Document(source.file)
        self.local = _once(made.function.body) if made.function else {}
        self.names = frozenset(_local_names(made.function)) if made.function else frozenset()
        methods = _methods(made.kind).values() if made.kind else ()
        self.own = _once([node for method in methods for node in method.body], "self.")

    def machine(self) -> Machine:
        """Return the machine that the call makes, with what is added behind it."""
        call, root = self.made.call, self.document.root
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
        title = self.made.kind.name if self.made.kind else self.made.target
        return replace(machine, title=title)

    # What is added ---------------------------------------------------------------------------

    def _add_steps(self) -> None:
        """Add what is added to the machine; raises where it is not certain that it is."""
        done = set()
        for node in self._run():
            if (call := _added(node)) is not None and self._is_this(call):
                done.add(call)
                self._add(call, call.func.attr)
        for each in ast.walk(self.source.tree):
            call = _added(each) if isinstance(each, ast.stmt) else None
            if call is not None and call not in done and self._may_be_this(call):
                self._refuse(call, f"it is not certain that this {call.func.attr} is run")

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
            if isinstance(node, ast.With):
                stack += reversed(node.body)
            call = node.value if isinstance(node, ast.Expr) else None
            name = shown(call.func).removeprefix("self.") if isinstance(call, ast.Call) else ""
            if name in methods and name not in followed:
                followed.add(name)
                stack += reversed(methods[name].body)

    def _around(self) -> list[ast.stmt]:
        return self.made.kind.body if self.made.kind else self.source.tree.body

    def _is_this(self, call: _Added) -> bool:
        return shown(call.func.value) == self.made.target

    def _may_be_this(self, call: _Added) -> bool:
        """Whether what is added may be added to this machine: not to one of another class."""
        others = [made for made in _calls(self.source) if made.call is not self.made.call]
        for made in others:
            around = made.kind or made.function or self.source.tree
            is_inside = any(each is call for each in ast.walk(around))
            if is_inside and shown(call.func.value) == made.target:
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
        if owner in (*_SELF, kind.name, "type(self)", "self.__class__"):
            return self.source.constants_of(kind).get(node.attr)
        return None

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


def _unknown(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_unknown(item) for item in value.values())
    return isinstance(value, Unknown) or (isinstance(value, list) and any(map(_unknown, value)))


def _name(state: Any) -> Any:
    return state.get("name") if isinstance(state, dict) else state


def _local_names(function: _Function) -> Iterator[str]:
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
