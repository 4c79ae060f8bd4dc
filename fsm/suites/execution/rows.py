"""The documented rows of a machine, run one by one against an implementation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fsm.implementations.connecting import connection_of
from fsm.implementations.connection import Connection
from fsm.implementations.observation import reset_and_observe
from fsm.machine import Machine, Origin, Transition
from fsm.mealy import Mealy, Observable
from fsm.suites.execution.implementation import Implementation, RunResult, run_test
from fsm.text import visible

__all__ = ["RowRun", "documented_rows", "observable_of", "run_row"]


@dataclass(frozen=True, slots=True)
class RowRun:
    """A transition of a row that was run: the shortest trace to its source state, and its event.

    ``run`` is ``None`` where no trace leads to the state.
    """

    machine: Machine
    transition: Transition
    run: RunResult | None

    @property
    def failure(self) -> str:
        """What is wrong, with the trace to paste; empty where the implementation agrees."""
        cell = f"{self.transition.event} in {self.transition.source}"
        if self.run is None:
            return visible(f"{cell}: not run, since no trace leads to {self.transition.source}")
        if self.run.agrees:
            return ""
        wrong = self.run.steps[-1]
        texts = [visible(f"{cell}: expected {wrong.expected}, got {wrong.got}")]
        if wrong.state != self.transition.target or wrong.event != self.transition.event:
            texts = [visible(f"{cell}: the way there fails{self._cause()}")]
        trace = visible(", ".join(self.run.trace)) or "(reset)"
        return "\n".join([*texts, str(self.run), f"trace: {trace}"])

    def _cause(self) -> str:
        """Return which row documents the step that failed on the way."""
        assert self.run is not None  # noqa: S101
        state = self.machine.initial
        step = None
        for event in self.run.trace:
            step = self.machine.step(state, event)
            state = step.target if step else state
        return f" at {step.event}, {step.origin.citation}" if step and step.origin else ""


def documented_rows(machine: Machine) -> Iterator[tuple[Origin, tuple[Transition, ...]]]:
    """Yield each documented row of a machine with its transitions, in the order of the page."""
    rows: dict[Origin, list[Transition]] = {}
    for t in machine.transitions:
        if t.origin and t.origin.row is not None:
            # The reasons of a row may differ between its transitions; its place is the same.
            key = Origin(t.origin.label, "", t.origin.file, t.origin.line)
            rows.setdefault(key, []).append(t)
    for key in sorted(rows, key=lambda origin: (origin.file, origin.line, origin.row or 0)):
        first = rows[key][0].origin
        if first is not None:
            yield first, tuple(rows[key])


def run_row(
    implementation: Implementation | Connection,
    machine: Machine,
    transitions: tuple[Transition, ...],
) -> list[RowRun]:
    """Run each transition of a row, after the shortest trace to its source state.

    An implementation is compared by its status, by its state where it shows that one after a
    reset, and by its answers alone where it has no ``observe``. Raises
    :class:`fsm.errors.FsmError` where it lacks another method.
    """
    mealy = Mealy.of(machine, observable_of(implementation, machine))
    runs = []
    for t in transitions:
        trace = machine.trace_to(t.event, t.source)
        run = (
            None if trace is None else run_test(implementation, mealy, trace, timers=machine.timers)
        )
        runs.append(RowRun(machine, t, run))
    return runs


def observable_of(implementation: Implementation | Connection, machine: Machine) -> Observable:
    """Return what an implementation shows: its status, its state, or only its answers.

    It is reset for that.
    """
    connection = connection_of(implementation)
    seen = reset_and_observe(connection, shows=connection.can_observe).shown
    if not connection.can_observe:
        return "output"
    return "state" if seen == machine.initial != machine.status(machine.initial) else "status"
