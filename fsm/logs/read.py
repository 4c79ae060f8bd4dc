"""Open logs of any format, in any mixture, as one log that can be replayed."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl

from fsm.errors import LogError
from fsm.logs.convert import Choices, Plan, plan
from fsm.logs.detect import CANONICAL, guess_names
from fsm.logs.files import Holder, Input, expand
from fsm.logs.notes import Notes
from fsm.logs.plain import Plain
from fsm.logs.query import Query, execute
from fsm.logs.spool import Spool, spool
from fsm.replay.source import NEEDED, QUERY, Log, Source, check_columns, open_source

__all__ = ["convert_logs", "open_logs"]

_UNKNOWN_TO_POLARS = (b"BZh", b"\xfd7zXZ\x00")


def open_logs(
    paths: Iterable[str],
    columns: Mapping[str, str] | None = None,
    form: str | None = None,
    choices: Choices | None = None,
    hide: Callable[[str], str] | None = None,
    query: Query | None = None,
) -> tuple[Log, tuple[Notes, ...]]:
    """Open logs, canonical ones and others, and say what was made of the others.

    ``form`` is a name of :func:`fsm.logs.meaning.format_names` or of a canonical format; None
    tells by content. The result of ``query`` is one more log. Raises
    :class:`fsm.errors.LogError`, naming file, line and remedy.
    """
    choices = choices or Choices()
    plans = plan(expand(paths), "csv" if columns and form is None else form, choices.labels)
    sources = [_canonical(item, form) for item in plans if item.format in CANONICAL]
    if query:
        found = _answer(query, columns or {}, form, choices)
        if isinstance(found, Source):
            sources.append(found)
        else:
            plans.append(found)
    others = [item for item in plans if item.format not in CANONICAL]
    notes: tuple[Notes, ...] = ()
    if others:
        spooled = spool(others, choices, hide)
        notes = spooled.notes
        sources.append(spooled.source())
    if not sources:
        raise LogError("no log files given")
    return _checked(Log(tuple(sources), columns or {})), notes


def _checked(log: Log) -> Log:
    for source in log.sources:
        check_columns(source, log.named)
    return log


def convert_logs(
    paths: Iterable[str],
    form: str | None = None,
    choices: Choices | None = None,
    hide: Callable[[str], str] | None = None,
    query: Query | None = None,
) -> Spool | Plain:
    """Convert logs; raises :class:`fsm.errors.LogError`, also for those that need none.

    The result of ``query`` may be a canonical log, if there is no other one.
    """
    choices = choices or Choices()
    plans = plan(expand(paths), form, choices.labels)
    if query:
        found = _answer(query, {}, form, choices)
        if isinstance(found, Plan):
            plans.append(found)
        elif plans:
            raise LogError(f"{QUERY}: a canonical log; write it alone, without other logs")
        else:
            return Plain(_checked(Log((found,))), choices.disguise)
    for item in plans:
        if item.format in CANONICAL:
            raise LogError(
                f"{item.source.name}: read as canonical {item.format} ({item.reason}); "
                "it needs no conversion. Give --format if it is something else"
            )
    return spool(plans, choices, hide)


def _answer(
    query: Query, columns: Mapping[str, str], form: str | None, choices: Choices
) -> Source | Plan:
    """Return the result of a query as a canonical log, or as an export of statuses."""
    if form not in (None, "snapshot"):
        raise LogError(
            f"{QUERY}: its rows are those of a canonical log or an export of statuses (snapshot), "
            f"not {form}; name its columns message_id, event and timestamp in the query"
        )
    result = execute(query)
    rows = pl.scan_parquet(result.path)
    lacking = [name for name in NEEDED if columns.get(name, name) not in result.names]
    found = guess_names(result.names, "its columns are", choices.labels) if lacking else None
    if form is None and found is None:
        source = Source(result.path, QUERY, "frame", rows)
        weakref.finalize(source, id, result.keep)
        return source
    lines = result.path.with_name("query.jsonl")  # one row, one line
    rows.sink_ndjson(lines)
    reason = found.reason if form is None and found else "as given"
    return Plan(Input(lines, QUERY, keep=result.keep), "snapshot", reason)


def _canonical(item: Plan, form: str | None) -> Source:
    place, keep = item.source, item.source.keep
    with place.path.open("rb") as file:
        if file.read(6).startswith(_UNKNOWN_TO_POLARS):
            place = _unpacked(place)
            keep = place.keep
    source = open_source(place.path, place.name, form if form in CANONICAL else None)
    weakref.finalize(source, id, keep)  # a temporary file stays as long as its source
    return source


def _unpacked(packed: Input) -> Input:
    directory = tempfile.TemporaryDirectory(prefix="fsm-", ignore_cleanup_errors=True)
    path = Path(directory.name) / "log"
    packed.unpack(path)
    return replace(packed, path=path, keep=Holder(directory.cleanup))
