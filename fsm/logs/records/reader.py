"""Read events as JSON: one a line, in arrays, in envelopes, or as a document of several lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import tzinfo
from functools import cache, partial
from itertools import chain

import polars as pl

from fsm.logs.mapping.event_mapping import Format
from fsm.logs.mapping.record_layout import TimeNotation
from fsm.logs.native_event import NativeEvent, NativeEvents
from fsm.logs.notes import Notes
from fsm.logs.records.block import Columns, columns_of
from fsm.logs.records.elements import element_records
from fsm.logs.records.fields import BROKEN, parse_json, values_of
from fsm.logs.records.forms import parse_form
from fsm.logs.records.providers import (
    EnvelopedRecord,
    KnownRecords,
    Signs,
    built_in_records,
    is_of,
    shown_keys,
    signs_of,
)
from fsm.logs.records.times import RecordTimes
from fsm.logs.records.translation import Translate, record_translator

__all__ = ["Reader"]

_NO_JSON = "not JSON"
_PATIENCE = 3
"""Blocks in succession that could not be read as a whole before that is given up."""
_WORTH = 100
"""Lines of a block that are worth it."""
_BETWEEN = " \t\r\n,[]\ufeff"
_LONGEST = 1 << 22
"""Characters of one record in a document of several lines."""


class Reader:
    """Reads files of one or several providers."""

    def __init__(
        self,
        zone: tzinfo,
        forms: Sequence[Format] | None = None,
        syslog: Callable[[str], int | None] = lambda _: None,
    ) -> None:
        """``forms`` are the formats to read, by default those of the package.

        ``syslog`` reads times without a year.
        """
        self._zone, self._forms, self._syslog = zone, forms, syslog

    def read(self, blocks: Iterable[list[str]], notes: Notes) -> Iterator[tuple[str, NativeEvents]]:
        """Yield the events of blocks of lines, with the name of their format."""
        blocks, skipped = iter(blocks), 0
        first = next(blocks, [])
        while first and not any(map(str.strip, first)):
            skipped += len(first)
            first = next(blocks, [])
        head, line = next(((line, n) for n, line in enumerate(first, 1) if line.strip()), ("", 0))
        begun = [part for part in (first[:line], first[line:]) if part]
        known = built_in_records() if self._forms is None else KnownRecords(self._forms)
        reading = _Reading(known, partial(RecordTimes, zone=self._zone, syslog=self._syslog), notes)
        blocks = chain(begun, blocks)
        if head.lstrip("\ufeff \t").startswith("<"):
            elements = element_records(blocks, known.elements, notes, known.keys)
            yield from reading.values(elements)
        else:
            if self._forms and all(form.layout.container == "form" for form in self._forms):
                reading.fault = "no post of a form"
            is_by_line = reading.fault != _NO_JSON or _is_whole(head)
            found = reading.lines if is_by_line else reading.documents
            yield from found(blocks, skipped)
        reading.note_assumptions()


def _is_whole(line: str) -> bool:
    """Return whether a line is a value, and not the beginning of one over several lines."""
    try:
        _value_of(line)
    except ValueError:
        return False
    return True


def _value_of(line: str) -> object:
    """Return the value of a line, JSON or the post of a form; raises ValueError for others."""
    line = line.strip().lstrip("\ufeff")
    try:
        return parse_json(line)
    except ValueError:
        if line[:1] in ("{", "["):
            raise
        return parse_form(line)


class _Reading:
    """Holds the format of the last record: the next one is nearly always of the same."""

    def __init__(
        self, known: KnownRecords, times: Callable[[TimeNotation], RecordTimes], notes: Notes
    ) -> None:
        self.known, self.notes = known, notes
        self._new_times = times
        self._times: dict[Format, RecordTimes] = {}
        self.form: Format | None = None
        self.signs: Signs = ()
        self.patience = _PATIENCE
        self.fault = _NO_JSON
        """What a line is that cannot be read."""
        self.last_line = 0
        """The line of the record before."""

    @property
    def times(self) -> RecordTimes:
        """The times of the format that is held."""
        assert self.form  # noqa: S101
        if self.form not in self._times:
            self._times[self.form] = self._new_times(self.form.layout.time)
        return self._times[self.form]

    def note_assumptions(self) -> None:
        """Note what was assumed about times."""
        for form, times in self._times.items():
            times.note(self.notes, is_own=form.is_own)

    def lines(self, blocks: Iterable[list[str]], number: int) -> Iterator[tuple[str, NativeEvents]]:
        """Yield the events of records a line; ``number`` is that of the line before."""
        for block in blocks:
            frame = self._columns(block, number + 1)
            if frame is not None:
                number += len(block)
                self.notes.lines = number
                self.notes.records.read += len(block)
                assert self.form  # noqa: S101
                yield self.form.name, frame
                continue
            pairs = []
            for number, line in enumerate(block, number + 1):  # noqa: B020
                try:
                    pairs.append((parse_json(line), number))
                except ValueError:
                    pairs += self._odd(line, number)
            yield from self.values(pairs)
            self.notes.lines = number

    def _columns(self, block: list[str], first: int) -> pl.DataFrame | None:
        """Read a whole block, if it is all of the provider of the record before."""
        if not self.form or not self.patience or len(block) < _WORTH:
            return None
        frame = block_columns(self.form)(block, first, self.times)
        self.patience = _PATIENCE if frame is not None else self.patience - 1
        return frame

    def _odd(self, line: str, number: int) -> list[tuple[object, int]]:
        """Return what a line holds that is no JSON."""
        line = line.strip().lstrip("\ufeff")
        if not line:
            return []
        try:
            return [(_value_of(line.rstrip(",").strip("[]") or "[]"), number)]
        except ValueError:
            pass
        values: list[tuple[object, int]] = []
        for value in values_of(line):
            if value is BROKEN:
                self.notes.records.read += 1
                self.notes.reject(self.fault, number)
            else:
                values.append((value, number))
        return values

    def documents(
        self, blocks: Iterable[list[str]], number: int
    ) -> Iterator[tuple[str, NativeEvents]]:
        """Yield the events of records over several lines."""
        pairs: list[tuple[object, int]] = []
        held = 0
        for value, line, size in _documents(blocks, number + 1, self.notes):
            pairs.append((value, line))
            held += size
            if held > _LONGEST:
                yield from self.values(pairs)
                pairs, held = [], 0
        yield from self.values(pairs)

    def values(self, pairs: Iterable[tuple[object, int]]) -> Iterator[tuple[str, NativeEvents]]:
        """Yield the events of values, in groups of one format."""
        events: list[NativeEvent] = []
        for value, line in pairs:
            form = self.form
            if form and self.signs and type(value) is dict and is_of(value, self.signs, form):
                events += self._translated(EnvelopedRecord(form, value), line)
            else:
                yield from self._change(value, line, events)
                events = []
        if events and self.form:
            yield self.form.name, events

    def _change(
        self, value: object, line: int, events: list[NativeEvent]
    ) -> Iterator[tuple[str, NativeEvents]]:
        """Read a value that may be of another provider, or hold several records."""
        if events and self.form:
            yield self.form.name, events
        known = False
        for enveloped in self.known.opened(value):
            known, form = True, enveloped.format
            if form is None:
                self.notes.records.read += 1
                self.notes.reject("a record of {}", line, quote=shown_keys(enveloped.record))
                continue
            if form is not self.form:
                self.form, self.signs = form, signs_of(form)
            if not enveloped.record:
                self.notes.records.read += 1
                self.notes.pass_over("a test without a record", line)
                continue
            found = self._translated(enveloped, line)
            if found:
                yield form.name, found
        if not known and value != []:
            self.notes.records.read += 1
            self.notes.reject("JSON, but no object", line)

    def _translated(self, found: EnvelopedRecord, line: int) -> Sequence[NativeEvent]:
        """Return the events of a record of the provider that is held."""
        assert self.form  # noqa: S101
        translate = translator(self.form)
        events = translate(found.record, line, self.times, self.notes, found.time)
        self.notes.records.read += 1
        if line == self.last_line:  # a line of several records: no line has a negative number
            number = -self.notes.records.read
            events = [event._replace(record=number) for event in events]
        self.last_line = line
        return events


@cache
def block_columns(form: Format) -> Columns:
    """Return what makes events of blocks of records of a format."""
    return columns_of(form)


@cache
def translator(form: Format) -> Translate:
    """Return what makes events of the records of a format."""
    return record_translator(form)


def _documents(
    blocks: Iterable[list[str]], line: int, notes: Notes
) -> Iterator[tuple[object, int, int]]:
    """Yield the values of a text, the line each begins on, and its size; lists are opened."""
    decode = json.JSONDecoder().raw_decode
    texts = ("\n".join(block) + "\n" for block in blocks)
    buffer, place = next(texts, ""), 0
    while True:
        start = place
        while start < len(buffer) and buffer[start] in _BETWEEN:
            start += 1
        line += buffer.count("\n", place, start)
        place = wrong = start
        if place < len(buffer):
            try:
                value, end = decode(buffer, place)
            except json.JSONDecodeError as error:
                value, end, wrong = None, -1, error.pos
            except (ValueError, RecursionError):  # a number, or lists, that nobody writes
                value, end, wrong = None, -1, len(buffer)
            # A number at the end of the buffer may go on.
            if end >= 0 and (end < len(buffer) or isinstance(value, dict)):
                yield value, line, end - place
                line += buffer.count("\n", place, end)
                place = end
                continue
        more = next(texts, None) if len(buffer) - place < _LONGEST else None
        if more is not None:
            buffer, place = buffer[place:] + more, 0
        elif place < len(buffer):
            notes.records.read += 1
            notes.reject(_NO_JSON, line)
            # What was looked at is not looked at again: a hostile text costs no more than others.
            end = buffer.rfind("\n", place, wrong) + 1
            end = end or buffer.find("\n", place) + 1 or len(buffer)
            line += buffer.count("\n", place, end)
            place = end
        else:
            notes.lines = line - 1
            return
