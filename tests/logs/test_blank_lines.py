"""Blank lines are no events, in whichever file of a log they stand."""

from itertools import permutations
from pathlib import Path

import pytest

from fsm.catalog import load_bare
from fsm.engine import replay
from fsm.errors import LogError

HEAD = "message_id,event,timestamp\n"
FILES = {  # events: 2, 1 and 3
    "plain.csv": "a,relayed,2026-05-04T08:00:00Z\na,delivered,2026-05-04T08:00:01Z\n",
    "blank.csv": "\n\nb,relayed,2026-05-04T08:00:02Z\n\n",
    "more.csv": (
        "c,relayed,2026-05-04T08:00:03Z\n\nc,soft_bounce,2026-05-04T08:00:04Z\n"
        "d,relayed,2026-05-04T08:00:05Z\n"
    ),
}


@pytest.mark.parametrize("order", list(permutations(FILES)), ids=" ".join)
def test_blank_lines_count_in_no_file(order: tuple[str, ...], tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(HEAD + text)
    result = replay([str(tmp_path / name) for name in order], load_bare("with-feedback"))
    assert (result.events, result.messages, result.rejected) == (6, 4, 0)
    assert sorted(result.statuses["message_id"]) == ["a", "b", "c", "d"]


def test_what_is_wrong_after_them_has_its_line(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(HEAD + text)
    bad = tmp_path / "bad.csv"
    bad.write_text(HEAD + "\ne,relayed,2026-05-04T08:00:00Z\n\n,relayed,2026-05-04T08:00:00Z\n")
    files = [str(tmp_path / name) for name in ("plain.csv", "blank.csv", "bad.csv")]
    with pytest.raises(LogError, match=r"bad\.csv:5: no message_id"):
        replay(files, load_bare("with-feedback"))
