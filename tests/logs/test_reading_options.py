"""What an operator is told and can choose, on the command line."""

import csv
import json
import re
from pathlib import Path

import pytest

from tests.command import Fsm, Result
from tests.depth import at_full_depth

KEY = "0123456789abcdef"
MX = "relay=mx.y.example[192.0.2.1]:25, delay=1, delays=1/0/0/0"
POSTFIX = f"""\
Jan  5 09:00:00 mx postfix/smtpd[77]: A1B2C3D4: client=app[192.0.2.9]
Jan  5 09:00:01 mx postfix/cleanup[77]: A1B2C3D4: message-id=<ann.lee=y.example@x.example>
Jan  5 09:00:02 mx postfix/smtp[77]: A1B2C3D4: to=<Ann.Lee@y.example>, orig_to=<annie@x.example>, \
{MX}, dsn=4.2.2, status=deferred (host mx said: 452 4.2.2 <ann.lee@y.example>: user ann.lee is full)
Jan  5 09:00:03 mx postfix/smtp[77]: A1B2C3D4: to=<rob@z.example>, {MX}, dsn=5.1.1, \
status=bounced (550 5.1.1 rob@z.example unknown)
Jan  5 09:00:04 mx postfix/smtp[77]: A1B2C3D4: to=<rob@z.example>, {MX}, dsn=2.0.0, \
status=sent (250 hello rob)
Jan  5 09:00:05 mx postfix/qmgr[77]: A1B2C3D4: from=<n+ann.lee=y.example@x.example>, \
status=expired, returned to sender
"""
SENDGRID = [
    {"event": "processed", "sg_event_id": "carl@q.example-1", "sg_message_id": "m1.recvd-1"},
    {"event": "delivered", "sg_event_id": "e2", "sg_message_id": "m1.recvd-1"},
    {"event": "spamreport", "sg_event_id": "e3", "sg_message_id": "m1.recvd-1"},
    {"event": "unsubscribe", "sg_event_id": "e4", "sg_message_id": "m1.recvd-1"},
    {"event": "open", "sg_event_id": "e5", "sg_message_id": "m1.recvd-1", "sg_machine_open": True},
    {"event": "told carl@q.example", "sg_event_id": "e6", "sg_message_id": "m1.recvd-1"},
    {"event": "delivered", "sg_event_id": "e7"},
    {"event": "dropped", "sg_event_id": "e8", "sg_message_id": "m2.recvd-1"},
]
MAILJET = '{"event":"%s","email":"carl@q.example","MessageID":%d,"time":1767603600}\n'
NAMES = re.compile(r"ann|lee|rob|carl|@[a-z]+\.example", re.IGNORECASE)


@pytest.fixture
def logs(tmp_path: Path) -> list[Path]:
    (tmp_path / "key.txt").write_text(KEY)
    (tmp_path / "1.log").write_text(POSTFIX)
    common = {"email": "carl@q.example", "timestamp": 1_767_603_600}
    (tmp_path / "2.jsonl").write_text("\n".join(json.dumps(common | e) for e in SENDGRID))
    return [tmp_path / "1.log", tmp_path / "2.jsonl"]


def names_in(text: str) -> set[str]:
    """The names of people in a text, but not those of its own files."""
    return set(NAMES.findall(text))


@at_full_depth
def test_no_address_is_recognised_anywhere(fsm: Fsm, logs: list[Path], tmp_path: Path) -> None:
    key = ("--pseudonymise", tmp_path / "key.txt")
    results: list[Result] = [
        fsm("convert", *logs, *key, "-o", tmp_path / "c.csv", "--beside", tmp_path / "b.jsonl"),
        fsm("convert", *logs, *key),
        fsm("convert", *logs, *key, "--json"),
        fsm("replay", *logs, *key, "--status", tmp_path / "s.csv", "--series", tmp_path / "t.csv"),
        fsm("replay", *logs, *key, "--rejected", tmp_path / "r.csv"),
        fsm("replay", *logs, *key, "--json"),
        fsm("explain", *logs, *key, "--message", "A1B2C3D4"),
        fsm("explain", *logs, *key, "--message", "A1B2C3D4", "--json"),
        fsm("explain", *logs, *key, "--message", "carl@q.example"),
        fsm("explain", *logs, *key, "--message", "nobody@q.example"),
    ]
    assert [result.status for result in results] == [0] * 9 + [2]
    for number, result in enumerate(results):
        shown = (result.out + result.err).replace(str(tmp_path), "")
        assert not names_in(shown), number
    for name in ("c.csv", "b.jsonl", "s.csv", "t.csv", "r.csv"):
        assert not names_in((tmp_path / name).read_text()), name
    without = fsm("convert", *logs)
    assert len(names_in(without.out)) > 4, "the search finds what there is"


def events(result: Result) -> list[tuple[str, str, str]]:
    return [
        (r["message_id"], r["event"], r["native"]) for r in csv.DictReader(result.out.split("\n"))
    ]


def test_what_machines_do_not_hear_is_kept_beside(
    fsm: Fsm, logs: list[Path], tmp_path: Path
) -> None:
    result = fsm("convert", logs[1], "--beside", tmp_path / "beside.csv")
    shown = csv.DictReader((tmp_path / "beside.csv").read_text().split("\n"))
    assert [row["event"] for row in shown] == [
        "complained",
        "unsubscribed",
        "machine_opened",
        "excluded",
    ]
    assert [event for _, event, _ in events(result)] == [
        "relayed",
        "delivered",
        "relayed",
        "delivered",
    ]
    for count in ("complained 1", "unsubscribed 1", "machine_opened 1", "1 excluded"):
        assert count in result.err
    assert "told carl@q.example (1, first at" in result.err


def test_suppressed_messages_are_not_to_be_sent(fsm: Fsm, logs: list[Path]) -> None:
    result = json.loads(fsm("replay", logs[1], "--json").out)
    assert result["messages"] == 2, "the dropped one is none of them"


def test_hand_overs_are_added_for_formats_that_cannot_record_them(
    fsm: Fsm, tmp_path: Path, logs: list[Path]
) -> None:
    log = tmp_path / "mailjet.jsonl"
    log.write_text("".join(MAILJET % (event, n) for n, event in enumerate(["sent", "bounce"])))
    result = fsm("convert", log)
    assert [event for _, event, _ in events(result)] == [
        "relayed",
        "delivered",
        "relayed",
        "hard_bounce",
    ]
    assert "2 hand-overs inserted that the log does not record, at the time of the" in result.err
    without = fsm("convert", log, "--no-assume-relayed")
    assert [event for _, event, _ in events(without)] == ["delivered", "hard_bounce"]
    assert "hand-overs" not in fsm("convert", *logs).err, "these record them"


def test_zone_and_year_are_chosen_and_reported(fsm: Fsm, logs: list[Path]) -> None:
    plain = fsm("convert", logs[0])
    assert "times read as UTC (the lines have no zone)" in plain.err
    assert re.search(
        r"year \d{4} \(the lines have none; the file is of \d{4}-\d\d-\d\d\)", plain.err
    )
    chosen = fsm("convert", logs[0], "--tz", "Europe/Paris", "--year", "2019")
    assert "2019-01-05T08:00:02Z" in chosen.out
    assert "times read as Europe/Paris" in chosen.err
    assert "year 2019 (as given)" in chosen.err


def test_a_policy_is_chosen(fsm: Fsm, tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(
        POSTFIX.replace("550 5.1.1 rob@z.example unknown", "554 5.7.1 blocked").replace(
            "dsn=5.1.1", "dsn=5.7.1"
        )
    )
    kinds = {}
    for policy in ("source", "address"):
        rows = csv.DictReader(fsm("convert", log, "--policy", policy).out.split("\n"))
        (kinds[policy],) = {r["event"] for r in rows if r["native"].startswith("bounced")}
    assert kinds == {"source": "hard_bounce", "address": "retry_failed"}


def test_a_checkpoint_takes_a_log_of_any_format(fsm: Fsm, logs: list[Path], tmp_path: Path) -> None:
    result = fsm("replay", logs[0], "--checkpoint", tmp_path / "states")
    assert (result.status, result.out) == (0, fsm("replay", logs[0]).out)
