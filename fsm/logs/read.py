"""Open logs of any format, in any mixture, as one log that can be replayed."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from fsm.errors import LogError
from fsm.logs.convert import Choices, Plan, plan
from fsm.logs.detect import CANONICAL
from fsm.logs.files import Holder, Input, expand
from fsm.logs.notes import Notes
from fsm.logs.spool import Spool, spool
from fsm.replay.source import Log, Source, check_columns, open_source

__all__ = ["convert_logs", "open_logs"]

_UNKNOWN_TO_POLARS = (b"BZh", b"\xfd7zXZ\x00")


def open_logs(
    paths: Iterable[str],
    columns: Mapping[str, str] | None = None,
    form: str | None = None,
    choices: Choices | None = None,
    hide: Callable[[str], str] | None = None,
) -> tuple[Log, tuple[Notes, ...]]:
    """Open logs, canonical ones and others, and say what was made of the others.

    ``form`` is a name of :func:`fsm.logs.meaning.format_names` or of a canonical format; None
    tells by content. Raises :class:`fsm.errors.LogError`, naming file, line and remedy.
    """
    choices = choices or Choices()
    plans = plan(expand(paths), "csv" if columns and form is None else form, choices.labels)
    sources = [_canonical(item, form) for item in plans if item.format in CANONICAL]
    others = [item for item in plans if item.format not in CANONICAL]
    notes: tuple[Notes, ...] = ()
    if others:
        found = spool(others, choices, hide)
        notes = found.notes
        sources.append(found.source())
    if not sources:
        raise LogError("no log files given")
    log = Log(tuple(sources), columns or {})
    for source in sources:
        check_columns(source, log.named)
    return log, notes


def convert_logs(
    paths: Iterable[str],
    form: str | None = None,
    choices: Choices | None = None,
    hide: Callable[[str], str] | None = None,
) -> Spool:
    """Convert logs; raises :class:`fsm.errors.LogError`, also for those that need none."""
    choices = choices or Choices()
    plans = plan(expand(paths), form, choices.labels)
    for item in plans:
        if item.format in CANONICAL:
            raise LogError(
                f"{item.source.name}: read as canonical {item.format} ({item.reason}); "
                "it needs no conversion. Give --format if it is something else"
            )
    return spool(plans, choices, hide)


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
    with packed.open() as file, path.open("wb") as plain:
        shutil.copyfileobj(file, plain)
    return replace(packed, path=path, keep=Holder(directory.cleanup))
