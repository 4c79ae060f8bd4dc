"""Read files as a mapping file describes them, in whatever their records stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import tzinfo
from itertools import chain

from fsm.logs.mapping.event_mapping import Format
from fsm.logs.native_event import NativeEvents
from fsm.logs.notes import Notes
from fsm.logs.records.delimited import DelimitedReading
from fsm.logs.records.lines import line_tables, pair_tables
from fsm.logs.records.reader import Reader
from fsm.logs.records.recognition import container_of
from fsm.logs.records.text_columns import text_events
from fsm.logs.records.times import RecordTimes

__all__ = ["MappedReader"]


class MappedReader:
    """The :class:`fsm.logs.conversion.Reader` of one format."""

    def __init__(self, form: Format, zone: tzinfo, syslog: Callable[[str], int | None]) -> None:
        """``syslog`` reads times without a year."""
        self._form, self._zone, self._syslog = form, zone, syslog

    def read(self, blocks: Iterable[list[str]], notes: Notes) -> Iterator[tuple[str, NativeEvents]]:
        """Yield the events of blocks of lines; see :class:`fsm.logs.conversion.Reader`."""
        blocks = iter(blocks)
        first = next(blocks, [])
        blocks = chain([first], blocks) if first else blocks
        container = container_of(self._form.layout, "\n".join(first))
        layout = replace(self._form.layout, container=container)
        form = replace(self._form, layout=layout)
        if container == "csv":
            tables = DelimitedReading(layout, notes).tables(blocks)
        elif container == "lines":
            tables = line_tables(blocks, layout, notes)
        elif container == "pairs":
            tables = pair_tables(blocks, layout, notes)
        else:
            reader = Reader(self._zone, [form], self._syslog)
            yield from reader.read(blocks, notes)
            return
        times = RecordTimes(layout.time, self._zone, self._syslog)
        yield from text_events(tables, form, times, notes)
