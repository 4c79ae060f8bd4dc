"""Amazon SES, a block at a time: what ``ses`` does, on whole columns.

Which part of a record tells more depends on its name, so every part is parsed into one structure.
It gives up as ``columns`` does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from operator import attrgetter
from typing import Any

import polars as pl
from msgspec import Struct, field
from msgspec.json import Decoder

from fsm.logs.records.block import column_texts, frame_of, parsed_column, spread, times
from fsm.logs.records.fields import ProviderRecord, text_of
from fsm.logs.records.ses import CONFIGURATION_SET, DELAYED, PARTS, addressed, delivery_of

__all__ = ["ses_columns"]


class _Tags(Struct, gc=False):
    configuration_set: Any = field(default=None, name=CONFIGURATION_SET)


class _Mail(Struct, gc=False, rename="camel"):
    timestamp: Any = None
    message_id: Any = None
    destination: Any = None
    tags: _Tags | None = None


class _Part(Struct, gc=False, rename="camel"):
    timestamp: Any = None
    bounce_type: Any = None
    bounce_sub_type: Any = None
    delay_type: Any = None
    complaint_sub_type: Any = None
    bounced_recipients: Any = None
    complained_recipients: Any = None
    delayed_recipients: Any = None
    recipients: Any = None
    smtp_response: Any = None
    feedback_id: Any = None


class _Record(Struct, gc=False, rename="camel"):
    event_type: Any = None
    notification_type: Any = None
    mail: _Mail | None = None
    bounce: _Part | None = None
    complaint: _Part | None = None
    delivery: _Part | None = None
    delivery_delay: _Part | None = None
    open: _Part | None = None
    click: _Part | None = None
    subscription: _Part | None = None


_PARSE = Decoder(_Record).decode
_NO_MAIL, _NO_PART = _Mail(), _Part()
_ATTRIBUTES = {
    key: name
    for kind in (_Record, _Part)
    for name, key in zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True)
}


def _getter(key: str) -> Any:
    return attrgetter(_ATTRIBUTES[key]) if key else lambda _: None


_PART_OF = {name: (_getter(key), _getter(whom)) for name, (key, whom) in PARTS.items()}
_NOTHING = (_getter(""), _getter(""))


def ses_columns(lines: Sequence[str], first: int, zone: tzinfo) -> pl.DataFrame | None:
    """Return the events of lines, the first of which has a number; None where it gives up."""
    records = parsed_column(lines, _PARSE)
    if not records or not all(record.mail for record in records):
        return None
    names = column_texts([record.event_type or record.notification_type for record in records])
    ways = [_PART_OF.get(name or "", _NOTHING) for name in names]
    parts = [part_of(r) or _NO_PART for (part_of, _), r in zip(ways, records, strict=True)]
    mails = [record.mail for record in records]
    pairs = list(zip(parts, mails, strict=True))
    when = times([part.timestamp or mail.timestamp for part, mail in pairs], zone)
    messages = column_texts([mail.message_id for mail in mails])
    if when is None or None in messages or None in names:
        return None
    reports = [
        _addressed(whom_of(part) or mail.destination)
        for (_, whom_of), (part, mail) in zip(ways, pairs, strict=True)
    ]
    if not all(reports):
        return None
    found: dict[str, Sequence[Any]] = {
        "message_id": messages,
        "recipient": [[address for address, _ in each] for each in reports],
        "native": list(map(_native, names, parts)),
        "time": when,
        "line": range(first, first + len(records)),
        "reply": column_texts([part.smtp_response for part in parts]),
        "event_id": column_texts([part.feedback_id for part in parts]),
        "delivery_id": [delivery_of(mail.tags and mail.tags.configuration_set) for mail in mails],
        "doubt": [None] * len(records),
    }
    return _reported(spread(found), [report for each in reports for _, report in each])


def _addressed(reports: object) -> list[tuple[str, ProviderRecord]]:
    """Return what ``addressed`` yields; nearly every record is about one recipient."""
    if type(reports) is list and len(reports) == 1:
        [report] = reports
        if type(report) is str and report:
            return [(report, {})]
        if type(report) is dict and type(address := report.get("emailAddress")) is str and address:
            return [(address, report)]
    return list(addressed(reports))


def _native(name: str | None, part: _Part) -> str:
    kinds = (part.bounce_type, part.bounce_sub_type, part.delay_type)
    if name == "Complaint":
        kinds = (part.complaint_sub_type, None, None)
    if kinds == (None, None, None):
        return name or ""
    return "/".join([name or "", *(kind for kind in map(text_of, kinds) if kind)])


def _reported(
    columns: Mapping[str, Sequence[Any]], reports: Sequence[ProviderRecord]
) -> pl.DataFrame:
    """Add what is reported of each recipient."""
    delayed = [bool(report) and report.get("action") == "delayed" for report in reports]
    natives = zip(columns["native"], delayed, strict=True)
    replies = column_texts([report.get("diagnosticCode") for report in reports])
    return frame_of(
        {
            **columns,
            "native": [DELAYED if late else native for native, late in natives],
            "code": column_texts([report.get("status") for report in reports]),
            "reply": [a or b for a, b in zip(replies, columns["reply"], strict=True)],
        }
    )
