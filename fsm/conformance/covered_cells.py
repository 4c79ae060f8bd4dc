"""Which tests ran which cells: the file that the pytest plugin writes with ``--fsm-cov-file``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import msgspec

from fsm.errors import FsmError
from fsm.files import read_bytes
from fsm.machine import Machine
from fsm.schemas import schema_id
from fsm.text import quantity, shortened

__all__ = ["MOST_TESTS", "CoveredCell", "CoveredCells", "coverage_json", "read_coverage"]

MOST_TESTS = 5
"""So many tests of a cell are named; the others are counted."""
_MAX_BYTES = 64 << 20
_SCHEMA = "coverage"

_Key: TypeAlias = tuple[str, str]


class CoveredCell(msgspec.Struct):
    """A cell and the tests that ran it."""

    state: str
    event: str
    count: int
    """How many tests ran it."""
    tests: list[str]
    """The first of them, by their names for pytest."""


class _Suite(msgspec.Struct):
    """The tests of one function, with one set of its other parameters."""

    machine: str
    title: str
    planned: int
    done: int
    failed: list[str]
    cells: list[CoveredCell]


class _File(msgspec.Struct):
    suites: list[_Suite]
    schema: str = ""


@dataclass(frozen=True)
class CoveredCells:
    """The tests of the cells of a machine."""

    file: str
    """The file that was read."""
    cells: Mapping[_Key, CoveredCell]
    """The cells that tests ran, by state and event."""
    notes: tuple[str, ...] = ()
    """Tests that failed, or that are about other machines."""

    def tests(self, state: str, event: str) -> CoveredCell | None:
        """Return the tests of a cell, ``None`` where no test ran it."""
        return self.cells.get((state, event))


def coverage_json(suites: Iterable[Mapping[str, object]]) -> bytes:
    """Return the content of the file for the suites of a session."""
    whole = {"schema": schema_id(_SCHEMA), "suites": list(suites)}
    return msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n"


def read_coverage(path: Path, machine: Machine) -> CoveredCells:
    """Return the tests of a machine's cells; raises :class:`FsmError` for another kind of file.

    Tests are about the machine where they have its name, or where all their cells are its own.
    """
    content = read_bytes(path, _MAX_BYTES, "the coverage of tests", FsmError)
    try:
        read = msgspec.json.decode(content, type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FsmError(f"{path}: {_not_coverage(str(error))}") from None
    if read.schema != schema_id(_SCHEMA):
        given = shortened(repr(read.schema), 60)
        raise FsmError(f"{path}: {_not_coverage(f'its schema is {given}')}")
    return _of_machine(str(path), read.suites, machine)


def _not_coverage(why: str) -> str:
    return f"not the coverage of tests ({why}); pytest --fsm-cov-file FILE writes it"


def _of_machine(file: str, suites: Iterable[_Suite], machine: Machine) -> CoveredCells:
    states = {state.name for state in machine.states}
    tests: defaultdict[_Key, list[str]] = defaultdict(list)
    counts: defaultdict[_Key, int] = defaultdict(int)
    others: list[str] = []
    failed = unfinished = 0
    for suite in suites:
        is_own = all(c.state in states and c.event in machine.alphabet for c in suite.cells)
        if not is_own:
            others.append(suite.machine)
            continue
        failed += len(suite.failed)
        unfinished += suite.done < suite.planned
        for cell in suite.cells:
            counts[cell.state, cell.event] += cell.count
            tests[cell.state, cell.event] += cell.tests
    notes = []
    if others:
        notes.append(f"{file}: tests of other machines: {', '.join(sorted(set(others))[:5])}")
    if failed:
        notes.append(
            f"{file}: {quantity(failed, 'test')} failed; a cell counts as run all the same"
        )
    if unfinished:
        notes.append(f"{file}: not every test of {quantity(unfinished, 'suite')} was run")
    if not counts:
        notes.append(f"{file}: no test of {machine.name}")
    cells = {
        key: CoveredCell(*key, count, tests[key][:MOST_TESTS]) for key, count in counts.items()
    }
    return CoveredCells(file, cells, tuple(notes))
