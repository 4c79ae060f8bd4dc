"""Amazon SES: one record tells of several recipients, each with a report of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import Any

from fsm.logs.native_event import NativeEvent
from fsm.logs.native_times import native_time
from fsm.logs.notes import Notes
from fsm.logs.records.fields import (
    NO_ADDRESS,
    ProviderRecord,
    event_identity,
    recipients,
    text_of,
)

__all__ = ["CONFIGURATION_SET", "DELAYED", "PARTS", "addressed", "delivery_of", "translate"]

PARTS = {
    "Bounce": ("bounce", "bouncedRecipients"),
    "Complaint": ("complaint", "complainedRecipients"),
    "Delivery": ("delivery", "recipients"),
    "DeliveryDelay": ("deliveryDelay", "delayedRecipients"),
    "Open": ("open", ""),
    "Click": ("click", ""),
    "Subscription": ("subscription", ""),
}
"""The part of a record that tells more, and where in it the recipients are."""

CONFIGURATION_SET = "ses:configuration-set"

DELAYED = "Bounce/delayed"
"""What a report of a bounce is called that says that the recipient's copy is only delayed."""


def translate(
    record: ProviderRecord, line: int, zone: tzinfo, notes: Notes
) -> Sequence[NativeEvent]:
    """Return the events of a notification or a published event."""
    name = text_of(record.get("eventType")) or text_of(record.get("notificationType")) or ""
    mail = _dict(record.get("mail"))
    key, whom = PARTS.get(name, ("", ""))
    part = _dict(record.get(key))
    time = native_time(part.get("timestamp"), zone)
    if time is None:
        time = native_time(mail.get("timestamp"), zone)
    message = text_of(mail.get("messageId"))
    if time is None or message is None:
        notes.reject(f"ses: an event without {'a message id' if time else 'a time'}", line)
        return ()
    kinds = [part.get("bounceType"), part.get("bounceSubType"), part.get("delayType")]
    if name == "Complaint":
        kinds = [part.get("complaintSubType")]
    native = "/".join([name, *(kind for kind in map(text_of, kinds) if kind)])
    delivery = delivery_of(_dict(mail.get("tags")).get(CONFIGURATION_SET))
    events = [
        NativeEvent(
            message,
            address,
            own := DELAYED if report.get("action") == "delayed" else native,
            time,
            line,
            text_of(report.get("status")),
            text_of(report.get("diagnosticCode")) or text_of(part.get("smtpResponse")),
            text_of(part.get("feedbackId")) or event_identity(own, time),
            delivery,
        )
        for address, report in addressed((whom and part.get(whom)) or mail.get("destination"))
    ]
    if not events:
        notes.reject(f"ses: {NO_ADDRESS}", line)
    return events


def addressed(reports: object) -> Iterator[tuple[str, ProviderRecord]]:
    """Yield each address in reports, or in a list of addresses, with what is reported of it."""
    for report in reports if isinstance(reports, list) else [reports]:
        if type(report) is str:
            if report:
                yield report, {}
        elif isinstance(report, dict):
            for address in recipients(report.get("emailAddress")):
                yield address, report
        else:
            for address in recipients(report):
                yield address, {}


def delivery_of(tag: object) -> str | None:
    """Return the configuration set that a message was sent with; a tag is a list of values."""
    return text_of(tag[0] if isinstance(tag, list) and tag else tag)


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
