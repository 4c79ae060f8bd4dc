"""Recognise the format of a file by its content, with the reason."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fsm.errors import LogError
from fsm.logs.canonical_columns import CANONICAL, MINED, NEEDED
from fsm.logs.reading import ReadingOptions
from fsm.logs.storage.compression import PARQUET, ZIP
from fsm.logs.storage.stored_file import StoredFile, is_wide

if TYPE_CHECKING:
    from fsm.logs.mapping.event_mapping import Format

# The patterns of the readers are imported only where a file needs them: most logs are canonical.

__all__ = [
    "RecognisedFile",
    "guess",
    "guess_by_columns",
    "guess_mined",
    "recognise",
    "recognise_canonical",
    "unknown_format",
]

_NEEDED = set(NEEDED)
_LINES = 2000
"""Lines that are compared with the patterns of mail servers."""
_HEAD = 1 << 16
"""Bytes of a file that are looked at."""
_SIGNS = "its first records have the signs of the format"
_RECORDS = 50
"""Lines that are parsed as JSON."""
_BEGUN = re.compile(r"\s*(?:\[|\{\s*\n)")
_WRAPPED_LINE_SIGNS = (
    "__REALTIME_TIMESTAMP",
    " to=",
    "stat=",
    " => ",
    " =\\u003e ",
    " <= ",
    "client=",
)
"""What stands in JSON records that hold lines of mail servers."""
_SQLITE = b"SQLite format 3\0"
_LOG_ELEMENT = re.compile(r"<(?:[\w.-]{1,50}:)?log\b[^>]{0,2000}>")
_OCEL_XML = re.compile(r"<(?:object-types|event-types|objects|events)\b")
_OCEL_JSON = re.compile(
    r'"(?:eventTypes|objectTypes)"\s*:\s*\[|"ocel:(?:global-log|events|objects)"\s*:|"objectId"\s*:'
)
_MBOX = re.compile(r"From \S+ .*\d")
_HEADER = re.compile(r"[A-Za-z][\w-]{0,60}:(?!//)")  # a blank after it is usual, not needed
_OF_MAILS = re.compile(
    r"(?:Return-Path|Received|Delivered-To|From|To|Date|Message-ID|Subject|MIME-Version):",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Recognition:
    """A format, and the reason why a file is read as it."""

    format: str
    reason: str
    form: Format | None = None
    """The mapping file that describes the records, where one does."""
    signs: str = ""
    """The format whose signs the records have."""


@dataclass(frozen=True)
class RecognisedFile:
    """A file, the format it is read as, and the reason."""

    stored: StoredFile
    format: str
    reason: str
    form: Format | None = None
    """The mapping file that describes its records, where one does."""


def recognise(
    stored: StoredFile, log_format: str | None = None, options: ReadingOptions | None = None
) -> RecognisedFile:
    """Return the format a file is read as: the one given, else by its content.

    ``options`` have the mappings and labels of the user. Raises :class:`fsm.errors.LogError` for
    an empty file, and for one whose format is not known.
    """
    options = options or ReadingOptions()
    if stored.group:
        return RecognisedFile(stored, "mail", f"{stored.group} is a folder of mails")
    if stored.url is not None:
        return RecognisedFile(stored, "parquet", "as given" if log_format else "its name ends so")
    head = _beginning(stored)
    if log_format is not None:
        return _as_given(stored, log_format)
    if options.mappings and (form := _named(stored, head, options.mappings)):
        return _described(stored, form, "as given")
    return _by_content(stored, head, options)


def _by_content(stored: StoredFile, head: bytes, options: ReadingOptions) -> RecognisedFile:
    found = guess(head, options.labels)
    is_text = (found is None or found.format not in ("parquet", *MINED)) and not is_wide(head)
    if is_text and b"\0" in (head if found is None else head[:4]):
        raise LogError(f"{stored.name}: binary data, no log that is known (see: fsm formats)")
    form = _of_project(stored.name, head, options.project, found) if options.project else None
    if form is not None:
        return _described(stored, form, _SIGNS)
    if found is None and b"\n" not in head and len(head) == _HEAD:
        return RecognisedFile(stored, "csv", "its first line is very long")
    if found is None:
        raise unknown_format(stored.name, options.project)
    if found.form is not None:
        return _described(stored, found.form, found.reason)
    return RecognisedFile(stored, found.format, found.reason)


def _described(stored: StoredFile, form: Format, reason: str) -> RecognisedFile:
    """Return a file as one that a mapping file describes."""
    encoded = replace(stored, encoding=form.layout.encoding)
    return RecognisedFile(encoded, form.name, reason, form)


def _beginning(stored: StoredFile) -> bytes:
    head = stored.head()
    if not head.strip():
        raise LogError(f"{stored.name}: empty; a log begins with a header line or a record")
    if head.startswith(ZIP):
        raise LogError(f"{stored.name}: a ZIP archive within another one; unpack the outer one")
    return head


def unknown_format(name: str, project: Sequence[Format] = ()) -> LogError:
    """Return the error about a log whose format is not known, nor to mappings of the project."""
    unsigned = [f for f in project if not f.layout.recognise and f.layout.container != "lines"]
    if unsigned:
        return LogError(
            f"{name}: format not known; {unsigned[0].name} of the settings says with no recognise "
            "in [read] which files are its own: add it, or name the file with --map"
        )
    return LogError(
        f"{name}: format not known (see: fsm formats); to read it, draft a mapping with: "
        f"fsm draft {shlex.quote(name)} -o my.toml, and give it with --map my.toml"
    )


def _named(stored: StoredFile, head: bytes, mappings: Sequence[Format]) -> Format | None:
    from fsm.logs.mapped_files import named_mapping

    if head.startswith(PARQUET):
        raise LogError(
            f"{stored.name}: Parquet is read as a canonical log; a mapping of nothing but [fields] "
            "names its columns, one of nothing but [events] its events"
        )
    return named_mapping(stored.name, _text(head), mappings)


def _of_project(
    name: str, head: bytes, forms: Sequence[Format], found: Recognition | None
) -> Format | None:
    """Return the mapping of the project that a file fits; a tie with another format is an error."""
    from fsm.logs.mapped_files import fitting, tie

    form = fitting(name, _text(head), forms)
    if form and found and found.signs:
        raise tie(name, form.name, found.signs)
    return form


def recognise_canonical(stored: StoredFile) -> RecognisedFile:
    """Return which of the canonical formats a file has, by its first bytes.

    Raises :class:`fsm.errors.LogError` for binary data that is no Parquet.
    """
    if stored.group or stored.url is not None:
        return recognise(stored)
    head = stored.head()
    if head.startswith(PARQUET):
        return RecognisedFile(stored, "parquet", "it begins as Parquet files do")
    if mined := guess_mined(head):
        return RecognisedFile(stored, mined.format, mined.reason)
    if b"\0" in head[:4]:
        raise LogError(f"{stored.name}: binary data, no log that is known (see: fsm formats)")
    is_json = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    return RecognisedFile(stored, "jsonl" if is_json else "csv", "names of columns are given")


def _as_given(stored: StoredFile, log_format: str) -> RecognisedFile:
    from fsm.logs.mapping.event_mapping import load_format

    if log_format in (*CANONICAL, *MINED):
        return RecognisedFile(stored, log_format, "as given")
    form = load_format(log_format)
    if form.family == form.name and form.layout.fields:
        return _described(stored, form, "as given")
    return RecognisedFile(stored, form.family, "as given")


def guess(head: bytes, labels: str | None = None) -> Recognition | None:
    """Return the format of a file with these first bytes; None where it is not recognised.

    ``labels`` is a file with the names that exports of statuses give their columns.
    """
    if head.startswith(PARQUET):
        return Recognition("parquet", "it begins as Parquet files do")
    if mined := guess_mined(head):
        return mined
    text = _text(head).lstrip("\ufeff")
    lines = [line for line in text.split("\n") if line.strip()][:_LINES]
    if not lines:
        return None
    first = lines[0].lstrip()
    if first.startswith(("{", "[")):
        return _guess_wrapped(lines, text) or _guess_json(lines, text, labels)
    named = max((_names(first, sign) for sign in ",;\t|"), key=lambda own: len(_NEEDED & own))
    if named >= _NEEDED:
        return Recognition("csv", "its header names message_id, event and timestamp")
    found = _guess_lines(lines) or _guess_mail(lines) or _guess_mapped(text)
    if found is None and any(sign in first for sign in ",;\t|"):
        from fsm.logs.snapshots.read_records import names_of

        found = guess_by_columns(names_of(first)[0], "its header names", labels)
    return found or _guess_csv(named)


def guess_mined(head: bytes) -> Recognition | None:
    """Return the format of a log of process mining, by the signs that only it has."""
    if head.startswith(_SQLITE):
        return Recognition("ocel", "it is an SQLite database")
    is_wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = head.decode("utf-16", "replace") if is_wide else _text(head)
    begin = text.lstrip("\ufeff \t\r\n")[:1]
    if begin == "{" and (_OCEL_JSON.search(text) is not None):
        return Recognition("ocel", "it has the types of events and objects of OCEL")
    if begin == "<" and (root := _LOG_ELEMENT.search(text)):
        is_ocel = _OCEL_XML.search(text, root.end()) and "xes." not in root[0]
        name = "OCEL" if is_ocel else "XES"
        return Recognition(name.lower(), f"it is an XML document of {name}")
    return None


def _text(head: bytes) -> str:
    """Decode bytes that may end within a character."""
    if is_wide(head):
        return head.decode("utf-16", "replace")
    try:
        return head.decode("utf-8")
    except UnicodeDecodeError as error:
        cut = error.start > len(head) - 4
        return head.decode("utf-8" if cut else "latin-1", "replace")


def _guess_json(lines: list[str], text: str, labels: str | None) -> Recognition | None:
    """Return the format of JSON by its first records; nearly all of a provider's have its signs."""
    from fsm.logs.mapped_files import provider_of
    from fsm.logs.records.providers import has_signs

    for part in [*lines[:_RECORDS], text]:
        try:
            value = json.loads(part.rstrip(","))
        except (ValueError, RecursionError):
            continue
        if not isinstance(value, dict):
            break
        if value.keys() >= _NEEDED and not has_signs(value):
            return Recognition("jsonl", "its records have message_id, event and timestamp")
        if (
            part is not text
            and not has_signs(value)
            and (found := guess_by_columns(list(value), "its records have", labels))
        ):
            return found
        break
    if provider := provider_of(text):
        return Recognition("webhooks", provider[1], signs=provider[0])
    if _BEGUN.match(text) and len(text) >= _HEAD:
        return Recognition("webhooks", "it is JSON over several lines")
    if '"message_id"' in lines[0] and sum(f'"{name}"' in lines[0] for name in _NEEDED) > 1:
        return Recognition("jsonl", "it is JSON, one object a line")
    return None


def _guess_mapped(text: str) -> Recognition | None:
    """Return the format of lines or columns that a mapping file of the package describes."""
    from fsm.logs.mapped_files import fitting, provider_of, text_formats

    form = fitting("", text, text_formats())
    if form is not None:
        return Recognition(form.name, _SIGNS, form, form.name)
    provider = provider_of(text)
    return Recognition("webhooks", provider[1], signs=provider[0]) if provider else None


def _names(header: str, separator: str) -> set[str]:
    return {name.strip().strip('"') for name in header.split(separator)}


def _guess_wrapped(lines: list[str], text: str) -> Recognition | None:
    """Return the format of a mail server whose lines JSON records hold; None for others."""
    if not any(sign in text for sign in _WRAPPED_LINE_SIGNS):
        return None
    return _guess_lines(lines)


def _guess_lines(lines: list[str]) -> Recognition | None:
    from fsm.logs.servers.recognition import recognise_server

    found = recognise_server(lines)
    return Recognition(*found) if found else None


def _guess_mail(lines: Sequence[str]) -> Recognition | None:
    if _MBOX.match(lines[0]):
        return Recognition("mail", "it begins as an mbox")
    if _HEADER.match(lines[0]) and any(map(_OF_MAILS.match, lines)):
        return Recognition("mail", "it begins as a mail")
    return None


def guess_by_columns(names: Sequence[str], where: str, given: str | None) -> Recognition | None:
    """Return the format of a log by the names of its columns; None where they fit none."""
    from fsm.logs.snapshots.labels import load_labels

    labels = load_labels(given)
    if not labels.fit(names):
        return None
    roles = labels.roles(names)
    shown = [names[roles[r]] for r in ("message_id", "recipient", "status") if r in roles]
    return Recognition("snapshot", f"{where} {', '.join(shown[:-1])} and a status, {shown[-1]}")


def _guess_csv(named: Collection[str]) -> Recognition | None:
    is_canonical = len(_NEEDED.intersection(named)) > 1
    return (
        Recognition("csv", "its header names columns of canonical logs") if is_canonical else None
    )
