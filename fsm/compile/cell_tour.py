"""A way through the cells of a table that takes each of them, in few walks.

A walk goes on from where the last cell led, to whatever is left near there, and a new one is begun
only where nothing is. How far that gets is bounded by a count of work, never by a clock: the same
machines and the same log give the same answer everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from fsm.graph import PathSearch
from fsm.machine import Machine

__all__ = ["CellTour", "SpentError"]

_NEAR = 32
"""States that are searched for cells left, before a walk begins anew."""

_NOWHERE = -1
"""Where a tour is before its first walk."""


class SpentError(Exception):
    """No work is left."""


_ColumnsOf: TypeAlias = Callable[[int], Iterable[int]]
"""Returns some columns of a state's row, given its number: those to take, or those to follow."""


class CellTour:
    """Takes the cells of a table.

    ``size`` counts the states, transitions and conditions of the class, ``max_work`` bounds the
    work (``None``: unbounded).
    """

    def __init__(self, machine: Machine, size: tuple[int, int, int], max_work: int | None) -> None:
        self._table = machine.table
        self._columns = {event: i for i, event in enumerate(machine.events)}
        self._numbers = {state.name: i for i, state in enumerate(machine.states)}
        self._initial = self._numbers[machine.initial]
        self._max_work = max_work
        self.cells = len(machine.states) * len(machine.events)
        self.taken: set[tuple[int, int]] = set()
        # What a new instance and an event cost, in microseconds, fitted to python-statemachine.
        states, transitions, conditions = size
        self.work = 60 * conditions
        self._start = 250 + 4 * states + 8 * transitions + 4 * conditions
        self._event = [90 + 10 * len(state.atoms) for state in machine.states]
        self._at = _NOWHERE

    def steps(self, first: Iterable[tuple[str, str]]) -> Iterator[tuple[int, int] | None]:
        """Yield cells (numbers of state and symbol) in order; ``None`` begins a new walk.

        The cells ``first`` come before others. Raises :class:`SpentError` when no work is left.
        """
        every = range(len(self._columns))
        early: dict[int, list[int]] = {}
        for state, event in sorted(first):
            early.setdefault(self._numbers[state], []).append(self._columns[event])
        if early:
            # Cells of a log lead to each other, unless it continues a checkpoint.
            yield from self._round(lambda s: sorted(early.get(s, ())), lambda s: early.get(s, ()))
            if not all((s, column) in self.taken for s, row in early.items() for column in row):
                yield from self._round(lambda s: sorted(early.get(s, ())), lambda _: every)
        yield from self._round(lambda _: every, lambda _: every)

    def taken_of(self, cells: Iterable[tuple[str, str]]) -> int:
        """Return how many of these cells were taken."""
        return sum((self._numbers[s], self._columns[e]) in self.taken for s, e in cells)

    def _round(self, wanted: _ColumnsOf, through: _ColumnsOf) -> Iterator[tuple[int, int] | None]:
        """Take every wanted cell of the states that the cells ``through`` lead to."""
        left = _Left(self._table, wanted, self.taken)
        search = PathSearch[int, int](self._initial)
        for state in search:
            while left.next(state) is not None:
                if self._at != state:
                    self._spend(self._start)
                    self._at = self._initial
                    yield None
                    for column in search.path(state):
                        yield self._take(column)
                yield from self._wander(left, through)
            search.expand(state, self._moves(state, through))

    def _wander(self, left: _Left, through: _ColumnsOf) -> Iterator[tuple[int, int]]:
        """Take wanted cells one after the other, until none is left near."""
        while True:
            column = left.next(self._at)
            path = self._nearby(left, through) if column is None else (column,)
            if not path:
                return
            for step in path:
                yield self._take(step)

    def _nearby(self, left: _Left, through: _ColumnsOf) -> tuple[int, ...]:
        """Return the shortest path to a state with cells left, if one is near."""
        search = PathSearch[int, int](self._at)
        for state in search:
            for column, target in self._moves(state, through):
                if target in search:
                    continue
                search.reach(target, state, column)
                if left.next(target) is not None:
                    return search.path(target)
            if len(search) > _NEAR:
                break
        return ()

    def _moves(self, state: int, through: _ColumnsOf) -> list[tuple[int, int]]:
        """Return the columns that lead to another state, each with its target."""
        row = self._table[state]
        self._spend(1 + len(row) // 8)
        return [(c, row[c]) for c in through(state) if row[c] not in (-1, state)]

    def _take(self, column: int) -> tuple[int, int]:
        state = self._at
        self._spend(self._event[state])
        target = self._table[state][column]
        self._at = state if target < 0 else target
        self.taken.add((state, column))
        return state, column

    def _spend(self, work: int) -> None:
        if self._max_work is not None and self.work + work > self._max_work:
            raise SpentError
        self.work += work


class _Left:
    """The wanted cells that are not taken yet; in each state those that stay in it come first."""

    def __init__(
        self, table: Sequence[Sequence[int]], wanted: _ColumnsOf, taken: set[tuple[int, int]]
    ) -> None:
        self._table, self._wanted, self._taken = table, wanted, taken
        self._rows: dict[int, list[int]] = {}

    def next(self, state: int) -> int | None:
        """Return the column to take next in a state, ``None`` where no cell is left."""
        if state not in self._rows:
            row, stays = self._table[state], (-1, state)
            columns = sorted(self._wanted(state), reverse=True)
            self._rows[state] = sorted(columns, key=lambda column: row[column] in stays)
        left = self._rows[state]
        while left and (state, left[-1]) in self._taken:
            left.pop()
        return left[-1] if left else None
