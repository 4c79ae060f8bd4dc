"""Open logs: files of any format in any mixture, queries and frames become a :class:`Log`.

Every command and function that takes a log opens it here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from io import IOBase
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from fsm.errors import ArgumentError, LogError
from fsm.file_kinds import misplaced_file, missing_file
from fsm.logs.canonical_columns import CANONICAL, FRAME, NEEDED, OPTIONAL, QUERY
from fsm.logs.canonical_file import checked_columns, open_canonical
from fsm.logs.detect import RecognisedFile, guess, guess_by_columns, recognise, recognise_canonical
from fsm.logs.frames import check_types, read_arrow
from fsm.logs.log import Log
from fsm.logs.log_file import LogFile
from fsm.logs.notes import Notes
from fsm.logs.reading import ReadingOptions
from fsm.logs.storage.files import find_files
from fsm.logs.storage.stored_file import StoredFile
from fsm.logs.unusable import check_usable, leave_out, skipping, without_copies
from fsm.suggest import no_such

if TYPE_CHECKING:
    from fsm.logs.converted_log import ConvertedLog
    from fsm.logs.storage.query import Query

__all__ = ["convert_logs", "open_log"]

_MACHINE = re.compile(rb'\A\s*\{(?=.*"initial"\s*:)(?=.*"states"\s*:)', re.DOTALL)
"""The beginning of a machine as JSON."""


def open_log(
    data: object = (),
    columns: Mapping[str, str] | None = None,
    log_format: str | None = None,
    *,
    options: ReadingOptions | None = None,
    query: Query | None = None,
    mapping: str | Path | Iterable[str | Path] = (),
    events: Mapping[str, str] | None = None,
) -> Log:
    """Open a log of any kind, and return it.

    ``data`` is a path or several (files of any format, compressed or not; patterns; ``-`` for
    standard input; addresses of object stores and the web), a polars frame or lazy frame, an
    object with an Arrow C stream (pandas, pyarrow, DuckDB), or a :class:`Log`, which is returned
    as it is. A file that is named twice is read once. The result of ``query`` is one more file.

    ``columns`` maps a canonical column to the name that it has (``message_id`` to ``case_id``).
    ``log_format`` is a canonical format or one that ``fsm formats`` lists; by default the content
    decides. ``mapping`` are mapping files, which say how the records of a log are read and what
    its events mean; ``events`` maps an event of the log to that of a machine (``Create Fine`` to
    ``create_fine``). ``options``, a :class:`fsm.logs.reading.ReadingOptions`, say how logs of other
    formats are read.

    A file that cannot be read is left out where others can, and so is a copy of another one; both
    stand in :attr:`fsm.logs.log.Log.conversions`. Raises :class:`fsm.errors.LogError`, naming file,
    line and remedy, where nothing can be opened. Errors further inside a canonical log are found
    when its rows are read.

    >>> import polars as pl
    >>> rows = pl.DataFrame({
    ...     "message_id": ["m1", "m1"],
    ...     "event": ["relayed", "delivered"],
    ...     "time": ["2026-01-31T09:30:00Z", "2026-01-31T09:30:02Z"],
    ... })
    >>> log = open_log(rows, {"timestamp": "time"})
    >>> log, log.frame["event"].to_list()
    (<Log <frame>>, ['relayed', 'delivered'])
    """
    if isinstance(data, Log):
        if columns or log_format or query or mapping or events:
            raise LogError("this log is open already; give columns and format when it is opened")
        return data
    options = _options(options, columns, mapping, events or {})
    if options.mappings and log_format:
        raise LogError("a mapping says how a log is read, and so does its format; give one")
    frame = _frame_of(data, options.columns)
    if frame is not None:
        if log_format or query:
            raise LogError("a frame has no format, and cannot be combined with a query")
        return Log((_frame_file(frame, options),))
    recognised, left_out = _recognised(_paths(data), log_format, options, query)
    return _opened_files(recognised, left_out, log_format, options)


def _opened_files(
    recognised: Sequence[RecognisedFile],
    left_out: list[Notes],
    log_format: str | None,
    options: ReadingOptions,
) -> Log:
    """Return files as a log: canonical ones as they are, the others converted."""
    if options.checkpoint is not None and _is_read_bit_by_bit(recognised, options.checkpoint):
        return _read_bit_by_bit(recognised, left_out, options)
    # Hand-overs can be inserted into converted rows alone.
    canonical = [f for f in recognised if f.format in CANONICAL and not options.relayed]
    others = [file for file in recognised if file not in canonical]
    files = []
    for file in canonical:
        with skipping(file.stored.name, left_out):
            files.append(
                open_canonical(
                    file.stored, file.format, options.columns, options.redaction, options.renamed
                )
            )
    if not others:
        if not files:
            check_usable(left_out)
        return Log(tuple(files), tuple(left_out))
    from fsm.logs.converted_log import convert_to_rows

    handed_over = [_handed_over(file) for file in files]
    converted = convert_to_rows(others, options, left_out, handed_over)
    if log_format is not None:
        _leave_out_other_formats(others, log_format, converted.notes, options.labels)
    if not files:
        check_usable(converted.notes)
    return Log((*files, checked_columns(converted.file())), converted.notes)


def _is_read_bit_by_bit(files: Iterable[RecognisedFile], checkpoint: Path) -> bool:
    """Return whether a checkpoint keeps the rows of these files, as of any but canonical logs."""
    from fsm.logs.incremental.incremental_run import is_incremental

    others = (file.format not in CANONICAL or file.stored.name == QUERY for file in files)
    return any(others) or is_incremental(checkpoint)


def _read_bit_by_bit(
    recognised: Sequence[RecognisedFile], left_out: list[Notes], options: ReadingOptions
) -> Log:
    """Return what earlier runs read, and what is new of files."""
    from fsm.logs.converted_log import convert_to_rows
    from fsm.logs.incremental.incremental_run import IncrementalRun

    run = IncrementalRun.opened(options)
    files = run.take(recognised, left_out)
    converted = convert_to_rows(files, options, left_out, run=run)
    check_usable(converted.notes)
    return Log((checked_columns(converted.file()),), converted.notes, run)


def convert_logs(
    paths: Iterable[str],
    log_format: str | None = None,
    options: ReadingOptions | None = None,
    query: Query | None = None,
    written: str = "",
) -> ConvertedLog:
    """Convert logs, canonical ones too, to rows that can be written.

    ``written`` is the suffix of the file to write. Raises :class:`fsm.errors.LogError`, also for
    a single canonical log that would be written unchanged.
    """
    from fsm.logs.converted_log import convert_to_rows

    options = options or ReadingOptions()
    files, left_out = _recognised(paths, log_format, options, query)
    if not files:
        check_usable(left_out)
    (first, *more) = files
    same = first.format in CANONICAL and first.stored.name.lower().endswith(written or "\0")
    plain = not options.columns and not options.events and options.redaction is None
    if same and not more and plain:
        raise LogError(
            f"{first.stored.name}: read as canonical {first.format} ({first.reason}); it needs no "
            "conversion. Name another kind of file with -o, or give --format if it is another"
        )
    converted = convert_to_rows(files, options, left_out)
    check_usable(converted.notes)
    return converted


def _handed_over(file: LogFile) -> pl.LazyFrame:
    """Return the messages whose hand-overs a canonical log records."""
    rows = file.scan(["message_id", "recipient", "event"])
    return rows.filter(pl.col("event") == "relayed").select("message_id", "recipient")


def _options(
    options: ReadingOptions | None,
    columns: Mapping[str, str] | None,
    mapping: str | Path | Iterable[str | Path],
    events: Mapping[str, str],
) -> ReadingOptions:
    """Return options with columns, mappings and events; refuse arguments of wrong types."""
    if not isinstance(columns, Mapping | None):
        raise ArgumentError(
            f"columns: {columns!r} maps no names; write for example {{'message_id': 'case_id'}}"
        )
    if not isinstance(options, ReadingOptions | None):
        raise ArgumentError(f"options: {options!r} are no fsm.logs.reading.ReadingOptions")
    if mapping or events:
        from fsm.logs.mapping.own_mappings import with_mappings

        options = with_mappings(options or ReadingOptions(), mapping, events)
    options = options or ReadingOptions()
    if columns:
        options = replace(options, columns={**options.columns, **_known_columns(columns)})
    return options


def _known_columns(columns: Mapping[str, str]) -> Mapping[str, str]:
    """Return the mapping of columns; refuse one that names no canonical column."""
    for name in columns:
        if name not in (*NEEDED, *OPTIONAL):
            raise LogError(no_such("canonical column", name, (*NEEDED, *OPTIONAL)))
    return columns


def _frame_of(data: object, columns: Mapping[str, str]) -> pl.LazyFrame | None:
    """Return data in memory as a frame; None for paths."""
    if isinstance(data, pl.Series):
        raise LogError(f"{FRAME}: a series is one column; give a frame with all columns of the log")
    if isinstance(data, pl.LazyFrame):
        return data
    if isinstance(data, pl.DataFrame):
        return data.lazy()
    if hasattr(data, "__arrow_c_stream__"):
        return read_arrow(data, [columns.get(name, name) for name in (*NEEDED, *OPTIONAL)]).lazy()
    return None


def _frame_file(frame: pl.LazyFrame, options: ReadingOptions) -> LogFile:
    return check_types(
        checked_columns(
            LogFile(
                Path(),
                FRAME,
                "frame",
                frame,
                columns=options.columns,
                renamed=options.renamed,
                redaction=options.redaction,
            )
        )
    )


def _paths(data: object) -> list[str]:
    if isinstance(data, str | Path):
        return [str(data)]
    if isinstance(data, Iterable) and not isinstance(data, bytes | Mapping | IOBase):
        paths = list(data)
        if all(isinstance(path, str | Path) for path in paths):
            return [str(path) for path in paths]
    raise LogError(f"{type(data).__name__} is no log; give paths, a frame or Arrow data")


def _recognised(
    paths: Iterable[str],
    log_format: str | None,
    options: ReadingOptions,
    query: Query | None,
) -> tuple[list[RecognisedFile], list[Notes]]:
    """Return the files that paths and query name, each with the format it is read as.

    The notes are on files that cannot be read, and on copies of others.
    """
    left_out: list[Notes] = []
    found = find_files(paths, log_format)
    if options.redaction is None:
        for file in found:
            _refuse_missing_file(file)
    stored = [_without_addresses(file, options) for file in found]
    are_canonical = options.columns and log_format is None and query is None
    files = []
    for file in stored:
        with skipping(file.name, left_out):
            if options.redaction is None and log_format is None:
                _refuse_wrong_file(file)
            recognised = (
                recognise_canonical(file)  # columns are those of canonical logs
                if are_canonical
                else recognise(file, log_format, options)
            )
            files.append(_with_meanings(recognised, options))
    _refuse_unused(files, options)
    files = without_copies(files, left_out)
    if query:
        files.append(_query_result(query, log_format, options))
    if not files and not left_out:
        raise LogError("no log files given")
    return files, left_out


def _with_meanings(file: RecognisedFile, options: ReadingOptions) -> RecognisedFile:
    """Return a canonical log as one of a mapping, where events are to get more than other names."""
    if file.format not in CANONICAL or not options.events or options.renamed:
        return file
    from fsm.logs.mapping.own_mappings import canonical_format

    if file.format == "parquet":
        raise LogError(
            f"{file.stored.name}: events of Parquet can only get other names; those of a machine"
        )
    form = canonical_format(options.columns)
    return replace(file, format=form.name, form=form)


def _refuse_unused(files: Iterable[RecognisedFile], options: ReadingOptions) -> None:
    """Refuse a mapping that the user names and that describes none of the files."""
    used = {file.form.name for file in files if file.form is not None}
    for form in options.mappings:
        if form.name not in used:
            signs = " or ".join(", ".join(paths) for paths in form.layout.recognise)
            raise LogError(
                f"{form.name}: this mapping fits none of the logs; "
                f"{f'their first records do not have {signs}' if signs else 'others fit better'}"
            )


def _refuse_missing_file(file: StoredFile) -> None:
    if file.url is None and file.group is None and not os.path.lexists(file.path):
        raise LogError(f"{file.name}: {missing_file(file.path)}")


def _refuse_wrong_file(file: StoredFile) -> None:
    """Refuse a file that is no log by its name.

    Names of other files may hold addresses, so this is not for logs that are redacted.
    """
    if file.url is not None or file.group is not None:  # mails of a Maildir end in names of hosts
        return
    is_machine = file.path.suffix == ".json" and _MACHINE.search(file.head())
    if wrong := misplaced_file("machine.dot" if is_machine else file.name, "log"):
        raise LogError(f"{file.name}: {wrong}; if it is a log, fsm replay --format reads it")


def _leave_out_other_formats(
    files: Iterable[RecognisedFile], log_format: str, notes: Sequence[Notes], labels: str | None
) -> None:
    """Note files without an event of the format that was given, unless their content fits it."""
    without_events = {
        note.name: note
        for note in notes
        if note.lines
        and not note.unusable
        and not (note.events or note.side_events.total or note.unmapped.total)
    }
    for file in files:
        name = file.stored.name
        found = guess(file.stored.head(), labels) if name in without_events else None
        if name in without_events and (found is None or found.format != file.format):
            seems = f"; its content is that of {found.format}" if found else ""
            error = LogError(
                f"{name}: no line is an event of {log_format}{seems}; without --format, the "
                "content decides (see: fsm formats)"
            )
            leave_out(without_events[name], error)


def _query_result(query: Query, log_format: str | None, options: ReadingOptions) -> RecognisedFile:
    """Return the result of a query: a canonical log, or an export of statuses."""
    from fsm.logs.storage.query import run_query
    from fsm.logs.storage.scans import scan_parquet

    if log_format not in (None, "snapshot"):
        raise LogError(
            f"{QUERY}: its rows are those of a canonical log or an export of statuses (snapshot), "
            f"not {log_format}; name its columns message_id, event and timestamp in the query"
        )
    result = run_query(query)
    lacking = [n for n in NEEDED if options.columns.get(n, n) not in result.names]
    guessed = guess_by_columns(result.names, "its columns are", options.labels) if lacking else None
    if log_format is None and guessed is None:
        stored = StoredFile(result.path, QUERY, keep=result.keep)
        return RecognisedFile(stored, "parquet", "the rows of a query")
    lines = result.path.with_name("query.jsonl")  # one row, one line
    scan_parquet(result.path).sink_ndjson(lines)
    reason = guessed.reason if log_format is None and guessed else "as given"
    return RecognisedFile(StoredFile(lines, QUERY, keep=result.keep), "snapshot", reason)


def _without_addresses(file: StoredFile, options: ReadingOptions) -> StoredFile:
    """Return the file under a name without addresses; names of files may contain some."""
    redaction = options.redaction
    if redaction is None:
        return file
    group = file.group and redaction.file_name(file.group)
    return replace(file, name=redaction.file_name(file.name), group=group)
