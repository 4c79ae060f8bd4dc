"""Events to canonical rows: the meaning of each, whether it is final, and whose fault it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import polars as pl

from fsm.logs.ledger import RecordClass
from fsm.logs.mapping.blame import LONGEST_REPLY, code_of, with_fault
from fsm.logs.mapping.event_mapping import EXCLUDED, FAILED, NOTHING, SIDE_EVENTS, Format
from fsm.logs.mapping.policy import Policy
from fsm.logs.native_event import NativeEvent, NativeEvents
from fsm.logs.notes import Notes, Occurrences

__all__ = ["SCHEMA", "event_frame", "to_rows"]

SCHEMA: dict[str, pl.DataType] = {
    "message_id": pl.String(),
    "recipient": pl.String(),
    "event": pl.String(),
    "timestamp": pl.Datetime("us", "UTC"),
    "event_id": pl.String(),
    "delivery_id": pl.String(),
    "seq": pl.Int64(),
    "final": pl.Boolean(),
    "fault": pl.String(),
    "reason": pl.String(),
    "code": pl.String(),
    "reply": pl.String(),
    "format": pl.String(),
    "native": pl.String(),
    "rule": pl.String(),
    "doubt": pl.String(),
    "file": pl.String(),
    "line": pl.Int64(),
    "final_recipient": pl.String(),
}
"""The columns of a converted log. The first seven are those of a canonical log."""

_LONGEST = 1000
"""Bytes of an id or an address; rows with longer ones are rejected."""
_LONGEST_NAME = 200
"""Characters of a native event that are kept."""

_EVENT: dict[str, pl.DataType] = {
    "message_id": pl.String(),
    "recipient": pl.String(),
    "native": pl.String(),
    "time": pl.Int64(),
    "line": pl.Int64(),
    "code": pl.String(),
    "reply": pl.String(),
    "event_id": pl.String(),
    "delivery_id": pl.String(),
    "doubt": pl.String(),
    "handed_over": pl.Int64(),
    "record": pl.Int64(),
    "final_recipient": pl.String(),
}

_MAY_LACK: Mapping[str, Literal["insert"]] = dict.fromkeys(
    ("handed_over", "record", "final_recipient"), "insert"
)
"""Columns that a frame of events may lack."""

_RANK = {
    "relayed": 0,
    "soft_bounce": 1,
    "delivered": 2,
    "retry_succeeded": 2,
    "retry_failed": 3,
    "hard_bounce": 4,
}
"""The order of simultaneous events, for formats whose records are in no order."""

_DECIDED = ("event", "rule", "code", "fault", "reason")
"""Columns that the code and the reply of a failure decide."""
_FAILURES = ("soft_bounce", "hard_bounce", "retry_failed", EXCLUDED, FAILED)


def to_rows(
    events: pl.DataFrame,
    form: Format,
    notes: Notes,
    policy: Policy,
    file: str | None = None,
) -> pl.DataFrame:
    """Return events as rows of :data:`SCHEMA`.

    Events without a meaning, and those that cannot be of a message, are only counted in ``notes``.
    """
    frame = _shortened(events)
    frame = frame.join(
        _meanings(frame["native"], form), on="native", how="left", maintain_order="left"
    )
    # The table of the format wins over the fault that an event names itself. For doubts it is the
    # other way round: that of an event is about this one, that of the table about all of its kind.
    lacking = [name for name in ("event_fault", "final_recipient") if name not in frame.columns]
    frame = frame.with_columns(pl.lit(None, pl.String).alias(name) for name in lacking)
    frame = frame.with_columns(
        fault=pl.coalesce("table_fault", "event_fault"),
        doubt=pl.coalesce("event_doubt", "table_doubt"),
    )
    unmapped = frame.filter(pl.col("event").is_null())
    _count(unmapped, notes.unmapped, form)
    nothing = frame.filter(pl.col("event") == NOTHING)
    _count(nothing, notes.passed, form)
    _count_doubts(nothing.with_columns(doubt=pl.col("table_doubt")), notes)
    frame = frame.filter(pl.col("event").is_not_null() & (pl.col("event") != NOTHING))
    frame, nameless = _identified(frame, notes)
    frame = _with_faults(frame, policy)
    _count_events(frame, notes)
    by_class = _by_class(frame) | {
        RecordClass.REJECTED: nameless,
        RecordClass.UNMAPPED: unmapped["record"],
        RecordClass.PASSED: nothing["record"],
    }
    _count_records(by_class, notes)
    rank = pl.col("event").replace_strict(_RANK, default=5, return_dtype=pl.Int64)
    return frame.with_columns(
        pl.col("time").cast(pl.Datetime("us")).dt.replace_time_zone("UTC").alias("timestamp"),
        (pl.lit(None, pl.Int64) if form.ordered else rank).alias("seq"),
        pl.lit(form.name).alias("format"),
        pl.lit(file or notes.name).alias("file"),
    ).select(*SCHEMA)


def _shortened(events: pl.DataFrame) -> pl.DataFrame:
    """Return events with texts of bounded length, and each with the number of its record.

    Their ``doubt`` becomes ``event_doubt``.
    """
    record = ["record"] if "record" in events.columns else []
    return events.with_columns(
        pl.col("native").str.slice(0, _LONGEST_NAME),
        pl.col("reply").str.slice(0, LONGEST_REPLY),
        pl.coalesce(*record, "line").alias("record"),
    ).rename({"doubt": "event_doubt"})


def _identified(events: pl.DataFrame, notes: Notes) -> tuple[pl.DataFrame, pl.Series]:
    """Return the events with a usable message id or recipient, and the records of the others."""
    names = (pl.col("message_id").fill_null(""), pl.col("recipient").fill_null(""))
    faults = {
        "an event without message id and address": names[0] == "",
        f"an id or address of more than {_LONGEST:,} bytes": pl.any_horizontal(
            name.str.len_bytes() > _LONGEST for name in names
        ),
    }
    nameless = events["record"].clear()
    for fault, wrong in faults.items():
        unusable = events.filter(wrong)
        if unusable.height:
            notes.rejected.add(fault, unusable["line"][0], unusable.height)
            nameless = pl.concat([nameless, unusable["record"]])
            events = events.filter(~wrong)
    return events, nameless


def event_frame(groups: Sequence[NativeEvents]) -> pl.DataFrame:
    """Return groups of events as one frame, with a column for each field of an event."""
    frames: list[pl.DataFrame] = []
    pending: list[NativeEvent] = []  # single events since the last frame
    for group in groups:
        if isinstance(group, pl.DataFrame):
            frames += [_columns(pending)] if pending else []
            frames.append(group.match_to_schema(_EVENT, missing_columns=_MAY_LACK))
            pending = []
        else:
            pending += group
    return pl.concat([*frames, _columns(pending)] if pending or not frames else frames)


def _columns(events: Sequence[NativeEvent]) -> pl.DataFrame:
    columns = list(zip(*events, strict=True)) or [()] * len(_EVENT)
    return pl.DataFrame(
        [
            _series(name, values, dtype)
            for (name, dtype), values in zip(_EVENT.items(), columns, strict=True)
        ]
    )


def _series(name: str, values: Sequence[object], dtype: pl.DataType) -> pl.Series:
    try:
        return pl.Series(name, values, dtype)
    except UnicodeEncodeError:  # half a character, as JSON can write it
        texts = [v and str(v).encode("utf-8", "replace").decode() for v in values]
        return pl.Series(name, texts, dtype)


def _meanings(natives: pl.Series, form: Format) -> pl.DataFrame:
    rows = []
    for native in natives.unique().to_list():
        meaning = form.meaning(native)
        if meaning is not None:
            rows.append(
                (native, meaning.event, meaning.final, meaning.fault, meaning.rule, meaning.doubt)
            )
    schema = {
        "native": pl.String,
        "event": pl.String,
        "final": pl.Boolean,
        "table_fault": pl.String,
        "rule": pl.String,
        "table_doubt": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _with_faults(frame: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Add code, fault, reason and rule to failures, and decide which event a final failure is.

    A policy may replace the event of a final failure by its reason or its fault.
    """
    frame = frame.with_columns(pl.lit(None, pl.String).alias("reason"))
    failing = frame["event"].is_in(_FAILURES)
    if not failing.any():
        return frame.with_columns(pl.lit(None, pl.String).alias("fault"))
    failures = with_fault(frame.filter(failing).with_columns(code_of().alias("code")))
    given_up = (pl.col("fault") == "expired") | pl.col("code").str.starts_with("4").fill_null(False)
    kind = pl.when(given_up).then(pl.lit("retry_failed")).otherwise(pl.lit("hard_bounce"))
    event = pl.when(pl.col("event") == FAILED).then(kind).otherwise("event")
    chosen = pl.coalesce(
        pl.col(name).replace_strict(policy.events, default=None, return_dtype=pl.String)
        for name in ("reason", "fault")
    )
    final = event.is_in(["hard_bounce", "retry_failed"])
    failures = failures.with_columns(
        pl.when(final & chosen.is_not_null()).then(chosen).otherwise(event).alias("event"),
        pl.concat_str("rule", "decided_by", separator=" ").str.strip_chars().alias("rule"),
    ).drop("decided_by")
    places = failing.arg_true()
    decided = (frame[name].scatter(places, failures[name]) for name in _DECIDED)
    return frame.with_columns(decided)


def _count(frame: pl.DataFrame, occurrences: Occurrences, form: Format) -> None:
    """Count events by their native names, which are quotes unless the table has them."""
    for (native,), part in frame.group_by("native", maintain_order=True):
        name = str(native)
        template, quote = (name, None) if name in form.meanings else ("{}", name)
        occurrences.add(template, int(part["line"][0]), part.height, quote=quote)


def _count_events(frame: pl.DataFrame, notes: Notes) -> None:
    is_side_event = frame["event"].is_in(SIDE_EVENTS)
    notes.events += frame.height - int(is_side_event.sum())
    _count_by(frame.filter(is_side_event), "event", notes.side_events)
    _count_doubts(frame, notes)


def _by_class(events: pl.DataFrame) -> dict[RecordClass, pl.Series]:
    """Return the records of events with a meaning, by what they are."""
    records, is_side_event = events["record"], events["event"].is_in(SIDE_EVENTS)
    if not is_side_event.any():
        return {RecordClass.EVENTS: records}
    is_excluded = events["event"] == EXCLUDED
    return {
        RecordClass.EVENTS: records.filter(~is_side_event),
        RecordClass.EXCLUDED: records.filter(is_excluded),
        RecordClass.BESIDE: records.filter(is_side_event & ~is_excluded),
    }


def _count_records(by_class: Mapping[RecordClass, pl.Series], notes: Notes) -> None:
    """Count records by the classes of their events; one of several events counts as its best."""
    records = pl.concat(by_class.values())
    if records.n_unique() < len(records):
        classes = np.repeat(list(by_class), [len(part) for part in by_class.values()])
        best = pl.DataFrame({"record": records, "class": classes}).group_by("record").max()
        for kind, count in best.group_by("class").len().iter_rows():
            notes.records.count(RecordClass(kind), count)
    else:  # one event of each, as nearly everywhere
        for kind, part in by_class.items():
            notes.records.count(kind, len(part))


def _count_doubts(frame: pl.DataFrame, notes: Notes) -> None:
    _count_by(frame.filter(pl.col("doubt").is_not_null()), "doubt", notes.doubts)


def _count_by(frame: pl.DataFrame, column: str, occurrences: Occurrences) -> None:
    grouped = frame.group_by(column, maintain_order=True).agg(pl.len(), pl.col("line").first())
    for text, count, line in grouped.iter_rows():
        occurrences.add(text, line, count)
