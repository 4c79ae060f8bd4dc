"""A recipient is given up once, and only where a server says that it is the end."""

from fsm.logs.native_event import NativeEvent
from fsm.logs.servers.mail_queue import Queued, give_up
from tests.logs.conftest import Convert


def queued(**states: str) -> Queued:
    return Queued("Q1", 5, 1, last_status=dict(states))


def test_who_waits_is_given_up_once() -> None:
    events: list[NativeEvent] = []
    message = queued(a="deferred", b="sent", c="softbounce", d="bounced")
    assert give_up(message, "expired", 9, 2, events) == 2
    assert give_up(message, "deleted", 10, 3, events) == 0
    assert [(event.recipient, event.native) for event in events] == [
        ("a", "expired"),
        ("c", "expired"),
    ]


CAME = "2026-05-04 09:00:00 1abcde-000001-AA <= n@x.example H=app [192.0.2.9] for a@y.example"
LONG = " after a long failure period"
WAITS = (
    "2026-05-04 09:00:{:02} 1abcde-000001-AA == a@y.example R=dnslookup T=remote_smtp defer (-53): "
    "retry time not reached for any host{}"
)
ENDS = (
    "2026-05-04 09:01:00 1abcde-000001-AA ** a@y.example R=dnslookup T=remote_smtp: "
    "retry time not reached for any host after a long failure period"
)


def test_exim_defers_until_it_says_that_it_failed(convert: Convert) -> None:
    waiting, _ = convert("\n".join([CAME, WAITS.format(1, ""), WAITS.format(2, LONG)]))
    assert [row["event"] for row in waiting] == ["relayed", "soft_bounce", "soft_bounce"]
    assert [row["fault"] for row in waiting] == [None, "network", "network"]
    ended, _ = convert("\n".join([CAME, WAITS.format(1, ""), ENDS]))
    assert [row["event"] for row in ended] == ["relayed", "soft_bounce", "retry_failed"]


REMOVED = """\
May  4 09:00:00 mx postfix/smtpd[1]: A1B2C3D4: client=app[192.0.2.9]
May  4 09:00:01 mx postfix/smtp[2]: A1B2C3D4: to=<a@y.example>, relay=none, delay=1, dsn=4.4.1, \
status=deferred (timed out)
May  4 09:00:02 mx postfix/qmgr[3]: A1B2C3D4: from=<n@x.example>, status=expired, returned
May  4 09:00:03 mx postfix/postsuper[4]: A1B2C3D4: removed
"""


def test_postfix_gives_up_once(convert: Convert) -> None:
    rows, _ = convert(REMOVED, year=2026)
    assert [row["event"] for row in rows] == ["relayed", "soft_bounce", "retry_failed"]
