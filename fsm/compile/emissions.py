"""The events that the actions of a class cause, where they always cause them.

An action that raises or sends a constant event in a statement of its own does so whenever it runs,
so the event is a part of the table. What sends under a condition, in a loop, later, or in a
function that it calls cannot be known, and is refused by name. No action runs.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial, partialmethod
from types import CellType, CodeType, FunctionType, MethodType
from typing import Any, NoReturn, TypeAlias

from statemachine import StateChart
from statemachine.callbacks import CallbackGroup, CallbackSpec, SpecReference

from fsm.compile.declaration import Declaration, DeclaredState, DeclaredTransition
from fsm.compile.document_actions import document_emissions, is_document_action
from fsm.compile.handed import names_behind
from fsm.compile.unseen import refuse_unseen
from fsm.errors import MachineError

__all__ = ["Emission", "Emissions"]

_SENDERS = frozenset({"send", "raise_"})
_MACHINE = "machine"
"""The name by which the library hands the machine to any callback."""

_Queues: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]
"""The events that are raised, and those that are sent."""


@dataclass(frozen=True, slots=True)
class Emission:
    """An event that an action causes."""

    event: str
    internal: bool
    """Whether it is raised, and so comes before every event that is sent."""


class Emissions:
    """What the actions of one class raise and send.

    Every method raises :class:`MachineError` for an action that may or may not send.
    """

    def __init__(self, declared: Declaration) -> None:
        self._declared = declared
        self._class = declared.chart_class
        self._owners = (self._class, *map(_class_of, self._class._class_listeners))
        self._emitted: dict[tuple[int, CallbackGroup], tuple[Emission, ...]] = {}
        """By the carrier, which compares equal to others, and the group: actions stay the same."""
        self._declared_events = {str(event.id): event for event in self._class._events}
        self._handed: dict[CodeType, set[str]] = {}
        """The names used by functions that each function hands the machine to."""
        self._sending = self._names_that_send()
        self._refuse_hidden()
        refuse_unseen(declared.name, self._functions_declared(), _body)
        # Every action is read now, so that nothing is refused only when it is asked for.
        states, transitions = declared.states, self._transitions()
        found = [self.of_entry(s) for s in states] + [self.of_exit(s) for s in states]
        found += [self.of_transition(t) for t in transitions]
        found += [self.after_transition(t) for t in transitions]
        self.events = tuple(dict.fromkeys(e for queues in found for queue in queues for e in queue))
        """The events that are raised or sent."""

    def of_entry(self, state: DeclaredState) -> _Queues:
        """Return the events that entering a state causes."""
        return _queues(self.emitted(state, CallbackGroup.ENTER))

    def of_exit(self, state: DeclaredState) -> _Queues:
        """Return the events that leaving a state causes."""
        return _queues(self.emitted(state, CallbackGroup.EXIT))

    def of_transition(self, transition: DeclaredTransition) -> _Queues:
        """Return the events that a transition causes before its targets are entered."""
        before = self.emitted(transition, CallbackGroup.BEFORE)
        leaving = any(self.emitted(state, CallbackGroup.EXIT) for state in self._declared.states)
        if before and leaving:
            self._refuse("a before action", before[0].event, "raise it in on=")
        return _queues((*before, *self.emitted(transition, CallbackGroup.ON)))

    def after_transition(self, transition: DeclaredTransition) -> _Queues:
        """Return the events that a transition causes after its targets are entered."""
        return _queues(self.emitted(transition, CallbackGroup.AFTER))

    def emitted(
        self, carrier: DeclaredState | DeclaredTransition, group: CallbackGroup
    ) -> tuple[Emission, ...]:
        """Return the events that one kind of action of a state or transition causes, in order."""
        key = id(carrier), group
        if key not in self._emitted:
            self._emitted[key] = self._read(carrier, group)
        return self._emitted[key]

    def _read(
        self, carrier: DeclaredState | DeclaredTransition, group: CallbackGroup
    ) -> tuple[Emission, ...]:
        specs = [spec for spec in carrier._specs if spec.group is group]
        emissions: list[Emission] = []
        for spec in sorted(specs, key=lambda spec: spec.priority):
            added = [e for value in self._values(spec) for e in self._of_value(value, spec)]
            if spec.reference is SpecReference.NAME and spec.attr_name in self._declared_events:
                added = [self._emission(spec.attr_name, f"the action {spec.attr_name!r}")]
            several = isinstance(carrier, DeclaredTransition) and len(tuple(carrier.events)) > 1
            if added and spec.cond is not None and several:
                self._refuse(
                    spec.attr_name, added[0].event, "it runs for one event of several: split them"
                )
            emissions += added
        return tuple(emissions)

    # Which functions send ------------------------------------------------------------------

    def _transitions(self) -> list[DeclaredTransition]:
        declared = self._declared
        return [
            t for state in declared.states for t in (*state.transitions, *declared.exits(state))
        ]

    def _names_that_send(self) -> frozenset[str]:
        """Return the names by which an action may send: those of functions that send, too."""
        names = set(_SENDERS) | set(self._declared_events)
        functions = [(key, self._used(each)) for key, each in self._functions_declared()]
        size = 0
        while size != (size := len(names)):
            names |= {key for key, used in functions if names & used}
        # A conventional name such as on_enter_state is called by nobody but the library.
        return frozenset(names)

    def _sends(self, value: object) -> str | None:
        """Return the name by which a callable sends, ``None`` where it does not."""
        used = {name for f in _functions(value) for name in self._used(f)}
        return min(used & self._sending, default=None)

    def _used(self, function: FunctionType) -> set[str]:
        """Return the names that a function uses, itself or through one that gets the machine."""
        return _names_used(function.__code__) | self._behind(function)

    def _behind(self, function: FunctionType) -> set[str]:
        code = function.__code__
        if code not in self._handed:
            self._handed[code] = set(names_behind(function, _body, _functions))
        return self._handed[code]

    def _refuse_hidden(self) -> None:
        """Refuse what sends and is no action: conditions, ``prepare_event``, the user's init."""
        carriers = [*self._declared.states, *self._transitions()]
        specs = [*self._class._specs, *(spec for c in carriers for spec in c._specs)]
        for spec in specs:
            if spec.group in (CallbackGroup.PREPARE, CallbackGroup.COND, CallbackGroup.VALIDATOR):
                for value in self._values(spec):
                    if name := self._sends(value):
                        self._refuse(spec.attr_name, name)
        for key, value in vars(self._class).items():
            if key.startswith("__") and (name := self._sends(value)):
                self._refuse(key, name)

    def _functions_declared(self) -> Iterator[tuple[str, FunctionType]]:
        """Yield the functions of the class and its listeners, each with its name there."""
        for owner in self._owners:
            for base in owner.__mro__:
                if not base.__module__.startswith("statemachine."):
                    for key, value in vars(base).items():
                        yield from ((key, function) for function in _functions(value))

    def _values(self, spec: CallbackSpec) -> Iterator[object]:
        """Yield what a callback calls, as it stands in the class or a listener."""
        if spec.reference is not SpecReference.NAME:
            yield spec.func
            return
        if spec.group is CallbackGroup.COND and not str(spec.attr_name).isidentifier():
            return
        for owner in self._owners:
            value = inspect.getattr_static(owner, spec.attr_name, None)
            if value is not None and not hasattr(StateChart, spec.attr_name):
                yield value

    def _of_value(self, value: object, spec: CallbackSpec) -> Iterator[Emission]:
        if is_document_action(value):
            for event, internal in document_emissions(value):
                if internal is None:
                    self._refuse("an action", event)
                yield Emission(event, internal)
            return
        name = self._sends(value)
        if name is None:
            return
        functions = list(_functions(value))
        is_plain = len(functions) == 1 and isinstance(value, (FunctionType, staticmethod))
        if not is_plain or self._sending & self._behind(functions[0]):
            self._refuse(spec.attr_name, name)
        (function,) = functions
        is_method = isinstance(value, FunctionType) and any(
            value is held for base in self._class.__mro__ for held in vars(base).values()
        )
        receivers = {_MACHINE, *function.__code__.co_varnames[: int(is_method)]}
        yield from self._statements(function, receivers, spec.attr_name, name)

    # Statements ----------------------------------------------------------------------------

    def _statements(
        self, function: FunctionType, receivers: set[str], owner: str, name: str
    ) -> Iterator[Emission]:
        is_over = False
        for statement in _body(function) or self._refuse(owner, name):
            call = _lone_call(statement)
            event = None if call is None else self._event_of(call, receivers)
            if event is not None and not is_over:
                yield self._emission(event, owner, call)
            elif self._sending & set(_names_in(statement)):
                self._refuse(owner, name)
            is_over = is_over or _may_leave(statement)

    def _event_of(self, call: ast.Call, receivers: set[str]) -> str | None:
        """Return the event that a call raises or sends; ``None`` where that is not plain to see."""
        match call.func:
            case ast.Attribute(value=ast.Name(id=receiver), attr=name) if receiver in receivers:
                pass
            case _:
                return None
        values = [*call.args, *(keyword.value for keyword in call.keywords)]
        if any(self._sending & set(_names_in(value)) for value in values):
            return None
        if any(k.arg is None for k in call.keywords) or any(
            isinstance(value, ast.Starred) for value in call.args
        ):
            return None
        if name not in _SENDERS:
            return name if name in self._declared_events else None
        match call.args:
            case [ast.Constant(value=str(event)), *_]:
                return event
        return None

    def _emission(self, event: str, owner: str, call: ast.Call | None = None) -> Emission:
        declared = self._declared_events.get(event)
        delay: object = declared.delay if declared else 0
        internal: object = bool(declared and declared.internal)
        for keyword in call.keywords if call else ():
            value = keyword.value.value if isinstance(keyword.value, ast.Constant) else ...
            if keyword.arg == "delay" and value is not None:
                delay = value
            if keyword.arg == "internal" and value is not None:
                internal = value
        if call and isinstance(call.func, ast.Attribute) and call.func.attr == "raise_":
            internal = True
        if delay or not isinstance(internal, bool):
            self._refuse(owner, event, "it comes later: let a user send it, as an input of its own")
        return Emission(event, internal)

    def _refuse(
        self, owner: str, name: str, remedy: str = "declare the whole move as one transition"
    ) -> NoReturn:
        raise MachineError(
            f"{self._declared.name}: {owner} uses {name!r}, so an event can cause another one; "
            f"send it in a statement of its own, under no condition, or {remedy}"
        )


def _queues(emissions: Iterable[Emission]) -> _Queues:
    emissions = tuple(emissions)
    return (
        tuple(e.event for e in emissions if e.internal),
        tuple(e.event for e in emissions if not e.internal),
    )


def _class_of(listener: object) -> type[Any]:
    return listener if isinstance(listener, type) else type(listener)


# Source and code of functions ----------------------------------------------------------------


def _body(function: FunctionType) -> list[ast.stmt] | None:
    """Return the statements of a function; ``None`` where its source is not known."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError, TypeError):
        return None
    if function.__name__ == "<lambda>":
        lambdas = [node for node in ast.walk(tree) if isinstance(node, ast.Lambda)]
        return [ast.Expr(lambdas[0].body)] if len(lambdas) == 1 else None
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == function.__name__:
            return node.body
    return None


def _lone_call(statement: ast.stmt) -> ast.Call | None:
    """Return the call that is all that a statement does."""
    match statement:
        case ast.Expr(value=ast.Call() as call) | ast.Return(value=ast.Call() as call):
            return call
    return None


def _may_leave(statement: ast.stmt) -> bool:
    """Whether the statements after this one may not be reached."""
    leaving = (ast.Return, ast.Raise, ast.Yield, ast.YieldFrom, ast.Assert)
    return any(isinstance(node, leaving) for node in ast.walk(statement))


def _names_in(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            yield part.attr


def _functions(value: object) -> Iterator[FunctionType]:
    """Yield the functions that run when a callable is called, as far as it shows them.

    These are what a method, a property or a partial holds, and what a decorator has put inside
    another function.
    """
    seen, queue = set[int](), [value]
    for item in queue:
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, FunctionType):
            yield item
            queue += [_content(cell) for cell in item.__closure__ or ()]
        elif isinstance(item, property):
            queue.append(item.fget)
        elif isinstance(item, (classmethod, staticmethod, MethodType)):
            queue.append(item.__func__)
        elif isinstance(item, (partial, partialmethod)):
            queue.append(item.func)


def _content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # it is empty until the function around it has assigned its name
        return None


def _names_used(code: CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _names_used(constant)
    return names
