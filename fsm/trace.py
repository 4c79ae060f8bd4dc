"""One trace through a machine, step by step.

>>> for step in run("with-feedback", ["relayed", "soft_bounce", "opened"]):
...     print(step)
to_send --relayed--> awaiting
awaiting --soft_bounce--> retrying
retrying --opened--> rejected: no event of this machine
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from fsm.catalog import as_machine
from fsm.machine import Machine, Outcome, Transition
from fsm.machine_faults import check_trace

__all__ = ["Step", "Trace", "run"]

Trace: TypeAlias = tuple[str, ...]
"""The events of one run, in order."""


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a run: the state before and after, and the transition (``None``: rejected)."""

    event: str
    """The event."""
    before: str
    """The state before it."""
    after: str
    """The state after it."""
    transition: Transition | None
    """The transition; ``None`` where the event is rejected."""
    reason: str = ""
    """Why the event was rejected."""

    @property
    def outcome(self) -> Outcome:
        """What the event did."""
        return self.transition.outcome if self.transition else Outcome.REJECT

    def __str__(self) -> str:
        result = self.after if self.transition else f"rejected: {self.reason}"
        return f"{self.before} --{self.event}--> {result}"


def run(machine: Machine | str, trace: Iterable[str], start: str | None = None) -> tuple[Step, ...]:
    """Run a trace through a machine, and return its steps.

    ``machine`` is a machine or its name, ``trace`` holds input symbols, ``start`` is the state to
    begin in (default: the initial one). A rejected event is kept as a step that changes nothing; an
    event that is not in the alphabet is rejected in every state.

    Raises :class:`fsm.errors.MachineError` when ``start`` is not a state, when the trace is a text
    instead of a sequence of events, and where the name is that of no machine.

    >>> steps = run("with-feedback", ["relayed", "soft_bounce", "opened"])
    >>> [step.after for step in steps]
    ['awaiting', 'retrying', 'retrying']
    >>> steps[1].transition
    Transition('awaiting', 'soft_bounce', 'retrying')
    """
    machine = as_machine(machine)
    check_trace(machine.name, trace)
    state = machine.state(machine.initial if start is None else start).name
    steps = []
    for event in trace:
        transition = machine.step(state, event)
        after = transition.target if transition else state
        reason = "" if transition else _reason(machine, state, event)
        steps.append(Step(event, state, after, transition, reason))
        state = after
    return tuple(steps)


def _reason(machine: Machine, state: str, event: str) -> str:
    if machine.guards.get(event):
        return f"depends on {', '.join(machine.guards[event])}; write for example " + next(
            repr(symbol) for symbol in machine.events if symbol.startswith(f"{event}[")
        )
    if event not in machine.alphabet:
        return "no event of this machine"
    return f"not accepted in {state}"
