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


def test_a_hand_over_that_was_added_has_no_relay(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_text(POSTFIX.format("mx.y.example[192.0.2.1]:25") + "\n")
    log = open_log([str(path)], options=ReadingOptions(year=2026))
    rows = log.files[0].raw().collect()
    assert dict(zip(rows["event"], rows["relay"], strict=True)) == {
        "relayed": None,
        "delivered": "mx.y.example",
    }
