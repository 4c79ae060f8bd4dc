"""Kinds of mails that report failures, and of mails that do not: who is named, and why."""

from collections.abc import Callable
from typing import Any

import pytest

Convert = Callable[..., Any]
DAEMON = """Return-Path: <>
From: MAILER-DAEMON@mx.x.example
To: news@s.example
Date: Mon, 05 Jan 2026 09:00:00 +0000
Subject: Undelivered Mail
"""
ORIGINAL = "Message-ID: <1@s.example>\nFrom: news@s.example\nTo: a@y.example\n"
PERSON = "From: Ann <a@y.example>\nTo: news@s.example\nDate: Mon, 05 Jan 2026 09:00:00 +0000\n"
AWAY = f"{PERSON}Subject: Re: news\nAuto-Submitted: auto-replied\nIn-Reply-To: <1@s.example>\n"
QUOTED = "A mail of mine got this: 550 5.1.1 <x@s.example>: user unknown"


def dsn(fields: str, *, kind: str = "message/delivery-status", text: str = "Not delivered.") -> str:
    return f"""{DAEMON}MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

{text}
--b
Content-Type: {kind}

{fields}
--b
Content-Type: text/rfc822-headers

{ORIGINAL}
--b--
"""


def prose(text: str, head: str = DAEMON) -> str:
    return f"{head}\n{text}\n"


MAILS: dict[str, tuple[str, list[tuple[str, str, str | None]]]] = {
    "two recipients, each with its own reply": (
        dsn(
            "Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@y.example\nAction: failed\n"
            "Status: 5.0.0\nDiagnostic-Code: smtp; 550 no such user\n\n"
            "Final-Recipient: rfc822; b@y.example\nAction: failed\nStatus: 5.0.0\n"
            "Diagnostic-Code: smtp; 552 mailbox full\n"
        ),
        [
            ("a@y.example", "hard_bounce", "user_unknown"),
            ("b@y.example", "hard_bounce", "mailbox_full"),
        ],
    ),
    "no blank line between recipients": (
        dsn(
            "Reporting-MTA: dns; mx\nFinal-Recipient: rfc822; a@y.example\nAction: failed\n"
            "Status: 5.1.1\nFinal-Recipient: rfc822; b@y.example\nAction: failed\nStatus: 5.2.2\n"
        ),
        [
            ("a@y.example", "hard_bounce", "user_unknown"),
            ("b@y.example", "hard_bounce", "mailbox_full"),
        ],
    ),
    "two recipients in words, each with its own reply": (
        prose(
            "Hi. This is the qmail-send program at mx.\n\n<a@y.example>:\n"
            "Sorry, no mailbox here by that name.\n\n<b@y.example>:\nuser is over quota\n\n"
            f"--- Below this line is a copy of the message.\n\n{ORIGINAL}"
        ),
        [
            ("a@y.example", "hard_bounce", "user_unknown"),
            ("b@y.example", "hard_bounce", "mailbox_full"),
        ],
    ),
    "a shared reply in words": (
        prose(
            "The following recipients could not be reached:\n\n  a@y.example\n  b@y.example\n\n"
            "The message was identified as spam."
        ),
        [("a@y.example", "hard_bounce", "spam"), ("b@y.example", "hard_bounce", "spam")],
    ),
    "the receiver's code wins over the sender's": (
        dsn(
            "Final-Recipient: rfc822; a@y.example\nAction: failed\nStatus: 5.1.1\n"
            "Diagnostic-Code: smtp; 550 5.2.2 no more"
        ),
        [("a@y.example", "hard_bounce", "mailbox_full")],
    ),
    "the text explains what the field does not": (
        dsn(
            "Final-Recipient: rfc822; a@y.example\nAction: failed\nStatus: 5.0.0\n"
            "Diagnostic-Code: smtp; 550",
            text="<a@y.example>: the mailbox is full",
        ),
        [("a@y.example", "hard_bounce", "mailbox_full")],
    ),
    "an address in UTF-8, escaped": (
        dsn(
            "Final-Recipient: utf-8; zo\\x{EB}@y.example\nAction: failed\nStatus: 5.1.1",
            kind="message/global-delivery-status",
        ),
        [("zoë@y.example", "hard_bounce", "user_unknown")],
    ),
    "fields that are encoded": (
        dsn(
            "RmluYWwtUmVjaXBpZW50OiByZmM4MjI7IGFAeS5leGFtcGxlCkFjdGlvbjogZmFpbGVkClN0\n"
            "YXR1czogNS4xLjEK",
            kind="message/delivery-status\nContent-Transfer-Encoding: base64",
        ),
        [("a@y.example", "hard_bounce", "user_unknown")],
    ),
    "a local name, known by the message": (
        dsn("Final-Recipient: local; a\nAction: failed\nStatus: 5.1.1"),
        [("a@y.example", "hard_bounce", "user_unknown")],
    ),
    "a name of X.400": (
        dsn("Final-Recipient: x400; /G=ann/S=doe/\nAction: failed\nStatus: 5.1.1"),
        [("a@y.example", "hard_bounce", "user_unknown")],
    ),
    "a folded field": (
        dsn(
            "Final-Recipient: rfc822;\n  a@y.example\nAction: failed\nStatus: 5.0.0\n"
            "Diagnostic-Code: smtp; 550 the mailbox\n is full"
        ),
        [("a@y.example", "hard_bounce", "mailbox_full")],
    ),
    "late": (
        dsn("Final-Recipient: rfc822; a@y.example\nAction: delayed\nStatus: 4.4.1"),
        [("a@y.example", "soft_bounce", "network")],
    ),
    "late, in words": (
        prose(
            "This is a warning message only. You do not need to resend your message.\n\n"
            "Delivery to <a@y.example> is delayed: connection timed out\n"
        ),
        [("a@y.example", "soft_bounce", "network")],
    ),
    "passed on": (
        dsn("Final-Recipient: rfc822; a@y.example\nAction: relayed\nStatus: 2.0.0"),
        [("a@y.example", "delivered", None)],
    ),
    "a complaint without an address": (
        dsn("Feedback-Type: abuse\nUser-Agent: x\nVersion: 1", kind="message/feedback-report"),
        [("a@y.example", "complained", None)],
    ),
    "a report of DMARC": (
        dsn("Feedback-Type: auth-failure\nVersion: 1", kind="message/feedback-report"),
        [],
    ),
    "a message that was read": (
        dsn(
            "Final-Recipient: rfc822; a@y.example\nDisposition: manual-action; displayed",
            kind="message/disposition-notification",
        ).replace("delivery-status;", "disposition-notification;"),
        [],
    ),
    "no address is made of the signature": (
        prose("Your message could not be delivered.\n-- \nHelp: ops@mx.x.example"),
        [],
    ),
    "no address is made of a signature's line": (
        prose("Your message could not be delivered.\n-- \nops@relay.example\nfailed never"),
        [],
    ),
    "the sender is no recipient": (
        prose("It failed:\n\nnews@s.example -> a@y.example: 550 no such user"),
        [("a@y.example", "hard_bounce", "user_unknown")],
    ),
    "no address is made of whom to ask": (
        prose("Your message could not be delivered.\nFor questions, contact help@mx.x.example."),
        [],
    ),
    "no address is made of an id or an image": (
        prose("Your message <20260105.4F00AA77BB99CC@s.example> failed. cid:logo@2x.png"),
        [],
    ),
    "no address is made of data": (
        prose('Delivery failed\n{"from":"news@s.example","by":"robot@x.example"}'),
        [],
    ),
    "no address is made of the sender": (
        prose("A message from news@s.example could not be delivered."),
        [],
    ),
    "several addresses, none sure": (
        prose("We were unable to serve you. See ann@q.example, bob@q.example or cy@q.example."),
        [],
    ),
    "a list's message came back": (
        prose(
            "It could not be delivered.\n\n--- Original message follows.\n\n"
            f"{ORIGINAL}List-Id: <a.y.example>\n"
        ),
        [],
    ),
    "a newsletter's message came back, without an address in the report": (
        prose(
            "It could not be delivered.\n\n--- Original message follows.\n\n"
            f"{ORIGINAL}List-Id: <news.s.example>\n"
        ),
        [("a@y.example", "hard_bounce", "unknown")],
    ),
    "failed recipients in the header alone": (
        prose("It failed.", f"{DAEMON}X-Failed-Recipients: a@y.example, b@y.example\n"),
        [("a@y.example", "hard_bounce", "unknown"), ("b@y.example", "hard_bounce", "unknown")],
    ),
    "an alias, and the address behind it": (
        prose(
            "Delivery failed:\n\n  b@z.example\n    (generated from a@y.example)\n    unknown user"
        ),
        [("a@y.example", "hard_bounce", "user_unknown")],
    ),
    "a letter that tells of a failure": (
        prose("My mails to b@y.example fail, user unknown. What now?", f"{PERSON}Subject: Hi\n"),
        [],
    ),
    "away, in German": (
        prose("Ich bin nicht da; c@y.example hilft.", f"{PERSON}Subject: Abwesenheitsnotiz\n"),
        [("a@y.example", "auto_replied", None)],
    ),
    "away, in Japanese": (
        prose("...", f"{PERSON}Subject: =?utf-8?B?6Ieq5YuV5b+c562U?=\n"),
        [("a@y.example", "auto_replied", None)],
    ),
    "away, by its field": (
        prose("I am away.", f"{PERSON}Subject: Re: news\nAuto-Submitted: auto-replied\n"),
        [("a@y.example", "auto_replied", None)],
    ),
    "away, by its field, from a postmaster": (
        prose(QUOTED, AWAY.replace("Ann <a@y.example>", "postmaster@y.example")),
        [("postmaster@y.example", "auto_replied", None)],
    ),
    "away, by its field, from nobody": (prose(QUOTED, AWAY.replace("Ann <a@y.example>", "<>")), []),
    "a report that is marked as generated": (
        prose(QUOTED, f"{DAEMON}In-Reply-To: <1@s.example>\nAuto-Submitted: auto-generated\n"),
        [("x@s.example", "hard_bounce", "user_unknown")],
    ),
    "a report that is marked as a reply": (
        prose(QUOTED, f"{DAEMON}In-Reply-To: <1@s.example>\nAuto-Submitted: auto-replied\n"),
        [("x@s.example", "hard_bounce", "user_unknown")],
    ),
    "a challenge": (
        prose("Please confirm that you are a person.", f"{PERSON}Subject: Your message\n"),
        [("a@y.example", "auto_replied", None)],
    ),
}


@pytest.mark.parametrize(("text", "expected"), MAILS.values(), ids=MAILS)
def test_kinds(convert: Convert, text: str, expected: list[tuple[str, str, str | None]]) -> None:
    rows, notes = convert(text, form="mail", relayed=False)
    assert [(row["recipient"], row["event"], row["reason"]) for row in rows] == expected
    assert notes.records.read == 1
