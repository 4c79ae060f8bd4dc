"""The result of a discovery: a machine, and how many messages stand behind each transition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from fsm.comparison import Comparison, compare
from fsm.indicators import percent
from fsm.machine import Machine, Transition
from fsm.text import quantity
from fsm.unit import Unit

__all__ = ["Discovery", "Documented", "Evidence", "Unaccepted"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the log holds for one transition."""

    source: str
    """The state in which the event happens."""
    event: str
    """The event."""
    target: str
    """The state to which it leads."""
    messages: int
    """How many messages travelled it."""
    times: int
    """How often they did."""
    visits: int
    """How often the source was visited, which includes the messages that end there."""

    @property
    def share(self) -> float:
        """How often it was travelled, of the visits of its source, from 0 to 1."""
        return self.times / self.visits

    def sentence(self, unit: Unit) -> str:
        """Return the evidence in words, for the reason of a transition."""
        times = "" if self.times == self.messages else f", {quantity(self.times, 'time')}"
        return f"{unit.count(self.messages)}{times}: {_share(self.times, self.visits)} of its state"

    def as_dict(self) -> dict[str, object]:
        """Return the evidence for JSON."""
        return {
            "source": self.source,
            "event": self.event,
            "target": self.target,
            "messages": self.messages,
            "times": self.times,
            "visits": self.visits,
        }


@dataclass(frozen=True, slots=True)
class Unaccepted:
    """An event that messages had in a state of a machine that does not accept it there."""

    state: str
    """The state in which it happened."""
    event: str
    """The event."""
    messages: int
    """How many messages had it there; from then on they were not followed."""
    visits: int
    """How often the state was visited."""

    def as_dict(self) -> dict[str, object]:
        """Return it for JSON."""
        return {
            "state": self.state,
            "event": self.event,
            "messages": self.messages,
            "visits": self.visits,
        }


@dataclass(frozen=True)
class Documented:
    """The documented machine that gave names and statuses, and what the log says of it."""

    machine: Machine
    """The machine."""
    counterparts: Mapping[str, str]
    """Of each learnt state that corresponds to a state of the machine, the name of this state."""
    contradictions: tuple[Unaccepted, ...]
    """What messages did and the machine does not accept, the most frequent first."""
    never_travelled: tuple[Transition, ...]
    """The transitions of the machine that no message travelled."""

    def accepts(self, evidence: Evidence) -> bool:
        """Return whether the machine accepts the event of a learnt transition in its state."""
        state = self.counterparts.get(evidence.source)
        return any(
            t.source == state and evidence.event in (t.event, t.trigger)
            for t in self.machine.transitions
        )

    def as_dict(self) -> dict[str, object]:
        """Return it for JSON."""
        return {
            "machine": self.machine.name,
            "counterparts": dict(self.counterparts),
            "contradictions": [item.as_dict() for item in self.contradictions],
            "never_travelled": [
                {"source": t.source, "event": t.event, "target": t.target}
                for t in self.never_travelled
            ],
        }


@dataclass(frozen=True, repr=False)
class Discovery:
    """The machine that a log shows. It is never the truth: it says what messages did, no more.

    Every state may end, since logs stop anywhere.
    """

    machine: Machine
    """The learnt machine; the origin of each transition tells its evidence."""
    evidence: tuple[Evidence, ...]
    """How many messages stand behind each transition, in the order of its transitions."""
    left_out: tuple[Unaccepted, ...]
    """What messages did beyond the machine, the most frequent first."""
    messages: int
    """How many messages the log has."""
    accepted: int
    """How many of them the machine accepts as a whole."""
    events: int
    """How many events were learnt from."""
    beside: int
    """How many events are of the companion of the reference, or have no name; not learnt from."""
    noise: float
    """The share of the events that are taken for wrong; see :func:`fsm.discover`."""
    unit: Unit
    """What one message is called."""
    reference: Documented | None = None
    """The machine that gave names and statuses, and what the log says of it."""
    notes: tuple[str, ...] = ()
    """What was assumed, or not read."""

    def __repr__(self) -> str:
        return f"<Discovery: {self.machine!r} from {self.unit.count(self.messages)}>"

    @cached_property
    def comparison(self) -> Comparison | None:
        """The reference compared with the learnt machine; ``None`` without a reference.

        Deadlines are left out, as a log does not show them.
        """
        if self.reference is None:
            return None
        return compare(replace(self.reference.machine, deadline=None, timers=()), self.machine)

    def as_dict(self) -> dict[str, object]:
        """Return the result for JSON."""
        return {
            "machine": self.machine.name,
            "unit": self.unit.name,
            "messages": {"all": self.messages, "accepted": self.accepted},
            "events": {"learnt_from": self.events, "beside": self.beside},
            "noise": self.noise,
            "states": len(self.machine.states),
            "transitions": [evidence.as_dict() for evidence in self.evidence],
            "left_out": [item.as_dict() for item in self.left_out],
            "notes": list(self.notes),
            "reference": self.reference and self.reference.as_dict(),
        }


def _share(count: int, whole: int) -> str:
    return f"{percent(count, whole):.3g} %"
