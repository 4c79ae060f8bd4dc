"""Records whose fields are texts, as columns: what CSV, lines and pairs have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import polars as pl

from fsm.logs.mapping.event_mapping import Format
from fsm.logs.native_event import NativeEvent, NativeEvents
from fsm.logs.notes import Notes
from fsm.logs.records.fields import ProviderRecord
from fsm.logs.records.table import table_events
from fsm.logs.records.times import RecordTimes
from fsm.logs.records.translation import Translate, record_translator

__all__ = ["TextColumns", "text_events"]


class TextColumns:
    """Records as columns of texts by path: a :class:`fsm.logs.records.table.RecordTable`."""

    def __init__(self, columns: Mapping[str, pl.Series], lines: pl.Series) -> None:
        """``lines`` are the lines of the records; a path without a column has no values."""
        self.lines: list[int] = lines.to_list()
        self._columns = {
            path: column.str.strip_chars().to_list() for path, column in columns.items()
        }

    def __len__(self) -> int:
        return len(self.lines)

    def values(self, path: str, rows: Sequence[int] | None) -> list[str | None]:
        """Return what stands on a path in each record, or in those of some rows."""
        column = self._columns.get(path)
        if column is None:
            return [None] * (len(self) if rows is None else len(rows))
        return column if rows is None else [column[row] for row in rows]

    def records(self) -> Iterator[tuple[ProviderRecord, int]]:
        """Yield the records as values by path, each with its line."""
        for row, line in enumerate(self.lines):
            yield {path: column[row] for path, column in self._columns.items()}, line


def text_events(
    tables: Iterable[TextColumns], form: Format, times: RecordTimes, notes: Notes
) -> Iterator[tuple[str, NativeEvents]]:
    """Yield the events of tables; what is none is counted in ``notes``."""
    translate = record_translator(form)
    for table in tables:
        events = table_events(table, form, table.lines, times) if len(table) else None
        yield (
            form.name,
            events if events is not None else _one_by_one(table, translate, times, notes),
        )
    times.note(notes, is_own=form.is_own)


def _one_by_one(
    table: TextColumns, translate: Translate, times: RecordTimes, notes: Notes
) -> list[NativeEvent]:
    events: list[NativeEvent] = []
    for record, line in table.records():
        events += translate(record, line, times, notes, None)
    return events
