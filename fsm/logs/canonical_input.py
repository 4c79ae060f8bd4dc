"""Canonical logs as rows of a converted one: they go with the others, or into another file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from fsm.arrays import Codes
from fsm.files import Cleanup, TemporaryFolder
from fsm.logs.detect import CANONICAL
from fsm.logs.log import QUERY, Log, Source, check_columns, listed, open_remote, open_source
from fsm.logs.mapping.recordable import records_of
from fsm.logs.mapping.redact import Redaction
from fsm.logs.mapping.to_canonical import SCHEMA
from fsm.logs.notes import Notes
from fsm.logs.rows import OWN, frames, readable
from fsm.logs.storage.files import Input
from fsm.logs.storage.scans import scan_parquet

__all__ = ["canonical_source", "unconverted"]

_UNKNOWN_TO_POLARS = (b"BZh", b"\xfd7zXZ\x00")
_SHOWN = 5
_FREE = ("rule", "file", "line")
"""Columns of any text, and what goes with them: left out where recipients are pseudonyms."""
_DOUBTFUL = "doubtful; why is not shown with --pseudonymise"
_TRUTH = {"true": True, "1": True, "false": False, "0": False}


def canonical_source(place: Input, form: str | None, redaction: Redaction | None = None) -> Source:
    """Return what reads a canonical file; ``form`` None tells by its content."""
    if place.url is not None:
        return replace(open_remote(place.url), redaction=redaction)
    keep = place.keep
    with place.path.open("rb") as file:
        if file.read(6).startswith(_UNKNOWN_TO_POLARS):
            place = _unpacked(place)
            keep = place.keep
    if place.name == QUERY:  # a frame, since no checkpoint knows the file again
        source = Source(place.path, QUERY, "frame", scan_parquet(place.path))
    else:
        source = open_source(place.path, place.name, form if form in CANONICAL else None)
    held, records = (keep, source.keep), partial(records_of, source)
    return replace(source, redaction=redaction, records=records, keep=held)


def _unpacked(packed: Input) -> Input:
    directory = TemporaryFolder()
    path = Path(directory.name) / "log"
    packed.unpack(path)
    return replace(packed, path=path, keep=Cleanup(directory.cleanup))


def unconverted(source: Source, columns: Mapping[str, str], notes: Notes) -> Iterator[pl.DataFrame]:
    """Yield the rows of a canonical log with the columns of a converted one.

    Columns that a converted log does not have are left out, and it is said. Raises
    :class:`fsm.errors.LogError` for what is wrong in the log.
    """
    log = Log((source,), columns)
    check_columns(source, log.named)
    notes.assumed |= {note: note for note in source.notes}
    own = _own(log, source, notes)
    lines = pl.Series(_lines(source, log.named), dtype=pl.Int64)
    for frame in frames(log, own):
        rows = _rows(frame, source, own, lines.gather(frame["row"]))
        notes.events += rows.height
        notes.lines = max(notes.lines, int(rows["line"].max() or 0))  # type: ignore[arg-type]
        yield rows


def _own(log: Log, source: Source, notes: Notes) -> list[str]:
    """Return the columns that only converted logs have, as far as they are there."""
    wanted = [name for name in SCHEMA if name not in log.named]
    dropped = _FREE if source.redaction else ()
    wanted = [name for name in wanted if name not in dropped]
    if source.format == "jsonl":
        return wanted
    there = source.raw(log.named).collect_schema().names()
    kept = {*SCHEMA, *log.named.values()} - {*dropped}
    others = [name for name in there if name not in kept]
    if others:
        names = listed(others, _SHOWN, redacted=source.redaction is not None)
        notes.assumed["columns"] = f"other columns are left out: {names}"
    return [name for name in wanted if name in there and name not in log.named.values()]


def _lines(source: Source, named: Mapping[str, str]) -> Codes:
    """Return the line of each row."""
    with readable(source):
        count = source.raw(named).select(pl.len()).collect().item()
        return source.lines(np.arange(count, dtype=np.intp))


def _rows(frame: pl.DataFrame, source: Source, own: list[str], lines: pl.Series) -> pl.DataFrame:
    form = "parquet" if source.format == "frame" else source.format
    given = {"format": pl.lit(form), "file": pl.lit(source.name), "line": pl.lit(lines)}
    columns = []
    for name, dtype in SCHEMA.items():
        if name in own:
            column = pl.coalesce(_typed(pl.col(f"{OWN}{name}"), dtype), given.get(name))
            if name == "doubt" and source.redaction:
                column = pl.when(column.is_not_null()).then(pl.lit(_DOUBTFUL))
        elif name in frame.columns and name != "file":
            column = pl.col(name)
        else:
            column = given.get(name, pl.lit(None))
        columns.append(column.cast(dtype).alias(name))
    return frame.select(columns)


def _typed(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype != pl.Boolean:
        return column.cast(dtype, strict=False)
    text = column.cast(pl.String).str.to_lowercase()
    return text.replace_strict(_TRUTH, default=None, return_dtype=pl.Boolean)
