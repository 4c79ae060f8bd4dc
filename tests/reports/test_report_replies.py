"""Replies by their codes: the counts are those of the log, no more."""

from pathlib import Path

import pytest

from fsm.catalog import load
from fsm.engine import replay
from fsm.logs.open import open_log
from fsm.reports import report
from fsm.reports.replies import replies_of
from tests.command import Fsm

HEAD = "Jan  5 09:00:{:02} mx postfix/smtp[7]: A{}: to=<{}>, relay=mx[192.0.2.1]:25, dsn={}, "
LINES = [
    ("u1@Y.example", "5.1.1", "status=bounced (550 5.1.1 unknown user u1)"),
    ("u2@y.example", "5.1.1", "status=bounced (550 5.1.1 unknown user u2)"),
    ("u3@z.example", "4.2.2", "status=deferred (452 4.2.2 over quota)"),
    ("u4@z.example", "2.0.0", "status=sent (250 ok)"),
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "mail.log"
    lines = (
        HEAD.format(number, number, to, dsn) + "delay=1, delays=1/0/0/0, " + status
        for number, (to, dsn, status) in enumerate(LINES)
    )
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_replies_are_grouped_by_event_code_and_reason(log: Path) -> None:
    table = replies_of(replay(open_log([log]), [load("with-feedback")]))
    assert [(k.event, k.code, k.reason, k.count) for k in table.first] == [
        ("hard_bounce", "5.1.1", "user_unknown", 2),
        ("delivered", "250", "", 1),
        ("soft_bounce", "4.2.2", "mailbox_full", 1),
    ]
    assert (table.kinds, table.replies) == (3, 4)
    assert table.first[0].example == "550 5.1.1 unknown user u1"


def test_events_after_the_end_are_not_counted(log: Path) -> None:
    opened = open_log([log])
    end = opened.frame["timestamp"].sort()[-2]
    kept = opened.frame.filter(opened.frame["timestamp"] <= end)
    result = replay(opened, [load("with-feedback")], as_of=end)
    assert replies_of(result).replies == kept.filter(kept["event"] != "relayed").height
    assert kept.height < opened.frame.height


def test_a_report_of_pseudonyms_has_no_reply_in_its_words(
    log: Path, tmp_path: Path, fsm: Fsm
) -> None:
    page, key = tmp_path / "page.html", tmp_path / "key"
    key.write_text("0123456789abcdef" * 4)
    assert fsm("report", log, "--pseudonymise", key, "-o", page).status == 0
    text = page.read_text()
    assert "Replies and reasons" in text
    assert "unknown user" not in text


def test_a_canonical_log_has_no_replies(sample: Path) -> None:
    page = report(replay(open_log([sample]), [load("with-feedback")]))
    assert 'id="replies"' not in page
