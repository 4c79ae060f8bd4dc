"""Every record is in one class, and the classes and the events add up."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.catalog import load_bare
from fsm.errors import LogError
from fsm.logs.ledger import RecordClass, RecordLedger, check_balance
from fsm.logs.open import convert_logs
from tests.command import Fsm
from tests.logs.any_bytes import SAMPLES, family_of, read_whole

MACHINES = [load_bare("with-feedback")]
MAILGUN = {
    "event": "delivered",
    "timestamp": 1767603600,
    "id": "e1",
    "recipient": "a@x.example",
    "message": {"headers": {"message-id": "1@x"}},
}


def mailgun(**changes: object) -> str:
    return json.dumps({**MAILGUN, **changes})


EXPORT = "Email;Log status;timestamp\na@x.example;{};2026-01-05T09:00:00Z\n"
MAIL = "From: a@x.example\nDate: Mon, 5 Jan 2026 09:00:00 +0000\nSubject: hello\n\nhello\n"

RECORDS = {
    "an event": (mailgun(), {"events": 1}),
    "one of several recipients": (
        mailgun(recipient=["a@x.example", "b@x.example"]),
        {"events": 1},
    ),
    "two records of one line": (f"[{mailgun()},{mailgun(id='e2')}]", {"events": 2}),
    "records over several lines": (f"[\n{mailgun()},\n{mailgun(id='e2')}]\n", {"events": 2}),
    "no record in an empty list": (f"{mailgun()}\n[]\n", {"events": 1}),
    "a blank line is none": (f"{mailgun()}\n\n\n{mailgun(id='e2')}\n", {"events": 2}),
    "beside": (mailgun(event="complained"), {"beside": 1}),
    "unmapped": (f"{mailgun()}\n{mailgun(event='unheard of')}", {"events": 1, "unmapped": 1}),
    "no JSON": (f"{mailgun()}\n{{'\n", {"events": 1, "rejected": 1}),
    "no object": (f"{mailgun()}\n7\n[7]\n", {"events": 1, "rejected": 2}),
    "of nobody": (f"{mailgun()}\n" * 9 + '{"foo": 1}\n', {"events": 9, "rejected": 1}),
    "without a time": (f"{mailgun()}\n{mailgun(timestamp='x')}", {"events": 1, "rejected": 1}),
    "an id too long": (
        f"{mailgun()}\n{mailgun(recipient='a' * 2000)}",
        {"events": 1, "rejected": 1},
    ),
    "an address that is none": (
        f"{mailgun()}\n{mailgun(recipient=[7])}",
        {"events": 1, "rejected": 1},
    ),
    "a row of an export that shows no change": (
        EXPORT.format("Sent") + "a@x.example;Sent;2026-01-05T09:00:01Z\n",
        {"events": 1, "joined": 1},
    ),
    "a status that is not known": (
        EXPORT.format("Sent") + "b@x.example;Odd;2026-01-05T09:00:01Z\n",
        {"events": 1, "unmapped": 1},
    ),
    "a mail that is no report": (MAIL, {"passed": 1}),
}
"""Texts of logs, and the classes of their records."""


@pytest.mark.parametrize(("text", "classes"), RECORDS.values(), ids=RECORDS)
def test_a_record_is_in_one_class(text: str, classes: dict[str, int], tmp_path: Path) -> None:
    (path := tmp_path / "a.log").write_text(text)
    (note,) = convert_logs([str(path)]).notes
    found = {name: count for name, count in note.records.as_dict().items() if count}
    assert found == {"read": sum(classes.values()), **classes}


@given(data=st.data())
def test_lines_of_any_logs_add_up(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    sample = data.draw(st.sampled_from(sorted(SAMPLES)))
    lines = SAMPLES[sample].split("\n")
    other = SAMPLES[data.draw(st.sampled_from(sorted(SAMPLES)))].split("\n")
    picked = data.draw(st.lists(st.sampled_from([*lines, *other]), max_size=12))
    path = tmp_path_factory.mktemp("lines") / "a.log"
    path.write_text("\n".join([*lines, *picked]))
    form = family_of(sample)
    read_whole(path, None if form == "webhooks" else form, MACHINES)


LOG = "message_id,event,timestamp,event_id\n" + "".join(
    f"{message},{event},2026-01-05T09:00:0{second}Z,{message}{second}\n"
    for message, event, second in (
        ("a", "relayed", 1),
        ("a", "delivered", 2),
        ("a", "delivered", 2),
        ("b", "delivered", 3),
        ("b", "relayed", 9),
    )
)


def test_the_events_of_a_canonical_log_add_up(fsm: Fsm, tmp_path: Path) -> None:
    (path := tmp_path / "log.csv").write_text(LOG)
    result = fsm("replay", path, "--as-of", "2026-01-05T09:00:05Z", "--json")
    balance = json.loads(result.out)["balance"]
    assert balance["records"]["read"] == balance["records"]["events"] == 5
    assert {name: count for name, count in balance["events"].items() if count} == {
        "from_records": 5,
        "accepted": 2,
        "rejected": 1,
        "duplicates": 1,
        "after_as_of": 1,
    }
    assert "1 after --as-of left out" in fsm("replay", path, "--as-of", "2026-01-05T09:00:05Z").out


def test_what_does_not_add_up_is_named_with_its_figures() -> None:
    ledger = RecordLedger(read=3)
    ledger.count(RecordClass.EVENTS)
    with pytest.raises(LogError, match=r"a\.log: records do not add up: 3 = events 1, 2 in no"):
        ledger.check("a.log")
    with pytest.raises(LogError, match="1 = a 2 \\+ b 1, 2 counted twice"):
        check_balance("events", 1, [("a", 2), ("b", 1)])


# Files that cannot be read -------------------------------------------------------------------

GOOD = mailgun() + "\n" + mailgun(event="accepted", id="e0") + "\n"

UNUSABLE: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "binary": lambda path: path.write_bytes(b"\0\1\2\3" * 99),
    "of another kind": lambda path: path.write_text("digraph { a -> b }\n"),
    "a directory": lambda path: path.mkdir(),
    "cut short": lambda path: path.write_bytes(gzip.compress(GOOD.encode() * 999)[:-20]),
    "no export": lambda path: path.write_text(EXPORT.format("Sent").replace("status", "weather")),
}


@pytest.mark.parametrize("make", UNUSABLE.values(), ids=UNUSABLE)
def test_a_file_that_cannot_be_read_is_said_and_the_others_are_read(
    make: Callable[[Path], object], fsm: Fsm, tmp_path: Path
) -> None:
    (good := tmp_path / "good.jsonl").write_text(GOOD)
    make(bad := tmp_path / "bad")
    alone = fsm("replay", bad)
    assert (alone.status, alone.out, alone.err.count("\n")) == (2, "", 1)
    both = fsm("replay", bad, good, "--json")
    assert both.status == 0
    assert "the other files are read without it" in both.err
    assert json.loads(both.out)["messages"] >= 1
    unusable = [file["file"] for file in json.loads(both.out)["files"] if "unusable" in file]
    assert unusable == [str(bad)]
    strict = fsm("replay", bad, good, "--strict")
    assert (strict.status, "--strict: 1 unusable file" in strict.err) == (1, True)
    converted = fsm("convert", bad, good, "-o", tmp_path / "out.csv", "--strict")
    assert (converted.status, (tmp_path / "out.csv").exists()) == (1, True)


def test_a_name_that_no_file_has_is_a_mistake(fsm: Fsm, tmp_path: Path) -> None:
    (good := tmp_path / "good.jsonl").write_text(GOOD)
    assert fsm("replay", good, tmp_path / "missing.log").status == 2


def test_a_copy_of_a_log_is_read_once(fsm: Fsm, tmp_path: Path) -> None:
    (log := tmp_path / "mail.jsonl.1").write_text(GOOD)
    (packed := tmp_path / "mail.jsonl.1.gz").write_bytes(gzip.compress(GOOD.encode()))
    both = fsm("replay", log, packed, "--json", "--strict")
    assert both.status == 0
    assert f"{packed}: its content is that of {log}; read once" in both.err
    assert json.loads(both.out)["events"] == 2
    assert fsm("replay", log, packed).out == fsm("replay", log).out


STRICT = {
    "not readable": (f"{GOOD}{{'\n", "1 unreadable record"),
    "unmapped": (f"{GOOD}{mailgun(event='unheard of')}\n", "1 unmapped record"),
    "rejected": (
        GOOD + mailgun(event="accepted", id="e2", timestamp=1767690000),
        "1 rejected event",
    ),
}


@pytest.mark.parametrize(("text", "said"), STRICT.values(), ids=STRICT)
def test_strict_fails_on_what_was_not_read(text: str, said: str, fsm: Fsm, tmp_path: Path) -> None:
    (path := tmp_path / "log.jsonl").write_text(text)
    assert fsm("replay", path).status == 0
    strict = fsm("replay", path, "--strict")
    assert (strict.status, f"--strict: {said}" in strict.err) == (1, True)


@pytest.mark.parametrize("option", ["--status", "--series", "--rejected"])
def test_a_wrong_suffix_is_refused_before_the_replay(option: str, fsm: Fsm, tmp_path: Path) -> None:
    result = fsm("replay", tmp_path / "log.csv", option, tmp_path / "out.txt")
    assert (result.status, result.out) == (2, "")
    assert "its name must end in" in result.err


MID_FLIGHT = (
    "message_id,event,timestamp\n"
    "a,delivered,2026-01-05T09:00:00Z\n"
    "b,relayed,2026-01-05T09:00:01Z\n"
    "b,delivered,2026-01-05T09:00:02Z\n"
    "c,soft_bounce,2026-01-05T09:00:03Z\n"
    "c,retry_succeeded,2026-01-05T09:00:04Z\n"
)


def test_a_log_that_begins_after_hand_overs_names_the_remedy(fsm: Fsm, tmp_path: Path) -> None:
    (path := tmp_path / "log.csv").write_text(MID_FLIGHT)
    said = fsm("replay", path).err
    assert "2 messages had a later event, but no hand-over" in said
    assert "--assume-relayed inserts the hand-overs" in said
    assert "--assume-relayed" not in fsm("replay", path, "--no-assume-relayed").err
