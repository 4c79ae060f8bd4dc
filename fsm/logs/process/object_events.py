"""The events of an object-centric log as rows: one type of objects is the message.

An event that is related to several messages counts for each of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import polars as pl

from fsm.errors import LogError
from fsm.files import held_folder, read_stream
from fsm.logs.notes import Notes
from fsm.logs.process.object_log import MOST_BYTES, ObjectLog
from fsm.logs.process.rows import FREE_TEXT, NUMBER, event_rows, readable_events
from fsm.logs.reading import ReadingOptions
from fsm.logs.storage.compression import unpacking_errors
from fsm.logs.storage.stored_file import StoredFile
from fsm.suggest import no_such
from fsm.text import quantity, visible

__all__ = ["ocel_rows"]

SIGNATURE = b"SQLite format 3\0"
_OWN = "message"
"""The type of objects that stands for messages in logs that were written from a converted log."""
_ROWS = 1 << 16
_GIVEN_ID = pl.when(~pl.col("id").str.starts_with("\0")).then("id")
_SHOWN = 8
"""Types in a message."""


def ocel_rows(stored: StoredFile, options: ReadingOptions, notes: Notes) -> Iterator[pl.DataFrame]:
    """Yield the events of an object-centric log as rows of a converted log.

    Raises :class:`LogError` for what is no OCEL 2.0, and where it is not clear which objects are
    the messages.
    """
    others = [name for name in options.columns if name != "message_id"]
    if others:
        raise LogError(
            f"{stored.name}: --column {others[0]} has no meaning for OCEL; it names the "
            "type of the messages: --column message_id=TYPE"
        )
    log = _read(stored, notes)
    notes.records.read += log.events.height
    kind = _message_type(log, options.columns.get("message_id"), notes)
    notes.unit = None if kind == _OWN else visible(kind)
    of_type = "one type" if options.redaction else f"type {visible(kind)}"
    notes.assumed["objects"] = f"messages are the objects of {of_type}"
    rows = _rows(log, kind, notes, options)
    yield from rows.iter_slices(_ROWS)


def _read(stored: StoredFile, notes: Notes) -> ObjectLog:
    if not stored.head(len(SIGNATURE)).startswith(SIGNATURE):
        return _read_text(stored, notes)
    from fsm.logs.process.ocel_sqlite import read_sqlite

    with stored.path.open("rb") as file:
        is_packed = stored.member is not None or file.read(len(SIGNATURE)) != SIGNATURE
    path, keep = stored.path, None
    if is_packed:
        folder, keep = held_folder()
        path = folder / "log.sqlite"
        stored.unpack(path)
    log = read_sqlite(stored.name, path)
    del keep
    notes.lines = log.events.height
    return log


def _read_text(stored: StoredFile, notes: Notes) -> ObjectLog:
    from fsm.logs.process.ocel_json import read_json
    from fsm.logs.process.ocel_xml import read_xml

    with closing(stored.open()) as file:
        if stored.head(64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"{":
            log, notes.lines = read_xml(stored.name, file)
            return log
        with unpacking_errors(stored.name):
            data = read_stream(file, stored.name, MOST_BYTES, "a log of OCEL", LogError)
    notes.size += len(data)
    notes.lines = data.count(b"\n") + (not data.endswith(b"\n"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LogError(f"{stored.name}:{line}: not UTF-8 text; save the log as UTF-8") from error
    return read_json(stored.name, text)


def _message_type(log: ObjectLog, given: str | None, notes: Notes) -> str:
    """Return the type of the objects that are messages."""
    name = notes.name
    used = log.objects.join(
        log.relations.select(pl.col("object_id").alias("id")).unique(), on="id", how="semi"
    )
    counts = used.group_by("type").len().drop_nulls().sort("len", "type", descending=[True, False])
    types = counts["type"].to_list()
    if given is not None:
        if given not in types:
            raise LogError(f"{name}: {no_such('type of objects', given, types)}")
        return given
    if _OWN in types:
        return _OWN
    if len(types) == 1:
        return str(types[0])
    if not types:
        raise LogError(f"{name}: no event is related to an object, so none is of a message")
    listed = ", ".join(f"{visible(k)} ({n:,})" for k, n in counts.head(_SHOWN).iter_rows())
    listed = "" if notes.redacted else f": {listed}{', ...' if len(types) > _SHOWN else ''}"
    raise LogError(
        f"{name}: objects of {len(types)} types{listed}; name the one that is a message: "
        "--column message_id=TYPE"
    )


def _rows(log: ObjectLog, kind: str, notes: Notes, options: ReadingOptions) -> pl.DataFrame:
    """Return the events of the messages, in the order of the log."""
    events = log.events.with_row_index(NUMBER).with_columns(pl.lit("").alias("message_id"))
    if events["id"].is_duplicated().any():  # the replay drops and counts those of one id
        events = events.with_columns(event_id=pl.coalesce("event_id", _GIVEN_ID))
    columns = {name: events[name] for name in events.columns}
    events = readable_events(columns, notes, options.zone).drop("message_id")
    messages = _messages(log, kind)
    of_messages = log.relations.unique(maintain_order=True).join(
        messages, left_on="object_id", right_on="id", how="inner", maintain_order="left"
    )
    rows = events.join(
        of_messages, left_on="id", right_on="event_id", how="left", maintain_order="left_right"
    )
    others = rows.filter(pl.col("object_id").is_null())
    if others.height:
        first, count = int(others["line"][0]), others[NUMBER].n_unique()
        notes.pass_over("event of no {}", first, quote=visible(kind), records=count)
    rows = rows.filter(pl.col("object_id").is_not_null())
    shared = rows.group_by(NUMBER).len().filter(pl.col("len") > 1).height
    if shared:
        notes.assumed["shared"] = (
            f"{quantity(shared, 'event')} of several messages: each counts for all of them"
        )
    deliveries = log.objects.filter(pl.col("delivery_id").is_not_null(), type="delivery")
    of_events = (
        log.relations.join(
            deliveries.select("id", "delivery_id"), left_on="object_id", right_on="id", how="inner"
        )
        .group_by("event_id")
        .agg(pl.col("delivery_id").first())
    )
    rows = rows.join(
        of_events, left_on="id", right_on="event_id", how="left", maintain_order="left"
    )
    rows = rows.drop(FREE_TEXT) if options.redaction else rows
    return event_rows(rows, "ocel", notes, options.renamed)


def _messages(log: ObjectLog, kind: str) -> pl.DataFrame:
    """Return the objects that are messages, with the ids that these have in rows."""
    messages = log.objects.filter(type=kind).unique("id", keep="first", maintain_order=True)
    if kind == _OWN and messages["message_id"].is_not_null().any():
        message_id = pl.coalesce("message_id", "id")
        return messages.select("id", "recipient", message_id=message_id)
    return messages.select("id", message_id=pl.col("id"))
