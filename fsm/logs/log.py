"""Read canonical delivery logs: CSV, JSONL and Parquet, compressed or not, or standard input.

Every event keeps its file and its row, so that whatever is said of it can be proved.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import IO, Protocol, TypeAlias

import numpy as np
import polars as pl

from fsm.arrays import Codes
from fsm.errors import LogError
from fsm.logs.read_errors import COMPRESSED, csv_reader, long_fields, unreadable
from fsm.logs.storage.parquet_pages import check_pages
from fsm.logs.storage.pipes import is_stream, spooled
from fsm.logs.storage.record_length import check_records, first_line, separator_name, separator_of
from fsm.logs.storage.remote import fetch, is_parquet, is_remote, local_path, name_of
from fsm.logs.storage.remote import scan as scan_remote
from fsm.logs.storage.scans import scan_csv, scan_lines, scan_ndjson, scan_parquet
from fsm.text import visible

__all__ = [
    "FORMATS",
    "PSEUDONYM",
    "QUERY",
    "Log",
    "Origin",
    "Proof",
    "Redaction",
    "Source",
    "check_columns",
    "listed",
    "open_remote",
    "open_source",
    "place_of",
    "read_log",
]

FORMATS = ("csv", "jsonl", "parquet")
QUERY = "query"
"""The name that the result of a query is reported under."""
CHECKPOINT = "checkpoint"
"""The format of a checkpoint's messages: Parquet, with further columns."""
FURTHER = "past."
"""How the names of those begin."""
NEEDED = ("message_id", "event", "timestamp")
OPTIONAL = ("recipient", "delivery_id", "event_id", "seq")

_LONGEST = 80
"""Characters of a column's name in messages."""
_ROW = "\0row"  # a name no header can have


PSEUDONYM = re.compile(r"[a-z]-[0-9a-f]{20}")
"""What stands for a recipient or an id, where those are redacted."""

Proof: TypeAlias = tuple[str, int, str]
"""Where an event stands: file, line, and the line itself, or its safe fields."""


def place_of(name: str, line: int) -> str:
    """Return what a place is called; the result of a query has rows, and no lines.

    >>> place_of("log.csv", 7), place_of(QUERY, 7)
    ('log.csv:7', 'query:row 7')
    """
    return f"{name}:{'row ' if name == QUERY else ''}{line}"


class Redaction(Protocol):
    """What removes addresses and names from the rows of a log: :mod:`fsm.logs.mapping.redact`."""

    @property
    def fingerprint(self) -> str:
        """What tells keys apart without telling any."""

    @property
    def digest_key(self) -> bytes:
        """The key of digests of a file's content."""

    def scanned(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Redact the canonical columns of a log as they are read."""


class Origin(Protocol):
    """Where the rows of a converted log come from."""

    @property
    def redaction(self) -> Redaction | None:
        """What its rows were redacted by."""

    def places(self, rows: Codes) -> tuple[pl.Series, Codes]:
        """Return the file and the line of each row."""

    def quotes(self, rows: Codes) -> list[str]:
        """Return the line of each row as it stands."""


@dataclass(frozen=True)
class Source:
    """One log file or frame: where it is, the name it is reported under, its format."""

    path: Path
    name: str
    format: str
    frame: pl.LazyFrame | None = None
    stamp: tuple[int, int] | None = None
    """Size and time of change when the file was opened."""
    skip: int = 0
    """Rows at the beginning that are left out."""
    origin: Origin | None = None
    """The files that a frame was made of."""
    records: Callable[[], frozenset[str] | None] | None = None
    """What returns the events that it can hold at all; ``None``, here or from it, for any."""
    redaction: Redaction | None = None
    """What :meth:`Log.scan` redacts its rows by."""
    separator: str = ","
    """What stands between the fields of CSV."""
    keep: object = field(default=None, compare=False, repr=False)
    """What holds a temporary file for as long as this source, or one made of it, is there."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed when it was opened, a line for each."""
        if self.separator == ",":
            return ()
        return (f"fields are separated by {separator_name(self.separator)}",)

    def about(self) -> int | None:
        """Return about how many rows there are, without reading them; None where unknown."""
        if self.format == "parquet":
            return int(self.raw({}).select(pl.len()).collect().item())
        if self.format == "frame" or self.stamp is None:
            return None
        with self.path.open("rb") as file:
            head = file.read(1 << 16)
        lines = head.count(b"\n")
        if head.startswith(COMPRESSED) or not lines:
            return None
        return self.stamp[0] * lines // len(head)

    def check_unchanged(self) -> None:
        """Refuse a file that was written to since it was opened."""
        if self.stamp is not None and _stamp(self.path) != self.stamp:
            raise LogError(
                f"{self.name}: changed while it was read; replay it again when it is complete"
            )

    def raw(self, named: Mapping[str, str]) -> pl.LazyFrame:
        """Return the rows, without those to skip, with the columns and names that the file has."""
        rows = self._whole(named)
        return rows.slice(self.skip) if self.skip else rows

    def _whole(self, named: Mapping[str, str]) -> pl.LazyFrame:
        if self.frame is not None:
            return self.frame
        if self.format in ("parquet", CHECKPOINT):
            return scan_parquet(self.path)
        if self.format == "csv":
            return scan_csv(self.path, self.separator)
        return scan_ndjson(self.path, list(named.values()))

    @cached_property
    def further(self) -> tuple[str, ...]:
        """The columns of a checkpoint that logs do not have."""
        if self.format != CHECKPOINT:
            return ()
        names = self.raw({}).collect_schema().names()
        return tuple(name for name in names if name.startswith(FURTHER))

    def present(self, named: Mapping[str, str]) -> tuple[str, ...]:
        """Return the canonical columns that the file has; a JSONL file, that one record has."""
        key = tuple(named.items())
        if key not in self._present:
            try:
                self._present[key] = self._columns(named)
            except (pl.exceptions.PolarsError, OSError) as error:
                raise unreadable(self, error) from error
        return self._present[key]

    @cached_property
    def _present(self) -> dict[tuple[tuple[str, str], ...], tuple[str, ...]]:
        return {}

    def _columns(self, named: Mapping[str, str]) -> tuple[str, ...]:
        if self.format != "jsonl":
            there = self.raw(named).collect_schema().names()
            return tuple(name for name, their in named.items() if their in there)
        lines = scan_lines(self.path)
        written = lines.select(
            pl.col("line").str.contains(json.dumps(their), literal=True).any().alias(name)
            for name, their in named.items()
        ).collect()
        likely = [name for name in named if written[name].item()]
        records = self.raw(named).select(
            pl.col(named[n]).is_not_null().any().alias(n) for n in likely
        )
        found = records.collect() if likely else written
        return tuple(name for name in likely if found[name].item())

    def lines(self, rows: Codes) -> Codes:
        """Return the line of each row (rows are counted from 0, lines from 1).

        A Parquet file or a frame has no lines; its rows are counted from 1.
        """
        rows = rows + self.skip
        if self.format not in ("csv", "jsonl") or not len(rows):
            return rows + 1
        text = pl.col("line")
        scan = scan_lines(self.path).with_row_index("number", offset=1)
        if self.format == "jsonl":  # blank lines are no records
            records = scan.filter(text.str.strip_chars() != "").head(int(rows.max()) + 1)
            numbers = records.select("number").collect()
            return numbers["number"].to_numpy().astype(np.intp)[rows]
        header = int(
            scan.filter(text.str.strip_chars("\r") != "").select("number").head(1).collect().item()
        )
        before = scan.head(header + int(rows.max()) + 1)
        if before.select(text.str.contains('"', literal=True).any()).collect().item():
            starts = islice(self._quoted_records(), int(rows.max()) + 1)
            with long_fields():
                found = np.fromiter(starts, dtype=np.intp)
            if len(found) <= rows.max():
                raise LogError(
                    f"{self.name}: quotes within its fields; double them, or take them out"
                )
            return found[rows]
        return rows + header + 1

    def proofs(self, rows: Codes) -> list[Proof]:
        """Return where each row stands."""
        if self.origin is not None:
            names, lines = self.origin.places(rows)
            texts = self.origin.quotes(rows)
            return list(zip(names.to_list(), lines.tolist(), texts, strict=True))
        lines = self.lines(rows)
        quotes = zip(lines.tolist(), self.quotes(lines), strict=True)
        return [(self.name, line, text) for line, text in quotes]

    def quotes(self, lines: Codes) -> list[str]:
        """Return lines as they stand in the file; rows of Parquet files and frames as JSON."""
        if self.format not in ("csv", "jsonl"):
            frame = self._whole({}).with_row_index(_ROW, offset=1)
            found = frame.filter(pl.col(_ROW).is_in(lines.tolist())).collect()
            texts = found.drop(_ROW).write_ndjson().rstrip("\n").split("\n")
        else:
            frame = scan_lines(self.path).with_row_index(_ROW, offset=1)
            found = frame.filter(pl.col(_ROW).is_in(lines.tolist())).collect()
            texts = found["line"].str.strip_chars_end("\r").to_list()
        by_line = dict(zip(found[_ROW].to_list(), texts, strict=True))
        return [by_line[line] for line in lines.tolist()]

    def _quoted_records(self) -> Iterator[int]:
        """Yield the line on which each record begins; quoted fields may hold line ends."""
        reader = csv_reader(self.path, self.separator)
        next(filter(None, reader), None)  # the header, after blank lines
        line = reader.line_num
        for _ in reader:
            yield line + 1
            line = reader.line_num


@dataclass(frozen=True)
class Log:
    """One or more files, or frames, of events: where they are and how their columns are named.

    ``columns`` maps a canonical column to the name it has there.
    """

    sources: tuple[Source, ...]
    columns: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, data: object, columns: Mapping[str, str] | None = None) -> Log:
        """Make a log of whatever holds one; see :func:`fsm.engine.replay`."""
        if isinstance(data, Log):
            return data
        if isinstance(data, str | Path):
            return read_log([data], columns)
        if isinstance(data, pl.LazyFrame):
            frame = data
        elif isinstance(data, pl.DataFrame):
            frame = data.lazy()
        elif hasattr(data, "__arrow_c_stream__"):
            frame = pl.DataFrame(data).lazy()
        elif isinstance(data, Iterable):
            return read_log(data, columns)
        else:
            raise LogError(f"{type(data).__name__} is no log; give paths, a frame or Arrow data")
        log = cls((Source(Path(), "<frame>", "frame", frame),), columns or {})
        check_columns(log.sources[0], log.named)
        return log

    @property
    def named(self) -> dict[str, str]:
        """The name of every canonical column in the files."""
        return {name: self.columns.get(name, name) for name in (*NEEDED, *OPTIONAL)}

    @cached_property
    def present(self) -> tuple[str, ...]:
        """The canonical columns that some file has."""
        there = {name for source in self.sources for name in source.present(self.names(source))}
        return tuple(name for name in self.named if name in there)

    @cached_property
    def records(self) -> frozenset[str] | None:
        """The events that some file can hold; ``None`` where one may hold any."""
        held = [source.records() if source.records else None for source in self.sources]
        return None if None in held else frozenset().union(*filter(None, held))

    def names(self, source: Source) -> dict[str, str]:
        """Return the name of every canonical column in one source."""
        return {name: name for name in self.named} if source.format == CHECKPOINT else self.named

    @property
    def keys(self) -> list[str]:
        """The columns that identify a message: its id, and the recipient where there is one."""
        return [name for name in ("message_id", "recipient") if name in self.present]

    @property
    def identity(self) -> list[str]:
        """The columns that say which message an event is of."""
        return [n for n in ("message_id", "recipient", "delivery_id") if n in self.present]

    @property
    def pseudonyms(self) -> str | None:
        """The fingerprint of the key that recipients are redacted by; None where they are not."""
        keys = (s.redaction or (s.origin and s.origin.redaction) for s in self.sources)
        return next((key.fingerprint for key in keys if key), None)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed when the files were opened, a line for each."""
        return tuple(f"{source.name}: {note}" for source in self.sources for note in source.notes)

    def about(self) -> int | None:
        """Return about how many rows there are in all files, without reading them."""
        known = [source.about() for source in self.sources]
        return None if None in known else sum(rows or 0 for rows in known)

    def scan(self, source: Source) -> pl.LazyFrame:
        """Return the canonical columns of one source; texts as they stand, and what it lacks null.

        A blank line of a CSV file is a row of nulls here. A checkpoint's rows have further columns.
        """
        named = self.names(source)
        there = source.present(named)
        picked = []
        for name in self.present:
            if name not in there:
                picked.append(pl.lit(None, pl.String).alias(name))
            elif name in ("timestamp", "seq"):
                picked.append(pl.col(named[name]).alias(name))
            else:
                picked.append(pl.col(named[name]).cast(pl.String).alias(name))
        rows = source.raw(named).select(*picked, *source.further)
        return source.redaction.scanned(rows) if source.redaction else rows

    @cached_property
    def frame(self) -> pl.DataFrame:
        """All events in memory, in file order, for logs that are small enough.

        Columns: ``file`` (index into ``sources``), ``row`` (in the file, from 0), and the
        canonical ones: texts, ``timestamp`` (UTC, microseconds) and ``seq`` (Int64). Raises
        :class:`fsm.errors.LogError`, naming file, line and remedy, for what cannot be read.
        """
        from fsm.logs.rows import collect

        return collect(self)

    def proofs(self, events: pl.DataFrame) -> dict[tuple[int, int], Proof]:
        """Return where events stand, by ``file`` and ``row``; each file is read once."""
        proofs = {}
        distinct = events.select("file", "row").unique(maintain_order=True)
        for (file,), part in distinct.group_by("file", maintain_order=True):
            source, rows = self.sources[file], part["row"].to_numpy().astype(np.intp)
            found = self._outlines(source, rows) if source.redaction else source.proofs(rows)
            told = zip(rows.tolist(), found, strict=True)
            proofs.update({(file, row): proof for row, proof in told})
        return proofs

    def _outlines(self, source: Source, rows: Codes) -> list[Proof]:
        """Return where each row of a redacted source stands, with its time and event."""
        outline = pl.concat_str("timestamp", "event", separator=" ", ignore_nulls=True)
        numbered = self.scan(source).select(outline.alias("outline")).with_row_index(_ROW)
        found = numbered.filter(pl.col(_ROW).is_in(rows.tolist())).collect()
        outlines = dict(found.iter_rows())
        lines = zip(rows.tolist(), source.lines(rows).tolist(), strict=True)
        return [(source.name, line, outlines[row]) for row, line in lines]

    def locate(self, events: pl.DataFrame) -> pl.DataFrame:
        """Return the events with ``file`` as its name and ``line`` in it."""
        files, rows = (events[name].to_numpy().astype(np.intp) for name in ("file", "row"))
        lines = np.zeros(len(rows), dtype=np.intp)
        names = pl.Series([source.name for source in self.sources], dtype=pl.String)
        named = names.gather(pl.Series(files, dtype=pl.UInt32)).alias("file")
        for file in np.unique(files):
            source, there = self.sources[file], files == file
            if source.origin is None:
                lines[there] = source.lines(rows[there])
            else:
                own, lines[there] = source.origin.places(rows[there])
                named = named.scatter(np.flatnonzero(there), own)
        places = [named, pl.Series("line", lines, pl.UInt64)]
        return pl.DataFrame(places).hstack(events.drop("file", "row"))


def read_log(
    paths: Iterable[str | Path],
    columns: Mapping[str, str] | None = None,
    log_format: str | None = None,
) -> Log:
    """Open log files (``-`` is standard input), also in object stores and on the web.

    A file that is named twice, in whatever way, is read once.

    ``columns`` maps a canonical column to the name it has in the files (``message_id`` to
    ``case_id``). The format is told by content unless it is given. Raises
    :class:`fsm.errors.LogError`, naming file, line and remedy, for what cannot be opened; what
    is wrong further inside is found when the log is replayed.
    """
    sources = [source for path in _once(paths) for source in _open(path, log_format)]
    log = Log(tuple(sources), columns or {})
    if not log.sources:
        raise LogError("no log files given")
    for source in log.sources:
        check_columns(source, log.named)
    return log


def _once(paths: Iterable[str | Path]) -> Iterable[str]:
    """Return the paths without those of a file that one before them names."""
    found: dict[str, str] = {}
    for path in map(str, paths):
        own = path if path == "-" or is_remote(path) else os.path.realpath(local_path(path))
        found.setdefault(own, path)
    return found.values()


def _open(path: str, log_format: str | None) -> Iterator[Source]:
    if path == "-":
        yield _spooled_source(sys.stdin.buffer, "<stdin>", log_format)
    elif not is_remote(path):
        path = local_path(path)
        if is_stream(Path(path)):
            with Path(path).open("rb") as stream:
                yield _spooled_source(stream, path, log_format)
        else:
            yield open_source(Path(path), path, log_format)
    elif is_parquet(path, log_format):
        yield open_remote(path)
    else:
        for file in fetch(path):
            yield replace(open_source(file.path, file.name, log_format), keep=file.keep)


def open_remote(url: str) -> Source:
    """Open Parquet in an object store, which is read where it lies, or on the web."""
    frame, keep = scan_remote(url)
    return Source(Path(), name_of(url), "frame", frame, keep=keep)


def _spooled_source(stream: IO[bytes], name: str, log_format: str | None) -> Source:
    place, keep = spooled(stream, name)
    return replace(open_source(place, name, log_format), keep=keep)


# Which format ------------------------------------------------------------------------------


def open_source(path: Path, name: str, log_format: str | None) -> Source:
    """Open one file under the name that it is reported by; see :func:`read_log`."""
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except IsADirectoryError as error:
        raise LogError(f"{name}: a directory, not a log; name the files in it") from error
    except OSError as error:
        raise LogError(f"{name}: {error.strerror or error}") from error
    if not head:
        raise LogError(f"{name}: empty; a log begins with a header line or a record")
    stamp = _stamp(path)
    form = log_format or _sniff(path, name, head)
    if form == "parquet":
        check_pages(path, name)
        return Source(path, name, form, stamp=stamp)
    check_records(path, name, quotes=form == "csv")
    header = first_line(path, name) or ""
    if form == "csv" and "\r" in header.rstrip("\r"):
        raise LogError(
            f"{name}: its lines end with carriage returns alone; save it with line feeds"
        )
    mark = separator_of(header, NEEDED) if form == "csv" else ","
    return Source(path, name, form, stamp=stamp, separator=mark)


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return what tells versions of a file apart; None where it is gone."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_size, facts.st_mtime_ns


def _sniff(path: Path, name: str, head: bytes) -> str:
    if head == b"PAR1":
        return "parquet"
    if not head.startswith(COMPRESSED) and b"\0" in head:
        raise LogError(f"{name}: binary data, neither CSV, JSONL nor Parquet")
    first = first_line(path, name)
    if first is None:
        raise LogError(f"{name}: empty; a log begins with a header line or a record")
    return "jsonl" if first.lstrip("\ufeff \t").startswith("{") else "csv"


def check_columns(source: Source, named: Mapping[str, str]) -> None:
    """Refuse a log without a needed column, or with two of a name that is read."""
    there = source.present(named)
    if source.format == "csv":
        given = source.raw(named).collect_schema().names()
        twice = [named[name] for name in there if f"{named[name]}_duplicated_0" in given]
        if twice:
            raise LogError(f"{source.name}:1: two columns {twice[0]!r}; rename the one not meant")
    for name in NEEDED:
        if name not in there:
            names = _shown_columns(source, named)
            header = source.name if source.name == QUERY else f"{source.name}:1"
            raise LogError(
                f"{header}: no column {named[name]!r}; there are: "
                f"{listed(names, redacted=source.redaction is not None)}. "
                f"Map one with --column {name}=NAME"
            )
    if source.format == "csv":  # polars looks at the rows alone
        header = first_line(source.path, source.name) or ""
        if not header.isascii() and any("\udc80" <= letter <= "\udcff" for letter in header):
            raise LogError(f"{source.name}:1: not UTF-8 text; save the log as UTF-8")


def listed(names: Sequence[str], most: int = 12, *, redacted: bool = False) -> str:
    """Return the first of the names that a file has for its columns, for a message of one line.

    Without a header the first row of data stands there: redacted, only their number is told.
    """
    if redacted:
        return f"{len(names):,}, whose names are not shown with --pseudonymise"
    shown = [visible(name[:_LONGEST]) for name in names[:most]]
    return ", ".join(shown) + (", ..." if len(names) > most else "")


def _shown_columns(source: Source, named: Mapping[str, str]) -> list[str]:
    if source.format != "jsonl":
        return source.raw(named).collect_schema().names()
    try:
        return scan_ndjson(source.path).collect_schema().names()
    except pl.exceptions.PolarsError as error:
        raise unreadable(source, error) from error
