"""PowerMTA's accounting files: CSV whose header names the fields."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence

from fsm.logs.ledger import RecordClass
from fsm.logs.native_event import NativeEvent
from fsm.logs.native_times import native_time
from fsm.logs.notes import Notes
from fsm.logs.servers.clock import Clock
from fsm.logs.servers.lines import LineReader

__all__ = ["Reader", "is_header"]

_IDS = ("header_message-id", "messageid", "envid", "jobid", "timequeued")
_WITH_CATEGORY = ("b", "rb")


def is_header(line: str) -> bool:
    """Return whether a line names the fields of an accounting file."""
    if line[:6].lower().strip('"')[:4] != "type":  # nearly all lines are records
        return False
    names = line.lower().replace('"', "").split(",")
    return names[0] == "type" and "timelogged" in names and "rcpt" in names


class Reader(LineReader):
    """The :class:`fsm.logs.conversion.Reader` of PowerMTA. A header counts until the next one."""

    format = "powermta"

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._names: list[str] = []

    def _read_block(
        self, block: Sequence[str], first: int, notes: Notes, events: list[NativeEvent]
    ) -> None:
        if first == 1:  # the header of another file does not count in this one
            self._names = []
        for number, line in enumerate(block, first):
            notes.records.read += bool(line.strip())
            if is_header(line):
                notes.records.count(RecordClass.JOINED)
                self._names = line.lower().replace('"', "").strip().split(",")
            elif line.strip():
                values = _fields(line)
                if values is None:
                    notes.reject("not CSV", number)
                    continue
                self._add(dict(zip(self._names, values, strict=False)), number, notes, events)

    def _add(
        self, record: Mapping[str, str], line: int, notes: Notes, events: list[NativeEvent]
    ) -> None:
        kind = record.get("type", "")
        time = native_time(record.get("timelogged"), self._clock.zone)
        if time is None:
            notes.reject("powermta: a record without a time", line)
            return
        name = next((value for key in _IDS if (value := record.get(key))), None)
        recipient = record.get("rcpt") or None
        category = record.get("bouncecat")
        native = f"{kind}/{category}" if kind in _WITH_CATEGORY and category else kind
        events.append(
            NativeEvent(
                name or recipient or "",
                recipient,
                native,
                time,
                line,
                record.get("dsnstatus", "").partition(" ")[0] or None,
                record.get("dsndiag") or record.get("dsnstatus") or None,
                None,
                record.get("jobid") or None,
                None if name else "the record has no message id; its address stands for it",
            )
        )


def _fields(line: str) -> list[str] | None:
    """Return the fields of a line; None where it is no CSV."""
    if '"' not in line:
        return line.split(",")
    try:
        return next(csv.reader([line.replace("\0", "")]), [])
    except csv.Error:
        return None
