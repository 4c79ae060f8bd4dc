"""Bounce mails: standard reports, other wordings, mailboxes."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.errors import LogError
from fsm.logs.converted_log import convert_to_rows
from fsm.logs.detect import guess, recognise
from fsm.logs.native_event import NativeEvent
from fsm.logs.notes import Notes
from fsm.logs.open import open_log
from fsm.logs.reading import ReadingOptions
from fsm.logs.servers.clock import Clock
from fsm.logs.servers.mail import Reader
from fsm.logs.storage.files import find_files
from fsm.logs.summary import summary_lines

Convert = Callable[..., Any]


def report(*recipients: str, kind: str = "message/delivery-status", own: str = "") -> str:
    """A report about message 1@x.example; each recipient is a block of fields."""
    blocks = "\n\n".join(("Reporting-MTA: dns; mx.x.example", *recipients))
    return f"""From: MAILER-DAEMON@mx.x.example
Date: Mon, 05 Jan 2026 10:00:00 +0100
{own}Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b

Something went wrong.
--b
Content-Type: {kind}

{blocks}

--b
Content-Type: text/rfc822-headers

Message-ID: <1@x.example>
--b--
"""


def about(address: str, action: str, status: str, reply: str = "") -> str:
    message = f"\nDiagnostic-Code: smtp; {reply}" if reply else ""
    return f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {status}{message}"


A = "a@y.example"
REPORTS: dict[str, tuple[str, list[tuple[str, str, str | None]]]] = {
    "failed 5": (report(about(A, "failed", "5.1.1")), [(A, "hard_bounce", "address")]),
    "failed 4": (report(about(A, "failed", "4.2.2")), [(A, "retry_failed", "mailbox_full")]),
    "expired": (report(about(A, "failed", "5.4.7")), [(A, "retry_failed", "expired")]),
    "delayed": (report(about(A, "delayed", "4.4.1")), [(A, "soft_bounce", "network")]),
    "delivered": (report(about(A, "delivered", "2.0.0")), [(A, "delivered", None)]),
    "a comment": (report(about(A, "Failed (gone)", "5.1.1")), [(A, "hard_bounce", "address")]),
    "two recipients": (
        report(
            about(A, "failed", "5.0.0", "550 no such user"),
            about("b@y.example", "failed", "5.0.0", "552 quota exceeded"),
        ),
        [(A, "hard_bounce", "address"), ("b@y.example", "hard_bounce", "mailbox_full")],
    ),
    "the address it was sent to": (
        report(f"Original-Recipient: rfc822; {A}\n" + about("z@z.example", "failed", "5.1.1")),
        [(A, "hard_bounce", "address")],
    ),
    "an address that cannot be one": (report(about("a...@y.example", "failed", "5.1.1")), []),
    "a complaint": (
        report(
            f"Feedback-Type: abuse\nOriginal-Rcpt-To: <{A}>", kind="message/feedback-report"
        ).replace("Reporting-MTA: dns; mx.x.example\n\n", ""),
        [(A, "complained", None)],
    ),
    "an answer of a machine": (
        """From: a@y.example
Date: Mon, 5 Jan 2026 09:00:00 GMT
In-Reply-To: <1@x.example>
Auto-Submitted: auto-replied

I am away.""",
        [(A, "auto_replied", None)],
    ),
    "a letter": ("From: a@y.example\nDate: Mon, 5 Jan 2026 09:00:00 GMT\n\nDear Sir", []),
}


@pytest.mark.parametrize(("text", "expected"), REPORTS.values(), ids=REPORTS)
def test_reports(convert: Convert, text: str, expected: list[tuple[str, str, str | None]]) -> None:
    rows, _ = convert(text, relayed=False)
    assert [(row["recipient"], row["event"], row["fault"]) for row in rows] == expected
    for row in rows:
        assert row["message_id"] == "1@x.example"
        assert row["timestamp"] == datetime(2026, 1, 5, 9, tzinfo=UTC)


def test_a_mailbox_has_the_line_of_each_mail(convert: Convert) -> None:
    mail = "From x@y Mon Jan  5 09:00:00 2026\n" + REPORTS["failed 5"][0] + "\n"
    rows, notes = convert(mail * 3, relayed=False)
    length = mail.count("\n")
    assert [row["line"] for row in rows] == [1, 1 + length, 1 + 2 * length]
    assert notes.lines == 3 * length


def test_a_maildir(tmp_path: Path) -> None:
    for part, name in (("cur", "1"), ("new", "2"), ("tmp", "3")):
        (tmp_path / "box" / part).mkdir(parents=True)
        (tmp_path / "box" / part / name).write_text(REPORTS["failed 5"][0])
    found = convert_to_rows(
        [recognise(file) for file in find_files([str(tmp_path / "box")])], ReadingOptions()
    )
    rows = [row for frame in found.frames(machine_events=True) for row in frame.to_dicts()]
    assert [Path(row["file"]).name for row in rows] == ["1", "1", "2"]
    assert [row["event"] for row in rows] == ["relayed", "hard_bounce", "hard_bounce"]
    (notes,) = found.notes
    assert (notes.events, notes.missing_handovers) == (2, 1)


def test_a_mail_of_a_maildir_may_have_the_name_of_any_host(tmp_path: Path) -> None:
    for part, name in (("cur", "1.M2P3.mail.example.md"), ("new", "2.M2P3.pictures.svg")):
        (tmp_path / "box" / part).mkdir(parents=True)
        (tmp_path / "box" / part / name).write_text(REPORTS["failed 5"][0])
    assert open_log(tmp_path / "box").frame.height == 3
    with pytest.raises(LogError, match=r"a Markdown page, not a log; .* --format reads it$"):
        open_log(tmp_path / "box" / "cur" / "1.M2P3.mail.example.md")


@pytest.mark.parametrize("names", [("1.eml", "more/2.eml", "3.eml"), ("1.txt", "2.txt", "3.txt")])
def test_a_folder_of_mails(tmp_path: Path, names: tuple[str, ...]) -> None:
    (tmp_path / "box" / "more").mkdir(parents=True)
    texts = (REPORTS["failed 5"][0], REPORTS["delayed"][0], "%PDF-1.7 no mail")
    for name, text in zip(names, texts, strict=True):
        (tmp_path / "box" / name).write_text(text)
    files = [recognise(file) for file in find_files([str(tmp_path / "box")])]
    found = convert_to_rows(files, ReadingOptions(relayed=False))
    events = [event for frame in found.frames(machine_events=True) for event in frame["event"]]
    assert events == ["hard_bounce", "soft_bounce"]
    (notes,) = found.notes
    assert notes.rejected.counts == {"a text without the header of a mail": 1}
    assert notes.records.read == 3
    rejected = f"(1, first in {tmp_path / 'box' / names[2]}:1)"
    assert any(line.endswith(rejected) for line in summary_lines(notes))


def test_both_addresses_of_a_recipient_are_kept(convert: Convert) -> None:
    fields = f"Original-Recipient: rfc822; {A}\n" + about("z@z.example", "failed", "5.1.1")
    (row,), _ = convert(report(fields), relayed=False)
    assert (row["recipient"], row["final_recipient"]) == (A, "z@z.example")


def test_a_field_needs_no_blank_after_its_colon(convert: Convert) -> None:
    text = f"x-info:abc\n{REPORTS['failed 5'][0]}".replace(": ", ":", 3)
    (row,), _ = convert(text, relayed=False)
    assert row["recipient"] == A


def read(text: str) -> list[NativeEvent]:
    reader = Reader(Clock(UTC))
    return [e for _, events in reader.read([text.split("\n")], Notes("mail")) for e in events]


def test_every_mail_is_recognised_to_be_one(corpus: Path) -> None:
    mails = sorted((corpus / "logs" / "bounce-flufl" / "tests" / "data").glob("*.txt"))
    kinds = {path.name: guess(path.read_bytes()) for path in mails}
    assert [name for name, kind in kinds.items() if not kind or kind.format != "mail"] == []
    assert len(kinds) > 110


NOT_EXACT: dict[str, str] = {}
"""Mails of the corpus that are read otherwise than expected, each with its reason: none."""


def test_the_corpus_of_bounces(corpus: Path) -> None:
    directory = corpus / "logs" / "bounce-flufl"
    expected: dict[str, set[tuple[str, bool]]] = {}
    with (directory / "expected.csv").open() as file:
        for row in csv.DictReader(file):
            wanted = expected.setdefault(row["file"], set())
            if row["address"]:  # without one, no address shall be found
                wanted.add((row["address"].lower(), row["is_temporary"] == "True"))
    wrong = set()
    for name, wanted in expected.items():
        events = read((directory / "tests" / "data" / name).read_bytes().decode("latin-1"))
        failed = [event for event in events if event.native != "auto-replied"]
        found = {((e.recipient or "").lower(), e.native.endswith("delayed")) for e in failed}
        final = {((e.final_recipient or "").lower(), e.native.endswith("delayed")) for e in failed}
        if wanted not in (found, found | final):
            wrong.add(name)
    assert wrong == set(NOT_EXACT)
    assert len(expected) > 110


PARTS = [line for text, _ in REPORTS.values() for line in text.split("\n")]


@given(st.lists(st.sampled_from(PARTS) | st.text(max_size=20), max_size=30))
def test_any_mail_gives_events_or_counts(lines: list[str]) -> None:
    for event in read("\n".join(lines)):
        assert event.recipient
        assert "@" in event.recipient
