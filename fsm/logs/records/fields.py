"""Values of records: what stands on a path, as a text, a code, or addresses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from json import JSONDecoder
from typing import Any, TypeAlias, cast

from msgspec import json

from fsm.logs.mapping.record_layout import FieldSource

__all__ = [
    "BROKEN",
    "FieldGetter",
    "ProviderRecord",
    "Several",
    "getter",
    "joined",
    "parse_json",
    "plain_address",
    "recipients",
    "status_code",
    "text_of",
    "value_at",
    "values_of",
]

ProviderRecord: TypeAlias = dict[str, Any]
FieldGetter: TypeAlias = Callable[[ProviderRecord, object], Any]
"""Returns a value of a record, or of its entry for a recipient."""

BROKEN = object()
"""Stands for a part of a text that is no value."""
_BETWEEN = " \t\r\n,[]\ufeff"
_NAMED = re.compile(r"<([^<>\s]+)>[^<>]*$")
_ADDRESSES = ("email", "emailAddress", "address")
"""Keys under which objects that stand for a recipient have the address."""


class Several(list[Any]):
    """What the items of a list have under one key: several addresses, or one text of many."""


def parse_json(text: str) -> object:
    """Return the value of a JSON text; raises ValueError for what is none, or nested too deep."""
    try:
        return json.decode(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def values_of(text: str) -> Iterator[object]:
    """Yield the values of JSON that stand one behind the other; the last one may be broken."""
    decode, place = JSONDecoder().raw_decode, 0
    while place < len(text):
        try:
            value, place = decode(text, place)
        except (ValueError, RecursionError):
            yield BROKEN
            return
        yield value
        while place < len(text) and text[place] in _BETWEEN:
            place += 1


def recipients(value: object) -> list[str]:
    """Return the addresses of a field that holds one or several."""
    if isinstance(value, list):
        return [address for item in value for address in recipients(item)]
    if isinstance(value, dict):
        told = [value[key] for key in _ADDRESSES if key in value]
        value = next(filter(None, told), told[0] if told else 0)
    if isinstance(value, str) and value:
        return [plain_address(value)]
    return [""] if value is None else []


def plain_address(text: str) -> str:
    """Return an address without the name before it.

    >>> plain_address("Ada <a@x.example>"), plain_address("a@x.example")
    ('a@x.example', 'a@x.example')
    """
    named = _NAMED.search(text) if "<" in text else None
    return named[1] if named else text


def text_of(value: object) -> str | None:
    """Return a plain value as text; None for none, and for what is no plain value.

    Of what several items of a list have it is the first one.
    """
    if type(value) is str:
        return value or None
    if type(value) is Several:
        return text_of(value[0])
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
    code = text_of(value)
    return (code.split(" ", 1)[0] or None) if code else None  # some put its meaning behind it


def getter(sources: Sequence[FieldSource]) -> FieldGetter:
    """Return what finds the first of the places of a field that has a value."""
    ways = [_way(source) for source in sources]
    if len(sources) == 1 and len(sources[0].paths) == 1 and "." not in sources[0].paths[0]:
        key = sources[0].paths[0]
        return lambda record, _: record.get(key)

    def get(record: ProviderRecord, entry: object) -> object:
        for way in ways:
            value = way(record, entry)
            if value is not None and value != "" and value != []:
                return value
        return None

    return get


def _way(source: FieldSource) -> FieldGetter:
    if source.value is not None:
        return lambda _, __: source.value
    ways = [path.split(".") for path in source.paths]
    if source.of_entry:
        return partial(_of_entry, [key for key in ways[0] if key])
    if len(ways) == 1:
        return partial(_of_record, source.paths[0], ways[0])
    parts = [partial(_of_record, *pair) for pair in zip(source.paths, ways, strict=True)]
    return lambda record, entry: joined(text_of(part(record, entry)) for part in parts)


def _of_record(path: str, way: Sequence[str], record: ProviderRecord, _: object) -> object:
    return record[path] if path in record else _follow(way, record)


def _of_entry(way: Sequence[str], _: ProviderRecord, entry: object) -> object:
    return _follow(way, entry)


def _follow(way: Sequence[str], value: object) -> object:
    for key in way:
        value = value_at(value, key)
    return value


def joined(parts: Iterable[str | None]) -> str | None:
    """Return the parts that have a value, with a blank between them; None without any."""
    return " ".join(filter(None, parts)) or None


def value_at(value: object, key: str) -> object:
    """Return what a value has under a key, or at a place in a list; None for nothing.

    Of a list the values of all items count where the key is no place.
    """
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list) and key.isdigit() and int(key) < len(value):
        return cast(object, value[int(key)])
    if isinstance(value, list) and value and isinstance(value[0], dict):
        found = [item[key] for item in value if isinstance(item, dict) and key in item]
        return Several(found) if len(found) > 1 else found[0] if found else None
    return None
