"""An object-centric event log as its readers return it: events, objects, and who is in what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from fsm.logs.process.rows import OWN

__all__ = ["ATTRIBUTES", "MOST_BYTES", "ObjectLog", "ObjectLogParts"]

MOST_BYTES: Final = 1 << 30
"""Bytes of a document, which is held in memory."""
ATTRIBUTES = tuple(name for name in OWN if name != "delivery_id")
"""The attributes of events that are read."""


@dataclass(frozen=True)
class ObjectLog:
    """The content of an object-centric log.

    ``events`` has ``id``, ``event``, ``timestamp``, ``line`` and attributes, ``objects`` has
    ``id``, ``type`` and attributes, ``relations`` has ``event_id`` and ``object_id``.
    """

    events: pl.DataFrame
    objects: pl.DataFrame
    relations: pl.DataFrame


@dataclass
class ObjectLogParts:
    """Collects the content of a log, one event or object after the other."""

    _events: list[tuple[str | None, ...]] = field(default_factory=list)
    _lines: list[int] = field(default_factory=list)
    _objects: list[tuple[str | None, ...]] = field(default_factory=list)
    _relations: list[tuple[str, str]] = field(default_factory=list)

    def add_event(
        self,
        name: str | None,
        kind: str | None,
        time: str | None,
        line: int,
        attributes: Mapping[str, str],
    ) -> str:
        """Add an event, and return its id, by which it is related; events may lack one."""
        number = name if name is not None else f"\0{len(self._events)}"
        self._events.append((number, kind, time, *map(attributes.get, ATTRIBUTES)))
        self._lines.append(line)
        return number

    def add_object(self, name: str, kind: str | None, attributes: Mapping[str, str]) -> None:
        """Add an object."""
        self._objects.append((name, kind, *map(attributes.get, _OF_OBJECTS)))

    def relate(self, event: str, thing: str) -> None:
        """Add that an event is related to an object."""
        self._relations.append((event, thing))

    def log(self) -> ObjectLog:
        """Return the content as columns."""
        lines = pl.Series("line", self._lines, pl.Int64)
        return ObjectLog(
            _frame(self._events, ("id", "event", "timestamp", *ATTRIBUTES)).with_columns(lines),
            _frame(self._objects, ("id", "type", *_OF_OBJECTS)),
            _frame(self._relations, ("event_id", "object_id")),
        )


_OF_OBJECTS = ("message_id", "recipient", "delivery_id")
"""The attributes of objects that are read."""


def _frame(
    rows: list[tuple[str | None, ...]] | list[tuple[str, str]], names: tuple[str, ...]
) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
