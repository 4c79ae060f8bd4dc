"""A bounce without a copy of its mail names it in its headers: the last of a thread."""

from datetime import UTC

import pytest

from fsm.logs.notes import Notes
from fsm.logs.servers.clock import Clock
from fsm.logs.servers.mail import Reader, mails

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


def test_each_mail_of_a_mailbox_has_its_first_line() -> None:
    mail = "From: MAILER-DAEMON@mx.example\nSubject: gone\n\nNobody is here.\n"
    box = "".join(f"From x@mx.example Mon May  4 10:00:0{n} 2026\n{mail}\n" for n in range(3))
    found = list(mails([box.split("\n")], Notes("box")))
    assert [line for _, line in found] == [1, 7, 13]
    assert all(
        text.startswith(f"From x@mx.example Mon May  4 10:00:0{n}")
        for n, (text, _) in enumerate(found)
    )
