"""The story as providers' webhooks tell it, in records of the sizes they have."""

from collections.abc import Callable
from datetime import UTC, datetime

from story import SECOND, Step

__all__ = ["PROVIDERS"]

AGENT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Mobile/15E148"
)


def _headers(step: Step) -> dict[str, str]:
    return {
        "message-id": f"{step.key.lower()}@news.x.example",
        "from": "News <news@x.example>",
        "to": step.address,
        "subject": "What is new this week",
    }


def sendgrid(step: Step) -> dict[str, object] | None:
    kinds = {
        "relayed": "processed",
        "soft_bounce": "deferred",
        "delivered": "delivered",
        "hard_bounce": "bounce",
        "retry_failed": "bounce",
        "opened": "open",
        "clicked": "click",
    }
    record: dict[str, object] = {
        "email": step.address,
        "timestamp": step.time // SECOND,
        "smtp-id": f"<{step.key.lower()}@news.x.example>",
        "event": kinds[step.event],
        "category": ["newsletter", "weekly"],
        "sg_event_id": f"{step.key.lower()}{step.attempt}{step.event[:2]}ZHNnQTBDRjE1RnJkNg==",
        "sg_message_id": f"{step.key.lower()}xyzAbC.recvd-5b6c7d8e9f-abcde-1-68A1B2C3-{step.message}.0",
        "singlesend_id": "a1b2c3d4-9999-11ee-8d5a-0242ac120002",
    }
    if step.event == "soft_bounce":
        record |= {"response": step.reply, "attempt": str(step.attempt), "tls": 1}
    elif step.event == "delivered":
        record |= {"response": step.reply, "ip": "192.0.2.7", "tls": 1}
    elif step.attempt:
        bounced = step.event == "hard_bounce"
        record |= {
            "type": "bounce" if bounced else "expired",
            "reason": step.reply,
            "status": "5.1.1" if bounced else "4.0.0",
            "bounce_classification": "Invalid Address",
        }
    elif step.event != "relayed":
        record |= {"useragent": AGENT, "ip": "203.0.113.4", "sg_machine_open": False}
        if step.event == "clicked":
            record |= {
                "url": "https://x.example/article?utm_source=news",
                "url_offset": {"index": 1},
            }
    return record


def mailgun(step: Step) -> dict[str, object] | None:
    kinds = {
        "relayed": "accepted",
        "delivered": "delivered",
        "opened": "opened",
        "clicked": "clicked",
    }
    record: dict[str, object] = {
        "id": f"{step.key.lower()}{step.attempt}{step.event[:3]}AbCdEf",
        "timestamp": step.time / SECOND,
        "log-level": "info",
        "event": kinds.get(step.event, "failed"),
        "recipient": step.address,
        "recipient-domain": step.address.partition("@")[2],
        "tags": ["newsletter", "weekly"],
        "campaigns": [],
        "user-variables": {"edition": "2026-01"},
        "flags": {
            "is-routed": False,
            "is-authenticated": True,
            "is-system-test": False,
            "is-test-mode": False,
        },
        "message": {"headers": _headers(step), "attachments": [], "size": 48211},
    }
    if step.attempt:
        record |= {
            "envelope": {
                "transport": "smtp",
                "sender": f"bounce+{step.message}@news.x.example",
                "sending-ip": "192.0.2.7",
                "targets": step.address,
            },
            "storage": {
                "url": f"https://storage.example/v3/domains/news.x.example/messages/{step.key}",
                "key": step.key,
            },
            "delivery-status": {
                "attempt-no": step.attempt,
                "tls": True,
                "mx-host": step.host,
                "code": int(step.reply[:3] or 498),
                "description": "",
                "message": step.reply,
                "session-seconds": 0.42,
                "utf8": True,
                "certificate-verified": True,
                "enhanced-code": step.reply[4:9],
            },
        }
        if step.event != "delivered":
            record["severity"] = "temporary" if step.event == "soft_bounce" else "permanent"
            record["reason"] = {"retry_failed": "old", "hard_bounce": "bounce"}.get(
                step.event, "generic"
            )
    elif step.event != "relayed":
        record |= {
            "ip": "203.0.113.4",
            "geolocation": {"country": "FR", "region": "11", "city": "Paris"},
            "client-info": {
                "client-type": "mobile browser",
                "client-os": "iOS",
                "device-type": "mobile",
                "client-name": "Mobile Safari",
                "user-agent": AGENT,
                "bot": "",
            },
        }
    return record


def sparkpost(step: Step) -> dict[str, object] | None:
    kinds = {
        "relayed": "injection",
        "soft_bounce": "delay",
        "delivered": "delivery",
        "hard_bounce": "bounce",
        "retry_failed": "bounce",
        "opened": "open",
        "clicked": "click",
    }
    event: dict[str, object] = {
        "type": kinds[step.event],
        "campaign_id": "weekly-2026-01",
        "customer_id": "1337",
        "event_id": f"{step.message:012d}{step.attempt}{step.event[:2]}",
        "friendly_from": "news@x.example",
        "injection_time": f"{datetime.fromtimestamp(step.time // SECOND, UTC):%Y-%m-%dT%H:%M:%S.000Z}",
        "ip_pool": "shared",
        "message_id": f"{step.key.lower()}5f00",
        "msg_from": f"bounce+{step.message}@news.x.example",
        "msg_size": "48211",
        "queue_time": "12",
        "rcpt_meta": {"edition": "2026-01"},
        "rcpt_tags": ["newsletter"],
        "rcpt_to": step.address,
        "raw_rcpt_to": step.address,
        "rcpt_type": "",
        "recipient_domain": step.address.partition("@")[2],
        "routing_domain": step.address.partition("@")[2],
        "sending_ip": "192.0.2.7",
        "subject": "What is new this week",
        "template_id": "template_1",
        "template_version": "2",
        "timestamp": str(step.time // SECOND),
        "transmission_id": "65832150921904138",
    }
    if step.event in ("soft_bounce", "hard_bounce", "retry_failed"):
        kind = {"soft_bounce": "22", "hard_bounce": "10"}.get(step.event, "24")
        event |= {
            "bounce_class": kind,
            "error_code": step.reply[:3] or "554",
            "raw_reason": step.reply,
            "reason": step.reply,
            "num_retries": str(step.attempt),
        }
    elif step.event in ("opened", "clicked"):
        event |= {
            "user_agent": AGENT,
            "user_agent_parsed": {"agent_family": "Mobile Safari", "is_prefetched": False},
            "geo_ip": {"country": "FR", "city": "Paris", "latitude": 48.85, "longitude": 2.35},
        }
    group = "track_event" if step.event in ("opened", "clicked") else "message_event"
    return {"msys": {group: event}}


def ses(step: Step) -> dict[str, object] | None:
    when = f"{datetime.fromtimestamp(step.time / SECOND, UTC):%Y-%m-%dT%H:%M:%S}.{step.time % SECOND // 1000:03d}Z"
    names = {
        "relayed": "Send",
        "soft_bounce": "DeliveryDelay",
        "delivered": "Delivery",
        "hard_bounce": "Bounce",
        "retry_failed": "Bounce",
        "opened": "Open",
        "clicked": "Click",
    }
    name = names[step.event]
    parts: dict[str, dict[str, object]] = {
        "Send": {},
        "DeliveryDelay": {
            "delayType": "MailboxFull",
            "expirationTime": when,
            "delayedRecipients": [
                {"emailAddress": step.address, "status": "4.2.2", "diagnosticCode": step.reply}
            ],
        },
        "Delivery": {
            "processingTimeMillis": step.since // 1000,
            "recipients": [step.address],
            "smtpResponse": step.reply,
            "reportingMTA": "a7-10.smtp-out.example",
        },
        "Bounce": {
            "feedbackId": f"0100{step.key}-{step.message}",
            "bounceType": "Permanent" if step.event == "hard_bounce" else "Transient",
            "bounceSubType": "General",
            "bouncedRecipients": [
                {
                    "emailAddress": step.address,
                    "action": "failed",
                    "status": "5.1.1" if step.event == "hard_bounce" else "4.4.7",
                    "diagnosticCode": f"smtp; {step.reply}",
                }
            ],
            "reportingMTA": "dns; a7-10.smtp-out.example",
        },
        "Open": {"ipAddress": "203.0.113.4", "userAgent": AGENT},
        "Click": {"ipAddress": "203.0.113.4", "userAgent": AGENT, "link": "https://x.example/a"},
    }
    key = {"DeliveryDelay": "deliveryDelay"}.get(name, name.lower())
    return {
        "eventType": name,
        "mail": {
            "timestamp": when,
            "source": "News <news@x.example>",
            "sendingAccountId": "123456789012",
            "messageId": f"0100{step.key.lower()}-00000000-0000-0000-0000-{step.message:012d}-000000",
            "destination": [step.address],
            "headersTruncated": False,
            "headers": [
                {"name": header, "value": value} for header, value in _headers(step).items()
            ],
            "commonHeaders": {
                "from": ["News <news@x.example>"],
                "to": [step.address],
                "messageId": f"0100{step.key.lower()}",
                "subject": "What is new this week",
            },
            "tags": {
                "ses:configuration-set": ["weekly"],
                "ses:source-ip": ["192.0.2.9"],
                "ses:from-domain": ["x.example"],
            },
        },
        key: {**({"timestamp": when} if parts[name] else {}), **parts[name]},
    }


def postmark(step: Step) -> dict[str, object] | None:
    when = f"{datetime.fromtimestamp(step.time // SECOND, UTC):%Y-%m-%dT%H:%M:%S}Z"
    record: dict[str, object] = {
        "MessageID": f"{step.key.lower()}-b1b2-c3c4-d5d6-{step.message:012d}",
        "Recipient": step.address,
        "ServerID": 23,
        "MessageStream": "broadcast",
        "Tag": "weekly",
        "Metadata": {"edition": "2026-01"},
    }
    if step.event == "delivered":
        return {"RecordType": "Delivery", "DeliveredAt": when, "Details": step.reply, **record}
    if step.event in ("hard_bounce", "retry_failed"):
        kind, code = ("HardBounce", 1) if step.event == "hard_bounce" else ("SoftBounce", 4096)
        record["Email"] = record.pop("Recipient")
        return {
            "RecordType": "Bounce",
            "ID": step.message,
            "Type": kind,
            "TypeCode": code,
            "Name": kind,
            "Description": "The server was unable to deliver your message",
            "Details": step.reply,
            "BouncedAt": when,
            "DumpAvailable": True,
            "Inactive": True,
            "CanActivate": True,
            "Subject": "What is new this week",
            **record,
        }
    if step.event in ("opened", "clicked"):
        kind = "Open" if step.event == "opened" else "Click"
        geo = {"CountryISOCode": "FR", "City": "Paris", "IP": "203.0.113.4"}
        client = {"Name": "Mobile Safari", "Company": "Apple", "Family": "Safari"}
        return {
            "RecordType": kind,
            "ReceivedAt": when,
            "UserAgent": AGENT,
            "Geo": geo,
            "Client": client,
            **record,
        }
    return None


def mailjet(step: Step) -> dict[str, object] | None:
    kinds = {
        "delivered": "sent",
        "hard_bounce": "bounce",
        "retry_failed": "bounce",
        "opened": "open",
        "clicked": "click",
    }
    if step.event not in kinds:
        return None
    record: dict[str, object] = {
        "event": kinds[step.event],
        "time": step.time // SECOND,
        "MessageID": 576_460_752_303_423_488 + step.message,
        "Message_GUID": f"{step.key.lower()}-e9ee-4012-b64c-{step.message:012d}",
        "email": step.address,
        "mj_campaign_id": 7257,
        "mj_contact_id": step.message,
        "customcampaign": "weekly-2026-01",
        "CustomID": "edition-2026-01",
        "Payload": "",
    }
    if kinds[step.event] == "sent":
        record |= {
            "mj_message_id": str(576_460_752_303_423_488 + step.message),
            "smtp_reply": f"sent ({step.reply})",
        }
    elif kinds[step.event] == "bounce":
        hard = step.event == "hard_bounce"
        record |= {
            "blocked": False,
            "hard_bounce": hard,
            "error_related_to": "recipient",
            "error": "user unknown" if hard else "quota exceeded",
            "comment": step.reply,
        }
    else:
        record |= {"ip": "203.0.113.4", "geo": "FR", "agent": AGENT}
    return record


def brevo(step: Step) -> dict[str, object] | None:
    kinds = {
        "relayed": "request",
        "soft_bounce": "deferred",
        "retry_failed": "soft_bounce",
        "opened": "opened",
        "clicked": "click",
    }
    record: dict[str, object] = {
        "event": kinds.get(step.event, step.event),
        "email": step.address,
        "id": 1_047_000 + step.message,
        "date": f"{datetime.fromtimestamp(step.time // SECOND, UTC):%Y-%m-%d %H:%M:%S}",
        "ts": step.time // SECOND,
        "ts_event": step.time // SECOND,
        "ts_epoch": step.time // 1000,
        "message-id": f"<{step.key.lower()}@smtp-relay.example>",
        "subject": "What is new this week",
        "template_id": 22,
        "tag": '["weekly"]',
        "tags": ["weekly"],
        "sending_ip": "192.0.2.7",
    }
    return {**record, "reason": step.reply} if step.reply else record


def mandrill(step: Step) -> dict[str, object] | None:
    kinds = {
        "relayed": "send",
        "soft_bounce": "deferral",
        "retry_failed": "soft_bounce",
        "opened": "open",
        "clicked": "click",
    }
    message: dict[str, object] = {
        "ts": step.time // SECOND,
        "subject": "What is new this week",
        "email": step.address,
        "tags": ["weekly"],
        "opens": [],
        "clicks": [],
        "state": "sent",
        "smtp_events": [],
        "subaccount": None,
        "resends": [],
        "reject": None,
        "_id": f"{step.key.lower()}{step.message:022d}",
        "sender": "news@x.example",
        "template": "weekly",
    }
    if step.attempt and step.event != "delivered":
        message |= {"diag": step.reply, "bounce_description": step.event}
    record: dict[str, object] = {
        "event": kinds.get(step.event, step.event),
        "_id": message["_id"],
        "msg": message,
        "ts": step.time // SECOND,
    }
    if step.event in ("opened", "clicked"):
        record |= {"ip": "203.0.113.4", "user_agent": AGENT, "location": {"country_short": "FR"}}
    return record


def resend(step: Step) -> dict[str, object] | None:
    kinds = {
        "relayed": "sent",
        "soft_bounce": "delivery_delayed",
        "hard_bounce": "bounced",
        "retry_failed": "bounced",
    }
    when = f"{datetime.fromtimestamp(step.time // SECOND, UTC):%Y-%m-%dT%H:%M:%S}.000Z"
    body: dict[str, object] = {
        "broadcast_id": "8b146471-e88e-4322-86af-016cd36fd216",
        "created_at": when,
        "email_id": f"{step.key.lower()}-0b0b-4f00-9ca8-{step.message:012d}",
        "from": "News <news@x.example>",
        "to": [step.address],
        "subject": "What is new this week",
        "tags": {"category": "weekly"},
    }
    if kinds.get(step.event) == "bounced":
        hard = step.event == "hard_bounce"
        body["bounce"] = {
            "message": step.reply,
            "subType": "General",
            "type": "Permanent" if hard else "Transient",
        }
    elif step.event == "clicked":
        body["click"] = {
            "ipAddress": "203.0.113.4",
            "link": "https://x.example/a",
            "userAgent": AGENT,
        }
    return {"type": f"email.{kinds.get(step.event, step.event)}", "created_at": when, "data": body}


def kumomta(step: Step) -> dict[str, object] | None:
    kinds = {
        "relayed": "Reception",
        "soft_bounce": "TransientFailure",
        "delivered": "Delivery",
        "hard_bounce": "Bounce",
        "retry_failed": "Expiration",
    }
    if step.event not in kinds:
        return None
    code = [int(digit) for digit in step.reply[4:9].split(".")] if step.reply else []
    enhanced = dict(zip(("class", "subject", "detail"), code, strict=False)) or None
    return {
        "type": kinds[step.event],
        "id": f"{step.key.lower()}d73311ef{step.message:012d}",
        "sender": f"bounce+{step.message}@news.x.example",
        "recipient": step.address,
        "queue": f"weekly:news@{step.address.partition('@')[2]}",
        "site": f"{step.host}->({step.host})@smtp_client",
        "size": 48211,
        "response": {
            "code": int(step.reply[:3] or 250),
            "enhanced_code": enhanced,
            "content": step.reply[10:],
            "command": "RCPT TO" if step.event != "delivered" else ".",
        },
        "peer_address": {"name": step.host, "addr": f"198.51.100.{step.message % 250}"},
        "timestamp": step.time // SECOND,
        "created": (step.time - step.since) // SECOND,
        "num_attempts": step.attempt,
        "bounce_classification": "InvalidRecipient"
        if step.event == "hard_bounce"
        else "Uncategorized",
        "egress_pool": "pool1",
        "egress_source": "ip7",
        "source_address": {"address": "192.0.2.7:41020"},
        "feedback_report": None,
        "meta": {"campaign": "weekly"},
        "headers": {"Subject": "What is new this week"},
        "delivery_protocol": "ESMTP",
        "reception_protocol": "ESMTP",
        "nodeid": "557f3ad4-2c8c-11ee-976e-782d7e12e173",
        "tls_cipher": "TLS_AES_256_GCM_SHA384",
        "tls_protocol_version": "TLSv1.3",
        "session_id": f"{step.key.lower()}-session",
    }


PROVIDERS: dict[str, Callable[[Step], "dict[str, object] | None"]] = {
    "kumomta": kumomta,
    "sendgrid": sendgrid,
    "mailgun": mailgun,
    "sparkpost": sparkpost,
    "ses": ses,
    "postmark": postmark,
    "mailjet": mailjet,
    "brevo": brevo,
    "mandrill": mandrill,
    "resend": resend,
}
