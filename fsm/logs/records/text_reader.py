"""Read files whose records are texts, by a mapping: CSV, lines, pairs of names and values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import tzinfo

from fsm.logs.mapping.event_mapping import Format
from fsm.logs.native_event import NativeEvents
from fsm.logs.notes import Notes
from fsm.logs.records.delimited import DelimitedReading
from fsm.logs.records.lines import line_tables, pair_tables
from fsm.logs.records.text_columns import text_events
from fsm.logs.records.times import RecordTimes

__all__ = ["TextReader"]


class TextReader:
    """The :class:`fsm.logs.conversion.Reader` of one such format."""

    def __init__(
        self, form: Format, container: str, zone: tzinfo, syslog: Callable[[str], int | None]
    ) -> None:
        """``container`` is csv, lines or pairs; ``syslog`` reads times without a year."""
        self._form, self._container = form, container
        self._zone, self._syslog = zone, syslog

    def read(self, blocks: Iterable[list[str]], notes: Notes) -> Iterator[tuple[str, NativeEvents]]:
        """Yield the events of blocks of lines; see :class:`fsm.logs.conversion.Reader`."""
        layout = self._form.layout
        if self._container == "csv":
            tables = DelimitedReading(layout, notes).tables(blocks)
        elif self._container == "lines":
            tables = line_tables(blocks, layout, notes)
        else:
            tables = pair_tables(blocks, layout, notes)
        times = RecordTimes(layout.time, self._zone, self._syslog)
        yield from text_events(tables, self._form, times, notes)
