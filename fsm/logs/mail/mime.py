"""The parts of a mail as texts, however it is encoded or broken (RFC 5322, 2045, 6532)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_string
from email.header import decode_header
from email.message import Message

__all__ = ["Mail", "Part", "parse_mail", "unfolded"]

_LONGEST = 200_000
"""Characters of a part that are read."""
_LONGEST_FIELD = 4000
"""Characters of a field that are kept."""
_LEAVES = re.compile(
    r"^(content-type:\s{0,20})message/"
    r"(?=(?:global-)?(?:delivery-status|tracking-status|headers|feedback-report|disposition-notification))",
    re.IGNORECASE | re.MULTILINE,
)
"""Types of parts that hold fields, not a mail; as texts they are kept as they are."""
_NESTED = ("message/rfc822", "message/global", "message/partial")
_BROKEN = re.compile(r"</?(?:br|p|div|tr|li|h\d|table|ul|ol|blockquote|pre)\b[^<>]{0,2000}>", re.I)
_TAG = re.compile(r"<(?![^<>\s@]{1,250}@[^<>\s@]{1,250}>)/?[a-z!?][^<>]{0,5000}>", re.IGNORECASE)
_SILENT = (("<!--", "-->"), ("<head", "</head"), ("<style", "</style"), ("<script", "</script"))
"""What is no text of a page: its beginnings and ends."""


@dataclass(frozen=True)
class Part:
    """A part of a mail that is no mail itself, as text."""

    kind: str
    """Its type, such as ``text/plain``; those of fields begin with ``text/`` too."""
    text: str


@dataclass(frozen=True)
class Mail:
    """A mail: its header, its parts, and the mails in it."""

    message: Message
    envelope: str
    """What the line that separates mails in an mbox says after ``From``."""
    parts: tuple[Part, ...]
    enclosed: tuple[Message, ...]

    def field(self, name: str) -> str:
        """Return a field of the header in one line, decoded; empty where there is none."""
        return unfolded(str(self.message.get(name, "")))


def parse_mail(text: str) -> Mail:
    """Return a mail from its text. Raises :class:`RecursionError` for endless parts in parts."""
    envelope = ""
    if text.startswith("From "):
        first, _, text = text.partition("\n")
        envelope = first[5:]
    return mail_of(message_from_string(_LEAVES.sub(r"\1text/", text)), envelope)


def mail_of(message: Message, envelope: str = "") -> Mail:
    """Return a mail from what the parser of Python made of it."""
    parts, enclosed = [], []
    for part in _leaves(message):
        if part.get_content_type() in _NESTED and part is not message:
            inner = part.get_payload()
            enclosed += [m for m in inner if isinstance(m, Message)] if inner else []
        else:
            parts.append(Part(_kind(part), _text(part)))
    return Mail(message, envelope, tuple(parts), tuple(enclosed))


def unfolded(text: str) -> str:
    """Return a field in one line, its encoded words decoded."""
    text = " ".join(text[:_LONGEST_FIELD].split())
    if "=?" not in text:
        return text
    try:
        pieces = decode_header(text)
    except Exception:  # a broken encoded word stays as it is; what is raised differs by version
        return text
    return "".join(
        piece if isinstance(piece, str) else _decoded(piece, charset) for piece, charset in pieces
    )


def _leaves(message: Message) -> Iterator[Message]:
    """Yield the parts that have no parts, in their order; mails in mails are not opened."""
    payload = message.get_payload()
    is_nested = message.get_content_type() in _NESTED
    if not isinstance(payload, list) or is_nested:
        yield message
        return
    for part in payload:
        if isinstance(part, Message):
            yield from _leaves(part)


def _kind(part: Message) -> str:
    """Return the type of a part; one whose parts were not found is a text."""
    kind = part.get_content_type()
    return "text/plain" if kind.startswith(("multipart/", "message/")) else kind


def _text(part: Message) -> str:
    """Return the text of a part, without its encoding; that of a page without its tags."""
    payload = part.get_payload()
    text = payload if isinstance(payload, str) else ""
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    charset = str(part.get_param("charset", "") or "")
    if encoding in ("base64", "quoted-printable"):
        data = part.get_payload(decode=True)
        text = _decoded(data, charset) if isinstance(data, bytes) else text
    elif charset:
        text = _read_as(text, charset)
    text = text[:_LONGEST].replace("\r\n", "\n")
    return _words(text) if part.get_content_type() == "text/html" else text


def _decoded(data: bytes, charset: str | None) -> str:
    for name in (charset or "utf-8", "utf-8"):
        try:
            return data.decode(name)
        except (LookupError, ValueError):
            continue
    return data.decode("latin-1")


def _read_as(text: str, charset: str) -> str:
    """Return text whose bytes were taken for Latin-1, read in its character set."""
    try:
        return text.encode("latin-1").decode(charset)
    except (LookupError, ValueError):
        return text


def _words(page: str) -> str:
    """Return the text of a page in HTML, a line for each of its lines and paragraphs."""
    for begin, end in _SILENT:
        page = _without(page, begin, end)
    page = _BROKEN.sub("\n", page.replace("\n", " "))
    return html.unescape(_TAG.sub("", page)).replace("\xa0", " ")


def _without(page: str, begin: str, end: str) -> str:
    kept, place, lower = [], 0, page.lower()
    if len(lower) != len(page):  # letters whose small form is longer
        return page
    while (start := lower.find(begin, place)) >= 0:
        kept.append(page[place:start])
        stop = lower.find(end, start)
        place = len(page) if stop < 0 else stop
        place = lower.find(">", place) + 1 or len(page)
    return "".join([*kept, page[place:]])
