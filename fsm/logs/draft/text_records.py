"""Lines of key=value, form posts and XML, as records of a sample."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from fsm.errors import LogError
from fsm.logs.draft.json_records import views_of
from fsm.logs.draft.records import FoundRecord, SampledRecords, columns_of_records
from fsm.logs.draft.sample import LogSample

__all__ = ["form_sample", "pairs_sample", "xml_samples"]

_LINES = 40_000
_LONGEST_LINE = 4_000
"""Characters of a line that are looked at."""
_ARRANGEMENTS = (("=", ""), ("=", ","), ("=", ";"), ("=", "|"), (":", ","), (":", ";"), (":", "|"))
"""What stands between names and values, and between pairs; nothing for blanks."""
_FORM = re.compile(r"[\w.%\[\]-]+=[^\s&]*(?:&[\w.%\[\]-]+=[^\s&]*)+")
_REGULAR = 0.8
_DEEPEST = 20
_ELEMENTS = 100_000
_NAMES = 8
_DOCTYPE = re.compile(r"<!(?:DOCTYPE|ENTITY)")


def _lines(sample: LogSample) -> Iterator[tuple[int | None, str]]:
    count = 0
    for excerpt in sample.excerpts:
        for number, line in enumerate(excerpt.text.split("\n"), excerpt.line or 0):
            if line.strip():
                yield (number if excerpt.line else None), line[:_LONGEST_LINE]
                count += 1
                if count >= _LINES:
                    return


def pairs_sample(sample: LogSample) -> SampledRecords | None:
    """Return the pairs in lines of ``key=value``; None where most lines have no two of them."""
    lines = list(_lines(sample))
    for assign, separator in _ARRANGEMENTS:
        pair = _pair_of(assign, separator)
        found: list[FoundRecord] = []
        for number, line in lines:
            pairs = pair.findall(line)
            covered = sum(len(match[0]) for match in pair.finditer(line)) + len(pairs)
            if len(pairs) >= 2 and covered >= _REGULAR * len(line.strip()):
                found.append((number, {key: _unquoted(value) for key, value in pairs}))
        if found and len(found) >= _REGULAR * len(lines):
            read = {"container": "pairs"}
            read |= {"assign": assign} if assign != "=" else {}
            read |= {"separator": separator} if separator else {}
            columns, numbers = columns_of_records(found)
            return SampledRecords(read, columns, numbers, unread=len(lines) - len(found))
    return None


def _pair_of(assign: str, separator: str) -> re.Pattern[str]:
    """Return the pattern of a pair of its name and its value, which may stand in quotes."""
    ends = re.escape(separator) if separator else r"\s"
    blanks = r"[ \t]*" if separator or assign != "=" else ""
    value = rf"\"(?:[^\"\\]|\\.)*+\"|'[^']*+'|[^{ends}\n]*"
    begin = rf"(?:^|(?<=[{ends}])){blanks}"
    return re.compile(rf"{begin}([\w.@/-]{{1,80}}){blanks}{assign}{blanks}({value})")


def _unquoted(value: str) -> str:
    value = value.strip()
    if value[:1] in ("'", '"') and len(value) > 1:
        return re.sub(r"\\(.)", r"\1", value[1:-1]) if value[0] == '"' else value[1:-1]
    return value


def form_sample(sample: LogSample) -> SampledRecords | None:
    """Return the fields of form posts, one a line; None where most lines are none."""
    found: list[FoundRecord] = []
    total = 0
    for number, line in _lines(sample):
        total += 1
        if _FORM.fullmatch(line.strip()):
            found.append((number, dict(parse_qsl(line.strip(), max_num_fields=1000))))
    if len(found) < _REGULAR * total:
        return None
    columns, lines = columns_of_records(found)
    return SampledRecords({"container": "form"}, columns, lines, unread=total - len(found))


def xml_samples(sample: LogSample) -> list[SampledRecords]:
    """Return the ways in which a sample can be read as XML; none where it is none.

    Records are the elements of one name. Raises :class:`LogError` for a document with a DTD.
    """
    text = sample.excerpts[0].text.lstrip("\ufeff \t\r\n")
    if not re.match(r"<(?:\?xml|!--|!DOCTYPE|[A-Za-z_])", text):
        return []
    by_name: dict[str, list[tuple[int | None, Any]]] = {}
    for document in (excerpt.text for excerpt in sample.excerpts if excerpt.line):
        if _DOCTYPE.search(document):
            raise LogError(f"{sample.name}: XML with a DTD is not read")
        whole = document.lstrip("\ufeff \t\r\n")
        for name, found in _elements(re.sub(r"^<\?xml[^>]*\?>", "", whole)).items():
            by_name.setdefault(name, []).extend(found)
    names = sorted(by_name, key=lambda name: -len(by_name[name]))[:_NAMES]
    views: list[SampledRecords] = []
    for name in names:
        if len(by_name[name]) > 1 or len(by_name) == 1:
            views += (
                replace(view, read={**view.read, "records": [name]})
                for view in views_of("xml", by_name[name])
                if "records" not in view.read
            )
    return views


def _elements(text: str) -> dict[str, list[tuple[int | None, Any]]]:
    """Return the elements that hold others or have attributes, by their names.

    The text may end within an element; what was read before is kept.
    """
    parser: Any = XMLPullParser(["start", "end"])  # its type depends on the events
    found: dict[str, list[tuple[int | None, Any]]] = {}
    depth = 0
    with suppress(ParseError):
        parser.feed(text)
    with suppress(ParseError):
        for count, (kind, element) in enumerate(parser.read_events()):
            depth += 1 if kind == "start" else -1
            if depth > _DEEPEST or count > _ELEMENTS:
                break
            if kind == "end" and (len(element) or element.attrib):
                found.setdefault(_local(element.tag), []).append((None, as_value(element)))
    return found


def as_value(element: Element) -> Any:
    """Return an element as JSON would have it: attributes with ``@``, children, or its text."""
    value: dict[str, Any] = {f"@{_local(name)}": text for name, text in element.attrib.items()}
    for child in element:
        inner: Any = as_value(child) if len(child) or child.attrib else (child.text or "").strip()
        name = _local(child.tag)
        if name in value:
            others = value[name] if isinstance(value[name], list) else [value[name]]
            value[name] = [*others, inner]
        else:
            value[name] = inner
    text = (element.text or "").strip()
    if text and not len(element):
        value["#text"] = text
    return value


def _local(name: str) -> str:
    return name.rpartition("}")[2]
