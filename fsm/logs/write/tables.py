"""Write tables as CSV, JSONL or Parquet, in bounded memory; see :mod:`fsm.files`."""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO

import polars as pl
from polars.io.plugins import register_io_source

from fsm.errors import OutputError
from fsm.files import output_errors, replacing
from fsm.text import COMPUTED, visible

__all__ = ["ROWS", "SUFFIXES", "suffix_of", "write_frame", "write_frames"]

SUFFIXES = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet")

ROWS = 200_000
"""Rows of a row group."""

_TEXTS = 1 << 15
"""Rows turned to text at a time."""


def write_frame(frame: pl.DataFrame, path: str | Path | None, *, inert: bool = False) -> None:
    """Write one frame; see :func:`write_frames`."""
    write_frames([frame], path, inert=inert)


def write_frames(
    frames: Iterable[pl.DataFrame], path: str | Path | None, *, inert: bool = False
) -> None:
    """Write frames of the same columns, one after the other, as one table.

    The suffix of ``path`` chooses the format, one of :data:`SUFFIXES`; ``None`` and ``-`` are
    standard output, as CSV; on a terminal, invisible characters are spelled out. Times are written
    in UTC, in text as RFC 3339. The same frames give the same bytes. One frame is held at a time.
    With ``inert``, no cell of CSV is a formula where people open it in a spreadsheet, see
    :func:`fsm.text.inert`; the other formats hold every text as it is.

    Raises :class:`fsm.errors.OutputError` where nothing could be written.
    """
    if path is None or str(path) == "-":
        with output_errors("standard output"):
            sys.stdout.flush()
            shown = map(_spelled, frames) if sys.stdout.isatty() else frames
            _write_text(shown, sys.stdout.buffer, "csv", inert)
            sys.stdout.buffer.flush()
        return
    place, suffix = Path(path), suffix_of(Path(path))
    if suffix == ".parquet":
        _write_parquet(frames, place)
        return
    with replacing(place) as file:
        if suffix.endswith(".gz"):
            with gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
                _write_text(frames, packed, suffix.split(".")[1], inert)
        else:
            _write_text(frames, file, suffix[1:], inert)


def suffix_of(path: Path, suffixes: Sequence[str] = SUFFIXES) -> str:
    """Return the suffix of a file's name, whatever the case of its letters.

    Raises :class:`fsm.errors.OutputError` where it is none of these.
    """
    name = path.name.lower()
    fitting = [suffix for suffix in suffixes if name.endswith(suffix)]
    if not fitting:
        listed = f"{', '.join(suffixes[:-1])} or {suffixes[-1]}"
        raise OutputError(f"{path}: unknown kind of file; its name must end in {listed}")
    return fitting[0]


# Formats -------------------------------------------------------------------------------------


def _write_text(
    frames: Iterable[pl.DataFrame], file: IO[bytes] | gzip.GzipFile, form: str, inert: bool
) -> None:
    header = True
    for frame in frames:
        # An empty frame has no slices, but its header is wanted.
        for part in frame.iter_slices(_TEXTS) if frame.height else [frame]:
            text, buffer = _texts(part), io.BytesIO()
            if form == "csv":
                text = _inert(text) if inert else text
                text.write_csv(buffer, include_header=header)
            else:
                text.write_ndjson(buffer)
            file.write(buffer.getbuffer())
            header = False
    if header:
        raise OutputError("no table to write")


def _texts(frame: pl.DataFrame) -> pl.DataFrame:
    """Return times as RFC 3339 texts in UTC, with milliseconds where the column counts those."""
    texts = []
    for name, dtype in frame.schema.items():
        if isinstance(dtype, pl.Datetime):
            fraction = "%.3f" if dtype.time_unit == "ms" else "%.f"
            texts.append(_utc(name, dtype).dt.strftime(f"%Y-%m-%dT%H:%M:%S{fraction}Z"))
    return frame.with_columns(texts)


def _inert(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with an apostrophe before each text that a spreadsheet would compute."""
    cells = []
    for name, kind in frame.schema.items():
        if kind in (pl.String, pl.Categorical, pl.Enum):
            text = pl.col(name).cast(pl.String)
            guarded = pl.when(text.str.contains(COMPUTED)).then("'" + text).otherwise(text)
            cells.append(guarded.alias(name))
    return frame.with_columns(cells)


def _spelled(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame for a terminal, with control characters spelled out."""
    texts = pl.col(pl.String)
    return frame.with_columns(texts.map_elements(visible, return_dtype=pl.String))


def _utc(name: str, dtype: pl.Datetime) -> pl.Expr:
    if dtype.time_zone is None:
        raise OutputError(f"the times in column {name!r} have no zone; store them as UTC")
    return pl.col(name).dt.convert_time_zone("UTC")


def _write_parquet(frames: Iterable[pl.DataFrame], path: Path) -> None:
    """Write the frames one by one, as polars asks for them."""
    parts = iter(frames)
    first = next(parts, None)
    if first is None:
        raise OutputError("no table to write")
    utc = [_utc(n, t) for n, t in first.schema.items() if isinstance(t, pl.Datetime)]
    failures: list[Exception] = []

    def produce(
        columns: list[str] | None,  # noqa: ARG001
        predicate: pl.Expr | None,  # noqa: ARG001
        rows: int | None,  # noqa: ARG001
        batch: int | None,  # noqa: ARG001
    ) -> Iterator[pl.DataFrame]:
        try:
            for frame in chain([first], parts):
                yield frame.with_columns(utc)
        except Exception as error:  # raised again below, without the wrapping of polars
            failures.append(error)
            raise

    table = register_io_source(produce, schema=first.with_columns(utc).schema)
    with replacing(path) as file, _no_polars_errors(path):
        try:
            table.sink_parquet(file, compression_level=1, row_group_size=ROWS, statistics=False)
        except pl.exceptions.PolarsError:
            if failures:
                raise failures[0] from None
            raise


@contextmanager
def _no_polars_errors(path: Path) -> Iterator[None]:
    """Report in one line what polars could not write."""
    try:
        yield
    except pl.exceptions.PolarsError as error:
        raise OutputError(f"{path}: {str(error).partition(chr(10))[0]}") from error
