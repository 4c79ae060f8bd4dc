"""Provider by event: what each native event means, as the documents of :data:`SOURCES` say."""

import json
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.logs.mapping.event_mapping import (
    FAULTS,
    MACHINE_EVENTS,
    SIDE_EVENTS,
    format_names,
    load_format,
)
from fsm.logs.mapping.policy import load_policy
from fsm.logs.mapping.record_layout import TimeNotation
from fsm.logs.mapping.to_canonical import READ_SCHEMA, event_frame, to_rows
from fsm.logs.notes import Notes
from fsm.logs.records.block import columns_of
from fsm.logs.records.reader import Reader
from fsm.logs.records.times import RecordTimes

READ_TIMES = RecordTimes(TimeNotation(), UTC)


AT = 1_767_603_600  # 2026-01-05T09:00:00Z
WHEN = "2026-01-05T09:00:00Z"


def sendgrid(event: str, **more: Any) -> dict[str, Any]:
    return {
        "email": "a@x.example",
        "timestamp": AT,
        "event": event,
        "sg_event_id": "e1",
        "sg_message_id": "m1.recvd-abc.0",
        **more,
    }


def mailgun(event: str, **more: Any) -> dict[str, Any]:
    return {
        "event": event,
        "id": "e1",
        "timestamp": AT + 0.5,
        "recipient": "a@x.example",
        "message": {"headers": {"message-id": "m1"}},
        **more,
    }


def mailgun_failed(severity: str, reason: str, code: int, text: str = "") -> dict[str, Any]:
    status = {"code": code, "message": text}
    return mailgun("failed", severity=severity, reason=reason, **{"delivery-status": status})


def sparkpost(kind: str, **more: Any) -> dict[str, Any]:
    event = {
        "type": kind,
        "message_id": "m1",
        "rcpt_to": "a@x.example",
        "event_id": "e1",
        "timestamp": str(AT),
        **more,
    }
    return {"msys": {"message_event": event}}


def ses(event: str, part: str = "", **more: Any) -> dict[str, Any]:
    mail = {"timestamp": WHEN, "messageId": "m1", "destination": ["a@x.example"]}
    return {
        "eventType": event,
        "mail": mail,
        **({part: {"timestamp": WHEN, **more}} if part else {}),
    }


def ses_bounce(kind: str, sub: str, **report: str) -> dict[str, Any]:
    whom = [{"emailAddress": "a@x.example", **report}]
    return ses("Bounce", "bounce", bounceType=kind, bounceSubType=sub, bouncedRecipients=whom)


def postmark(record: str, **more: Any) -> dict[str, Any]:
    stamps = {"Delivery": "DeliveredAt", "Bounce": "BouncedAt", "SubscriptionChange": "ChangedAt"}
    when = {stamps.get(record, "ReceivedAt"): WHEN}
    return {"RecordType": record, "MessageID": "m1", "Recipient": "a@x.example", **when, **more}


def mailjet(event: str, **more: Any) -> dict[str, Any]:
    return {"event": event, "time": AT, "MessageID": 17, "email": "a@x.example", **more}


def brevo(event: str, **more: Any) -> dict[str, Any]:
    return {"event": event, "email": "a@x.example", "message-id": "<m1>", "ts_event": AT, **more}


def mandrill(event: str, **message: Any) -> dict[str, Any]:
    return {"event": event, "ts": AT, "msg": {"_id": "m1", "email": "a@x.example", **message}}


def kumomta(kind: str, reply: str = "", **more: Any) -> dict[str, Any]:
    enhanced = dict(zip(("class", "subject", "detail"), map(int, reply[4:9:2]), strict=False))
    answer = {"code": 250, "content": reply[10:]}
    response = answer | {"enhanced_code": enhanced if reply[4:5].isdigit() else None}
    fields = {"type": kind, "id": "m1", "recipient": "a@x.example", "queue": "x.example"}
    return {**fields, "timestamp": AT, "response": response, **more}


def resend(kind: str, **data: Any) -> dict[str, Any]:
    fields = {"email_id": "m1", "to": ["a@x.example"], **data}
    return {"type": kind, "created_at": WHEN, "data": fields}


def resend_bounce(kind: str) -> dict[str, Any]:
    return resend("email.bounced", bounce={"type": kind, "message": "it bounced"})


FULL, UNKNOWN_USER = "452 4.2.2 mailbox full", "550 5.1.1 no such user"
BLOCK = "554 5.7.1 refused, listed at a blocklist"
SOURCES = {
    "brevo": "https://developers.brevo.com/docs/transactional-webhooks",
    "kumomta": "https://docs.kumomta.com/reference/log_record/",
    "mailgun": "https://documentation.mailgun.com/docs/mailgun/user-manual/events/events",
    "mailjet": "https://dev.mailjet.com/email/guides/webhooks/",
    "mandrill": "https://mailchimp.com/developer/transactional/docs/webhooks/",
    "postmark": "https://postmarkapp.com/developer/api/bounce-api#bounce-types",
    "resend": "https://resend.com/docs/dashboard/webhooks/event-types",
    "sendgrid": "https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event",
    "ses": "https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html",
    "sparkpost": "https://support.sparkpost.com/docs/reporting/event-definitions",
}
"""Where the rows of each provider are from."""

CASES: list[tuple[str, dict[str, Any], str, bool | None, str | None]] = [
    ("sendgrid", sendgrid("processed"), "relayed", False, None),
    ("sendgrid", sendgrid("Processed"), "relayed", False, None),
    ("sendgrid", sendgrid("deferred", response=FULL), "soft_bounce", False, "mailbox_full"),
    ("sendgrid", sendgrid("delivered"), "delivered", True, None),
    (
        "sendgrid",
        sendgrid("bounce", type="bounce", reason=UNKNOWN_USER),
        "hard_bounce",
        True,
        "address",
    ),
    ("sendgrid", sendgrid("bounce", type="blocked", reason=BLOCK), "retry_failed", True, "policy"),
    ("sendgrid", sendgrid("bounce", type="expired", reason=""), "retry_failed", True, "expired"),
    ("sendgrid", sendgrid("dropped", reason="Bounced Address"), "stopped", True, "address"),
    ("sendgrid", sendgrid("open"), "opened", None, None),
    ("sendgrid", sendgrid("open", sg_machine_open=True), "machine_opened", None, None),
    ("sendgrid", sendgrid("open", sg_machine_open=False), "opened", None, None),
    ("sendgrid", sendgrid("click"), "clicked", None, None),
    ("sendgrid", sendgrid("spamreport"), "complained", None, None),
    ("sendgrid", sendgrid("unsubscribe"), "unsubscribed", None, None),
    ("sendgrid", sendgrid("group_unsubscribe"), "unsubscribed", None, None),
    ("sendgrid", sendgrid("group_resubscribe"), "resubscribed", None, None),
    ("mailgun", mailgun("accepted"), "relayed", False, None),
    ("mailgun", mailgun("delivered"), "delivered", True, None),
    (
        "mailgun",
        mailgun_failed("temporary", "generic", 452, FULL),
        "soft_bounce",
        False,
        "mailbox_full",
    ),
    (
        "mailgun",
        mailgun_failed("permanent", "bounce", 550, UNKNOWN_USER),
        "hard_bounce",
        True,
        "address",
    ),
    ("mailgun", mailgun_failed("permanent", "generic", 554, BLOCK), "hard_bounce", True, "policy"),
    (
        "mailgun",
        mailgun_failed("permanent", "old", 602, "Too old"),
        "retry_failed",
        True,
        "expired",
    ),
    ("mailgun", mailgun_failed("permanent", "suppress-bounce", 605), "stopped", True, "address"),
    ("mailgun", mailgun("rejected"), "stopped", True, "unknown"),
    ("mailgun", mailgun("opened"), "opened", None, None),
    (
        "mailgun",
        mailgun("opened", **{"client-info": {"bot": "apple"}}),
        "machine_opened",
        None,
        None,
    ),
    ("mailgun", mailgun("opened", **{"client-info": {"bot": ""}}), "opened", None, None),
    ("mailgun", mailgun("clicked"), "clicked", None, None),
    ("mailgun", mailgun("complained"), "complained", None, None),
    ("mailgun", mailgun("unsubscribed"), "unsubscribed", None, None),
    ("mailgun", {"signature": {}, "event-data": mailgun("delivered")}, "delivered", True, None),
    ("sparkpost", sparkpost("injection"), "relayed", False, None),
    ("sparkpost", sparkpost("delivery"), "delivered", True, None),
    ("sparkpost", sparkpost("delay", raw_reason=FULL), "soft_bounce", False, "mailbox_full"),
    ("sparkpost", sparkpost("bounce", bounce_class="10"), "hard_bounce", True, "address"),
    ("sparkpost", sparkpost("bounce", bounce_class="22"), "retry_failed", True, "mailbox_full"),
    ("sparkpost", sparkpost("bounce", bounce_class=51), "retry_failed", True, "policy"),
    ("sparkpost", sparkpost("bounce", bounce_class="25"), "stopped", True, "policy"),
    (
        "sparkpost",
        sparkpost("bounce", raw_reason="554 5.4.7 [internal] exceeded max time without delivery"),
        "retry_failed",
        True,
        "expired",
    ),
    ("sparkpost", sparkpost("out_of_band", bounce_class="10"), "hard_bounce", True, "address"),
    ("sparkpost", sparkpost("out_of_band", bounce_class="60"), "auto_replied", None, None),
    ("sparkpost", sparkpost("policy_rejection"), "stopped", True, "policy"),
    ("sparkpost", sparkpost("generation_failure"), "stopped", True, "sender"),
    ("sparkpost", sparkpost("spam_complaint"), "complained", None, None),
    ("sparkpost", sparkpost("initial_open"), "opened", None, None),
    (
        "sparkpost",
        sparkpost("open", user_agent_parsed={"is_prefetched": True}),
        "machine_opened",
        None,
        None,
    ),
    ("sparkpost", sparkpost("click"), "clicked", None, None),
    ("sparkpost", sparkpost("list_unsubscribe"), "unsubscribed", None, None),
    ("kumomta", kumomta("Reception"), "relayed", False, None),
    ("kumomta", kumomta("Delivery", "250 2.0.0 ok"), "delivered", True, None),
    ("kumomta", kumomta("TransientFailure", FULL), "soft_bounce", False, "mailbox_full"),
    ("kumomta", kumomta("Bounce", UNKNOWN_USER), "hard_bounce", True, "address"),
    ("kumomta", kumomta("Bounce", BLOCK), "hard_bounce", True, "policy"),
    (
        "kumomta",
        kumomta("Bounce", bounce_classification="QuotaIssues"),
        "hard_bounce",
        True,
        "mailbox_full",
    ),
    ("kumomta", kumomta("Expiration"), "retry_failed", True, "expired"),
    ("kumomta", kumomta("AdminBounce"), "retry_failed", True, "sender"),
    ("kumomta", kumomta("OOB", UNKNOWN_USER), "hard_bounce", True, "address"),
    ("kumomta", kumomta("Feedback"), "complained", None, None),
    ("ses", ses("Send"), "relayed", False, None),
    ("ses", ses("Delivery", "delivery", recipients=["a@x.example"]), "delivered", True, None),
    (
        "ses",
        ses("DeliveryDelay", "deliveryDelay", delayType="MailboxFull"),
        "soft_bounce",
        False,
        "mailbox_full",
    ),
    ("ses", ses_bounce("Permanent", "General", status="5.1.1"), "hard_bounce", True, "address"),
    ("ses", ses_bounce("Permanent", "OnAccountSuppressionList"), "stopped", True, "address"),
    ("ses", ses_bounce("Transient", "MailboxFull"), "retry_failed", True, "mailbox_full"),
    ("ses", ses_bounce("Transient", "General"), "retry_failed", True, "unknown"),
    ("ses", ses_bounce("Undetermined", "Undetermined"), "retry_failed", True, "unknown"),
    (
        "ses",
        ses_bounce("Permanent", "General", action="delayed", status="4.4.1"),
        "soft_bounce",
        False,
        "network",
    ),
    ("ses", ses("Complaint", "complaint"), "complained", None, None),
    ("ses", ses("Reject", "reject"), "stopped", True, "content"),
    ("ses", ses("Rendering Failure", "failure"), "stopped", True, "sender"),
    ("ses", ses("Open", "open"), "opened", None, None),
    ("ses", ses("Click", "click"), "clicked", None, None),
    ("ses", ses("Subscription", "subscription"), "unsubscribed", None, None),
    ("ses", {"Type": "Notification", "Message": json.dumps(ses("Send"))}, "relayed", False, None),
    ("ses", {"Records": [{"Sns": {"Message": json.dumps(ses("Send"))}}]}, "relayed", False, None),
    ("postmark", postmark("Delivery"), "delivered", True, None),
    (
        "postmark",
        postmark("Bounce", Type="HardBounce", Details=UNKNOWN_USER),
        "hard_bounce",
        True,
        "address",
    ),
    (
        "postmark",
        postmark("Bounce", Type="SoftBounce", Details=FULL),
        "soft_bounce",
        False,
        "mailbox_full",
    ),
    ("postmark", postmark("Bounce", Type="Transient"), "soft_bounce", False, "network"),
    (
        "postmark",
        postmark("Bounce", Type="Transient", Details="451 4.7.1 Greylisted"),
        "soft_bounce",
        False,
        "policy",
    ),
    ("postmark", postmark("Bounce", Type="Blocked"), "retry_failed", True, "policy"),
    ("postmark", postmark("Bounce", Type="SpamNotification"), "retry_failed", True, "content"),
    ("postmark", postmark("Bounce", Type="AutoResponder"), "auto_replied", None, None),
    ("postmark", postmark("Bounce", Type="ManuallyDeactivated"), "stopped", True, "address"),
    ("postmark", postmark("SpamComplaint"), "complained", None, None),
    ("postmark", postmark("Open"), "opened", None, None),
    ("postmark", postmark("Click"), "clicked", None, None),
    ("postmark", postmark("SubscriptionChange", SuppressSending=False), "resubscribed", None, None),
    ("mailjet", mailjet("sent"), "delivered", True, None),
    (
        "mailjet",
        mailjet("bounce", hard_bounce=True, error="user unknown"),
        "hard_bounce",
        True,
        "address",
    ),
    (
        "mailjet",
        mailjet("bounce", hard_bounce=False, error="quota exceeded"),
        "soft_bounce",
        False,
        "mailbox_full",
    ),
    ("mailjet", mailjet("blocked"), "stopped", True, "unknown"),
    ("mailjet", mailjet("open"), "opened", None, None),
    ("mailjet", mailjet("click"), "clicked", None, None),
    ("mailjet", mailjet("spam"), "complained", None, None),
    ("mailjet", mailjet("unsub"), "unsubscribed", None, None),
    ("brevo", brevo("request"), "relayed", False, None),
    ("brevo", brevo("delivered"), "delivered", True, None),
    ("brevo", brevo("deferred", reason=FULL), "soft_bounce", False, "mailbox_full"),
    ("brevo", brevo("soft_bounce"), "retry_failed", True, "unknown"),
    ("brevo", brevo("hard_bounce", reason=UNKNOWN_USER), "hard_bounce", True, "address"),
    ("brevo", brevo("hardBounces"), "hard_bounce", True, "unknown"),
    ("brevo", brevo("blocked"), "stopped", True, "unknown"),
    ("brevo", brevo("invalid_email"), "stopped", True, "address"),
    ("brevo", brevo("spam"), "complained", None, None),
    ("brevo", brevo("unique_opened"), "opened", None, None),
    ("brevo", brevo("proxy_open"), "machine_opened", None, None),
    ("brevo", brevo("click"), "clicked", None, None),
    ("brevo", brevo("unsubscribed"), "unsubscribed", None, None),
    ("mandrill", mandrill("send"), "relayed", False, None),
    ("mandrill", mandrill("delivered"), "delivered", True, None),
    ("mandrill", mandrill("deferral", diag=FULL), "soft_bounce", False, "mailbox_full"),
    ("mandrill", mandrill("soft_bounce", diag=BLOCK), "retry_failed", True, "policy"),
    ("mandrill", mandrill("hard_bounce", diag=UNKNOWN_USER), "hard_bounce", True, "address"),
    ("mandrill", mandrill("reject"), "stopped", True, "unknown"),
    ("mandrill", mandrill("spam"), "complained", None, None),
    ("mandrill", mandrill("unsub"), "unsubscribed", None, None),
    ("mandrill", mandrill("open"), "opened", None, None),
    ("mandrill", mandrill("click"), "clicked", None, None),
    ("resend", resend("email.sent"), "relayed", False, None),
    ("resend", resend("email.delivered"), "delivered", True, None),
    ("resend", resend("email.delivery_delayed"), "soft_bounce", False, "unknown"),
    ("resend", resend_bounce("Permanent"), "hard_bounce", True, "unknown"),
    ("resend", resend_bounce("Transient"), "retry_failed", True, "unknown"),
    ("resend", resend("email.failed"), "stopped", True, "sender"),
    ("resend", resend("email.suppressed"), "stopped", True, "unknown"),
    ("resend", resend("email.complained"), "complained", None, None),
    ("resend", resend("email.opened"), "opened", None, None),
    ("resend", resend("email.clicked"), "clicked", None, None),
]


def rows(text: str, notes: Notes | None = None) -> list[dict[str, Any]]:
    notes = notes or Notes("log")
    policy = load_policy("source")
    frames = [
        to_rows(event_frame([events]), load_format(name), notes, policy)
        for name, events in Reader(UTC).read([text.split("\n")], notes)
    ]
    return pl.concat([pl.DataFrame(schema=READ_SCHEMA), *frames]).to_dicts()


def ids() -> Iterator[str]:
    for provider, _, event, _, fault in CASES:
        yield f"{provider}-{event}-{fault}"


@pytest.mark.parametrize(("provider", "record", "event", "final", "fault"), CASES, ids=ids())
def test_what_a_native_event_means(
    provider: str, record: dict[str, Any], event: str, final: bool | None, fault: str | None
) -> None:
    (row,) = rows(json.dumps(record))
    event_or_stop = "stopped" if row["is_stop"] else row["event"]
    facts = (row["format"], event_or_stop, row["final"], row["fault"], row["recipient"])
    assert facts == (provider, event, final, fault, "a@x.example")
    assert row["message_id"] in ("m1", "<m1>", "17")
    assert row["timestamp"].timestamp() // 1 == AT
    form = load_format(provider)
    assert row["rule"].split(" ")[0] in {rule.split(" ")[0] for rule in form.meanings}
    assert SOURCES[provider] in form.sources


@pytest.mark.parametrize("name", format_names())
def test_every_table_has_only_known_words_and_a_source(name: str) -> None:
    form = load_format(name)
    assert form.sources
    for meaning in form.meanings.values():
        assert meaning.event in (*MACHINE_EVENTS, *SIDE_EVENTS, "failed", "nothing")
        assert meaning.fault in (*FAULTS, None)


PAIR = [sendgrid("processed"), mandrill("delivered")]
SHAPES = {
    "lines": ("\n".join(map(json.dumps, PAIR)), [1, 2]),
    "array": (json.dumps(PAIR), [1, 1]),
    "pretty array": (json.dumps(PAIR, indent=1), [2, 9]),
    "pretty records": ("\n".join(json.dumps(r, indent=1) for r in PAIR), [1, 8]),
    "an array a line": ("\n".join(json.dumps([r]) for r in PAIR), [1, 2]),
    "an array over lines": ("[\n" + ",\n".join(map(json.dumps, PAIR)) + "\n]\n", [2, 3]),
    "blank lines": ("\n\n" + "\n\n".join(map(json.dumps, PAIR)) + "\n", [3, 5]),
    "envelope": (json.dumps({"events": PAIR}), [1, 1]),
}


@pytest.mark.parametrize(("text", "lines"), SHAPES.values(), ids=SHAPES)
def test_shapes_of_json(text: str, lines: list[int]) -> None:
    found = rows(text)
    assert [(row["event"], row["line"]) for row in found] == [
        ("relayed", lines[0]),
        ("delivered", lines[1]),
    ]


def test_what_is_not_known_is_counted_with_its_line() -> None:
    notes = Notes("log")
    lines = [sendgrid("processed"), sendgrid("levitated"), {"colour": "red"}, mailgun("stored")]
    rows("\n".join([*map(json.dumps, lines), "{no json"]), notes)
    assert notes.unmapped.firsts == {"levitated": 2}
    assert notes.passed.firsts == {"stored": 4}
    assert notes.rejected.firsts == {"a record of colour": 3, "not JSON": 5}


FRAGMENTS = {
    "mailgun": ["headers", "url, region, key, env"],
    "sendgrid": ["unique_args", "personalizations, from", "to, subject", "newsletter_user_list_id"],
    "ses": [
        "bounceType",
        "complainedRecipients",
        "userAgent, complainedRecipients",
        "emailAddress, action",
        "status, action, diagnosticCode, emailAddress",
        "name, value",
        "timestamp, messageId, source",
        "timestamp, processingTimeMillis",
    ],
}
"""Parts of payloads, and requests, that the documents also show; they tell of no event."""


@pytest.mark.parametrize("provider", ["mailgun", "sendgrid", "ses"])
def test_every_payload_of_the_corpus(corpus: Path, provider: str) -> None:
    notes = Notes(provider)
    path = corpus / "logs" / f"webhooks-{provider}-docs" / "payloads.jsonl"
    found = rows(path.read_text(), notes)
    assert not notes.unmapped.counts
    assert {row["format"] for row in found} == {provider}
    assert len(found) == {"mailgun": 3, "sendgrid": 35, "ses": 26}[provider]
    known = (
        *(f"a record of {keys}" for keys in FRAGMENTS[provider]),
        "sendgrid: an event whose time is a number",  # the placeholder 123456789
    )
    assert [fault for fault in notes.rejected.counts if not fault.startswith(known)] == []


@given(st.text() | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_any_text_gives_events_or_counts(text: str) -> None:
    rows(text, notes := Notes("log"))
    assert notes.lines <= text.count("\n") + 1


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(CASES), st.data())
def test_any_values_in_the_fields_do_no_harm(case: tuple[Any, ...], data: st.DataObject) -> None:
    record = json.loads(json.dumps(case[1]))
    part = record
    while True:
        key = data.draw(st.sampled_from(sorted(part)))
        if isinstance(part[key], dict) and part[key] and data.draw(st.booleans()):
            part = part[key]
        else:
            part[key] = data.draw(VALUES)
            break
    for indent in (None, 1):
        for row in rows(json.dumps(record, indent=indent)):
            assert row["message_id"]


def both_ways(lines: list[str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of lines, read one by one and as columns."""
    found = []
    for worth in (10**9, 1):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("fsm.logs.records.reader._WORTH", worth)
            found.append(rows("\n".join(lines)))
    return found[0], found[1]


def alike(provider: str) -> list[dict[str, Any]]:
    """Records of a provider that are read together: none in an envelope that is not its own."""
    return [r for q, r, *_ in CASES if q == provider and not r.keys() & {"Type", "Records"}]


PROVIDERS = sorted({provider for provider, *_ in CASES})


@pytest.mark.parametrize("provider", PROVIDERS)
def test_columns_say_what_records_say(provider: str) -> None:
    one_by_one, as_columns = both_ways([json.dumps(record) for record in alike(provider)])
    assert one_by_one == as_columns


@pytest.mark.parametrize("provider", PROVIDERS)
def test_columns_are_used(provider: str) -> None:
    lines = [json.dumps(r) for r in alike(provider) if "event-data" not in r]
    frame = columns_of(load_format(provider))(lines, 7, READ_TIMES)
    assert frame is not None
    assert frame["line"].to_list() == list(range(7, 7 + len(lines)))


def test_columns_are_used_in_an_envelope() -> None:
    lines = [json.dumps({"signature": {"token": "t"}, "event-data": r}) for r in alike("mailgun")]
    frame = columns_of(load_format("mailgun"))(lines[:-1], 1, READ_TIMES)
    assert frame is not None
    assert frame.height == len(lines) - 1


ADDRESSES = ["a@x.example", "b@x.example"]
STRANGE = ["", "1e3", "[x", "{}", [], {}, True, ADDRESSES[:1], ADDRESSES]
STRANGE += [[{"emailAddress": "b@x.example", "status": "5.1.1", "action": "delayed"}]]
TIMES = [AT, AT * 1000, str(AT), WHEN, 2**64, -1, 1e11, "1960-01-01T00:00:00Z"]
TIMES += ["2026-01-05 10:00:00", "2026-01-05T10:00:00.123456789+01:00"]
ODD = st.sampled_from([*STRANGE, *TIMES])


@given(st.sampled_from(PROVIDERS), st.data())
def test_columns_say_what_records_say_whatever_is_in_them(
    provider: str, data: st.DataObject
) -> None:
    lines = []
    for record in data.draw(st.lists(st.sampled_from(alike(provider)), min_size=1, max_size=4)):
        changed = json.loads(json.dumps(record))
        for _ in range(data.draw(st.integers(0, 2))):
            change(changed, data)
        lines.append(json.dumps(changed))
    one_by_one, as_columns = both_ways(lines)
    assert one_by_one == as_columns


def change(record: dict[str, Any], data: st.DataObject) -> None:
    """Take something out of a record, or put something else in its place."""
    part = record
    while part:
        key = data.draw(st.sampled_from(sorted(part)))
        if isinstance(part[key], dict) and part[key] and data.draw(st.integers(0, 3)):
            part = part[key]
        elif data.draw(st.booleans()):
            part[key] = data.draw(VALUES | ODD)
            break
        else:
            del part[key]
            break
