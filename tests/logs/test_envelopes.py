"""What queues, functions, exports and posts put around the records of providers."""

import json
from base64 import b64encode
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest

from fsm.logs.records.translation import ENVELOPE_TIME
from tests.logs.conftest import Convert

AT = 1_767_600_000  # 2026-01-05T08:00:00Z
WHEN, LATER = "2026-01-05T08:00:00Z", "2026-01-05T08:00:09Z"


def ses(event: str, *to: str, **mail: str) -> dict[str, Any]:
    return {"eventType": event, "mail": {"messageId": "m1", "destination": [*to], **mail}}


def mandrill(event: str) -> dict[str, Any]:
    return {"event": event, "ts": AT, "msg": {"_id": "m1", "email": "a@x.example"}}


def mailgun(event: str) -> dict[str, Any]:
    headers = {"message-id": "m1"}
    fields = {"event": event, "timestamp": AT, "recipient": "a@x.example"}
    return {**fields, "log-level": "info", "message": {"headers": headers}}


SENT, DONE = ses("Send", "a@x.example", timestamp=WHEN), ses("Delivery", "a@x.example")
DONE["delivery"] = {"timestamp": WHEN, "recipients": ["a@x.example"]}
BOTH = [SENT, DONE]
TEXTS = [json.dumps(record) for record in BOTH]
PACKED = [b64encode(text.encode()).decode() for text in TEXTS]
CONTAINERS = {
    "values without line ends": "".join(TEXTS),
    "several values on one line of many": f"{TEXTS[0]}\n{TEXTS[1]}{TEXTS[0]}\n",
    "an array": json.dumps(BOTH),
    "an array over lines": json.dumps(BOTH, indent=2),
    "a page of results": json.dumps({"results": BOTH, "total_count": 2, "links": []}),
    "SNS": json.dumps({"Type": "Notification", "Message": TEXTS[0], "Timestamp": LATER})
    + "\n"
    + json.dumps({"Type": "Notification", "Message": TEXTS[1], "Timestamp": LATER}),
    "SNS in a function": json.dumps({"Records": [{"Sns": {"Message": text}} for text in TEXTS]}),
    "SQS": json.dumps({"Records": [{"messageId": "q", "body": text} for text in TEXTS]}),
    "SQS, as its command line prints it": json.dumps(
        {"Messages": [{"MessageId": "q", "Body": text} for text in TEXTS]}, indent=4
    ),
    "EventBridge": "\n".join(
        json.dumps({"version": "0", "detail-type": "x", "time": LATER, "detail": record})
        for record in BOTH
    ),
    "CloudWatch": json.dumps(
        {
            "messageType": "DATA_MESSAGE",
            "logEvents": [{"id": "1", "timestamp": AT, "message": text} for text in TEXTS],
        }
    ),
    "Firehose to an address": json.dumps(
        {"requestId": "r", "timestamp": AT, "records": [{"data": text} for text in PACKED]}
    ),
    "Firehose, lines in one record": json.dumps(
        {"records": [{"data": b64encode("\n".join(TEXTS).encode()).decode()}]}
    ),
    "a text of several records, of which the last one is cut off": json.dumps(
        {"Records": [{"body": f"{TEXTS[0]}\n{TEXTS[1]}{TEXTS[0][:-1]}"}]}
    ),
    "Kinesis": json.dumps({"Records": [{"kinesis": {"data": text}} for text in PACKED]}),
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_all_records_in_a_container_are_read(name: str, convert: Convert) -> None:
    rows, notes = convert(CONTAINERS[name], relayed=False)
    again = name.startswith("several")
    assert [row["event"] for row in rows] == ["relayed", "delivered", "relayed"][: 2 + again]
    assert {(row["format"], row["timestamp"].timestamp()) for row in rows} == {("ses", AT)}
    is_cut = name.endswith("cut off")
    assert notes.rejected.counts == ({"a record of nothing": 1} if is_cut else {})
    assert notes.records.read == len(rows) + is_cut
    assert not notes.doubts.counts


POSTS = {
    "a form with JSON": (
        "mandrill_events=" + quote_plus(json.dumps([mandrill("send"), mandrill("deferral")])),
        ["relayed", "soft_bounce"],
    ),
    "a form of before 2018": (
        urlencode(
            {"event": "dropped", "recipient": "a@x.example", "reason": "hardfail", "code": 605,
             "timestamp": AT, "token": "t", "signature": "s", "Message-Id": "<m1>"}
        ),
        ["excluded"],
    ),
    "a form whose variables have the names of its fields": (
        urlencode(
            [("event", "clicked"), ("event", "mine"), ("recipient", "a@x.example"),
             ("timestamp", "mine"), ("timestamp", AT), ("token", "t"), ("signature", "s"),
             ("message-id", "<m1>")]
        ),
        ["clicked"],
    ),
    "JSON with a signature": (
        json.dumps({"signature": {"timestamp": AT + 9}, "event-data": mailgun("delivered")}),
        ["delivered"],
    ),
    "a page of events": (
        json.dumps({"items": [mailgun("accepted"), mailgun("opened")], "paging": {"next": "u"}}),
        ["relayed", "opened"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", POSTS)
def test_posts_of_providers(name: str, convert: Convert) -> None:
    text, events = POSTS[name]
    rows, _ = convert(f"{text}\n", relayed=False)
    assert [row["event"] for row in rows] == events
    assert {(row["recipient"], row["timestamp"].timestamp()) for row in rows} == {
        ("a@x.example", AT)
    }


def test_the_time_of_an_envelope_counts_where_a_record_has_none(convert: Convert) -> None:
    envelope = {
        "Type": "Notification",
        "Timestamp": WHEN,
        "Message": json.dumps(ses("Send", "a@x")),
    }
    [row], notes = convert(json.dumps(envelope), relayed=False)
    assert row["timestamp"].timestamp() == AT
    assert row["doubt"] == ENVELOPE_TIME
    assert notes.doubts.counts == {ENVELOPE_TIME: 1}
    rows, notes = convert(json.dumps(ses("Send", "a@x")), relayed=False)
    assert rows == []
    assert notes.rejected.counts == {"ses: an event without a time": 1}


def test_confirmations_and_what_comes_in_are_known(convert: Convert) -> None:
    confirmation = {"Type": "SubscriptionConfirmation", "TopicArn": "t", "SubscribeURL": "u"}
    received = {"notificationType": "Received", "receipt": {}, "mail": {}}
    rows, notes = convert("\n".join(map(json.dumps, (confirmation, received))))
    assert rows == []
    assert notes.passed.counts == {"SubscriptionConfirmation": 1, "Received": 1}


TEST = json.dumps([{"msys": {}}])
REAL = {"type": "delivery", "message_id": "m1", "rcpt_to": "a@x", "event_id": "1", "timestamp": AT}
WITH_TEST = json.dumps([{"msys": {}}, {"msys": {"message_event": REAL}}])


@pytest.mark.parametrize("text", [TEST, WITH_TEST, f"{TEST}\n{WITH_TEST}", f"{WITH_TEST}\n{TEST}"])
def test_the_test_of_an_envelope_is_known(text: str, convert: Convert) -> None:
    rows, notes = convert(text, relayed=False)
    assert len(rows) == text.count("delivery")
    assert notes.passed.counts == {"a test without a record": text.count("{}")}
    assert not notes.rejected.counts


def test_a_record_without_signs_whose_event_is_known_to_be_none(convert: Convert) -> None:
    fields = {"created_at": WHEN}
    sent = {"type": "email.sent", **fields, "data": {"email_id": "m1", "to": ["a@x.example"]}}
    contact = {"type": "contact.created", **fields, "data": {"id": "c"}}
    rows, notes = convert("\n".join(map(json.dumps, (sent, sent, contact))))
    assert [row["event"] for row in rows] == ["relayed"] * 2
    assert notes.passed.counts == {"contact.created": 1}
    assert not notes.rejected.counts


def test_an_event_without_a_name_is_called_so(convert: Convert) -> None:
    record = {"event": None, "email": "a@x.example", "sg_event_id": "1", "timestamp": AT}
    _, notes = convert(json.dumps(record))
    assert notes.unmapped.counts == {"an event without a name": 1}
