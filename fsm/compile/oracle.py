"""The real python-statemachine class as an oracle for its compiled table.

The engine, states and transitions are the user's own; only two things are replaced, on the
instance and never on the class (a subclass would add its transitions to the user's states):

* **Guards** have the truth values of the input symbol. A name, function, property or comparison
  (``count > 3``) is one guard, as in the table; ``and or not`` and ``In('state')`` are evaluated
  by the library.
* **Actions**, validators, listeners and the user's ``__init__`` do not run.

A rejected event raises ``TransitionNotAllowed`` here also where the class would ignore it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from statemachine import StateChart
from statemachine.callbacks import CallbackSpec, SpecReference
from statemachine.exceptions import TransitionNotAllowed
from statemachine.graph import iterate_states, iterate_states_and_transitions
from statemachine.spec_parser import operator_mapping, parse_boolean_expr, replace_operators
from statemachine.transition import Transition as DeclaredTransition

from fsm.compile.guard import symbol, valuations
from fsm.errors import MachineError
from fsm.machine import Machine

__all__ = ["Oracle", "Verdict"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the real class did with one input symbol, and the state it is in afterwards."""

    symbol: str
    state: str
    accepted: bool


class Oracle:
    """Walks traces of input symbols through the real class of a compiled machine.

    >>> from fsm.compile import compile_chart
    >>> from fsm.machines.quarantine import Quarantine
    >>> oracle = Oracle(Quarantine, compile_chart(Quarantine))
    >>> oracle.walk(["soft_error[not is_significant]", "quiet_period"])[1].state
    'valid'
    >>> oracle.disagreement(["hard_error", "hard_error"])
    """

    def __init__(self, chart_class: type, machine: Machine) -> None:
        if not issubclass(chart_class, StateChart):
            raise MachineError(
                f"{chart_class.__qualname__}: not a StateChart or StateMachine class"
            )
        self._class: type[StateChart[Any]] = chart_class
        self._machine = machine
        self._order = {s.id: i for i, s in enumerate(iterate_states(chart_class.states))}
        self._inputs = {
            symbol(event, valuation): (event, valuation)
            for event, guards in machine.guards.items()
            for valuation in valuations(guards, machine.name)
        }

    def walk(self, symbols: Sequence[str]) -> tuple[Verdict, ...]:
        """Send a trace to a new instance; raises :class:`MachineError` for an unknown symbol."""
        chart, guards = self._start()
        return tuple(self._send(chart, guards, text) for text in symbols)

    def disagreement(self, symbols: Sequence[str]) -> str | None:
        """Return how the class first differs from the table on a trace, or ``None``."""
        machine, state = self._machine, self._machine.initial
        start, _ = self._start()
        if self._state(start) != state:
            return f"{machine.name}: starts in {self._state(start)!r}, the table says {state!r}"
        for i, verdict in enumerate(self.walk(symbols)):
            transition = machine.step(state, verdict.symbol)
            expected = Verdict(
                verdict.symbol, transition.target if transition else state, transition is not None
            )
            if verdict != expected:
                return (
                    f"{machine.name}: {verdict.symbol!r} after {list(symbols[:i])} in {state!r}: "
                    f"{_says(verdict)}, the table says {_says(expected)}"
                )
            state = verdict.state
        return None

    def _start(self) -> tuple[StateChart[Any], _Guards]:
        chart, guards = self._class.__new__(self._class), _Guards()
        vars(chart).update(
            allow_event_without_transition=False,
            catch_errors_as_events=False,
            _class_listeners=[],
            _register_callbacks=lambda _listeners: _register_guards(chart, guards),
        )
        StateChart.__init__(chart)
        return chart, guards

    def _send(self, chart: StateChart[Any], guards: _Guards, text: str) -> Verdict:
        try:
            event, guards.valuation = self._inputs[text]
        except KeyError:
            known = ", ".join(self._inputs)
            raise MachineError(
                f"{self._machine.name}: no event {text!r}; there are: {known}"
            ) from None
        try:
            chart.send(event)
        except TransitionNotAllowed:
            return Verdict(text, self._state(chart), accepted=False)
        return Verdict(text, self._state(chart), accepted=True)

    def _state(self, chart: StateChart[Any]) -> str:
        ids = (state.id for state in chart.configuration if state.is_atomic)
        return "+".join(sorted(ids, key=self._order.__getitem__))


def _says(verdict: Verdict) -> str:
    return f"leads to {verdict.state!r}" if verdict.accepted else "is rejected"


class _Guards:
    """The truth of every guard, by its text; a guard the symbol does not name is a KeyError."""

    def __init__(self) -> None:
        self.valuation: Mapping[str, bool] = {}

    def reader(self, text: str) -> Callable[..., bool]:
        """Return a condition in the library's form: a function of anything, with its key."""

        def read(*_args: object, **_injected: object) -> bool:
            return self.valuation[text]

        read.__name__ = text
        read.unique_key = text  # type: ignore[attr-defined]
        return read

    def condition(self, spec: CallbackSpec) -> tuple[str, Callable[..., bool]]:
        """Return the key and the function of a declared condition, before ``unless`` is applied."""
        name = str(spec.attr_name)
        if spec.reference is not SpecReference.NAME:
            return name, self.reader(name)
        text, comparisons = _without_comparisons(name)
        parse: Any = parse_boolean_expr
        condition = parse(text, lambda n: self.reader(comparisons.get(n) or n), operator_mapping)
        return condition.unique_key, condition


class _Comparisons(ast.NodeTransformer):
    """Puts a name in the place of each comparison, and remembers what it stands for."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def visit_Compare(self, node: ast.Compare) -> ast.Name:
        name = f"_comparison_{len(self.texts)}"
        self.texts[name] = ast.unparse(node)
        return ast.Name(name)


def _without_comparisons(text: str) -> tuple[str, dict[str, str]]:
    comparisons = _Comparisons()
    if text.isidentifier():
        return text, {}
    tree = comparisons.visit(ast.parse(replace_operators(text).strip(), mode="eval"))
    return (ast.unparse(tree), comparisons.texts) if comparisons.texts else (text, {})


def _register_guards(chart: StateChart[Any], guards: _Guards) -> None:
    """Register the conditions of every transition, and no other callback."""
    for visited in iterate_states_and_transitions(chart.states):
        if isinstance(visited, DeclaredTransition):
            executor = chart._callbacks[visited.cond.key]
            for spec in visited.cond:
                key, condition = guards.condition(spec)
                executor.add(key, spec, partial(_itself, condition))


def _itself(condition: Callable[..., bool]) -> Callable[..., bool]:
    return condition
