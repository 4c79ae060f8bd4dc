"""Write results: whole, or not at all.

A file is written beside its place under another name and moved there when it is complete: no
reader ever meets half a file, and a failure leaves what was there before.
"""

from __future__ import annotations

import gzip
import io
import os
import secrets
import shutil
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import polars as pl

from fsm.errors import OutputError

__all__ = ["SUFFIXES", "write_bytes", "write_frame", "write_frames"]

SUFFIXES = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet")

_ROWS = 200_000
"""Rows turned to text at a time."""


def write_frame(frame: pl.DataFrame, path: str | Path | None) -> None:
    """Write one frame; see :func:`write_frames`."""
    write_frames([frame], path)


def write_frames(frames: Iterable[pl.DataFrame], path: str | Path | None) -> None:
    """Write frames of the same columns, one after the other, as one table.

    The suffix of ``path`` chooses the format, one of :data:`SUFFIXES`; ``None`` and ``-`` are
    standard output, as CSV. Times are written in UTC, in text as RFC 3339. The same frames give
    the same bytes. Only one frame is held at a time.

    Raises :class:`fsm.errors.OutputError` where nothing could be written.
    """
    if path is None or str(path) == "-":
        with _errors("standard output"):
            sys.stdout.flush()
            _write_text(frames, sys.stdout.buffer, "csv")
            sys.stdout.buffer.flush()
        return
    place, suffix = Path(path), _suffix(Path(path))
    if suffix == ".parquet":
        _write_parquet(frames, place)
        return
    with _replacing(place) as file:
        if suffix.endswith(".gz"):
            with gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
                _write_text(frames, packed, suffix.split(".")[1])
        else:
            _write_text(frames, file, suffix[1:])


def write_bytes(data: bytes, path: str | Path) -> None:
    """Write bytes; raises :class:`fsm.errors.OutputError`."""
    with _replacing(Path(path)) as file:
        file.write(data)


def _suffix(path: Path) -> str:
    name = path.name.lower()
    fitting = [suffix for suffix in SUFFIXES if name.endswith(suffix)]
    if not fitting:
        raise OutputError(f"{path}: unknown kind of file; its name must end in {_LISTED}")
    return fitting[0]


_LISTED = f"{', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"


# Formats -------------------------------------------------------------------------------------


def _write_text(frames: Iterable[pl.DataFrame], file: IO[bytes] | gzip.GzipFile, form: str) -> None:
    header = True
    for frame in frames:
        # An empty frame has no slices, but its header is wanted.
        for part in frame.iter_slices(_ROWS) if frame.height else [frame]:
            text, buffer = _texts(part), io.BytesIO()
            if form == "csv":
                text.write_csv(buffer, include_header=header)
            else:
                text.write_ndjson(buffer)
            file.write(buffer.getbuffer())
            header = False
    if header:
        raise OutputError("no table to write")


def _texts(frame: pl.DataFrame) -> pl.DataFrame:
    """Times as RFC 3339 text in UTC: milliseconds where the column counts those."""
    texts = []
    for name, dtype in frame.schema.items():
        if isinstance(dtype, pl.Datetime):
            fraction = "%.3f" if dtype.time_unit == "ms" else "%.f"
            texts.append(_utc(name, dtype).dt.strftime(f"%Y-%m-%dT%H:%M:%S{fraction}Z"))
    return frame.with_columns(texts)


def _utc(name: str, dtype: pl.Datetime) -> pl.Expr:
    if dtype.time_zone is None:
        raise OutputError(f"the times in column {name!r} have no zone; store them as UTC")
    return pl.col(name).dt.convert_time_zone("UTC")


def _write_parquet(frames: Iterable[pl.DataFrame], path: Path) -> None:
    """Write the frames as parts, then join the parts without holding them all."""
    with _replacing(path) as file, _errors(path), _directory(path) as directory:
        parts = []
        for number, frame in enumerate(frames):
            part = directory / f"{number:09}.parquet"
            times = {n: t for n, t in frame.schema.items() if isinstance(t, pl.Datetime)}
            utc = frame.with_columns(_utc(name, dtype) for name, dtype in times.items())
            utc.write_parquet(part, compression="lz4", statistics=False)
            parts.append(part)
        if not parts:
            raise OutputError("no table to write")
        pl.scan_parquet(parts).sink_parquet(file, row_group_size=_ROWS)


@contextmanager
def _directory(path: Path) -> Iterator[Path]:
    """A directory for parts beside the file; nothing of it stays."""
    place = _beside(Path(os.path.realpath(path)))
    place.mkdir()
    try:
        yield place
    finally:
        shutil.rmtree(place)


# Places --------------------------------------------------------------------------------------


@contextmanager
def _errors(name: object) -> Iterator[None]:
    """Say in one line what could not be written. A closed pipe is the reader's choice."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"{name}: {error.strerror or error}") from error
    except pl.exceptions.PolarsError as error:
        raise OutputError(f"{name}: {str(error).partition(chr(10))[0]}") from error


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file that takes the place of ``path`` once it is complete.

    Links are followed, and what is no regular file (a device, a pipe) is written directly. A
    file that was there keeps its permissions.
    """
    with _errors(path):
        place = Path(os.path.realpath(path))
        old = place.stat().st_mode if place.exists() else None
        if old is not None and not stat.S_ISREG(old):
            with place.open("wb") as file:
                yield file
            return
        temporary = _beside(place)
        try:
            with temporary.open("xb") as file:
                yield file
            if old is not None:
                temporary.chmod(stat.S_IMODE(old))
            temporary.replace(place)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def _beside(path: Path) -> Path:
    return path.with_name(f".fsm-{secrets.token_hex(8)}.tmp")
