"""Which tests ran which cells: the file that the pytest plugin writes with ``--fsm-cov-file``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeAlias

import msgspec

from fsm.conformance.covered_machines import CoverableCell, CoveredSuite
from fsm.errors import FsmError
from fsm.files import read_bytes
from fsm.machine import Machine
from fsm.schemas import schema_id
from fsm.text import first_names, quantity, shortened

__all__ = [
    "MOST_TESTS",
    "CoveredCell",
    "CoveredCells",
    "coverage_json",
    "is_coverage",
    "read_coverage",
]

MOST_TESTS = 5
"""So many tests of a cell are named; the others are counted."""
_MAX_BYTES = 64 << 20
_SCHEMA = "coverage"

_Key: TypeAlias = tuple[str, str]


class CoveredCell(msgspec.Struct):
    """A cell and the tests that ran it."""

    state: str
    event: str
    count: Annotated[int, msgspec.Meta(ge=1)]
    """How many tests ran it."""
    tests: list[str]
    """The first of them, by their names for pytest."""


class _Cell(msgspec.Struct):
    """A cell that no test ran."""

    state: str
    event: str


class _Suite(msgspec.Struct):
    """The tests of one function, with one set of its other parameters."""

    machine: str
    title: str
    planned: int
    done: int
    failed: list[str]
    cells: list[CoveredCell]
    not_run: list[_Cell] = []


class _File(msgspec.Struct):
    suites: list[_Suite]
    schema: str = ""


class _Named(msgspec.Struct):
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

    def summary(self, machine: Machine) -> str:
        """Return how much of the table of a machine tests ran."""
        accepted = {(t.source, t.event) for t in machine.transitions}
        cells = [(state.name, event) for state in machine.states for event in machine.events]
        run = [cell for cell in cells if self.tests(*cell)]
        transitions = sum(cell in accepted for cell in run)
        return (
            f"{self.file}: tests ran {len(run):,} of {len(cells):,} cells: "
            f"{transitions:,} of {len(accepted):,} transitions, "
            f"{len(run) - transitions:,} of {len(cells) - len(accepted):,} rejections"
        )


def coverage_json(suites: Iterable[CoveredSuite]) -> bytes:
    """Return the content of the file for the suites of a session."""
    whole = {"schema": schema_id(_SCHEMA), "suites": list(map(_suite_json, suites))}
    return msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n"


def _suite_json(suite: CoveredSuite) -> dict[str, object]:
    left = [cell for cell in suite.cells if not cell.tests]
    return {
        "machine": suite.machine,
        "title": suite.title,
        "planned": suite.planned,
        "done": suite.done,
        "failed": suite.failed,
        "expected": suite.expected,
        "overlooked": suite.overlooked,
        "cells": [
            _cell_json(cell)
            | {
                "count": len(cell.tests),
                "tests": cell.tests[:MOST_TESTS],
                "failed": len(cell.failed),
            }
            for cell in suite.cells
            if cell.tests
        ],
        "not_run": list(map(_cell_json, left)),
    }


def _cell_json(cell: CoverableCell) -> dict[str, object]:
    return {
        "state": cell.state,
        "event": cell.event,
        "rejected": cell.is_rejected,
        "row": cell.row.citation if cell.row else None,
    }


def is_coverage(path: Path) -> bool:
    """Whether a file says that it is the coverage of tests; raises :class:`FsmError`."""
    try:
        named = msgspec.json.decode(_content(path), type=_Named)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return named.schema.startswith(f"fsm/{_SCHEMA}/")


def _content(path: Path) -> bytes:
    return read_bytes(path, _MAX_BYTES, "the coverage of tests", FsmError)


def read_coverage(path: Path, machine: Machine) -> CoveredCells:
    """Return the tests of a machine's cells; raises :class:`FsmError` for another kind of file.

    Tests are about the machine where they have its name; without any such tests, those of another
    name count all of whose cells are its own: of the same page where one is, which has another name
    in another folder.
    """
    try:
        read = msgspec.json.decode(_content(path), type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FsmError(f"{path}: {_not_coverage(str(error))}") from None
    if read.schema != schema_id(_SCHEMA):
        given = shortened(repr(read.schema), 60)
        raise FsmError(f"{path}: {_not_coverage(f'its schema is {given}')}")
    return _of_machine(str(path), read.suites, machine)


def _not_coverage(why: str) -> str:
    return f"not the coverage of tests ({why}); pytest --fsm-cov-file FILE writes it"


@dataclass(frozen=True)
class _Sorted:
    """The suites of a file by whether they are about a machine."""

    own: list[_Suite]
    """Those that count, with the cells that the machine has."""
    renamed: list[str]
    """The names of other machines whose tests count."""
    others: list[str]
    """The names of other machines."""
    gone: list[str]
    """The cells of the machine's own tests that it does not have."""


def _sorted(suites: Sequence[_Suite], machine: Machine) -> _Sorted:
    states = {state.name for state in machine.states}

    def is_own(cell: CoveredCell | _Cell) -> bool:
        return cell.state in states and cell.event in machine.alphabet

    has_own = any(suite.machine == machine.name for suite in suites)
    pages = {suite.machine for suite in suites if _is_same_page(suite.machine, machine.name)}
    found = _Sorted([], [], [], [])
    for suite in suites:
        own = [cell for cell in suite.cells if is_own(cell)]
        if suite.machine == machine.name:
            found.gone.extend(f"{c.event} in {c.state}" for c in suite.cells if not is_own(c))
        elif (
            has_own
            or (pages and suite.machine not in pages)
            or not suite.cells
            or not (all(map(is_own, suite.cells)) and all(map(is_own, suite.not_run)))
        ):
            found.others.append(suite.machine)
            continue
        else:
            found.renamed.append(suite.machine)
        found.own.append(msgspec.structs.replace(suite, cells=own))
    return found


def _is_same_page(tested: str, name: str) -> bool:
    """Whether a machine of a page may be that of another name, seen from another folder."""
    page, _, section = name.partition("#")
    tested_page, _, tested_section = tested.partition("#")
    if section != tested_section or not Path(page).is_file():
        return False
    parts = [part for part in Path(tested_page).parts if part != ".."]
    return bool(parts) and list(Path(page).resolve().parts[-len(parts) :]) == parts


def _of_machine(file: str, suites: Sequence[_Suite], machine: Machine) -> CoveredCells:
    found = _sorted(suites, machine)
    tests: defaultdict[_Key, list[str]] = defaultdict(list)
    counts: defaultdict[_Key, int] = defaultdict(int)
    for cell in (cell for suite in found.own for cell in suite.cells):
        counts[cell.state, cell.event] += cell.count
        tests[cell.state, cell.event] += cell.tests
    notes = [f"{file}: {text}" for text in _notes(found, machine)]
    if not counts:
        notes.append(f"{file}: no test of {machine.name}")
    cells = {
        key: CoveredCell(*key, count, tests[key][:MOST_TESTS]) for key, count in counts.items()
    }
    return CoveredCells(file, cells, tuple(notes))


def _notes(found: _Sorted, machine: Machine) -> Iterator[str]:
    if found.others:
        yield f"tests of other machines: {first_names(sorted(set(found.others)))}"
    if found.renamed:
        names = first_names(sorted(set(found.renamed)))
        yield f"tests of {names} count for {machine.name}: it has all their cells"
    if found.gone:
        count = quantity(len(set(found.gone)), "cell")
        yield f"{count} that {machine.name} does not have, such as {found.gone[0]}"
    if len(titles := sorted({suite.title for suite in found.own})) > 1:
        yield f"tests of {quantity(len(titles), 'suite')} count together: {first_names(titles)}"
    if failed := sum(len(suite.failed) for suite in found.own):
        yield f"{quantity(failed, 'test')} failed; a cell counts as run all the same"
    if unfinished := sum(suite.done < suite.planned for suite in found.own):
        yield f"not every test of {quantity(unfinished, 'suite')} was run"
