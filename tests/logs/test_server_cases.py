"""Logs of mail servers: addresses as they came, discards, years, clock changes, and every line."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.logs.detect import recognise
from fsm.logs.notes import Notes
from fsm.logs.open import convert_logs
from fsm.logs.reading import ReadingOptions
from fsm.logs.servers.clock import Clock
from fsm.logs.servers.file_order import files_in_order
from fsm.logs.servers.postfix import Reader as Postfix
from fsm.logs.storage.files import find_files
from tests.command import Fsm

Convert = Callable[..., Any]

HEAD = "2026-01-05T09:00:01Z mx postfix"
NOWHERE = "relay=none, delay=1, delays=0/0/1/0, dsn=5.1.3, status=bounced (bad address syntax)"


def described(rows: list[dict[str, Any]]) -> list[str]:
    return [" ".join(filter(None, (r["recipient"], r["event"], r["fault"]))) for r in rows]


# Addresses, discards ---------------------------------------------------------------------------

ADDRESSES = {
    "a blank": ("<a b@x.example>", "a b@x.example"),
    "a blank in quotes": ('<"a b"@x.example>', '"a b"@x.example'),
    "a comma at the end": ("<a@x.example,>", "a@x.example,"),
    "commas and blanks": ("<a, b@x.example>", "a, b@x.example"),
    "brackets": ("<a<b>@x.example>", "a<b>@x.example"),
    "a quote alone": ('<a"b@x.example>', 'a"b@x.example'),
    "with an original one": ("<a b@x.example>, orig_to=<c d@x.example>", "a b@x.example"),
}


@pytest.mark.parametrize(("written", "to"), ADDRESSES.values(), ids=ADDRESSES)
def test_addresses_as_they_came(convert: Convert, written: str, to: str) -> None:
    rows, notes = convert(f"{HEAD}/smtp[3]: A1B2C3D4: to={written}, {NOWHERE}", relayed=False)
    assert [(row["recipient"], row["event"]) for row in rows] == [(to, "hard_bounce")]
    assert not notes.rejected.total


UNREAD = {
    "cut before its status": f"{HEAD}/smtp[3]: A1B2C3D4: to=<a@x>, relay=mx, delay=1",
    "an id that is none": f"{HEAD}/smtp[3]: A-B: to=<a@x.example>, {NOWHERE}",
    "without its head": f"to=<a@x.example>, {NOWHERE}",
    "without a time": f"mx postfix/smtp[3]: A1B2C3D4: to=<a@x.example>, {NOWHERE}",
}


@pytest.mark.parametrize("line", UNREAD.values(), ids=UNREAD)
def test_a_line_with_a_status_is_never_of_no_delivery(convert: Convert, line: str) -> None:
    rows, notes = convert(line, form="postfix")
    assert (rows, notes.rejected.total, notes.passed.total) == ([], 1, 0)


def test_other_programs_have_a_status_as_well(convert: Convert) -> None:
    line = "Jan  5 09:00:00 mx systemd[1]: postfix.service: Main process exited, status=1/FAILURE"
    _, notes = convert(line, form="postfix")
    assert (notes.rejected.total, notes.passed.total) == (0, 1)


EXIM = "2026-01-05 09:00:0{n} 1vcABC-000000001Ab-0001 {text}\n"
CAME = "<= n@s.example H=app P=esmtp S=9 for a@x.example b@x.example"
AMAVIS = "250 2.7.0 Ok, discarded, id=77-01 - SPAM"
LONG = "all hosts for 'x.example' have been failing for a long time (and retry time not reached)"
SERVERS: dict[str, tuple[str, list[str]]] = {
    "exim: hosts that fail for long": (
        EXIM.format(n=1, text=f"** a@x.example R=dnslookup T=remote_smtp: {LONG}"),
        ["a@x.example retry_failed expired"],
    ),
    "exim: a recipient is cancelled": (
        EXIM.format(n=0, text=CAME)
        + EXIM.format(n=1, text="== a@x.example R=r T=t defer (111): Connection refused")
        + EXIM.format(n=2, text="*** a@x.example : cancelled by root")
        + EXIM.format(n=2, text="* a@x.example: cancelled by root")
        + EXIM.format(n=3, text="** b@x.example: cancelled by root")
        + EXIM.format(n=3, text="Completed"),
        [
            *["a@x.example relayed", "b@x.example relayed", "a@x.example soft_bounce network"],
            *["a@x.example retry_failed sender", "b@x.example retry_failed sender"],
        ],
    ),
    "exim: a message is cancelled": (
        EXIM.format(n=0, text=CAME)
        + EXIM.format(n=1, text="=> a <A@x.example> R=r T=t")
        + EXIM.format(n=2, text="cancelled by root")
        + EXIM.format(n=3, text="Completed"),
        [
            *["a@x.example relayed", "b@x.example relayed", "a@x.example delivered"],
            "b@x.example retry_failed sender",
        ],
    ),
    "exim: a blackhole": (
        EXIM.format(n=0, text=CAME)
        + EXIM.format(n=1, text="=> :blackhole: <a@x.example> R=discard"),
        ["a@x.example relayed", "b@x.example relayed", "a@x.example hard_bounce unknown"],
    ),
    "exim: a system filter": (
        EXIM.format(n=0, text=CAME) + EXIM.format(n=1, text="=> discarded (system filter)"),
        [
            *["a@x.example relayed", "b@x.example relayed"],
            *["a@x.example hard_bounce unknown", "b@x.example hard_bounce unknown"],
        ],
    ),
    "exim: the time in the queue": (
        EXIM.format(n=5, text="=> a@x.example R=dnslookup T=remote_smtp QT=1h2s"),
        ["a@x.example delivered"],
    ),
    "exim: passed on to another one": (
        EXIM.format(n=0, text=CAME.removesuffix(" b@x.example"))
        + "2026-01-05 09:00:01 1vcABD-000000001Ab-0001 <= n@s.example H=localhost P=esmtp S=9\n"
        + EXIM.format(n=1, text='=> a@x.example R=r T=t C="250 OK id=1vcABD-000000001Ab-0001"')
        + "2026-01-05 09:00:02 1vcABD-000000001Ab-0001 == a@x.example R=r T=t defer (-44): full",
        ["a@x.example relayed", "a@x.example soft_bounce unknown"],
    ),
    "postfix: a transport that discards": (
        (
            f"{HEAD}/smtpd[1]: A1B2C3D4: client=app\n"
            f"{HEAD}/discard[1]: A1B2C3D4: to=<a@x.example>, relay=none, delay=1, dsn=2.0.0, "
            "status=sent (silently)"
        ),
        ["a@x.example relayed", "a@x.example hard_bounce unknown"],
    ),
    "postfix: a file that discards": (
        (
            f"{HEAD}/smtpd[1]: A1B2C3D4: client=app\n"
            f"{HEAD}/local[1]: A1B2C3D4: to=<a@x.example>, relay=local, delay=1, dsn=2.0.0, "
            "status=sent (delivered to file: /dev/null)"
        ),
        ["a@x.example relayed", "a@x.example hard_bounce unknown"],
    ),
    "sendmail: a file that discards": (
        (
            "Jan  5 09:00:00 mx sendmail[7]: 60590001aaaaa: from=<n@s.example>, nrcpts=1, relay=a\n"
            "Jan  5 09:00:00 mx sendmail[7]: 60590001aaaaa: to=/dev/null, ctladdr=a (1/0), "
            "delay=00:00:01, mailer=*file*, dsn=2.0.0, stat=Sent"
        ),
        ["/dev/null relayed", "/dev/null hard_bounce unknown"],
    ),
    "postfix: a filter that discards": (
        (
            f"{HEAD}/smtpd[1]: A1B2C3D4: client=app\n"
            f"{HEAD}/smtp[1]: A1B2C3D4: to=<a@x.example>, relay=127.0.0.1[127.0.0.1]:10024, "
            f"delay=1, dsn=2.7.0, status=sent ({AMAVIS})\n"
            f"{HEAD}/smtp[1]: A1B2C3D4: to=<b@x.example>, relay=amavis[192.0.2.5]:10024, "
            f"delay=1, dsn=2.7.0, status=sent ({AMAVIS})"
        ),
        [
            *["a@x.example relayed", "a@x.example hard_bounce content"],
            *["b@x.example relayed", "b@x.example hard_bounce content"],
        ],
    ),
    "exim: a filter that discards": (
        EXIM.format(n=0, text=CAME)
        + EXIM.format(n=1, text=f'=> a@x.example R=r T=t C="{AMAVIS}"')
        + EXIM.format(n=1, text=f'-> b@x.example R=r T=t C="{AMAVIS}"'),
        [
            *["a@x.example relayed", "b@x.example relayed"],
            *["a@x.example hard_bounce content", "b@x.example hard_bounce content"],
        ],
    ),
    "sendmail: a filter that discards": (
        (
            "Jan  5 09:00:00 mx sendmail[7]: 60590001aaaaa: from=<n@s.example>, nrcpts=1, relay=a\n"
            "Jan  5 09:00:00 mx sendmail[7]: 60590001aaaaa: to=<a@x.example>, delay=00:00:01, "
            "relay=localhost [127.0.0.1], dsn=2.7.0, stat=Sent (Ok, discarded, id=77 - SPAM)"
        ),
        ["a@x.example relayed", "a@x.example hard_bounce content"],
    ),
    "postfix: a header check that discards": (
        (
            f"{HEAD}/smtpd[1]: A1B2C3D4: client=app\n"
            f"{HEAD}/cleanup[1]: A1B2C3D4: discard: header Subject: x from app[192.0.2.9]; "
            "from=<n@s.example> to=<a@x.example> proto=ESMTP helo=<app>: gone"
        ),
        ["a@x.example relayed", "a@x.example hard_bounce unknown"],
    ),
    "exim: an address in two cases": (
        EXIM.format(n=0, text="<= n@s.example H=app P=esmtp S=9 for Al@x.example")
        + EXIM.format(n=1, text="=> al@x.example R=r T=t"),
        ["Al@x.example relayed", "Al@x.example delivered"],
    ),
    "postfix: an address in two cases": (
        (
            f"{HEAD}/smtpd[1]: A1B2C3D4: client=app\n"
            f"{HEAD}/smtp[1]: A1B2C3D4: to=<A@x.example>, relay=none, delay=1, dsn=4.2.2, "
            "status=deferred (452 4.2.2 over quota)\n"
            f"{HEAD}/smtp[1]: A1B2C3D4: to=<a@X.example>, relay=none, delay=1, dsn=2.0.0, "
            "status=sent (250 ok)"
        ),
        ["A@x.example relayed", "A@x.example soft_bounce mailbox_full", "A@x.example delivered"],
    ),
    "sendmail: an address in two cases": (
        "".join(
            f"Jan  5 09:00:0{n} mx sendmail[7]: 60590001aaaaa: {text}\n"
            for n, text in enumerate(
                [
                    "from=<n@s.example>, size=9, nrcpts=1, relay=app",
                    "to=<A@x.example>, delay=00:00:01, relay=mx., dsn=4.2.2, stat=Deferred: full",
                    "to=<a@x.example>, delay=00:00:02, relay=mx., dsn=2.0.0, stat=Sent (ok)",
                ]
            )
        ),
        ["A@x.example relayed", "A@x.example soft_bounce mailbox_full", "A@x.example delivered"],
    ),
    "sendmail: a reply without a dsn": (
        (
            "Jan  5 09:00:00 mx sendmail[7]: 60590001aaaaa: to=<a@x.example>, delay=1+00:00:00, "
            "relay=mx., stat=451 4.7.1 Greylisted"
        ),
        ["a@x.example soft_bounce policy"],
    ),
    "sendmail: delivered to another Sendmail": (
        (
            "Jan  5 09:00:00 mx sendmail[7]: 60590001aaaaa: to=<a@x.example>, delay=00:00:01, "
            "relay=mx.x.example. [192.0.2.1], dsn=2.0.0, stat=Sent (60590001zzzzz Message accepted for "
            "delivery)"
        ),
        ["a@x.example delivered"],
    ),
}


@pytest.mark.parametrize(("text", "expected"), SERVERS.values(), ids=SERVERS)
def test_servers(convert: Convert, text: str, expected: list[str]) -> None:
    rows, notes = convert(text, relayed=False)
    assert described(rows) == expected
    discarded = sum("unknown" in line and "hard" in line for line in expected)
    assert notes.doubts.counts.get("discarded on purpose", 0) == discarded
    filtered = sum("hard_bounce content" in line for line in expected)
    assert notes.doubts.counts.get("thrown away by a content filter", 0) == filtered


TRIED = f"{HEAD}/smtp[3]: A1B2C3D4: to=<{{}}@x.example>, {NOWHERE}\n"
ACTIVE = f"{HEAD}/qmgr[2]: {{}}: from=<{{}}>, size=9, nrcpt={{}} (queue active)\n"
IN_QUEUE = [
    f"{HEAD}/smtpd[1]: A1B2C3D4: client=app\n" + ACTIVE.format("A1B2C3D4", "n@s.example", 3),
    f"{HEAD}/smtpd[1]: B1B2C3D4: client=app\n" + ACTIVE.format("B1B2C3D4", "n@s.example", 1),
    f"{HEAD}/pickup[1]: C1B2C3D4: uid=0\n" + ACTIVE.format("C1B2C3D4", "", 1),  # a notice
    ACTIVE.format("D1B2C3D4", "n@s.example", 7),  # it arrived before the log begins
    TRIED.format("a") + TRIED.format("A"),
]


def test_recipients_of_whom_only_the_number_is_known_are_counted(convert: Convert) -> None:
    reader = Postfix(Clock(UTC, None))
    first, second = Notes("first"), Notes("second")
    assert list(reader.read(["".join(IN_QUEUE).splitlines()], first))
    assert first.assumed["queue"].startswith("3 recipients of 2 messages are in the queue")
    later = TRIED.format("b") + f"{HEAD}/qmgr[2]: B1B2C3D4: removed"
    assert list(reader.read([later.splitlines()], second))
    assert "queue" not in first.assumed, "the log goes on in the second file"
    assert second.assumed["queue"].startswith("1 recipient of 1 message is in the queue")
    sent = SERVERS["sendmail: an address in two cases"][0].replace("nrcpts=1", "nrcpts=2")
    assert "queue" in convert(sent)[1].assumed


ARRIVED = {
    "postfix": (f"{HEAD}/smtp[3]: A1B2C3D4: to=<a@x.example>, {NOWHERE}", 1),
    "exim": (SERVERS["exim: the time in the queue"][0], 3602),
    "sendmail": (SERVERS["sendmail: a reply without a dsn"][0], 86_400),
}


@pytest.mark.parametrize(("text", "seconds"), ARRIVED.values(), ids=ARRIVED)
def test_a_delay_tells_the_hand_over(convert: Convert, text: str, seconds: int) -> None:
    rows, _ = convert(text)
    handed_over, event = (row["timestamp"] for row in rows)
    assert (event - handed_over).total_seconds() == seconds


# Time ------------------------------------------------------------------------------------------


def sent(stamp: str, queue: str = "A1B2C3D4") -> str:
    return f"{stamp} mx postfix/smtp[3]: {queue}: to=<a@x.example>, relay=mx, delay=1, status=sent"


def times(rows: list[dict[str, Any]]) -> list[str]:
    return [f"{row['timestamp']:%Y-%m-%dT%H:%M:%S}" for row in rows]


YEARS: dict[str, tuple[list[list[str]], list[str]]] = {
    "over New Year": ([["Jan  1 00:30:00"], ["Dec 31 23:59:59"]], ["2025-12-31", "2026-01-01"]),
    "two files of one year": (
        [["Aug  1 00:00:00"], ["Jan  1 00:00:00"]],
        ["2025-01-01", "2025-08-01"],
    ),
    "a gap over half a year": (
        [["Jan  5 09:00:00", "Oct  5 09:00:00"]],
        ["2025-01-05", "2025-10-05"],
    ),
    "a whole year between": (
        [["Jan  5 09:00:00", "Aug  5 09:00:00", "Jan  5 09:00:00"]],
        ["2025-01-05", "2025-08-05", "2026-01-05"],
    ),
    "over New Year after a leap year": (
        [["Jan  1 00:00:03"], ["Dec 31 23:59:58", "Dec 31 23:59:59"]],
        ["2024-12-31", "2024-12-31", "2025-01-01"],
    ),
    "the 29th of February": (
        [["Feb 29 00:00:00"], ["Dec 31 00:00:00"]],
        ["2023-12-31", "2024-02-29"],
    ),
    "over two New Years": (
        [["Jan  2 00:00:00"], ["Jun  1 00:00:00"], ["Dec  1 00:00:00"]],
        ["2025-12-01", "2026-06-01", "2027-01-02"],
    ),
    "rotated, half a year later": (
        [["Jul 15 00:00:00"], ["Jan 10 00:00:00"], ["Aug 10 00:00:00"]],
        ["2025-08-10", "2026-01-10", "2026-07-15"],
    ),
}


@pytest.mark.parametrize(("files", "expected"), YEARS.values(), ids=YEARS)
def test_the_year_given_is_that_of_the_first_file(
    convert: Convert, files: list[list[str]], expected: list[str]
) -> None:
    texts = ("\n".join(map(sent, stamps)) for stamps in files)
    rows, _ = convert(*texts, year=int(expected[0][:4]), relayed=False)
    assert [text[:10] for text in times(rows)] == expected


NAMES: dict[str, tuple[dict[str, str], list[str]]] = {
    "a log in parts": (
        {"mail.1": "Jan  1", "mail.2": "Feb  1", "mail.3": "Mar  1"},
        ["mail.1 2024", "mail.2 2024", "mail.3 2024"],
    ),
    "a date in the names": (
        {"mail-20250601": "Jun  1", "mail-20241201.gz": "Dec  1", "mail": "Jul  1"},
        ["mail-20241201.gz 2024", "mail-20250601 2025", "mail 2025"],
    ),
    "two servers": (
        {"a.1": "Dec  1", "a": "Jan  1", "b": "Nov 20"},
        ["b 2024", "a.1 2024", "a 2025"],
    ),
}


@pytest.mark.parametrize(("stamps", "expected"), NAMES.values(), ids=NAMES)
def test_names_tell_how_often_the_year_turns(
    tmp_path: Path, stamps: dict[str, str], expected: list[str]
) -> None:
    for name, day in stamps.items():
        text = sent(f"{day} 00:00:00").encode()
        (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    files = [recognise(file) for file in find_files([str(tmp_path / name) for name in stamps])]
    placed = files_in_order(files, ReadingOptions(year=2024))
    start = datetime(1970, 1, 1, tzinfo=UTC)
    assert [
        f"{Path(file.file.stored.name).name} {start + timedelta(microseconds=file.first or 0):%Y}"
        for file in placed
    ] == expected


CLOCKS: dict[str, tuple[list[str], list[str], str]] = {
    "set back": (
        ["Oct 25 02:58:10", "Oct 25 02:01:00", "Oct 25 02:58:10", "Oct 25 03:01:00"],
        ["00:58:10", "01:01:00", "01:58:10", "02:01:00"],
        "set back",
    ),
    "a line that comes late": (
        ["Oct 25 02:30:00", "Oct 25 02:29:58"],
        ["00:30:00", "00:29:58"],
        "set back",
    ),
    "in ISO": (
        ["2026-10-25 02:58:10", "2026-10-25 02:01:00"],
        ["00:58:10", "01:01:00"],
        "set back",
    ),
    "set forward": (["Mar 29 02:30:00"], ["01:30:00"], "set forward"),
    "with its zone": (
        ["2026-10-25T02:58:10+02:00", "2026-10-25T02:01:00+01:00"],
        ["00:58:10", "01:01:00"],
        "",
    ),
}


@pytest.mark.parametrize(("stamps", "expected", "note"), CLOCKS.values(), ids=CLOCKS)
def test_clock_changes(convert: Convert, stamps: list[str], expected: list[str], note: str) -> None:
    text = "\n".join(map(sent, stamps))
    rows, notes = convert(text, year=2026, zone=ZoneInfo("Europe/Berlin"), relayed=False)
    assert [found[11:] for found in times(rows)] == expected
    assert {"set back", "set forward"}.intersection(notes.assumed) == {note} - {""}
    if note == "set forward":
        assert notes.assumed[note] == (
            "Europe/Berlin does not have 02:30:00 on 29 March 2026, as clocks were set forward; such "
            "times are read as 1 h later"
        )


# Every line ------------------------------------------------------------------------------------

LINES = st.sampled_from(
    [
        f"{HEAD}/smtpd[1]: A1B2C3D4: client=app",
        f"{HEAD}/cleanup[1]: A1B2C3D4: message-id=<1@s.example>",
        f"{HEAD}/qmgr[1]: A1B2C3D4: from=<n@s.example>, size=9, nrcpt=1 (queue active)",
        f"{HEAD}/qmgr[1]: A1B2C3D4: from=<n@s.example>, status=expired, returned to sender",
        f"{HEAD}/qmgr[1]: A1B2C3D4: removed",
        f"{HEAD}/postsuper[1]: A1B2C3D4: removed",
        f"{HEAD}/bounce[1]: A1B2C3D4: sender non-delivery notification: C1C1C1C1",
        f"{HEAD}/smtp[3]: A1B2C3D4: to=<a@x.example>, relay=mx, delay=1, status=deferred (full)",
        f"{HEAD}/smtp[3]: A1B2C3D4: to=<a b@x.example>, {NOWHERE}",
        f"{HEAD}/smtp[3]: C1C1C1C1: to=<n@s.example>, relay=mx, delay=1, status=sent (ok)",
        f"{HEAD}/smtp[3]: A1B2C3D4: to=<a@x.example>, relay=127.0.0.1, status=sent (queued as B2B2B2B2)",
        f"{HEAD}2/smtp[3]: B2B2B2B2: to=<a@x.example>, relay=mx, delay=9, status=bounced (no)",
        f"{HEAD}/discard[3]: A1B2C3D4: to=<a@x.example>, relay=none, status=sent (gone)",
        *UNREAD.values(),
        *(
            EXIM.format(n=n, text=text).strip()
            for n, text in enumerate(
                (
                    CAME,
                    "== a@x.example R=r T=t defer (1): full",
                    "Completed",
                    "=> discarded (filter)",
                    "=> :blackhole: <b@x.example> R=r",
                    "** a@x.example: retry timeout exceeded",
                    "cancelled by root",
                    "SMTP error",
                )
            )
        ),
        "Jan  5 09:00:00 mx sendmail[7]: 60590001aaaaa: from=<n@s.example>, size=9, nrcpts=1",
        "Jan  5 09:00:01 mx sendmail[7]: 60590001aaaaa: to=<a@x.example>,<b@x.example>, stat=Deferred",
        "Jan  5 09:00:01 mx sendmail[7]: 60590001aaaaa: to=, stat=Sent",
        (
            "Jan  5 09:00:02 mx sendmail[7]: 60590001aaaaa: 60590001ddddd: sender notify: Cannot send "
            "message for 5 days"
        ),
        *("", " ", "web-1 | GET /", "Jan  5 09:00:00 mx sshd[1]: Accepted"),
    ]
)


@given(st.lists(LINES, max_size=25), st.sampled_from(["postfix", "exim", "sendmail"]))
def test_every_line_is_in_one_class(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], form: str
) -> None:
    """Reading checks the balance itself; here the number of lines is counted."""
    path = tmp_path_factory.getbasetemp() / "mixed.log"
    lines = ["a log is never empty", *lines]
    path.write_text("\n".join(lines))
    (notes,) = convert_logs([str(path)], form).notes
    assert notes.records.read == sum(line != "" for line in lines)
    assert not any(name for name in notes.passed.counts if "status=" in name)


# The newsletter log ----------------------------------------------------------------------------


def as_postfix(corpus: Path) -> str:
    """The status lines that Postfix writes for the canonical log, which has no arrivals."""
    rows = pl.read_csv(corpus / "logs" / "newsletter-2013.csv.gz").sort("timestamp", "seq")
    time = pl.col("timestamp").str.to_datetime(time_zone="UTC")
    status = {"delivered": "sent", "retry_succeeded": "sent", "soft_bounce": "deferred"}
    events = rows.with_columns(
        time.alias("timestamp"),
        time.filter(pl.col("activity") == "relayed").first().over("case_id").alias("began"),
    ).filter(pl.col("activity") != "relayed")
    return "".join(
        f"{at:%Y-%m-%dT%H:%M:%S.%f}Z mx postfix/smtp[1]: {queue}: to=<{to}>, relay=mx, "
        f"delay={(at - began).total_seconds():.2f}, dsn={code or '4.0.0'}, "
        f"status={status.get(event, 'bounced')} (said)\n"
        if event != "retry_failed"
        else f"{at:%Y-%m-%dT%H:%M:%S.%f}Z mx postfix/qmgr[1]: {queue}: from=<n@s.example>, "
        "status=expired, returned to sender\n"
        for at, began, queue, to, event, code in events.select(
            "timestamp", "began", "message_id", "recipient_id", "activity", "enhanced_status"
        ).iter_rows()
    )


def test_a_log_of_status_lines_expires_as_the_canonical_one(
    corpus: Path, tmp_path: Path, fsm: Fsm
) -> None:
    log = tmp_path / "mail.log"
    log.write_text(as_postfix(corpus))
    result = json.loads(fsm("replay", log, "--validity", "3.5d", "--json").out)
    counts = result["machines"]["with-feedback"]["states"]
    assert {name: counts[name] for name in ("to_send", "retrying", "retries_exhausted")} == {
        "to_send": 0,
        "retrying": 44,
        "retries_exhausted": 156,
    }
