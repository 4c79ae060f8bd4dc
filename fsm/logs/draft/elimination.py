"""Which events of a machine fit where a name stands in a log, by the names that are known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from fsm.machine import Machine

__all__ = ["EventPlaces"]

_MESSAGES = 200
"""Messages that are looked at for one name."""
_LENGTH = 40
"""Events of one message that are looked at."""
_FITTING = 0.9
"""Least share of events that the machine accepts, where a log begins as its machine does."""


@dataclass(frozen=True)
class EventPlaces:
    """Where the names of events stand in the messages of a log."""

    machine: Machine
    messages: Sequence[Sequence[str]]
    """The names of the events of each message, in order."""

    def acceptance(self, known: Mapping[str, str], name: str, event: str) -> float:
        """Return the share of events that the machine accepts, if ``name`` means ``event``.

        ``known`` are the meanings of other names; a name without any may be any event, or none.
        Only messages with the name are looked at. A log may begin amid the life of its messages:
        unless the machine accepts nearly all events of the names that are known from its initial
        state on, a message may begin in any state.
        """
        messages = self._with(name)
        return self._share(messages, {**known, name: event}, self._start(messages, known))

    def acceptance_without(self, known: Mapping[str, str], name: str) -> float:
        """Return the share of events that the machine accepts, if ``name`` means no event."""
        messages = self._with(name)
        others = [[other for other in names if other != name] for names in messages]
        return self._share(others, known, self._start(messages, known))

    def accepted(self, known: Mapping[str, str]) -> float:
        """Return the share of events that the machine accepts from its initial state on."""
        messages = [names[:_LENGTH] for names in self.messages[: 10 * _MESSAGES]]
        return self._share(messages, known, frozenset({self.machine.initial}))

    def _start(self, messages: Sequence[Sequence[str]], known: Mapping[str, str]) -> frozenset[str]:
        """Return the states in which messages may begin."""
        initial = frozenset({self.machine.initial})
        if self._share(messages, known, initial, without_any=0.0) >= _FITTING:
            return initial
        return frozenset(state.name for state in self.machine.states)

    def _with(self, name: str) -> list[Sequence[str]]:
        found = (names[:_LENGTH] for names in self.messages if name in names[:_LENGTH])
        return list(islice(found, _MESSAGES))

    def _share(
        self,
        messages: Sequence[Sequence[str]],
        known: Mapping[str, str],
        start: frozenset[str],
        without_any: float = 1.0,
    ) -> float:
        """Return the share of the events with known meanings that are accepted."""
        steps = _steps(self.machine)
        accepted = total = 0
        for names in messages:
            states = start
            for name in names:
                event = known.get(name)
                if event is None:
                    states |= {t for s in states for ts in steps[s].values() for t in ts}
                    continue
                total += 1
                reached = {target for state in states for target in steps[state].get(event, ())}
                if reached:  # a rejected event changes nothing
                    states = frozenset(reached)
                    accepted += 1
        return accepted / total if total else without_any


def _steps(machine: Machine) -> Mapping[str, Mapping[str, set[str]]]:
    """Return by state and event the states that may follow."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for transition in machine.transitions:
        found[transition.source][transition.trigger].add(transition.target)
    return found
