"""Events to canonical rows: the meaning of each, whether it is final, and whose fault it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Literal

import polars as pl

from fsm.logs.mapping.blame import LONGEST_REPLY, code_of, with_fault
from fsm.logs.mapping.doubts import joined_doubts
from fsm.logs.mapping.event_counts import ReadEvents, count_events
from fsm.logs.mapping.event_mapping import EXCLUDED, FAILED, NOTHING, STOPPED, Format
from fsm.logs.mapping.message_recipients import (
    bare_addresses,
    of_one_person,
    with_doubtful_failures,
)
from fsm.logs.mapping.policy import Policy
from fsm.logs.native_event import NativeEvent, NativeEvents
from fsm.logs.notes import Notes

__all__ = ["DOMAIN", "READ_SCHEMA", "SCHEMA", "event_frame", "to_rows"]

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
    "relay": pl.String(),
}
"""The columns of a converted log. The first seven are those of a canonical log; ``relay`` is the
host that answered."""

READ_SCHEMA: dict[str, pl.DataType] = {
    **SCHEMA,
    "handed_over": pl.Datetime("us", "UTC"),
    "is_stop": pl.Boolean(),
    "of_mail": pl.Boolean(),
    "record": pl.Int64(),
    "queued_as": pl.String(),
    "header_id": pl.String(),
    "queue_id": pl.String(),
    "entry_id": pl.String(),
    "original_recipient": pl.String(),
    "domain": pl.String(),
}
"""The columns of rows as they are read, before what only the whole log tells is put right.

``is_stop`` marks what is a failure only where the message was handed over, and ``queued_as`` what
is a delivery only where no log has the message under that id; ``record`` has the number of their
record, where that gave nothing else. ``of_mail`` marks what needs a hand-over. ``header_id``,
``queue_id`` and ``entry_id`` are further ids of the message, ``original_recipient`` is
whom the recipient was put in place of; ``domain`` is that of the recipient, where pseudonyms hide
it.
"""

DOMAIN = "domain"
"""The column of rows as they are read that a report shows; no converted log has it."""

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
    "explanation": pl.String(),
    "record": pl.Int64(),
    "queued_as": pl.String(),
    "header_id": pl.String(),
    "queue_id": pl.String(),
    "entry_id": pl.String(),
    "final_recipient": pl.String(),
    "original_recipient": pl.String(),
    "relay": pl.String(),
}
_MAY_LACK: Mapping[str, Literal["insert"]] = {
    "handed_over": "insert",
    "explanation": "insert",
    "record": "insert",
    "queued_as": "insert",
    "header_id": "insert",
    "queue_id": "insert",
    "entry_id": "insert",
    "final_recipient": "insert",
    "original_recipient": "insert",
    "relay": "insert",
}
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
_FAILURES = ("soft_bounce", "hard_bounce", "retry_failed", EXCLUDED, STOPPED, FAILED)
_ANSWERED = ("delivered", "soft_bounce", "hard_bounce", "retry_succeeded", "retry_failed")
_STOPS = (EXCLUDED, STOPPED)
"""Events that no receiving server has a word in."""


def to_rows(
    events: pl.DataFrame,
    form: Format,
    notes: Notes,
    policy: Policy,
    file: str | None = None,
) -> pl.DataFrame:
    """Return events as rows of :data:`READ_SCHEMA`.

    Events without a meaning, and those that cannot be of a message, are only counted in ``notes``.
    What is ``stopped`` is for the whole log to decide; it is counted there.
    """
    frame = _shortened(events)
    frame = frame.join(
        _meanings(frame["native"], form), on="native", how="left", maintain_order="left"
    )
    # The table of the format wins over the fault that an event names itself.
    frame = frame.with_columns(
        fault=pl.coalesce("table_fault", "event_fault"),
        doubt=joined_doubts("event_doubt", "table_doubt"),
    )
    unmapped = frame.filter(pl.col("event").is_null())
    nothing = frame.filter(pl.col("event") == NOTHING)
    frame = frame.filter(pl.col("event").is_not_null() & (pl.col("event") != NOTHING))
    frame, nameless = _identified(frame, notes)
    frame = frame.with_columns(of_mail=pl.lit(form.of_mail))
    if form.of_mail:
        frame = of_one_person(frame)
        if form.layout.fields and not (form.layout.each or form.layout.recipient_separator):
            frame = with_doubtful_failures(frame)
    frame = frame.with_columns(is_stop=pl.col("of_mail") & (pl.col("event") == STOPPED))
    frame = _with_faults(frame, policy)
    frame = _with_relays(frame, form)
    count_events(frame, ReadEvents(unmapped, nothing, nameless), form, notes)
    rank = pl.col("event").replace_strict(_RANK, default=5, return_dtype=pl.Int64)
    return frame.with_columns(
        _moment("time").alias("timestamp"),
        _moment("handed_over"),
        (pl.lit(None, pl.Int64) if form.ordered else rank).alias("seq"),
        pl.lit(form.name).alias("format"),
        pl.when(_is_alone(frame)).then("record").alias("record"),
        pl.lit(file or notes.name).alias("file"),
        pl.lit(None, pl.String).alias("domain"),
    ).select(*READ_SCHEMA)


def _with_relays(frame: pl.DataFrame, form: Format) -> pl.DataFrame:
    """Return mails with the relays of deliveries and bounces, which these hosts answered.

    Other records name hosts as well: the one that handed a message over, or that of a reader.
    """
    if not form.of_mail or frame["relay"].null_count() == frame.height:
        return frame
    has_answer = pl.col("event").is_in(_ANSWERED)
    if form.answered:
        has_answer &= pl.col("native").is_in(form.answered)
    return frame.with_columns(pl.when(has_answer).then("relay").alias("relay"))


def _is_alone(frame: pl.DataFrame) -> pl.Series:
    """Return which events may turn out to be none, and whose records gave nothing else."""
    may_change = frame["is_stop"] | frame["queued_as"].is_not_null()
    if not may_change.any():
        return may_change
    others = frame["record"].filter(~may_change)
    return may_change & ~frame["record"].is_in(others.implode())


def _moment(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def _shortened(events: pl.DataFrame) -> pl.DataFrame:
    """Return events with texts of bounded length, plain addresses and the number of their record.

    Their ``doubt`` becomes ``event_doubt``.
    """
    optional = {**{name: _EVENT[name] for name in _MAY_LACK}, "event_fault": pl.String()}
    events = events.with_columns(
        pl.lit(None, dtype).alias(name)
        for name, dtype in optional.items()
        if name not in events.columns
    )
    recipient = bare_addresses(events["recipient"])
    stands_for_id = events["message_id"] == events["recipient"]
    if stands_for_id.any():
        lowered = pl.when(stands_for_id).then(recipient.str.to_lowercase()).otherwise("message_id")
        events = events.with_columns(lowered.alias("message_id"))
    return events.with_columns(
        recipient.alias("recipient"),
        pl.col("native").str.slice(0, _LONGEST_NAME),
        pl.col("reply").str.slice(0, LONGEST_REPLY),
        pl.col("explanation").str.slice(0, LONGEST_REPLY),
        _host_of(events["relay"]).alias("relay"),
        pl.coalesce("record", "line").alias("record"),
    ).rename({"doubt": "event_doubt"})


def _host_of(relays: pl.Series) -> pl.Series:
    """Return the host of each relay, or its address where it has no name; null for none.

    Servers write them as ``mx.y.example[192.0.2.1]:25``, ``mx.y.example. [192.0.2.1]`` or
    ``192.0.2.1 (mx.y.example)``.
    """
    if relays.null_count() == len(relays):
        return relays
    texts = relays.str.slice(0, _LONGEST_NAME).str.to_lowercase()
    texts = texts.str.replace(r"^[\d.:a-f]+ \(([^\s()]+)\)$", "$1")
    name = texts.str.extract(r"^(?:dns; ?)?([^\s\[\](),;]+)").str.strip_chars_end(".")
    name = name.str.replace(r"^([^:]+):\d+$", "$1")
    named = pl.select(
        pl.when(name.fill_null("unknown") != "unknown")
        .then(name)
        .otherwise(texts.str.extract(r"\[([^\]]+)\]"))
        .alias("relay")
    ).to_series()
    return named.replace(["none", ""], None)


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
    fields = list(chain.from_iterable(events))  # twice as fast as zip(*events)
    return pl.DataFrame(
        [
            _series(name, fields[place :: len(_EVENT)], dtype)
            for place, (name, dtype) in enumerate(_EVENT.items())
        ]
    )


def _series(name: str, values: Sequence[object], dtype: pl.DataType) -> pl.Series:
    if not any(values) and values.count(None) == len(values):  # as most columns are
        return pl.repeat(None, len(values), dtype=dtype, eager=True).alias(name)
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


def _not_expired_yet(failures: pl.DataFrame) -> pl.DataFrame:
    """Return failures, of which none is expired while its delivery is tried again.

    Servers defer a recipient with words about an end that is to come, or that another one met.
    """
    found = pl.col("decided_by") != ""
    too_early = found & (pl.col("event") == "soft_bounce") & (pl.col("reason") == "expired")
    return failures.with_columns(
        pl.when(too_early).then(pl.lit("network")).otherwise(name).alias(name)
        for name in ("fault", "reason")
    )


def _with_faults(frame: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Add code, fault, reason and rule to failures, and decide which event a final failure is.

    A policy may replace the event of a final failure by its reason or its fault. Only the words of
    the receiving server are read for these; where nobody asked it, the words are those of whoever
    stopped the message. Explanations are shown where there is no reply.
    """
    frame = frame.with_columns(pl.lit(None, pl.String).alias("reason"))
    failing = frame["of_mail"] & frame["event"].is_in(_FAILURES)
    frame = frame.with_columns(
        reply=pl.when(~(pl.col("of_mail") & pl.col("event").is_in(_STOPS))).then("reply"),
        explanation=pl.coalesce("reply", "explanation"),
    )
    shown = frame["explanation"].alias("reply")
    if not failing.any():
        fault = pl.when("of_mail").then(None).otherwise("fault")
        return frame.with_columns(shown, fault.alias("fault"))
    failures = with_fault(frame.filter(failing).with_columns(code_of().alias("code")))
    failures = _not_expired_yet(failures)
    given_up = (pl.col("fault") == "expired") | pl.col("code").str.starts_with("4").fill_null(False)
    kind = pl.when(given_up).then(pl.lit("retry_failed")).otherwise(pl.lit("hard_bounce"))
    undecided = pl.col("event").is_in((FAILED, STOPPED))
    event = pl.when(undecided).then(kind).otherwise("event")
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
    return frame.with_columns(*decided, shown)
