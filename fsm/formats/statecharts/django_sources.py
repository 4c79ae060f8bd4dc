"""Models of Django-FSM and flows of viewflow in a Python source, which is not run.

The decorators of the methods say all, as in :mod:`fsm.formats.statecharts.django_models`; the
values that they name are found in the file. A value of another file stands for itself.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from fsm.formats.assembly import refuse
from fsm.formats.python_values import Member, PythonSource, Unknown, shown
from fsm.formats.statecharts.django_models import ANY, machine_of_methods
from fsm.machine import Machine
from fsm.text import quantity, shortened

__all__ = ["find_models"]

_FIELDS = ("FSMField", "FSMIntegerField", "FSMKeyField", "State")
_ARGUMENTS = ("field", "source", "target", "on_error", "conditions", "permission")
_PLAIN_BASES = ("Model", "object", "TestCase")
"""Bases of other files that have no transitions."""
_COMPUTED = ("RETURN_VALUE", "GET_STATE")


@dataclass
class _Field:
    """A field with a state, as Django-FSM has it."""

    default: Any
    flatchoices: list[tuple[Any, str]]


@dataclass
class _Computed:
    """A next state that a method decides."""

    allowed_states: list[Any]
    get_state: bool = True


@dataclass
class _Declared:
    """One transition of a method, as Django-FSM has it."""

    name: str
    target: Any
    conditions: list[str]
    permission: bool
    on_error: Any
    line: int


@dataclass
class _Method:
    """A decorated method: its transitions by their sources."""

    transitions: dict[Any, _Declared] = field(default_factory=dict)


@dataclass
class _Slot:
    """A field of a class that has transitions."""

    kind: ast.ClassDef
    name: str
    call: ast.Call


def find_models(source: PythonSource) -> dict[str, Callable[[], Machine]]:
    """Return what reads each field with transitions of a source, by ``Model.field``."""
    return {f"{s.kind.name}.{s.name}": partial(_machine_of, source, s) for s in _slots(source)}


def _machine_of(source: PythonSource, slot: _Slot) -> Machine:
    return _Reader(source, slot).machine()


def _slots(source: PythonSource) -> Iterator[_Slot]:
    """Yield the fields with transitions of each class, those that it inherits included."""
    for kind in source.classes.values():
        fields: dict[str, ast.Call] = {}
        for each in reversed(source.bases(kind)):
            for node in each.body:
                call = getattr(node, "value", None)
                targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
                if (
                    isinstance(node, ast.Assign | ast.AnnAssign)
                    and isinstance(call, ast.Call)
                    and _last(call.func) in _FIELDS
                    and isinstance(targets[0], ast.Name)
                ):
                    fields[targets[0].id] = call
        for name, call in fields.items():
            slot = _Slot(kind, name, call)
            if any(True for _ in _decorators(source, slot)):
                yield slot


def _last(node: ast.AST) -> str:
    return shown(node).rpartition(".")[2]


def _decorators(source: PythonSource, slot: _Slot) -> Iterator[tuple[str, ast.Call]]:
    """Yield the methods of a class with the decorators that make them transitions of a field."""
    seen = set()
    for kind in source.bases(slot.kind):
        for method in kind.body:
            if not isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if method.name in seen:
                continue
            seen.add(method.name)
            for decorator in reversed(method.decorator_list):
                if isinstance(decorator, ast.Call) and _is_of(decorator, slot.name):
                    yield method.name, decorator


def _is_of(call: ast.Call, name: str) -> bool:
    """Whether a decorator is a transition of a field."""
    if isinstance(call.func, ast.Attribute) and shown(call.func) == f"{name}.transition":
        return True
    if _last(call.func) != "transition":
        return False
    given = _arguments(call).get("field")
    return (isinstance(given, ast.Name) and given.id == name) or (
        isinstance(given, ast.Constant) and given.value == name
    )


def _arguments(call: ast.Call) -> dict[str, ast.expr]:
    """Return the arguments of a decorator by their names."""
    names = _ARGUMENTS if _last(call.func) == shown(call.func) else _ARGUMENTS[1:]
    if isinstance(call.func, ast.Name) or not shown(call.func).endswith(".transition"):
        names = _ARGUMENTS
    found = dict(zip(names, call.args, strict=False))
    return found | {each.arg: each.value for each in call.keywords if each.arg}


class _Reader:
    def __init__(self, source: PythonSource, slot: _Slot) -> None:
        self.source, self.slot = source, slot
        self.elsewhere: dict[str, None] = {}
        """The values that are not in the file."""

    def machine(self) -> Machine:
        """Return the machine of the field."""
        source, slot = self.source, self.slot
        place = f"{source.file}:{slot.call.lineno}"
        methods: dict[str, _Method] = {}
        for name, decorator in _decorators(source, slot):
            self._add(methods.setdefault(name, _Method()), name, decorator)
        found = self._field()
        if found.default is None:
            refuse(source.file, slot.call.lineno, "the field has no default; give it one")
        machine = machine_of_methods(source.file, found, methods)
        assumed = [*machine.assumed]
        if self.elsewhere:
            first, count = next(iter(self.elsewhere)), len(self.elsewhere)
            what = f"{quantity(count, 'value')} of other files, such as {shortened(first)!r}"
            assumed.append(f"{place}: {what}, each stand for a state of their own")
        assumed += self._unread_bases()
        name = f"{slot.kind.name}.{slot.name}"
        return replace(machine, name=name, title=slot.kind.name, assumed=tuple(assumed))

    def _unread_bases(self) -> Iterator[str]:
        """Yield the bases of other files, which may have transitions."""
        for kind in self.source.bases(self.slot.kind):
            for base in kind.bases:
                if self.source.class_of(base) is None and _last(base) not in _PLAIN_BASES:
                    name = shortened(shown(base), 200)
                    what = f"{name!r} is not in this file; what it declares is not read"
                    yield f"{self.source.file}:{kind.lineno}: {what}"

    def _add(self, method: _Method, name: str, decorator: ast.Call) -> None:
        given = _arguments(decorator)
        conditions = given.get("conditions")
        names = conditions.elts if isinstance(conditions, ast.List | ast.Tuple) else [conditions]
        declared = _Declared(
            name,
            self._target(given.get("target")),
            [_condition(each) for each in names if each is not None],
            "permission" in given,
            self._state(given["on_error"]) if "on_error" in given else None,
            decorator.lineno,
        )
        sources = self._states(given["source"]) if "source" in given else [ANY]
        for each in sources:
            method.transitions[each] = declared

    def _target(self, node: ast.expr | None) -> Any:
        if isinstance(node, ast.Call) and _last(node.func) in _COMPUTED:
            states = next((k.value for k in node.keywords if k.arg == "states"), None)
            given = [states] if states is not None else []
            given += node.args if _last(node.func) == "RETURN_VALUE" else node.args[1:]
            return _Computed([state for each in given for state in self._states(each)])
        return None if node is None else self._state(node)

    def _states(self, node: ast.expr) -> list[Any]:
        """Return the states that an expression names, one or several."""
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return [state for item in node.elts for state in self._states(item)]
        if shown(node).endswith("State.ANY"):
            return [ANY]
        value = self.source.value(node, self.slot.kind)
        if isinstance(value, list):
            return [self._known(item, node) for item in value]
        return [self._known(value, node)]

    def _state(self, node: ast.expr) -> Any:
        return self._known(self.source.value(node, self.slot.kind), node)

    def _known(self, value: Any, node: ast.expr) -> Any:
        """Return a state as a text; a value of another file is its own text."""
        if isinstance(value, Member):
            value = value.value
        if isinstance(value, Unknown):
            if not isinstance(node, ast.Attribute | ast.Name | ast.List | ast.Tuple):
                what = f"a state is computed: {shortened(value.text, 200)}"
                how = "write it as a constant of this file"
                refuse(self.source.file, node.lineno, f"{what}; {how}")
            self.elsewhere.setdefault(value.text)
            return value.text
        return None if value is None else str(value)

    def _field(self) -> _Field:
        given = {each.arg: each.value for each in self.slot.call.keywords if each.arg}
        kind = self.slot.kind
        options = given.get("choices", given.get("states"))
        if options is None and _last(self.slot.call.func) == "State" and self.slot.call.args:
            options = self.slot.call.args[0]
        default = self._state(given["default"]) if "default" in given else None
        return _Field(default, [] if options is None else list(self._titles(options, kind)))

    def _titles(self, node: ast.expr, kind: ast.ClassDef) -> Iterator[tuple[Any, str]]:
        """Yield the states that a field may have, each with its title."""
        members = self.source.members(node, kind)
        if members:
            yield from ((str(member.value), member.title) for member in members)
            return
        value = self.source.value(node, kind)
        for item in value if isinstance(value, list) else ():
            pair = item if isinstance(item, list) else [item, item]
            if len(pair) == 2 and not isinstance(pair[0], Unknown | list):
                first = pair[0].value if isinstance(pair[0], Member) else pair[0]
                title = pair[1] if isinstance(pair[1], str) else first
                yield str(first), str(title)


def _condition(node: ast.expr) -> str:
    """Return the name of a condition: of a function, or the text of a lambda behind its colon."""
    if isinstance(node, ast.Lambda):
        return shown(node.body)
    return shown(node).removeprefix("this.")
