"""Mapping files: how the records of a log are read, and what its events mean.

A small TOML file describes a format; those of the package are such files, too::

    kind = "mapping"
    title = "Parcel tracking"       # optional
    unit = "parcel"                 # what one message is called in results

    [read]                          # how records are found; what is left out is detected
    container = "csv"               # csv, json, xml, lines, pairs (key=value), form
    separator = ";"

    [fields]                        # column, JSON path or named group; of a list, the first value
    message_id = "parcel no"
    event = ["Status", { value = "unknown" }]
    time = { join = ["Date", "Time"] }

    [time]
    format = "%d.%m.%Y %H:%M"
    zone = "Europe/Berlin"

    [events]                        # native event = event of a machine
    "Out for delivery" = "sent_out"
    Heartbeat = "nothing"           # known, and no event of a message
    "Sent back" = { event = "returned", doubt = "the reason is not said" }

:mod:`fsm.logs.mapping.record_layout` lists the fields. Every mistake is one line with the file, the
line and the remedy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from fsm.errors import LogError
from fsm.file_kinds import misplaced_toml
from fsm.logs.mapping.event_mapping import FAULTS, Format, Meaning
from fsm.logs.mapping.mapping_section import MappingSection
from fsm.logs.mapping.record_layout import CONTAINERS, FIELDS, FieldSource, RecordLayout
from fsm.logs.mapping.time_notation import read_time_notation
from fsm.questions import refuse_unanswered
from fsm.suggest import no_such
from fsm.toml import Toml, parse_toml, read_toml

__all__ = ["parse_mapping", "read_mapping"]

_TOP = (
    "kind", "title", "unit", "sources", "family", "relays", "answered",
    "ordered",
    "read", "fields", "time", "events",
)  # fmt: skip
_READ = (
    "container", "separator", "assign", "columns", "header", "quote", "encoding", "comment", "skip",
    "pattern", "records", "beside", "recognise", "loose",
)  # fmt: skip
_OTHERS = ("message_id_ends", "each", "each_pattern", "recipient_separator", "detail")
_MEANING = ("event", "fault", "doubt", "note")
_GROUP = re.compile(r"\(\?P?<(\w+)>")
_LINE_PATTERNS = ("header", "skip", "pattern")
_LONGEST_PATTERN = 10_000
_LONGEST_SEPARATOR = 8


def read_mapping(path: Path, name: str | None = None) -> Format:
    """Return the format that a mapping file describes, under a name (by default, of the file).

    Raises :class:`fsm.errors.LogError`, naming the file, the line and what is wrong there.
    """
    return _format(read_toml(path, LogError), name or path.name, is_own=name is None)


def parse_mapping(text: str, name: str) -> Format:
    """Return the format that the text of a mapping file describes; see :func:`read_mapping`."""
    return _format(parse_toml(text, name, LogError), name, is_own=True)


def _format(toml: Toml, name: str, *, is_own: bool) -> Format:
    if wrong := misplaced_toml(toml.data, "mapping"):
        raise LogError(f"{toml.name}: {wrong}")
    if "kind" not in toml.data:
        raise LogError(f'{toml.name}:1: a mapping begins with the line kind = "mapping"')
    refuse_unanswered(toml, LogError)
    top = MappingSection(toml, "")
    top.check_names("entry", _TOP)
    layout = _layout(toml, is_own=is_own)
    reader = "webhooks" if layout.container in (None, "json", "form") else name
    return Format(
        name,
        title=top.text("title") or name,
        sources=top.texts("sources"),
        family=top.text("family") or reader,
        layout=layout,
        meanings=dict(_meanings(MappingSection(toml, "events"))),
        unit=top.text("unit"),
        answered=top.texts("answered"),
        ordered=top.flag("ordered") or False,
        keeps_names="events" not in toml.data,
        is_own=is_own,
        told_relays=top.flag("relays"),
    )


def _layout(toml: Toml, *, is_own: bool) -> RecordLayout:
    read, fields = MappingSection(toml, "read"), MappingSection(toml, "fields")
    read.check_names("entry", _READ)
    fields.check_names("field", (*FIELDS, *_OTHERS))
    _check_container(read)
    for key in _LINE_PATTERNS:
        _check_pattern(read, key)
    _check_pattern(fields, "message_id_ends")
    _check_pattern(fields, "each_pattern")
    _check_encoding(read)
    detail = MappingSection(toml, "fields.detail")
    layout = RecordLayout(
        container=read.text("container"),
        separator=read.text("separator"),
        assign=read.text("assign") or "=",
        columns=read.texts("columns"),
        header=read.text("header"),
        quote=_quote(read),
        encoding=read.text("encoding"),
        comment=read.text("comment"),
        skip=read.text("skip"),
        pattern=read.text("pattern"),
        records=read.texts("records"),
        beside=read.texts("beside"),
        recognise=read.text_lists("recognise"),
        loose=read.text_lists("loose"),
        fields=_fields(read, fields, is_own=is_own),
        detail={name: detail.sources(name) for name in detail.entries},
        message_id_ends=fields.text("message_id_ends"),
        each=fields.texts("each"),
        each_pattern=fields.text("each_pattern"),
        recipient_separator=fields.text("recipient_separator"),
        time=read_time_notation(MappingSection(toml, "time")),
    )
    for name, sources in layout.fields.items() if not layout.each else ():
        if any(source.of_entry for source in sources):
            fields.refuse(name, "a path that begins with a dot is in an entry of the list `each`")
    return layout


def _fields(
    read: MappingSection, fields: MappingSection, *, is_own: bool
) -> dict[str, tuple[FieldSource, ...]]:
    """Return the places of the fields that are given; in own mappings others have usual names."""
    found = {name: fields.sources(name) for name in FIELDS if name in fields.entries}
    groups = set(_GROUP.findall(read.text("pattern") or ""))
    usual = {name: name for name in FIELDS if name in groups}
    if is_own:
        usual |= {"message_id": "message_id", "event": "event"}
        usual.setdefault("time", "timestamp")
        if not fields.entries:
            usual |= {name: name for name in ("recipient", "delivery_id", "event_id")}
    return {**{name: (FieldSource((path,)),) for name, path in usual.items()}, **found}


def _check_container(read: MappingSection) -> None:
    container, separator = read.text("container"), read.text("separator") or ""
    if container is not None and container not in CONTAINERS:
        read.refuse(container, no_such("container", container, CONTAINERS))
    if container == "lines" and "pattern" not in read.entries:
        read.refuse("container", "lines need a pattern, the regular expression of a line")
    if "pattern" in read.entries and container not in ("lines", "pairs"):
        read.refuse("pattern", 'a pattern needs container = "lines" (or "pairs")')
    if container == "xml" and "records" not in read.entries:
        read.refuse("container", 'xml needs records = ["event"], the names of elements')
    if container == "pairs" and len(separator.strip()) > 1:
        read.refuse(
            separator, f"one character separates pairs, blanks beside it, not {separator!r}"
        )
    if container == "csv" and separator and not (len(separator) == 1 and separator.isascii()):
        read.refuse(separator, f"one character separates the fields of CSV, not {separator!r}")
    for key in ("separator", "assign"):
        if len(read.text(key) or "") > _LONGEST_SEPARATOR:
            read.refuse(key, f"{key} has at most {_LONGEST_SEPARATOR} characters")


def _quote(read: MappingSection) -> str | None:
    """Return the quote of CSV; an empty text stands for none."""
    quote = read.entries.get("quote", '"')
    if not isinstance(quote, str) or len(quote) > 1 or not quote.isascii():
        read.refuse("quote", 'write quote = "\'", one character, or quote = "" for none')
    return quote or None


def _check_encoding(read: MappingSection) -> None:
    encoding = read.text("encoding")
    try:
        "".encode(encoding or "utf-8")
    except (LookupError, ValueError):
        read.refuse("encoding", f"no encoding {encoding!r}; write for example latin-1 or utf-16")


def _check_pattern(section: MappingSection, key: str) -> None:
    """Refuse what is no expression of Rust's regex library, which reads in linear time."""
    pattern = section.text(key)
    if pattern is None:
        return
    import polars as pl

    if len(pattern) > _LONGEST_PATTERN:
        section.refuse(key, f"{key} has more than {_LONGEST_PATTERN:,} characters")
    try:
        pl.select(pl.lit("").str.contains(pattern))
    except pl.exceptions.PolarsError as error:
        reason = str(error).split("error: ")[-1].split("\n")[0]
        section.refuse(key, f"{key} is no regular expression as Rust writes them: {reason}")
    if key in ("pattern", "each_pattern") and "(?P<" not in pattern and "(?<" not in pattern:
        section.refuse(key, f"no named group in {key}; write (?P<time>...) and so on")


def _meanings(section: MappingSection) -> Iterator[tuple[str, Meaning]]:
    for path, row in section.entries.items():
        facts = {"event": row} if isinstance(row, str) else row
        if not isinstance(facts, dict) or "event" not in facts:
            section.refuse(path, f'write "{path}" = "an event", or {{ event = "an event", ... }}')
        section.check_names("entry", _MEANING, facts)
        for key, text in facts.items():
            if not isinstance(text, str) or not text:
                section.refuse(path, f'write {key} = "a text" for {path!r}')
        fault = facts.get("fault")
        if fault is not None and fault not in FAULTS:
            section.refuse(fault, no_such("fault", fault, FAULTS))
        yield path, Meaning(rule=path, **facts)
