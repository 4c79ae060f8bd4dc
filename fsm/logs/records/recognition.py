"""Whether the first lines of a file are records of a format that a mapping file describes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeAlias

import polars as pl

from fsm.errors import LogError
from fsm.logs.mapping.event_mapping import Format
from fsm.logs.mapping.record_layout import FieldSource, RecordLayout
from fsm.logs.notes import Notes
from fsm.logs.records.delimited import column_of, header_names, header_separator
from fsm.logs.records.fields import parse_json
from fsm.logs.records.forms import parse_form
from fsm.logs.records.lines import pair_tables
from fsm.logs.records.providers import KnownRecords

__all__ = ["container_of", "fitness", "head_values"]

_MOST = 200
"""Lines and records that are looked at."""
_BETWEEN = " \t\r\n,[]\ufeff"
_PAIR = re.compile(r"""(?:^|[\s,;|])[\w.@-]{1,60}\s?[=:]\s?(?:"[^"]*"|[^\s,;|=]+)""")

Value: TypeAlias = object
"""A value of JSON."""


def container_of(layout: RecordLayout, head: str) -> str:
    """Return what the records of a file stand in, as its mapping says or by its first lines."""
    if layout.container is not None:
        return layout.container
    first = next((line for line in head.split("\n") if line.strip()), "").lstrip("\ufeff \t")
    if first.startswith(("{", "[")):
        return "json"
    if first.startswith("<"):
        return "xml"
    if layout.separator or layout.columns or layout.header:
        return "csv"
    if _is_form(first):
        return "form"
    names = header_names(first, header_separator(first, layout.paths()), layout.quote)
    if any(column_of(path, names) is not None for path in layout.paths()):
        return "csv"
    return "pairs" if len(_PAIR.findall(first[:2000])) > 1 else "csv"


def _is_form(line: str) -> bool:
    try:
        return "&" in line and bool(parse_form(line.strip()))
    except ValueError:
        return False


def fitness(form: Format, head: str) -> float:
    """Return which share of the first records is of a format: 0 for none, 1 for all."""
    layout = form.layout
    lines = [line for line in head.split("\n") if line.strip()][:_MOST]
    container = container_of(layout, head)
    if not lines:
        return 0.0
    if container == "csv":
        return _of_csv(layout, lines)
    if container == "lines":
        return _share(lines, layout)
    if container == "pairs":
        return _of_pairs(layout, lines)
    if container == "xml":
        names = "|".join(re.escape(path.split(".")[-1]) for path in layout.records)
        return float(bool(names and re.search(rf"<(?:[\w.-]{{1,50}}:)?(?:{names})[\s/>]", head)))
    known = KnownRecords([form])
    found = [
        own.format is not None for value, _ in head_values(head) for own in known.opened(value)
    ]
    return sum(found) / len(found) if found else 0.0


def head_values(head: str) -> Iterator[tuple[Value, int | None]]:
    """Yield the values of JSON, and of posted forms, in the first bytes of a file.

    Each comes with its line, or None where a value has several lines.
    """
    lines = [line.strip() for line in head.lstrip("\ufeff").split("\n")]
    is_json = head.lstrip("\ufeff \t\r\n")[:1] in ("{", "[")
    if is_json and not _are_whole(lines):
        yield from ((value, None) for value in _values(head))
        return
    for number, line in enumerate(lines[:_MOST], 1):
        try:
            if line:
                yield (parse_json(line.rstrip(",")) if is_json else parse_form(line)), number
        except ValueError:
            yield from ((value, number) for value in _values(line))


def _are_whole(lines: Sequence[str]) -> bool:
    first = next(filter(None, lines), "")
    try:
        parse_json(first)
    except ValueError:
        return False
    return True


def _values(text: str) -> Iterator[Value]:
    """Yield the values that stand one behind the other in a text that may be cut off."""
    decode, place = json.JSONDecoder().raw_decode, 0
    for _ in range(_MOST):
        while place < len(text) and text[place] in _BETWEEN:
            place += 1
        try:
            value, place = decode(text, place)
        except (ValueError, RecursionError):
            return
        yield value


def _of_csv(layout: RecordLayout, lines: Sequence[str]) -> float:
    if layout.columns:
        separator = layout.separator or ","
        counts = [len(header_names(line, separator, layout.quote)) for line in lines]
        return counts.count(len(layout.columns)) / len(counts)
    header = next(filter(partial(_is_header, layout), lines), None)
    if header is None:
        return 0.0
    if layout.header:
        groups = pl.Series([header]).str.extract_groups(layout.header).struct.unnest()
        header = groups.row(0)[0] if groups.width else header
    separator = layout.separator or header_separator(header, layout.paths())
    names = header_names(header, separator, layout.quote)

    def has(path: str) -> bool:
        return column_of(path, names) is not None

    if layout.recognise:
        return float(any(all(map(has, paths)) for paths in layout.recognise))
    message = (*layout.sources("message_id"), *layout.sources("recipient"))
    needed = (layout.sources("event"), layout.sources("time"), message)
    return float(all(any(_is_there(source, has) for source in sources) for sources in needed))


def _is_there(source: FieldSource, has: Callable[[str], bool]) -> bool:
    return source.value is not None or source.of_entry or any(map(has, source.paths))


def _is_header(layout: RecordLayout, line: str) -> bool:
    """Return whether a line can be the header: one that says so, else the first of the records."""
    if layout.header:
        return bool(pl.Series([line]).str.contains(layout.header)[0])
    if layout.comment and line.startswith(layout.comment):
        return False
    return layout.skip is None or not pl.Series([line]).str.contains(layout.skip)[0]


def _share(lines: Sequence[str], layout: RecordLayout) -> float:
    """Return the share of lines that match, among those that are not skipped."""
    texts = pl.Series(lines)
    matches = texts.str.contains(layout.pattern or "")
    others = ~matches
    if layout.skip:
        others &= ~texts.str.contains(layout.skip)
    if layout.comment:
        others &= ~texts.str.starts_with(layout.comment)
    whole = int(matches.sum()) + int(others.sum())
    return int(matches.sum()) / whole if whole else 0.0


def _of_pairs(layout: RecordLayout, lines: Sequence[str]) -> float:
    count = found = 0
    signs = layout.recognise or [_first_paths(layout)]
    try:
        tables = list(pair_tables([list(lines)], layout, Notes("")))
    except LogError:  # no line has a pair
        return 0.0
    for table in tables:
        for row in range(len(table)):
            count += 1
            found += any(
                all(table.values(path, [row])[0] is not None for path in paths) for paths in signs
            )
    return found / count if count else 0.0


def _first_paths(layout: RecordLayout) -> tuple[str, ...]:
    """Return the first path of the event and of the time."""
    sources = [*layout.sources("event")[:1], *layout.sources("time")[:1]]
    return tuple(path for source in sources for path in source.paths[:1])
