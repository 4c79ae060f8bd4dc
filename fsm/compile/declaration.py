"""A python-statemachine class as it is declared, in the order of its states."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from statemachine import StateChart
from statemachine.graph import iterate_states
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
        return (t for t in state.transitions if not t.initial)

    def is_done(self, event: str) -> bool:
        """Whether the library raises the event, or it is the alias of one that it raises."""
        alias = event.replace("done_state_", "done.state.", 1)
        return alias.startswith("done.state.") and alias in self.events

    def place(self, state: DeclaredState, events: tuple[str, ...]) -> str:
        """Name class, state and events, as messages begin."""
        event = f"event {' '.join(events)!r}" if events else "no event"
        return f"{self.name}: state {state.id!r}, {event}"
