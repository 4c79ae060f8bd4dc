"""Which provider a record is of, and the envelopes that records come in."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from functools import cache
from itertools import chain
from typing import TypeAlias

from fsm.logs.mapping.event_mapping import Format, format_names, load_format
from fsm.logs.native_times import native_time
from fsm.logs.records.block import Columns, columns_of
from fsm.logs.records.fields import ProviderRecord, parse_json, value_at
from fsm.logs.records.translation import Translate, translation

__all__ = [
    "EnvelopedRecord",
    "Signs",
    "block_columns",
    "is_of",
    "open_envelopes",
    "shown_keys",
    "signs_of",
    "translator",
]

ENVELOPES = (
    "Message",
    "Records",
    "Sns",
    "detail",
    "body",
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
    """A record, the format that it is of, if that is known, and the time of its envelope."""

    format: str | None
    record: ProviderRecord
    time: int | None = None


@cache
def _signs(*, loose: bool = False) -> Mapping[str, Signs]:
    layouts = {name: load_format(name).layout for name in format_names()}
    signs = {name: own.loose if loose else own.recognise for name, own in layouts.items()}
    return {name: tuple(map(_sign, own)) for name, own in signs.items() if own}


def _sign(paths: Sequence[str]) -> tuple[frozenset[str], tuple[tuple[str, ...], ...]]:
    keys = [tuple(path.split(".")) for path in paths]
    return frozenset(key[0] for key in keys), tuple(key for key in keys if len(key) > 1)


@cache
def signs_of(name: str) -> Signs:
    """Return what every record of a provider has."""
    return _signs().get(name, ())


def is_of(record: ProviderRecord, signs: Signs) -> bool:
    """Return whether a record has all keys and paths of one of the signs."""
    keys = record.keys()
    for top, longer in signs:
        if keys >= top and (not longer or all(_has(record, path) for path in longer)):
            return True
    return False


def _has(record: ProviderRecord, path: Sequence[str]) -> bool:
    value: object = record
    for key in path[:-1]:
        value = value_at(value, key)
    return isinstance(value, dict) and path[-1] in value


def provider_name(record: ProviderRecord) -> str | None:
    """Return the name of the format that a record is of."""
    for loose in (False, True):
        for name, signs in _signs(loose=loose).items():
            if is_of(record, signs):
                return name
    return None


@cache
def block_columns(form: Format) -> Columns:
    """Return what makes events of blocks of records of a format."""
    return columns_of(form)


@cache
def translator(form: Format) -> Translate:
    """Return what makes events of the records of a format."""
    return translation(form)


@cache
def _envelopes() -> tuple[str, ...]:
    """Return the keys under which records may stand, those of mapping files among them."""
    paths = chain.from_iterable(load_format(name).layout.records for name in format_names())
    return tuple(dict.fromkeys([*ENVELOPES, *chain.from_iterable(p.split(".") for p in paths)]))


def open_envelopes(
    value: object, depth: int = 0, time: int | None = None
) -> Iterator[EnvelopedRecord]:
    """Yield every record in a value; ``time`` is that of the envelope around it."""
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for item in value:
            yield from open_envelopes(item, depth + 1, time)
    elif isinstance(value, str):
        text = value if value.lstrip()[:1] in ("{", "[") else _unpacked(value)
        try:
            yield from open_envelopes(parse_json(text), depth + 1, time) if text else ()
        except ValueError:
            return
    elif isinstance(value, dict):
        yield from _open(value, depth, time)


def _unpacked(text: str) -> str | None:
    """Return the JSON in a base64 text, as queues pass on what they got; None for another text."""
    if text[:2] not in ("ey", "W3", "Wy", "ew"):  # { and [ as they begin in base64
        return None
    try:
        return b64decode(text, validate=True).decode()
    except ValueError:
        return None


def _open(record: ProviderRecord, depth: int, time: int | None) -> Iterator[EnvelopedRecord]:
    name = provider_name(record)
    if name is not None:
        yield EnvelopedRecord(name, record, time)
        return
    times = (native_time(record.get(key), UTC) for key in _TIMES)
    own = next((found for found in times if found is not None), time)
    inner = [
        found
        for key in _envelopes()
        if key in record
        for found in open_envelopes(record[key], depth + 1, own)
    ]
    yield from inner or [EnvelopedRecord(None, record)]


def shown_keys(record: ProviderRecord, most: int = 6) -> str:
    """Return the first keys of a record, for messages."""
    keys: Sequence[str] = [str(key)[:24] for key in record][:most]
    return ", ".join(keys) or "nothing"
