"""What a log can make a reader hold, keep or leave behind is bounded, whoever wrote the log."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.logs import conversion as convert_room
from fsm.logs.native_event import NativeEvent
from fsm.logs.notes import Notes
from fsm.logs.servers.mail_queue import LONGEST, MailQueue, Queued
from tests.command import Fsm

Convert = Callable[..., Any]

MESSAGES = 40
WHOLE = {
    "postfix": "Jan  5 09:00:{0:02d} mx postfix/smtp[7]: A1B2C3{0:02d}: to=<a{0}@y.example>, "
    "relay=mx[1], delay=0, dsn=4.2.2, status=deferred (452 full)",
    "exim": "2026-01-05 09:00:{0:02d} 1sLq2b-000000001{0:02d}-2Dei == a{0}@y.example R=dns T=smtp "
    "defer (-44): 452 4.2.2 full",
    "sendmail": "Jan  5 09:00:{0:02d} mx sendmail[7]: 605900010{0:02d}: to=<a{0}@y.example>, "
    "delay=00:00:01, mailer=esmtp, pri=9, relay=mx.y.example., dsn=4.2.2, stat=Deferred: full",
    "momentum": "17676036{0:02d}@m{0}@b@c@R@a{0}@y.example@n@x.example@192.0.2.9@201@esmtp@d@d",
}


@pytest.mark.parametrize("form", WHOLE)
def test_messages_that_never_end(
    convert: Convert, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    text = "\n".join(WHOLE[form].format(number) for number in range(MESSAGES))
    rows, notes = convert(text, form=form)
    assert "open" not in notes.assumed
    monkeypatch.setattr("fsm.logs.servers.mail_queue.MOST", 10)
    again, notes = convert(text, form=form)
    assert again == rows, "each line is still told"
    assert len({row["recipient"] for row in rows}) == MESSAGES
    assert "messages forgotten before their end: more than 10" in notes.assumed["open"]


def test_a_message_with_any_number_of_recipients(
    convert: Convert, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fsm.logs.servers.mail_queue.MOST", 10)
    lines = [WHOLE["postfix"].format(n).replace(f"A1B2C3{n:02d}", "A1B2C3D4") for n in range(30)]
    rows, notes = convert("\n".join(lines))
    assert [row["recipient"] for row in rows if row["event"] == "soft_bounce"] == [
        f"a{n}@y.example" for n in range(30)
    ]
    assert "open" in notes.assumed


def test_what_is_forgotten_is_a_message_without_its_first_lines(
    convert: Convert, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fsm.logs.servers.mail_queue.MOST", 10)
    lines = [WHOLE["postfix"].format(number) for number in range(MESSAGES)]
    late = lines[0].replace("09:00:00", "10:00:00").replace("deferred (452 full)", "sent (250 ok)")
    rows, _ = convert("\n".join([*lines, late]))
    of_recipient = [r["event"] for r in rows if r["recipient"] == "a0@y.example"]
    assert of_recipient[-1] == "delivered"


HANDS = st.tuples(
    st.sampled_from(["put", "pop", "meet", "remember_status", "follow"]),
    st.sampled_from("ABCD"),
    st.sampled_from(["a", "b", "c", "x" * (LONGEST + 1)]),
)


@given(st.lists(HANDS, max_size=60))
def test_the_count_of_what_is_held_is_right(deeds: list[tuple[str, str, str]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fsm.logs.servers.mail_queue.MOST", 6)
        forgotten: list[Queued] = []
        queue, events = MailQueue(forgotten.append), list[NativeEvent]()
        for deed, name, to in deeds:
            message = queue.get(name) or Queued(name, 1, 1)
            if deed == "put":
                queue.put(name, Queued(name, 1, 1))
            elif deed == "pop":
                queue.pop(name)
            elif deed == "meet":
                queue.hand_over(message, to, events, 1)
            elif deed == "remember_status":
                queue.remember_status(message, to, "deferred")
            else:
                queue.follow(message, queue.get("A") or queue.put("A", Queued("A", 1, 1)))
            held = [m for n in "ABCD" if (m := queue.get(n))]
            shared = {id(m.handed_over): len(m.handed_over) for m in held}
            assert queue._size == sum(m.size for m in held) + sum(shared.values()) <= 6
            assert all(m.held for m in held)
            assert not any(m.held for m in forgotten if m not in held)
            for m in held:
                assert len(m.last_status.keys() - m.handed_over) < m.size
                assert all(len(to) <= LONGEST for to in m.last_status.keys() | m.handed_over)


def test_names_and_replies_of_any_length(convert: Convert) -> None:
    line = WHOLE["postfix"].format(1)
    long = [
        line.replace("a1@", f"{'a' * 2000}@"),
        line.replace("A1B2C301", "A" * 2000),
        line.replace("452 full", "452 full " * 5000),
    ]
    rows, notes = convert("\n".join(long))
    (row,) = (row for row in rows if row["event"] == "soft_bounce")
    assert len(row["reply"]) == 2000
    [(fault, count)] = notes.rejected.counts.items()
    assert fault == "an id or address of more than 1,000 bytes"
    assert count >= 2


def test_rows_are_made_of_a_bounded_amount_of_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convert_room, "_HEAVY", 1000)
    groups = [
        ("mail", [NativeEvent("m", "a@x", "failed", 1, n, None, "x" * 400)]) for n in range(10)
    ]
    sizes = [len(joined["mail"]) for joined in convert_room._gathered(groups)]
    assert sum(sizes) == 10
    assert max(sizes) == 2, "of some 400 bytes each"


def test_an_interrupt_leaves_nothing_behind(
    fsm: Fsm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "mail.log").write_text(WHOLE["postfix"].format(1) + "\n")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))

    def press(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("fsm.logs.conversion.to_rows", press)
    for command in (
        ["convert", "-o", tmp_path / "out.csv"],
        ["replay", "--status", tmp_path / "s.csv"],
    ):
        result = fsm(command[0], tmp_path / "mail.log", *command[1:])
        assert result.status == 130
        assert result.err.strip().endswith("fsm: interrupted")
        assert "Traceback" not in result.err
        assert sorted(path.name for path in tmp_path.rglob("*")) == ["mail.log", "tmp"]


def test_how_much_was_read_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_text("".join(WHOLE["postfix"].format(n) + "\n" for n in range(MESSAGES)))
    from fsm.logs.open import convert_logs

    reported: list[int] = []
    notes = convert_logs(
        [str(path)], None, convert_room.ReadingOptions(progress=reported.append)
    ).notes
    assert reported[-1] == notes[0].size == path.stat().st_size
    assert isinstance(notes[0], Notes)
