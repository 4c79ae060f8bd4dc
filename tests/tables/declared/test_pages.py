"""Pages in the forms that people write, each with the machine that it must become."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import fsm
from fsm.errors import PageError
from fsm.machine import Machine

FILES = ("pages.toml", "further_pages.toml")
PAGES: dict[str, Any] = {
    name: page
    for file in FILES
    for name, page in tomllib.loads((Path(__file__).parent / file).read_text("utf-8")).items()
}


def split(text: str) -> list[str]:
    separator = next((mark for mark in "|," if mark in text), " ")
    return text.split(separator)


def machine_of(page: Any, folder: Path) -> Machine:
    name = f"page.{page.get('format', 'md')}"
    (folder / name).write_text(page["page"])
    if "answers" not in page:
        return fsm.load(str(folder / name))
    (folder / "page.toml").write_text(f'kind = "table"\npage = "{name}"\n{page["answers"]}\n')
    return fsm.load(str(folder / "page.toml"))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_becomes_its_machine(name: str, tmp_path: Path) -> None:
    page = PAGES[name]
    machine = machine_of(page, tmp_path)
    names = [re.fullmatch(r"(\()?(.*?)(?:=(.*?))?\)?", each) for each in split(page["states"])]
    expected = {m[2]: (m[3] or m[2], bool(m[1])) for m in names if m}
    assert {s.name: (s.status, s.final) for s in machine.states} == expected
    assert machine.initial == next(iter(expected))
    arrows = {(t.source, t.event, t.target) for t in machine.transitions}
    assert arrows == {tuple(split(arrow)) for arrow in page["arrows"]}


@pytest.mark.parametrize("name", PAGES)
def test_every_transition_names_its_row(name: str, tmp_path: Path) -> None:
    machine = machine_of(PAGES[name], tmp_path)
    lines = PAGES[name]["page"].split("\n")
    for transition in machine.transitions:
        origin = transition.origin
        assert origin is not None
        assert origin.row
        assert Path(origin.file).stem == "page"
        assert lines[origin.line - 1].strip()


OPEN = {
    "a question mark": ("| a | go | ? |", "'?' names no state"),
    "to be decided": ("| a | go | TBD |", "'TBD' names no state"),
    "the past": ("| a | go | previous state |", "'previous state' names no state"),
    "a filler": ("| ... | ... | ... |", "'...' names no state"),
    "struck out": ("| ~~a~~ | go | b |", "'~~a~~' names no state"),
    "a choice": ("| a | go | c or d |", "one event leads to 'c' and 'd'"),
    "no event": ("| a | | b |", "row 2 names no event"),
    "no target": ("| a | go | |", "no state afterwards is named"),
    "two targets": ("| a | begin | a |", "not deterministic"),
}


@pytest.mark.parametrize("name", OPEN)
def test_a_row_that_says_too_little_is_refused_in_its_line(name: str, tmp_path: Path) -> None:
    row, message = OPEN[name]
    path = tmp_path / "page.md"
    path.write_text(f"| From | Event | To |\n|---|---|---|\n| a | begin | b |\n{row}\n")
    with pytest.raises(PageError) as refusal:
        fsm.load(str(path))
    assert str(refusal.value).startswith(f"{path}:4: ")
    assert message in str(refusal.value)


def test_states_that_no_trace_reaches_are_said(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(
        "| From | Event | To |\n|---|---|---|\n| a (initial) | x | b |\n| c | y | b |\n"
    )
    assert f"{path}:4: no trace from 'a' reaches 'c'" in fsm.load(str(path)).assumed
