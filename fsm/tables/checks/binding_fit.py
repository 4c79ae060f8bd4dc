"""Decide whether a binding is about a table, and which columns of the table it names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fsm.machine import Effect
from fsm.tables.column_recognition import IsKnown, recognise_columns
from fsm.tables.read.cell_text import normalise, normalise_name, plain
from fsm.tables.read.source_states import read_source_states
from fsm.tables.read.table import Cell, Table
from fsm.tables.words.binding import Binding
from fsm.tables.words.lexicon import is_distinctive
from fsm.tables.words.machine_names import MachineNames

__all__ = ["TableFit", "effect_in_cell", "fit_table"]

_EFFECTS = {normalise_name(effect.value): effect for effect in Effect} | {
    "+1": Effect.INCREASES, "+": Effect.INCREASES, "up": Effect.INCREASES,
    "-1": Effect.DECREASES, "down": Effect.DECREASES,
    "0": Effect.NO_CHANGE, "": Effect.NO_CHANGE, "-": Effect.NO_CHANGE,
    "\u2013": Effect.NO_CHANGE, "\u2014": Effect.NO_CHANGE, "\u2212": Effect.NO_CHANGE,
    "\u22121": Effect.DECREASES,
}  # fmt: skip
_INDICATOR = "indicator "
"""Begins the name of an indicator's column, so that it differs from every role."""


@dataclass(frozen=True, slots=True)
class TableFit:
    """A table that a binding is about, with the numbers of its columns.

    ``columns`` are keyed by role, ``indicators`` by name. ``guessed`` are the columns recognised
    by their cells alone and ``missing`` those that the table lacks, with their bound headers.
    """

    table: Table
    columns: Mapping[str, int]
    indicators: Mapping[str, int]
    guessed: Mapping[int, str]
    missing: tuple[str, ...]
    is_named: bool
    """Whether the binding names the table, by all its columns or by its title."""

    @property
    def is_whole(self) -> bool:
        """Whether the table has every column under its bound header."""
        return not self.guessed and not self.missing


def fit_table(table: Table, names: MachineNames) -> TableFit | None:
    """Return how a binding fits a table, ``None`` where the binding is not about the table.

    It is about a table that has all its columns. It is also about a table whose title is the
    bound title in several words, or that has a known event under the bound header; a missing
    column is then recognised by its cells.
    """
    binding = names.binding
    is_titled = binding.title is not None and normalise(binding.title) == normalise(table.title)
    if binding.title is not None and not is_titled:
        return None
    is_named = is_titled and is_distinctive(normalise(table.title))
    indicators = {_INDICATOR + name: header for name, header in binding.indicators.items()}
    headers = {**binding.columns, **indicators}
    columns = _columns_with(headers, table)
    missing = [name for name in headers if name not in columns]
    guessed: dict[int, str] = {}
    if missing:
        if not (is_named or _has_event(table, columns, names)):
            return None
        known = _cell_tests(names, missing)
        columns, guessed, _ = recognise_columns(table, columns, known, headers)
    return TableFit(
        table,
        {name: i for name, i in columns.items() if name in binding.columns},
        {name: columns.get(_INDICATOR + name, -1) for name in binding.indicators},
        {i: headers[name] for i, name in guessed.items()},
        tuple(headers[name] for name in headers if name not in columns),
        is_named or not missing,
    )


def _columns_with(headers: Mapping[str, str], table: Table) -> dict[str, int]:
    """Return the first column with each header."""
    columns: dict[str, int] = {}
    titles = [normalise(cell.text) for cell in table.header]
    for name, header in headers.items():
        if (title := normalise(header)) in titles:
            columns[name] = titles.index(title)
    return columns


def _has_event(table: Table, columns: Mapping[str, int], names: MachineNames) -> bool:
    i = columns.get("event")
    if i is None:
        return False
    events = (row.cells[i] for row in table.rows if i < row.width)
    return any(names.binding.meaning(cell.text, names.events) is not None for cell in events)


def _cell_tests(names: MachineNames, missing: Iterable[str]) -> dict[str, IsKnown]:
    """Return what recognises the cells of each missing column.

    Cells do not tell one indicator from another, so only a single one can be recognised.
    """
    binding = names.binding

    def is_one_of(kind: Mapping[str, str]) -> IsKnown:
        return lambda cell: binding.meaning(cell.text, kind) is not None

    def is_source(cell: Cell) -> bool:
        return bool(read_source_states(cell, names.state, names.machine).states)

    def is_effect(cell: Cell) -> bool:
        return bool(plain(cell.text)) and effect_in_cell(cell, binding) is not None

    by_role: dict[str, IsKnown] = {
        "from": is_source,
        "event": is_one_of(names.events),
        "guard": is_one_of(names.guards),
        "to": is_one_of(names.states),
        "status": is_one_of(names.statuses),
    }
    indicators = [name for name in missing if name.startswith(_INDICATOR)]
    tests = {name: by_role[name] for name in missing if name in by_role}
    return tests | (dict.fromkeys(indicators, is_effect) if len(indicators) == 1 else {})


def effect_in_cell(cell: Cell, binding: Binding) -> Effect | None:
    """Return the effect that the cell of an indicator states."""
    word = normalise(cell.text)
    return _EFFECTS.get(normalise_name(binding.labels.get(word, word)))
