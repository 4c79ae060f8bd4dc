"""Read canonical delivery logs: CSV, JSONL and Parquet, compressed or not, or standard input.

Every event keeps its file and its row, so that whatever is said of it can be proved.
"""

from __future__ import annotations

import csv
import shutil
import sys
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from fsm.errors import LogError
from fsm.replay.fold import Codes

if TYPE_CHECKING:
    import _csv

__all__ = ["FORMATS", "Log", "Source", "read_log"]

FORMATS = ("csv", "jsonl", "parquet")
NEEDED = ("message_id", "event", "timestamp")
OPTIONAL = ("recipient", "delivery_id", "seq")

_SHOWN = 80
_ROW = "\0row"  # a name no header can have
_TIMES = (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))
_COMPRESSED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")


@dataclass(frozen=True)
class Source:
    """One log file: where it is, the name it is reported under, its format."""

    path: Path
    name: str
    format: str

    def lines(self, rows: Codes) -> Codes:
        """Return the line of each row (rows are counted from 0, lines from 1).

        A Parquet file has no lines; its rows are counted from 1.
        """
        if self.format == "parquet" or not len(rows):
            return rows + 1
        text = pl.col("line")
        scan = pl.scan_lines(self.path).with_row_index("number", offset=1)
        if self.format == "jsonl":  # blank lines are no records
            numbers = scan.filter(text.str.strip_chars() != "").select("number").collect()
            return numbers["number"].to_numpy().astype(np.intp)[rows]
        if scan.select(text.str.contains('"', literal=True).any()).collect().item():
            starts = islice(self._quoted_records(), int(rows.max()) + 1)
            return np.fromiter(starts, dtype=np.intp)[rows]
        header = (
            scan.filter(text.str.strip_chars("\r") != "").select("number").head(1).collect().item()
        )
        return rows + int(header) + 1

    def quotes(self, lines: Codes) -> list[str]:
        """Return lines as they stand in the file; of a Parquet file, its rows as JSON."""
        if self.format == "parquet":
            frame = pl.scan_parquet(self.path).with_row_index(_ROW, offset=1)
            found = frame.filter(pl.col(_ROW).is_in(lines.tolist())).collect()
            texts = found.drop(_ROW).write_ndjson().splitlines()
        else:
            frame = pl.scan_lines(self.path).with_row_index(_ROW, offset=1)
            found = frame.filter(pl.col(_ROW).is_in(lines.tolist())).collect()
            texts = found["line"].str.strip_chars_end("\r").to_list()
        by_line = dict(zip(found[_ROW].to_list(), texts, strict=True))
        return [by_line[line] for line in lines.tolist()]

    def _quoted_records(self) -> Iterator[int]:
        """Yield the line on which each record begins; quoted fields may hold line ends."""
        reader = _csv_reader(self.path)
        next(filter(None, reader), None)  # the header, after blank lines
        line = reader.line_num
        for _ in reader:
            yield line + 1
            line = reader.line_num


@dataclass(frozen=True)
class Log:
    """The events of one or more files in one frame, in file order.

    The frame's columns: ``file`` (index into ``sources``), ``row`` (in the file, from 0),
    ``message_id``, ``event``, ``timestamp`` (UTC, microseconds), and ``recipient``,
    ``delivery_id``, ``seq`` where a file has them.
    """

    sources: tuple[Source, ...]
    frame: pl.DataFrame

    @property
    def keys(self) -> list[str]:
        """The columns that identify a message: its id, and the recipient where there is one."""
        return [name for name in ("message_id", "recipient") if name in self.frame.columns]

    def locate(self, events: pl.DataFrame) -> pl.DataFrame:
        """Return the events with ``file`` as its name and ``line`` in it."""
        files, rows = (events[name].to_numpy().astype(np.intp) for name in ("file", "row"))
        lines = np.zeros(len(rows), dtype=np.intp)
        for file in np.unique(files):
            lines[files == file] = self.sources[file].lines(rows[files == file])
        names = pl.Series([source.name for source in self.sources], dtype=pl.String)
        places = [
            names.gather(pl.Series(files, dtype=pl.UInt32)).alias("file"),
            pl.Series("line", lines, pl.UInt64),
        ]
        return pl.DataFrame(places).hstack(events.drop("file", "row"))


def read_log(
    paths: Iterable[str | Path],
    columns: Mapping[str, str] | None = None,
    log_format: str | None = None,
) -> Log:
    """Read log files (``-`` is standard input) into one frame.

    ``columns`` maps a canonical column to the name it has in the files (``message_id`` to
    ``case_id``). The format is told by content unless it is given. Raises
    :class:`fsm.errors.LogError`, naming file, line and remedy, for what cannot be read; then
    nothing is returned.
    """
    sources = tuple(_open(str(path), log_format) for path in paths)
    if not sources:
        raise LogError("no log files given")
    frames = [_read(source, i, columns or {}) for i, source in enumerate(sources)]
    return Log(sources, pl.concat(frames, how="diagonal"))


def _open(path: str, log_format: str | None) -> Source:
    if path != "-":
        return _source(Path(path), path, log_format)
    with tempfile.NamedTemporaryFile(prefix="fsm-", delete=False) as spool:
        shutil.copyfileobj(sys.stdin.buffer, spool)
    place = Path(spool.name)
    try:
        source = _source(place, "<stdin>", log_format)
    except LogError:
        place.unlink()
        raise
    weakref.finalize(source, place.unlink, missing_ok=True)
    return source


# Which format ------------------------------------------------------------------------------


def _source(path: Path, name: str, log_format: str | None) -> Source:
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except IsADirectoryError as error:
        raise LogError(f"{name}: a directory, not a log; name the files in it") from error
    except OSError as error:
        raise LogError(f"{name}: {error.strerror or error}") from error
    if not head:
        raise LogError(f"{name}: empty; a log begins with a header line or a record")
    return Source(path, name, log_format or _sniff(path, name, head))


def _sniff(path: Path, name: str, head: bytes) -> str:
    if head == b"PAR1":
        return "parquet"
    if not head.startswith(_COMPRESSED) and b"\0" in head:
        raise LogError(f"{name}: binary data, neither CSV, JSONL nor Parquet")
    first = _first_line(path, name)
    if first is None:
        raise LogError(f"{name}: empty; a log begins with a header line or a record")
    return "jsonl" if first.lstrip("\ufeff \t").startswith("{") else "csv"


def _first_line(path: Path, name: str) -> str | None:
    try:
        lines = pl.scan_lines(path).filter(pl.col("line").str.len_bytes() > 0).head(1).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(Source(path, name, "csv"), error) from error
    return None if lines.is_empty() else str(lines.item())


# One file ----------------------------------------------------------------------------------


def _read(source: Source, index: int, columns: Mapping[str, str]) -> pl.DataFrame:
    theirs = {name: columns.get(name, name) for name in (*NEEDED, *OPTIONAL)}
    try:
        frame = _json(source, theirs) if source.format == "jsonl" else _columnar(source, theirs)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(source, error) from error
    if "row" not in frame.columns:
        frame = frame.with_row_index("row")
    return _typed(
        source,
        frame.with_columns(pl.lit(index, pl.UInt32).alias("file"), pl.col("row").cast(pl.UInt64)),
    )


def _columnar(source: Source, theirs: Mapping[str, str]) -> pl.DataFrame:
    is_csv = source.format == "csv"
    scan = pl.scan_csv(source.path, infer_schema=False) if is_csv else pl.scan_parquet(source.path)
    names = scan.collect_schema().names()
    _check_columns(source, names, names, theirs)
    picked = [pl.col(their).alias(our) for our, their in theirs.items() if their in names]
    if is_csv:  # blank lines are records of nothing
        scan = scan.with_row_index(_ROW).filter(pl.any_horizontal(pl.col(names).is_not_null()))
        picked.append(pl.col(_ROW).alias("row"))
    return scan.select(picked).collect()


def _json(source: Source, theirs: Mapping[str, str]) -> pl.DataFrame:
    """Read records of any fields: a column is there when one record has it."""
    schema = dict.fromkeys(theirs.values(), pl.String)
    picked = [pl.col(their).alias(our) for our, their in theirs.items()]
    frame = pl.scan_ndjson(source.path, schema=schema).select(picked).collect()
    there = [name for name in frame.columns if frame[name].null_count() < frame.height]
    if set(NEEDED) - set(there):
        head = pl.scan_ndjson(source.path, infer_schema_length=1000).collect_schema().names()
        _check_columns(source, [theirs[name] for name in there], head, theirs)
    return frame.select(there)


def _check_columns(
    source: Source, there: Sequence[str], shown: Sequence[str], theirs: Mapping[str, str]
) -> None:
    """Refuse a log without a needed column; ``shown`` names the columns it has."""
    for name in NEEDED:
        if theirs[name] not in there:
            known = ", ".join(shown[:12]) + (", ..." if len(shown) > 12 else "")
            raise LogError(
                f"{source.name}:1: no column {theirs[name]!r}; there are: {known}. "
                f"Map one with --column {name}=NAME"
            )


def _typed(source: Source, frame: pl.DataFrame) -> pl.DataFrame:
    for name in ("message_id", "recipient", "delivery_id", "event"):
        if name in frame.columns:
            frame = frame.with_columns(pl.col(name).cast(pl.String))
    missing = frame.filter(pl.col("message_id").fill_null("") == "")
    _refuse(source, missing, "message_id", "no message_id; every event belongs to a message")
    frame = frame.with_columns(pl.col("event").fill_null(""))
    if "seq" in frame.columns:
        frame = _numbered(source, frame)
    return frame.with_columns(_timestamps(source, frame))


def _numbered(source: Source, frame: pl.DataFrame) -> pl.DataFrame:
    seq = pl.col("seq").cast(pl.String).str.strip_chars()
    number = seq.replace("", None).cast(pl.Int64, strict=False)
    wrong = frame.filter(number.is_null() & (seq.fill_null("") != ""))
    _refuse(source, wrong, "seq", "not a whole number")
    return frame.with_columns(number)


def _timestamps(source: Source, frame: pl.DataFrame) -> pl.Series:
    column = frame["timestamp"]
    if isinstance(column.dtype, pl.Datetime):
        if column.dtype.time_zone is None:
            raise LogError(f"{source.name}: the timestamps have no zone; store them as UTC")
        parsed = column.dt.convert_time_zone("UTC").cast(pl.Datetime("us", "UTC"))
    elif column.dtype == pl.String:
        parsed = column.str.strip_chars().str.to_datetime("%+", time_unit="us", strict=False)
    else:
        raise LogError(
            f"{source.name}: timestamps of type {column.dtype}; write 2026-01-31T09:30:00Z"
        )
    parsed = parsed.set(~parsed.is_between(*_TIMES), None)  # what Python can show
    wrong = frame.filter(parsed.is_null())
    if not wrong.is_empty():
        text = str(wrong["timestamp"][0] or "")
        naive = pl.Series([f"{text}Z"]).str.to_datetime("%+", strict=False).is_not_null().item()
        fault = (
            "has no zone; write it in UTC with a final Z"
            if naive
            else ("is not a time; write 2026-01-31T09:30:00Z")
        )
        _refuse(source, wrong, "timestamp", fault)
    return parsed.alias("timestamp")


def _refuse(source: Source, wrong: pl.DataFrame, column: str, fault: str) -> None:
    if wrong.is_empty():
        return
    line = source.lines(wrong["row"].head(1).to_numpy().astype(np.intp))[0]
    value = wrong[column][0]
    text = "" if value is None else f"{_shorten(str(value))!r} "
    more = f" ({wrong.height - 1:,} more like it)" if wrong.height > 1 else ""
    raise LogError(f"{source.name}:{line}: {column} {text}{fault}{more}")


def _shorten(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


# What went wrong ---------------------------------------------------------------------------


def _unreadable(source: Source, error: Exception) -> LogError:
    """Say in one line what is wrong with a file that polars could not read."""
    message = str(error).split("\n", 1)[0]
    if "unexpected end of file" in message or "incomplete frame" in message:
        return LogError(f"{source.name}: the compressed file is cut short; fetch it again")
    if "deflate" in message or "corrupt" in message:
        return LogError(f"{source.name}: the compressed file is damaged; fetch it again")
    if source.format == "parquet":
        return LogError(f"{source.name}: not a readable Parquet file: {message}")
    line = _first_bad_line(source)
    if line:
        return LogError(f"{source.name}:{line[0]}: {line[1]}")
    return LogError(f"{source.name}: not readable as {source.format.upper()}: {message}")


def _first_bad_line(source: Source) -> tuple[int, str] | None:
    bad = _first_undecodable(source.path)
    if bad:
        return bad, "not UTF-8 text; save the log as UTF-8"
    if source.format == "jsonl":
        return _first_bad_json(source.path)
    return _first_bad_record(source.path)


def _first_undecodable(path: Path) -> int | None:
    with path.open("rb") as file:
        if file.read(4).startswith(_COMPRESSED):
            return None
        file.seek(0)
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return None


def _first_bad_json(path: Path) -> tuple[int, str] | None:
    import json

    for number, text in enumerate(_text_lines(path), 1):
        try:
            record = json.loads(text) if text.strip() else {}
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            return number, "not a JSON object; a log has one object a line"
    return None


def _first_bad_record(path: Path) -> tuple[int, str] | None:
    reader = _csv_reader(path)
    width, line = len(next(reader, [])), 1
    for record in reader:
        if len(record) > width:
            return line + 1, f"{len(record)} fields under {width} headers; quote fields with commas"
        if len(record) < width and any("\n" in value for value in record):
            return line + 1, "a quote that is never closed"
        line = reader.line_num
    return None


def _csv_reader(path: Path) -> _csv.Reader:
    """Read records as polars does: only a line feed ends a line."""
    csv.field_size_limit(2**31 - 1)
    return csv.reader(text.replace("\r", " ") + "\n" for text in _text_lines(path))


def _text_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a text file, compressed or not, up to the first damage."""
    try:
        for batch in pl.scan_lines(path).collect_batches(chunk_size=50_000, maintain_order=True):
            yield from batch.to_series().to_list()
    except (pl.exceptions.PolarsError, OSError):
        return
