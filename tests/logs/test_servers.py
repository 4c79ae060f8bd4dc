"""Mail servers' logs: the traps of each, on lines written for these tests."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

Convert = Callable[..., Any]


def described(rows: list[dict[str, Any]]) -> list[str]:
    """Events as ``message recipient event``, with the fault of failures."""
    return [
        " ".join(filter(None, (r["message_id"], r["recipient"], r["event"], r["fault"])))
        for r in rows
    ]


def postfix(*lines: str) -> str:
    """Lines ``program text`` a second apart, from 09:00:00."""
    parts = (line.split(" ", 1) for line in lines)
    return "\n".join(
        f"Jan  5 09:00:{second:02d} mx postfix/{program}[77]: {text}"
        for second, (program, text) in enumerate(parts)
    )


CAME = ("smtpd A1B2C3D4: client=app[192.0.2.9]", "cleanup A1B2C3D4: message-id=<1@x.example>")
ACTIVE = "qmgr A1B2C3D4: from=<n@x.example>, size=9, nrcpt=1 (queue active)"
GONE = "qmgr A1B2C3D4: removed"
MX = "relay=mx.y.example[192.0.2.1]:25, delay=1, delays=1/0/0/0"
SENT = f"smtp A1B2C3D4: to=<a@y.example>, {MX}, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as FF)"
FULL = "host mx.y.example[192.0.2.1] said: 452 4.2.2 over quota (in reply to RCPT TO command)"
LATER = f"smtp A1B2C3D4: to=<a@y.example>, {MX}, dsn=4.2.2, status=deferred ({FULL})"
NOBODY = (
    f"smtp A1B2C3D4: to=<b@y.example>, {MX}, dsn=5.1.1, status=bounced (550 5.1.1 unknown user)"
)
EXPIRED = "qmgr A1B2C3D4: from=<n@x.example>, status=expired, returned to sender"
FORWARDED = (
    "A1B2C3D4: to=<a@y.example>, relay=local, delay=1, delays=1/0/0/0, dsn=2.0.0, "
    "status=sent (forwarded as BBBBBB22)"
)

POSTFIX: dict[str, tuple[str, list[str]]] = {
    "sent": (
        postfix(*CAME, ACTIVE, SENT, GONE),
        ["A1B2C3D4 a@y.example relayed", "A1B2C3D4 a@y.example delivered"],
    ),
    "deferred, then sent": (
        postfix(*CAME, ACTIVE, LATER, ACTIVE, SENT, GONE),
        [
            "A1B2C3D4 a@y.example relayed",
            "A1B2C3D4 a@y.example soft_bounce mailbox_full",
            "A1B2C3D4 a@y.example delivered",
        ],
    ),
    "conn_use and orig_to": (
        postfix(
            *CAME,
            f"smtp A1B2C3D4: to=<a@y.example>, orig_to=<z@x.example>, {MX.replace(', delay=', ', conn_use=2, delay=')}, "
            "dsn=2.0.0, status=sent (250 Ok)",
        ),
        ["A1B2C3D4 a@y.example relayed", "A1B2C3D4 a@y.example delivered"],
    ),
    "expired concerns only who was deferred last": (
        postfix(*CAME, LATER, NOBODY, EXPIRED, GONE),
        [
            "A1B2C3D4 a@y.example relayed",
            "A1B2C3D4 a@y.example soft_bounce mailbox_full",
            "A1B2C3D4 b@y.example relayed",
            "A1B2C3D4 b@y.example hard_bounce address",
            "A1B2C3D4 a@y.example retry_failed expired",
        ],
    ),
    "a queue id used again": (
        postfix(*CAME, SENT, GONE, *CAME, SENT, GONE),
        [
            "A1B2C3D4 a@y.example relayed",
            "A1B2C3D4 a@y.example delivered",
            "A1B2C3D4@1767603604 a@y.example relayed",
            "A1B2C3D4@1767603604 a@y.example delivered",
        ],
    ),
    "a queue id used again, and its end is not in the log": (
        postfix(*CAME, SENT, *CAME, SENT),
        [
            "A1B2C3D4 a@y.example relayed",
            "A1B2C3D4 a@y.example delivered",
            "A1B2C3D4@1767603603 a@y.example relayed",
            "A1B2C3D4@1767603603 a@y.example delivered",
        ],
    ),
    "long queue ids are never used again": (
        postfix(
            "cleanup 4Xyz12abcdz9: message-id=<>",
            f"smtp 4Xyz12abcdz9: to=<a@y.example>, {MX}, dsn=2.0.0, status=sent (250 Ok)",
        ),
        ["4Xyz12abcdz9 a@y.example relayed", "4Xyz12abcdz9 a@y.example delivered"],
    ),
    "a content filter is no delivery": (
        postfix(
            *CAME,
            "smtpd BBBBBB22: client=localhost[127.0.0.1]",
            "cleanup BBBBBB22: message-id=<1@x.example>",
            "smtp A1B2C3D4: to=<a@y.example>, relay=127.0.0.1[127.0.0.1]:10024, delay=1, "
            "delays=1/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 from MTA: 250 Ok: queued as BBBBBB22)",
            GONE,
            f"smtp BBBBBB22: to=<a@y.example>, {MX}, dsn=2.0.0, status=sent (250 Ok)",
        ),
        ["A1B2C3D4 a@y.example relayed", "A1B2C3D4 a@y.example delivered"],
    ),
    "after a content filter that hides the Message-ID": (
        postfix(
            CAME[0],
            "smtpd BBBBBB22: client=localhost[127.0.0.1]",
            "smtp A1B2C3D4: to=<a@y.example>, relay=localhost[::1]:10024, delay=1, "
            "delays=1/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as BBBBBB22)",
            f"smtp BBBBBB22: to=<a@y.example>, {MX}, dsn=4.4.1, status=deferred (timed out)",
        ),
        ["A1B2C3D4 a@y.example relayed", "A1B2C3D4 a@y.example soft_bounce network"],
    ),
    "an alias sends it on to another address": (
        postfix(
            *CAME,
            f"local {FORWARDED}",
            "cleanup BBBBBB22: message-id=<2@x.example>",
            "qmgr BBBBBB22: from=<n@x.example>, size=9, nrcpt=1 (queue active)",
            GONE,
            f"smtp BBBBBB22: to=<z@z.example>, orig_to=<a@y.example>, {MX}, dsn=4.2.2, "
            f"status=deferred ({FULL})",
            f"smtp BBBBBB22: to=<Z@z.example>, {MX}, dsn=5.1.1, status=bounced (550 5.1.1 no)",
        ),
        [
            "A1B2C3D4 a@y.example relayed",
            "A1B2C3D4 a@y.example soft_bounce mailbox_full",
            "A1B2C3D4 a@y.example hard_bounce address",
        ],
    ),
    "an alias sends it on to several addresses": (
        postfix(
            *CAME,
            "pickup BBBBBB22: uid=0 from=<n@x.example>",
            "qmgr BBBBBB22: from=<n@x.example>, size=9, nrcpt=2 (queue active)",
            f"local {FORWARDED}",
            f"smtp BBBBBB22: to=<z@z.example>, {MX}, dsn=5.1.1, status=bounced (550 5.1.1 no)",
        ),
        [
            "A1B2C3D4 a@y.example relayed",
            "A1B2C3D4 a@y.example delivered",
            "BBBBBB22 z@z.example relayed",
            "BBBBBB22 z@z.example hard_bounce address",
        ],
    ),
    "bounce notices of our own": (
        postfix(
            *CAME,
            NOBODY,
            "bounce A1B2C3D4: sender non-delivery notification: CCCCCC33",
            "qmgr CCCCCC33: from=<>, size=99, nrcpt=1 (queue active)",
            f"smtp CCCCCC33: to=<n@x.example>, {MX}, dsn=2.0.0, status=sent (250 Ok)",
        ),
        ["A1B2C3D4 b@y.example relayed", "A1B2C3D4 b@y.example hard_bounce address"],
    ),
    "removed by the administrator": (
        postfix(*CAME, LATER, "postsuper A1B2C3D4: removed"),
        [
            "A1B2C3D4 a@y.example relayed",
            "A1B2C3D4 a@y.example soft_bounce mailbox_full",
            "A1B2C3D4 a@y.example retry_failed sender",
        ],
    ),
    "a probe of an address": (
        postfix(SENT.replace("status=sent", "status=deliverable")),
        [],
    ),
    "a log of status lines only": (
        postfix("smtpd connect from app", "smtpd disconnect from app", SENT),
        ["A1B2C3D4 a@y.example delivered"],
    ),
    "a log that starts in the middle": (
        postfix(LATER.replace("delay=1,", "delay=900,"), SENT.replace("delay=1,", "delay=901,")),
        ["A1B2C3D4 a@y.example soft_bounce mailbox_full", "A1B2C3D4 a@y.example delivered"],
    ),
    "RFC 5424": (
        "\n".join(
            f"<22>1 2026-01-05T09:00:0{n}.5Z mx postfix/{p} 7 - - A1B2C3D4: {t}"
            for n, (p, t) in enumerate([("cleanup", "message-id=<>"), ("smtp", SENT[15:])])
        ),
        ["A1B2C3D4 a@y.example relayed", "A1B2C3D4 a@y.example delivered"],
    ),
    "a comma in an address": (
        postfix(*CAME, SENT.replace("<a@y", '<"a, b>"@y')),
        ['A1B2C3D4 "a, b>"@y.example relayed', 'A1B2C3D4 "a, b>"@y.example delivered'],
    ),
}


@pytest.mark.parametrize(("text", "expected"), POSTFIX.values(), ids=POSTFIX)
def test_postfix(convert: Convert, text: str, expected: list[str]) -> None:
    rows, notes = convert(text, relayed=False)
    assert described(rows) == expected
    assert not notes.unmapped.counts
    assert {row["format"] for row in rows} <= {"postfix"}


def test_a_message_may_go_on_in_the_next_file_whatever_their_order(convert: Convert) -> None:
    lines = postfix(*CAME, ACTIVE, LATER, ACTIVE, SENT, GONE).split("\n")
    rows, _ = convert("\n".join(lines[4:]), "\n".join(lines[:4]))
    assert described(rows) == POSTFIX["deferred, then sent"][1]
    assert [row["line"] for row in rows] == [1, 4, 2]


def test_assume_relayed(convert: Convert) -> None:
    text, expected = POSTFIX["a log that starts in the middle"]
    rows, notes = convert(text)
    assert described(rows) == ["A1B2C3D4 a@y.example relayed", *expected]
    assert rows[0]["timestamp"] == rows[1]["timestamp"] - timedelta(seconds=900), "delay="
    assert rows[0]["native"] == "(implied)"
    assert notes.missing_handovers == 1


EXIM = """\
2026-01-05 09:00:00 1sLq2b-000000001yx-2Dei <= n@x.example H=app [192.0.2.9] P=esmtp S=9 id=1@x
2026-01-05 09:00:01 1sLq2b-000000001yx-2Dei == a@y.example R=dnslookup T=remote_smtp defer (-44): \
SMTP error from remote mail server after RCPT TO:<a@y.example>: 452 4.2.2 over quota
2026-01-05 09:00:02 1sLq2b-000000001yx-2Dei ** b@y.example R=dnslookup T=remote_smtp: SMTP error \
from remote mail server after RCPT TO:<b@y.example>: 550 5.1.1 no such user
2026-01-05 09:00:02 1sLq2b-000000001yx-2Dei => c <c@y.example> R=local T=local_delivery
2026-01-05 09:00:02 1sLq2b-000000001yx-2Dei -> d@y.example R=dnslookup T=remote_smtp H=mx C="250 OK"
2026-01-05 09:00:03 1sLq2c-000000001yz-3Xyz <= <> R=1sLq2b-000000001yx-2Dei U=mail P=local S=99
2026-01-05 09:00:03 1sLq2c-000000001yz-3Xyz => n@x.example R=dnslookup T=remote_smtp
2026-01-05 09:00:03 1sLq2c-000000001yz-3Xyz Completed
2026-01-09 09:00:02 1sLq2b-000000001yx-2Dei ** a@y.example: retry timeout exceeded
2026-01-09 09:00:02 1sLq2b-000000001yx-2Dei Completed
2026-01-09 09:00:03 1abcDE-000123-Xy => e@y.example R=dnslookup T=remote_smtp
2026-01-09 09:00:04 no host name found for IP address 192.0.2.77
"""
EXIM_TOLD = [
    "a@y.example relayed",
    "a@y.example soft_bounce mailbox_full",
    "b@y.example relayed",
    "b@y.example hard_bounce address",
    "c@y.example relayed",
    "c@y.example delivered",
    "d@y.example relayed",
    "d@y.example delivered",
    "a@y.example retry_failed expired",
]


@pytest.mark.parametrize("before", ["", "Jan  5 09:00:00 mx exim[12]: "], ids=["file", "syslog"])
def test_exim(convert: Convert, before: str) -> None:
    text = "".join(before + line for line in EXIM.splitlines(keepends=True))
    rows, notes = convert(text, relayed=False)
    of_exim = [f"1sLq2b-000000001yx-2Dei {text}" for text in EXIM_TOLD]
    assert described(rows) == [*of_exim, "1abcDE-000123-Xy e@y.example delivered"]
    assert notes.passed.counts["bounce notice"] == 1


SENDMAIL = """\
Jan  5 09:00:00 mx sendmail[7]: 60590001aaaaa: from=<n@x.example>, size=9, class=0, nrcpts=3, relay=app
Jan  5 09:00:01 mx sendmail[7]: 60590001aaaaa: to=<a@y.example>,<b@y.example>, delay=00:00:01, \
xdelay=00:00:01, mailer=esmtp, pri=9, relay=mx.y.example. [192.0.2.1], dsn=2.0.0, stat=Sent (ok)
Jan  5 09:00:01 mx sendmail[7]: 60590001aaaaa: to=<c@y.example>, delay=00:00:01, mailer=esmtp, \
pri=9, relay=mx.y.example., dsn=4.4.1, stat=Deferred: Connection timed out with mx.y.example.
Jan  5 09:00:02 mx sendmail[7]: 60590002bbbbb: from=<n@x.example>, size=9, nrcpts=1, relay=app
Jan  5 09:00:02 mx sendmail[7]: 60590002bbbbb: to=<d@y.example>, delay=00:00:01, mailer=esmtp, \
pri=9, relay=mx.y.example., dsn=5.1.1, stat=User unknown
Jan  5 09:00:02 mx sendmail[7]: 60590002bbbbb: 60590002ccccc: DSN: User unknown
Jan  5 09:00:02 mx sendmail[7]: 60590002ccccc: to=<n@x.example>, delay=00:00:00, mailer=esmtp, \
pri=9, relay=x., dsn=2.0.0, stat=Sent (ok)
Jan 10 09:00:02 mx sendmail[7]: 60590001aaaaa: 60590001ddddd: sender notify: Cannot send message for 5 days
"""


def test_sendmail(convert: Convert) -> None:
    rows, notes = convert(SENDMAIL)
    assert described(rows) == [
        "60590001aaaaa a@y.example relayed",
        "60590001aaaaa a@y.example delivered",
        "60590001aaaaa b@y.example relayed",
        "60590001aaaaa b@y.example delivered",
        "60590001aaaaa c@y.example relayed",
        "60590001aaaaa c@y.example soft_bounce network",
        "60590002bbbbb d@y.example relayed",
        "60590002bbbbb d@y.example hard_bounce address",
        "60590001aaaaa c@y.example retry_failed expired",
    ]
    assert notes.passed.counts["bounce notice"] == 1


POWERMTA = """\
type,timeLogged,timeQueued,orig,rcpt,dsnAction,dsnStatus,dsnDiag,bounceCat,jobId,header_Message-Id
r,2026-01-05 09:00:00+0100,2026-01-05 09:00:00+0100,n@x,a@y.example,,,,,j1,<1@x>
t,2026-01-05 09:00:01+0100,2026-01-05 09:00:00+0100,n@x,a@y.example,delayed,4.2.2 (over),"smtp;452 4.2.2 full, sorry",quota-issues,j1,<1@x>
d,2026-01-05 09:10:01+0100,2026-01-05 09:00:00+0100,n@x,a@y.example,relayed,2.0.0 (ok),smtp;250 ok,,j1,<1@x>
b,2026-01-05 09:00:01+0100,2026-01-05 09:00:00+0100,n@x,b@y.example,failed,5.1.1 (bad),smtp;550 5.1.1 no,bad-mailbox,j1,<2@x>
b,2026-01-08 09:00:01+0100,2026-01-05 09:00:00+0100,n@x,c@y.example,failed,4.4.7 (old),,message-expired,j1,<3@x>
rb,2026-01-08 09:00:01+0100,,n@x,a@y.example,failed,5.2.2 (full),,quota-issues,j1,<1@x>
f,2026-01-08 09:00:01+0100,,n@x,a@y.example,,,,,j1,<1@x>
"""


def test_powermta(convert: Convert) -> None:
    rows, notes = convert(POWERMTA, relayed=False)
    assert described(rows) == [
        "<1@x> a@y.example relayed",
        "<1@x> a@y.example soft_bounce mailbox_full",
        "<1@x> a@y.example delivered",
        "<2@x> b@y.example hard_bounce address",
        "<3@x> c@y.example retry_failed expired",
        "<1@x> a@y.example hard_bounce mailbox_full",
        "<1@x> a@y.example complained",
    ]
    assert rows[0]["timestamp"] == datetime(2026, 1, 5, 8, tzinfo=UTC)
    assert rows[0]["delivery_id"] == "j1"
    _, notes = convert(POWERMTA)
    assert (notes.missing_handovers, notes.told_handovers) == (2, 2)


KUMOMTA = """\
{"type":"Reception","id":"k1","recipient":"a@y.example","queue":"y.example","timestamp":1767603600}
{"type":"TransientFailure","id":"k1","recipient":"a@y.example","queue":"y.example",\
"timestamp":1767603601,"response":{"code":452,"enhanced_code":{"class":4,"subject":2,"detail":2},"content":"full"}}
{"type":"Delivery","id":"k1","recipient":["a@y.example"],"queue":"y.example","timestamp":1767603602}
{"type":"Bounce","id":"k2","recipient":"b@y.example","queue":"y.example","timestamp":1767603602,\
"bounce_classification":"InvalidRecipient"}
{"type":"Expiration","id":"k3","recipient":"c@y.example","queue":"y.example","timestamp":1767603602}
"""


def test_kumomta(convert: Convert) -> None:
    rows, _ = convert(KUMOMTA, relayed=False)
    assert described(rows) == [
        "k1 a@y.example relayed",
        "k1 a@y.example soft_bounce mailbox_full",
        "k1 a@y.example delivered",
        "k2 b@y.example hard_bounce address",
        "k3 c@y.example retry_failed expired",
    ]


MOMENTUM = """\
1767603600@m1@b@c@R@a@y.example@n@x.example@192.0.2.9@201@esmtp@default@default
1767603601@m1@b@c@T@y.example@0@g@b@15@0@18.5@192.0.2.1@421 no servers, write to p@y.example
1767603602@m1@b@c@D@y.example@266@g@b@0@0.3@192.0.2.1
1767603602000001@m2@b@c@B@b@y.example@n@x.example@g@b@21@10@99@192.0.2.1@550 no such user
1767603603@m3@b@c@B@c@y.example@n@x.example@g@b@21@24@99@192.0.2.1@554 5.4.7 [internal] exceeded max time without delivery
1767603604@@@@M1
"""


def test_momentum(convert: Convert) -> None:
    rows, notes = convert(MOMENTUM, relayed=False)
    assert described(rows) == [
        "m1 a@y.example relayed",
        "m1 a@y.example soft_bounce network",
        "m1 a@y.example delivered",
        "m2 b@y.example hard_bounce address",
        "m3 c@y.example retry_failed expired",
    ]
    assert rows[1]["reply"] == "421 no servers, write to p@y.example"
    assert notes.passed.counts["heartbeats"] == 1


# What stands beside an event --------------------------------------------------------------------

_SAID = "SMTP error from remote mail server after"
SIDE_EVENTS: dict[str, tuple[str, list[str]]] = {
    "postfix": (
        postfix(*CAME, ACTIVE, LATER, SENT, GONE),
        [
            "1 queued - -",
            f"4 deferred/smtp 4.2.2 {FULL}",
            "5 sent/smtp 2.0.0 250 2.0.0 Ok: queued as FF",
        ],
    ),
    "exim": (
        EXIM,
        [
            "1 queued - -",
            f"2 == 4.2.2 {_SAID} RCPT TO:<a@y.example>: 452 4.2.2 over quota",
            "1 queued - -",
            f"3 ** 5.1.1 {_SAID} RCPT TO:<b@y.example>: 550 5.1.1 no such user",
            "1 queued - -",
            "4 => - -",
            "1 queued - -",
            "5 -> - 250 OK",
            "9 **/expired - retry timeout exceeded",
            "11 => - -",
        ],
    ),
    "sendmail": (
        SENDMAIL,
        [
            *["1 queued - -", "2 2 2.0.0 Sent (ok)"] * 2,
            "1 queued - -",
            "3 4 4.4.1 Deferred: Connection timed out with mx.y.example.",
            "4 queued - -",
            "5 5 5.1.1 User unknown",
            "8 expired - 60590001ddddd: sender notify: Cannot send message for 5 days",
        ],
    ),
    "powermta": (
        POWERMTA,
        [
            "2 r - -",
            "3 t 4.2.2 smtp;452 4.2.2 full, sorry",
            "4 d 2.0.0 smtp;250 ok",
            "5 b/bad-mailbox 5.1.1 smtp;550 5.1.1 no",
            "6 b/message-expired 4.4.7 4.4.7 (old)",
            "7 rb/quota-issues 5.2.2 5.2.2 (full)",
            "8 f - -",
        ],
    ),
    "kumomta": (
        KUMOMTA,
        [
            "1 Reception - -",
            "2 TransientFailure 4.2.2 full",
            "3 Delivery - -",
            "4 Bounce/InvalidRecipient - -",
            "5 Expiration - -",
        ],
    ),
    "momentum": (
        MOMENTUM,
        [
            "1 R - -",
            "2 T 421 421 no servers, write to p@y.example",
            "3 D - -",
            "4 B/10 550 550 no such user",
            "5 B/24 5.4.7 554 5.4.7 [internal] exceeded max time without delivery",
        ],
    ),
}
"""Of each event: its line, what its format calls it, its code, and what was replied."""


@pytest.mark.parametrize(("text", "beside"), SIDE_EVENTS.values(), ids=SIDE_EVENTS)
def test_what_stands_beside_an_event(convert: Convert, text: str, beside: list[str]) -> None:
    rows, _ = convert(text, relayed=False)
    found = [(row["line"], row["native"], row["code"] or "-", row["reply"] or "-") for row in rows]
    assert [" ".join(map(str, parts)) for parts in found] == beside


# Time ----------------------------------------------------------------------------------------


def at(stamp: str) -> str:
    return f"{stamp} mx postfix/smtp[7]: A1B2C3D4: {SENT[15:]}"


TIMES: dict[str, tuple[list[str], dict[str, Any], list[str]]] = {
    "the year is the latest one": (["Jan  5 09:00:00"], {}, ["2026-01-05T09:00:00+00:00"]),
    "but not after the file": (["Dec  5 09:00:00"], {}, ["2025-12-05T09:00:00+00:00"]),
    "a year change": (
        ["Dec 31 23:59:59", "Jan  1 00:00:01"],
        {},
        ["2025-12-31T23:59:59+00:00", "2026-01-01T00:00:01+00:00"],
    ),
    "a late line of last year": (
        ["Dec 31 23:59:59", "Jan  1 00:00:01", "Dec 31 23:59:58"],
        {},
        ["2025-12-31T23:59:59+00:00", "2026-01-01T00:00:01+00:00", "2025-12-31T23:59:58+00:00"],
    ),
    "a given year": (["Jan  5 09:00:00"], {"year": 2019}, ["2019-01-05T09:00:00+00:00"]),
    "a leap day": (["Feb 29 09:00:00"], {}, ["2024-02-29T09:00:00+00:00"]),
    "a zone": (
        ["Jan  5 09:00:00", "Jan  5 2026 09:00:01", "2026-01-05T09:00:02"],
        {"zone": ZoneInfo("Europe/Paris")},
        [f"2026-01-05T08:00:0{n}+00:00" for n in range(3)],
    ),
    "its own zone counts": (
        ["2026-01-05T09:00:00.5-05:00"],
        {"zone": ZoneInfo("Europe/Paris")},
        ["2026-01-05T14:00:00.500000+00:00"],
    ),
    "an epoch": (["1767603600.25"], {}, ["2026-01-05T09:00:00.250000+00:00"]),
    "microseconds": (
        ["2026-01-05T09:00:00.000001Z", "Jan  5 2026 09:00:00.000002"],
        {},
        ["2026-01-05T09:00:00.000001+00:00", "2026-01-05T09:00:00.000002+00:00"],
    ),
}


def test_events_of_one_second_keep_the_order_of_their_lines(convert: Convert) -> None:
    lines = [at("Jan  5 09:00:00").replace("sent", status) for status in ("deferred", "sent")]
    for order in (lines, lines[::-1]):
        rows, _ = convert("\n".join(order))
        way = ["soft_bounce", "delivered"]
        found = [row["event"] for row in rows if row["event"] in way]
        assert found == (way if order is lines else way[::-1])


@pytest.mark.parametrize(("stamps", "choices", "expected"), TIMES.values(), ids=TIMES)
def test_times(
    convert: Convert, stamps: list[str], choices: dict[str, Any], expected: list[str]
) -> None:
    rows, _ = convert("\n".join(map(at, stamps)), **choices)
    found = [row["timestamp"] for row in rows if row["event"] == "delivered"]
    assert [time.astimezone(UTC).isoformat() for time in found] == expected


def test_what_was_assumed_is_reported(convert: Convert) -> None:
    _, notes = convert("\n".join(map(at, ["Dec 31 23:59:59", "Jan  1 00:00:01"])))
    assert notes.assumed == {
        "zone": "times read as UTC (the lines have no zone)",
        "year": "year 2025 (the lines have none; the file is of 2026-05-28), from 01 January on 2026",
    }
