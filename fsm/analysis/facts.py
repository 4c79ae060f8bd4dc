"""What can be said of one machine without asking: reachable, terminal, dead and equivalent states.

>>> import fsm
>>> found = facts(fsm.load("with-feedback"))
>>> found.terminal, found.equivalent
(('hard_bounced', 'retries_exhausted'), (('hard_bounced', 'retries_exhausted'),))
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from fsm.machine import Machine
from fsm.mealy import Mealy
from fsm.suites.analysis import classes

__all__ = ["Facts", "Trace", "classes_of", "facts", "reaching", "traces"]

Trace: TypeAlias = tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """The facts of a machine. States are in the order of the shortest traces to them.

    A machine is deterministic: what is not cannot be compiled or read.
    """

    name: str
    traces: dict[str, Trace]
    """A shortest trace to each reachable state."""
    unreachable: tuple[str, ...]
    """Declared states that no trace reaches."""
    ignored: tuple[str, ...]
    """Declared transitions that never fire, or not everywhere where they are declared, and why."""
    terminal: tuple[str, ...]
    """States in which every event is rejected."""
    dead: tuple[str, ...]
    """States that are not terminal, and from which no terminal or final one can be reached."""
    missing: tuple[tuple[str, str], ...]
    """The cells of reachable states that reject: state, event."""
    equivalent: tuple[tuple[str, ...], ...]
    """Classes of several reachable states that no trace tells apart; see :func:`classes_of`."""

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


def facts(machine: Machine) -> Facts:
    """Return the facts of a machine.

    States are equivalent where no trace shows another status, rejects another event, or leads to
    a final state from one of them only.
    """
    found = traces(machine)
    moving = {t.source for t in machine.transitions}
    terminal = tuple(state for state in found if state not in moving)
    ends = {*terminal, *(state.name for state in machine.states if state.final)}
    ending = reaching(machine, ends)
    lone = (state.name for state in machine.states if state.name not in found)
    return Facts(
        name=machine.name,
        traces=found,
        unreachable=(*machine.unreachable, *lone),
        ignored=machine.ignored,
        terminal=terminal,
        dead=tuple(state for state in found if state not in ending),
        missing=tuple(
            (state, event)
            for state in found
            for event in machine.events
            if not machine.step(state, event)
        ),
        equivalent=tuple(names for names in classes_of(machine) if len(names) > 1),
    )


def classes_of(machine: Machine) -> tuple[tuple[str, ...], ...]:
    """Return the reachable states in classes of those that no trace tells apart.

    States are told apart by their status, by what they reject, and by whether they are final.
    """
    marked = (replace(s, status=f"{s.status!r}, final: {s.final}") for s in machine.states)
    return classes(Mealy.of(replace(machine, states=tuple(marked), indicators=())))


def traces(machine: Machine) -> dict[str, Trace]:
    """Return a shortest trace to each reachable state; ties follow the declared order of events."""
    found: dict[str, Trace] = {machine.initial: ()}
    for state in (queue := [machine.initial]):
        for event in machine.events:
            step = machine.step(state, event)
            if step and step.target not in found:
                found[step.target] = (*found[state], event)
                queue.append(step.target)
    return found


def reaching(machine: Machine, goals: Iterable[str]) -> set[str]:
    """Return the states from which some trace leads to a goal, the goals among them."""
    sources: dict[str, list[str]] = {}
    for t in machine.transitions:
        sources.setdefault(t.target, []).append(t.source)
    found = set(goals)
    for state in (queue := sorted(found)):
        fresh = [source for source in sources.get(state, ()) if source not in found]
        found.update(fresh)
        queue += dict.fromkeys(fresh)
    return found
