"""Meaning, fault, policy, and the order in which webhooks arrive."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fsm.errors import LogError
from fsm.logs.mapping.blame import code_of, with_fault
from fsm.logs.mapping.event_mapping import FAULTS, load_format
from fsm.logs.mapping.policy import load_policy
from fsm.logs.mapping.to_canonical import SCHEMA
from fsm.logs.servers.bloom_filter import BloomFilter

Convert = Callable[..., Any]

FAULT_OF: list[tuple[str | None, str | None, str, str]] = [
    # code, reply, fault, what says so
    ("5.1.1", None, "address", "5.1.1"),
    ("5.2.2", "550 5.2.2 over quota", "mailbox_full", "5.2.2"),
    ("5.0.0", "550 5.0.0 no such user here", "address", "'no such user'"),
    ("5.7.1", "554 5.7.1 your IP is listed", "policy", "'your ip'"),
    ("5.7.1", None, "policy", "5.7.1"),
    (None, "550-5.1.1 The account that you tried to reach", "address", "5.1.1"),
    (None, "554 5.4.7 [internal] exceeded max time", "expired", "5.4.7"),
    (None, "452 4.2.2 The Mailbox is FULL", "mailbox_full", "4.2.2"),
    (None, "host mx[192.0.2.1] said: 421 try again", "network", "'try again'"),
    (None, "host mx[5.1.1.7] said: 550 go away", "address", "550"),
    (None, "552 go away", "mailbox_full", "552"),
    ("554", None, "policy", "554"),
    ("5.3.4", "552 5.3.4 too big", "content", "5.3.4"),
    ("5.7.26", "550 5.7.26 unauthenticated", "sender", "5.7.26"),
    ("9.9.9", "gobbledygook", "unknown", ""),
    (None, None, "unknown", ""),
    ("5.1.1\n", "x" * 5000 + " no such user", "address", "5.1.1"),
]


@pytest.mark.parametrize(("code", "reply", "fault", "by"), FAULT_OF)
def test_whose_fault(code: str | None, reply: str | None, fault: str, by: str) -> None:
    columns = {"code": [code], "reply": [reply], "fault": [None]}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    row = with_fault(frame.with_columns(code_of().alias("code"))).row(0, named=True)
    assert (row["fault"], row["decided_by"]) == (fault, by)
    assert fault in FAULTS


BOUNCES = {fault: f"bounce/{number}" for fault, number in {"address": 10, "policy": 50}.items()}
POLICIES = [
    ("source", "bounce/10", "hard_bounce"),
    ("source", "bounce/50", "retry_failed"),
    ("source", "bounce/24", "retry_failed"),
    ("address", "bounce/50", "retry_failed"),
    ("refusal", "bounce/50", "hard_bounce"),
    ("refusal", "bounce/24", "retry_failed"),
    ("refusal", "bounce/22", "hard_bounce"),
]


@pytest.mark.parametrize(("policy", "native", "event"), POLICIES)
def test_policies(convert: Convert, policy: str, native: str, event: str) -> None:
    kind, number = native.split("/")
    record = {"type": kind, "bounce_class": number, "message_id": "m", "event_id": "e"}
    text = json.dumps({**record, "rcpt_to": "a@x.example", "timestamp": 1_767_603_600})
    (row,), _ = convert(text, policy=load_policy(policy), relayed=False)
    assert row["event"] == event
    assert row["final"]


def test_a_policy_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('title = "ours"\ncontent = "hard_bounce"\n')
    assert load_policy(str(path)).events == {"content": "hard_bounce"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('weather = "hard_bounce"', "no fault or reason 'weather'"),
        ('content = "delivered"', "content is 'delivered'; it can be"),
        ("content =", "not readable as TOML"),
    ],
)
def test_a_policy_that_is_none(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "own.toml").write_text(text)
    with pytest.raises(LogError, match=message):
        load_policy(str(tmp_path / "own.toml"))
    with pytest.raises(LogError, match="no policy 'none'; there are: source, address, refusal"):
        load_policy("none")


def test_a_path_without_a_row_has_the_row_of_the_path_before_it() -> None:
    form = load_format("mailgun")
    rules = [form.meaning(f"failed/permanent/{name}") for name in ("old", "generic", "x/y")]
    assert [m and m.rule for m in rules] == ["failed/permanent/old", *["failed/permanent"] * 2]
    assert form.meaning("levitated") is None


# Ids and columns ------------------------------------------------------------------------------


def test_ids_in_use_are_never_forgotten() -> None:
    used = BloomFilter()
    ids = [f"{number:08X}" for number in range(5000)]
    for name in ids[::2]:
        used.add(name)
    assert all(name in used for name in ids[::2])
    assert sum(name in used for name in ids[1::2]) < 5


def test_the_columns_of_a_converted_log_begin_with_the_canonical_ones() -> None:
    canonical = ["message_id", "recipient", "event", "timestamp", "event_id", "delivery_id", "seq"]
    assert list(SCHEMA)[:7] == canonical


PATHS = [
    ("Bounce/Permanent/General", "hard_bounce"),
    ("Bounce/Permanent/General/failed", "hard_bounce"),
    ("Bounce/Permanent/General/delayed", "soft_bounce"),
    ("bounce/permanent/general/DELAYED", "soft_bounce"),
    ("Bounce/Transient/MailboxFull/delayed/more", "soft_bounce"),
    ("Bounce/Transient/delayed", "retry_failed"),
]


@pytest.mark.parametrize(("path", "event"), PATHS)
def test_a_star_in_a_path_stands_for_one_part(path: str, event: str) -> None:
    meaning = load_format("ses").meaning(path)
    assert meaning is not None
    assert meaning.event == event
