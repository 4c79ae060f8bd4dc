"""In which cells of a machine the events of a log were seen.

A log does not tell the state of a message. Each message is followed by the machine as far as its
events fit, up to and including its first misfit: the state after a misfit is not known, and what
follows says nothing about any cell. Nor is a message followed beyond a cell about whose target the
other sources disagree. An event that was seen in a cell is possible there; where it leads, a log
does not say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from fsm.arrays import Index
from fsm.conformance.votes import LOG, Vote
from fsm.engine.distinct_traces import DistinctTraces
from fsm.engine.fold import TransitionTable, fold_events
from fsm.machine import Machine, Timer

__all__ = ["Believed", "SightedCells", "Sighting", "see_cells"]

_Key: TypeAlias = tuple[str, str]

Believed: TypeAlias = Callable[[str, str], str | None]
"""Where an event leads from a state; ``None`` where the sources disagree, empty if rejected."""

_NO_ROW = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Sighting:
    """How often a cell was seen, and the number of a row of the log in which it was."""

    count: int
    row: int


@dataclass(frozen=True)
class SightedCells:
    """The cells that the events of a log met."""

    cells: Mapping[_Key, Sighting]
    """The cells that were seen, by state and event."""
    uncertain: int
    """How many events say nothing: after a misfit of their message, or of guards unknown."""

    def vote(self, state: str, event: str) -> Vote | None:
        """Return what the log says about a cell, ``None`` where it was not seen."""
        return Vote.accepts(LOG) if (state, event) in self.cells else None


def see_cells(
    traces: Sequence[DistinctTraces], machine: Machine, believed: Believed
) -> SightedCells:
    """Return the cells of a machine that the traces of a log met."""
    cells: dict[_Key, Sighting] = {}
    uncertain = 0
    for part in traces:
        found = _of_part(part, machine, believed)
        uncertain += found.uncertain
        for cell, sighting in found.cells.items():
            known = cells.get(cell, Sighting(0, _NO_ROW))
            row = min(known.row, sighting.row)
            cells[cell] = Sighting(known.count + sighting.count, row)
    return SightedCells(cells, uncertain)


def _of_part(part: DistinctTraces, machine: Machine, believed: Believed) -> SightedCells:
    names = [state.name for state in machine.states]
    columns = part.alphabet
    table = _table(part, machine, believed)
    first = names.index(machine.initial)
    folded = fold_events(table, part.codes, part.offsets, first)
    met, rows = _counted(part, folded.cells.astype(np.intp), len(table.follow))
    cells: dict[_Key, Sighting] = {}
    uncertain = 0
    for cell in np.flatnonzero(met).tolist():
        place, code = divmod(cell, table.width)
        event = columns.events[code] if code < columns.unknown else ""
        if not _symbols(machine, event):
            continue
        if place == 2 * len(names):
            uncertain += int(met[cell])
            continue
        key = _cell_of(machine, names[place % len(names)], event, believed)
        if key is None:
            uncertain += int(met[cell])
            continue
        known = cells.get(key, Sighting(0, _NO_ROW))
        row = min(known.row, int(rows[cell]))
        cells[key] = Sighting(known.count + int(met[cell]), row)
    return SightedCells(cells, uncertain)


def _symbols(machine: Machine, event: str) -> list[str]:
    """Return the input symbols that an event of a log may be; none where the machine lacks it.

    An event that depends on guards may stand in a log by its plain name.
    """
    if event in machine.alphabet:
        return [event]
    if event not in machine.guards:
        return []
    plain = (symbol for symbol in machine.events if symbol.startswith(f"{event}["))
    return list(plain)


def _cell_of(machine: Machine, state: str, event: str, believed: Believed) -> _Key | None:
    """Return the cell that an event met, ``None`` where its guards leave several.

    An event that is rejected whatever its guards are met the first of their cells.
    """
    symbols = _symbols(machine, event)
    targets = {symbol: believed(state, symbol) for symbol in symbols}
    accepting = [symbol for symbol, target in targets.items() if target]
    is_one = len(symbols) == 1 or set(targets.values()) == {""}
    possible = symbols[:1] if is_one else accepting
    return (state, possible[0]) if len(possible) == 1 else None


def _counted(part: DistinctTraces, cells: Index, size: int) -> tuple[Index, Index]:
    """Return how many events met each cell, and the least number of a row that is known of it."""
    met = np.zeros(size, np.int64)
    np.add.at(met, cells, np.repeat(part.counts, part.lengths))
    rows = np.full(size, _NO_ROW, np.int64)
    within = np.arange(len(cells)) - np.repeat(part.offsets, part.lengths)
    of_event = part.rows[np.repeat(part.row_offsets, part.lengths) + within]
    np.minimum.at(rows, cells, np.where(of_event < 0, _NO_ROW, of_event))
    return met, rows


def _after_period(machine: Machine, timers: Iterable[Timer], state: str) -> str:
    """Return the state in which a message goes on as the validity period ends."""
    ends = (timer.event for timer in timers if timer.since and state in timer.states)
    steps = (machine.step(state, event) for event in ends)
    return next((step.target for step in steps if step), state)


def _table(part: DistinctTraces, machine: Machine, believed: Believed) -> TransitionTable:
    """Return the table that follows messages as far as their states are known.

    There is a row for each state, then one for each state after the end of the validity period, and
    a last one for a state that is not known.
    """
    columns, timers = part.alphabet, part.alphabet.timers_of(machine)
    names = [state.name for state in machine.states]
    number = {name: n for n, name in enumerate(names)}
    count, lost = len(names), 2 * len(names)
    at_end = {name: number[_after_period(machine, timers.values(), name)] for name in names}
    rows = []
    for is_over in (False, True):
        for name in names:
            row = [number[name] + is_over * count] * columns.width
            for code, event in enumerate(columns.events):
                if symbols := _symbols(machine, event):
                    targets = {believed(name, symbol) for symbol in symbols} - {""}
                    target = targets.pop() if len(targets) == 1 else None
                    if not target:
                        row[code] = lost
                    else:
                        row[code] = at_end[target] + count if is_over else number[target]
            for code, timer in timers.items():
                if timer.since:
                    row[code] = at_end[name] + count
                elif step := machine.step(name, timer.event):
                    target = step.target
                    row[code] = at_end[target] + count if is_over else number[target]
            rows.append(row)
    rows.append([lost] * columns.width)
    return TransitionTable.of(rows, columns.width)
