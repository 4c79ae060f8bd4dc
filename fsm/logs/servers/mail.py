"""Bounce mails: standard reports (RFC 3464, RFC 5965) by their fields, others by their wording.

Mails come in an mbox, in a Maildir, or alone in a file. The line of an event is the first line of
its mail.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from datetime import UTC
from email import message_from_string
from email.message import Message
from email.utils import parseaddr

from fsm.logs.ledger import RecordClass
from fsm.logs.native_event import NativeEvent
from fsm.logs.native_times import from_datetime, from_text
from fsm.logs.notes import Notes
from fsm.logs.servers.clock import Clock

__all__ = ["Reader", "mails"]

_LONGEST = 1 << 22
"""Characters of a mail that are read; its report comes first."""
_SEPARATOR = re.compile(r"From \S+ .*\d\d:\d\d")
_ACTIONS = {"fail": "failed", "erro": "failed"} | {
    name[:4]: name for name in ("delayed", "delivered", "relayed", "expanded")
}
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_MESSAGE_ID = re.compile(
    r"^[ \t>]*Message-ID:[ \t\r\n]*<([^<>\s]{1,500})>", re.IGNORECASE | re.MULTILINE
)
_LONGEST_TEXT = 4000
"""Characters of a mail's text, and of a field, that are kept."""
_ADDRESS = re.compile(r"(?!.*\.\.)[^@\s<>]{1,250}@[^@\s<>]{1,250}")
_PARTS = 2000
"""Parts of a mail; reading one takes time."""
TOO_MANY = "a mail of more than 2,000 parts"
TOO_DEEP = "a mail of parts within parts that nobody writes"
NO_DATE = "the mail has no date; that of its file stands for it"
NO_ID = "the report does not have the message's id; the address stands for it"

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL + 1)


class Reader:
    """The :class:`fsm.logs.conversion.Reader` of mails."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def read(
        self, blocks: Iterable[list[str]], notes: Notes
    ) -> Iterator[tuple[str, list[NativeEvent]]]:
        """Yield the events of the mails in blocks of lines."""
        for text, line in mails(blocks, notes):
            notes.records.read += 1
            if text.count("\n--") > _PARTS:
                notes.reject(TOO_MANY, line)
                continue
            passed = notes.passed.total
            try:
                events = list(self._events(text, line, notes))
            except RecursionError:  # parts in parts, or comments in comments, without an end
                notes.reject(TOO_DEEP, line)
                continue
            if events:
                record = -notes.records.read  # the mails of a Maildir all begin on line 1
                yield "mail", [event._replace(record=record) for event in events]
            else:
                known = notes.passed.total > passed
                notes.records.count(RecordClass.PASSED if known else RecordClass.REJECTED)

    def _events(self, text: str, line: int, notes: Notes) -> Iterator[NativeEvent]:
        envelope, mail = _parsed(text)
        time = self._time(mail, envelope)
        doubts = [] if time is not None else [NO_DATE]
        if time is None:
            time = from_datetime(self._clock.until, UTC) or 0
        original = _original(mail, text)
        reports = list(_standard(mail)) or list(_by_wording(mail, text)) or [_no_report(mail)]
        for native, address, code, reply in reports:
            if not address:
                notes.passed.add(native, line)
                continue
            if not _ADDRESS.fullmatch(address):
                notes.rejected.add("an address that cannot be one", line)
                continue
            yield NativeEvent(
                original or address,
                address,
                native,
                time,
                line,
                code,
                reply,
                f"{native}@{time}",
                None,
                "; ".join(doubts if original else [*doubts, NO_ID]) or None,
            )

    def _time(self, mail: Message, envelope: str) -> int | None:
        received = str(mail.get("Received", "")).rpartition(";")[2]
        stamps = (str(mail.get("Date", "")), received, envelope.partition(" ")[2].lstrip("- "))
        times = (
            from_text(" ".join(stamp.split())[:64], self._clock.zone) for stamp in stamps if stamp
        )
        return next((time for time in times if time is not None), None)


def mails(blocks: Iterable[list[str]], notes: Notes) -> Iterator[tuple[str, int]]:
    """Yield the text of each mail, and the line on which it begins."""
    lines: list[str] = []
    start, number, size, blank = 1, 0, 0, True
    for block in blocks:
        for number, line in enumerate(block, number + 1):  # noqa: B020
            if blank and line.startswith("From ") and _SEPARATOR.match(line) and size:
                yield "\n".join(lines), start
                lines, size, start = [], 0, number
            if size < _LONGEST:
                lines.append(line)
                size += len(line) + 1
            blank = not line
    if size:
        yield "\n".join(lines), start
    notes.lines += number


def _parsed(text: str) -> tuple[str, Message]:
    envelope = ""
    if text.startswith("From "):
        first, _, text = text.partition("\n")
        envelope = first[5:]
    return envelope, message_from_string(text)


Report = tuple[str, str, str | None, str | None]
"""Native event, address (empty: none), code and reply."""


def _standard(mail: Message) -> Iterator[Report]:
    """Yield the reports in the fields of a standard mail."""
    for part in mail.walk():
        kind = part.get_content_type()
        blocks = part.get_payload()
        if kind == "message/delivery-status" and isinstance(blocks, list):
            for block in (b for b in blocks if isinstance(b, Message)):
                yield from _recipient(block)
        elif kind == "message/feedback-report":
            yield from _complaint(part)


def _recipient(block: Message) -> Iterator[Report]:
    action = _ACTIONS.get(_field(block, "Action").lower()[:4])
    if action is None:
        return
    status = _STATUS.search(_field(block, "Status"))
    reply = _field(block, "Diagnostic-Code")
    for name in ("Original-Recipient", "Final-Recipient"):
        kind, semicolon, address = _field(block, name).partition(";")
        if not semicolon and kind.startswith("<"):
            address = kind
        address = parseaddr(address.strip())[1] if address else ""
        if address and (kind.strip().lower() == "rfc822" or not semicolon):
            yield action, address, status[0] if status else None, reply or None
            return


def _complaint(part: Message) -> Iterator[Report]:
    payload = part.get_payload()
    inner = payload[0] if isinstance(payload, list) and payload else payload
    fields = inner if isinstance(inner, Message) else message_from_string(str(inner))
    kind = _field(fields, "Feedback-Type").lower()
    to = _field(fields, "Original-Rcpt-To") or _field(fields, "Removal-Recipient")
    address = parseaddr(to.removeprefix("rfc822;"))[1]
    yield "not-spam" if kind == "not-spam" else "abuse", address, None, kind or None


def _field(block: Message, name: str) -> str:
    return " ".join(str(block.get(name, ""))[:_LONGEST_TEXT].split())


def _by_wording(mail: Message, text: str) -> Iterator[Report]:
    """Yield the failures that flufl.bounce detects by common wordings."""
    from flufl.bounce import all_failures

    try:
        delayed, failed = all_failures(mail)
    except Exception:  # heuristics on mails that anyone may have written
        return
    reply = text[text.find("\n\n") :][:_LONGEST_TEXT].strip()
    for native, addresses in (("prose/failed", failed), ("prose/delayed", delayed)):
        for address in sorted(addresses):
            yield native, address.decode("ascii", "replace"), None, reply


def _no_report(mail: Message) -> Report:
    submitted = _field(mail, "Auto-Submitted").lower()
    replied = submitted.startswith("auto-replied") or mail.get("X-Autoreply") is not None
    if not replied:
        return "no report", "", None, None
    return "auto-replied", parseaddr(_field(mail, "From"))[1], None, _field(mail, "Subject") or None


def _original(mail: Message, text: str) -> str | None:
    """Return the id of the message that a mail is about."""
    for part in mail.walk():
        kind = part.get_content_type()
        if part is mail or kind not in ("message/rfc822", "text/rfc822-headers"):
            continue
        payload = part.get_payload()
        inner = payload[0] if isinstance(payload, list) and payload else payload
        if isinstance(inner, Message):
            message_id = str(inner.get("Message-ID", "")).strip("<> \t\r\n")
        else:
            match = _MESSAGE_ID.search(str(inner))
            message_id = match[1] if match else ""
        if message_id:
            return message_id
    return _quoted(mail, text)


def _quoted(mail: Message, text: str) -> str | None:
    """Return the id in the headers of the mail, or in a copy in its text."""
    for name in ("In-Reply-To", "References"):
        ids = re.findall(r"<([^<>\s]{1,500})>", _field(mail, name))
        if ids:
            return str(ids[-1])
    match = _MESSAGE_ID.search(text, max(text.find("\n\n"), 0))
    return match[1] if match else None
