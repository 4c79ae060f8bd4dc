"""Read the conditions of a python-statemachine class as guards.

The library looks each name up on the machine, the model and its listeners, joins ``cond`` and
``unless``, and takes two conditions with one key for one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import FunctionType
from typing import Any, TypeGuard

from statemachine import StateChart
from statemachine.callbacks import CallbackSpec, SpecReference
from statemachine.spec_parser import operator_mapping, parse_boolean_expr, replace_operators

from fsm.compile.declaration import Declaration, DeclaredTransition
from fsm.compile.document_actions import document_condition
from fsm.errors import MachineError
from fsm.guard import ALWAYS, Guard, parse_guard

__all__ = ["Conditions", "GuardNames", "written_guard"]


class GuardNames:
    """The names of the functions that are conditions of a class, one for each function.

    A function has its own name. A lambda has that of the variable that holds it, or that of its
    line; of two functions with one name the second one gets a number.
    """

    def __init__(self, declared: Declaration) -> None:
        self._class = declared.chart_class
        self._names: dict[object, str] = {}
        taken = {
            name
            for spec in _conditions(declared)
            if spec.reference is SpecReference.NAME
            for name in _parts(str(spec.attr_name))
        }
        for spec in _conditions(declared):
            if spec.reference is SpecReference.NAME or spec.func in self._names:
                continue
            name = self._plain(spec)
            if getattr(self._class, name, None) is not spec.func:
                name = _unused(name, taken)
            self._names[spec.func] = name
            taken.add(name)

    def of(self, spec: CallbackSpec) -> str:
        """Return the name of a condition that is a function or a property."""
        return self._names[spec.func]

    def _plain(self, spec: CallbackSpec) -> str:
        name = str(spec.attr_name)
        function = spec.func
        if name != "<lambda>" or not isinstance(function, FunctionType):
            return name
        places = [vars(base) for base in self._class.__mro__] + [function.__globals__]
        for place in places:
            for variable, value in place.items():
                if value is function and variable.isidentifier():
                    return variable
        return f"lambda_{function.__code__.co_firstlineno}"


def _unused(name: str, taken: set[str]) -> str:
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    return candidate


def _conditions(declared: Declaration) -> Iterator[CallbackSpec]:
    for state in declared.states:
        for transition in declared.exits(state):
            yield from transition.cond
            yield from transition.validators


def _parts(text: str) -> list[str]:
    try:
        return _names_read(replace_operators(text).strip())
    except SyntaxError:
        return []


class Conditions:
    """The conditions of one class; refuses names that do not mean what they seem to."""

    def __init__(self, declared: Declaration) -> None:
        self._class = declared.chart_class
        self._events = frozenset(declared.events)
        self._states = frozenset(state.id for state in declared.states)
        self._names = GuardNames(declared)
        self.read_data = any(document_condition(spec.func) for spec in _conditions(declared))
        """Whether some are those of a loaded document, whose data have values at the start."""

    def guard(self, transition: DeclaredTransition, where: str) -> Guard:
        """Return the guard of a transition; raises :class:`MachineError` with ``where``."""
        guard, keys = ALWAYS, set[str]()
        for spec in transition.cond:
            condition, key = self._condition(spec, where), self._key(spec, where)
            if key in keys:
                raise MachineError(
                    f"{where}: has a second condition ({condition.text}) that python-statemachine "
                    "takes for the first one; join them into one"
                )
            keys.add(key)
            guard = guard & condition
        return guard

    def validator(self, transition: DeclaredTransition, where: str) -> Guard:
        """Return the condition that no validator of a transition fails."""
        guard = ALWAYS
        for spec in transition.validators:
            if spec.reference is SpecReference.NAME:
                name = str(spec.attr_name)
                self._refuse_name(name, where)
            else:
                name = self._names.of(spec)
            guard = guard & Guard.named(name)
        return guard

    def _condition(self, spec: CallbackSpec, where: str) -> Guard:
        if spec.reference is SpecReference.NAME:
            text = _condition_text(spec)
            guard = parse_guard(text, where)
            for name in _names_read(text):
                self._refuse_name(name, where)
            self._check_states(text, where)
        else:
            guard = written_guard(spec.func, where) or Guard.named(self._names.of(spec))
            self._check_states(document_condition(spec.func) or "", where)
        return guard if spec.expected_value is not False else guard.negated()

    def _check_states(self, text: str, where: str) -> None:
        for unknown in sorted(_states_asked(text) - self._states):
            raise MachineError(f"{where}: In({unknown!r}) names no state of the machine")

    def _key(self, spec: CallbackSpec, where: str) -> str:
        """Return the library's key: it takes two conditions with one key for one."""
        if spec.reference is not SpecReference.NAME:
            return self._names.of(spec)
        parse: Any = parse_boolean_expr
        try:
            return str(parse(spec.attr_name, _named, operator_mapping).unique_key)
        except (KeyError, SyntaxError, ValueError) as error:
            raise MachineError(f"{where}: cannot read the guard {spec.attr_name!r}") from error

    def _refuse_name(self, name: str, where: str) -> None:
        if name in self._events:
            raise MachineError(f"{where}: the guard {name!r} is also an event, and would send it")
        if name in self._states:
            raise MachineError(
                f"{where}: the guard {name!r} is also a state, and would always hold; "
                f"to ask for the state write In('{name}')"
            )
        if hasattr(StateChart, name):
            raise MachineError(
                f"{where}: the guard {name!r} is an attribute of python-statemachine itself"
            )


def written_guard(function: object, where: str) -> Guard | None:
    """Return the guard that a document writes out; ``None`` for what is no expression."""
    document = document_condition(function)
    return parse_guard(document, where, opaque=True) if _is_expression(document) else None


def _is_expression(text: str | None) -> TypeGuard[str]:
    try:
        ast.parse(text or "", mode="eval")
    except SyntaxError:
        return False
    return True


def _condition_text(spec: CallbackSpec) -> str:
    text = str(spec.attr_name).strip()
    if spec.reference is SpecReference.NAME and not text.isidentifier():
        return replace_operators(text).strip()  # "!a ^ b v c", but a lone "v" is a name
    return text


def _names_read(text: str) -> list[str]:
    tree = ast.parse(text, mode="eval")
    called = {n.func for n in ast.walk(tree) if isinstance(n, ast.Call)}
    return sorted({n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and n not in called})


def _states_asked(text: str) -> set[str]:
    if not _is_expression(text):
        return set()
    calls = [n for n in ast.walk(ast.parse(text, mode="eval")) if isinstance(n, ast.Call)]
    return {str(a.value) for n in calls for a in n.args if isinstance(a, ast.Constant)}


def _named(name: str) -> Any:
    """Stand in for the attribute that a condition reads, to learn the library's key for it."""

    def stand_in() -> None: ...

    stand_in.unique_key = name  # type: ignore[attr-defined]
    stand_in.__name__ = name
    return stand_in
