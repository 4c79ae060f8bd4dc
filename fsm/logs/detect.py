"""Recognise the format of a file by its content, with the reason."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from fsm.errors import LogError
from fsm.logs.canonical_columns import CANONICAL, NEEDED
from fsm.logs.storage.compression import PARQUET
from fsm.logs.storage.stored_file import StoredFile

# The patterns of the readers are imported only where a file needs them: most logs are canonical.

__all__ = [
    "RecognisedFile",
    "guess",
    "guess_by_columns",
    "recognise",
    "recognise_canonical",
]

_NEEDED = set(NEEDED)
_LINES = 2000
"""Lines that are compared with the patterns of mail servers."""
_RECORDS = 50
"""Lines that are parsed as JSON."""
_BEGUN = re.compile(r"\s*(?:\[|\{\s*\n|mandrill_events=)")
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
_MBOX = re.compile(r"From \S+ .*\d")
_HEADER = re.compile(r"[A-Za-z][\w-]{0,60}:(?: |$)")
_OF_MAILS = re.compile(
    r"(?:Return-Path|Received|Delivered-To|From|To|Date|Message-ID|Subject|MIME-Version): ",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Recognition:
    """A format, and the reason why a file is read as it."""

    format: str
    reason: str


@dataclass(frozen=True)
class RecognisedFile:
    """A file, the format it is read as, and the reason."""

    stored: StoredFile
    format: str
    reason: str


def recognise(
    stored: StoredFile, log_format: str | None = None, labels: str | None = None
) -> RecognisedFile:
    """Return the format a file is read as: the one given, else by its content.

    ``labels`` is a file with the names that exports of statuses give their columns. Raises
    :class:`fsm.errors.LogError` for an empty file and for binary data of no known format.
    """
    if stored.group:
        return RecognisedFile(stored, "mail", f"{stored.group} is a Maildir")
    if stored.url is not None:
        return RecognisedFile(stored, "parquet", "as given" if log_format else "its name ends so")
    head = stored.head()
    if not head:
        raise LogError(f"{stored.name}: empty; a log begins with a header line or a record")
    if log_format is not None:
        return RecognisedFile(stored, _family(log_format), "as given")
    found = guess(head, labels)
    is_binary = b"\0" in (head if found is None else head[:4]) and not head.startswith(PARQUET)
    if is_binary:
        raise LogError(f"{stored.name}: binary data, no log that is known (see: fsm formats)")
    if found is None:
        return RecognisedFile(stored, "csv", "nothing else fits")
    return RecognisedFile(stored, found.format, found.reason)


def recognise_canonical(stored: StoredFile) -> RecognisedFile:
    """Return which of the canonical formats a file has, by its first bytes.

    Raises :class:`fsm.errors.LogError` for binary data that is no Parquet.
    """
    if stored.group or stored.url is not None:
        return recognise(stored)
    head = stored.head()
    if head.startswith(PARQUET):
        return RecognisedFile(stored, "parquet", "it begins as Parquet files do")
    if b"\0" in head[:4]:
        raise LogError(f"{stored.name}: binary data, no log that is known (see: fsm formats)")
    is_json = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    return RecognisedFile(stored, "jsonl" if is_json else "csv", "names of columns are given")


def _family(log_format: str) -> str:
    from fsm.logs.mapping.event_mapping import load_format

    return log_format if log_format in CANONICAL else load_format(log_format).family


def guess(head: bytes, labels: str | None = None) -> Recognition | None:
    """Return the format of a file with these first bytes; None where it is not recognised.

    ``labels`` is a file with the names that exports of statuses give their columns.
    """
    if head.startswith(PARQUET):
        return Recognition("parquet", "it begins as Parquet files do")
    text = _text(head).lstrip("\ufeff")
    lines = [line for line in text.split("\n") if line.strip()][:_LINES]
    if not lines:
        return None
    first = lines[0].lstrip()
    if first.startswith(("{", "[", "mandrill_events=")):
        return _guess_wrapped(lines, text) or _guess_json(lines, text, labels)
    named = {name.strip().strip('"') for name in first.split(",")}
    if named >= _NEEDED:
        return Recognition("csv", "its header names message_id, event and timestamp")
    from fsm.logs.servers import powermta

    if powermta.is_header(first):
        return Recognition("powermta", "its header names type, timeLogged and rcpt")
    found = _guess_lines(lines) or _guess_mail(lines)
    if found is None and any(sign in first for sign in ",;\t|"):
        from fsm.logs.snapshots.read_records import names_of

        found = guess_by_columns(names_of(first)[0], "its header names", labels)
    return found or _guess_csv(first)


def _text(head: bytes) -> str:
    """Decode bytes that may end within a character."""
    try:
        return head.decode("utf-8")
    except UnicodeDecodeError as error:
        cut = error.start > len(head) - 4
        return head.decode("utf-8" if cut else "latin-1", "replace")


def _guess_json(lines: list[str], text: str, labels: str | None) -> Recognition:
    for number, part in enumerate([*lines[:_RECORDS], text], 1):
        try:
            value = json.loads(part.rstrip(","))
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and value.keys() >= _NEEDED:
            return Recognition("jsonl", "its records have message_id, event and timestamp")
        from fsm.logs.records.providers import built_in_records

        form = next((own.format for own in built_in_records().opened(value) if own.format), None)
        if form:
            where = f"the record on line {number}" if part is not text else "its record"
            return Recognition("webhooks", f"{where} is one of {form.name}")
        if isinstance(value, dict) and part is not text:
            found = guess_by_columns(list(value), "its records have", labels)
            if found:
                return found
    begun = _BEGUN.match(text)
    if begun:
        return Recognition("webhooks", "it is JSON over several lines")
    return Recognition("jsonl", "it is JSON, one object a line")


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


def _guess_csv(first: str) -> Recognition | None:
    return Recognition("csv", "its first line has commas") if "," in first else None
