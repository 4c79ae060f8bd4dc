"""A python-statemachine class as it is declared, in the order of its states."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from statemachine import StateChart
from statemachine.event import Event
from statemachine.graph import iterate_states
from statemachine.state import HistoryState
from statemachine.state import State as DeclaredState
from statemachine.transition import Transition as DeclaredTransition

__all__ = ["Declaration", "DeclaredState", "DeclaredTransition"]


class Declaration:
    """The states and events of a class, and how messages name them."""

    def __init__(self, chart_class: type[StateChart[Any]]) -> None:
        self.chart_class = chart_class
        self.name = chart_class.__qualname__
        self.states = list(iterate_states(chart_class.states))
        self.events = [str(event.id) for event in chart_class._events]
        self._index = {id(state): i for i, state in enumerate(self.states)}

    def index(self, state: DeclaredState) -> int:
        """Return the place of a state among all states of the class."""
        return self._index[id(state)]

    def __contains__(self, state: DeclaredState) -> bool:
        """Whether a state is one of the class, and not one that is equal to it."""
        return id(state) in self._index

    def exits(self, state: DeclaredState) -> Iterator[DeclaredTransition]:
        """Yield the transitions that leave a state, or stay in it."""
        if isinstance(state, HistoryState):  # its transitions lead to its default
            return iter(())
        return (t for t in state.transitions if not t.initial)

    @cached_property
    def alphabet(self) -> tuple[str, ...]:
        """The events that may be sent from outside.

        Left out are the events that the library raises itself when a state is complete, and the
        second names that it gives to ``error_soft`` (``error.soft``) and ``done_invoke_work``.
        """
        done = {f"done.state.{state.id}" for state in self.states}
        names = dict.fromkeys(event.removesuffix(".*").rstrip(".") for event in self.events)
        twins = {
            form
            for name in names
            if name.startswith(("error_", "done_invoke_"))
            for form in (_dotted(name),)
            if form != name and self._heard_alike(name, form)
        }
        return tuple(
            name for name in names if name not in twins and not {name, _dotted(name)} & done
        )

    def _heard_alike(self, name: str, other: str) -> bool:
        """Whether two events stand in the same transitions."""
        events = ([str(e) for e in t.events] for state in self.states for t in self.exits(state))
        return all((name in row) == (other in row) for row in events)

    def heard(self, transition: DeclaredTransition, known: Iterable[str]) -> tuple[str, ...]:
        """Return which of the known events a transition hears; it matches by prefix."""
        return tuple(
            name for name in known if any(Event.match(event, name) for event in transition.events)
        )

    def place(self, state: DeclaredState, events: tuple[str, ...]) -> str:
        """Name class, state and events, as messages begin."""
        event = f"event {' '.join(events)!r}" if events else "no event"
        return f"{self.name}: state {state.id!r}, {event}"


def _dotted(name: str) -> str:
    """Return the second name that the library gives to an attribute of this name."""
    if name.startswith("error_"):
        return name.replace("_", ".")
    for start in ("done_invoke_", "done_state_"):
        if name.startswith(start):
            return start.replace("_", ".") + name.removeprefix(start)
    return name
