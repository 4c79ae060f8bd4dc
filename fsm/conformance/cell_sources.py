"""The sources of the verdicts on cells: a page, an implementation, a log, the coverage of tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fsm.conformance.cells import CellComparison, compare_cells
from fsm.conformance.covered_cells import read_coverage
from fsm.conformance.documents import read_documented_cells
from fsm.conformance.log_places import places_of_rows
from fsm.conformance.probing import probe
from fsm.conformance.sightings import Believed, SightedCells, see_cells
from fsm.documented_machines import settings_for
from fsm.engine.result import Replay
from fsm.errors import FsmError
from fsm.implementations import Connection, connect
from fsm.implementations.output import apart_from_output
from fsm.machine import Machine
from fsm.suites.execution.implementation import Implementation
from fsm.unit import unit_of

__all__ = ["compare_sources"]


def compare_sources(
    machine: Machine,
    *,
    name: str = "",
    replay: Replay | None = None,
    page: str | None = None,
    implementation: Implementation | Connection | str | None = None,
    tests: str | Path | None = None,
) -> CellComparison:
    """Return the verdict on each cell of a machine under those sources that are given.

    ``name`` is the name by which the machine was loaded (default: its own), ``page`` a page or a
    TOML file about one, ``implementation`` an adapter or its name, see
    :func:`fsm.implementations.connect`, ``tests`` a file of ``pytest --fsm-cov-file``.

    Raises :class:`fsm.errors.PageError` for a page that says nothing about the machine, and
    :class:`FsmError` for an implementation or a file that cannot be used, and where there is
    nothing to compare.
    """
    name = name or machine.name
    covered = None if tests is None else read_coverage(Path(tests), machine)
    document = None
    if page is not None:
        document = read_documented_cells(page, machine, name, settings_for(name))
    disputed = compare_cells(machine, document=document).disputed
    is_alone = implementation is None and replay is None
    if document and document.is_origin and is_alone and not disputed:
        raise FsmError(
            f"{page}: {name} was made from this page, so there is nothing to compare: give a log, "
            "an implementation, or a machine that was written on its own"
        )
    probed = None
    if implementation is not None:
        more = sorted({event for _, event in document.rows}) if document else ()
        with apart_from_output(), connect(implementation) as connection:
            probed = probe(connection, machine, connection.name, more, disputed=disputed)

    def see(believed: Believed) -> SightedCells:
        return see_cells(replay.distinct_traces if replay else (), machine, believed)

    def places(rows: Sequence[int]) -> list[str]:
        found = places_of_rows(replay, rows) if replay else {}
        return [found[row] for row in rows]

    return compare_cells(
        machine,
        document=document,
        implementation=probed,
        see=see if replay else None,
        places=places if replay else None,
        tests=covered,
        unit=(replay.unit if replay else unit_of([machine])).name,
    )
