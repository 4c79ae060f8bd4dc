"""The causes in a log: where it shows them, and the documented rows that remedies contradict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from fsm.conformance.causes import Cause
from fsm.conformance.least_repair import LeastRepair
from fsm.conformance.log_places import places_of_rows
from fsm.conformance.remedies import Documented, causes_with_remedies
from fsm.conformance.repair_model import RepairModel
from fsm.engine.result import Replay
from fsm.machine import Machine, Origin

if TYPE_CHECKING:
    from fsm.conformance.cells import CellComparison

__all__ = ["causes_in_log"]

_LOCATED = 100
"""Causes whose examples are looked up in the log, the most frequent ones."""


def causes_in_log(
    replay: Replay,
    repair: LeastRepair,
    model: RepairModel,
    remodel: Callable[[Machine], RepairModel],
    compared: CellComparison | None = None,
) -> tuple[Cause, ...]:
    """Return the causes of the repair of a log, the most frequent first.

    ``remodel`` makes the model of a changed machine as ``model`` was made. Documented rows are
    those of the machine and of the compared cells.
    """
    documented = _documented(model.machine, compared)
    causes = causes_with_remedies(repair, model, replay.distinct_traces, remodel, documented)
    rows = {row for cause in causes[:_LOCATED] for row in cause.found.rows}
    places = places_of_rows(replay, rows)
    return tuple(
        replace(cause, places=tuple(places[row] for row in cause.found.rows if row in places))
        for cause in causes
    )


def _documented(machine: Machine, compared: CellComparison | None) -> Documented | None:
    """Return what finds the rows about a cell, ``None`` where no row is known at all."""
    rows: dict[tuple[str, str], tuple[Origin, ...]] = {
        (t.source, t.event): (t.origin,) for t in machine.transitions if t.origin
    }
    if compared is not None:
        rows |= {(cell.state, cell.event): cell.origins for cell in compared.cells if cell.origins}
    return (lambda state, event: rows.get((state, event), ())) if rows else None
