"""Convert a canonical log: its rows get the columns of a converted log."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from fsm.arrays import Codes
from fsm.logs.canonical_columns import column_list
from fsm.logs.ledger import RecordClass
from fsm.logs.log_file import LogFile
from fsm.logs.mapping.to_canonical import READ_SCHEMA, SCHEMA
from fsm.logs.notes import Notes
from fsm.logs.rows import FURTHER, event_frames, readable

__all__ = ["canonical_rows"]

_SHOWN = 5
"""Column names in a message."""
_FREE_TEXT = ("rule", "file", "line")
"""Columns of free text and of its place: left out where recipients are pseudonyms."""
_DOUBTFUL = "doubtful; why is not shown with --pseudonymise"
_TRUTH = {"true": True, "1": True, "false": False, "0": False}


def canonical_rows(file: LogFile, notes: Notes) -> Iterator[pl.DataFrame]:
    """Yield the rows of a canonical log with the columns of a converted one.

    Columns that a converted log does not have are left out, and ``notes`` say so. Raises
    :class:`fsm.errors.LogError` for what is wrong in the log.
    """
    notes.assumed |= {note: note for note in file.notes}
    further = _further_columns(file, notes)
    lines = pl.Series(_lines(file), dtype=pl.Int64)
    for events in event_frames(file, file.present, further):
        rows = _rows(events, file, further, lines.gather(events["row"]))
        notes.events += rows.height
        notes.records.read += rows.height
        notes.records.count(RecordClass.EVENTS, rows.height)
        notes.lines = max(notes.lines, int(rows["line"].max() or 0))  # type: ignore[arg-type]
        yield rows


def _further_columns(file: LogFile, notes: Notes) -> list[str]:
    """Return the columns of the file that only converted logs have."""
    dropped = _FREE_TEXT if file.redaction else ()
    wanted = [name for name in SCHEMA if name not in file.names and name not in dropped]
    if file.format == "jsonl":
        return wanted
    in_file = file.raw().collect_schema().names()
    canonical = set(file.names.values())
    others = [name for name in in_file if name not in {*SCHEMA, *canonical} - {*dropped}]
    if others:
        names = column_list(others, _SHOWN, redacted=file.redaction is not None)
        notes.assumed["columns"] = f"other columns are left out: {names}"
    return [name for name in wanted if name in in_file and name not in canonical]


def _lines(file: LogFile) -> Codes:
    """Return the line of each row."""
    with readable(file):
        count = file.raw().select(pl.len()).collect().item()
        return file.lines(np.arange(count, dtype=np.intp))


def _rows(
    events: pl.DataFrame, file: LogFile, further: list[str], lines: pl.Series
) -> pl.DataFrame:
    log_format = "parquet" if file.format == "frame" else file.format
    of_file = {"format": pl.lit(log_format), "file": pl.lit(file.name), "line": pl.lit(lines)}
    columns = []
    for name, dtype in SCHEMA.items():
        if name in further:
            column = pl.coalesce(_typed(pl.col(f"{FURTHER}{name}"), dtype), of_file.get(name))
            if name == "doubt" and file.redaction:
                column = pl.when(column.is_not_null()).then(pl.lit(_DOUBTFUL))
        elif name in events.columns:
            column = pl.col(name)
        else:
            column = of_file.get(name, pl.lit(None))
        columns.append(column.cast(dtype).alias(name))
    rows = events.select(columns).with_columns(is_stop=False, of_mail=False)
    return rows.match_to_schema(READ_SCHEMA, missing_columns="insert")


def _typed(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype != pl.Boolean:
        return column.cast(dtype, strict=False)
    text = column.cast(pl.String).str.to_lowercase()
    return text.replace_strict(_TRUTH, default=None, return_dtype=pl.Boolean)
