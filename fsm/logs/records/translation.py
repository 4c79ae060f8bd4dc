"""Records to events by a table: where a provider keeps what every event has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from fsm.logs.mapping.doubts import all_doubts
from fsm.logs.mapping.event_mapping import Format
from fsm.logs.mapping.record_layout import RecordLayout
from fsm.logs.native_event import NativeEvent
from fsm.logs.notes import Notes
from fsm.logs.records.entries import empty_lists, entries_of
from fsm.logs.records.fields import (
    ProviderRecord,
    getter,
    plain_address,
    recipients,
    status_code,
    text_of,
)
from fsm.logs.records.times import RecordTimes

__all__ = [
    "ENVELOPE_TIME",
    "NO_ADDRESS",
    "NO_ID",
    "Translate",
    "event_identity",
    "parted",
    "record_translator",
]

Translate: TypeAlias = Callable[
    [ProviderRecord, int, RecordTimes, Notes, "int | None"], Sequence[NativeEvent]
]
"""What makes events of a record that stands on a line, in an envelope with a time or without."""

MakeEvents: TypeAlias = Callable[
    [ProviderRecord, object, str, int, int, RecordTimes, "str | None"], list[NativeEvent]
]
"""What makes the events of an entry: its native event, time, line, all times, and a doubt."""

NO_ADDRESS = "an address that is none"
NO_ID = "the record has no message id; its address stands for it"
NO_ENTRY = "an empty list of entries"
NO_EVENT = "a record without an event"
NO_TIME = "an event without a time"
WRONG_TIME = "an event whose time cannot be read"
UNKNOWN_NUMBER = (
    "an event whose time is a number, but no time by its size (1990 to 2100) or unit; "
    "[time] of a mapping tells the format"
)
ENVELOPE_TIME = "the record has no time; that of its envelope stands for it"


def record_translator(form: Format) -> Translate:
    """Return what makes events of a provider's records."""
    layout = form.layout
    entries, is_empty = entries_of(layout), empty_lists(layout)
    native_of, time_of = _native_names(layout), getter(layout.sources("time"))
    events_of = _event_maker(form)

    def translate(
        record: ProviderRecord, line: int, times: RecordTimes, notes: Notes, sent: int | None = None
    ) -> Sequence[NativeEvent]:
        events: list[NativeEvent] = []
        native, reason, lost = "", NO_ADDRESS, 0
        for entry in entries(record):
            native = native_of(record, entry)
            value = time_of(record, entry)
            told = times.of(value)
            time = sent if told is None else told
            if time is None:
                reason, lost = _fault_of_time(value, times), lost + 1
            elif not native and form.is_own:
                reason, lost = NO_EVENT, lost + 1
            else:
                doubt = ENVELOPE_TIME if told is None else None
                found = events_of(record, entry, native, time, line, times, doubt)
                events, lost = events + found, lost + (not found)
        if not events:
            reason = NO_ENTRY if form.is_own and is_empty(record) else reason
            return _refuse(form, native, line, notes, reason)
        if lost:
            notes.rejected.add(f"{form.name}: {reason}", line, lost)
        return events

    return translate


def _native_names(layout: RecordLayout) -> Callable[[ProviderRecord, object], str]:
    """Return what names the event of an entry: its name, and the details that such events have."""
    event_of = getter(layout.sources("event"))
    details = {n: [getter([s]) for s in sources] for n, sources in layout.detail.items()}

    def native_of(record: ProviderRecord, entry: object) -> str:
        native = text_of(event_of(record, entry)) or ""
        more = details.get(native) or details.get(native.lower())
        if not more:
            return native
        parts = (text_of(get(record, entry)) or "" for get in more)
        return "/".join([native, *parts]).rstrip("/")

    return native_of


def _event_maker(form: Format) -> MakeEvents:
    """Return what makes the events of an entry, one for each of its recipients."""
    layout = form.layout
    message_of = getter(layout.sources("message_id"))
    recipient_of = getter(layout.sources("recipient"))
    code_of = getter(layout.sources("code"))
    reply_of = getter(layout.sources("reply"))
    event_id_of = getter(layout.sources("event_id"))
    delivery_of = getter(layout.sources("delivery_id"))
    handed_over_of = getter(layout.sources("handed_over"))
    explanation_of = getter(layout.sources("explanation"))
    relay_of = getter(layout.sources("relay"))
    cut = _cutting(layout.message_id_ends)

    def events_of(
        record: ProviderRecord,
        entry: object,
        native: str,
        time: int,
        line: int,
        times: RecordTimes,
        doubt: str | None,
    ) -> list[NativeEvent]:
        message = text_of(message_of(record, entry))
        if cut and message:
            message = cut(message)
        recipient = _recipient_of(recipient_of(record, entry), form)
        event_id = text_of(event_id_of(record, entry))
        if event_id is None and layout.is_posted:
            event_id = event_identity(native, time)
        told = (status_code(code_of(record, entry)), text_of(reply_of(record, entry)))
        return [
            NativeEvent(
                message or address,
                address,
                native,
                time,
                line,
                code,
                reply,
                event_id,
                text_of(delivery_of(record, entry)),
                all_doubts(None if message else NO_ID, doubt, times.doubts.get(time)),
                times.of(handed_over_of(record, entry)),
                text_of(explanation_of(record, entry)),
                relay=text_of(relay_of(record, entry)),
            )
            for address, code, reply in _addressed(recipient, *told, layout)
        ]

    return events_of


def _fault_of_time(value: object, times: RecordTimes) -> str:
    """Return why a value is no time."""
    if value in (None, ""):
        return NO_TIME
    return UNKNOWN_NUMBER if times.is_unknown_number(value) else WRONG_TIME


def _recipient_of(value: object, form: Format) -> object:
    """Return a recipient; those of other machines than of e-mail may be numbers."""
    return text_of(value) if form.is_own and isinstance(value, int | float) else value


def _addressed(
    value: Any, code: str | None, reply: str | None, layout: RecordLayout
) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield each address with the code and the reply that it got."""
    separator = layout.recipient_separator
    if value == "":
        yield value, code, reply
    elif type(value) is not str:
        yield from ((address, code, reply) for address in recipients(value))
    elif separator is None or separator not in value:
        yield plain_address(value), code, reply
    else:
        addresses = parted(value, separator)
        codes, replies = (_for_each(text, separator, len(addresses)) for text in (code, reply))
        yield from zip(map(plain_address, addresses), codes, replies, strict=True)


def parted(text: str, separator: str) -> list[str]:
    """Return the parts of a text that names several recipients."""
    return [part for own in text.split(separator) if (part := own.strip())]


def _for_each(text: str | None, separator: str, count: int) -> Sequence[str | None]:
    """Return a part of a text for each recipient, or the whole text for all of them."""
    parts = parted(text, separator) if text else []
    return parts if len(parts) == count else [text] * count


def _cutting(ending: str | None) -> Callable[[str], str] | None:
    """Return what cuts an expression of Rust off a message id."""
    if ending is None:
        return None

    @lru_cache(4096)
    def cut(message: str) -> str:
        import polars as pl

        return str(pl.Series([message]).str.replace_all(ending, "")[0])

    return cut


def event_identity(native: str, time: int) -> str:
    """Return what stands for the id of an event, where the provider gives none."""
    return f"{native}@{time}"


def _refuse(
    form: Format, native: str, line: int, notes: Notes, reason: str
) -> Sequence[NativeEvent]:
    meaning = form.meaning(native)
    if meaning is not None and meaning.event == "nothing":
        notes.pass_over("{}", line, quote=native)
    elif reason == NO_ENTRY:
        notes.pass_over(reason, line)
    else:
        notes.reject(f"{form.name}: {reason}", line)
    return ()
