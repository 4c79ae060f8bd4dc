"""The message that came back: where it begins in a mail, its id and its addresses.

Nothing of it is a report. Its id only joins the report to the message, and its addresses only tell
which addresses of a report are the sender's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import getaddresses
from functools import cached_property

from fsm.logs.mail.mime import Mail, Part, unfolded
from fsm.logs.mail.status_fields import field_blocks
from fsm.logs.mail.wording import begins_copy

__all__ = ["Returned", "is_header_line", "parse_returned", "report_text"]

_HEADER_LINE = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,60}):(?:[ \t]|\S|$)")
_OF_TRANSPORT = frozenset(
    ("received", "return-path", "message-id", "mime-version", "dkim-signature", "delivered-to")
)
"""Fields that only the header of a message has, not a report on it."""
_OF_REPORT = frozenset(("reporting-mta", "final-recipient", "original-recipient", "action"))
_OF_MESSAGE = frozenset(
    (*_OF_TRANSPORT, "from", "to", "cc", "subject", "date", "sender", "reply-to", "content-type")
)
_OF_EVERY_MESSAGE = frozenset(("message-id", "from", "to", "received"))
_HEADERS = ("text/rfc822-headers", "text/headers", "text/global-headers")
_OF_FIELDS = ("-status", "feedback-report", "notification")
_OF_LISTS = ("list-post", "x-beenthere", "x-mailman")
_SIGNATURE = re.compile(r"-- ?$")
_LINES = 5000
"""Lines of a part that are read as a report."""
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,500})>")
_IN_TEXT = re.compile(r"^[ \t>]*Message-?ID:[ \t\r\n]*<([^<>\s]{1,500})>", re.I | re.M)


@dataclass(frozen=True)
class Returned:
    """What is known of the message that came back. Addresses are in small letters."""

    message_id: str | None
    header: Mapping[str, str]
    """Its fields, by their names in small letters."""

    @cached_property
    def recipients(self) -> tuple[str, ...]:
        """Return whom it was sent to, as its header says."""
        return tuple(_addresses(unfolded(self.header.get("to", ""))))

    @cached_property
    def senders(self) -> frozenset[str]:
        """Return who sent it."""
        names = ("from", "sender", "return-path", "reply-to", "errors-to")
        fields = (unfolded(self.header.get(name, "")) for name in names)
        return frozenset(address for field in fields for address in _addresses(field))

    @property
    def is_of_list(self) -> bool:
        """Return whether a mailing list sent it: its recipient is the list then."""
        lists = self.header.get("list-id", "").lower()
        is_named = any(address.replace("@", ".") in lists for address in self.recipients)
        return is_named or any(name.startswith(_OF_LISTS) for name in self.header)


def report_text(mail: Mail) -> tuple[str, str]:
    """Return the text of a mail that is a report, and that of the message that came back in it."""
    reports, copies = [], []
    is_plain = False
    for part in mail.parts:
        if part.kind in _HEADERS or not part.kind.startswith("text/"):
            copies.append(part.text if part.kind in _HEADERS else "")
            continue
        if part.kind == "text/html" and is_plain:
            continue
        if part.kind.endswith(_OF_FIELDS):
            continue
        report, copy = _split(part.text)
        is_plain = is_plain or len(report.strip()) > 10
        reports.append(report)
        copies.append(copy)
    return "\n\n".join(reports), "\n".join(copies)


def _split(text: str) -> tuple[str, str]:
    """Split a text where the message begins that came back."""
    lines = text.split("\n")[:_LINES]
    for number, line in enumerate(lines):
        if _SIGNATURE.match(line) and number:
            return "\n".join(lines[:number]), "\n".join(lines[number:])
        if begins_copy(line) or _is_header(lines, number):
            return "\n".join(lines[:number]), "\n".join(lines[number:])
    return "\n".join(lines), ""


def is_header_line(line: str) -> str | None:
    """Return the name of the field that a line begins, if a message's header has it."""
    found = _HEADER_LINE.match(line.lstrip(" \t>*-•|"))
    name = found[1].lower() if found else ""
    return name if name in _OF_MESSAGE else None


def _is_header(lines: list[str], start: int) -> bool:
    """Return whether the header of a message begins on a line."""
    if not _HEADER_LINE.match(lines[start]):
        return False
    names: list[str] = []
    for line in lines[start : start + 60]:
        found = _HEADER_LINE.match(line)
        if found:
            names.append(found[1].lower())
        elif not line[:1].isspace() or not line.strip():
            break
    known = set(names)
    return len(known & _OF_MESSAGE) > 2 and bool(known & _OF_TRANSPORT) and not known & _OF_REPORT


def parse_returned(mail: Mail, report: str, copy: str) -> Returned:
    """Return what the message that came back, and the header of the mail, say of it."""
    header = _fields(mail, copy)
    return Returned(_message_id(mail, header, report, copy), header)


def _fields(mail: Mail, copy: str) -> Mapping[str, str]:
    """Return the header of the message that came back, by names in small letters."""
    for message in mail.enclosed:
        if message.keys():
            return {name.lower(): str(value) for name, value in message.items()}
    header: dict[str, str] = {}
    for block in _first_blocks(copy):
        for name, value in block.items():
            header.setdefault(name, value)
        if header.keys() & _OF_EVERY_MESSAGE:
            break
    return header


def _first_blocks(text: str) -> Iterator[Mapping[str, str]]:
    lines = (line.removeprefix("> ").removeprefix(">") for line in text.split("\n")[:_LINES])
    yield from field_blocks("\n".join(lines))


def _addresses(value: str) -> list[str]:
    return [address.lower() for _, address in getaddresses([value[:2000]]) if "@" in address]


def _message_id(mail: Mail, fields: Mapping[str, str], report: str, copy: str) -> str | None:
    candidates = [fields.get("message-id", "")]
    candidates += [_original_id(part) for part in mail.parts]
    for value in candidates:
        if value.strip("<> \t"):
            return value.strip("<> \t")
    for name in ("In-Reply-To", "References"):
        if ids := _MESSAGE_ID.findall(mail.field(name)):
            return str(ids[-1])
    found = _IN_TEXT.search(copy) or _IN_TEXT.search(report)
    return found[1] if found else None


def _original_id(part: Part) -> str:
    """Return the id that the fields of a report tell."""
    if not part.kind.endswith(_OF_FIELDS):
        return ""
    for block in field_blocks(part.text):
        for name in ("x-original-message-id", "original-message-id"):
            if name in block:
                return block[name]
    return ""
