"""Models of Django-FSM (``django_fsm``), read from the transitions that their methods declare.

Django is not imported: the decorated methods of a class say all. A method whose result is the next
state has an event for each value that is declared, and one with ``on_error`` has an event for its
failure. Permissions are not checked when a method is called, and are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fsm.errors import MachineError
from fsm.formats.statecharts.chart_parts import ChartParts, all_hold
from fsm.formats.statecharts.function_names import FunctionNames
from fsm.guard import Guard
from fsm.machine import Machine
from fsm.suggest import no_such

__all__ = ["ANY", "is_django_model", "machine_of_methods", "read_django_model"]

ANY = "*"
"""The source that is every state."""
_ANY_OTHER = "+"


def is_django_model(value: object) -> bool:
    """Whether methods of a class are transitions of Django-FSM."""
    return isinstance(value, type) and any(True for _ in _methods(value))


def read_django_model(model: type, field: str, name: str) -> Machine:
    """Return the machine of a model's field; an empty ``field`` is its only one.

    Raises :class:`MachineError` for what cannot be a table.
    """
    methods = dict(_methods(model))
    fields = {_field_name(m): m.field for m in sorted(methods.values(), key=_field_name)}
    if not field and len(fields) > 1:
        names = ", ".join(f"{name}.{each}" for each in fields)
        raise MachineError(f"{name}: several fields have transitions; name one: {names}")
    wanted = field or next(iter(fields))
    if wanted not in fields:
        raise MachineError(f"{name}: {no_such('field with transitions', wanted, fields)}")
    own = {key: meta for key, meta in methods.items() if _field_name(meta) == wanted}
    found = fields[wanted]
    if isinstance(found, str):
        found = getattr(getattr(model, found, None), "field", None) or _meta_field(model, found)
    return machine_of_methods(name, found, own)


def machine_of_methods(name: str, field: Any, methods: dict[str, Any]) -> Machine:
    """Return the machine of a field, which may have choices, and of its decorated methods.

    Raises :class:`MachineError` for what cannot be a table.
    """
    return _Model(name, field, methods).machine()


def _methods(model: type) -> Iterator[tuple[str, Any]]:
    for key in dir(model):
        meta = getattr(getattr(model, key, None), "_django_fsm", None)
        if meta is not None and isinstance(getattr(meta, "transitions", None), dict):
            yield key, meta


def _field_name(meta: Any) -> str:
    return meta.field if isinstance(meta.field, str) else str(meta.field.name)


def _meta_field(model: Any, name: str) -> Any:
    return model._meta.get_field(name) if hasattr(model, "_meta") else None


class _Model:
    def __init__(self, name: str, field: Any, methods: dict[str, Any]) -> None:
        self.name, self.field, self.methods = name, field, methods
        self.parts = ChartParts(name, 0)
        self.numbers: dict[str, int] = {}
        self.conditions = FunctionNames(name)
        self.titles = {
            self._text(value): str(title)
            for value, title in getattr(field, "flatchoices", None) or ()
        }

    def machine(self) -> Machine:
        initial = getattr(self.field, "default", None)
        if callable(initial) or initial is None:
            what = "the field has no default, so no state is initial; give it one"
            raise MachineError(f"{self.name}: {what}")
        first = self._text(initial)
        for state in dict.fromkeys((first, *self.titles, *self._declared())):
            number = self.parts.state(0, state)
            self.parts.states[number].title = self.titles.get(state, state)
            self.numbers[state] = number
        for key, meta in self.methods.items():
            self._edges(key, meta)
        if any(t.permission for meta in self.methods.values() for t in meta.transitions.values()):
            self.parts.assume(0, f"{self.name}: permissions are not part of the table")
        return self.parts.machine(self.name, self.name.rpartition(":")[2], self.numbers[first])

    def _text(self, value: Any) -> str:
        return str(getattr(value, "value", value))

    def _declared(self) -> Iterator[str]:
        for meta in self.methods.values():
            for source, transition in meta.transitions.items():
                if source not in (ANY, _ANY_OTHER):
                    yield self._text(source)
                for _, target in self._results("", transition):
                    yield from () if target is None else (target,)
                if transition.on_error is not None:
                    yield self._text(transition.on_error)

    def _results(self, event: str, transition: Any) -> list[tuple[str, str | None]]:
        """Return the events of a transition with the state to which each leads."""
        target = transition.target
        if target is None:
            return [(event, None)]
        if not hasattr(target, "get_state"):
            return [(event, self._text(target))]
        allowed = getattr(target, "allowed_states", None)
        if not allowed:
            what = "the next state is computed; declare the states that it may be"
            method = getattr(transition, "name", event)
            raise MachineError(f"{self.name}: {method}: {what}")
        return [(f"{event} = {self._text(value)}", self._text(value)) for value in allowed]

    def _edges(self, event: str, meta: Any) -> None:
        by_source = {self._text(key): value for key, value in meta.transitions.items()}
        for state, number in self.numbers.items():
            transition = by_source.get(state, by_source.get(ANY, by_source.get(_ANY_OTHER)))
            if transition is None:
                continue
            by_other = state not in by_source and ANY not in by_source
            if (
                by_other
                and transition.target is not None
                and self._text(transition.target) == state
            ):
                continue
            guard = all_hold(
                Guard.named(self.conditions.of(c, event)) for c in transition.conditions
            )
            line = getattr(transition, "line", 0)
            for name, target in self._results(event, transition):
                self._edge(line, number, target, name, guard)
            if transition.on_error is not None:
                failed = self._text(transition.on_error)
                self._edge(line, number, failed, f"{event} raises", guard)

    def _edge(self, line: int, number: int, target: str | None, event: str, guard: Guard) -> None:
        targets = () if target is None else (self.numbers[target],)
        self.parts.edge(line, number, targets, (event,), guard, internal=not targets)
