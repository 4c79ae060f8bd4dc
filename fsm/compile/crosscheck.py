"""Whether the tables of machines do what the python-statemachine classes do that they come from.

A table is only as good as its compiler. So the cells of a table (a state and an input symbol,
rejections included) are taken one by one in the real class, and the whole configuration before
and after is compared. An event that depends on guards has one symbol, and so one cell in each
state, for every valuation of them.

The cells are taken in walks: a walk goes on from where the last cell led, to whatever is left
near there, and a new instance of the class is begun only where nothing is. How far that gets is
bounded by a count of work, never by a clock: the same machines and the same log give the same
answer everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

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
"""The work of a run, about a microsecond each: some 1,300 events of a small class."""

_NEAR = 32
"""States that are looked at for cells left, before a walk begins anew."""

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
    met: int = 0
    """How many cells a log met, and how many of these agree."""
    met_agree: int = 0


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """What was compared: all that was agrees, for else there is an error in its place."""

    machines: tuple[CheckedCells, ...]
    without_class: tuple[str, ...]
    """The machines that come from no class in this process: there is nothing to check against."""

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
        """One line: how many of how many cells agree, and for which machines nobody can tell."""
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
        met = sum(machine.met for machine in self.machines)
        agree = sum(machine.met_agree for machine in self.machines)
        if self.is_complete or not met:
            return ""
        those = "all" if agree == met else f"{agree:,} of the"
        return f", {those} {met:,} that the log met among them"


def cross_check(
    machines: Iterable[Machine], met: LoggedCells | None = None, most: int | None = None
) -> CrossCheck:
    """Compare the tables of machines with their classes, cell by cell.

    All reachable cells are compared; with ``most``, as many as that much work allows
    (:data:`MAX_WORK`), those that are ``met`` first. Raises :class:`MachineError` where a class
    and its table disagree.
    """
    given = list(machines)
    checked = []
    for machine, oracle, tour in _tours(given, most):
        first = set((met or {}).get(machine.name, ()))
        _follow(tour.steps(first), oracle, machine)
        taken = tour.taken_of(first)
        guarded = any(machine.guards.values())
        checked.append(
            CheckedCells(machine.name, tour.cells, len(tour.taken), guarded, len(first), taken)
        )
    there = {machine.machine for machine in checked}
    return CrossCheck(tuple(checked), tuple(m.name for m in given if m.name not in there))


def covers_all_cells(machines: Iterable[Machine], most: int) -> bool:
    """Whether that much work gets round all cells, so that it does not matter which come first."""
    try:
        for _, _, tour in _tours(machines, most):
            for _ in tour.steps(()):
                pass
    except _SpentError:
        return False
    return True


def _tours(
    machines: Iterable[Machine], most: int | None
) -> Iterator[tuple[Machine, Oracle, _Tour]]:
    """Yield the machines that have a class; each has its share of the work that is left."""
    from fsm.compile import class_of
    from fsm.compile.oracle import Oracle

    found = [(m, c) for m, c in ((m, class_of(m)) for m in machines) if c is not None]
    for number, (machine, declared) in enumerate(found):
        oracle = Oracle(declared, machine)
        share = None if most is None else most // (len(found) - number)
        tour = _Tour(machine, oracle.size, share)
        yield machine, oracle, tour
        most = None if most is None else most - tour.work


def _follow(steps: Iterator[tuple[int, int] | None], oracle: Oracle, machine: Machine) -> None:
    """Take the cells of a tour in the class, up to where its work is spent."""
    walk = None
    try:
        for step in steps:
            if step is None:
                walk = _Walk(oracle, machine)
            elif walk:
                walk.take(*step)
    except _SpentError:
        return


class _Walk:
    """One instance of a class, compared with the table after every step."""

    def __init__(self, oracle: Oracle, machine: Machine) -> None:
        self._oracle, self._machine = oracle, machine
        self._instance = oracle.start()
        self._trace: list[str] = []
        _refuse(self._instance.start_differs())

    def take(self, state: int, column: int) -> None:
        """Take a cell; raises :class:`MachineError` where it does not do what the table says."""
        before, text = self._machine.states[state].name, self._machine.events[column]
        fault = self._instance.step_differs(before, text, self._trace)
        if fault:  # the shortest way there says it better, if it does so, too
            way = next(t for s, t in self._machine.shortest_traces() if s == before)
            _refuse(self._oracle.disagreement([*way, text]) or fault)
        self._trace.append(text)


def _refuse(fault: str | None) -> None:
    if fault:
        raise MachineError(f"the class and its table disagree: {fault}")


# The way through the cells ---------------------------------------------------------------------


class _SpentError(Exception):
    """There is no work left."""


_Columns: TypeAlias = Callable[[int], Iterable[int]]
"""Some columns of the row of a state."""


class _Tour:
    """A way through the cells of a table that takes each of them, in few walks."""

    def __init__(self, machine: Machine, size: tuple[int, int, int], most: int | None) -> None:
        self._table = machine.table
        self._columns = {event: i for i, event in enumerate(machine.events)}
        self._numbers = {state.name: i for i, state in enumerate(machine.states)}
        self._initial = self._numbers[machine.initial]
        self._most = most
        self.cells = len(machine.states) * len(machine.events)
        self.taken: set[tuple[int, int]] = set()
        states, transitions, conditions = size
        self.work = 60 * conditions
        self._start = 250 + 4 * states + 8 * transitions + 4 * conditions
        self._event = [90 + 10 * len(state.atoms) for state in machine.states]
        self._at: int | None = None

    def steps(self, first: Iterable[tuple[str, str]]) -> Iterator[tuple[int, int] | None]:
        """Yield cells (numbers of state and symbol) as a walk takes them, ``None`` to begin one.

        The cells ``first`` come first. Raises :class:`_SpentError` when the work is spent.
        """
        every = range(len(self._columns))
        met: dict[int, list[int]] = {}
        for state, event in sorted(first):
            met.setdefault(self._numbers[state], []).append(self._columns[event])
        if met:
            # What a log met can be reached by what it met, unless a checkpoint went before it.
            yield from self._round(lambda s: sorted(met.get(s, ())), lambda s: met.get(s, ()))
            if not all((s, column) in self.taken for s, row in met.items() for column in row):
                yield from self._round(lambda s: sorted(met.get(s, ())), lambda _: every)
        yield from self._round(lambda _: every, lambda _: every)

    def taken_of(self, cells: Iterable[tuple[str, str]]) -> int:
        """Return how many of these cells were taken."""
        return sum((self._numbers[s], self._columns[e]) in self.taken for s, e in cells)

    def _round(self, wanted: _Columns, through: _Columns) -> Iterator[tuple[int, int] | None]:
        """Take every wanted cell that the cells in ``through`` lead to."""
        left = _Left(self._table, wanted, self.taken)
        for state, way in self._breadth_first(through):
            while left.next(state) is not None:
                if self._at != state:
                    self._spend(self._start)
                    self._at = self._initial
                    yield None
                    for column in way():
                        yield self._take(column)
                yield from self._wander(left, through)

    def _wander(self, left: _Left, through: _Columns) -> Iterator[tuple[int, int]]:
        while self._at is not None:
            column = left.next(self._at)
            way = self._nearby(left, through) if column is None else (column,)
            if not way:
                return
            for step in way:
                yield self._take(step)

    def _nearby(self, left: _Left, through: _Columns) -> tuple[int, ...]:
        """Return the shortest way from here to a state with cells left, if one is near."""
        assert self._at is not None  # noqa: S101
        ways: dict[int, tuple[int, ...]] = {self._at: ()}
        for state in (queue := [self._at]):
            for column, target in self._moves(state, through):
                if target in ways:
                    continue
                ways[target] = (*ways[state], column)
                if left.next(target) is not None:
                    return ways[target]
                queue.append(target)
            if len(ways) > _NEAR:
                break
        return ()

    def _breadth_first(
        self, through: _Columns
    ) -> Iterator[tuple[int, Callable[[], Sequence[int]]]]:
        """Yield the states that cells lead to, each with its shortest way, made when asked for."""
        came_by: dict[int, tuple[int, int] | None] = {self._initial: None}

        def way(state: int) -> list[int]:
            columns = []
            while came := came_by[state]:
                state, column = came
                columns.append(column)
            return columns[::-1]

        for state in (queue := [self._initial]):
            yield state, lambda state=state: way(state)  # type: ignore[misc]
            for column, target in self._moves(state, through):
                if target not in came_by:
                    came_by[target] = state, column
                    queue.append(target)

    def _moves(self, state: int, through: _Columns) -> list[tuple[int, int]]:
        """Return the columns that leave a state, and where each leads."""
        row = self._table[state]
        self._spend(1 + len(row) // 8)
        return [(c, row[c]) for c in through(state) if row[c] not in (-1, state)]

    def _take(self, column: int) -> tuple[int, int]:
        assert self._at is not None  # noqa: S101
        state = self._at
        self._spend(self._event[state])
        target = self._table[state][column]
        self._at = state if target < 0 else target
        self.taken.add((state, column))
        return state, column

    def _spend(self, work: int) -> None:
        if self._most is not None and self.work + work > self._most:
            raise _SpentError
        self.work += work


class _Left:
    """The wanted cells that are not taken yet; in each state those that stay there come first."""

    def __init__(
        self, table: Sequence[Sequence[int]], wanted: _Columns, taken: set[tuple[int, int]]
    ) -> None:
        self._table, self._wanted, self._taken = table, wanted, taken
        self._rows: dict[int, list[int]] = {}

    def next(self, state: int) -> int | None:
        """Return the column to take next in a state, or ``None``."""
        if state not in self._rows:
            row, stays = self._table[state], (-1, state)
            columns = sorted(self._wanted(state), reverse=True)
            self._rows[state] = sorted(columns, key=lambda column: row[column] in stays)
        left = self._rows[state]
        while left and (state, left[-1]) in self._taken:
            left.pop()
        return left[-1] if left else None
