"""How the answers of an implementation are read, and which events tell its states apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from fsm.conformance.votes import IMPLEMENTATION, Vote
from fsm.machine import Machine
from fsm.mealy import REJECTED, Mealy, Observable
from fsm.suites.distinguish.identifiers import Separator
from fsm.suites.distinguish.separation import state_separator
from fsm.suites.specification import Spec
from fsm.trace import Trace

__all__ = ["AnswerReading", "Doubt", "Seen", "StateWords"]

_Key: TypeAlias = tuple[str, str]


class Seen(NamedTuple):
    """What an implementation answers to an event."""

    shown: str
    """What is shown after it; of an implementation that shows nothing, its answer."""
    is_rejected: bool
    failure: str
    """The exception that was raised; empty without one."""
    is_time: bool = False
    """Whether time passed until a timer had to fire, and no event was sent."""

    @property
    def text(self) -> str:
        """What was seen, in a few words."""
        if self.failure:
            return self.failure
        return f"{REJECTED}, shows {self.shown}" if self.is_rejected else f"shows {self.shown}"


@dataclass(frozen=True)
class Doubt:
    """A cell after which the implementation behaves unlike the state where it should be."""

    cell: _Key
    """The state and the event."""
    trace: Trace
    """The trace that ends with it."""
    behaviour: tuple[tuple[Trace, tuple[Seen, ...]], ...]
    """What was seen on words that were sent after it."""
    like: frozenset[str]
    """The states that behave like it."""

    @property
    def hint(self) -> str:
        """Where the cell leads instead, as the end of a sentence."""
        state, event = self.cell
        return f"; or {event} in {state} leads to {' or '.join(sorted(self.like))}"


@dataclass(frozen=True)
class StateWords:
    """The words that tell the reachable states of a machine apart."""

    spec: Spec
    numbers: Mapping[str, int]
    apart: Separator
    words: dict[_Key, Trace | None] = field(default_factory=dict)

    @classmethod
    def of(cls, machine: Machine, observable: Observable, *, rejections: bool) -> StateWords:
        """Return the words of a machine; ``rejections`` tells whether rejections are seen."""
        can_reject = rejections and REJECTED not in machine.statuses
        spec = Spec.of(Mealy.of(machine, observable, rejections=can_reject))
        return cls(spec, {s: n for n, s in enumerate(spec.states)}, state_separator(spec))

    def word(self, a: str, b: str) -> Trace | None:
        """Return a shortest trace that tells two states apart, ``None`` where none does."""
        if (a, b) not in self.words:
            word = self.apart(self.numbers[a], self.numbers[b])
            names = None if word is None else tuple(self.spec.inputs[x] for x in word)
            self.words[a, b] = names
        return self.words[a, b]


@dataclass(frozen=True)
class AnswerReading:
    """How the answers of an implementation are read, which all of them together tell."""

    observable: str
    gives_sign: bool
    """Whether some event was rejected."""
    shows_statuses: bool
    """Whether some answer was a status of the machine, or an output other than ``-``."""

    def vote(self, before: Seen, after: Seen, like: frozenset[str] | None) -> Vote:
        """Return what an answer says about its cell."""
        if after.failure:
            return Vote.fails(IMPLEMENTATION, f"fails: {after.failure}")
        if after.is_rejected:
            if after.shown == before.shown:
                return Vote.rejects_it(IMPLEMENTATION)
            text = f"answers {REJECTED!r}, and then shows {after.shown}"
            return Vote.fails(IMPLEMENTATION, text)
        if like is not None:
            return self._elsewhere(after, like)
        # Time that passes is never answered with a rejection.
        if (after.is_time or not self.gives_sign) and after.shown == before.shown:
            seen = frozenset([after.shown])
            text = f"no change, shows {after.shown}"
            if self.observable == "state":
                return Vote(IMPLEMENTATION, True, seen, None, text)
            return Vote(IMPLEMENTATION, True, None, seen, text)
        if self.observable == "state":
            return Vote.goes_to(IMPLEMENTATION, after.shown)
        if self.observable == "output" and not self.shows_statuses:
            return Vote.accepts(IMPLEMENTATION)
        return Vote.shows(IMPLEMENTATION, after.shown)

    def _elsewhere(self, after: Seen, like: frozenset[str]) -> Vote:
        if not like:
            text = f"shows {after.shown}, in a state unlike each one of the machine"
            return Vote(IMPLEMENTATION, False, frozenset(), None, text)
        text = f"goes to {' or '.join(sorted(like))}, by what it does next"
        return Vote(IMPLEMENTATION, False, like, frozenset([after.shown]), text)
