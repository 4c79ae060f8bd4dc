"""A delivery log as an object-centric event log (OCEL 2.0): its types, objects and events.

Objects are messages, recipients and deliveries. An event relates to its message, its recipient and
its delivery; a message also relates to its recipient and delivery. An id consists of kind and name
(``recipient:a@x.example``), so that no two objects share one; the id of an event is the number of
its row (``e17``). Objects are held in memory, events are not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from fsm.logs.write.texts import in_id, instants, joined_texts
from fsm.logs.write.traces import KEY, message_name

__all__ = [
    "ALWAYS",
    "KINDS",
    "MESSAGE_OBJECTS",
    "EventType",
    "ObjectKind",
    "attributes",
    "event_types",
    "objects",
    "ocel_events",
]

ALWAYS = "1970-01-01T00:00:00.000000Z"
"""The time from which objects have their attributes: the format requires one."""
_TYPES = {"String": "string", "Int64": "integer", "Boolean": "boolean"}
_NO_ATTRIBUTES = (*KEY, "delivery_id", "event", "timestamp")
"""Columns of the event itself and of the objects it relates to."""
_ROWS = 50_000


@dataclass(frozen=True)
class ObjectKind:
    """A type of objects: the column of each attribute, and the qualifier of related events."""

    name: str
    attributes: Mapping[str, str]
    qualifier: str

    @property
    def column(self) -> str:
        """The column with the id of the object that a row is related to."""
        return f"to_{self.name}"


@dataclass(frozen=True)
class EventType:
    """A type of events: its attributes, each with its type in OCEL."""

    name: str
    attributes: Mapping[str, str]


KINDS = (
    ObjectKind("message", {name: name for name in KEY}, "happened to"),
    ObjectKind("recipient", {"address": "recipient"}, "addressed to"),
    ObjectKind("delivery", {"delivery_id": "delivery_id"}, "sent in"),
)
MESSAGE_OBJECTS = KINDS[1:]
"""The types of objects that a message relates to."""


def attributes(rows: pl.LazyFrame) -> dict[str, str]:
    """Return the columns that are attributes of events, each with its type in OCEL."""
    schema = rows.collect_schema()
    return {name: _TYPES[str(t)] for name, t in schema.items() if name not in _NO_ATTRIBUTES}


def event_types(rows: pl.LazyFrame) -> list[EventType]:
    """Return the types of events in rows of a converted log, each with the attributes it has."""
    types = attributes(rows)
    used = rows.group_by("event").agg(pl.col(name).is_not_null().any() for name in types)
    return [
        EventType(row["event"], {name: kind for name, kind in types.items() if row[name]})
        for row in used.collect(engine="streaming").sort("event").iter_rows(named=True)
    ]


def ocel_events(rows: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """Yield rows with ``id``, ``time`` and the ids of the objects, in the order of the log.

    Each part but the last one has the same size, whatever the batches that polars makes: the bytes
    of a database depend on which rows are written together.
    """
    numbered = rows.with_row_index("number", offset=1).with_columns(
        joined_texts(pl.lit("e"), pl.col("number").cast(pl.String)).alias("id"),
        instants(pl.col("timestamp"), "%.6f").alias("time"),
        *(_id(kind).alias(kind.column) for kind in KINDS),
    )
    rest: list[pl.DataFrame] = []
    for batch in numbered.collect_batches(maintain_order=True):
        parts = list(pl.concat([*rest, batch]).iter_slices(_ROWS))
        yield from parts[:-1]
        rest = parts[-1:]
    yield from rest


def objects(rows: pl.LazyFrame) -> Iterator[tuple[ObjectKind, pl.DataFrame]]:
    """Yield the objects of each kind: ``id`` and attributes.

    Messages also have lists of the ids of related objects, in the columns of
    :data:`MESSAGE_OBJECTS`.
    """
    numbered = rows.with_row_index("row")
    for kind in KINDS:
        related = [
            _id(other).unique().drop_nulls().sort().alias(other.column) for other in MESSAGE_OBJECTS
        ]
        of_kind = (
            numbered.filter(_id(kind).is_not_null())
            .group_by(_id(kind).alias("id"))
            .agg(
                pl.col("row").min(),
                *(pl.col(column).first().alias(name) for name, column in kind.attributes.items()),
                *(related if kind.name == "message" else ()),
            )
            .sort("row")
            .drop("row")
            .collect(engine="streaming")
        )
        for part in of_kind.iter_slices(_ROWS):
            yield kind, part


def _id(kind: ObjectKind) -> pl.Expr:
    """Return the id of a row's object, null where it has none."""
    if kind.name == "message":
        return joined_texts(pl.lit("message:"), message_name())
    (column,) = kind.attributes.values()
    return joined_texts(pl.lit(f"{kind.name}:"), in_id(pl.col(column).replace("", None)))
