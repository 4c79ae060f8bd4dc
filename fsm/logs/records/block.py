"""JSON records of one format, a block of lines at a time.

This reads only what it surely reads as :mod:`fsm.logs.records.translation` does. It gives up on a
block with anything else in it: another provider's record, an envelope of another kind, a fault.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from fsm.logs.mapping.event_mapping import Format
from fsm.logs.mapping.record_layout import RecordLayout
from fsm.logs.records.projection import ColumnValues, Envelope, LineParser, Pruned
from fsm.logs.records.table import first_values, table_events
from fsm.logs.records.times import RecordTimes

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Columns", "columns_of"]

Columns = Callable[[Sequence[str], int, RecordTimes], "pl.DataFrame | None"]
"""What makes events of lines, the first of which has a number; None where it gives up."""

Way = Callable[[Sequence[str]], "ColumnValues | None"]
"""What makes records of lines."""


class _PrunedRecords:
    """A :class:`fsm.logs.records.table.RecordTable` of JSON records."""

    def __init__(self, pruned: Pruned, records: ColumnValues) -> None:
        self._pruned, self._records = pruned, records
        self._rows: Sequence[int] | None = None
        self._some = records
        """The records of the rows that were wanted last: several paths are tried for the same."""

    def __len__(self) -> int:
        return len(self._records)

    def values(self, path: str, rows: Sequence[int] | None) -> list[Any]:
        if rows is not self._rows:
            self._rows = rows
            self._some = self._records if rows is None else [self._records[row] for row in rows]
        return self._pruned.values(self._some, path)


def columns_of(form: Format) -> Columns:
    """Return what makes events of blocks of a format's records."""
    layout = form.layout
    pruned = Pruned(layout.paths(), chain(*layout.recognise), flat=form.is_own)
    ways: list[Way] = [lambda lines: _parsed(lines, pruned.parse)]
    if layout.records:
        envelope = Envelope(pruned.struct, layout.records, layout.beside)
        ways.append(lambda lines: _taken_out(lines, envelope))

    def read(lines: Sequence[str], first: int, times: RecordTimes) -> pl.DataFrame | None:
        for way in ways:
            records = way(lines)
            if records and _all_known(pruned, records, layout):
                ways.sort(key=lambda own: own is not way)  # the next block is of the same kind
                numbers = range(first, first + len(records))
                return table_events(_PrunedRecords(pruned, records), form, numbers, times)
        return None

    return read


def _parsed(lines: Sequence[str], parse: LineParser) -> ColumnValues | None:
    """Return the record of each line; None where a line has none."""
    try:
        return list(map(parse, lines))
    except (ValueError, RecursionError):
        return None


def _taken_out(lines: Sequence[str], envelope: Envelope) -> ColumnValues | None:
    envelopes = _parsed(lines, envelope.parse)
    return envelope.opened(envelopes) if envelopes else None


def _all_known(pruned: Pruned, records: ColumnValues, layout: RecordLayout) -> bool:
    """Return whether every record has all paths of one of the signs, and no null there.

    Without signs every record has its event and its time.
    """
    signs = layout.recognise
    if not signs:
        table, needed = _PrunedRecords(pruned, records), ("event", "time")
        return not any(None in first_values(table, layout.sources(name)) for name in needed)
    known = [False] * len(records)
    for paths in signs:
        columns = [pruned.has(records, path) for path in paths]
        if all(map(all, columns)):
            return True
        known = [any(own) for own in zip(known, map(all, zip(*columns, strict=True)), strict=True)]
    return all(known)
