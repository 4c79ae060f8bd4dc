"""Read events as JSON: one a line, in arrays, in envelopes, or as a document of several lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from itertools import chain
from urllib.parse import unquote_plus

import polars as pl

from fsm.logs.mapping.event_mapping import load_format
from fsm.logs.native_event import NativeEvent, NativeEvents
from fsm.logs.notes import Notes
from fsm.logs.records.block import Columns
from fsm.logs.records.fields import ProviderRecord, Translate, parse_json
from fsm.logs.records.providers import (
    block_columns,
    open_envelopes,
    shown_keys,
    signs_of,
    translator,
)

__all__ = ["Reader"]

_FORM = "mandrill_events="
_PATIENCE = 3
"""Blocks in succession that could not be read as a whole before that is given up."""
_WORTH = 100
"""Lines of a block that are worth it."""
_BETWEEN = " \t\r\n,[]\ufeff"
_LONGEST = 1 << 22
"""Characters of one record in a document of several lines."""


class Reader:
    """Reads files of one or several providers."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone

    def read(self, blocks: Iterable[list[str]], notes: Notes) -> Iterator[tuple[str, NativeEvents]]:
        """Yield the events of blocks of lines, with the name of their format."""
        blocks, skipped = iter(blocks), 0
        first = next(blocks, [])
        while first and not any(map(str.strip, first)):
            skipped += len(first)
            first = next(blocks, [])
        head, line = next(((line, n) for n, line in enumerate(first, 1) if line.strip()), ("", 0))
        begun = [part for part in (first[:line], first[line:]) if part]
        reading = _Reading(self._zone, notes)
        found = reading.lines if _is_whole(head) else reading.documents
        yield from found(chain(begun, blocks), skipped)


def _is_whole(line: str) -> bool:
    if line.startswith(_FORM):
        return True
    try:
        parse_json(line.lstrip("\ufeff"))
    except ValueError:
        return False
    return True


class _Reading:
    """Holds the provider of the last record: the next one is nearly always of the same."""

    def __init__(self, zone: tzinfo, notes: Notes) -> None:
        self.zone, self.notes = zone, notes
        self.name = ""
        self.signs: tuple[frozenset[str], ...] = ()
        self.translate: Translate | None = None
        self.columns: Columns | None = None
        self.patience = _PATIENCE
        self.last_line = 0
        """The line of the record before."""

    def lines(self, blocks: Iterable[list[str]], number: int) -> Iterator[tuple[str, NativeEvents]]:
        """Yield the events of records a line; ``number`` is that of the line before."""
        for block in blocks:
            frame = self._columns(block, number + 1)
            if frame is not None:
                number += len(block)
                self.notes.lines = number
                self.notes.records.read += len(block)
                yield self.name, frame
                continue
            pairs = []
            for number, line in enumerate(block, number + 1):  # noqa: B020
                try:
                    pairs.append((parse_json(line), number))
                except ValueError:
                    pairs += self._odd(line, number)
            yield from self._groups(pairs)
            self.notes.lines = number

    def _columns(self, block: list[str], first: int) -> pl.DataFrame | None:
        """Read a whole block, if it is all of the provider of the record before."""
        if not self.columns or not self.patience or len(block) < _WORTH:
            return None
        frame = self.columns(block, first, self.zone)
        self.patience = _PATIENCE if frame is not None else self.patience - 1
        return frame

    def _odd(self, line: str, number: int) -> list[tuple[object, int]]:
        """Return what a line holds that is no JSON."""
        line = line.strip().lstrip("\ufeff")
        try:
            if line.startswith(_FORM):
                return [(parse_json(unquote_plus(line[len(_FORM) :])), number)]
            if line:
                return [(parse_json(line.rstrip(",").strip("[]")), number)]
        except ValueError:
            self.notes.records.read += 1
            self.notes.reject("not JSON", number)
        return []

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
                yield from self._groups(pairs)
                pairs, held = [], 0
        yield from self._groups(pairs)

    def _groups(self, pairs: Iterable[tuple[object, int]]) -> Iterator[tuple[str, NativeEvents]]:
        """Yield the events of values, in groups of one format."""
        events: list[NativeEvent] = []
        for value, line in pairs:
            if type(value) is dict and self.translate:
                keys = value.keys()
                for sign in self.signs:
                    if keys >= sign:
                        events += self._translated(value, line)
                        break
                else:
                    yield from self._change(value, line, events)
                    events = []
            else:
                yield from self._change(value, line, events)
                events = []
        if events:
            yield self.name, events

    def _change(
        self, value: object, line: int, events: list[NativeEvent]
    ) -> Iterator[tuple[str, NativeEvents]]:
        """Read a value that may be of another provider, or hold several records."""
        if events:
            yield self.name, events
        known = False
        for name, record in open_envelopes(value):
            known = True
            if name is None:
                self.notes.records.read += 1
                self.notes.reject("a record of {}", line, quote=shown_keys(record))
                continue
            if name != self.name:
                self.name, self.signs = name, signs_of(name)
                self.translate = translator(load_format(name))
                self.columns = block_columns(load_format(name))
            found = self._translated(record, line)
            if found:
                yield name, found
        if not known and value != []:
            self.notes.records.read += 1
            self.notes.reject("JSON, but no object", line)

    def _translated(self, record: ProviderRecord, line: int) -> Sequence[NativeEvent]:
        """Return the events of a record of the provider that is held."""
        assert self.translate  # noqa: S101
        events = self.translate(record, line, self.zone, self.notes)
        self.notes.records.read += 1
        if line == self.last_line:  # a line of several records: no line has a negative number
            number = -self.notes.records.read
            events = [event._replace(record=number) for event in events]
        self.last_line = line
        return events


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
            notes.reject("not JSON", line)
            # What was looked at is not looked at again: a hostile text costs no more than others.
            end = buffer.rfind("\n", place, wrong) + 1
            end = end or buffer.find("\n", place) + 1 or len(buffer)
            line += buffer.count("\n", place, end)
            place = end
        else:
            notes.lines = line - 1
            return
