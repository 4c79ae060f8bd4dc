"""Write events in the formats of process mining, XES and OCEL 2.0, by the suffix of a file."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

import polars as pl

from fsm.files import replacing
from fsm.logs.converted_log import ConvertedLog
from fsm.logs.write.json import write_json
from fsm.logs.write.sqlite import write_sqlite
from fsm.logs.write.tables import SUFFIXES, suffix_of, write_frames
from fsm.logs.write.xes import write_xes
from fsm.logs.write.xml import write_xml

__all__ = ["EVENT_LOGS", "suffix_written", "write_log"]

EVENT_LOGS: Mapping[str, Callable[[pl.LazyFrame, IO[bytes]], None]] = {
    ".xes": write_xes,
    ".xes.gz": write_xes,
    ".jsonocel": write_json,
    ".ocel.json": write_json,
    ".xmlocel": write_xml,
    ".ocel.xml": write_xml,
    ".sqlite": write_sqlite,
}
"""The writers of the rows of a converted log, by the suffix of the file."""


def suffix_written(path: Path | None) -> str:
    """Return the suffix of a file to write; ``None`` and ``-`` are CSV on standard output.

    Raises :class:`fsm.errors.OutputError`.
    """
    if path is None or str(path) == "-":
        return ".csv"
    return suffix_of(path, (*SUFFIXES, *EVENT_LOGS))


def write_log(log: ConvertedLog, path: Path | None) -> None:
    """Write the events of a converted log, as a table or as one of :data:`EVENT_LOGS`.

    See :func:`suffix_written`. Raises :class:`fsm.errors.OutputError`.
    """
    suffix = suffix_written(path)
    if path is None or suffix not in EVENT_LOGS:
        write_frames(log.frames(machine_events=True), path)
        return
    with replacing(path) as file:
        if not suffix.endswith(".gz"):
            EVENT_LOGS[suffix](log.events(), file)
            return
        with gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
            EVENT_LOGS[suffix](log.events(), packed)  # type: ignore[arg-type]
