"""Compare the tables of machines with the python-statemachine classes they were compiled from.

The cells of a table (a state and an input symbol, rejections included) are taken one by one in the
real class, and the whole configuration is compared after each. An event that depends on guards has
one symbol, and so one cell in each state, for every valuation of them. The order of the cells is
that of :class:`fsm.compile.cell_tour.CellTour`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from fsm.compile.cell_tour import CellTour, SpentError
from fsm.errors import MachineError
from fsm.machine import Machine

if TYPE_CHECKING:
    from fsm.compile.oracle import Oracle

__all__ = [
    "MAX_WORK",
    "CheckedCells",
    "CrossCheck",
    "LoggedCells",
    "covers_all_cells",
    "cross_check",
]

MAX_WORK = 150_000
"""The default bound, about a microsecond each: some 1,300 events of a small class."""

LoggedCells: TypeAlias = Mapping[str, Iterable[tuple[str, str]]]
"""The cells (state, symbol) that a log met, by the name of the machine."""


@dataclass(frozen=True, slots=True)
class CheckedCells:
    """How many reachable cells the table of one machine has, and how many agree with its class."""

    machine: str
    cells: int
    agree: int
    guarded: bool
    """Whether some events count once for every valuation of the guards they depend on."""
    logged: int = 0
    """How many cells a log met, and how many of these agree."""
    logged_agree: int = 0


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """How many cells were compared. All of them agree: a disagreement is an error."""

    machines: tuple[CheckedCells, ...]
    without_class: tuple[str, ...]
    """The machines that were not compiled from a class in this process."""

    @property
    def cells(self) -> int:
        """The reachable cells of all machines that have a class."""
        return sum(machine.cells for machine in self.machines)

    @property
    def agree(self) -> int:
        """The cells that were taken in the classes, all of which agree with the tables."""
        return sum(machine.agree for machine in self.machines)

    @property
    def is_complete(self) -> bool:
        """Whether every cell of every machine that has a class was taken."""
        return self.agree == self.cells

    def as_dict(self) -> dict[str, Any]:
        """Return a value for JSON; ``machines`` has ``null`` for those without a class."""
        counts = {m.machine: {"cells": m.cells, "agree": m.agree} for m in self.machines}
        machines = counts | dict.fromkeys(self.without_class)
        return {"cells": self.cells, "agree": self.agree, "machines": machines}

    def __str__(self) -> str:
        """Return one line: how many of how many cells agree, and which machines have no class."""
        parts = []
        if self.machines:
            noun = "cell agrees" if self.cells == 1 else "cells agree"
            parts.append(f"{self.agree:,} of {self.cells:,} {noun} with python-statemachine")
            if any(machine.guarded for machine in self.machines):
                parts[0] += " (an event counts once for each valuation of its guards)"
            parts[0] += self._of_the_log()
        if self.without_class:
            names = ", ".join(self.without_class)
            parts.append(f"no python-statemachine class to check {names} against")
        return "; ".join(parts)

    def _of_the_log(self) -> str:
        logged = sum(machine.logged for machine in self.machines)
        agree = sum(machine.logged_agree for machine in self.machines)
        if self.is_complete or not logged:
            return ""
        share = "all" if agree == logged else f"{agree:,} of the"
        return f", {share} {logged:,} that the log met among them"


def cross_check(
    machines: Iterable[Machine], logged: LoggedCells | None = None, max_work: int | None = None
) -> CrossCheck:
    """Compare the tables of machines with their classes, cell by cell.

    All reachable cells are compared; with ``max_work`` as many as it allows (see
    :data:`MAX_WORK`), those that a log met first. Raises :class:`MachineError` where a class and
    its table disagree.
    """
    compared = list(machines)
    checked = []
    for machine, chart_class, tour in _tours(compared, max_work):
        from fsm.compile.oracle import Oracle  # only for a class: it imports python-statemachine

        oracle = Oracle(chart_class, machine)
        first = set((logged or {}).get(machine.name, ()))
        _take_cells(tour.steps(first), oracle, machine)
        agree = tour.taken_of(first)
        guarded = any(machine.guards.values())
        checked.append(
            CheckedCells(machine.name, tour.cells, len(tour.taken), guarded, len(first), agree)
        )
    with_class = {cells.machine for cells in checked}
    return CrossCheck(tuple(checked), tuple(m.name for m in compared if m.name not in with_class))


def covers_all_cells(machines: Iterable[Machine], max_work: int) -> bool:
    """Whether the work suffices for all cells, so that it does not matter which come first."""
    try:
        for _, _, tour in _tours(machines, max_work):
            for _ in tour.steps(()):
                pass
    except SpentError:
        return False
    return True


def _tours(
    machines: Iterable[Machine], max_work: int | None
) -> Iterator[tuple[Machine, type, CellTour]]:
    """Yield the machines that have a class; each gets an equal share of the work that is left."""
    from fsm.compile import class_of

    classes = [(m, c) for m, c in ((m, class_of(m)) for m in machines) if c is not None]
    for number, (machine, chart_class) in enumerate(classes):
        from fsm.compile.oracle import class_size

        share = None if max_work is None else max_work // (len(classes) - number)
        tour = CellTour(machine, class_size(chart_class), share)
        yield machine, chart_class, tour
        max_work = None if max_work is None else max_work - tour.work


def _take_cells(steps: Iterator[tuple[int, int] | None], oracle: Oracle, machine: Machine) -> None:
    """Take the cells of a tour in the class, until its work is spent."""
    walk = None
    try:
        for step in steps:
            if step is None:
                walk = _Walk(oracle, machine)
            elif walk:
                walk.take(*step)
    except SpentError:
        return


class _Walk:
    """One instance of a class, compared with the table after every step."""

    def __init__(self, oracle: Oracle, machine: Machine) -> None:
        self._oracle, self._machine = oracle, machine
        self._instance = oracle.start()
        self._trace: list[str] = []
        if fault := self._instance.start_differs():
            raise _disagreement(fault)

    def take(self, state: int, column: int) -> None:
        """Take a cell; raises :class:`MachineError` where it does not do what the table says."""
        before, text = self._machine.states[state].name, self._machine.events[column]
        if fault := self._instance.step_differs(before, text, self._trace):
            # The shortest trace to the cell is easier to read, if it shows the fault as well.
            trace = self._machine.traces[before]
            raise _disagreement(self._oracle.disagreement([*trace, text]) or fault)
        self._trace.append(text)


def _disagreement(fault: str) -> MachineError:
    return MachineError(f"the class and its table disagree: {fault}")
