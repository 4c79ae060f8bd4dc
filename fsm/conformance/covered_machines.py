"""What the tests of a session ran of each machine: its cells, its documented rows, what failed.

A cell is a state and an event: a **transition**, or a **rejection** where the event is rejected. It
was run where a test sent the event in that state, also where the test failed. Cells of states that
no trace reaches are not counted, since no test can run them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

__all__ = [
    "MEASURES",
    "CoverableCell",
    "CoveredMachine",
    "CoveredSuite",
    "DocumentedRow",
    "group_by_machine",
]

MEASURES = ("cells", "transitions", "rejections", "rows")
"""What is counted of a machine."""

_Counts: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True, order=True)
class DocumentedRow:
    """A row of a page that documents transitions; rows are ordered as on their pages."""

    file: str
    """The page; empty where it is not known."""
    line: int
    """Its line, from 1; 0 where it is not known."""
    number: int
    """The number of the row in its table."""
    citation: str
    """The row with its place, such as ``row 3 of orders.md:5``."""
    text: str = field(default="", compare=False)
    """What the row says, as far as that is known."""


@dataclass(frozen=True, slots=True)
class CoverableCell:
    """A cell that tests can run, and the tests that ran it."""

    state: str
    """The state."""
    event: str
    """The event."""
    target: str
    """The state to which the event leads."""
    shown: str
    """What is shown after it."""
    is_rejected: bool
    """Whether the machine rejects the event."""
    row: DocumentedRow | None = None
    """The row that documents it."""
    tests: tuple[str, ...] = ()
    """The tests that ran it, by their names for pytest, sorted."""
    failed: tuple[str, ...] = ()
    """Those of them that failed in this cell, sorted."""

    @property
    def specified(self) -> str:
        """What the machine says, in a few words."""
        if self.is_rejected:
            return "rejected"
        shown = f", shows {self.shown}" if self.shown not in ("", self.target) else ""
        return f"to {self.target}{shown}"


@dataclass(frozen=True, slots=True)
class CoveredSuite:
    """The tests of one function, with one set of its other parameters."""

    function: str
    """The name of the function for pytest."""
    machine: str
    """The name of the machine."""
    variant: str
    """The other parameters, such as which implementation; empty without any."""
    title: str
    """The machine, the method and the other parameters."""
    proves: str
    """The implementations for which the tests are complete; empty where they prove nothing."""
    is_page: bool
    """Whether the tests are the rows of a page, one each."""
    planned: int
    """How many tests there are."""
    done: int
    """How many of them were run."""
    failed: tuple[str, ...]
    """The tests that failed, sorted, whatever pytest counts them as."""
    cells: tuple[CoverableCell, ...]
    """The cells of the machine, state by state."""
    expected: tuple[str, ...] = ()
    """Those of ``failed`` that pytest expected to fail (``xfail``)."""
    overlooked: tuple[str, ...] = ()
    """Those of ``failed`` that passed for pytest, since they caught the failure."""

    @property
    def verdict(self) -> str:
        """What the tests prove."""
        if self.failed:
            notes = []
            if self.expected:
                notes.append(f"{len(self.expected):,} expected by xfail")
            if self.overlooked:
                notes.append(f"{len(self.overlooked):,} passed for pytest")
            text = f"{len(self.failed):,} failed"
            return f"{text} ({', '.join(notes)})" if notes else text
        if self.done < self.planned:
            return "no guarantee until all tests are run"
        return f"complete for {self.proves}" if self.proves else "all passed, no guarantee"


@dataclass(frozen=True)
class CoveredMachine:
    """A machine under all tests that have the same other parameters."""

    name: str
    """The name of the machine."""
    variant: str
    """The other parameters of its tests, such as which implementation; empty without any."""
    suites: tuple[CoveredSuite, ...]
    """The tests, function by function."""
    cells: tuple[CoverableCell, ...]
    """The cells that some of the tests can run, with all tests that ran them."""

    @property
    def title(self) -> str:
        """The name, and the other parameters."""
        return f"{self.name} {self.variant}".rstrip()

    @cached_property
    def rows(self) -> dict[DocumentedRow, tuple[CoverableCell, ...]]:
        """The cells of each documented row, in the order of the pages."""
        found: dict[DocumentedRow, list[CoverableCell]] = {}
        for cell in self.cells:
            if cell.row:
                found.setdefault(cell.row, []).append(cell)
        return {row: tuple(found[row]) for row in sorted(found)}

    @property
    def not_run(self) -> tuple[CoverableCell, ...]:
        """The cells that no test ran: transitions first."""
        left = [cell for cell in self.cells if not cell.tests]
        return tuple(sorted(left, key=lambda cell: cell.is_rejected))

    @cached_property
    def counts(self) -> dict[str, _Counts]:
        """How many were run of how many, for each of :data:`MEASURES`.

        A documented row was run where all of its cells were.
        """
        cells = {
            "cells": self.cells,
            "transitions": [cell for cell in self.cells if not cell.is_rejected],
            "rejections": [cell for cell in self.cells if cell.is_rejected],
        }
        counts = {name: (_run(found), len(found)) for name, found in cells.items()}
        whole = sum(_run(found) == len(found) for found in self.rows.values())
        return counts | {"rows": (whole, len(self.rows))}


def _run(cells: Sequence[CoverableCell]) -> int:
    return sum(bool(cell.tests) for cell in cells)


def group_by_machine(suites: Iterable[CoveredSuite]) -> list[CoveredMachine]:
    """Return the machines that suites test, in the order of their names.

    Suites are about one machine where its name, their other parameters and the transitions that
    they have in common are the same. What one implementation passes says nothing about another, so
    each variant of the parameters is counted for itself.
    """
    groups: list[list[CoveredSuite]] = []
    for suite in sorted(suites, key=lambda s: (s.machine, s.variant, s.function)):
        for group in groups:
            if all(_same_machine(suite, other) for other in group):
                group.append(suite)
                break
        else:
            groups.append([suite])
    return [
        CoveredMachine(group[0].machine, group[0].variant, tuple(group), _united(group))
        for group in groups
    ]


def _same_machine(a: CoveredSuite, b: CoveredSuite) -> bool:
    if (a.machine, a.variant) != (b.machine, b.variant):
        return False
    said = {(cell.state, cell.event): (cell.target, cell.row) for cell in a.cells}
    return all(
        said.get((cell.state, cell.event), (cell.target, cell.row)) == (cell.target, cell.row)
        for cell in b.cells
    )


def _united(suites: Sequence[CoveredSuite]) -> tuple[CoverableCell, ...]:
    """Return the cells of suites about one machine, each with the tests of all of them."""
    united: dict[tuple[str, str], CoverableCell] = {}
    for cell in (cell for suite in suites for cell in suite.cells):
        if known := united.get((cell.state, cell.event)):
            cell = replace(
                known,
                tests=tuple(sorted({*known.tests, *cell.tests})),
                failed=tuple(sorted({*known.failed, *cell.failed})),
            )
        united[cell.state, cell.event] = cell
    return tuple(united.values())
