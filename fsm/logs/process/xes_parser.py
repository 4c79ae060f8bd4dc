"""Parse traces of an XES document with expat: whatever XML allows, but no document type.

It reads what :mod:`fsm.logs.process.xes_scan` does not, and finds the same events. Tags are taken
by their local names; attributes within attributes, lists and containers are no attributes of an
event, and are skipped.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from fsm.errors import LogError
from fsm.logs.process.traces import AttributeKeys, Traces
from fsm.logs.process.xml_parser import DEEPEST, XmlParser, local_name, pairs

__all__ = ["Header", "Stray", "TraceParser", "read_header"]

_MOST = 50_000
"""Events of one trace that are held before they are handed out."""
_HEAD = 1 << 26
"""Bytes before the first trace."""


# What stands before the traces ---------------------------------------------------------------


@dataclass(frozen=True)
class Header:
    """What a document says before its first trace."""

    end: int
    """The byte where the first trace begins; all bytes that were read where there is none."""
    root: str
    """The tag of the document as it is written."""
    defaults: Mapping[str, Mapping[str, str]]
    """The values of global attributes, for ``trace`` and ``event``."""
    classifiers: Mapping[str, str]
    """The keys of each classifier of events, as they are written."""
    lines: int
    """How many lines stand before the first trace."""


class _FirstTraceError(Exception):
    """The first trace begins, at a byte and after a number of lines."""

    def __init__(self, place: int, lines: int) -> None:
        super().__init__()
        self.place = place
        self.lines = lines


class _HeaderParser(XmlParser):
    def __init__(self, name: str) -> None:
        self.defaults: dict[str, dict[str, str]] = {"trace": {}, "event": {}}
        self.classifiers: dict[str, str] = {}
        self._scope: str | None = None
        super().__init__(name)

    def begin(self, tag: str, attributes: Mapping[str, str]) -> None:
        if self.depth == 2 and tag in ("trace", "event"):
            raise _FirstTraceError(self.place, self.line)
        if self.depth == 2 and tag == "global":
            self._scope = attributes.get("scope", "event")
        elif self.depth == 2 and tag == "classifier":
            if attributes.get("scope", "event") == "event":
                self.classifiers[attributes.get("name", "")] = attributes.get("keys", "")
        elif self.depth == 3 and self._scope in self.defaults and "key" in attributes:
            self.defaults[self._scope].setdefault(attributes["key"], attributes.get("value", ""))

    def finish(self, tag: str) -> None:  # noqa: ARG002
        if self.depth == 2:
            self._scope = None


def read_header(name: str, data: bytes, *, final: bool) -> Header | None:
    """Return what stands before the first trace; None where more bytes are needed.

    Raises :class:`LogError` for what is no XML, for another document than XES, and for an endless
    header.
    """
    parser = _HeaderParser(name)
    begun = None
    try:
        parser.feed(data, final=final)
    except _FirstTraceError as first:
        begun = first
    if local_name(parser.root) not in ("", "log"):
        raise LogError(f"{name}: an XML document of <{parser.root}>, not of <log> as XES is")
    if begun is None and not final:
        if len(data) > _HEAD:
            raise LogError(f"{name}: no trace within its first {_HEAD >> 20} MiB")
        return None
    end, lines = (begun.place, begun.lines) if begun else (len(data), data.count(b"\n"))
    return Header(end, parser.root, parser.defaults, parser.classifiers, lines)


# Traces --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stray:
    """Events that stand in no trace: how many there are, and the line of the first one."""

    events: int = 0
    line: int = 0


@dataclass(frozen=True)
class Cut:
    """A place between two traces, and what was collected before it."""

    place: int
    """The byte, of all that were fed."""
    line: int
    """The lines before it."""
    traces: int
    events: int
    empty: int
    stray: Stray


class TraceParser(XmlParser):
    """Collects traces from successive pieces of a document; :meth:`take` hands them out.

    With ``inside`` the pieces begin between two traces, otherwise with the document. ``line`` is
    the number of lines before the first piece.
    """

    def __init__(self, name: str, keys: AttributeKeys, *, inside: bool, line: int = 0) -> None:
        self._keys = keys
        self._of_events = frozenset(keys.of_events)
        self.cut: Cut | None = None
        """Where the tag begins that follows the last whole trace."""
        self.stray = Stray()
        self._has_ended = False
        self._in_trace = self._in_event = self._has_events = False
        self._continued = False
        self._clear()
        super().__init__(name, b"<log>" if inside else b"", line)

    def _clear(self) -> None:
        self._empty = 0
        self._traces: list[dict[str, str]] = []
        self._events: list[dict[str, str]] = []
        self._owners: list[int] = []
        self._lines: list[int] = []

    def _read_event(self, event: dict[str, str]) -> None:
        """Let the attributes of an event, which nearly all elements are, take the shortest way."""
        wanted, depth = self._of_events, 0

        def begin(_: str, attributes: list[str]) -> None:
            nonlocal depth
            if not depth:
                if len(attributes) == 4 and attributes[0] == "key" and attributes[2] == "value":
                    if attributes[1] in wanted:
                        event.setdefault(attributes[1], attributes[3])
                else:
                    _add(event, wanted, pairs(attributes))
            elif depth > DEEPEST:
                self.refuse_depth()
            depth += 1

        def end(tag: str) -> None:
            nonlocal depth
            if depth:
                depth -= 1
            else:
                self.handle_with(self._start, self._end)
                self._end(tag)

        self.handle_with(begin, end)

    def begin(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take the beginning of an element that is no attribute of an event."""
        if self._has_ended:
            self._mark()
        if self._in_trace:
            if tag == "event" and self.depth == 3:
                self._in_event = self._has_events = True
                self._events.append({})
                self._read_event(self._events[-1])
                self._owners.append(len(self._traces) - 1)
                self._lines.append(self.line)
            elif self.depth == 3:
                _add(self._traces[-1], self._keys.of_traces, attributes)
        elif self.depth == 2 and tag == "trace":
            self._in_trace, self._has_events = True, False
            self._traces.append({})
        elif self.depth == 2 and tag == "event":
            self.stray = Stray(self.stray.events + 1, self.stray.line or self.line + 1)

    def _mark(self) -> None:
        self._has_ended = False
        counts = len(self._traces), len(self._events), self._empty
        self.cut = Cut(self.place, self.line, *counts, self.stray)

    def finish(self, tag: str) -> None:  # noqa: ARG002
        """Take the end of an element."""
        if self._has_ended:
            self._mark()
        if self._in_event and self.depth == 3:
            self._in_event = False
        elif self._in_trace and self.depth == 2:
            self._in_trace = False
            self._has_ended = True
            self._empty += not self._has_events

    @property
    def is_full(self) -> bool:
        """Whether so many events are held that they have to be taken."""
        return len(self._events) > _MOST

    def take(self) -> Traces:
        """Return what was collected; a trace that goes on is continued in the next traces."""
        open_trace = self._traces[-1:] if self._in_trace else []
        events = len(self._events) - self._in_event
        taken = self._collected(len(self._traces), events)
        open_event = self._events[events:], self._lines[events:]
        self._clear()
        self.cut = None
        self._traces += open_trace
        self._events, self._lines = open_event
        self._owners = [0] * len(self._events)
        self._continued = bool(open_trace)
        return taken

    def take_to(self, cut: Cut) -> Traces:
        """Return what was collected before a place, and forget the rest."""
        self.stray, self._empty = cut.stray, cut.empty
        return self._collected(cut.traces, cut.events)

    def _collected(self, traces: int, events: int) -> Traces:
        of_traces = _columns(self._traces[:traces], self._keys.of_traces)
        of_events = _columns(self._events[:events], self._keys.of_events)
        owners, lines = (np.array(n[:events], np.intp) for n in (self._owners, self._lines))
        return Traces(
            of_traces, of_events, owners, lines, traces, self._empty, continued=self._continued
        )


def _add(to: dict[str, str], wanted: Collection[str], attributes: Mapping[str, str]) -> None:
    key, value = attributes.get("key"), attributes.get("value")
    if key in wanted and key is not None and value is not None:
        to.setdefault(key, value)


def _columns(values: list[dict[str, str]], keys: tuple[str, ...]) -> dict[str, pl.Series]:
    return {key: pl.Series([v.get(key) for v in values], dtype=pl.String) for key in keys}
