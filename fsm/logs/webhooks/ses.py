"""Amazon SES: one record tells of several recipients, each with a report of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from fsm.logs.event import Event
from fsm.logs.notes import Notes
from fsm.logs.times import instant
from fsm.logs.webhooks.fields import Record, identity, recipients, text

__all__ = ["translate"]

_PARTS = {
    "Bounce": ("bounce", "bouncedRecipients"),
    "Complaint": ("complaint", "complainedRecipients"),
    "Delivery": ("delivery", "recipients"),
    "DeliveryDelay": ("deliveryDelay", "delayedRecipients"),
    "Open": ("open", ""),
    "Click": ("click", ""),
    "Subscription": ("subscription", ""),
}
"""The part of a record that tells more, and where in it the recipients are."""


def translate(record: Record, line: int, zone: tzinfo, notes: Notes) -> Sequence[Event]:
    """Return the events of a notification or a published event."""
    name = text(record.get("eventType")) or text(record.get("notificationType")) or ""
    mail = _dict(record.get("mail"))
    key, whom = _PARTS.get(name, ("", ""))
    part = _dict(record.get(key))
    time = instant(part.get("timestamp"), zone)
    if time is None:
        time = instant(mail.get("timestamp"), zone)
    message = text(mail.get("messageId"))
    if time is None or message is None:
        notes.rejected.add(f"ses: an event without {'a message id' if time else 'a time'}", line)
        return ()
    kinds = [part.get("bounceType"), part.get("bounceSubType"), part.get("delayType")]
    if name == "Complaint":
        kinds = [part.get("complaintSubType")]
    native = "/".join([name, *(kind for kind in map(text, kinds) if kind)])
    delivery = text(_dict(mail.get("tags")).get("ses:configuration-set"))
    reports = part.get(whom) or mail.get("destination") or [""]
    return [
        Event(
            message,
            address,
            own := "Bounce/delayed" if report.get("action") == "delayed" else native,
            time,
            line,
            text(report.get("status")),
            text(report.get("diagnosticCode")) or text(part.get("smtpResponse")),
            text(part.get("feedbackId")) or identity(own, time),
            delivery,
        )
        for report in (r if isinstance(r, dict) else {"emailAddress": r} for r in _list(reports))
        for address in recipients(report.get("emailAddress"))
    ]


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]
