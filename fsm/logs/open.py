"""Open logs of any format, in any mixture, as one log that can be replayed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from fsm.errors import LogError
from fsm.logs.canonical_input import canonical_source
from fsm.logs.conversion import Choices, Plan, plan
from fsm.logs.detect import CANONICAL, guess_names
from fsm.logs.log import NEEDED, QUERY, Log, check_columns
from fsm.logs.notes import Notes
from fsm.logs.spool import Spool, spool
from fsm.logs.storage.files import Input, expand
from fsm.logs.storage.query import Query, execute
from fsm.logs.storage.scans import scan_parquet

__all__ = ["convert_logs", "open_logs"]


def open_logs(
    paths: Iterable[str],
    columns: Mapping[str, str] | None = None,
    form: str | None = None,
    choices: Choices | None = None,
    query: Query | None = None,
) -> tuple[Log, tuple[Notes, ...]]:
    """Open logs, canonical ones and others, and say what was made of the others.

    ``form`` is a name of :func:`fsm.logs.mapping.event_mapping.format_names` or of a canonical
    format; None tells by content. The result of ``query`` is one more log. Raises
    :class:`fsm.errors.LogError`, naming file, line and remedy.
    """
    choices = choices or Choices()
    files = _inputs(paths, form, choices)
    plans = plan(files, "csv" if columns and form is None else form, choices.labels)
    if query:
        plans.append(_answer(query, columns or {}, form, choices))
    sources = [
        canonical_source(item.source, form, choices.redaction)
        for item in plans
        if item.format in CANONICAL
    ]
    others = [item for item in plans if item.format not in CANONICAL]
    notes: tuple[Notes, ...] = ()
    if others:
        spooled = spool(others, choices)
        notes = spooled.notes
        sources.append(spooled.source())
    if not sources:
        raise LogError("no log files given")
    return _checked(Log(tuple(sources), columns or {})), notes


def _inputs(paths: Iterable[str], form: str | None, choices: Choices) -> list[Input]:
    """Return the files that paths name; the name of a file may hold an address, too."""
    files, redaction = expand(paths, form), choices.redaction
    if redaction is None:
        return files
    return [
        replace(
            file,
            name=redaction.file_name(file.name),
            group=file.group and redaction.file_name(file.group),
        )
        for file in files
    ]


def _checked(log: Log) -> Log:
    for source in log.sources:
        check_columns(source, log.named)
    return log


def convert_logs(
    paths: Iterable[str],
    form: str | None = None,
    choices: Choices | None = None,
    query: Query | None = None,
    written: str = "",
) -> Spool:
    """Convert logs, canonical ones too: into another kind of file, or together with others.

    ``written`` is the suffix of what shall be written. Raises :class:`fsm.errors.LogError`, also
    for one canonical log that would be written as it is.
    """
    choices = choices or Choices()
    files = _inputs(paths, form, choices)
    form = "csv" if choices.columns and form is None and not query else form
    plans = plan(files, form, choices.labels)
    if query:
        plans.append(_answer(query, choices.columns, form, choices))
    if not plans:
        raise LogError("no log files given")
    (item, *more) = plans
    same = item.format in CANONICAL and item.source.name.lower().endswith(written or "\0")
    if same and not more and not choices.columns and choices.redaction is None:
        raise LogError(
            f"{item.source.name}: read as canonical {item.format} ({item.reason}); it needs no "
            "conversion. Name another kind of file with -o, or give --format if it is another"
        )
    return spool(plans, choices)


def _answer(query: Query, columns: Mapping[str, str], form: str | None, choices: Choices) -> Plan:
    """Return the result of a query as a canonical log, or as an export of statuses."""
    if form not in (None, "snapshot"):
        raise LogError(
            f"{QUERY}: its rows are those of a canonical log or an export of statuses (snapshot), "
            f"not {form}; name its columns message_id, event and timestamp in the query"
        )
    result = execute(query)
    rows = scan_parquet(result.path)
    lacking = [name for name in NEEDED if columns.get(name, name) not in result.names]
    found = guess_names(result.names, "its columns are", choices.labels) if lacking else None
    if form is None and found is None:
        return Plan(Input(result.path, QUERY, keep=result.keep), "parquet", "the rows of a query")
    lines = result.path.with_name("query.jsonl")  # one row, one line
    rows.sink_ndjson(lines)
    reason = found.reason if form is None and found else "as given"
    return Plan(Input(lines, QUERY, keep=result.keep), "snapshot", reason)
