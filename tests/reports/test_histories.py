"""The messages whose histories a report shows: each once, whatever files its events are in."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from fsm.catalog import load_bare
from fsm.engine import replay
from fsm.logs.open import open_log
from fsm.machine import Deadline, Machine, State, Timer, Transition
from fsm.reports import histories as module
from fsm.reports.histories import Histories, read_histories

MACHINES = [load_bare("with-feedback")]
AT = "2026-05-04T08:00:0"
FIRST = [f"m,relayed,{AT}0Z", f"n,relayed,{AT}1Z", f"m,soft_bounce,{AT}2Z"]
SECOND = [f"o,relayed,{AT}3Z", f"m,delivered,{AT}4Z", f"n,hard_bounce,{AT}5Z"]


def shown(tmp_path: Path, files: list[list[str]], most: int = 10) -> Histories:
    paths = []
    for number, lines in enumerate(files):
        paths.append(tmp_path / f"{number}.csv")
        paths[-1].write_text("\n".join(["message_id,event,timestamp", *lines, ""]))
    return read_histories(replay(open_log(paths), MACHINES), MACHINES, most)


def told(found: Histories) -> dict[str, list[str]]:
    """Return the events of each message, with where each stands."""
    begins = [0, *found.ends[:-1]]
    assert len(found.ids) == len(set(found.ids)) == len(found.ends)
    return {
        name: [
            f"{found.event_names[found.events[i]]} {found.files[i]}:{found.lines[i]}"
            for i in range(begin, end)
        ]
        for name, begin, end in zip(found.ids, begins, found.ends, strict=True)
    }


def test_firings_of_timers_are_told_from_ends_of_periods() -> None:
    states = tuple(State(name, name, name, (name,)) for name in "ab")
    steps = [("a", "go", "b"), ("b", "go", "a"), ("b", "tick", "b"), ("a", "tick", "a")]
    machine = Machine(
        *("m", "m", states, ("go", "tick"), [Transition(*step, step[1]) for step in steps], "a"),
        deadline=Deadline("go", "go", "b"),
        timers=(Timer.of("tick", timedelta(seconds=1), "b"), Timer("tick", 3, ("b",), stops=False)),
    )
    start = datetime(2026, 5, 4, 8, tzinfo=UTC)
    log = pl.DataFrame({"message_id": ["m"] * 3, "event": ["go"] * 3, "timestamp": [start] * 3})
    span, end = timedelta(seconds=5), start + timedelta(seconds=6)
    found = read_histories(replay(log, machine, validity=span, as_of=end), [machine], 10)
    assert told(found) == {
        "m": ["go 0:1", "go 0:2", "go 0:3", "tick 0:-1", "tick 0:-1", "tick 0:-2", "go 0:0"]
    }
    assert found.timers == ["tick after 0.000003 s from b", "tick after 1 s in b"]


ALL = {
    "m": ["relayed 0:2", "soft_bounce 0:4", "delivered 1:3"],
    "n": ["relayed 0:3", "hard_bounce 1:4"],
    "o": ["relayed 1:2"],
}


def test_a_message_in_two_files_is_one(tmp_path: Path) -> None:
    found = shown(tmp_path, [FIRST, SECOND])
    assert told(found) == ALL
    millis = found.times
    assert (millis[1:3], millis[4:5]) == ([2000, 2000], [4000])


@pytest.mark.parametrize("most", [1, 2, 3])
def test_the_first_messages_of_the_log_are_shown(tmp_path: Path, most: int) -> None:
    assert list(told(shown(tmp_path, [FIRST, SECOND], most))) == ["m", "n", "o"][:most]


@pytest.mark.parametrize(("longest", "names"), [(3, "mno"), (2, "no"), (1, "o"), (0, "")])
def test_long_messages_are_left_out_with_all_their_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, longest: int, names: str
) -> None:
    monkeypatch.setattr(module, "_LONGEST", longest)
    expected = {name: ALL[name] for name in names}
    found = shown(tmp_path, [FIRST, SECOND])
    assert list(found.ids) == list(expected)


@pytest.mark.parametrize(
    ("size", "names"), [(67, "m"), (111, "m"), (112, "mn"), (134, "mn"), (135, "mno")]
)
def test_a_page_holds_so_many_bytes_of_histories(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, names: str
) -> None:
    monkeypatch.setattr(module, "_BYTES", size)  # 22 an event, and one for each letter of an id
    assert "".join(shown(tmp_path, [FIRST, SECOND]).ids) == names
