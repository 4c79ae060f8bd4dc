"""Records to events by a table: where a provider keeps what every event has."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import tzinfo
from functools import partial
from typing import Any, TypeAlias, cast

from msgspec import json

from fsm.logs.mapping.event_mapping import Format
from fsm.logs.mapping.record_layout import FieldSource
from fsm.logs.native_event import NativeEvent
from fsm.logs.native_times import native_time
from fsm.logs.notes import Notes

__all__ = [
    "NO_ADDRESS",
    "NO_ID",
    "ProviderRecord",
    "Translate",
    "by_table",
    "event_identity",
    "getter",
    "joined",
    "parse_json",
    "recipients",
    "status_code",
    "text_of",
    "value_at",
]

ProviderRecord: TypeAlias = dict[str, Any]
Translate: TypeAlias = Callable[[ProviderRecord, int, tzinfo, Notes], Sequence[NativeEvent]]
"""What makes events of a record that stands on a line."""
_Getter: TypeAlias = Callable[[ProviderRecord], Any]

NO_ADDRESS = "an address that is none"
NO_ID = "the record has no message id; its address stands for it"


def parse_json(text: str) -> object:
    """Return the value of a JSON text; raises ValueError for what is none, or nested too deep."""
    try:
        return json.decode(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def by_table(form: Format) -> Translate:
    """Return what makes events of a provider's records."""
    layout = form.layout
    name_of, details = getter(layout.sources("event")), _details(layout.detail)
    message_of, recipient_of = (
        getter(layout.sources("message_id")),
        getter(layout.sources("recipient")),
    )
    time_of, id_of = getter(layout.sources("time")), getter(layout.sources("event_id"))
    delivery_of = getter(layout.sources("delivery_id"))
    code_of, reply_of = getter(layout.sources("code")), getter(layout.sources("reply"))
    cut = re.compile(layout.message_id_ends).sub if layout.message_id_ends else None

    def translate(
        found: ProviderRecord, line: int, zone: tzinfo, notes: Notes
    ) -> Sequence[NativeEvent]:
        native = text_of(name_of(found)) or ""
        more = details.get(native) or details.get(native.lower())
        if more:
            native = "/".join([native, *(text_of(get(found)) or "" for get in more)]).rstrip("/")
        time = native_time(time_of(found), zone)
        to = recipient_of(found)
        addresses = (to,) if type(to) is str else recipients(to)
        if time is None or not addresses:
            reason = NO_ADDRESS if time is not None else "an event without a time"
            return _refuse(form, native, line, notes, reason)
        message = text_of(message_of(found))
        if cut and message:
            message = cut("", message)
        return [
            NativeEvent(
                message or address,
                address,
                native,
                time,
                line,
                status_code(code_of(found)),
                text_of(reply_of(found)),
                text_of(id_of(found)) or event_identity(native, time),
                text_of(delivery_of(found)),
                None if message else NO_ID,
            )
            for address in addresses
        ]

    return translate


def event_identity(native: str, time: int) -> str:
    """Return what stands for the id of an event, where the provider gives none."""
    return f"{native}@{time}"


def _refuse(
    form: Format, native: str, line: int, notes: Notes, reason: str
) -> Sequence[NativeEvent]:
    meaning = form.meaning(native)
    if meaning is not None and meaning.event == "nothing":
        notes.pass_over("{}", line, quote=native)
    else:
        notes.reject(f"{form.name}: {reason}", line)
    return ()


def recipients(value: object) -> list[str]:
    """Return the addresses of a field that holds one or several."""
    if isinstance(value, list):
        if len(value) == 1 and type(value[0]) is str and value[0]:
            return value
        return [a for item in value for a in recipients(item)]
    if isinstance(value, dict):
        value = value.get("email") or value.get("emailAddress")
    return [value] if isinstance(value, str) and value else [""] if value is None else []


def text_of(value: object) -> str | None:
    """Return a plain value as text; None for none, and for what is no plain value."""
    if type(value) is str:
        return value or None
    if value is None or isinstance(value, list | dict):
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def status_code(value: object) -> str | None:
    """Return a code as text; some write an enhanced one as an object of three numbers."""
    if isinstance(value, dict):
        one, two, three = value.get("class"), value.get("subject"), value.get("detail")
        if type(one) is type(two) is type(three) is int:
            return f"{one}.{two}.{three}"
        return ".".join(text_of(part) or "0" for part in (one, two, three))
    return text_of(value)


def _details(detail: Mapping[str, Sequence[FieldSource]]) -> dict[str, list[_Getter]]:
    return {name: [getter([source]) for source in sources] for name, sources in detail.items()}


def getter(sources: Sequence[FieldSource]) -> _Getter:
    """Return what finds the first of the places of a field that has a value."""
    ways = [_way(source) for source in sources]
    if len(sources) == 1 and len(sources[0].paths) == 1 and "." not in sources[0].paths[0]:
        key = sources[0].paths[0]
        return lambda record: record.get(key)

    def get(record: ProviderRecord) -> object:
        for way in ways:
            value = way(record)
            if value is not None and value != "":
                return value
        return None

    return get


def _way(source: FieldSource) -> _Getter:
    if source.value is not None:
        return lambda _: source.value
    ways = [path.split(".") for path in source.paths]
    if len(ways) == 1:
        return partial(_follow, ways[0])
    return lambda record: joined(text_of(_follow(way, record)) for way in ways)


def _follow(way: Sequence[str], record: object) -> object:
    for key in way:
        record = value_at(record, key)
    return record


def joined(parts: Iterable[str | None]) -> str | None:
    """Return the parts that have a value, with a blank between them; None without any."""
    return " ".join(filter(None, parts)) or None


def value_at(value: object, key: str) -> object:
    """Return what a value has under a key, or at a place in a list; None for nothing."""
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list) and key.isdigit() and int(key) < len(value):
        return cast(object, value[int(key)])
    return None
