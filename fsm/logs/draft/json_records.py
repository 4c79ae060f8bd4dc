"""JSON in lines, arrays, concatenated or nested, as records of a sample."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from fsm.errors import LogError
from fsm.logs.draft.notations import looks_like_time
from fsm.logs.draft.records import FoundRecord, SampledRecords, columns_of_records, flattened
from fsm.logs.draft.sample import Excerpt, LogSample

__all__ = ["json_samples", "views_of"]

_VALUES = 20_000
_RECORDS = 20_000
_LISTS = 6
"""Lists within records that are tried as the place of the events."""
_DEEPEST = 6
_KEYED = 200
"""Values, and keys of each, that are looked at for ids."""
_BETWEEN = re.compile(r"[\s,\[\]\x1e]*")
_LIST = re.compile(r'"([^"\\]{1,80})"\s*:\s*\[\s*(?=\{)')

_Values = list[tuple[int | None, Any]]


def json_samples(sample: LogSample) -> list[SampledRecords]:
    """Return the ways in which a sample can be read as JSON; none where it is none.

    The records are the values themselves, or stand in a list within each: alone, or with the
    fields beside that list.
    """
    if sample.excerpts[0].text.lstrip("\ufeff \t\r\n")[:1] not in ("{", "["):
        return []
    values: _Values = []
    unread = 0
    for excerpt in sample.excerpts:
        found, wrong = _values(excerpt)
        values += found
        unread += wrong
    within = ""
    if not values:  # one document that is longer than the sample
        values, within = _cut_document(sample.excerpts[0])
    _refuse_ids_as_keys([value for _, value in values], sample.name)
    records = [(line, value) for line, value in values[:_VALUES] if isinstance(value, dict)]
    if not records or unread > len(values):
        return []
    return views_of("json", records, unread, within)


def _values(excerpt: Excerpt) -> tuple[_Values, int]:
    """Return the values of a text with their lines, and how many lines were none.

    Elements of an array are values; commas and brackets between values are passed over.
    """
    text, decoder = excerpt.text.lstrip("\ufeff"), json.JSONDecoder()
    found: _Values = []
    place, line, counted, unread = 0, excerpt.line or 1, 0, 0
    while len(found) < _VALUES:
        match = _BETWEEN.match(text, place)
        place = match.end() if match else place
        if place >= len(text):
            break
        line += text.count("\n", counted, place)
        counted = place
        try:
            value, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            end = text.find("\n", place)
            if end < 0 and found:
                break  # the sample ends within a value
            unread += 1
            place = end + 1 if end >= 0 else len(text)
            continue
        found.append((line if excerpt.line else None, value))
    return found, unread


def _refuse_ids_as_keys(values: list[Any], name: str, path: str = ".") -> None:
    """Raise :class:`LogError` where records stand under their ids, which no mapping can read."""
    objects = [value for value in values[:_KEYED] if isinstance(value, dict)]
    members = [member for value in objects for member in list(value.items())[:_KEYED]]
    keys = {key for key, _ in members}
    is_of_ids = len(keys) > 3 or any(character.isdigit() for key in keys for character in key)
    records = [entry for _, value in members for entry in _listed(value)[:1]]
    if (
        len(keys) > 1
        and is_of_ids
        and len(records) == len(members)
        and all(map(_has_time, records))
    ):
        forms = {frozenset(record) for record in records}
        if len(frozenset.intersection(*forms)) * 2 > len(frozenset.union(*forms)):
            entries = (
                ".value[]" if any(isinstance(value, list) for _, value in members) else ".value"
            )
            raise LogError(
                f"{name}: records stand under keys that are ids, and a mapping reads ids from "
                f"fields; write them into the records: jq -c '{path} | to_entries[] | "
                f".key as $id | {entries} + {{id: $id}}'"
            )
    if len(values) == 1 and path.count(".") < _DEEPEST:
        for key, value in members:
            if isinstance(value, dict) and key.isidentifier():
                _refuse_ids_as_keys(
                    [value], name, f"{path}{key}" if path == "." else f"{path}.{key}"
                )


def _listed(value: Any) -> list[dict[str, Any]]:
    """Return the records under a key: one, or those of a list."""
    entries = value if isinstance(value, list) else [value]
    return [entry for entry in entries if isinstance(entry, dict)]


def _cut_document(excerpt: Excerpt) -> tuple[_Values, str]:
    """Return the entries of the first list of objects in a document that is not whole."""
    match = _LIST.search(excerpt.text)
    if not match:
        return [], ""
    line = 1 + excerpt.text.count("\n", 0, match.end())
    found, _ = _values(Excerpt(excerpt.text[match.end() :], line))
    return found, match[1]


def views_of(
    container: str, values: list[tuple[int | None, Any]], unread: int = 0, within: str = ""
) -> list[SampledRecords]:
    """Return the ways of reading values: whole, by a list in each, by a list and what is beside."""
    lists = sorted(_lists(values).items(), key=lambda item: (-item[1], item[0]))[:_LISTS]
    events = dict(lists)
    read: dict[str, object] = {"container": container}
    if within:
        read["records"] = [within]
    views = [_view(read, ((line, flattened(value)) for line, value in values), unread, events, "")]
    for path in events:
        inner = [
            (line, entry)
            for line, value in values
            for entry in _entries(value, path)
            if isinstance(entry, dict)
        ]
        if inner and not within:
            beside = sum(count for other, count in events.items() if other != path)
            views += (
                replace(view, lost=view.lost + beside)
                for view in views_of(container, inner[:_RECORDS], unread, path)
            )
        views.append(_each_view(read, values, path, unread, events))
    return views


def _view(
    read: dict[str, object],
    records: Any,
    unread: int,
    events: dict[str, int],
    path: str,
    each: str | None = None,
) -> SampledRecords:
    columns, lines = columns_of_records(list(records)[:_RECORDS])
    lost = sum(count for other, count in events.items() if other != path)
    return SampledRecords(read, columns, lines, each, lost, unread)


def _each_view(
    read: dict[str, object],
    values: list[tuple[int | None, Any]],
    path: str,
    unread: int,
    events: dict[str, int],
) -> SampledRecords:
    found: list[FoundRecord] = []
    for line, value in values:
        outer = {
            name: text for name, text in flattened(value).items() if not name.startswith(f"{path}.")
        }
        for entry in _entries(value, path):
            inner = flattened(entry) if isinstance(entry, dict) else {"": str(entry)}
            found.append((line, outer | {f".{name}": text for name, text in inner.items()}))
    return _view(read, found, unread, events, path, path)


def _lists(values: list[tuple[int | None, Any]]) -> dict[str, int]:
    """Return the paths of lists that may hold events or recipients, with how many entries count.

    Entries with a time are events; of those with only an address, the first one is read anyway.
    """
    found: dict[str, int] = {}
    for _, value in values[:500]:
        for path, entries in _lists_in(value):
            if any(map(_has_address, entries[:50])):
                found[path] = found.get(path, 0) + len(entries) - 1
            if any(map(_has_time, entries[:50])):
                found[path] = found.get(path, 0) + len(entries)
    return found


def _lists_in(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, list[Any]]]:
    if depth > _DEEPEST or not isinstance(value, dict):
        return
    for key, inner in list(value.items())[:200]:
        if not key or "." in key:
            continue
        below = f"{path}.{key}" if path else key
        if isinstance(inner, list) and inner:
            yield below, inner
        elif isinstance(inner, dict):
            yield from _lists_in(inner, below, depth + 1)


def _entries(value: Any, path: str) -> list[Any]:
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, list) else []


def _has_time(entry: Any) -> bool:
    return isinstance(entry, dict) and any(map(looks_like_time, flattened(entry).values()))


def _has_address(entry: Any) -> bool:
    values = flattened(entry).values() if isinstance(entry, dict) else [str(entry)]
    return any("@" in text for text in values)
