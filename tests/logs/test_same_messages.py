"""Messages that several logs know by different ids are one message."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fsm.logs.converted_log import convert_to_rows
from fsm.logs.detect import recognise
from fsm.logs.mapping.redact import Redaction
from fsm.logs.reading import ReadingOptions
from fsm.logs.storage.files import find_files

Convert = Callable[..., Any]

A, B, C = "4dKq9z1234zAA1", "4dKq9z5678zBB1", "4dKq9z9999zCC1"
MX = "relay=mx.x.example[192.0.2.1]:25, delay=1, delays=0/0/1/0"
LATER = f"to=<a@x.example>, {MX}, dsn=4.4.1, status=deferred (timed out)"
SENT = f"to=<a@x.example>, {MX}, dsn=2.0.0, status=sent (250 ok)"


def passed_on(queue: str, relay: str = "relay[10.0.0.2]", to: str = "a@x.example") -> str:
    return (
        f"to=<{to}>, relay={relay}:25, delay=1, dsn=2.0.0, "
        f"status=sent (250 2.0.0 Ok: queued as {queue})"
    )


def replaced(to: str) -> str:
    """A deferral to an address that an alias put in place of a@x.example."""
    return LATER.replace("to=<a@x.example>", f"to=<{to}>, orig_to=<A@x.example>")


def log(*lines: str) -> str:
    """Lines ``second host program id: text`` as syslog."""
    parts = (line.split(" ", 3) for line in lines)
    return "".join(
        f"2026-01-05T09:{int(s) // 60:02d}:{int(s) % 60:02d}Z {host} postfix/{program}[7]: {text}\n"
        for s, host, program, text in parts
    )


def events(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(f"{r['message_id']} {r['recipient']} {r['event']}" for r in rows)


def arrival(second: int, host: str, queue: str, message_id: str = "") -> list[str]:
    lines = [f"{second} {host} smtpd {queue}: client=app[192.0.2.9]"]
    return lines + [f"{second} {host} cleanup {queue}: message-id=<{message_id}>"] * bool(
        message_id
    )


FIRST = [*arrival(0, "mx1", A), f"2 mx1 smtp {A}: {passed_on(B)}", f"2 mx1 qmgr {A}: removed"]
SECOND = [*arrival(1, "mx2", B), f"3 mx2 smtp {B}: {LATER}"]
EXPECTED = [f"{A} a@x.example relayed", f"{A} a@x.example soft_bounce"]
THIRD = [
    *arrival(1, "mx2", B),
    f"3 mx2 smtp {B}: {passed_on(C)}",
    *arrival(3, "mx3", C),
    f"4 mx3 smtp {C}: {LATER}",
]

HOPS: dict[str, tuple[list[list[str]], list[str]]] = {
    "in one log": ([sorted([*FIRST, *SECOND], key=lambda line: int(line.split()[0]))], EXPECTED),
    "in two files": ([FIRST, SECOND], EXPECTED),
    "in two files, the later one first": ([SECOND, FIRST], EXPECTED),
    "through three servers": ([FIRST, THIRD[:2], THIRD[2:]], EXPECTED),
    "known by the Message-ID, while the first server still has it": (
        [
            [
                *arrival(0, "mx1", A, "1@s.example"),
                f"2 mx1 smtp {A}: {passed_on(B)}",
                *arrival(2, "mx2", B, "1@s.example"),
                f"900 mx2 smtp {B}: {LATER}",
            ]
        ],
        EXPECTED,
    ),
    "through three servers, while another recipient waits at the first": (
        [
            [
                *arrival(0, "mx1", A, "1@s.example"),
                f"2 mx1 smtp {A}: {LATER.replace('a@x', 'b@x')}",
                f"2 mx1 smtp {A}: {passed_on(B)}",
            ],
            [
                *arrival(2, "mx2", B, "1@s.example"),
                f"3 mx2 smtp {B}: {passed_on(C)}",
                f"3 mx2 qmgr {B}: removed",
            ],
            [*arrival(3, "mx3", C, "1@s.example"), f"4 mx3 smtp {C}: {LATER}"],
        ],
        [*EXPECTED, *(text.replace("a@x", "b@x") for text in EXPECTED)],
    ),
    "replaced by an alias after a filter": (
        [
            [
                *arrival(0, "mx1", A),
                *arrival(1, "mx1", B),
                f"2 mx1 smtp {A}: {passed_on(B)}",
                f"3 mx1 smtp {B}: {replaced('z@z.example')}",
            ]
        ],
        EXPECTED,
    ),
    "replaced by an alias at the next server, by two addresses": (
        [
            FIRST,
            [
                *arrival(1, "mx2", B),
                f"3 mx2 smtp {B}: {replaced('z@z.example')}",
                f"4 mx2 smtp {B}: {replaced('y@z.example')}",
            ],
        ],
        [*EXPECTED, *(text.replace("a@x", "y@z") for text in EXPECTED)],
    ),
    "replaced by another recipient of the same message": (
        [
            [
                *arrival(0, "mx1", A),
                *arrival(1, "mx1", B),
                f"2 mx1 smtp {A}: {passed_on(B)}",
                f"2 mx1 smtp {A}: {passed_on(B, to='b@x.example')}",
                f"3 mx1 smtp {B}: {replaced('b@x.example')}",
            ]
        ],
        [EXPECTED[0], *(text.replace("a@x", "b@x") for text in EXPECTED)],
    ),
    "replaced by an alias of the only server": (
        [[*arrival(0, "mx1", A), f"3 mx1 smtp {A}: {replaced('z@z.example')}"]],
        [text.replace("a@x", "z@z") for text in EXPECTED],
    ),
    "to a host whose clock is behind": (
        [
            [
                *arrival(130, "mx1", A),
                *arrival(10, "mx2", B),
                f"131 mx1 smtp {A}: {passed_on(B)}",
                f"11 mx2 smtp {B}: {LATER}",
            ]
        ],
        EXPECTED,
    ),
    "delivered before the first server knows that it is passed on": (
        [
            [
                *arrival(0, "mx1", A),
                *arrival(1, "mx1", B),
                f"1 mx1 smtp {B}: {SENT}",
                f"1 mx1 qmgr {B}: removed",
                f"2 mx1 smtp {A}: {passed_on(B, '127.0.0.1[127.0.0.1]')}",
            ]
        ],
        [f"{A} a@x.example delivered", f"{A} a@x.example relayed"],
    ),
    "deferred before the first server knows that it is passed on": (
        [
            [
                *arrival(0, "mx1", A),
                *arrival(1, "mx1", B),
                f"1 mx1 smtp {B}: {LATER}",
                f"2 mx1 smtp {A}: {passed_on(B)}",
                f"9 mx1 smtp {B}: {SENT}",
            ]
        ],
        [f"{A} a@x.example delivered", *EXPECTED],
    ),
    "to a stranger who uses the same id a day later": (
        [
            [*arrival(0, "mx1", A), f"2 mx1 smtp {A}: {passed_on('ABCDEF12')}"],
            [*arrival(3590, "mx1", "ABCDEF12"), f"3590 mx1 smtp ABCDEF12: {LATER}"],
        ],
        [
            f"{A} a@x.example delivered",
            f"{A} a@x.example relayed",
            "ABCDEF12 a@x.example relayed",
            "ABCDEF12 a@x.example soft_bounce",
        ],
    ),
    "the same id on two hosts": (
        [
            [*arrival(0, "mx1", A), f"2 mx1 smtp {A}: {SENT}"],
            [*arrival(1, "mx2", A), f"2 mx2 smtp {A}: {LATER}"],
        ],
        [
            f"{A} a@x.example delivered",
            f"{A} a@x.example relayed",
            f"{A}@mx2 a@x.example relayed",
            f"{A}@mx2 a@x.example soft_bounce",
        ],
    ),
    "an id of another host that no other one has": (
        [
            [*arrival(0, "mx1", A), f"2 mx1 smtp {A}: {SENT}"],
            [*arrival(1, "mx2", B), f"2 mx2 smtp {B}: {SENT}"],
        ],
        [f"{q} a@x.example {e}" for q in (A, B) for e in ("delivered", "relayed")],
    ),
    "a host by its short and its full name": (
        [[*arrival(0, "mx1", A), f"2 mx1.s.example smtp {A}: {SENT}"]],
        [f"{A} a@x.example delivered", f"{A} a@x.example relayed"],
    ),
}


@pytest.mark.parametrize(("files", "expected"), HOPS.values(), ids=HOPS)
def test_hops(convert: Convert, files: list[list[str]], expected: list[str]) -> None:
    rows, _ = convert(*(log(*lines) for lines in files))
    assert events(rows) == expected
    first = min(rows, key=lambda row: (row["timestamp"], row["event"] != "relayed"))
    assert first["event"] == "relayed", "no event is before the hand-over"


def test_the_address_that_replaced_a_recipient_is_the_final_one(convert: Convert) -> None:
    rows, _ = convert(log(*FIRST), log(*arrival(1, "mx2", B), f"3 mx2 smtp {B}: {replaced('z@z')}"))
    assert [row["final_recipient"] for row in rows] == [None, "z@z"]


def test_a_hop_to_nowhere_is_doubtful(convert: Convert) -> None:
    lines = [*arrival(0, "mx1", A), f"2 mx1 smtp {A}: {passed_on(B, 'f[127.0.0.1]')}"]
    rows, notes = convert(log(*lines))
    assert events(rows) == [f"{A} a@x.example delivered", f"{A} a@x.example relayed"]
    text = "taken by a server on this host under an id that is not in the log"
    assert notes.doubts.counts == {text: 1}
    _, notes = convert(log(*lines, *arrival(1, "mx1", B), f"3 mx1 smtp {B}: {SENT}"))
    assert not notes.doubts.counts
    assert notes.passed.counts == {"passed on to a server of one's own, whose log has it": 1}


BOUNCE = """\
Date: Mon, 05 Jan 2026 10:10:00 +0000
From: MAILER-DAEMON@mx.x.example
To: news@s.example
Subject: Undeliverable
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="q1"

--q1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.x.example

Final-Recipient: rfc822; {to}
Action: failed
Status: 5.1.1

--q1
Content-Type: text/rfc822-headers

Message-ID: <news-1@s.example>

--q1--
"""
NEWS = log(*arrival(0, "mx1", A, "news-1@s.example"), f"2 mx1 smtp {A}: {SENT}")
EXIM_NEWS = """\
2026-01-05 09:00:00 1vcABC-000000001Ab-0001 <= n@s.example H=app P=esmtp S=9 id=news-1@s.example
2026-01-05 09:00:05 1vcABC-000000001Ab-0001 => a@x.example R=dnslookup T=remote_smtp
"""
SENDMAIL_NEWS = """\
Jan  5 09:00:00 mx sendmail[7]: 60590001aaaaa: from=<n@s.example>, size=9, nrcpts=1, \
msgid=<news-1@s.example>, relay=app
Jan  5 09:00:01 mx sendmail[7]: 60590001aaaaa: to=<a@x.example>, delay=00:00:01, dsn=2.0.0, stat=Sent
"""
BOUNCED = {
    "postfix": (NEWS, A, "a@x.example"),
    "postfix, in other letters": (NEWS, A, "A@X.Example"),
    "postfix, another address": (NEWS, A, "alias@y.example"),
    "postfix, by the final address": (
        NEWS,
        A,
        "a@x.example\nOriginal-Recipient: rfc822; list@s.example",
    ),
    "exim": (EXIM_NEWS, "1vcABC-000000001Ab-0001", "a@x.example"),
    "sendmail": (SENDMAIL_NEWS, "60590001aaaaa", "a@x.example"),
}


@pytest.mark.parametrize("mail_first", [True, False], ids=["mail first", "log first"])
@pytest.mark.parametrize(("text", "name", "to"), BOUNCED.values(), ids=BOUNCED)
def test_a_late_bounce_mail(
    convert: Convert, text: str, name: str, to: str, mail_first: bool
) -> None:
    mail = BOUNCE.format(to=to)
    rows, _ = convert(*([mail, text] if mail_first else [text, mail]))
    assert events(rows) == [
        f"{name} a@x.example {e}" for e in ("delivered", "hard_bounce", "relayed")
    ]
    (bounce,) = (row for row in rows if row["event"] == "hard_bounce")
    other = "the bounce mail names another address than the log of the message"
    assert (other in (bounce["doubt"] or "")) == ("alias" in to)


def test_a_bounce_mail_of_another_recipient_of_several(convert: Convert) -> None:
    """Which of two recipients an unknown address is, nobody can tell."""
    both = NEWS + log(f"2 mx1 smtp {A}: {SENT.replace('a@x', 'b@x')}")
    rows, _ = convert(both, BOUNCE.format(to="alias@y.example"))
    assert "news-1@s.example alias@y.example hard_bounce" in events(rows)


def test_joined_under_pseudonyms(tmp_path: Path) -> None:
    second = [*arrival(1, "mx2", B), f"3 mx2 smtp {B}: {replaced('z@z.example')}"]
    texts = [log(*FIRST), log(*second), NEWS.replace(A, C), BOUNCE.format(to="A@x.example")]
    for number, text in enumerate(texts):
        (tmp_path / f"log-{number}").write_text(text)
    options = ReadingOptions(redaction=Redaction(b"k" * 16))
    files = [recognise(file) for file in find_files(sorted(map(str, tmp_path.iterdir())))]
    (frame,) = convert_to_rows(files, options).frames(machine_events=True)
    assert sorted(frame.group_by("message_id", "recipient").len()["len"]) == [2, 3]
