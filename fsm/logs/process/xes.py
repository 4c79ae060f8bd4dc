"""Read an XES document (IEEE 1849) in blocks of whole traces, in bounded memory.

A block is scanned where it has the usual shape (:mod:`fsm.logs.process.xes_scan`), and parsed
otherwise (:mod:`fsm.logs.process.xes_parser`). Both find the same.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import IO, Final

from fsm.logs.notes import Notes
from fsm.logs.process.traces import AttributeKeys, Traces
from fsm.logs.process.xes_parser import TraceParser, read_header
from fsm.logs.process.xes_scan import END, scan_traces
from fsm.logs.storage.compression import unpacking_errors
from fsm.text import quantity

__all__ = ["XesDocument"]

_BLOCK = 1 << 20
_LONGEST = 1 << 24
"""Bytes without the end of a trace after which the parser, which holds less, goes on."""
_ENCODING = re.compile(rb"""<\?xml[^>]{0,100}?encoding\s{0,9}=\s{0,9}["']([\w.-]{1,40})""")
_USUAL_ENCODINGS: Final = (b"utf-8", b"us-ascii", b"ascii")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class XesDocument:
    """A document that is read: first what stands before its traces, then these.

    ``notes`` get what was read, and how. Raises :class:`fsm.errors.LogError` for what is no XES.
    """

    def __init__(self, name: str, file: IO[bytes], notes: Notes) -> None:
        self._name, self._file, self._notes = name, file, notes
        self._parsed = 0
        self._head, header = b"", None
        while header is None:
            data = self._more(max(_BLOCK // 4, len(self._head)))
            self._head += data
            header = read_header(name, self._head, final=not data)
        self.header = header
        """What stands before the first trace."""
        self.begins = self._head[header.end :]
        """The first bytes of the traces."""

    def traces(self, keys: AttributeKeys) -> Iterator[Traces]:
        """Yield the traces, each event with its line, from 0.

        Raises :class:`fsm.errors.LogError` for what is no XML.
        """
        reason = self._unusual()
        if reason:
            yield from self._parse(self._head, 0, keys, inside=False)
        else:
            yield from self._scan(keys)
        if self._parsed:
            traces = quantity(self._parsed, "trace")
            why = reason or "their XML is not of the usual shape"
            self._notes.assumed["parser"] = f"{traces} read by the slower parser ({why})"

    def _more(self, size: int = _BLOCK) -> bytes:
        with unpacking_errors(self._name):
            data = self._file.read(size)
        self._notes.size += len(data)
        return data

    def _unusual(self) -> str | None:
        """Return why the document cannot be read in blocks; None where it can."""
        encoding = _ENCODING.match(self._head.removeprefix(b"\xef\xbb\xbf"))
        if encoding and encoding[1].lower() not in _USUAL_ENCODINGS:
            return f"its encoding is {encoding[1].decode()}"
        if self._head.startswith(_UTF16):
            return "its encoding is UTF-16"
        return None if self.header.root == "log" else "its tags have prefixes"

    def _scan(self, keys: AttributeKeys) -> Iterator[Traces]:
        rest, line, final = self.begins, self.header.lines, False
        size = 0
        while not final:
            data = self._more()
            final = not data
            rest = rest[size:] + data
            end = rest.rfind(END)
            size = end + len(END) if end >= 0 else 0
            if not size and not final and len(rest) < _LONGEST:
                continue
            found = scan_traces(rest, size, keys)
            if found is not None:
                yield replace(found, lines=found.lines + line)
                line += found.height
            if found is None or final:
                begun = rest if found is None else rest[size:]
                rest, line, final = yield from self._parse(begun, line, keys, final=final)
                size = 0

    def _parse(
        self,
        piece: bytes,
        line: int,
        keys: AttributeKeys,
        *,
        final: bool = False,
        inside: bool = True,
    ) -> Generator[Traces, None, tuple[bytes, int, bool]]:
        """Yield traces up to a place between two of them, or to the end of the document.

        Returns what was read of the rest, the lines before it, and whether that is the end. With
        ``inside`` false it parses all, beginning with the document.
        """
        parser = TraceParser(self._name, keys, inside=inside, line=line)
        before, offset = b"", 0  # the piece before, and the place of the current one
        while True:
            parser.feed(piece, final=final)
            cut = parser.cut if inside else None
            first = offset - len(before)
            if cut and cut.place >= first and not final:
                yield self._counted(parser.take_to(cut))
                self._count_stray(parser)
                return (before + piece)[cut.place - first :], cut.line, False
            if final or parser.is_full:
                yield self._counted(parser.take())
            if final:
                self._count_stray(parser)
                self._notes.lines = parser.line + 1
                return b"", 0, True
            before, offset = piece, offset + len(piece)
            piece = self._more()
            final = not piece

    def _counted(self, traces: Traces) -> Traces:
        self._parsed += traces.count - traces.continued
        return traces

    def _count_stray(self, parser: TraceParser) -> None:
        stray = parser.stray
        if stray.events:
            self._notes.records.read += stray.events
            self._notes.reject("an event of no trace", stray.line, records=stray.events)
