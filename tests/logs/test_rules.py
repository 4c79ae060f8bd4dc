"""What only the whole log of a provider tells: stops, recipients, reasons, doubts, hand-overs."""

import json
from pathlib import Path
from typing import Any

import pytest

from fsm.logs.mapping.message_recipients import ONE_PERSON
from fsm.logs.mapping.policy import load_policy
from tests.command import Fsm
from tests.logs.conftest import Convert

AT = 1_767_603_600


def sendgrid(event: str, minute: int, to: str = "a@x.example", **more: Any) -> str:
    record = {"event": event, "timestamp": AT + 60 * minute, "sg_message_id": "m1", "email": to}
    return json.dumps({**record, "sg_event_id": f"{event}{minute}{to}", **more})


def mailgun(event: str, minute: int, to: str | None = "a@x.example") -> str:
    record = {"event": event, "timestamp": AT + 60 * minute, "log-level": "info"}
    recipient = {} if to is None else {"recipient": to}
    return json.dumps({**record, **recipient, "message": {"headers": {"message-id": "m1"}}})


def told(rows: list[dict[str, Any]]) -> list[str]:
    """Each event as its message, minute and name, in order of time."""
    lines = [
        f"{row['message_id']} {row['recipient'] or '-'} {row['event']} "
        f"{(round(row['timestamp'].timestamp()) - AT) // 60}"
        for row in sorted(rows, key=lambda row: row["timestamp"])
    ]
    return [line.removeprefix("m1 a@x.example ") for line in lines]


STOPS: dict[str, tuple[list[str], list[str]]] = {
    "after the hand-over": (
        [sendgrid("processed", 0), sendgrid("dropped", 1)],
        ["relayed 0", "hard_bounce 1"],
    ),
    "at the instant of the hand-over, in any order": (
        [sendgrid("dropped", 0), sendgrid("processed", 0)],
        ["hard_bounce 0", "relayed 0"],
    ),
    "before the hand-over in the file, after it in time": (
        [sendgrid("dropped", 2), sendgrid("processed", 1)],
        ["relayed 1", "hard_bounce 2"],
    ),
    "before the hand-over in time": (
        [sendgrid("dropped", 0), sendgrid("processed", 1)],
        ["excluded 0", "relayed 1"],
    ),
    "never handed over": ([sendgrid("dropped", 1)], ["excluded 1"]),
    "after an attempt, which needs a hand-over": (
        [sendgrid("deferred", 1), sendgrid("dropped", 2)],
        ["relayed 1", "soft_bounce 1", "hard_bounce 2"],
    ),
    "before an attempt": (
        [sendgrid("dropped", 1), sendgrid("deferred", 2)],
        ["excluded 1", "relayed 2", "soft_bounce 2"],
    ),
    "after the delivery": (
        [sendgrid("processed", 0), sendgrid("delivered", 1), sendgrid("dropped", 2)],
        ["relayed 0", "delivered 1", "stopped 2"],
    ),
    "twice": (
        [sendgrid("processed", 0), sendgrid("dropped", 1), sendgrid("dropped", 2)],
        ["relayed 0", "hard_bounce 1", "stopped 2"],
    ),
    "twice at one instant, as an event that arrives twice": (
        [sendgrid("processed", 0), sendgrid("dropped", 1), sendgrid("dropped", 1)],
        ["relayed 0", "hard_bounce 1", "hard_bounce 1"],
    ),
    "of another recipient": (
        [sendgrid("processed", 0), sendgrid("dropped", 1, "b@x.example")],
        ["relayed 0", "m1 b@x.example excluded 1"],
    ),
    "the recipient written in another case": (
        [sendgrid("processed", 0), sendgrid("dropped", 1, "A@X.example")],
        ["relayed 0", "hard_bounce 1"],
    ),
}


@pytest.mark.parametrize(("records", "expected"), STOPS.values(), ids=STOPS)
def test_what_a_stop_is(convert: Convert, records: list[str], expected: list[str]) -> None:
    rows, notes = convert("\n".join(records))
    assert told(rows) == expected
    side = [row for row in rows if row["event"] in ("excluded", "stopped")]
    assert notes.side_events.total == len(side)
    assert notes.events + notes.side_events.total + notes.missing_handovers == len(rows)
    assert all(row["final"] is None for row in side)


def test_a_stop_says_by_which_rule_it_is_a_failure(convert: Convert) -> None:
    records = [sendgrid("processed", 0), sendgrid("dropped", 1, reason="Bounced Address")]
    rows, _ = convert("\n".join(records))
    assert rows[1]["rule"] == "dropped/Bounced Address: stopped after it was handed over"
    assert (rows[1]["fault"], rows[1]["final"]) == ("address", True)


def test_a_policy_decides_about_stops_too(convert: Convert) -> None:
    records = [sendgrid("processed", 0), sendgrid("dropped", 1, reason="Spam Content")]
    rows, _ = convert("\n".join(records), policy=load_policy("address"))
    assert [row["event"] for row in rows] == ["relayed", "retry_failed"]


def test_a_stop_that_changes_nothing_is_doubtful(convert: Convert) -> None:
    _, notes = convert("\n".join(STOPS["after the delivery"][0]))
    (doubt,) = notes.doubts.counts
    assert "settled already" in doubt
    _, notes = convert("\n".join(STOPS["before the hand-over in time"][0]))
    (doubt,) = notes.doubts.counts
    assert "after it was stopped" in doubt


RECIPIENTS: dict[str, tuple[list[str | None], list[str | None]]] = {
    "case": (["A.B@X.example", "a.b@x.example"], ["A.B@X.example"] * 2),
    "brackets and a name": (['"B, A" <a@x.example>', "a@x.example"], ["a@x.example"] * 2),
    "mailto and blanks": (["mailto:a@x.example ", "A@x.example"], ["a@x.example"] * 2),
    "needless quotes": (['"a"@x.example', "a@x.example"], ["a@x.example"] * 2),
    "needed quotes": (['"a b"@x.example', "a@x.example"], ['"a b"@x.example', "a@x.example"]),
    "none, of the only one": (["A@x.example", None], ["A@x.example"] * 2),
    "none, of several": (
        ["a@x.example", "b@x.example", None],
        ["a@x.example", "b@x.example", "a@x.example"],
    ),
}


@pytest.mark.parametrize(("written", "expected"), RECIPIENTS.values(), ids=RECIPIENTS)
def test_recipients(
    convert: Convert, written: list[str | None], expected: list[str | None]
) -> None:
    records = [mailgun("opened", n, to) for n, to in enumerate(written)]
    rows, notes = convert("\n".join(records))
    assert [row["recipient"] for row in rows] == expected
    doubtful = written == RECIPIENTS["none, of several"][0]
    assert notes.doubts.total == doubtful
    assert [row["doubt"] is not None for row in rows][-1] == doubtful


def test_a_hand_over_without_recipients_is_that_of_all(convert: Convert) -> None:
    records = [
        mailgun("accepted", 0, None),
        mailgun("delivered", 1),
        mailgun("delivered", 2, "b@x.example"),
    ]
    rows, notes = convert("\n".join(records))
    assert told(rows) == [
        "relayed 0",
        "m1 b@x.example relayed 0",
        "delivered 1",
        "m1 b@x.example delivered 2",
    ]
    assert (notes.missing_handovers, notes.told_handovers, notes.doubts.total) == (1, 1, 0)


SES_OPEN = {
    "eventType": "Open",
    "mail": {"messageId": "m1", "destination": ["a@x.example", "c@x.example"]},
    "open": {"timestamp": "2026-01-05T09:00:00Z"},
}


def test_an_opening_is_that_of_one_recipient(convert: Convert) -> None:
    """The record lists both recipients, and does not say which of them it was."""
    rows, notes = convert(json.dumps(SES_OPEN))
    assert told(rows) == ["opened 0"]
    assert notes.doubts.total == 1
    sent = json.dumps({**SES_OPEN, "eventType": "Send"}).replace('"open"', '"send"')
    rows, _ = convert(
        sent.replace('"messageId"', '"timestamp": "2026-01-05T09:00:00Z", "messageId"')
    )
    assert len(rows) == 2, "a hand-over is that of all"


def ses_delivery(recipient: str) -> str:
    delivery = {"timestamp": "2026-01-05T08:59:00Z", "recipients": [recipient]}
    return json.dumps({**SES_OPEN, "eventType": "Delivery", "open": {}, "delivery": delivery})


GOT = {"the first": "a@x.example", "the second": "C@x.example"}


@pytest.mark.parametrize("recipient", GOT.values(), ids=GOT)
@pytest.mark.parametrize("is_late", [False, True])
def test_who_opened_a_message_is_the_only_one_that_got_it(
    recipient: str, is_late: bool, convert: Convert
) -> None:
    records = [ses_delivery(recipient), json.dumps(SES_OPEN)]
    rows, notes = convert("\n".join(records[::-1] if is_late else records), relayed=False)
    assert {row["recipient"] for row in rows} == {recipient}
    assert notes.doubts.counts == {ONE_PERSON: 1}
    rows, _ = convert(
        "\n".join([ses_delivery("c@x.example"), ses_delivery("a@x.example"), *records])
    )
    assert [row["recipient"] for row in rows if row["event"] == "opened"] == ["a@x.example"]


def test_a_failure_of_one_of_several_recipients_is_doubtful(convert: Convert) -> None:
    record = {"type": "email.bounced", "created_at": "2026-01-05T09:00:00Z"}
    data = {"email_id": "m1", "to": ["a@x.example", "b@x.example"], "bounce": {"type": "Permanent"}}
    rows, notes = convert(json.dumps({**record, "data": data}), relayed=False)
    assert len(rows) == len([row for row in rows if row["doubt"]]) == notes.doubts.total == 2
    _, notes = convert(json.dumps({**record, "type": "email.sent", "data": data}))
    assert not notes.doubts.total


WORDS: dict[str, tuple[str, str]] = {
    "advice": ('"bounce":{"type":"Permanent","message":"sending on harms your reputation"}', ""),
    "the receiver's words": (
        '"bounce":{"type":"Permanent","diagnosticCode":["smtp; 550 5.1.1 user unknown"]}',
        "address",
    ),
}


@pytest.mark.parametrize(("bounce", "fault"), WORDS.values(), ids=WORDS)
def test_a_reason_comes_from_the_receiver_alone(convert: Convert, bounce: str, fault: str) -> None:
    record = (
        '{"type":"email.bounced","created_at":"2026-01-05T09:00:00Z",'
        f'"data":{{"email_id":"m1","to":["a@x.example"],{bounce}}}}}'
    )
    rows, _ = convert(record, relayed=False)
    assert rows[0]["fault"] == (fault or "unknown")
    assert rows[0]["event"] == "hard_bounce"
    assert rows[0]["reply"], "the words are shown all the same"


def test_several_doubts_of_one_event_are_kept(convert: Convert) -> None:
    record = {"event": "failed", "recipient": "a@x.example", "timestamp": AT, "log-level": "error"}
    rows, notes = convert(json.dumps(record), relayed=False)
    assert rows[0]["doubt"].count(" | ") == 1
    assert sorted(notes.doubts.counts.values()) == [1, 1]


JOBS = "job,state,when\n" + "".join(
    f"j{number},{state},2026-01-05T08:00:00Z\n"
    for number, state in enumerate(["created", "failed", "stopped", "unknown", "delivered"])
)
JOB_MAPPING = """\
kind = "mapping"
unit = "job"
[fields]
message_id = "job"
event = "state"
time = "when"
"""


@pytest.mark.parametrize(
    "events",
    [
        "",
        '[events]\ncreated = "created"\nfailed = "failed"\nstopped = "stopped"\n"*" = "unknown"\n',
    ],
    ids=["as they stand", "mapped"],
)
def test_words_for_mails_are_events_like_others_in_other_logs(
    events: str, tmp_path: Path, fsm: Fsm
) -> None:
    (tmp_path / "jobs.csv").write_text(JOBS)
    (tmp_path / "jobs.toml").write_text(JOB_MAPPING + events)
    result = fsm("convert", tmp_path / "jobs.csv", "--map", tmp_path / "jobs.toml")
    found = [line.split(",")[2] for line in result.out.splitlines()[1:]]
    assert found[:4] == ["created", "failed", "stopped", "unknown"]
    assert len(found) == 5, "no hand-over, and nothing beside"
