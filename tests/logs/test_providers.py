"""Formats that only a mapping file describes: recognised by their content, and what they say.

Every sample is our own; fields and meanings are those of the documents that the files name.
"""

import json
from datetime import UTC
from typing import Any

import polars as pl
import pytest

from fsm.logs.mapping.event_mapping import load_format
from fsm.logs.mapping.mapping_file import parse_mapping
from fsm.logs.notes import Notes
from fsm.logs.records.mapped_reader import MappedReader
from tests.logs.conftest import Convert

AT = 1_767_600_000  # 2026-01-05T08:00:00Z
A, B, C = "a@x.example", "b@x.example", "c@x.example"


def lines(*records: object) -> str:
    return "".join(f"{json.dumps(record)}\n" for record in records)


def mailtrap(event: str, to: str, **more: Any) -> dict[str, Any]:
    fields = {"event": event, "message_id": "m1", "email": to, "event_id": f"{event} {to}"}
    return {**fields, "timestamp": AT, **more}


def mailersend(kind: str, to: str, **morph: str) -> dict[str, Any]:
    email = {"message": {"id": "m1"}, "recipient": {"email": to}}
    data = {"id": kind, "created_at": "2026-01-05T08:00:00.5Z", "email": email, "morph": morph}
    return {"type": f"activity.{kind}", "created_at": "2026-01-05T08:00:01Z", "data": data}


def postal(event: str, to: str, status: str | None, **more: Any) -> dict[str, Any]:
    key = "original_message" if "bounce" in more else "message"
    way = more.pop("way", "outgoing")
    message = {"token": "t", "direction": way, "message_id": "m1", "to": to, "timestamp": AT - 5}
    payload = {key: message, "status": status, "output": "550 5.1.1 no", **more}
    return {"event": event, "timestamp": AT + 0.5, "uuid": event, "payload": payload}


def unisender(status: str, to: str, **info: str) -> dict[str, Any]:
    told = {"job_id": "m1", "email": to, "status": status, "event_time": "2026-01-05 08:00:00"}
    data = {**told, "delivery_info": info}
    return {"event_name": "transactional_email_status", "event_data": data}


def zepto(kind: str, *details: dict[str, str]) -> dict[str, Any]:
    info = {
        "email_reference": "m1",
        "to": [{"email_address": {"address": A}}],
        "processed_time": "2026-01-05T07:59:00+00:00",
    }
    data = [{"object": kind, "details": [detail]} for detail in details]
    return {"event_name": [kind], "event_message": [{"email_info": info, "event_data": data}]}


def sweego(kind: str, to: str, **more: Any) -> dict[str, Any]:
    fields = {"event_type": kind, "swg_uid": "m1", "event_id": kind, "recipient": to}
    return {**fields, "timestamp": "2026-01-05T08:00:00", **more}


def scaleway(kind: str, to: str, **more: Any) -> dict[str, Any]:
    times = {"created_at": "2026-01-05T08:00:00Z", "email_queued_at": "2026-01-05T07:59:00Z"}
    return {"id": kind, "type": kind, "email_id": "m1", "email_to": to, **times, **more}


def customer_io(metric: str, to: str, **more: str) -> dict[str, Any]:
    data = {"delivery_id": "m1", "recipient": to, "identifiers": {"email": to}, **more}
    return {
        "event_id": metric, "object_type": "email", "metric": metric, "timestamp": AT, "data": data,
    }  # fmt: skip


def salesforce(kind: str, **info: str) -> dict[str, Any]:
    own = {"jobId": "j", "batchId": "b", "listId": "l", "subscriberId": "s"}
    return {"eventCategoryType": kind, "timestampUTC": AT * 1000, "composite": own, "info": info}


UNKNOWN = "550 5.1.1 no such user"
SAMPLES: dict[str, tuple[str, list[str]]] = {
    "mailtrap": (
        lines(
            {
                "events": [
                    mailtrap("delivery", A, sending_stream="bulk"),
                    mailtrap("bounce", B, response=UNKNOWN, response_code=550),
                    mailtrap("soft bounce", C, response="450 4.2.1 busy"),
                ]
            },
            {"events": [mailtrap("suspension", C), mailtrap("reject", C)]},
        ),
        [f"m1 {A} delivered", f"m1 {B} hard_bounce address", f"m1 {C} soft_bounce address",
         f"m1 {C} soft_bounce sender", f"m1 {C} hard_bounce unknown"],
    ),
    "mailersend": (
        lines(
            mailersend("sent", A),
            mailersend("delivered", A),
            mailersend("deferred", B),
            mailersend("soft_bounced", B, reason="Mailbox full"),
            mailersend("opened_unique", A),
            mailersend("survey_opened", A),
        ),
        [f"m1 {A} relayed", f"m1 {A} delivered", f"m1 {B} soft_bounce unknown",
         f"m1 {B} retry_failed mailbox_full"],
    ),
    "postal": (
        lines(
            postal("MessageSent", A, "Sent"),
            postal("MessageDelayed", B, "SoftFail"),
            postal("MessageDeliveryFailed", B, "HardFail"),
            postal("MessageHeld", C, "Held"),
            postal("MessageDeliveryFailed", "in@s.example", "HardFail", way="incoming"),
            postal("MessageBounced", A, None, bounce={"direction": "incoming"}),
        ),
        [f"m1 {A} delivered", f"m1 {B} soft_bounce address", f"m1 {B} hard_bounce address",
         f"m1 {C} soft_bounce policy", f"m1 {A} hard_bounce address"],
    ),
    "unisender_go": (
        lines(
            {
                "auth": "k",
                "events_by_user": [
                    {
                        "user_id": 4,
                        "events": [
                            unisender("sent", A),
                            unisender("soft_bounced", A, delivery_status="err_will_retry"),
                            unisender("hard_bounced", B, delivery_status="err_mailbox_full"),
                            {"event_name": "transactional_spam_block", "event_data": {}},
                        ],
                    }
                ],
            },
            {**unisender("delivered", A)["event_data"], "event_name": "transactional_email_status"},
        ),
        [f"m1 {A} relayed", f"m1 {A} soft_bounce unknown", f"m1 {B} hard_bounce mailbox_full",
         f"m1 {A} delivered"],
    ),
    "smtp2go": (
        lines(
            {"event": "delivered", "email_id": "m1", "rcpt": A, "time": "2026-01-05 08:00:00"},
        )
        + "event=bounce&bounce=hard&email_id=m1&rcpt=b%40x.example&time=2026-01-05+08%3A00%3A00"
        "&message=550+5.1.1+no+such+user\n",
        [f"m1 {A} delivered", f"m1 {B} hard_bounce address"],
    ),
    "zeptomail": (
        lines(
            zepto(
                "softbounce",
                {"bounced_recipient": A, "time": "2026-01-05T08:00:00+00:00", "reason": "full"},
                {"bounced_recipient": B, "time": "2026-01-05T08:00:00+00:00"},
            ),
            zepto("email_open", {"time": "2026-01-05T08:00:01+00:00"}),
        ),
        [f"m1 {A} retry_failed unknown", f"m1 {B} retry_failed unknown", f"m1 {A} opened"],
    ),
    "sweego": (
        lines(
            sweego("email_sent", A),
            sweego("soft-bounce", A, response_code=452, details="452 4.2.2 quota exceeded"),
            sweego("hard_bounce", B, response_code=550, details=UNKNOWN),
        ),
        [f"m1 {A} relayed", f"m1 {A} soft_bounce mailbox_full", f"m1 {B} hard_bounce address"],
    ),
    "scaleway": (
        lines(
            scaleway("email_delivered", A),
            scaleway("email_deferred", B, email_response_message="451 4.3.0 later"),
            scaleway("email_blocklisted", C),
        ),
        [f"m1 {A} delivered", f"m1 {B} soft_bounce network", f"m1 {C} excluded policy"],
    ),
    "customer_io": (
        lines(
            customer_io("sent", A),
            customer_io("bounced", A, failure_message=UNKNOWN),
            customer_io("dropped", B),
            {**customer_io("sent", C), "object_type": "push"},
        ),
        [f"m1 {A} relayed", f"m1 {A} hard_bounce address", f"m1 {B} excluded unknown"],
    ),
    "salesforce_events": (
        lines(
            [
                salesforce("TransactionalSendEvents.EmailSent", to=A),
                salesforce("TransactionalSendEvents.EmailBounced", to=A, bounceCode="SOFT"),
            ]
        ),
        [f"j b s {A} relayed", f"j b s {A} retry_failed unknown"],
    ),
    "salesforce_marketing_cloud": (
        ("ClientID,SendID,SubscriberKey,EmailAddress,EventDate,EventType,BounceCategory,SMTPCode\n"
        f"1,m1,k1,{A},1/5/2026 2:00:00 AM,Sent,,\n"
        f"1,m1,k1,{A},1/5/2026 2:00:01 AM,Bounce,Block bounce,554\n"),
        [f"m1 {A} relayed", f"m1 {A} retry_failed policy"],
    ),
    "sendgrid_activity": (
        ("processed,message_id,event,api_key_id,recv_message_id,email,reason,type\n"
        f"2026-01-05 08:00:00,m1.recvd-5b-1.0,processed,k,r,{A},,\n"
        f"2026-01-05 08:00:01,m1.recvd-5b-1.0,bounce,k,r,{A},{UNKNOWN},bounce\n"),
        [f"m1 {A} relayed", f"m1 {A} hard_bounce address"],
    ),
    "google_workspace": (
        ("Message ID,Start date,Sender,Recipient address,Event date,Event status,"
        "Event SMTP reply code,Event description\n"
        f"<m1>,2026/01/05 09:00:00 CET,s@s.example,{A},2026/01/05 09:00:00 CET,RECEIVED,,\n"
        f"<m1>,2026/01/05 09:00:00 CET,s@s.example,{A},2026/01/05 09:00:02 CET,DELIVERED,250,ok\n"
        f"<m2>,2026/01/05 09:00:00 CET,s@s.example,{B},2026/01/05 09:00:02 CET,BOUNCED,550,"
        f"{UNKNOWN}\n"),
        [f"<m1> {A} relayed", f"<m1> {A} delivered", f"<m2> {B} hard_bounce address"],
    ),
    "exchange_tracking": (
        ("#Software: Microsoft Exchange Server\n"
        "#Fields: date-time,source,event-id,message-id,recipient-address,recipient-status\n"
        f"2026-01-05T08:00:00.000Z,SMTP,RECEIVE,<m1>,{A};{B},\n"
        "2026-01-05T08:00:01.000Z,STOREDRIVER,SUBMIT,<m1>,,\n"
        f"2026-01-05T08:00:02.000Z,SMTP,SENDEXTERNAL,<m1>,{A},250 2.0.0 ok\n"
        f"2026-01-05T08:00:03.000Z,SMTP,FAIL,<m2>,{B};{C},{UNKNOWN};554 5.2.2 mailbox full\n"),
        [f"<m1> {A} relayed", f"<m1> {B} relayed", f"<m1> {A} delivered",
         f"<m2> {B} hard_bounce address", f"<m2> {C} hard_bounce mailbox_full"],
    ),
    "m365_message_trace": (
        ("origin_timestamp_utc,sender_address,recipient_status,message_subject,message_id\n"
        f'2026-01-05T08:00:00.0000000Z,s@s.example,"{A}##Receive, Send;{B}##Receive, Fail",x,<m1>\n'
        f"2026-01-05T08:00:00.0000000Z,s@s.example,{C}##Receive; Defer,x,<m1>\n"),
        [f"<m1> {A} delivered", f"<m1> {B} hard_bounce unknown", f"<m1> {C} soft_bounce unknown"],
    ),
    "m365_message_trace_list": (
        ("MessageId,Received,SenderAddress,RecipientAddress,Status,MessageTraceId\n"
        f"<m1>,2026-01-05 08:00:00,s@s.example,{A},Delivered,t1\n"
        f"<m1>,2026-01-05 08:00:00,s@s.example,{B},Failed,t2\n"),
        [f"<m1> {A} delivered", f"<m1> {B} hard_bounce unknown"],
    ),
    "opensmtpd": (
        ("2026-01-05T08:00:00Z mx smtpd[7]: 5df87c9b982c840c mta connected\n"
        "2026-01-05T08:00:00Z mx smtpd[7]: 5df87c9c42abeddb smtp envelope evpid=m1 from=<s@s> "
        f"to=<{A}>\n"
        "2026-01-05T08:00:01Z mx smtpd[7]: 5df87c9b982c840c mta delivery evpid=m1 from=<s@s> "
        f'to=<{A}> rcpt=<-> source="192.0.2.1" relay="192.0.2.2 (mx)" delay=1s result="TempFail" '
        'stat="450 4.2.1 busy"\n'
        "2026-01-05T08:00:02Z mx smtpd[7]: 5df87c9b982c840d mda delivery evpid=m1 from=<s@s> "
        f"to=<{A}> user=a delay=2s result=Ok stat=Delivered\n"),
        [f"m1 {A} relayed", f"m1 {A} soft_bounce address", f"m1 {A} delivered"],
    ),
    "haraka": (
        ("2026-01-05T08:00:00.100Z [INFO] [-] [core] Server starting\n"
        "2026-01-05T08:00:00.100Z [INFO] [1B012E7A-4362-42CC-B2D5-27534802E482.1.1] [outbound] "
        "Temp failing 17_0_12 for 64 seconds: 451 4.7.1 later\n"
        "2026-01-05T08:01:04.100Z [NOTICE] [1B012E7A-4362-42CC-B2D5-27534802E482.1.1] [outbound] "
        'delivered file=17_0_12 domain=x.example host=mx response="2.0.0 Ok" delay=64 fails=1 '
        "rcpts=1/0/0\n"),
        ["1B012E7A-4362-42CC-B2D5-27534802E482.1.1 soft_bounce policy",
         "1B012E7A-4362-42CC-B2D5-27534802E482.1.1 delivered"],
    ),
}  # fmt: skip


def described(rows: list[dict[str, Any]]) -> list[str]:
    told = (("message_id", "recipient", "event", "fault"), rows)
    return [" ".join(filter(None, (row[name] for name in told[0]))) for row in told[1]]


@pytest.mark.parametrize("name", SAMPLES)
def test_what_a_mapping_file_makes_of_a_sample(name: str, convert: Convert) -> None:
    text, events = SAMPLES[name]
    rows, notes = convert(text, relayed=False)
    order = [row for row in rows if row["event"] != "excluded"]
    assert described([*order, *(row for row in rows if row not in order)]) == events
    assert {row["format"] for row in rows} == {name}
    assert {int(row["timestamp"].timestamp()) // 100 for row in rows} == {AT // 100}
    assert not notes.rejected.counts
    assert not notes.unmapped.counts
    assert load_format(name).sources


def test_a_column_of_two_fields_is_filled_for_one_of_them() -> None:
    mapping = parse_mapping(
        'kind = "mapping"\n[fields]\nmessage_id = ["id", "other"]\ndelivery_id = "id"\n'
        'event = "what"\ntime = "when"\n',
        "own",
    )
    log = ["id,other,what,when", f",o1,sent,{AT}", f"i2,,sent,{AT}"]
    [(_, events)] = MappedReader(mapping, UTC, lambda _: None).read([log], Notes("log"))
    assert isinstance(events, pl.DataFrame)
    assert events["message_id"].to_list() == ["o1", "i2"]
    assert events["delivery_id"].to_list() == [None, "i2"]
