"""Which provider a record is of, and the envelopes that records come in."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from functools import cache
from itertools import chain
from typing import TypeAlias

from fsm.logs.mapping.event_mapping import NOTHING, Format, format_names, load_format
from fsm.logs.mapping.record_layout import FieldSource
from fsm.logs.native_times import native_time
from fsm.logs.records.fields import (
    BROKEN,
    FieldGetter,
    ProviderRecord,
    getter,
    parse_json,
    text_of,
    value_at,
    values_of,
)

__all__ = [
    "EnvelopedRecord",
    "KnownRecords",
    "Signs",
    "built_in_records",
    "has_signs",
    "is_of",
    "shown_keys",
    "signs_of",
]

ENVELOPES = (
    "Message",
    "Records",
    "Messages",
    "Sns",
    "detail",
    "body",
    "Body",
    "payload",
    "items",
    "events",
    "results",
    "bounces",
    "Bounces",
    "Opens",
    "Clicks",
    "logEvents",
    "message",
    "records",
    "kinesis",
    "data",
    "mandrill_events",
)
"""Keys under which providers, queues and functions pass on what they got."""

_TIMES = ("Timestamp", "timestamp", "time", "SentTimestamp", "approximateArrivalTimestamp")
"""Keys under which an envelope has its time."""
_DEEPEST = 8

Signs: TypeAlias = tuple[tuple[frozenset[str], tuple[tuple[str, ...], ...]], ...]
"""Sets of keys, with longer paths; every record of a format has all of one of them."""


@dataclass(frozen=True)
class EnvelopedRecord:
    """A record, the format that it is of, if that is known, and the time of its envelope.

    A record of a format that is empty is a test: an envelope with nothing in it.
    """

    format: Format | None
    record: ProviderRecord
    time: int | None = None


class KnownRecords:
    """Records of some formats: which format each is of, and where it stands in an envelope."""

    def __init__(self, forms: Sequence[Format]) -> None:
        self.signs = [(form, signs_of(form)) for form in forms]
        self._loose = [(f, tuple(map(_sign, f.layout.loose))) for f in forms if f.layout.loose]
        self._paths = [tuple(path.split(".")) for form in forms for path in form.layout.records]
        self._roots = {p.split(".")[0]: form for form in forms for p in form.layout.records}
        self._last: Format | None = None
        only = forms[0].layout if len(forms) == 1 and forms[0].is_own else None
        self._is_named = only is not None and only.container != "xml"
        keys = dict.fromkeys([*ENVELOPES, *chain.from_iterable(self._paths)])
        self._envelopes = tuple(keys)

    @property
    def elements(self) -> Sequence[str]:
        """The names of elements that are records in XML."""
        return [path[-1] for path in self._paths]

    @property
    def keys(self) -> set[str]:
        """Every key on the paths of fields."""
        paths = chain.from_iterable(form.layout.paths() for form, _ in self.signs)
        return {key for path in paths for key in path.split(".")}

    def format_of(self, record: ProviderRecord) -> Format | None:
        """Return the format that a record is of; None where nobody knows it.

        A record with few signs is of the format of those before it, if that knows its event.
        """
        for form, signs in self.signs:
            if is_of(record, signs, form):
                self._last = form
                return form
        for form, signs in self._loose:
            if is_of(record, signs, form):
                return self._last if self._last and _may_be_of(record, self._last) else form
        return None

    def opened(
        self, value: object, depth: int = 0, time: int | None = None
    ) -> Iterator[EnvelopedRecord]:
        """Yield every record in a value; ``time`` is that of the envelope around it."""
        if depth > _DEEPEST:
            return
        if isinstance(value, list):
            for item in value:
                yield from self.opened(item, depth + 1, time)
        elif isinstance(value, str):
            text = value if value.lstrip()[:1] in ("{", "[") else _unpacked(value)
            yield from self.opened(_parsed(text), depth + 1, time) if text else ()
        elif isinstance(value, dict):
            yield from self._open(value, depth, time)

    def _open(
        self, record: ProviderRecord, depth: int, time: int | None
    ) -> Iterator[EnvelopedRecord]:
        named = list(self._named(record)) if self._is_named else []
        form = None if named else self.format_of(record)
        if form is not None:
            yield EnvelopedRecord(form, record, time)
            return
        root = self._roots.get(next(iter(record), ""))
        if root and [*record.values()] == [{}]:
            yield EnvelopedRecord(root, {})
            return
        times = (native_time(record.get(key), UTC) for key in _TIMES)
        own = next((found for found in times if found is not None), time)
        parts = named or [record[key] for key in self._envelopes if key in record]
        inner = [found for part in parts for found in self.opened(part, depth + 1, own)]
        last = self._last
        if last and not any(found.format for found in inner) and _is_nothing(record, last):
            inner = [EnvelopedRecord(last, record, own)]
        yield from inner or [EnvelopedRecord(None, record)]

    def _named(self, record: ProviderRecord) -> Iterator[object]:
        """Yield what stands on the paths that the only mapping names for its records."""
        for path in self._paths:
            yield from _all_at(record, path)


def built_in_records() -> KnownRecords:
    """Return the records of the formats of the package."""
    return KnownRecords(_built_in())


@cache
def _built_in() -> tuple[Format, ...]:
    layouts = [(form, form.layout) for form in map(load_format, format_names())]
    return tuple(form for form, own in layouts if own.recognise and own.container != "lines")


@cache
def signs_of(form: Format) -> Signs:
    """Return what every record of a format has; nothing where its file does not say it."""
    return tuple(map(_sign, form.layout.recognise))


def has_signs(record: ProviderRecord) -> bool:
    """Return whether a record is surely of a format of the package."""
    known = built_in_records()
    return any(is_of(record, signs, form) for form, signs in known.signs)


def _sign(paths: Sequence[str]) -> tuple[frozenset[str], tuple[tuple[str, ...], ...]]:
    keys = [tuple(path.split(".")) for path in paths]
    return frozenset(key[0] for key in keys), tuple(key for key in keys if len(key) > 1)


def is_of(record: ProviderRecord, signs: Signs, form: Format) -> bool:
    """Return whether a record has all keys and paths of one of the signs.

    Without signs it has an event, and a message, an address or a time.
    """
    keys = record.keys()
    for top, longer in signs:
        if keys >= top and (not longer or all(_has(record, path) for path in longer)):
            return True
    return not signs and _has_fields(record, form)


def _may_be_of(record: ProviderRecord, form: Format) -> bool:
    native = text_of(_needed(form)[0](record, None))
    return native is not None and form.meaning(native) is not None and _has_fields(record, form)


def _is_nothing(record: ProviderRecord, form: Format) -> bool:
    """Return whether the name of an event alone tells that it is none of a message."""
    told = [source for source in form.layout.sources("event") if source.value is None]
    native = text_of(getter(told)(record, None))
    meaning = form.meanings.get(native) if native else None
    return meaning is not None and meaning.event == NOTHING


def _has_fields(record: ProviderRecord, form: Format) -> bool:
    event, *others = _needed(form)
    return event(record, None) is not None and any(get(record, None) is not None for get in others)


@cache
def _needed(form: Format) -> list[FieldGetter]:
    """Return what gets the event of a record, and its message, recipient and time."""
    layout = form.layout
    names = ("event", "message_id", "recipient", "time")
    entries = [FieldSource((path,)) for path in layout.each]
    return [getter(_in_record(layout.sources(name)) or entries) for name in names]


def _in_record(sources: Sequence[FieldSource]) -> list[FieldSource]:
    """Return the places that are not in the entries of a record."""
    return [source for source in sources if not source.of_entry]


def _has(record: ProviderRecord, path: Sequence[str]) -> bool:
    value: object = record
    for key in path[:-1]:
        value = value_at(value, key)
    return isinstance(value, dict) and path[-1] in value


def _all_at(value: object, path: Sequence[str]) -> Iterator[object]:
    """Yield what stands on a path, in every item of the lists on it."""
    if isinstance(value, list):
        for item in value:
            yield from _all_at(item, path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _all_at(value[path[0]], path[1:])


def _parsed(text: str) -> object:
    """Return the value of JSON, or a list of those that a queue put together.

    An empty record stands for a part that is no value.
    """
    try:
        return parse_json(text)
    except ValueError:
        found = list(values_of(text.strip()))
    return [*found[:-1], {}] if found[-1] is BROKEN and found[1:] else found


def _unpacked(text: str) -> str | None:
    """Return the JSON in a base64 text, as queues pass on what they got; None for another text."""
    if text[:2] not in ("ey", "W3", "Wy", "ew"):  # { and [ as they begin in base64
        return None
    try:
        return b64decode(text, validate=True).decode()
    except ValueError:
        return None


def shown_keys(record: ProviderRecord, most: int = 6) -> str:
    """Return the first keys of a record, for messages."""
    keys: Sequence[str] = [str(key)[:24] for key in record][:most]
    return ", ".join(keys) or "nothing"
