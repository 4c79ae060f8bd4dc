"""Let polars read one local file by its exact name.

Polars takes ``*``, ``?`` and ``[...]`` in a path for a pattern, ``~`` for a home directory and
``name=value`` folders for columns. A log may have any of them in its name, and then another file
would be read in its place. Every local file is therefore opened by the functions of this module.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from fsm.errors import LogError

__all__ = ["parse_csv", "scan_csv", "scan_lines", "scan_ndjson", "scan_parquet"]


def scan_csv(path: Path, separator: str = ",") -> pl.LazyFrame:
    """Return the rows of a CSV file, every field as text."""
    return pl.scan_csv(_absolute(path), separator=separator, infer_schema=False, glob=False)


def parse_csv(
    text: bytes, names: Sequence[str], separator: str, quote: str | None
) -> pl.DataFrame | None:
    """Return the fields of CSV without a header, every field as text; None for what is none.

    Fields beyond the last column are left out.
    """
    first = (separator * (len(names) - 1)).encode() + b"\n"  # it decides how many columns there are
    try:
        frame = pl.read_csv(
            first + text,
            has_header=False,
            schema=dict.fromkeys(names, pl.String),
            separator=separator,
            quote_char=quote,
            truncate_ragged_lines=True,
        )
    except pl.exceptions.PolarsError:
        return None
    return frame[1:]


def scan_lines(path: Path) -> pl.LazyFrame:
    """Return the lines of a text file in a column ``line``."""
    return pl.scan_lines(_absolute(path), glob=False)


def scan_ndjson(path: Path, texts: Sequence[str] | None = None) -> pl.LazyFrame:
    """Return the records of a JSONL file: these keys as texts, or all keys of the first records."""
    place = glob.escape(_absolute(path))  # scan_ndjson has no option to switch patterns off
    if texts is None:
        return pl.scan_ndjson(place, infer_schema_length=1000)
    return pl.scan_ndjson(place, schema=dict.fromkeys(texts, pl.String))


def scan_parquet(path: Path) -> pl.LazyFrame:
    """Return the rows of a Parquet file."""
    return pl.scan_parquet(_absolute(path), glob=False, hive_partitioning=False)


def _absolute(path: Path) -> str:
    place = os.path.abspath(path)  # noqa: PTH100 (a name that begins with ~ stays as it is)
    try:
        place.encode()
    except UnicodeEncodeError as error:
        raise LogError(f"{path}: its name is not UTF-8; rename it") from error
    return place
