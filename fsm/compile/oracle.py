"""The real python-statemachine class as an oracle for its compiled table.

The engine, states and transitions are those of the class. Three things are replaced, on the
instance and never on the class (a subclass would add its transitions to the user's states):

* **Guards** have the truth values of the input symbol. A name, function, property or comparison
  (``count > 3``) is one guard, as in the table; ``and or not`` and ``In('state')`` are evaluated
  by the library.
* **Validators** fail where the guard of their name does not hold.
* **Actions**, listeners and the user's ``__init__`` do not run. In the places of
  actions that raise or send events the library raises and sends these, and does nothing else.

An event is accepted where the engine takes a transition for it. Before the first event no guard
holds.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from statemachine import StateChart
from statemachine.callbacks import CallbackGroup, CallbackSpec, SpecReference
from statemachine.exceptions import TransitionNotAllowed
from statemachine.graph import iterate_states, iterate_states_and_transitions
from statemachine.spec_parser import operator_mapping, parse_boolean_expr, replace_operators
from statemachine.state import State as DeclaredState
from statemachine.transition import Transition as DeclaredTransition

from fsm.compile.condition import GuardNames, written_guard
from fsm.compile.declaration import Declaration
from fsm.compile.emissions import Emission, Emissions
from fsm.errors import MachineError
from fsm.guard import Guard
from fsm.machine import Machine
from fsm.machine_parts import refinements

__all__ = ["Instance", "ObservedStep", "Oracle", "class_size"]


@dataclass(frozen=True, slots=True)
class ObservedStep:
    """What the real class did with one input symbol, and the state it is in afterwards."""

    symbol: str
    state: str
    accepted: bool


def class_size(chart_class: type[StateChart[Any]]) -> tuple[int, int, int]:
    """Return how many states, transitions and conditions a class declares."""
    states = list(iterate_states(chart_class.states))
    exits = [t for state in states for t in state.transitions]
    return len(states), len(exits), sum(len(list(t.cond)) for t in exits)


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
        self.machine = machine
        declared = Declaration(chart_class)
        self.guards = _Guards(GuardNames(declared))
        self._emitting = list(_emitting(chart_class, Emissions(declared)))
        refined = refinements(machine.guards, machine.events)
        self._inputs: dict[str, tuple[str, Mapping[str, bool]]] = {
            text: refined.get(text, (text, {})) for text in machine.events
        }
        self.declared = {state.id: state for state in iterate_states(chart_class.states)}
        self._expected: dict[str, tuple[frozenset[object], bool]] = {}

    def start(self) -> Instance:
        """Return a new instance, in its initial configuration."""
        chart = self._class.__new__(self._class)
        vars(chart).update(
            catch_errors_as_events=False,
            _class_listeners=[],
            _register_callbacks=lambda _listeners: self._register(chart),
        )
        self.guards.valuation = _NOTHING_HOLDS
        StateChart.__init__(chart)
        return Instance(self, chart)

    def _register(self, chart: StateChart[Any]) -> None:
        """Register the conditions of every transition, and what actions send; nothing else."""
        for visited in iterate_states_and_transitions(chart.states):
            if isinstance(visited, DeclaredTransition):
                executor = chart._callbacks[visited.cond.key]
                for spec in visited.cond:
                    key, condition = self.guards.condition(spec)
                    executor.add(key, spec, partial(_built, condition))
                executor = chart._callbacks[visited.validators.key]
                for spec in visited.validators:
                    check = self.guards.validator(spec)
                    executor.add(str(spec.attr_name), spec, partial(_built, check))
        for key, group, emitted in self._emitting:
            action = partial(_built, partial(_emit, chart, emitted))
            chart._callbacks[key].add("emit", CallbackSpec(_named_emit, group), action)

    def walk(self, symbols: Sequence[str]) -> tuple[ObservedStep, ...]:
        """Send a trace to a new instance; raises :class:`MachineError` for an unknown symbol."""
        instance = self.start()
        return tuple(instance.send(text) for text in symbols)

    def disagreement(self, symbols: Sequence[str]) -> str | None:
        """Return how the class first differs from the table on a trace, or ``None``."""
        instance, state = self.start(), self.machine.initial
        fault = instance.start_differs()
        for i, text in enumerate(symbols):
            if fault:
                return fault
            fault = instance.step_differs(state, text, symbols[:i])
            transition = self.machine.step(state, text)
            state = transition.target if transition else state
        return fault

    def input(self, text: str) -> tuple[str, Mapping[str, bool]]:
        """Return the event and the valuation of a symbol; raises :class:`MachineError`."""
        try:
            return self._inputs[text]
        except KeyError:
            known = ", ".join(self._inputs)
            raise MachineError(
                f"{self.machine.name}: no event {text!r}; there are: {known}"
            ) from None

    def expected(self, state: str) -> tuple[frozenset[object], bool]:
        """Return the values of all states that are active in a state of the table.

        The second value says whether all atomic ones among them are declared final.
        """
        if state not in self._expected:
            atoms = [self.declared[atom] for atom in self.machine.state(state).atoms]
            values = frozenset(s.value for atom in atoms for s in (atom, *atom.ancestors()))
            self._expected[state] = values, all(atom.final for atom in atoms)
        return self._expected[state]


class Instance:
    """One instance of the real class, to which one input symbol after the other is sent."""

    def __init__(self, oracle: Oracle, chart: StateChart[Any]) -> None:
        self._oracle, self._chart = oracle, chart
        self._taken = 0
        engine = chart._engine
        microstep = engine.microstep

        def counted(*arguments: Any) -> Any:
            self._taken += 1
            return microstep(*arguments)

        engine.microstep = counted

    @property
    def state(self) -> str:
        """The names of the active atomic states, joined."""
        return "+".join(s.id for s in self._active() if s.is_atomic)

    def send(self, text: str) -> ObservedStep:
        """Send a symbol; raises :class:`MachineError` for an unknown one."""
        accepted = self._accepts(text)
        return ObservedStep(text, self.state, accepted)

    def start_differs(self) -> str | None:
        """Return how a new instance differs from the initial state of the table, or ``None``."""
        machine = self._oracle.machine
        names = self._differs(machine.initial)
        return names and f"{machine.name}: starts in {names[0]}, the table says {names[1]}"

    def step_differs(self, state: str, text: str, trace: Sequence[str]) -> str | None:
        """Send a symbol in a state of the table that ``trace`` led to, and compare what it does.

        The whole configuration is compared: which states are active, by their values, the
        states around the atomic ones among them, and whether the machine is at its end.
        """
        machine = self._oracle.machine
        transition, accepted = machine.step(state, text), self._accepts(text)
        names = self._differs(transition.target if transition else state)
        if not names and accepted is (transition is not None):
            return None
        actual, expected = names or (repr(self.state), repr(state))
        return (
            f"{machine.name}: {text!r} after {list(trace)} in {state!r}: "
            f"{_described(actual, accepted=accepted, moved=names is not None)}, the table says it "
            f"{_described(expected, accepted=transition is not None)}"
        )

    def _accepts(self, text: str) -> bool:
        event, self._oracle.guards.valuation = self._oracle.input(text)
        self._taken = 0
        with suppress(TransitionNotAllowed, _InvalidError):
            # A delayed event comes at once: the table says what it does, not when.
            self._chart.send(event, delay=0)
        return self._taken > 0

    def _differs(self, state: str) -> tuple[str, str] | None:
        """Return how the class and the table name the configuration, where it is not the same."""
        expected, atoms_final = self._oracle.expected(state)
        final = self._oracle.machine.state(state).final
        ended = self._chart.is_terminated
        if expected == set(self._chart.configuration_values):
            if final is (ended or atoms_final):
                return None
            return f"{state!r}{_FINAL[not final]}", f"{state!r}{_FINAL[final]}"
        if self.state != state.partition("@")[0]:  # without what tells variants apart
            return repr(self.state), repr(state)
        ids = [s.id for s in self._oracle.declared.values() if s.value in expected]
        return repr("+".join(s.id for s in self._active())), repr("+".join(ids))

    def _active(self) -> list[DeclaredState]:
        """Return the active states and their ancestors, in the order of their declaration."""
        values = self._chart.configuration_values
        return [s for s in self._oracle.declared.values() if s.value in values]


_FINAL = {True: " as a final state", False: " as a state that is not final"}


def _described(configuration: str, *, accepted: bool, moved: bool = False) -> str:
    if accepted:
        return f"leads to {configuration}"
    return f"is rejected, but leads to {configuration}" if moved else "is rejected"


class _InvalidError(Exception):
    """A validator fails."""


class _Guards:
    """The truth of every guard, by its text, as the last input symbol says.

    Reading a guard that the symbol does not name is a KeyError.
    """

    def __init__(self, names: GuardNames) -> None:
        self.names = names
        self.valuation: Mapping[str, bool] = {}
        self._conditions: dict[object, tuple[str, Callable[..., bool]]] = {}

    def reader(self, text: str) -> Callable[..., bool]:
        """Return a condition in the library's form: a function of anything, with its key."""

        def read(*_args: object, **_injected: object) -> bool:
            return self.valuation[text]

        read.__name__ = text
        read.unique_key = text  # type: ignore[attr-defined]
        return read

    def formula(self, guard: Guard) -> Callable[..., bool]:
        """Return a condition that a document writes out, in the library's form."""

        def read(*_args: object, machine: StateChart[Any], **_injected: object) -> bool:
            active = frozenset(state.id for state in machine.configuration)
            return guard.test(self.valuation, active)

        return read

    def validator(self, spec: CallbackSpec) -> Callable[..., bool]:
        """Return a validator, which fails where its guard does not hold."""
        is_name = spec.reference is SpecReference.NAME
        name = str(spec.attr_name) if is_name else self.names.of(spec)

        def check(*_args: object, **_injected: object) -> bool:
            if not self.valuation[name]:
                raise _InvalidError
            return True

        return check

    def condition(self, spec: CallbackSpec) -> tuple[str, Callable[..., bool]]:
        """Return the key and the function of a declared condition, before ``unless`` is applied.

        They are cached: to make them takes longer than to send an event.
        """
        is_function = spec.reference is not SpecReference.NAME
        declared = (str(spec.attr_name), spec.reference, spec.func if is_function else None)
        if declared not in self._conditions:
            self._conditions[declared] = self._made(spec)
        return self._conditions[declared]

    def _made(self, spec: CallbackSpec) -> tuple[str, Callable[..., bool]]:
        name = str(spec.attr_name)
        if spec.reference is not SpecReference.NAME:
            name = self.names.of(spec)
            written = written_guard(spec.func, name)
            return name, self.formula(written) if written else self.reader(name)
        text, comparisons = _without_comparisons(name)
        parse: Any = parse_boolean_expr
        condition = parse(text, lambda n: self.reader(comparisons.get(n) or n), operator_mapping)
        return condition.unique_key, condition


class _Comparisons(ast.NodeTransformer):
    """Replaces each comparison by a name; ``texts`` maps the names to the comparisons."""

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


_EMITTING = (
    CallbackGroup.ENTER,
    CallbackGroup.EXIT,
    CallbackGroup.BEFORE,
    CallbackGroup.ON,
    CallbackGroup.AFTER,
)


def _emitting(
    chart_class: type[StateChart[Any]], emissions: Emissions
) -> Iterator[tuple[str, CallbackGroup, tuple[Emission, ...]]]:
    """Yield the places of actions that raise or send events, and these events."""
    for visited in iterate_states_and_transitions(chart_class.states):
        for group in _EMITTING:
            if emitted := emissions.emitted(visited, group):
                yield visited._specs.grouper(group).key, group, emitted


class _NothingHolds(dict[str, bool]):
    def __missing__(self, _name: str) -> bool:
        return False


_NOTHING_HOLDS = _NothingHolds()


def _named_emit() -> None:
    """Give the library a function with a name."""


def _emit(
    chart: StateChart[Any],
    emissions: Sequence[Emission],
    *_args: object,
    **_injected: object,
) -> bool:
    """Raise and send the events of an action; the answer is for the library, which ignores it."""
    for emission in emissions:
        chart.send(emission.event, internal=emission.internal, delay=0)
    return True


def _built(condition: Callable[..., bool]) -> Callable[..., bool]:
    """Return a condition; the library wants a function that builds the callback."""
    return condition
