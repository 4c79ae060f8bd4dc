"""Bounce mails: standard reports (RFC 3464, RFC 5965) by their fields, others by their wording.

Mails come in an mbox, in a folder, or alone in a file. The line of an event is the first line of
its mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC

from fsm.logs.ledger import RecordClass
from fsm.logs.mail.mime import Mail, parse_mail
from fsm.logs.mail.reports import NOT_SURE, read_reports
from fsm.logs.mapping.doubts import all_doubts
from fsm.logs.native_event import NativeEvent
from fsm.logs.native_times import from_datetime, from_text
from fsm.logs.notes import Notes
from fsm.logs.servers.clock import Clock

__all__ = ["Reader", "mails"]

_LONGEST = 1 << 22
"""Characters of a mail that are read; its report comes first."""
_SEPARATOR = re.compile(r"From \S+ .*\d\d:\d\d")
_ADDRESS = re.compile(r"(?!.*\.\.)[^@\s<>]{1,250}@[^@\s<>]{1,250}")
_PARTS = 2000
"""Parts of a mail; reading one takes time."""
TOO_MANY = "a mail of more than 2,000 parts"
TOO_DEEP = "a mail of parts within parts that nobody writes"
NO_MAIL = "a text without the header of a mail"
NO_DATE = "the mail has no date; that of its file stands for it"
NO_ID = "the report does not have the message's id; the address stands for it"


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
        mail = parse_mail(text)
        if not mail.message.keys():
            notes.rejected.add(NO_MAIL, line)
            return
        time = self._time(mail)
        doubt = NO_DATE if time is None else None
        if time is None:
            time = from_datetime(self._clock.until, UTC) or 0
        reports, original = read_reports(mail)
        if not original:
            doubt = all_doubts(doubt, NO_ID)
        for report in reports:
            if not report.address:
                counted = notes.rejected if report.native == NOT_SURE else notes.passed
                counted.add(report.native, line)
                continue
            if not _ADDRESS.fullmatch(report.address):
                notes.rejected.add("an address that cannot be one", line)
                continue
            yield NativeEvent(
                original or report.address,
                report.address,
                report.native,
                time,
                line,
                report.code,
                " ".join(report.reply.split()) if report.reply else None,
                f"{report.native}@{time}",
                None,
                all_doubts(doubt, report.doubt),
                final_recipient=report.final_recipient,
            )

    def _time(self, mail: Mail) -> int | None:
        received = mail.field("Received").rpartition(";")[2]
        stamps = (mail.field("Date"), received, mail.envelope.partition(" ")[2].lstrip("- "))
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
