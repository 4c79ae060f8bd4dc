"""Which provider a record is of, and the envelopes that records come in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from fsm.logs.mapping.event_mapping import Format, format_names, load_format
from fsm.logs.records.block import Columns, columns_of
from fsm.logs.records.fields import ProviderRecord, Translate, by_table, parse_json
from fsm.logs.records.ses import translate as ses
from fsm.logs.records.ses_block import ses_columns

__all__ = ["block_columns", "open_envelopes", "provider_name", "shown_keys", "translator"]

ENVELOPES = (
    "msys",
    "event-data",
    "Message",
    "Records",
    "Sns",
    "detail",
    "body",
    "payload",
    "items",
    "events",
    "results",
    "message_event",
    "track_event",
    "gen_event",
    "unsubscribe_event",
    "relay_event",
    "ab_test_event",
    "ingest_event",
    "mandrill_events",
    "bounces",
    "Bounces",
    "Opens",
    "Clicks",
)
"""Keys under which providers, queues and functions pass on what they got."""

_DEEPEST = 8


@cache
def _signs(*, loose: bool = False) -> tuple[tuple[str, tuple[frozenset[str], ...]], ...]:
    layouts = [(name, load_format(name).layout) for name in format_names()]
    signs = [(name, own.loose if loose else own.recognise) for name, own in layouts]
    return tuple((name, tuple(map(frozenset, own))) for name, own in signs if own)


@cache
def signs_of(name: str) -> tuple[frozenset[str], ...]:
    """Return sets of keys, one of which every record of a provider has."""
    return next(signs for form, signs in _signs() if form == name)


def provider_name(record: ProviderRecord) -> str | None:
    """Return the name of the format that a record is of."""
    keys = record.keys()
    for loose in (False, True):
        for name, signs in _signs(loose=loose):
            if any(keys >= sign for sign in signs):
                return name
    return None


@cache
def block_columns(form: Format) -> Columns:
    """Return what makes events of blocks of records of a format."""
    return ses_columns if form.name == "ses" else columns_of(form)


@cache
def translator(form: Format) -> Translate:
    """Return what makes events of the records of a format."""
    return ses if form.name == "ses" else by_table(form)


def open_envelopes(value: object, depth: int = 0) -> Iterator[tuple[str | None, ProviderRecord]]:
    """Yield every record in a value, with its format, or None where nobody knows it."""
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for item in value:
            yield from open_envelopes(item, depth + 1)
    elif isinstance(value, str) and value[:1] in ("{", "["):
        try:
            yield from open_envelopes(parse_json(value), depth + 1)
        except ValueError:
            return
    elif isinstance(value, dict):
        yield from _open(value, depth)


def _open(record: ProviderRecord, depth: int) -> Iterator[tuple[str | None, ProviderRecord]]:
    name = provider_name(record)
    if name is not None:
        yield name, record
        return
    inner = [
        found
        for key in ENVELOPES
        if key in record
        for found in open_envelopes(record[key], depth + 1)
    ]
    yield from inner or [(None, record)]


def shown_keys(record: ProviderRecord, most: int = 6) -> str:
    """Return the first keys of a record, for messages."""
    keys: Sequence[str] = [str(key)[:24] for key in record][:most]
    return ", ".join(keys) or "nothing"
