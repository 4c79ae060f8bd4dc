"""The mail server that answered, as each kind of log writes it."""

import json
from pathlib import Path

import pytest

from fsm.logs.open import open_log
from fsm.logs.reading import ReadingOptions

POSTFIX = (
    "Jan  5 09:00:00 mx postfix/smtp[7]: A1: to=<u@y.example>, relay={}, delay=1, dsn=2.0.0, "
    "status=sent (250 ok)"
)
SENDMAIL = (
    "Jan  5 09:00:00 mx sendmail[7]: u0A8Zt1a000001: to=<u@y.example>, delay=00:00:01, mailer=esmtp,"
    " {}dsn=2.0.0, stat=Sent (ok, relay=other.example)"
)
EXIM = "2026-01-05 09:00:00 1qAbCd-000001-Ab {} u@y.example R=dnslookup T=remote_smtp{}"
PLACES = {
    "postfix, name and address": (POSTFIX.format("MX.y.example[192.0.2.1]:25"), "mx.y.example"),
    "postfix, address alone": (POSTFIX.format("unknown[192.0.2.1]:25"), "192.0.2.1"),
    "postfix, port": (POSTFIX.format("mx.y.example:2525"), "mx.y.example"),
    "postfix, IPv6": (POSTFIX.format("unknown[2001:db8::1]:25"), "2001:db8::1"),
    "postfix, nobody": (POSTFIX.format("none"), None),
    "postfix, an agent": (POSTFIX.format("local"), "local"),
    "sendmail": (SENDMAIL.format("relay=mx.y.example. [192.0.2.1], "), "mx.y.example"),
    "sendmail, address": (SENDMAIL.format("relay=[192.0.2.1] [192.0.2.1], "), "192.0.2.1"),
    "sendmail, nobody": (SENDMAIL.format(""), None),
    "exim": (EXIM.format("=>", ' H=mx.y.example [192.0.2.1] C="250 H=b.example"'), "mx.y.example"),
    "exim, refused": (EXIM.format("**", " H=mx.y.example [192.0.2.1]: 550 no"), "mx.y.example"),
    "exim, nobody": (EXIM.format("==", ": retry time not reached: H=b.example"), None),
}


@pytest.mark.parametrize(("line", "relay"), PLACES.values(), ids=PLACES)
def test_the_relay_of_a_line(line: str, relay: str | None, tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_text(f"{line}\n")
    log = open_log([str(path)], options=ReadingOptions(year=2026))
    rows = log.files[0].raw().collect()
    assert "delivered" in rows["event"] or "hard_bounce" in rows["event"] or relay is None
    assert set(rows["relay"].drop_nulls()) == ({relay} if relay else set())


def test_providers_name_relays_too(tmp_path: Path) -> None:
    event = {
        "event": "delivered",
        "timestamp": 1767603600.0,
        "id": "e1",
        "recipient": "u@y.example",
        "message": {"headers": {"message-id": "m1"}},
        "delivery-status": {"code": 250, "message": "ok", "mx-host": "MX.y.example"},
    }
    path = tmp_path / "events.jsonl"
    path.write_text(json.dumps(event) + "\n")
    log = open_log([str(path)])  # while it lives, so does the file of its rows
    rows = log.files[0].raw().collect()
    assert rows["relay"].drop_nulls().to_list() == ["mx.y.example"]


SPARKPOST = {"rcpt_to": "u@y.example", "timestamp": "1767603600", "message_id": "m1"}
FIELDS = "#Fields: date-time,event-id,message-id,recipient-address,server-hostname,server-ip"
OF_PROVIDERS = {
    "haraka": (
        (
            "2026-01-05T08:01:04.100Z [NOTICE] [1B012E7A-4362-42CC-B2D5-27534802E482.1.1] [outbound] "
            'delivered file=17_0_12 domain=y.example host=MX.y.example ip=192.0.2.1 response="ok" '
            "delay=4 fails=0 rcpts=1/0/0"
        ),
        {"delivered": "mx.y.example"},
    ),
    "haraka, a pooled connection": (
        (
            "2026-01-05T08:01:04.100Z [NOTICE] [1B012E7A-4362-42CC-B2D5-27534802E482.1.1] [outbound] "
            'delivered file="17_0_12" domain="y.example" ip="192.0.2.1" port="25" response="ok" '
            "delay=4 fails=0 rcpts=1/0/0"
        ),
        {"delivered": "192.0.2.1"},
    ),
    "opensmtpd": (
        (
            "2026-01-05T08:00:01Z mx smtpd[7]: 5df87c9b982c840c mta delivery evpid=m1 from=<s@s> "
            'to=<u@y.example> rcpt=<-> source="192.0.2.9" relay="192.0.2.1 (mx.y.example)" delay=1s '
            'result="PermFail" stat="550 5.1.1 no"'
        ),
        {"hard_bounce": "mx.y.example"},
    ),
    "opensmtpd, its own mailboxes": (
        (
            "2026-01-05T08:00:02Z mx smtpd[7]: 5df87c9b982c840d mda delivery evpid=m1 from=<s@s> "
            "to=<u@y.example> user=a delay=2s result=Ok stat=Delivered"
        ),
        {"delivered": None},
    ),
    "sparkpost": (
        "\n".join(
            json.dumps({"msys": {name: SPARKPOST | {"type": kind, "ip_address": address}}})
            for name, kind, address in (
                ("message_event", "delay", "192.0.2.1"),
                ("message_event", "delivery", "192.0.2.2"),
                ("track_event", "open", "198.51.100.7"),  # of the reader
            )
        ),
        {"soft_bounce": "192.0.2.1", "delivered": "192.0.2.2", "opened": None},
    ),
    "exchange": (
        (
            f"{FIELDS}\n2026-01-05T08:00:00.000Z,RECEIVE,<m1>,u@y.example,own,192.0.2.9\n"
            "2026-01-05T08:00:01.000Z,DEFER,<m1>,u@y.example,own,192.0.2.9\n"
            "2026-01-05T08:00:02.000Z,SENDEXTERNAL,<m1>,u@y.example,MX.y.example,192.0.2.1"
        ),
        {"relayed": None, "soft_bounce": None, "delivered": "mx.y.example"},
    ),
}


@pytest.mark.parametrize(("text", "relays"), OF_PROVIDERS.values(), ids=OF_PROVIDERS)
def test_only_the_host_that_answered_is_a_relay(
    text: str, relays: dict[str, str | None], tmp_path: Path
) -> None:
    path = tmp_path / "events.log"
    path.write_text(f"{text}\n")
    log = open_log([str(path)])
    rows = log.files[0].raw().collect()
    found = dict(zip(rows["event"], rows["relay"], strict=True))
    assert {event: found[event] for event in relays} == relays


def test_a_hand_over_that_was_added_has_no_relay(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_text(POSTFIX.format("mx.y.example[192.0.2.1]:25") + "\n")
    log = open_log([str(path)], options=ReadingOptions(year=2026))
    rows = log.files[0].raw().collect()
    assert dict(zip(rows["event"], rows["relay"], strict=True)) == {
        "relayed": None,
        "delivered": "mx.y.example",
    }
