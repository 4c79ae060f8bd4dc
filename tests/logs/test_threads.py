"""A bounce without a copy of its mail names it in its headers: the last of a thread."""

from datetime import UTC

import pytest

from fsm.logs.clock import Clock
from fsm.logs.mail import Reader
from fsm.logs.notes import Notes

HEADERS = {  # the headers of the bounce; the message that it is about
    "references": ("References: <1@x.example> <2@x.example>\n <3@x.example>\n", "3@x.example"),
    "in reply to": ("In-Reply-To: <2@x.example>\n", "2@x.example"),
    "both": ("References: <1@x.example>\nIn-Reply-To: <2@x.example>\n", "2@x.example"),
}


@pytest.mark.parametrize(("headers", "message"), HEADERS.values(), ids=list(HEADERS))
def test_the_last_message_of_a_thread_bounced(headers: str, message: str) -> None:
    mail = f"""From: MAILER-DAEMON@mx.example
Date: Mon, 04 May 2026 10:00:00 +0000
{headers}Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; a@y.example
Action: failed
Status: 5.1.1
--b--
"""
    found = Reader(Clock(UTC)).read([mail.split("\n")], Notes("mail"))
    assert [event.message_id for _, events in found for event in events] == [message]
