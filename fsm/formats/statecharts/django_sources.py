"""Models of Django-FSM and flows of viewflow in a Python source, which is not run.

The decorators of the methods say all, as in :mod:`fsm.formats.statecharts.django_models`; the
values that they name are found in the file. A value of another file stands for itself.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NoReturn

from fsm.formats.assembly import refuse
from fsm.formats.python_bindings import bindings
from fsm.formats.python_values import Member, PythonSource, Unknown, shown
from fsm.formats.statecharts.django_decorators import (
    DjangoClasses,
    FieldSlot,
    has_transition,
    refuse_unread,
)
from fsm.formats.statecharts.django_models import ANY, machine_of_methods
from fsm.machine import Machine
from fsm.text import quantity, shortened

__all__ = ["find_models"]

_PLAIN_BASES = ("Model", "object", "TestCase")
"""Bases of other files that have no transitions."""
_COMPUTED = ("RETURN_VALUE", "GET_STATE")
_Method = (ast.FunctionDef, ast.AsyncFunctionDef)


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
class _Transitions:
    """A decorated method: its transitions by their sources."""

    transitions: dict[Any, _Declared] = field(default_factory=dict)


def find_models(source: PythonSource) -> dict[str, Callable[[], Machine]]:
    """Return what reads each field with transitions of a source, by ``Model.field``."""
    models = DjangoClasses(source)
    found: dict[str, Callable[[], Machine]]
    found = {f"{s.kind.name}.{s.name}": partial(_machine_of, models, s) for s in models.slots()}
    for node, kind in models.unread:
        if kind is None or not any(name.partition(".")[0] == kind.name for name in found):
            name = kind.name if kind else f"L{node.lineno}"
            found.setdefault(name, partial(refuse_unread, source, node))
    return found


def _machine_of(models: DjangoClasses, slot: FieldSlot) -> Machine:
    return _Reader(models, slot).machine()


class _Reader:
    def __init__(self, models: DjangoClasses, slot: FieldSlot) -> None:
        self.models, self.source, self.slot = models, models.source, slot
        self.inside = slot.owner
        """The class in which names are looked up."""
        self.elsewhere: dict[str, None] = {}
        """The values that are not in the file."""

    def machine(self) -> Machine:
        """Return the machine of the field."""
        source, slot = self.source, self.slot
        if slot.call is None:
            what = f"the field {slot.name!r} is not in this file, or not for certain"
            refuse(source.file, slot.line, f"{what}; write it as {slot.name} = FSMField(...)")
        place = f"{source.file}:{slot.call.lineno}"
        self._refuse_uncertain()
        methods: dict[str, _Transitions] = {}
        for use in self.models.uses(slot.kind):
            if use.field == slot.name:
                self.inside = use.owner
                self._add(methods.setdefault(use.method, _Transitions()), use.method, use.call)
        self.inside = slot.owner
        found = self._field(slot.call)
        if found.default is None:
            refuse(source.file, slot.call.lineno, "the field has no default; give it one")
        machine = machine_of_methods(source.file, found, methods)
        assumed = [*machine.assumed]
        if self.elsewhere:
            first, count = next(iter(self.elsewhere)), len(self.elsewhere)
            what = f"{quantity(count, 'value')} of other files, such as {shortened(first)!r}"
            if count == 1:
                what = f"the value {shortened(first)!r} of another file stands"
            else:
                what = f"{what}, each stand"
            assumed.append(f"{place}: {what} for a state of {'its' if count == 1 else 'their'} own")
        assumed += self._unread_bases()
        name = f"{slot.kind.name}.{slot.name}"
        return replace(machine, name=name, title=slot.kind.name, assumed=tuple(assumed))

    def _refuse_uncertain(self) -> None:
        """Raise for what may be a transition of the class, or may replace one."""
        source, kinds = self.source, self.source.bases(self.slot.kind)
        for use, around in self.models.unread:
            if around is None or around in kinds:
                refuse_unread(source, use)
        names = {self.slot.name}
        for each in kinds:
            if each.name in source.uncertain:
                what = f"the class {each.name!r} is defined more than once, or assigned"
                refuse(source.file, each.lineno, f"{what}; leave one of the definitions")
            names |= {
                name
                for name, method in bindings(each.body)
                if isinstance(method, _Method) and has_transition(self.models, method)
            }
        for name, (value, owner) in self.models.attributes(self.slot.kind).items():
            is_known = isinstance(value, (*_Method, ast.Constant))
            if name == self.slot.name:
                is_known = is_known or isinstance(value, ast.Call)
            if name in names and not is_known:
                self._refuse_replaced(getattr(value, "lineno", owner.lineno), name)
        self._refuse_assigned(names, {each.name for each in kinds})

    def _refuse_assigned(self, names: set[str], owners: set[str]) -> None:
        """Raise for an assignment to a method or field of the class outside of it."""
        for node in ast.walk(self.source.tree):
            if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
                if node.attr in names and shown(node.value) in owners:
                    self._refuse_replaced(node.lineno, node.attr)
            elif (
                isinstance(node, ast.Call)
                and shown(node.func) in ("setattr", "delattr")
                and node.args
                and shown(node.args[0]) in owners
            ):
                self._refuse_replaced(node.lineno, shown(node))

    def _refuse_replaced(self, line: int, name: str) -> NoReturn:
        what = f"what {shortened(name)!r} is, is decided when the file is run"
        refuse(self.source.file, line, f"{what}; define it once, in no branch")

    def _unread_bases(self) -> Iterator[str]:
        """Yield the bases of other files, which may have transitions."""
        for kind in self.source.bases(self.slot.kind):
            for base in kind.bases:
                if (
                    self.source.class_of(base) is None
                    and self.models.last(base) not in _PLAIN_BASES
                ):
                    name = shortened(shown(base), 200)
                    what = f"{name!r} is not in this file; what it declares is not read"
                    yield f"{self.source.file}:{kind.lineno}: {what}"

    def _add(self, method: _Transitions, name: str, decorator: ast.Call) -> None:
        given = self.models.arguments(decorator)
        names = self._conditions(given.get("conditions"))
        declared = _Declared(
            name,
            self._target(given.get("target")),
            [_condition(each) for each in names],
            "permission" in given,
            self._state(given["on_error"]) if "on_error" in given else None,
            decorator.lineno,
        )
        sources = self._states(given["source"]) if "source" in given else [ANY]
        for each in sources:
            method.transitions[each] = declared

    def _conditions(self, node: ast.expr | None) -> list[ast.expr]:
        found = node
        if isinstance(node, ast.Name):
            own = any(node.id == name for name, _ in bindings(self.inside.body))
            constants = self.source.constants_of(self.inside) if own else self.source.constants
            found = constants.get(node.id)
        if node is None or (isinstance(found, ast.Constant) and found.value is None):
            return []
        if not isinstance(found, ast.List | ast.Tuple) or any(
            isinstance(each, ast.Starred) for each in found.elts
        ):
            what = f"the conditions are computed: {shortened(shown(node), 200)}"
            refuse(self.source.file, node.lineno, f"{what}; write them as a list")
        return found.elts

    def _target(self, node: ast.expr | None) -> Any:
        if isinstance(node, ast.Call) and self.models.last(node.func) in _COMPUTED:
            states = next((k.value for k in node.keywords if k.arg == "states"), None)
            given = [states] if states is not None else []
            given += node.args if self.models.last(node.func) == "RETURN_VALUE" else node.args[1:]
            return _Computed([state for each in given for state in self._states(each)])
        return None if node is None else self._state(node)

    def _states(self, node: ast.expr) -> list[Any]:
        """Return the states that an expression names, one or several."""
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return [state for item in node.elts for state in self._states(item)]
        if shown(node).endswith("State.ANY"):
            return [ANY]
        value = self.source.value(node, self.inside)
        if isinstance(value, list):
            return [self._known(item, node) for item in value]
        return [self._known(value, node)]

    def _state(self, node: ast.expr) -> Any:
        return self._known(self.source.value(node, self.inside), node)

    def _known(self, value: Any, node: ast.expr) -> Any:
        """Return a state as a text; a value of another file is its own text."""
        if isinstance(value, Member):
            value = value.value
        if isinstance(value, Unknown):
            if not self.source.is_elsewhere(value.text, self.inside):
                what = f"a state is computed: {shortened(value.text, 200)}"
                how = "write it as a constant of this file, assigned once and not changed"
                refuse(self.source.file, node.lineno, f"{what}; {how}")
            self.elsewhere.setdefault(value.text)
            return value.text
        return None if value is None else str(value)

    def _field(self, call: ast.Call) -> _Field:
        given = {each.arg: each.value for each in call.keywords if each.arg}
        options = given.get("choices", given.get("states"))
        if options is None and self.models.last(call.func) == "State" and call.args:
            options = call.args[0]
        default = self._state(given["default"]) if "default" in given else None
        titles = [] if options is None else list(self._titles(options, self.inside))
        return _Field(default, titles)

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
