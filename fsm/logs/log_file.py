"""One file, frame or query result of a log: its columns, its rows, and the line of each row.

Every event keeps its file and row, so that every statement about it can be verified.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

import numpy as np
import polars as pl

from fsm.arrays import Codes
from fsm.errors import LogError
from fsm.logs.canonical_columns import NEEDED, OPTIONAL
from fsm.logs.epoch_columns import EPOCH_UNITS, unit_by_size
from fsm.logs.read_errors import csv_reader, long_fields, unreadable
from fsm.logs.storage.compression import PACKED
from fsm.logs.storage.record_length import separator_name
from fsm.logs.storage.scans import scan_csv, scan_lines, scan_ndjson, scan_parquet

if TYPE_CHECKING:
    from fsm.logs.mapping.redact import Redaction

__all__ = [
    "CHECKPOINT",
    "CHECKPOINT_PREFIX",
    "LogFile",
    "Proof",
    "RowMeaning",
    "RowOrigin",
    "renamed_events",
    "version_of",
]

CHECKPOINT = "checkpoint"
"""The format of the messages in a checkpoint: Parquet with further columns."""
CHECKPOINT_PREFIX = "past."
"""The prefix of these further columns."""
_FIRST_ROWS = 1000
"""Rows in which the first timestamp is looked for: blank lines of CSV are rows too."""
_ROW = "\0row"  # a name that no header can have

Proof: TypeAlias = tuple[str, int, str]
"""The evidence of an event: file, line, and the text of the line, or its safe fields."""


class RowMeaning(NamedTuple):
    """How an event came out of a line: the ``rule`` that decided, and what is doubtful about it.

    The rule is empty where it only repeats what the line calls the event.
    """

    rule: str = ""
    doubt: str = ""


class RowOrigin(Protocol):
    """The files that the rows of a converted log come from."""

    @property
    def redaction(self) -> Redaction | None:
        """The redaction of the rows; None where they are not redacted."""

    def places(self, rows: Codes) -> tuple[pl.Series, Codes]:
        """Return the file and the line of each row."""

    def quotes(self, rows: Codes) -> list[str]:
        """Return the text of each row in its file."""

    def meanings(self, rows: Codes) -> list[RowMeaning]:
        """Return how each row came out of its line."""


@dataclass(frozen=True)
class LogFile:
    """One log file or frame: its path, the name it is reported under, its format.

    ``columns`` maps a canonical column to the name it has in the file.
    """

    path: Path
    name: str
    format: str
    frame: pl.LazyFrame | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    """The events that stand for native ones."""
    stamp: tuple[int, int] | None = None
    """Size and time of change when the file was opened."""
    skip: int = 0
    """The number of first rows that are left out."""
    origin: RowOrigin | None = None
    """The files that a frame was converted from."""
    recordable: Callable[[], frozenset[str] | None] | None = None
    """Returns the events that the file can hold; ``None``, here or as the result, for any."""
    redaction: Redaction | None = None
    """The redaction that :meth:`scan` applies to the rows."""
    separator: str = ","
    """The character between the fields of CSV."""
    keep: object = field(default=None, compare=False, repr=False)
    """Holds a temporary file for as long as this value, or one made of it, exists."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed when the file was opened, a line for each."""
        notes = []
        if self.separator != ",":
            notes.append(f"fields are separated by {separator_name(self.separator)}")
        if self.epoch_unit:
            notes.append(f"timestamps are numbers: {EPOCH_UNITS[self.epoch_unit]} since 1970")
        return tuple(notes)

    @cached_property
    def epoch_unit(self) -> str | None:
        """The unit of timestamps that are numbers, by the size of the first one; None: texts."""
        if self.format == CHECKPOINT or self.origin is not None:
            return None
        given = pl.col(self.names["timestamp"])
        try:
            first = self._whole().select(given).head(_FIRST_ROWS).collect().drop_nulls().head(1)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
            return None  # what is wrong is reported when the rows are read
        return None if first.is_empty() else unit_by_size(first.item())

    @property
    def names(self) -> dict[str, str]:
        """The name of every canonical column in the file."""
        return {name: self.columns.get(name, name) for name in (*NEEDED, *OPTIONAL)}

    @cached_property
    def present(self) -> tuple[str, ...]:
        """The canonical columns that the file has; in JSONL, that at least one record has."""
        try:
            return self._jsonl_columns() if self.format == "jsonl" else self._columns()
        except (pl.exceptions.PolarsError, OSError) as error:
            raise unreadable(self, error) from error

    def _columns(self) -> tuple[str, ...]:
        in_file = self.raw().collect_schema().names()
        return tuple(name for name, given in self.names.items() if given in in_file)

    def _jsonl_columns(self) -> tuple[str, ...]:
        # Parsing every record for seven keys is slow, so their names are first searched as text.
        text = scan_lines(self.path).select(
            pl.col("line").str.contains(json.dumps(given), literal=True).any().alias(name)
            for name, given in self.names.items()
        )
        (written,) = text.collect().rows(named=True)
        likely = [name for name in self.names if written[name]]
        if not likely:
            return ()
        has_value = (pl.col(self.names[name]).is_not_null().any().alias(name) for name in likely)
        (values,) = self.raw().select(has_value).collect().rows(named=True)
        return tuple(name for name in likely if values[name])

    def about(self) -> int | None:
        """Return the approximate number of rows without reading them; None where unknown."""
        if self.format == "parquet":
            return int(self.raw().select(pl.len()).collect().item())
        if self.format == "frame" or self.stamp is None:
            return None
        with self.path.open("rb") as file:
            head = file.read(1 << 16)
        lines = head.count(b"\n")
        if head.startswith(PACKED) or not lines:
            return None
        return self.stamp[0] * lines // len(head)

    def check_unchanged(self) -> None:
        """Refuse a file that was written to since it was opened."""
        if self.stamp is not None and version_of(self.path) != self.stamp:
            raise LogError(
                f"{self.name}: changed while it was read; replay it again when it is complete"
            )

    # Rows ------------------------------------------------------------------------------------

    def raw(self, further: Sequence[str] = ()) -> pl.LazyFrame:
        """Return the rows, without those to skip, with the columns and names that the file has.

        ``further`` names columns to read from JSONL beside the canonical ones.
        """
        rows = self._whole(further)
        return rows.slice(self.skip) if self.skip else rows

    def _whole(self, further: Sequence[str] = ()) -> pl.LazyFrame:
        if self.frame is not None:
            return self.frame
        if self.format in ("parquet", CHECKPOINT):
            return scan_parquet(self.path)
        if self.format == "csv":
            return scan_csv(self.path, self.separator)
        return scan_ndjson(self.path, list(dict.fromkeys((*self.names.values(), *further))))

    @cached_property
    def checkpoint_columns(self) -> tuple[str, ...]:
        """The columns of a checkpoint that logs do not have."""
        if self.format != CHECKPOINT:
            return ()
        names = self.raw().collect_schema().names()
        return tuple(name for name in names if name.startswith(CHECKPOINT_PREFIX))

    def scan(self, wanted: Sequence[str]) -> pl.LazyFrame:
        """Return canonical columns: texts as they stand, and null for what the file lacks.

        A blank line of a CSV file is a row of nulls here. A checkpoint's rows have further columns.
        """
        picked = []
        for name in wanted:
            if name not in self.present:
                picked.append(pl.lit(None, pl.String).alias(name))
            elif name in ("timestamp", "seq"):
                picked.append(pl.col(self.names[name]).alias(name))
            elif name == "event" and self.renamed:
                native = pl.col(self.names[name]).cast(pl.String)
                picked.append(renamed_events(native, self.renamed).alias(name))
            else:
                picked.append(pl.col(self.names[name]).cast(pl.String).alias(name))
        rows = self.raw().select(*picked, *self.checkpoint_columns)
        return self.redaction.scanned(rows) if self.redaction else rows

    # Lines -----------------------------------------------------------------------------------

    def lines(self, rows: Codes) -> Codes:
        """Return the line of each row (rows are counted from 0, lines from 1).

        A Parquet file or a frame has no lines; its rows are counted from 1.
        """
        rows = rows + self.skip
        if not len(rows):
            return rows
        if self.format == "csv":
            return self._csv_lines(rows)
        if self.format == "jsonl":
            return self._jsonl_lines(rows)
        return rows + 1

    def _jsonl_lines(self, rows: Codes) -> Codes:
        lines = scan_lines(self.path).with_row_index("number", offset=1)
        records = lines.filter(pl.col("line").str.strip_chars() != "")  # blank lines are no records
        numbers = records.head(int(rows.max()) + 1).select("number").collect()
        return numbers["number"].to_numpy().astype(np.intp)[rows]

    def _csv_lines(self, rows: Codes) -> Codes:
        lines = scan_lines(self.path).with_row_index("number", offset=1)
        written = lines.filter(pl.col("line").str.strip_chars("\r") != "")
        header = int(written.select("number").head(1).collect().item())
        last = int(rows.max())
        quotes = pl.col("line").str.contains('"', literal=True).any()
        if not lines.head(header + last + 1).select(quotes).collect().item():
            return rows + header + 1  # without quotes a line is a record
        with long_fields():
            lines_of_records = np.fromiter(islice(self._quoted_records(), last + 1), dtype=np.intp)
        if len(lines_of_records) <= last:
            raise LogError(f"{self.name}: quotes within its fields; double them, or take them out")
        return lines_of_records[rows]

    def _quoted_records(self) -> Iterator[int]:
        """Yield the line on which each record begins; quoted fields may contain line ends.

        polars does not tell it, so the records are read again by :mod:`csv`, which knows the
        line after each record.
        """
        reader = csv_reader(self.path, self.separator)
        next(filter(None, reader), None)  # the header, after blank lines
        line = reader.line_num
        for _ in reader:
            yield line + 1
            line = reader.line_num

    def proofs(self, rows: Codes) -> list[Proof]:
        """Return the file, line and text of each row; of a redacted file only time and event."""
        if self.origin is not None:
            names, lines = self.origin.places(rows)
            texts = self.origin.quotes(rows)
            return list(zip(names.to_list(), lines.tolist(), texts, strict=True))
        lines = self.lines(rows)
        texts = self._outlines(rows) if self.redaction else self._quotes(lines)
        return [(self.name, line, text) for line, text in zip(lines.tolist(), texts, strict=True)]

    def meanings(self, rows: Codes) -> list[RowMeaning]:
        """Return how each row came out of its line; nothing for what was not converted."""
        return self.origin.meanings(rows) if self.origin else [RowMeaning()] * len(rows)

    def _quotes(self, lines: Codes) -> list[str]:
        """Return the texts of lines; rows of Parquet files and frames as JSON."""
        if self.format in ("csv", "jsonl"):
            numbered = scan_lines(self.path).with_row_index(_ROW, offset=1)
        else:
            numbered = self._whole().with_row_index(_ROW, offset=1)
        quoted = numbered.filter(pl.col(_ROW).is_in(lines.tolist())).collect()
        if self.format in ("csv", "jsonl"):
            texts = quoted["line"].str.strip_chars_end("\r").to_list()
        else:
            texts = quoted.drop(_ROW).write_ndjson().rstrip("\n").split("\n")
        by_line = dict(zip(quoted[_ROW].to_list(), texts, strict=True))
        return [by_line[line] for line in lines.tolist()]

    def _outlines(self, rows: Codes) -> list[str]:
        """Return the time and the event of each row."""
        outline = pl.concat_str("timestamp", "event", separator=" ", ignore_nulls=True)
        numbered = (
            self.scan(("timestamp", "event")).select(outline.alias("outline")).with_row_index(_ROW)
        )
        outlines = dict(numbered.filter(pl.col(_ROW).is_in(rows.tolist())).collect().iter_rows())
        return [outlines[row] for row in rows.tolist()]


def renamed_events(native: pl.Expr, events: Mapping[str, str]) -> pl.Expr:
    """Return events for native ones: exactly named, else without letter case and outer blanks."""
    folded = {name.strip().lower(): event for name, event in events.items()}
    by_case = native.str.strip_chars().str.to_lowercase().replace_strict(folded, default=None)
    return pl.coalesce(native.replace_strict(dict(events), default=None), by_case, native)


def version_of(path: Path) -> tuple[int, int] | None:
    """Return size and time of change, which distinguish versions of a file; None if it is gone."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_size, facts.st_mtime_ns
