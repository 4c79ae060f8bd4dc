"""What stays of a row and what stands for the rest, where recipients are pseudonyms."""

import hmac
import re

import polars as pl
import pytest

from fsm.logs.mapping.pseudonym import Pseudonyms
from fsm.logs.mapping.redact import HIDDEN, Redaction
from fsm.logs.mapping.to_canonical import READ_SCHEMA
from fsm.logs.notes import Notes

KEY = b"0123456789abcdef"
ROW = {"message_id": "m1", "recipient": "ann@x.example", "event": "hard_bounce", "line": 7}


def redacted(events: list[str] | None = None, **values: object) -> dict[str, object]:
    """One row of a converted log, redacted."""
    row = dict.fromkeys(READ_SCHEMA) | ROW | values
    frame = pl.DataFrame([row], schema=READ_SCHEMA)
    return Redaction(KEY, events).rows(frame, Notes("log")).row(0, named=True)


# Pseudonyms ----------------------------------------------------------------------------------

SAME = [
    "Ann.Lee@X.example",
    " ann.lee@x.example ",
    "<ann.lee@x.example>",
    "Lee, Ann <ann.lee@x.example>",
    '"ann.lee"@x.example',
    "mailto:ann.lee@x.example",
    "rfc822; ann.lee@x.example",
]
OTHER = ["ann.lee@y.example", "annlee@x.example", '"ann lee"@x.example', "ann.lee@[192.0.2.1]"]


@pytest.mark.parametrize("address", SAME)
def test_one_recipient_has_one_pseudonym(address: str) -> None:
    names = Pseudonyms(KEY)
    assert names.of_recipient(address) == names.of_recipient("ann.lee@x.example")


def test_different_recipients_and_keys_have_different_ones() -> None:
    addresses = ["ann.lee@x.example", *OTHER]
    found = {Pseudonyms(key).of_recipient(a) for key in (KEY, KEY[::-1]) for a in addresses}
    assert len(found) == 2 * len(addresses)
    assert all(re.fullmatch("r-[0-9a-f]{20}", name) for name in found)


@pytest.mark.parametrize("key", [KEY, b"k" * 64, b"k" * 65], ids=["short", "a block", "longer"])
def test_a_pseudonym_is_an_hmac(key: bytes) -> None:
    expected = hmac.new(key, b"a@x.example", "sha256").hexdigest()[:20]
    assert Pseudonyms(key).of_recipient("A@x.example") == f"r-{expected}"


def test_a_pseudonym_stays_the_same_from_version_to_version() -> None:
    """Checkpoints and tables of earlier versions hold them."""
    assert Pseudonyms(KEY).of_recipient("a@x.example") == "r-65ee0a3cc7e53105a55d"


def test_ids_of_different_case_are_different() -> None:
    assert redacted(message_id="aB")["message_id"] != redacted(message_id="Ab")["message_id"]


def test_what_is_redacted_stays_as_it_is() -> None:
    once = redacted(
        reply="550 5.1.1 ann unknown", native="levitated by ann", event_id="e", code="x"
    )
    values = {name: once[name] for name in READ_SCHEMA}
    assert redacted(**values) == once


def test_domains_and_relays_are_hashed_apart_from_everything_else() -> None:
    name = "x.example"
    row = redacted(recipient=f"a@{name}", relay=name, message_id=name, event_id=name)
    columns = ("recipient", "domain", "relay", "message_id")
    hashes = [str(row[column]) for column in columns]
    assert [text[0] for text in hashes] == ["r", "n", "h", "m"]
    assert len({text[2:] for text in hashes}) == 4
    assert name not in str(row)


def test_recipients_of_one_domain_share_its_pseudonym_in_whatever_letters() -> None:
    addresses = ("a@X.example", "Bo <b@x.EXAMPLE>", "<c@x.example>", '"d e"@x.example')
    assert len({redacted(recipient=address)["domain"] for address in addresses}) == 1
    assert redacted(recipient="a@y.example")["domain"] != redacted()["domain"]
    assert redacted(recipient="nobody")["domain"] is None


def test_what_is_empty_stays_empty() -> None:
    row = redacted(message_id="", recipient=None, event="", delivery_id="", reply=None)
    names = ("message_id", "recipient", "event", "delivery_id", "reply")
    assert [row[name] for name in names] == ["", None, "", "", None]


def test_a_part_of_pseudonyms_and_clear_texts_is_redacted() -> None:
    pseudonym = f"m-{'0' * 20}"
    rows = pl.LazyFrame({"message_id": [pseudonym, "ann", pseudonym, None, "ann"]})
    shown = Redaction(KEY).scanned(rows).collect()["message_id"].to_list()
    assert shown[0] == shown[2] == pseudonym
    assert shown[1] == shown[4] != "ann"
    assert shown[3] is None


# What stays ----------------------------------------------------------------------------------

REPLIES = [
    # event, reply, code, fault; what is shown
    ("hard_bounce", "550 5.1.1 <ann@x.example> who?", None, "address", "550 5.1.1 address unknown"),
    ("hard_bounce", "550 no such user: ann", None, None, "550 address unknown"),
    ("hard_bounce", "ann is gone", "5.2.1", "unknown", "5.2.1 reason unknown"),
    ("soft_bounce", "452 4.2.2 ann's is full", "4.2.2", "mailbox_full", "452 4.2.2 mailbox full"),
    ("retry_failed", "ann: expired", None, "expired", "retries exhausted"),
    ("hard_bounce", "550 ann", None, "ask ann", "550 address unknown"),
    ("delivered", "250 2.0.0 ok ann", None, None, "250 2.0.0"),
    ("auto_replied", "Ann is on holiday", None, None, None),
]


@pytest.mark.parametrize(("event", "reply", "code", "fault", "expected"), REPLIES)
def test_replies_become_codes_and_a_reason(
    event: str, reply: str, code: str | None, fault: str | None, expected: str | None
) -> None:
    assert redacted(event=event, reply=reply, code=code, fault=fault)["reply"] == expected


NATIVES = [
    # format, native event; what is shown
    ("postfix", "bounced/smtp", "bounced"),
    ("postfix", "bounced/ann", "bounced"),
    ("mailgun", "failed/permanent/old", "failed/permanent/old"),
    ("csv", "levitated", "levitated"),
    ("csv", "(implied)", "(implied)"),
    ("csv", "told ann@x.example", "x-"),
    ("ann@x.example", "Bounce/Permanent", "Bounce/Permanent"),
]


@pytest.mark.parametrize(("form", "native", "expected"), NATIVES)
def test_native_events_are_called_as_in_the_table(form: str, native: str, expected: str) -> None:
    row = redacted(format=form, native=native)
    assert str(row["native"]).startswith(expected)
    assert "ann" not in f"{row['native']} {row['format']}"


EVENTS = [
    # events of the machine, if known; event; whether it stays
    (None, "relayed", True),
    (None, "complained", True),
    (None, "Create Fine", True),
    (None, "orderShipped", True),
    (None, "phase-2", True),
    (None, "注文", True),
    (None, "ann.lee", False),
    (None, "told ann@x.example", False),
    (None, "YW5uLmxlZUB4", False),
    (None, "616e6e2e6c6565", False),
    (None, "x" * 61, False),
    (["DSN.Failure"], "DSN.Failure", True),
    (["DSN.Failure"], "opened", True),
    (["DSN.Failure"], "complained", True),
    (["DSN.Failure"], "Ann", False),
]


@pytest.mark.parametrize(("known", "event", "stays"), EVENTS)
def test_events_that_stay(known: list[str] | None, event: str, stays: bool) -> None:
    shown = str(redacted(known, event=event)["event"])
    assert (shown == event) == stays
    assert stays or re.fullmatch("x-[0-9a-f]{20}", shown)


def test_events_that_do_not_stay_are_counted() -> None:
    rows = pl.DataFrame(
        [dict.fromkeys(READ_SCHEMA) | ROW | {"event": "a@b"}] * 3, schema=READ_SCHEMA
    )
    notes = Notes("log")
    Redaction(KEY).rows(rows, notes)
    assert list(notes.doubts.counts.values()) == [3]


@pytest.mark.parametrize(
    ("column", "text", "stays"),
    [
        ("timestamp", "2026-01-05T09:00:00.5+01:00", True),
        ("timestamp", "2026-01-05 09:00:00Z", True),
        ("timestamp", "ann@x.example", False),
        ("seq", " -17", True),
        ("seq", "ann", False),
    ],
)
def test_a_text_that_is_no_time_or_number_is_not_passed_on(
    column: str, text: str, stays: bool
) -> None:
    rows = pl.LazyFrame({column: [text, None]})
    found = Redaction(KEY).scanned(rows).collect()[column].to_list()
    assert found == [text if stays else HIDDEN, None]


def test_notes_quote_nothing_that_the_log_says() -> None:
    notes = Notes("log")
    notes.rejected.add("not JSON", 1)
    notes.rejected.add("time {} is none", 2, 4, quote="ann")
    notes.unmapped.add("{}", 3, quote="ann@x.example")
    Redaction(KEY).clean(notes)
    first, second = notes.rejected.counts.items()
    assert first == ("not JSON", 1)
    assert re.fullmatch("time x-[0-9a-f]{20} is none", second[0])
    assert (second[1], notes.rejected.firsts[second[0]]) == (4, 2)
    assert all(re.fullmatch("x-[0-9a-f]{20}", what) for what in notes.unmapped.counts)
