"""The facts of one machine: its reachable, terminal, dead and equivalent states.

>>> facts = analyse("with-feedback")
>>> facts.terminal, facts.equivalent
(('hard_bounced', 'retries_exhausted'), (('hard_bounced', 'retries_exhausted'),))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fsm.analysis.missing_cells import MissingCells
from fsm.catalog import as_machine
from fsm.comparison.timers import timers_at
from fsm.graph import equivalence_classes, reaching
from fsm.machine import Machine, Transition
from fsm.read_only import hold_mappings
from fsm.trace import Trace

__all__ = ["MachineFacts", "analyse", "classes_of"]


@dataclass(frozen=True, repr=False)
class MachineFacts:
    """The facts of a machine. States are in the order of the shortest traces to them.

    A machine is deterministic: what is not cannot be compiled or read.
    """

    name: str
    """The name of the machine."""
    traces: Mapping[str, Trace]
    """A shortest trace to each reachable state, made when it is asked for."""
    unreachable: tuple[str, ...]
    """Declared states that no trace reaches."""
    ignored: tuple[str, ...]
    """Declared transitions that never fire, or not everywhere where they are declared, and why."""
    terminal: tuple[str, ...]
    """States in which every event is rejected."""
    dead: tuple[str, ...]
    """States that are not terminal, and from which no terminal or final one can be reached."""
    missing: Sequence[tuple[str, str]]
    """The cells of reachable states that reject, state and event; each is made when asked for."""
    equivalent: tuple[tuple[str, ...], ...]
    """Classes of several reachable states that no trace tells apart."""

    def __post_init__(self) -> None:
        hold_mappings(self, "traces")

    def __repr__(self) -> str:
        complete = "complete" if self.is_complete else f"{len(self.missing):,} rejecting cells"
        minimal = "minimal" if self.is_minimal else "not minimal"
        reachable = f"{len(self.traces):,} reachable states"
        return f"<MachineFacts of {self.name!r}: {reachable}, {complete}, {minimal}>"

    @property
    def is_complete(self) -> bool:
        """Whether every reachable state accepts every event."""
        return not self.missing

    @property
    def is_minimal(self) -> bool:
        """Whether any two reachable states are told apart by some trace."""
        return not self.equivalent

    def as_dict(self) -> dict[str, Any]:
        """Return a value for JSON."""
        return {
            "machine": self.name,
            "reachable": {state: list(trace) for state, trace in self.traces.items()},
            "unreachable": list(self.unreachable),
            "ignored": list(self.ignored),
            "terminal": list(self.terminal),
            "dead": list(self.dead),
            "complete": self.is_complete,
            "missing": [{"state": state, "event": event} for state, event in self.missing],
            "minimal": self.is_minimal,
            "equivalent": [list(names) for names in self.equivalent],
        }


def analyse(machine: Machine | str) -> MachineFacts:
    """Return the facts of a machine.

    ``machine`` is a machine or its name. States are equivalent where no trace shows another
    status, rejects another event, or leads to a final state from one of them only, and no other
    timers run or start on it.

    Raises :class:`fsm.errors.MachineError` where the name is that of no machine.

    >>> analyse("with-feedback").unreachable
    ()
    """
    machine = as_machine(machine)
    traces = machine.traces
    leaving = {t.source for t in machine.transitions}
    terminal = tuple(state for state in traces if state not in leaving)
    ends = {*terminal, *(state.name for state in machine.states if state.final)}
    ending = reaching(ends, ((t.source, t.target) for t in machine.transitions))
    not_reached = (state.name for state in machine.states if state.name not in traces)
    return MachineFacts(
        name=machine.name,
        traces=traces,
        unreachable=(*machine.unreachable, *not_reached),
        ignored=machine.ignored,
        terminal=terminal,
        dead=tuple(state for state in traces if state not in ending),
        missing=MissingCells(machine),
        equivalent=tuple(names for names in classes_of(machine) if len(names) > 1),
    )


def classes_of(machine: Machine) -> tuple[tuple[str, ...], ...]:
    """Return the reachable states in classes of those that no trace tells apart.

    States are told apart by their status, by the events they reject, by whether they are final,
    and by the timers that run in them or that their events start.
    """
    reachable = list(machine.traces)
    number = {name: s for s, name in enumerate(reachable)}
    leaving: list[list[Transition]] = [[] for _ in reachable]
    for t in sorted(machine.transitions, key=lambda t: t.event):
        if t.source in number:
            leaving[number[t.source]].append(t)
    labels = [
        (
            machine.status(name),
            machine.state(name).final,
            tuple(t.event for t in accepted),
            timers_at(machine, name, accepted),
        )
        for name, accepted in zip(reachable, leaving, strict=True)
    ]
    successors = [[number[t.target] for t in accepted] for accepted in leaving]
    classes = equivalence_classes(labels, successors)
    return tuple(tuple(reachable[s] for s in states) for states in classes)
